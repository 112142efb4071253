//! Cells with an operation on every edge of a graph of summing nodes: NAS-Bench-201.
//!
//! Node 0 is the cell's input; node `j` sums what its edges from the nodes `i < j` give; the last
//! node is the cell's output. All cells of a network are equal. Edges are in the order of the
//! notation: by target, then by source.

mod expression;
mod notation;
mod wiring;

use std::sync::OnceLock;

use rand::{Rng, RngExt};
use serde::Deserialize;

use super::{Frame, Topology};
use crate::graph::Graph;
use crate::space::error::{ArchitectureError, BuildError};
use crate::space::operations::{Operation, Operations};
use crate::space::python_random;
use crate::space::skeleton::{Skeleton, SkeletonFile};
use expression::Expressions;

/// The most nodes of a cell.
const MAX_NODES: usize = 8;
/// The most operations to choose from.
const MAX_OPERATIONS: usize = 64;
/// The largest space whose order can be shuffled.
const MAX_SHUFFLED: u128 = 1_000_000;

/// The operation on every edge, as positions in the space's list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeArchitecture {
    operations: Vec<u8>,
}

impl EdgeArchitecture {
    /// The operation on every edge, by target and then by source, as positions in the list of the
    /// space's file.
    pub fn operations(&self) -> &[u8] {
        &self.operations
    }
}

/// The `[topology]` table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct EdgeCellFile {
    nodes: usize,
    operations: Vec<String>,
    index: Option<IndexFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexFile {
    python_shuffle_seed: u32,
}

/// One edge of the cell.
#[derive(Clone, Copy, Debug)]
struct Edge {
    source: usize,
    target: usize,
}

/// A space of such cells.
#[derive(Debug)]
pub(in crate::space) struct EdgeCell {
    nodes: usize,
    edges: Vec<Edge>,
    operations: Vec<Operation>,
    skeleton: Skeleton,
    shuffle_seed: Option<u32>,
    order: OnceLock<Order>,
}

/// A benchmark's order against the plain one, in which the last edge changes fastest.
#[derive(Debug)]
struct Order {
    rank_of_index: Vec<u32>,
    index_of_rank: Vec<u32>,
}

impl EdgeCell {
    /// Checks what a file says; an error is the key and the message.
    pub(super) fn new(
        file: EdgeCellFile,
        skeleton: SkeletonFile,
        known: &Operations,
    ) -> Result<Self, (&'static str, String)> {
        if !(2..=MAX_NODES).contains(&file.nodes) {
            return Err(("topology.nodes", format!("is {}, not 2 to {MAX_NODES}", file.nodes)));
        }
        let wrong = |message| ("topology.operations", message);
        let operations = chosen(&file.operations, known).map_err(wrong)?;
        let edges = (1..file.nodes)
            .flat_map(|target| (0..target).map(move |source| Edge { source, target }))
            .collect();
        let skeleton = Skeleton::new(skeleton, known).map_err(|message| ("skeleton", message))?;
        let shuffle_seed = file.index.map(|index| index.python_shuffle_seed);
        let cell = Self {
            nodes: file.nodes,
            edges,
            operations,
            skeleton,
            shuffle_seed,
            order: OnceLock::new(),
        };
        if shuffle_seed.is_some() && cell.count() > MAX_SHUFFLED {
            let message = format!("{} architectures are too many to shuffle", cell.count());
            return Err(("topology.index", message));
        }
        Ok(cell)
    }

    /// The edges with their operations.
    fn iter<'c>(
        &'c self,
        decisions: &'c EdgeArchitecture,
    ) -> impl Iterator<Item = (Edge, &'c Operation)> {
        let operation = |&position: &u8| &self.operations[usize::from(position)];
        self.edges.iter().copied().zip(decisions.operations.iter().map(operation))
    }

    fn order(&self) -> Option<&Order> {
        let seed = self.shuffle_seed?;
        Some(self.order.get_or_init(|| {
            let rank_of_index = python_random::shuffled(self.count() as u32, seed);
            let mut index_of_rank = vec![0; rank_of_index.len()];
            for (index, rank) in rank_of_index.iter().enumerate() {
                index_of_rank[*rank as usize] = index as u32;
            }
            Order { rank_of_index, index_of_rank }
        }))
    }

    fn rank(&self, decisions: &EdgeArchitecture) -> Option<u64> {
        let base = self.operations.len() as u64;
        decisions.operations.iter().try_fold(0_u64, |rank, &operation| {
            rank.checked_mul(base)?.checked_add(u64::from(operation))
        })
    }

    fn unrank(&self, mut rank: u64) -> Option<EdgeArchitecture> {
        let base = self.operations.len() as u64;
        let mut operations = vec![0; self.edges.len()];
        for operation in operations.iter_mut().rev() {
            *operation = (rank % base) as u8;
            rank /= base;
        }
        (rank == 0).then_some(EdgeArchitecture { operations })
    }

    fn with(&self, decisions: &EdgeArchitecture, edge: usize, operation: u8) -> EdgeArchitecture {
        let mut changed = decisions.clone();
        changed.operations[edge] = operation;
        changed
    }
}

