//! Topologies: the decisions of an architecture, and how they become a network.
//!
//! A topology is one module here, one entry of [`TOPOLOGIES`], and one variant in [`AnyTopology`],
//! [`TopologyDecisions`], `with_topology!` and `with_decisions!`.

mod edge_cell;
mod layers;
mod pair_cell;
mod radix;
mod regnet;
mod sequence;
mod stages;
mod transformer;
mod vertex_cell;
mod widths;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rand::Rng;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use edge_cell::{EdgeCell, ModuleCell};
use layers::Layers;
use pair_cell::PairCell;
use regnet::Regnet;
use sequence::Sequence;
use stages::Stages;
use transformer::Transformer;
use vertex_cell::VertexCell;
use widths::Widths;

use super::drawing::Drawing;
use super::error::ArchitectureError;
use super::file::TopologyKind;
use super::operations::OperationLibrary;
use super::problem::ProblemList;
use crate::graph::{Graph, GraphError, Shape};

/// The decisions of one architecture, together with the topology that gives them meaning. They are
/// compared by the decisions alone.
pub(super) struct BoundTopology<T: Topology> {
    pub topology: Arc<T>,
    pub decisions: T::Decisions,
}

impl<T: Topology> Clone for BoundTopology<T> {
    fn clone(&self) -> Self {
        Self { topology: Arc::clone(&self.topology), decisions: self.decisions.clone() }
    }
}

impl<T: Topology> PartialEq for BoundTopology<T> {
    fn eq(&self, other: &Self) -> bool {
        self.decisions == other.decisions
    }
}

impl<T: Topology> Eq for BoundTopology<T> {}

impl<T: Topology> Hash for BoundTopology<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.decisions.hash(state);
    }
}

impl<T: Topology> PartialOrd for BoundTopology<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Topology> Ord for BoundTopology<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.decisions.cmp(&other.decisions)
    }
}

/// The decisions of one architecture of any topology.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum TopologyDecisions {
    /// An operation on every edge of a cell.
    EdgeCell(BoundTopology<EdgeCell>),
    /// An operation at every position of a chain.
    Layers(BoundTopology<Layers>),
    /// An operation on every edge of a cell that changes width and size.
    ModuleCell(BoundTopology<ModuleCell>),
    /// Two pairs of an operation and an input in every node of two cells, width and depth.
    PairCell(BoundTopology<PairCell>),
    /// Numbers from which the stages follow.
    Regnet(BoundTopology<Regnet>),
    /// Blocks with types, widths and repeats of their own.
    Sequence(BoundTopology<Sequence>),
    /// Depth, width, stride and parameters of every stage.
    Stages(BoundTopology<Stages>),
    /// Width and depth, heads and hidden width of every layer.
    Transformer(BoundTopology<Transformer>),
    /// A graph with an operation in every vertex.
    VertexCell(BoundTopology<VertexCell>),
    /// A width for every layer.
    Widths(BoundTopology<Widths>),
}

/// Every kind of topology.
pub(super) const TOPOLOGIES: &[TopologyKind] = &[
    TopologyKind::of::<EdgeCell>(),
    TopologyKind::of::<Layers>(),
    TopologyKind::of::<ModuleCell>(),
    TopologyKind::of::<PairCell>(),
    TopologyKind::of::<Regnet>(),
    TopologyKind::of::<Sequence>(),
    TopologyKind::of::<Stages>(),
    TopologyKind::of::<Transformer>(),
    TopologyKind::of::<VertexCell>(),
    TopologyKind::of::<Widths>(),
];

/// A topology of any kind.
#[derive(Clone, Debug)]
pub(super) enum AnyTopology {
    EdgeCell(Arc<EdgeCell>),
    Layers(Arc<Layers>),
    ModuleCell(Arc<ModuleCell>),
    PairCell(Arc<PairCell>),
    Regnet(Arc<Regnet>),
    Sequence(Arc<Sequence>),
    Stages(Arc<Stages>),
    Transformer(Arc<Transformer>),
    VertexCell(Arc<VertexCell>),
    Widths(Arc<Widths>),
}

impl From<EdgeCell> for AnyTopology {
    fn from(topology: EdgeCell) -> Self {
        Self::EdgeCell(Arc::new(topology))
    }
}

impl From<Layers> for AnyTopology {
    fn from(topology: Layers) -> Self {
        Self::Layers(Arc::new(topology))
    }
}

impl From<ModuleCell> for AnyTopology {
    fn from(topology: ModuleCell) -> Self {
        Self::ModuleCell(Arc::new(topology))
    }
}

impl From<PairCell> for AnyTopology {
    fn from(topology: PairCell) -> Self {
        Self::PairCell(Arc::new(topology))
    }
}

impl From<Regnet> for AnyTopology {
    fn from(topology: Regnet) -> Self {
        Self::Regnet(Arc::new(topology))
    }
}

impl From<Sequence> for AnyTopology {
    fn from(topology: Sequence) -> Self {
        Self::Sequence(Arc::new(topology))
    }
}

