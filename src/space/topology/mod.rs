//! Topologies: what is decided in an architecture, and how decisions become a network.
//!
//! A topology is one module here and one variant in [`TopologyFile`], [`AnyTopology`],
//! [`Architecture`] and `dispatch!`.

mod edge_cell;

use rand::Rng;
use serde::Deserialize;

pub use edge_cell::EdgeArchitecture;
use edge_cell::{EdgeCell, EdgeCellFile};

use super::error::{ArchitectureError, BuildError};
use super::operations::Operations;
use super::skeleton::{BuildOptions, SkeletonFile};
use crate::graph::{Graph, Shape};

/// The decisions of one architecture. It means something only to the space that made it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Architecture {
    /// An operation on every edge of a cell.
    EdgeCell(EdgeArchitecture),
}

/// The `[topology]` table of a space file.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum TopologyFile {
    EdgeCell(EdgeCellFile),
}

/// A topology of any kind.
#[derive(Debug)]
pub(super) enum AnyTopology {
    EdgeCell(EdgeCell),
}

/// Runs code on a topology of any kind; `wrap` makes an [`Architecture`] of its decisions.
macro_rules! with_topology {
    ($topology:expr, |$own:ident, $wrap:ident| $body:expr) => {
        match $topology {
            AnyTopology::EdgeCell($own) => {
                let $wrap = Architecture::EdgeCell;
                $body
            }
        }
    };
}
pub(super) use with_topology;

/// The same on an architecture that fits the topology; `None` where it is one of another space.
macro_rules! dispatch {
    ($topology:expr, $architecture:expr, |$own:ident, $decisions:ident, $wrap:ident| $body:expr) => {
        match ($topology, $architecture) {
            (AnyTopology::EdgeCell($own), Architecture::EdgeCell($decisions))
                if $own.fits($decisions) =>
            {
                let $wrap = Architecture::EdgeCell;
                Some($body)
            }
            _ => None,
        }
    };
}
pub(super) use dispatch;

/// What every topology can do. Methods are called with architectures that [`Self::fits`] accepts;
/// [`super::Space`] documents them.
pub(super) trait Topology {
    /// The decisions of one architecture.
    type Decisions;

    /// The name in space files.
    const KIND: &'static str;

    /// Whether an architecture is one of this topology.
    fn fits(&self, decisions: &Self::Decisions) -> bool;
    /// A few architectures that together build everything the space's file mentions.
    fn probes(&self) -> Vec<Self::Decisions>;
    /// The number of architectures; `u128::MAX` if it is larger.
    fn count(&self) -> u128;
    fn sample(&self, rng: &mut dyn Rng) -> Self::Decisions;
    fn enumerate(&self) -> Box<dyn Iterator<Item = Self::Decisions> + '_>;
    fn parse(&self, text: &str) -> Result<Self::Decisions, ArchitectureError>;
    fn format(&self, decisions: &Self::Decisions) -> String;
    fn index(&self, decisions: &Self::Decisions) -> Option<u64>;
    fn from_index(&self, index: u64) -> Option<Self::Decisions>;
    fn neighbours(&self, decisions: &Self::Decisions) -> Vec<Self::Decisions>;
    fn mutate(&self, decisions: &Self::Decisions, rng: &mut dyn Rng) -> Self::Decisions;
    /// The same function with everything dead left out, as far as the notation allows; idempotent.
    fn reduced(&self, decisions: &Self::Decisions) -> Self::Decisions;
    fn connected(&self, decisions: &Self::Decisions) -> bool;
    fn function_key(&self, decisions: &Self::Decisions) -> String;
    fn benchmark_key(&self, decisions: &Self::Decisions) -> String;
    fn live_key(&self, decisions: &Self::Decisions) -> String;
    fn code_key(&self, decisions: &Self::Decisions) -> String;
    fn build(&self, decisions: &Self::Decisions, frame: &Frame<'_>) -> Result<Graph, BuildError>;
}

/// The space's own sizes and what replaces them.
pub(super) struct Frame<'o> {
    /// Shape of one image.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// What replaces the space's sizes.
    pub options: &'o BuildOptions,
}

impl AnyTopology {
    /// Checks what a file says; an error is the key and the message.
    pub(super) fn new(
        file: TopologyFile,
        skeleton: SkeletonFile,
        operations: &Operations,
    ) -> Result<Self, (&'static str, String)> {
        match file {
            TopologyFile::EdgeCell(file) => {
                EdgeCell::new(file, skeleton, operations).map(Self::EdgeCell)
            }
        }
    }

    /// The name in space files.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::EdgeCell(_) => EdgeCell::KIND,
        }
    }
}
