//! Topologies: what is decided in an architecture, and how decisions become a network.
//!
//! A topology is one module here, one entry of [`TOPOLOGIES`] and one variant in [`AnyTopology`],
//! [`Architecture`], `with_topology!` and `dispatch!`.

mod edge_cell;
mod pair_cell;
mod radix;
mod stages;
mod vertex_cell;
mod widths;

use rand::Rng;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub use edge_cell::EdgeArchitecture;
use edge_cell::EdgeCell;
use pair_cell::PairCell;
pub use pair_cell::{Pair, PairArchitecture, PairedCell};
use stages::Stages;
pub use stages::{Number, Stage, StagesArchitecture};
pub use vertex_cell::VertexArchitecture;
use vertex_cell::VertexCell;
use widths::Widths;
pub use widths::WidthsArchitecture;

use super::drawing::Drawing;
use super::error::{ArchitectureError, BuildError};
use super::file::Kind;
use super::operations::Operations;
use super::problem::Problems;
use crate::graph::{Graph, Shape};

/// The decisions of one architecture. It means something only to the space that made it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Architecture {
    /// An operation on every edge of a cell.
    EdgeCell(EdgeArchitecture),
    /// Two pairs of an operation and an input in every node of two cells, width and depth.
    PairCell(PairArchitecture),
    /// Depth, width, stride and parameters of every stage.
    Stages(StagesArchitecture),
    /// A graph with an operation in every vertex.
    VertexCell(VertexArchitecture),
    /// A width for every layer.
    Widths(WidthsArchitecture),
}

/// Every kind of topology.
pub(super) const TOPOLOGIES: &[Kind] = &[
    Kind::of::<EdgeCell>(),
    Kind::of::<PairCell>(),
    Kind::of::<Stages>(),
    Kind::of::<VertexCell>(),
    Kind::of::<Widths>(),
];

/// A topology of any kind.
#[derive(Debug)]
pub(super) enum AnyTopology {
    EdgeCell(EdgeCell),
    PairCell(PairCell),
    Stages(Stages),
    VertexCell(VertexCell),
    Widths(Widths),
}

impl From<EdgeCell> for AnyTopology {
    fn from(topology: EdgeCell) -> Self {
        Self::EdgeCell(topology)
    }
}

impl From<VertexCell> for AnyTopology {
    fn from(topology: VertexCell) -> Self {
        Self::VertexCell(topology)
    }
}

impl From<PairCell> for AnyTopology {
    fn from(topology: PairCell) -> Self {
        Self::PairCell(topology)
    }
}

impl From<Stages> for AnyTopology {
    fn from(topology: Stages) -> Self {
        Self::Stages(topology)
    }
}

impl From<Widths> for AnyTopology {
    fn from(topology: Widths) -> Self {
        Self::Widths(topology)
    }
}

/// Runs code on a topology of any kind; `wrap` makes an [`Architecture`] of its decisions.
macro_rules! with_topology {
    ($topology:expr, |$own:ident, $wrap:ident| $body:expr) => {
        match $topology {
            AnyTopology::EdgeCell($own) => {
                let $wrap = Architecture::EdgeCell;
                $body
            }
            AnyTopology::VertexCell($own) => {
                let $wrap = Architecture::VertexCell;
                $body
            }
            AnyTopology::PairCell($own) => {
                let $wrap = Architecture::PairCell;
                $body
            }
            AnyTopology::Stages($own) => {
                let $wrap = Architecture::Stages;
                $body
            }
            AnyTopology::Widths($own) => {
                let $wrap = Architecture::Widths;
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
            (AnyTopology::VertexCell($own), Architecture::VertexCell($decisions))
                if $own.fits($decisions) =>
            {
                let $wrap = Architecture::VertexCell;
                Some($body)
            }
            (AnyTopology::PairCell($own), Architecture::PairCell($decisions))
                if $own.fits($decisions) =>
            {
                let $wrap = Architecture::PairCell;
                Some($body)
            }
            (AnyTopology::Stages($own), Architecture::Stages($decisions))
                if $own.fits($decisions) =>
            {
                let $wrap = Architecture::Stages;
                Some($body)
            }
            (AnyTopology::Widths($own), Architecture::Widths($decisions))
                if $own.fits($decisions) =>
            {
                let $wrap = Architecture::Widths;
                Some($body)
            }
            _ => None,
        }
    };
}
pub(super) use dispatch;

/// One decision of an architecture and what was chosen, for tables, filters and comparisons.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Choice {
    /// What is decided, such as `edge 0-1`; the same in every architecture of a space.
    pub name: String,
    /// What was chosen.
    pub value: String,
}