/// The operations of a list of names.
fn chosen(names: &[String], known: &Operations) -> Result<Vec<Operation>, String> {
    if names.is_empty() || names.len() > MAX_OPERATIONS {
        return Err(format!("names {} operations, not 1 to {MAX_OPERATIONS}", names.len()));
    }
    if let Some(twice) = (1..names.len()).find(|&at| names[..at].contains(&names[at])) {
        return Err(format!("names `{}` twice", names[twice]));
    }
    names.iter().map(|name| known.get(name)).collect()
}

impl Topology for EdgeCell {
    type Decisions = EdgeArchitecture;

    const KIND: &'static str = "edge-cell";

    fn fits(&self, decisions: &EdgeArchitecture) -> bool {
        let known = |&operation: &u8| usize::from(operation) < self.operations.len();
        decisions.operations.len() == self.edges.len() && decisions.operations.iter().all(known)
    }

    fn probes(&self) -> Vec<EdgeArchitecture> {
        let everywhere =
            |operation| EdgeArchitecture { operations: vec![operation as u8; self.edges.len()] };
        (0..self.operations.len()).map(everywhere).collect()
    }

    fn count(&self) -> u128 {
        (self.operations.len() as u128).saturating_pow(self.edges.len() as u32)
    }

    fn sample(&self, rng: &mut dyn Rng) -> EdgeArchitecture {
        let count = self.operations.len() as u32;
        let operations = self.edges.iter().map(|_| rng.random_range(0..count) as u8).collect();
        EdgeArchitecture { operations }
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = EdgeArchitecture> + '_> {
        Box::new((0..).map_while(|index| self.from_index(index)))
    }

    fn parse(&self, text: &str) -> Result<EdgeArchitecture, ArchitectureError> {
        notation::parse(self, text)
    }

    fn format(&self, decisions: &EdgeArchitecture) -> String {
        notation::format(self, decisions)
    }

    fn index(&self, decisions: &EdgeArchitecture) -> Option<u64> {
        let rank = self.rank(decisions)?;
        match self.order() {
            Some(order) => order.index_of_rank.get(rank as usize).map(|&index| u64::from(index)),
            None => Some(rank),
        }
    }

    fn from_index(&self, index: u64) -> Option<EdgeArchitecture> {
        match self.order() {
            Some(order) => {
                let rank = order.rank_of_index.get(usize::try_from(index).ok()?)?;
                self.unrank(u64::from(*rank))
            }
            None => self.unrank(index),
        }
    }

    fn neighbours(&self, decisions: &EdgeArchitecture) -> Vec<EdgeArchitecture> {
        let mut neighbours = Vec::new();
        for (edge, &current) in decisions.operations.iter().enumerate() {
            for operation in (0..self.operations.len() as u8).filter(|&other| other != current) {
                neighbours.push(self.with(decisions, edge, operation));
            }
        }
        neighbours
    }

    fn mutate(&self, decisions: &EdgeArchitecture, rng: &mut dyn Rng) -> EdgeArchitecture {
        let others = self.operations.len() as u32 - 1;
        if others == 0 {
            return decisions.clone();
        }
        let edge = rng.random_range(0..self.edges.len() as u32) as usize;
        let draw = rng.random_range(0..others) as u8;
        let operation = draw + u8::from(draw >= decisions.operations[edge]);
        self.with(decisions, edge, operation)
    }

    fn reduced(&self, decisions: &EdgeArchitecture) -> EdgeArchitecture {
        let Some(zero) = self.operations.iter().position(|operation| operation.zero) else {
            return decisions.clone();
        };
        let live = Expressions::new(self, decisions).live;
        let keep = |(&operation, live)| if live { operation } else { zero as u8 };
        EdgeArchitecture { operations: decisions.operations.iter().zip(live).map(keep).collect() }
    }

    fn connected(&self, decisions: &EdgeArchitecture) -> bool {
        let mut reached = vec![false; self.nodes];
        reached[0] = true;
        for (edge, operation) in self.iter(decisions) {
            reached[edge.target] |= reached[edge.source] && !operation.zero;
        }
        reached[self.nodes - 1]
    }

    fn function_key(&self, decisions: &EdgeArchitecture) -> String {
        expression::function_key(self, decisions)
    }

    fn benchmark_key(&self, decisions: &EdgeArchitecture) -> String {
        notation::unique_text(self, decisions)
    }

    fn live_key(&self, decisions: &EdgeArchitecture) -> String {
        Expressions::new(self, decisions).live_key()
    }

    fn code_key(&self, decisions: &EdgeArchitecture) -> String {
        Expressions::new(self, decisions).code_key(self, decisions)
    }

    fn build(&self, decisions: &EdgeArchitecture, frame: &Frame<'_>) -> Result<Graph, BuildError> {
        let sizes = self.skeleton.sizes(frame.input, frame.classes, frame.options)?;
        let expressions = Expressions::new(self, decisions);
        self.skeleton
            .assemble(&sizes, &|graph, input, prefix, place| {
                wiring::cell(self, decisions, &expressions, graph, input, prefix, place)
            })
            .map_err(|source| BuildError::Wire { architecture: self.format(decisions), source })
    }
}
