//! The space file: format `untrained-space/1`, TOML or JSON.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::SpaceError;
use super::operations::{Definitions, Operations};
use super::skeleton::SkeletonFile;
use super::topology::{AnyTopology, TopologyFile};
use crate::graph::Shape;
use crate::weights::Initialisation;

/// The format this program reads.
pub(super) const FORMAT: &str = "untrained-space/1";
/// The longest file that is read.
pub(super) const MAX_BYTES: u64 = 1 << 20;

#[derive(Deserialize)]
struct Header {
    format: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceFile {
    #[serde(rename = "format")]
    _format: String,
    id: String,
    title: String,
    #[serde(default)]
    reference: String,
    input: InputFile,
    classes: usize,
    #[serde(default)]
    initialisation: Initialisation,
    topology: TopologyFile,
    skeleton: SkeletonFile,
    #[serde(default)]
    operations: Definitions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputFile {
    channels: usize,
    height: usize,
    width: usize,
}

/// What a space file says, checked.
pub(super) struct Parsed {
    pub id: String,
    pub title: String,
    pub reference: String,
    pub input: Shape,
    pub classes: usize,
    pub initialisation: Initialisation,
    pub topology: AnyTopology,
}

/// Reads the text of a space file; `origin` names it in messages.
pub(super) fn parse(text: &str, origin: &str) -> Result<Parsed, SpaceError> {
    let syntax = |message: String| SpaceError::Syntax { origin: origin.to_owned(), message };
    let invalid =
        |key, message: String| SpaceError::Invalid { origin: origin.to_owned(), key, message };
    let header: Header = read(text).map_err(syntax)?;
    if header.format != FORMAT {
        let message = format!("is `{}`, this program reads `{FORMAT}`", header.format);
        return Err(invalid("format", message));
    }
    let file: SpaceFile = read(text).map_err(syntax)?;
    if file.id.trim().is_empty() {
        return Err(invalid("id", "is empty; give the space a short name".to_owned()));
    }
    let operations =
        Operations::new(file.operations).map_err(|message| invalid("operations", message))?;
    let topology = AnyTopology::new(file.topology, file.skeleton, &operations)
        .map_err(|(key, message)| invalid(key, message))?;
    let InputFile { channels, height, width } = file.input;
    Ok(Parsed {
        id: file.id,
        title: file.title,
        reference: file.reference,
        input: Shape::new(channels, height, width),
        classes: file.classes,
        initialisation: file.initialisation,
        topology,
    })
}

/// TOML, or JSON where the text starts as a JSON object does.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        toml::from_str(text).map_err(|error| error.to_string())
    }
}