/// What the rest of a space file gives a topology.
pub(super) struct Context<'o> {
    /// Shape of one image.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// The operations that can be named.
    pub operations: &'o Operations,
}

/// What every topology can do. Methods are called with architectures that [`Self::fits`] accepts;
/// [`super::Space`] documents them.
pub(super) trait Topology: Sized {
    /// The decisions of one architecture.
    type Decisions: Clone;
    /// The `[topology]` table.
    type File: DeserializeOwned + JsonSchema;
    /// The `[skeleton]` table.
    type Skeleton: DeserializeOwned + JsonSchema;

    /// The name in space files.
    const KIND: &'static str;

    /// Checks what the schema of the tables does not say; notes every problem. `None` only after a
    /// problem was noted.
    fn new(
        file: Self::File,
        skeleton: Self::Skeleton,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Option<Self>;
    /// Notes where an operation does not fit a place at which it can occur, so that afterwards every
    /// architecture builds.
    fn check_shapes(&self, problems: &mut Problems);
    /// The operations that can be chosen.
    fn operation_names(&self) -> Vec<&str>;
    /// Whether an architecture is one of this topology.
    fn fits(&self, decisions: &Self::Decisions) -> bool;
    /// The number of architectures, by [`Self::identity`]; `u128::MAX` if it is larger.
    fn count(&self) -> u128;
    fn sample(&self, rng: &mut dyn Rng) -> Self::Decisions;
    fn enumerate(&self) -> Box<dyn Iterator<Item = Self::Decisions> + '_>;
    fn parse(&self, text: &str) -> Result<Self::Decisions, ArchitectureError>;
    fn format(&self, decisions: &Self::Decisions) -> String;
    /// Equal for decisions that are one architecture to [`Self::count`] and [`Self::enumerate`].
    fn identity(&self, decisions: &Self::Decisions) -> String {
        self.format(decisions)
    }
    fn index(&self, _decisions: &Self::Decisions) -> Option<u64> {
        None
    }
    fn at_index(&self, _index: u64) -> Option<Self::Decisions> {
        None
    }
    fn neighbours(&self, decisions: &Self::Decisions) -> Vec<Self::Decisions>;
    fn mutate(&self, decisions: &Self::Decisions, rng: &mut dyn Rng) -> Self::Decisions;
    /// The one architecture for all that differ only in how they are written, and, as far as the
    /// notation allows, with everything dead left out; idempotent.
    fn reduced(&self, decisions: &Self::Decisions) -> Self::Decisions;
    fn connected(&self, decisions: &Self::Decisions) -> bool;
    fn function_key(&self, decisions: &Self::Decisions) -> String {
        self.format(&self.reduced(decisions))
    }
    fn benchmark_key(&self, decisions: &Self::Decisions) -> String {
        self.function_key(decisions)
    }
    fn live_key(&self, decisions: &Self::Decisions) -> String {
        self.function_key(decisions)
    }
    fn code_key(&self, decisions: &Self::Decisions) -> String {
        self.function_key(decisions)
    }
    /// Every decision with what was chosen, in a fixed order.
    fn choices(&self, decisions: &Self::Decisions) -> Vec<Choice>;
    /// The cells or stages as graphs to look at.
    fn drawings(&self, decisions: &Self::Decisions) -> Vec<Drawing>;
    fn build(&self, decisions: &Self::Decisions) -> Result<Graph, BuildError>;
}

impl AnyTopology {
    /// The name in space files.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::EdgeCell(_) => EdgeCell::KIND,
            Self::PairCell(_) => PairCell::KIND,
            Self::Stages(_) => Stages::KIND,
            Self::VertexCell(_) => VertexCell::KIND,
            Self::Widths(_) => Widths::KIND,
        }
    }
}
