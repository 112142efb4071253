//! Cells with an operation on every edge of a graph of summing nodes: NAS-Bench-201.
//!
//! Node 0 is the cell's input, node `j` is the sum of the outputs of its edges from the nodes `i < j`,
//! and the last node is the cell's output. All cells of a network are equal. Edges are in the order of
//! the notation: by target, then by source.

mod cell;
mod choices;
mod expression;
mod modules;
mod notation;
mod wiring;

use std::sync::OnceLock;

use rand::Rng;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Decision, Topology, TopologyContext};
use crate::graph::{Graph, GraphError};
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::problem::ProblemList;
use crate::space::python_random;
use crate::space::skeleton::{CellSkeleton, SkeletonFile};
pub(in crate::space) use cell::EdgeCellGraph;
use expression::CellExpressions;
pub(in crate::space) use modules::ModuleCell;

/// The most nodes of a cell.
const MAX_NODES: usize = 8;
/// The most operations to choose from.
const MAX_OPERATIONS: usize = 64;
/// The largest space whose order can be shuffled.
const MAX_SHUFFLED: u128 = 1_000_000;

/// The operation on every edge, as positions in the space's list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeDecisions {
    operations: Vec<u8>,
}

/// An operation on every edge of a graph of summing nodes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct EdgeCellFile {
    #[serde(rename = "kind")]
    _kind: EdgeCellKind,
    /// The number of nodes of the cell, including its input and output.
    #[schemars(range(min = 2, max = MAX_NODES))]
    nodes: usize,
    /// The operations to choose from.
    #[schemars(length(min = 1, max = MAX_OPERATIONS))]
    operations: Vec<String>,
    /// The benchmark's own order of the architectures.
    index: Option<IndexFile>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum EdgeCellKind {
    #[serde(rename = "edge-cell")]
    EdgeCell,
}

/// A benchmark's order.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IndexFile {
    /// The list of all architectures, last edge fastest, shuffled by Python's `random.shuffle`
    /// after `random.seed` with this number.
    python_shuffle_seed: u32,
}

/// A space of such cells.
#[derive(Debug)]
pub(in crate::space) struct EdgeCell {
    cell: EdgeCellGraph,
    skeleton: CellSkeleton,
    shuffle_seed: Option<u32>,
    order: OnceLock<EdgeOrder>,
}

/// A benchmark's order against the plain one, in which the last edge changes fastest.
#[derive(Debug)]
struct EdgeOrder {
    rank_of_index: Vec<u32>,
    index_of_rank: Vec<u32>,
}

impl EdgeCell {
    fn order(&self) -> Option<&EdgeOrder> {
        let seed = self.shuffle_seed?;
        Some(self.order.get_or_init(|| {
            let rank_of_index = python_random::shuffled(self.count() as u32, seed);
            let mut index_of_rank = vec![0; rank_of_index.len()];
            for (index, rank) in rank_of_index.iter().enumerate() {
                index_of_rank[*rank as usize] = index as u32;
            }
            EdgeOrder { rank_of_index, index_of_rank }
        }))
    }
}

impl Topology for EdgeCell {
    type Decisions = EdgeDecisions;
    type TopologyTable = EdgeCellFile;
    type SkeletonTable = SkeletonFile;

    const KIND: &'static str = "edge-cell";

    fn new(
        file: EdgeCellFile,
        skeleton: SkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        let path = "topology.operations";
        let operations = context.operations.chosen(&file.operations, path, problems);
        let skeleton = CellSkeleton::new(skeleton, context, problems);
        let shuffle_seed = file.index.map(|index| index.python_shuffle_seed);
        let (cell, skeleton) = (EdgeCellGraph::new(file.nodes, operations?), skeleton?);
        let cell = Self { cell, skeleton, shuffle_seed, order: OnceLock::new() };
        if shuffle_seed.is_some() && cell.count() > MAX_SHUFFLED {
            let message = format!("{} architectures are too many to shuffle", cell.count());
            problems.add("topology.index", message);
        }
        Some(cell)
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        for (stage, (input, place)) in self.skeleton.places(problems).into_iter().enumerate() {
            if input.channels != place.width {
                let (given, width) = (input.channels, place.width);
                let path = if stage == 0 { "skeleton.stem" } else { "skeleton.reduction" };
                problems.add(
                    path,
                    format!("outputs {given} channels, but the cells after it need {width}"),
                );
                continue;
            }
            for operation in &self.cell.operations {
                problems.check_operation(operation, input, place);
            }
        }
    }

    fn operation_names(&self) -> Vec<&str> {
        self.cell.operations.iter().map(|operation| operation.name.as_str()).collect()
    }

    fn count(&self) -> u128 {
        self.cell.count()
    }

    fn sample(&self, rng: &mut dyn Rng) -> EdgeDecisions {
        self.cell.sample(rng)
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = EdgeDecisions> + '_> {
        Box::new((0..).map_while(|index| self.at_index(index)))
    }

    fn parse(&self, text: &str) -> Result<EdgeDecisions, ArchitectureError> {
        self.cell.parse(text)
    }

    fn format(&self, decisions: &EdgeDecisions) -> String {
        notation::format(&self.cell, decisions)
    }

    fn index(&self, decisions: &EdgeDecisions) -> Option<u64> {
        let rank = self.cell.rank(decisions)?;
        match self.order() {
            Some(order) => order.index_of_rank.get(rank as usize).map(|&index| u64::from(index)),
            None => Some(rank),
        }
    }

    fn at_index(&self, index: u64) -> Option<EdgeDecisions> {
        match self.order() {
            Some(order) => {
                let rank = order.rank_of_index.get(usize::try_from(index).ok()?)?;
                self.cell.unrank(u64::from(*rank))
            }
            None => self.cell.unrank(index),
        }
    }

    fn neighbours(&self, decisions: &EdgeDecisions) -> Vec<EdgeDecisions> {
        self.cell.neighbours(decisions)
    }

    fn mutate(&self, decisions: &EdgeDecisions, rng: &mut dyn Rng) -> EdgeDecisions {
        self.cell.mutate(decisions, rng)
    }

    fn reduced(&self, decisions: &EdgeDecisions) -> EdgeDecisions {
        self.cell.reduced(decisions)
    }

    fn is_connected(&self, decisions: &EdgeDecisions) -> bool {
        self.cell.is_connected(decisions)
    }

    fn function_key(&self, decisions: &EdgeDecisions) -> String {
        expression::function_key(&self.cell, decisions)
    }

    fn benchmark_key(&self, decisions: &EdgeDecisions) -> String {
        notation::unique_text(&self.cell, decisions)
    }

    fn live_key(&self, decisions: &EdgeDecisions) -> String {
        CellExpressions::new(&self.cell, decisions).live_key()
    }

    fn code_key(&self, decisions: &EdgeDecisions) -> String {
        CellExpressions::new(&self.cell, decisions).code_key(&self.cell, decisions)
    }

    fn decisions(&self, decisions: &EdgeDecisions) -> Vec<Decision> {
        self.cell.decisions(decisions)
    }

    fn drawings(&self, decisions: &EdgeDecisions) -> Vec<Drawing> {
        vec![self.cell.drawing(decisions)]
    }

    fn build(&self, decisions: &EdgeDecisions) -> Result<Graph, GraphError> {
        let wirer = self.cell.wirer(decisions);
        self.skeleton
            .assemble(&|graph, input, prefix, place| wirer.wire(graph, input, prefix, place))
    }
}
