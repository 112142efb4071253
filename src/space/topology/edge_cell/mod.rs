//! Cells with an operation on every edge of a graph of summing nodes: NAS-Bench-201.
//!
//! Node 0 is the cell's input, node `j` is the sum of the outputs of its edges from the nodes `i < j`,
//! and the last node is the cell's output. All cells of a network are equal. Edges are in the order of
//! the notation: by target, then by source.

mod cell;
mod expression;
mod notation;
mod wiring;

use std::sync::OnceLock;

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Decision, Topology, TopologyContext};
use crate::graph::{Graph, GraphError};
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::operations::Operation;
use crate::space::problem::ProblemList;
use crate::space::python_random;
use crate::space::skeleton::{CellSkeleton, SkeletonFile};
use cell::CellEdge;
pub(in crate::space) use cell::EdgeCellGraph;
use expression::CellExpressions;

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

    fn rank(&self, decisions: &EdgeDecisions) -> Option<u64> {
        let base = self.cell.operations.len() as u64;
        decisions.operations.iter().try_fold(0_u64, |rank, &operation| {
            rank.checked_mul(base)?.checked_add(u64::from(operation))
        })
    }

    fn unrank(&self, mut rank: u64) -> Option<EdgeDecisions> {
        let base = self.cell.operations.len() as u64;
        let mut operations = vec![0; self.cell.edges.len()];
        for operation in operations.iter_mut().rev() {
            *operation = (rank % base) as u8;
            rank /= base;
        }
        (rank == 0).then_some(EdgeDecisions { operations })
    }

    fn with(&self, decisions: &EdgeDecisions, edge: usize, operation: u8) -> EdgeDecisions {
        let mut changed = decisions.clone();
        changed.operations[edge] = operation;
        changed
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
        (self.cell.operations.len() as u128).saturating_pow(self.cell.edges.len() as u32)
    }

    fn sample(&self, rng: &mut dyn Rng) -> EdgeDecisions {
        let count = self.cell.operations.len() as u32;
        let operations = self.cell.edges.iter().map(|_| rng.random_range(0..count) as u8).collect();
        EdgeDecisions { operations }
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
        let rank = self.rank(decisions)?;
        match self.order() {
            Some(order) => order.index_of_rank.get(rank as usize).map(|&index| u64::from(index)),
            None => Some(rank),
        }
    }

    fn at_index(&self, index: u64) -> Option<EdgeDecisions> {
        match self.order() {
            Some(order) => {
                let rank = order.rank_of_index.get(usize::try_from(index).ok()?)?;
                self.unrank(u64::from(*rank))
            }
            None => self.unrank(index),
        }
    }

    fn neighbours(&self, decisions: &EdgeDecisions) -> Vec<EdgeDecisions> {
        let mut neighbours = Vec::new();
        for (edge, &current) in decisions.operations.iter().enumerate() {
            for operation in (0..self.cell.operations.len() as u8).filter(|&other| other != current)
            {
                neighbours.push(self.with(decisions, edge, operation));
            }
        }
        neighbours
    }

    fn mutate(&self, decisions: &EdgeDecisions, rng: &mut dyn Rng) -> EdgeDecisions {
        let others = self.cell.operations.len() as u32 - 1;
        if others == 0 {
            return decisions.clone();
        }
        let edge = rng.random_range(0..self.cell.edges.len() as u32) as usize;
        let draw = rng.random_range(0..others) as u8;
        let operation = draw + u8::from(draw >= decisions.operations[edge]);
        self.with(decisions, edge, operation)
    }

    fn reduced(&self, decisions: &EdgeDecisions) -> EdgeDecisions {
        let Some(zero) = self.cell.operations.iter().position(|operation| operation.zero) else {
            return decisions.clone();
        };
        let live = CellExpressions::new(&self.cell, decisions).live;
        let keep = |(&operation, live)| if live { operation } else { zero as u8 };
        EdgeDecisions { operations: decisions.operations.iter().zip(live).map(keep).collect() }
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
        let choice = |(edge, operation): (CellEdge, &Operation)| Decision {
            name: format!("edge {}-{}", edge.source, edge.target),
            value: operation.name.clone(),
        };
        self.cell.iter(decisions).map(choice).collect()
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
