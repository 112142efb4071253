//! Search spaces: data files that say which architectures there are and how they become networks.
//!
//! A space is one file of the format `untrained-space/1`; the built-in ones are embedded from
//! `assets/spaces` and are read by the same code as a user's. Operations, stems and heads are lists
//! of layers (`layers`, `operations`), a cell-based network is stacked by `skeleton`, and what is
//! decided is up to the [topology](Architecture). Nothing here draws weights or scores.

mod architectures;
mod builtin;
mod equivalence;
mod error;
mod file;
mod layers;
mod nearest;
mod operations;
mod python_random;
mod skeleton;
mod topology;

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock};

pub use error::{ArchitectureError, BuildError, SpaceError};
pub use skeleton::BuildOptions;
pub use topology::{Architecture, EdgeArchitecture};

use crate::graph::Shape;
use crate::weights::Initialisation;
use topology::{AnyTopology, Topology, with_topology};

/// A search space. Cloning is cheap.
///
/// An [`Architecture`] belongs to the space that made it. Given one of another space, methods never
/// panic: those that can fail say so, the others answer as each one documents.
#[derive(Clone, Debug)]
pub struct Space {
    id: String,
    title: String,
    reference: String,
    input: Shape,
    classes: usize,
    initialisation: Initialisation,
    text: Arc<str>,
    topology: Arc<AnyTopology>,
    /// By index, the lowest index that has the same function.
    representatives: Arc<OnceLock<Vec<u32>>>,
}

/// Where spaces come from.
impl Space {
    /// The built-in space of that id.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Unknown`] with the nearest ids.
    pub fn builtin(id: &str) -> Result<Self, SpaceError> {
        Self::from_text(builtin::text(id)?, &format!("built-in space {id}"))
    }

    /// The ids of all built-in spaces.
    pub fn builtin_ids() -> impl Iterator<Item = &'static str> {
        builtin::ids()
    }

    /// The file of a built-in space, to be printed, edited and loaded back.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Unknown`] with the nearest ids.
    pub fn builtin_text(id: &str) -> Result<&'static str, SpaceError> {
        builtin::text(id)
    }

    /// The file of the built-in operations.
    pub fn builtin_operations_text() -> &'static str {
        operations::BUILTIN
    }

    /// A space by its id or, if the name ends in `.toml` or `.json`, by its file.
    ///
    /// # Errors
    ///
    /// As [`Space::builtin`] and [`Space::load`].
    pub fn open(name: &str) -> Result<Self, SpaceError> {
        let path = Path::new(name);
        let is_file = path.extension().is_some_and(|end| end == "toml" || end == "json");
        if is_file { Self::load(path) } else { Self::builtin(name) }
    }

    /// The space that a file describes.
    ///
    /// # Errors
    ///
    /// [`SpaceError`] with the path and what is wrong, where possible with line and column.
    pub fn load(path: &Path) -> Result<Self, SpaceError> {
        let read = |source| SpaceError::Read { path: path.to_owned(), source };
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(read)?;
        file.take(file::MAX_BYTES + 1).read_to_string(&mut text).map_err(read)?;
        let origin = path.display().to_string();
        if text.len() as u64 > file::MAX_BYTES {
            let message = format!("is longer than {} bytes: not a space file", file::MAX_BYTES);
            return Err(SpaceError::Syntax { origin, message });
        }
        Self::from_text(&text, &origin)
    }

    /// The space that a text describes; `origin` names it in messages.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Syntax`] or [`SpaceError::Invalid`].
    pub fn from_text(text: &str, origin: &str) -> Result<Self, SpaceError> {
        let parsed = file::parse(text, origin)?;
        let space = Self {
            id: parsed.id,
            title: parsed.title,
            reference: parsed.reference,
            input: parsed.input,
            classes: parsed.classes,
            initialisation: parsed.initialisation,
            text: text.into(),
            topology: Arc::new(parsed.topology),
            representatives: Arc::default(),
        };
        space.try_build(origin)?;
        Ok(space)
    }

    /// Builds a few networks, so that a file whose layers do not fit is refused when it is read.
    fn try_build(&self, origin: &str) -> Result<(), SpaceError> {
        let probes: Vec<Architecture> = with_topology!(&*self.topology, |topology, wrap| {
            topology.probes().into_iter().map(wrap).collect()
        });
        for architecture in probes {
            self.build(&architecture, &BuildOptions::default()).map_err(|error| {
                let message = match std::error::Error::source(&error) {
                    Some(source) => format!("{error}: {source}"),
                    None => error.to_string(),
                };
                SpaceError::Invalid { origin: origin.to_owned(), key: "layers", message }
            })?;
        }
        Ok(())
    }
}

/// What a space says of itself.
impl Space {
    /// The short name, as in `--space`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name to show.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The publication it comes from; may be empty.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The shape of one image.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How the space's networks are initialised unless told otherwise.
    pub fn initialisation(&self) -> Initialisation {
        self.initialisation
    }

    /// The kind of topology, as in space files.
    pub fn topology(&self) -> &'static str {
        self.topology.kind()
    }

    /// The text the space was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of architectures; `u128::MAX` if there are more.
    pub fn count(&self) -> u128 {
        with_topology!(&*self.topology, |topology, _wrap| topology.count())
    }
}