impl From<Stages> for AnyTopology {
    fn from(topology: Stages) -> Self {
        Self::Stages(Arc::new(topology))
    }
}

impl From<Transformer> for AnyTopology {
    fn from(topology: Transformer) -> Self {
        Self::Transformer(Arc::new(topology))
    }
}

impl From<VertexCell> for AnyTopology {
    fn from(topology: VertexCell) -> Self {
        Self::VertexCell(Arc::new(topology))
    }
}

impl From<Widths> for AnyTopology {
    fn from(topology: Widths) -> Self {
        Self::Widths(Arc::new(topology))
    }
}

/// Runs code on a topology of any kind; `bind` makes [`TopologyDecisions`] of its decisions.
macro_rules! with_topology {
    ($topology:expr, |$own:ident, $bind:ident| $body:expr) => {
        $crate::space::topology::with_topology!(
            @kinds $topology, |$own, $bind| $body;
            EdgeCell Layers ModuleCell PairCell Regnet Sequence Stages Transformer VertexCell
            Widths
        )
    };
    (@kinds $topology:expr, |$own:ident, $bind:ident| $body:expr; $($kind:ident)*) => {
        match $topology {
            $($crate::space::topology::AnyTopology::$kind($own) => {
                let $bind = |decisions| {
                    let topology = std::sync::Arc::clone($own);
                    let bound = $crate::space::topology::BoundTopology { topology, decisions };
                    $crate::space::topology::TopologyDecisions::$kind(bound)
                };
                $body
            })*
        }
    };
}
pub(super) use with_topology;

/// Runs code on the decisions of an architecture and their topology; `bind` binds other decisions to
/// the same topology.
macro_rules! with_decisions {
    ($decisions:expr, |$topology:ident, $own:ident, $bind:ident| $body:expr) => {
        $crate::space::topology::with_decisions!(
            @kinds $decisions, |$topology, $own, $bind| $body;
            EdgeCell Layers ModuleCell PairCell Regnet Sequence Stages Transformer VertexCell
            Widths
        )
    };
    (
        @kinds $decisions:expr, |$topology:ident, $own:ident, $bind:ident| $body:expr;
        $($kind:ident)*
    ) => {
        match $decisions {
            $($crate::space::topology::TopologyDecisions::$kind(bound) => {
                let ($topology, $own) = (&*bound.topology, &bound.decisions);
                let $bind = |decisions| {
                    let topology = std::sync::Arc::clone(&bound.topology);
                    let bound = $crate::space::topology::BoundTopology { topology, decisions };
                    $crate::space::topology::TopologyDecisions::$kind(bound)
                };
                $body
            })*
        }
    };
}
pub(super) use with_decisions;

/// One decision of an architecture, for tables, filters and comparisons.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Decision {
    /// What is decided, such as `edge 0-1`; the same in every architecture of a space.
    pub name: String,
    /// The value chosen.
    pub value: String,
}

/// What the rest of a space file gives a topology.
pub(super) struct TopologyContext<'o> {
    /// Shape of one image.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// The operations that can be named.
    pub operations: &'o OperationLibrary,
}

/// What every topology can do; [`super::Space`] and [`super::Architecture`] document the methods.
pub(super) trait Topology: Sized {
    /// The decisions of one architecture.
    type Decisions: Clone + Eq + Hash + Ord;
    /// The `[topology]` table.
    type TopologyTable: DeserializeOwned + JsonSchema;
    /// The `[skeleton]` table.
    type SkeletonTable: DeserializeOwned + JsonSchema;

    /// The name in space files.
    const KIND: &'static str;

    /// Checks what the schema of the tables does not say; notes every problem. `None` only after a
    /// problem was noted.
    fn new(
        file: Self::TopologyTable,
        skeleton: Self::SkeletonTable,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self>;
    /// Notes where an operation does not fit a place at which it can occur, so that afterwards every
    /// architecture builds.
    fn check_shapes(&self, problems: &mut ProblemList);
    /// The operations that can be chosen.
    fn operation_names(&self) -> Vec<&str>;
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
    fn is_connected(&self, decisions: &Self::Decisions) -> bool;
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
    /// Every decision with its value, in a fixed order.
    fn decisions(&self, decisions: &Self::Decisions) -> Vec<Decision>;
    /// The cells or stages as graphs to look at.
    fn drawings(&self, decisions: &Self::Decisions) -> Vec<Drawing>;
    fn build(&self, decisions: &Self::Decisions) -> Result<Graph, GraphError>;
}

impl AnyTopology {
    /// The name in space files.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::EdgeCell(_) => EdgeCell::KIND,
            Self::Layers(_) => Layers::KIND,
            Self::ModuleCell(_) => ModuleCell::KIND,
            Self::PairCell(_) => PairCell::KIND,
            Self::Regnet(_) => Regnet::KIND,
            Self::Sequence(_) => Sequence::KIND,
            Self::Stages(_) => Stages::KIND,
            Self::Transformer(_) => Transformer::KIND,
            Self::VertexCell(_) => VertexCell::KIND,
            Self::Widths(_) => Widths::KIND,
        }
    }
}
