//! The parts of a cell that matter, and their canonical notation.
//!
//! Two cells are the same if renaming the nodes and swapping the pairs of nodes turns one into the
//! other. A [`CanonicalForm`] numbers the nodes so that equal cells are written identically: of all
//! orders in which each node comes after those it reads, it takes the one with the smallest text.
//!
//! A cell has two forms. The *live* one omits everything that does not reach the output: nodes that are
//! neither concatenated nor read, and pairs that are zero because of a `none` on their path. The
//! *whole* one keeps everything, because the ReLUs of dead nodes are counted.
//!
//! The order in which nodes are concatenated permutes the output's channels, and with them the weights
//! of the next cell's convolutions: the function is the same in distribution, but different for given
//! weights. The order is therefore not part of [`reduced`], which identifies functions, but is part of
//! [`live`] and [`whole`], which determine when scores are equal.

use super::architecture::{INPUTS, OperationPair, PairDecisions, PairedCell};
use super::{Operation, PairCell};

/// Stands for a source or an operation that does not matter; sorts behind all others.
const NONE: u8 = u8::MAX;

/// A pair as it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeSummand {
    pub source: u8,
    pub operation: u8,
}

/// What reaches the output of a cell.
pub(super) struct ReachabilityFacts {
    /// By pair: it gives zero whatever the cell's inputs are.
    pub null: Vec<bool>,
    /// By value, inputs first: the output depends on it, or it is concatenated.
    pub live: Vec<bool>,
}

impl ReachabilityFacts {
    pub(super) fn new(operations: &[Operation], cell: &PairedCell) -> Self {
        let mut null = Vec::with_capacity(cell.pairs.len());
        let mut zero = vec![false; INPUTS];
        for node in cell.pairs.chunks_exact(2) {
            for pair in node {
                let operation = &operations[usize::from(pair.operation)];
                let starved = zero[usize::from(pair.input)] && operation.keeps_zero;
                null.push(operation.zero || starved);
            }
            zero.push(null[null.len() - 2..].iter().all(|&null| null));
        }
        let mut live = vec![false; zero.len()];
        cell.concat.iter().for_each(|&node| live[usize::from(node)] = true);
        for (position, pair) in cell.pairs.iter().enumerate().rev() {
            if live[position / 2 + INPUTS] && !null[position] {
                live[usize::from(pair.input)] = true;
            }
        }
        Self { null, live }
    }

    /// Whether what a pair gives reaches the output.
    pub(super) fn pair_is_live(&self, pair: usize) -> bool {
        !self.null[pair] && self.live[pair / 2 + INPUTS]
    }
}

/// A cell with its nodes numbered by what they compute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CanonicalForm {
    /// By node from 2 on, its summands, sorted, and whether it is not concatenated.
    nodes: Vec<([NodeSummand; 2], bool)>,
    /// The concatenated nodes in the order of the cell.
    concat: Vec<u8>,
    /// By value of the cell, its number in the form; [`NONE`] for those left out.
    labels: Vec<u8>,
}

impl CanonicalForm {
    /// What the output depends on.
    pub(super) fn live(cell: &PairedCell, facts: &ReachabilityFacts) -> Self {
        let summand = |(position, pair): (usize, &OperationPair)| match facts.null[position] {
            true => NodeSummand { source: NONE, operation: NONE },
            false => NodeSummand { source: pair.input, operation: pair.operation },
        };
        let summands = cell.pairs.iter().enumerate().map(summand).collect();
        CanonicalSearch::new(cell, summands, |node| facts.live[node]).run()
    }

    /// Everything that is counted.
    pub(super) fn whole(cell: &PairedCell, operations: &[Operation]) -> Self {
        let summand = |pair: &OperationPair| {
            let ignored = operations[usize::from(pair.operation)].ignores_input();
            let source = if ignored { NONE } else { pair.input };
            NodeSummand { source, operation: pair.operation }
        };
        let summands = cell.pairs.iter().map(summand).collect();
        CanonicalSearch::new(cell, summands, |_| true).run()
    }

    /// The number of a value of the cell.
    pub(super) fn label(&self, value: u8) -> u8 {
        self.labels[usize::from(value)]
    }
}

/// Looks for the least form.
struct CanonicalSearch<'c> {
    cell: &'c PairedCell,
    /// By pair, with the cell's own numbers.
    summands: Vec<NodeSummand>,
    /// By value, its place in the cell's list of concatenated nodes; `usize::MAX` if it has none.
    places: Vec<usize>,
    kept: Vec<usize>,
    best: Option<CanonicalForm>,
}

impl<'c> CanonicalSearch<'c> {
    fn new(cell: &'c PairedCell, summands: Vec<NodeSummand>, keep: impl Fn(usize) -> bool) -> Self {
        let values = INPUTS + summands.len() / 2;
        let mut places = vec![usize::MAX; values];
        for (place, &node) in cell.concat.iter().enumerate() {
            places[usize::from(node)] = place;
        }
        let kept = (INPUTS..values).filter(|&node| keep(node)).collect();
        Self { cell, summands, places, kept, best: None }
    }

