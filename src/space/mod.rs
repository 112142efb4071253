//! Search spaces: data files that describe a set of architectures and how they become networks.
//!
//! A space is one file of the format `untrained-space/1`. The built-in ones are embedded from
//! `assets/spaces` and are read by the same code as a user's own. Operations, stems and heads are lists
//! of layers (`layers`, `operations`), `skeleton` stacks the cells of a cell-based network, and the
//! [topology](Architecture) defines the decisions. Nothing here draws weights or computes scores.

mod architecture;
mod builtin;
mod crossover;
mod drawing;
mod equivalence;
mod error;
mod file;
mod generate;
mod layers;
pub(crate) mod naslib;
mod operations;
mod problem;
mod python_random;
mod skeleton;
mod topology;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, OnceLock};

pub use architecture::Architecture;
pub use drawing::{Drawing, DrawnEdge, dot};
pub use error::{ArchitectureError, BuildError, SpaceError};
pub use problem::{SpaceOverride, SpaceProblem};
pub use topology::Decision;

use crate::graph::Shape;
use crate::input::{InputError, InputKind, SPACE_ENDING, read_input};
use crate::weights::Initialisation;
use topology::{AnyTopology, Topology, with_topology};

/// The largest rows, columns or channels of an input.
const MAX_EXTENT: usize = 1024;
/// The largest number of classes and the largest width of any layer.
const MAX_CLASSES: usize = 16_384;
/// The largest number of stages, of cells in one, and of cells or blocks in a network.
const MAX_CELLS: usize = 64;

/// A search space. Cloning is cheap. Two spaces are equal if their [texts](Space::text) are.
///
/// ```
/// use untrained::Space;
///
/// let space = Space::builtin("nas-bench-201")?;
/// assert_eq!(space.count(), 15_625);
/// let text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|";
/// let architecture = space.parse(text)?;
/// assert_eq!(architecture.to_string(), text);
/// assert!(architecture.is_connected());
/// let graph = architecture.build()?;
/// let last = graph.output().expect("a classifier");
/// assert_eq!(graph.shape(last).channels, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Space {
    definition: Arc<SpaceDefinition>,
}

/// What a space file defines.
struct SpaceDefinition {
    id: String,
    title: String,
    reference: String,
    input: Shape,
    classes: usize,
    initialisation: Initialisation,
    gates: file::GateCount,
    text: String,
    topology: AnyTopology,
    /// By index, the lowest index that has the same function.
    representatives: OnceLock<Vec<u32>>,
    /// An architecture that shows the notation.
    example: OnceLock<String>,
}

impl PartialEq for Space {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.definition, &other.definition) || self.text() == other.text()
    }
}

impl Eq for Space {}

impl Hash for Space {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl PartialOrd for Space {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Space {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.definition, &other.definition) {
            return Ordering::Equal;
        }
        self.text().cmp(other.text())
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Space").field(&self.id()).finish()
    }
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

    /// All built-in spaces, for lists.
    ///
    /// # Errors
    ///
    /// [`SpaceError`] if an embedded file is damaged.
    pub fn builtins() -> Result<Vec<Self>, SpaceError> {
        builtin::ids().map(Self::builtin).collect()
    }

