//! Errors in spaces, architectures and networks.

use std::path::PathBuf;

use super::problem::{self, SpaceProblem};
use crate::graph::GraphError;

/// Why a space could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SpaceError {
    /// No built-in space has that name.
    #[error(
        "unknown space `{id}`: {hint}; to use your own space, give a file that ends in .toml or .json"
    )]
    Unknown {
        /// The requested value.
        id: String,
        /// The nearest valid names.
        hint: String,
    },
    /// The file could not be read.
    #[error("cannot read the space file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error from the operating system.
        source: std::io::Error,
    },
    /// The text is not an `untrained-space/1` file, or does not describe a valid space.
    #[error("{origin}: {}", problem::list(problems))]
    Invalid {
        /// The file or the built-in space.
        origin: String,
        /// Everything that is wrong, in the order of the file.
        problems: Vec<SpaceProblem>,
    },
}

/// Why a text is no architecture of a space.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{token}` in the architecture `{text}`: {reason}{}", shown(example))]
pub struct ArchitectureError {
    /// The architecture as it was given, shortened if it is long.
    pub text: String,
    /// The part that is wrong.
    pub token: String,
    /// The problem with it, and what was expected.
    pub reason: String,
    /// An architecture of the space; empty where the space is not known.
    pub example: String,
}

impl ArchitectureError {
    /// Without an example, which the space adds.
    pub(super) fn new(text: String, token: String, reason: String) -> Self {
        Self { text, token, reason, example: String::new() }
    }
}

/// An example at the end of a message.
fn shown(example: &str) -> String {
    const LONGEST: usize = 150;
    match example.char_indices().nth(LONGEST) {
        _ if example.is_empty() => String::new(),
        Some((end, _)) => {
            format!("; an architecture of this space is written {}...", &example[..end])
        }
        None => format!("; an architecture of this space is written {example}"),
    }
}

/// Why an architecture could not be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot build {architecture}: its layers do not fit together")]
pub struct BuildError {
    /// The architecture.
    pub architecture: String,
    /// The node and the shapes.
    pub source: GraphError,
}