    fn run(mut self) -> CanonicalForm {
        let mut labels = vec![NONE; self.places.len()];
        (labels[0], labels[1]) = (0, 1);
        let mut form =
            CanonicalForm { nodes: Vec::with_capacity(self.kept.len()), concat: vec![], labels };
        self.extend(&mut form);
        self.best.unwrap_or(form)
    }

    /// Numbers the next node: the one with the least summands. Several that have the same ones are
    /// all tried, unless the rest of the cell cannot tell them apart either.
    fn extend(&mut self, form: &mut CanonicalForm) {
        if form.nodes.len() == self.kept.len() {
            form.concat = self.cell.concat.iter().map(|&node| form.label(node)).collect();
            if self.best.as_ref().is_none_or(|best| *form < *best) {
                self.best = Some(form.clone());
            }
            return;
        }
        let open = self.kept.iter().copied().filter(|&node| form.labels[node] == NONE);
        let mut open: Vec<_> =
            open.filter_map(|node| Some((self.entry(form, node)?, node))).collect();
        let Some(least) = open.iter().map(|(entry, _)| *entry).min() else { return };
        open.retain(|(entry, _)| *entry == least);
        open.sort_by_key(|&(_, node)| self.places[node]);
        let mut tried: Vec<usize> = Vec::new();
        for (entry, node) in open {
            if tried.iter().any(|&other| self.readers(other) == self.readers(node)) {
                continue;
            }
            tried.push(node);
            form.labels[node] = (form.nodes.len() + INPUTS) as u8;
            form.nodes.push(entry);
            self.extend(form);
            form.nodes.pop();
            form.labels[node] = NONE;
        }
    }

    /// A node as the form writes it; `None` while it reads nodes that have no number.
    fn entry(&self, form: &CanonicalForm, node: usize) -> Option<([NodeSummand; 2], bool)> {
        let summand = |pair: usize| {
            let NodeSummand { source, operation } = self.summands[pair];
            let source = if source == NONE { NONE } else { form.label(source) };
            let numbered = source != NONE || self.summands[pair].source == NONE;
            numbered.then_some(NodeSummand { source, operation })
        };
        let first = 2 * (node - INPUTS);
        let mut summands = [summand(first)?, summand(first + 1)?];
        summands.sort_unstable();
        Some((summands, self.places[node] == usize::MAX))
    }

    /// The nodes that read a node, each with its operation.
    fn readers(&self, node: usize) -> Vec<(usize, u8)> {
        let reads = |pair: &usize| usize::from(self.summands[*pair].source) == node;
        let kept = |pair: &usize| self.kept.contains(&(pair / 2 + INPUTS));
        let pairs = (0..self.summands.len()).filter(reads).filter(kept);
        let mut readers: Vec<_> =
            pairs.map(|pair| (pair / 2, self.summands[pair].operation)).collect();
        readers.sort_unstable();
        readers
    }
}

/// The cell of a live form: dead pairs are zeros, dead nodes stand at the end and are not read.
fn written(space: &PairCell, form: &CanonicalForm, nodes: usize) -> PairedCell {
    let zero = space.operations.iter().position(|operation| operation.zero).unwrap_or(0) as u8;
    let filler = |taken: Option<u8>| {
        let input = u8::from(space.grid.distinct && taken == Some(0));
        OperationPair { operation: zero, input }
    };
    let mut pairs = Vec::with_capacity(2 * nodes);
    for node in 0..nodes {
        let mut partner = None;
        for position in 0..2 {
            let summand = form.nodes.get(node).map(|(summands, _)| summands[position]);
            let pair = match summand {
                Some(NodeSummand { source, operation }) if source != NONE => {
                    OperationPair { operation, input: source }
                }
                _ => filler(partner),
            };
            partner = Some(pair.input);
            pairs.push(pair);
        }
    }
    PairedCell { pairs, concat: form.concat.clone() }
}

fn with_cells(from: &PairDecisions, cell: impl Fn(&PairedCell) -> PairedCell) -> PairDecisions {
    PairDecisions { cells: from.cells.each_ref().map(cell), ..from.clone() }
}

/// What reaches the output, with the order of concatenation.
pub(super) fn live(space: &PairCell, from: &PairDecisions) -> PairDecisions {
    with_cells(from, |cell| {
        let form = CanonicalForm::live(cell, &ReachabilityFacts::new(&space.operations, cell));
        written(space, &form, space.grid.nodes)
    })
}

/// What reaches the output, concatenated in the order of the nodes.
pub(super) fn reduced(space: &PairCell, from: &PairDecisions) -> PairDecisions {
    let mut reduced = live(space, from);
    reduced.cells.iter_mut().for_each(|cell| cell.concat.sort_unstable());
    reduced
}

/// Everything that is counted, with the order of concatenation; the input of an operation that
/// ignores it is 0.
pub(super) fn whole(space: &PairCell, from: &PairDecisions) -> PairDecisions {
    with_cells(from, |cell| {
        let form = CanonicalForm::whole(cell, &space.operations);
        let pair = |&NodeSummand { source, operation }: &NodeSummand| OperationPair {
            operation,
            input: if source == NONE { 0 } else { source },
        };
        let pairs = form.nodes.iter().flat_map(|(summands, _)| summands).map(pair).collect();
        PairedCell { pairs, concat: form.concat }
    })
}