    /// The file of a built-in space, to be printed, edited and loaded back.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Unknown`] with the nearest ids.
    pub fn builtin_text(id: &str) -> Result<&'static str, SpaceError> {
        builtin::text(id)
    }

    /// The reference set of a built-in space, if it has one: scores of random architectures, as CSV.
    pub fn builtin_reference(id: &str) -> Option<&'static str> {
        builtin::reference(id)
    }

    /// The file of the built-in operations.
    pub fn builtin_operations_text() -> &'static str {
        operations::BUILTIN
    }

    /// The kinds of topologies, as in space files.
    pub fn topology_kinds() -> impl Iterator<Item = &'static str> {
        file::starting::kinds()
    }

    /// The smallest file of a kind of topology, to begin a space with; `None` for an unknown kind.
    pub fn smallest_text(kind: &str) -> Option<&'static str> {
        file::starting::smallest(kind)
    }

    /// The file of a built-in space with an id and a title of its own, to begin a space with.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Unknown`] with the nearest ids.
    pub fn renamed_text(id: &str) -> Result<String, SpaceError> {
        Ok(file::starting::renamed(builtin::text(id)?))
    }

    /// A file in TOML with a comment above every key that has none; the same text if it is no file of a
    /// space.
    pub fn commented_text(text: &str) -> String {
        file::starting::commented(text)
    }

    /// The JSON Schema of the files of a kind of topology; `None` for an unknown kind.
    pub fn schema_of(kind: &str) -> Option<serde_json::Value> {
        file::schema_of(kind)
    }

    /// The JSON Schema of space files, as in `assets/untrained-space.schema.json`.
    pub fn schema() -> serde_json::Value {
        file::schema()
    }

    /// A space by its id or, if the name ends in `.toml`, `.json` or `.untrained-space`, by its file.
    ///
    /// # Errors
    ///
    /// As [`Space::builtin`] and [`Space::load`].
    pub fn open(name: &str) -> Result<Self, SpaceError> {
        Self::open_with(name, &[])
    }

    /// The same with values that replace those of the file.
    ///
    /// # Errors
    ///
    /// As [`Space::open`].
    pub fn open_with(name: &str, settings: &[SpaceOverride]) -> Result<Self, SpaceError> {
        let path = Path::new(name);
        let is_file = path
            .extension()
            .is_some_and(|end| end == "toml" || end == "json" || end == SPACE_ENDING);
        if is_file {
            Self::from_text_with(&read(path)?, &path.display().to_string(), settings)
        } else {
            Self::from_text_with(builtin::text(name)?, &format!("space {name}"), settings)
        }
    }

    /// The space that a file describes.
    ///
    /// # Errors
    ///
    /// [`SpaceError`] with the path and everything that is wrong, where possible with lines.
    pub fn load(path: &Path) -> Result<Self, SpaceError> {
        Self::from_text(&read(path)?, &path.display().to_string())
    }

    /// The space that a text describes; `origin` names it in messages.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Invalid`].
    pub fn from_text(text: &str, origin: &str) -> Result<Self, SpaceError> {
        Self::from_text_with(text, origin, &[])
    }

    /// The same with values that replace those of the text.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Invalid`].
    pub fn from_text_with(
        text: &str,
        origin: &str,
        settings: &[SpaceOverride],
    ) -> Result<Self, SpaceError> {
        let parsed = file::parse(text, origin, settings)?;
        let text =
            if settings.is_empty() { text.to_owned() } else { written(&parsed.value, origin)? };
        let definition = SpaceDefinition {
            id: parsed.id,
            title: parsed.title,
            reference: parsed.reference,
            input: parsed.input,
            classes: parsed.classes,
            initialisation: parsed.initialisation,
            gates: parsed.gates,
            text,
            topology: parsed.topology,
            representatives: OnceLock::new(),
            example: OnceLock::new(),
        };
        Ok(Self { definition: Arc::new(definition) })
    }

    /// The same space with values that replace those of its text.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Invalid`].
    pub fn with(&self, settings: &[SpaceOverride]) -> Result<Self, SpaceError> {
        Self::from_text_with(self.text(), &format!("space {}", self.id()), settings)
    }
}

/// The text of a space file.
fn read(path: &Path) -> Result<String, SpaceError> {
    let read = |source| SpaceError::Read { path: path.to_owned(), source };
    let problem = |message: String| SpaceError::Invalid {
        origin: path.display().to_string(),
        problems: vec![SpaceProblem::at("", &message)],
    };
    let bytes = read_input(path, InputKind::Space).map_err(|error| match error {
        InputError::TooLong { kind, .. } => {
            let limit = kind.max_bytes();
            problem(format!("is longer than {limit} bytes: it is not a space file"))
        }
        other => read(other.into()),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count();
        problem(format!("is not UTF-8 text from line {line} on; save it in UTF-8"))
    })
}

/// Values as a space file.
fn written(value: &serde_json::Value, origin: &str) -> Result<String, SpaceError> {
    toml::to_string_pretty(value).map_err(|error| SpaceError::Invalid {
        origin: origin.to_owned(),
        problems: vec![SpaceProblem::at("", &error.to_string())],
    })
}

/// What a space says of itself.
impl Space {
    /// The short name under which the space is opened.
    pub fn id(&self) -> &str {
        &self.definition.id
    }

    /// The title for display.
    pub fn title(&self) -> &str {
        &self.definition.title
    }

    /// The publication it comes from; may be empty.
    pub fn reference(&self) -> &str {
        &self.definition.reference
    }

    /// The shape of one image.
    pub fn input(&self) -> Shape {
        self.definition.input
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.definition.classes
    }

    /// The default weight initialisation of the space's networks.
    pub fn initialisation(&self) -> Initialisation {
        self.definition.initialisation
    }

    /// The kind of topology, as in space files.
    pub fn topology(&self) -> &'static str {
        self.topology_kind().kind()
    }

    fn topology_kind(&self) -> &AnyTopology {
        &self.definition.topology
    }

    /// The operations that can be chosen, in the order of the file.
    pub fn operation_names(&self) -> Vec<&str> {
        with_topology!(self.topology_kind(), |topology, _bind| topology.operation_names())
    }

    /// The text the space was read from.
    pub fn text(&self) -> &str {
        &self.definition.text
    }

    /// The number of architectures, each counted [once](Architecture::identity); `u128::MAX` if there are
    /// more.
    pub fn count(&self) -> u128 {
        with_topology!(self.topology_kind(), |topology, _bind| topology.count())
    }
}
