//! The decisions of one architecture, and the grid of all architectures.

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::space::topology::radix::MixedRadix;

/// The number of a cell's inputs, and of the summands of a node.
pub(super) const INPUTS: usize = 2;

/// A summand of a node: an operation on an earlier value of the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationPair {
    /// Position in the list of the space's file.
    pub operation: u8,
    /// The value it is applied to: 0 and 1 are the cell's inputs, 2 is the first node.
    pub input: u8,
}

/// One cell as a genotype writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairedCell {
    /// Two pairs for every node; node `n` is the sum of `pairs[2 * n - 4]` and `pairs[2 * n - 3]`.
    pub pairs: Vec<OperationPair>,
    /// The nodes whose values, one behind the other, are the cell's output.
    pub concat: Vec<u8>,
}

/// A normal and a reduction cell, and the size of the network that is stacked from them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairDecisions {
    /// The cell that keeps the size, then the one that halves it.
    pub(super) cells: [PairedCell; 2],
    pub(super) width: usize,
    pub(super) depth: usize,
}

impl PairDecisions {
    /// The cell that keeps the size.
    pub fn normal(&self) -> &PairedCell {
        &self.cells[0]
    }

    /// The cell that halves the size.
    pub fn reduction(&self) -> &PairedCell {
        &self.cells[1]
    }
}

/// Which nodes a cell concatenates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Concat")]
pub(super) enum ConcatRule {
    /// Every node.
    All,
    /// The nodes that no pair of the cell reads.
    Loose,
}

impl ConcatRule {
    /// The nodes that a cell of these pairs concatenates.
    pub(super) fn of(self, pairs: &[OperationPair]) -> Vec<u8> {
        let read = |node: u8| pairs.iter().any(|pair| pair.input == node);
        let nodes = (0..pairs.len() / INPUTS).map(|node| (node + INPUTS) as u8);
        nodes.filter(|&node| self == Self::All || !read(node)).collect()
    }
}

/// What can be chosen in the architectures of a space.
#[derive(Debug)]
pub(super) struct PairGrid {
    pub nodes: usize,
    pub operations: usize,
    pub distinct: bool,
    pub concat: ConcatRule,
    pub widths: Vec<usize>,
    pub depths: Vec<usize>,
    /// The choices as digits; set by [`Self::with_radix`].
    pub radix: MixedRadix,
}

/// One decision changed.
enum PairChange {
    Operation { cell: usize, pair: usize, operation: u8 },
    Input { cell: usize, pair: usize, input: u8 },
    Width(usize),
    Depth(usize),
}

impl PairGrid {
    /// The same with its [`Self::radix`]: in a fixed order, the number of choices of every decision.
    /// Where the inputs of a node are distinct, the second one has a choice less.
    pub(super) fn with_radix(mut self) -> Self {
        let mut radices = Vec::with_capacity(8 * self.nodes + 2);
        for node in (0..2).flat_map(|_| 0..self.nodes) {
            let (operations, inputs) = (self.operations, node + INPUTS);
            radices.extend([operations, inputs, operations, inputs - usize::from(self.distinct)]);
        }
        radices.extend([self.widths.len(), self.depths.len()]);
        self.radix = MixedRadix(radices);
        self
    }

    /// The architecture of that choice in every decision, in the order of [`Self::radix`].
    fn architecture(&self, digits: &[usize]) -> PairDecisions {
        let cell = |digits: &[usize]| {
            let mut pairs = Vec::with_capacity(INPUTS * self.nodes);
            for node in digits.chunks_exact(4) {
                let shifted = node[3] + usize::from(self.distinct && node[3] >= node[1]);
                for (operation, input) in [(node[0], node[1]), (node[2], shifted)] {
                    pairs.push(OperationPair { operation: operation as u8, input: input as u8 });
                }
            }
            PairedCell { concat: self.concat.of(&pairs), pairs }
        };
        let (normal, rest) = digits.split_at(4 * self.nodes);
        let (reduction, size) = rest.split_at(4 * self.nodes);
        PairDecisions {
            cells: [cell(normal), cell(reduction)],
            width: self.widths[size[0]],
            depth: self.depths[size[1]],
        }
    }

    pub(super) fn count(&self) -> u128 {
        self.radix.count()
    }

    pub(super) fn sample(&self, rng: &mut dyn Rng) -> PairDecisions {
        self.architecture(&self.radix.sample(rng))
    }

    /// All architectures; the depth changes fastest.
    pub(super) fn enumerate(&self) -> impl Iterator<Item = PairDecisions> + '_ {
        self.radix.combinations().map(|digits| self.architecture(&digits))
    }

    /// All ways to change one decision into another value of the grid.
    fn changes(&self, from: &PairDecisions) -> Vec<PairChange> {
        let mut changes = Vec::new();
        for (cell, genes) in from.cells.iter().enumerate() {
            for (pair, current) in genes.pairs.iter().enumerate() {
                let operations = (0..self.operations as u8).filter(|&to| to != current.operation);
                changes.extend(operations.map(|operation| PairChange::Operation {
                    cell,
                    pair,
                    operation,
                }));
                let partner = genes.pairs[pair ^ 1].input;
                let inputs = (0..(pair / INPUTS + INPUTS) as u8)
                    .filter(|&to| to != current.input && !(self.distinct && to == partner));
                changes.extend(inputs.map(|input| PairChange::Input { cell, pair, input }));
            }
        }
        let others = |all: &[usize], current| {
            all.iter().copied().filter(move |&to| to != current).collect::<Vec<_>>()
        };
        changes.extend(others(&self.widths, from.width).into_iter().map(PairChange::Width));
        changes.extend(others(&self.depths, from.depth).into_iter().map(PairChange::Depth));
        changes
    }

    /// A cell that concatenates what the space's rule says does so afterwards; one that was given
    /// other nodes keeps them.
    fn apply(&self, from: &PairDecisions, change: &PairChange) -> PairDecisions {
        let mut to = from.clone();
        let mut change_pair = |cell: usize, pair: usize, change: &dyn Fn(&mut OperationPair)| {
            let cell = &mut to.cells[cell];
            let follows = cell.concat == self.concat.of(&cell.pairs);
            change(&mut cell.pairs[pair]);
            if follows {
                cell.concat = self.concat.of(&cell.pairs);
            }
        };
        match *change {
            PairChange::Operation { cell, pair, operation } => {
                change_pair(cell, pair, &|pair| pair.operation = operation);
            }
            PairChange::Input { cell, pair, input } => {
                change_pair(cell, pair, &|pair| pair.input = input);
            }
            PairChange::Width(width) => to.width = width,
            PairChange::Depth(depth) => to.depth = depth,
        }
        to
    }

    pub(super) fn neighbours(&self, from: &PairDecisions) -> Vec<PairDecisions> {
        self.changes(from).iter().map(|change| self.apply(from, change)).collect()
    }

    /// One of the neighbours, each as likely as the others.
    pub(super) fn mutate(&self, from: &PairDecisions, rng: &mut dyn Rng) -> PairDecisions {
        let changes = self.changes(from);
        if changes.is_empty() {
            return from.clone();
        }
        let drawn = rng.random_range(0..changes.len() as u32) as usize;
        self.apply(from, &changes[drawn])
    }
}
