//! What the nodes and edges of a cell compute, as expressions of the cell's input `x`.
//!
//! The value of a node is a sorted sum of terms. Skip connections pass on the terms of their source,
//! and zeros disappear. Two edges with the same operation on equal sources have equal *flat*
//! expressions but separate weights, so they are numbered, `f(x)` and `f(x)#2`. The numbers are chosen
//! such that architectures that differ only in the naming of such twins get the same text, so that the
//! label of a layer means the same in both.

use std::collections::BTreeMap;

use super::EdgeDecisions;
use super::cell::EdgeCellGraph;

/// The most ways to number twins that are tried; cells with more keep the order of the edges.
const MAX_NUMBERINGS: usize = 720;

/// One summand of a node's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EdgeTerm {
    /// The expression.
    pub text: String,
    /// The edge that gives it; `None` for the cell's input.
    pub edge: Option<usize>,
}

/// Values of all nodes, texts of all edges.
struct NodeValues {
    nodes: Vec<Vec<EdgeTerm>>,
    edges: Vec<String>,
}

impl NodeValues {
    /// `number(edge)` tells twins apart; 1 is not written.
    fn new(
        cell: &EdgeCellGraph,
        decisions: &EdgeDecisions,
        number: &dyn Fn(usize) -> usize,
    ) -> Self {
        let mut nodes: Vec<Vec<EdgeTerm>> = vec![Vec::new(); cell.nodes];
        nodes[0].push(EdgeTerm { text: "x".to_owned(), edge: None });
        let mut edges = Vec::with_capacity(cell.edges.len());
        for (position, (edge, operation)) in cell.iter(decisions).enumerate() {
            let source = &nodes[edge.source];
            let text = match number(position) {
                1 => format!("{}({})", operation.name, sum(source)),
                number => format!("{}({})#{number}", operation.name, sum(source)),
            };
            let zero = operation.zero || (source.is_empty() && operation.keeps_zero);
            if cell.is_identity(edge, operation) {
                let handed_on = source.clone();
                nodes[edge.target].extend(handed_on);
            } else if !zero {
                nodes[edge.target].push(EdgeTerm { text: text.clone(), edge: Some(position) });
            }
            edges.push(text);
            if edge.source + 1 == edge.target {
                nodes[edge.target].sort();
            }
        }
        Self { nodes, edges }
    }

    fn output(&self) -> String {
        self.nodes.last().map(|terms| sum(terms)).unwrap_or_default()
    }
}

fn sum(terms: &[EdgeTerm]) -> String {
    match terms {
        [] => "0".to_owned(),
        terms => {
            let texts: Vec<&str> = terms.iter().map(|term| term.text.as_str()).collect();
            texts.join("+")
        }
    }
}

/// The flat expression of the output.
pub(super) fn function_key(cell: &EdgeCellGraph, decisions: &EdgeDecisions) -> String {
    NodeValues::new(cell, decisions, &|_| 1).output()
}

/// The expressions of one cell.
pub(super) struct CellExpressions {
    /// By node, the terms of its value in the order of summation; none where it is zero.
    pub terms: Vec<Vec<EdgeTerm>>,
    /// By edge, a label that is unique in the cell: the flat expression and a number.
    pub labels: Vec<String>,
    /// By edge, whether the output depends on what it gives.
    pub live: Vec<bool>,
    numbered: NodeValues,
}

impl CellExpressions {
    /// Works out the expressions of a cell.
    pub(super) fn new(cell: &EdgeCellGraph, decisions: &EdgeDecisions) -> Self {
        let flat = NodeValues::new(cell, decisions, &|_| 1);
        let live = live(cell, decisions, &flat);
        let mut twins: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (edge, text) in flat.edges.iter().enumerate() {
            twins.entry(text).or_default().push(edge);
        }
        let groups: Vec<Vec<usize>> =
            twins.into_values().map(|group| live_first(group, &live)).collect();
        let numbers = number(cell, decisions, &live, &groups);
        let labels = flat.edges.iter().zip(&numbers).map(|(text, number)| match number {
            1 => text.clone(),
            number => format!("{text}#{number}"),
        });
        let labels = labels.collect();
        let numbered =
            NodeValues::new(cell, decisions, &|edge| written(cell, decisions, &numbers, edge));
        Self { terms: numbered.nodes.clone(), labels, live, numbered }
    }

    /// The numbered expression of the output.
    pub(super) fn live_key(&self) -> String {
        self.numbered.output()
    }

    /// The numbered expressions of the output and of every edge that holds an activation.
    pub(super) fn code_key(&self, cell: &EdgeCellGraph, decisions: &EdgeDecisions) -> String {
        let mut edges: Vec<&str> = cell
            .iter(decisions)
            .zip(&self.numbered.edges)
            .filter(|((_, operation), _)| operation.activation)
            .map(|(_, text)| text.as_str())
            .collect();
        edges.sort_unstable();
        format!("{}; {}", self.numbered.output(), edges.join(", "))
    }
}

/// The edges whose value reaches the output and is not zero.
fn live(cell: &EdgeCellGraph, decisions: &EdgeDecisions, flat: &NodeValues) -> Vec<bool> {
    let mut used = vec![false; cell.nodes];
    used[cell.nodes - 1] = true;
    let mut live = vec![false; cell.edges.len()];
    let edges: Vec<_> = cell.iter(decisions).enumerate().collect();
    for (position, (edge, operation)) in edges.into_iter().rev() {
        let fed = !flat.nodes[edge.source].is_empty() || !operation.keeps_zero;
        live[position] = used[edge.target] && fed && !operation.zero;
        used[edge.source] |= live[position];
    }
    live
}

fn live_first(mut group: Vec<usize>, live: &[bool]) -> Vec<usize> {
    group.sort_by_key(|&edge| (!live[edge], edge));
    group
}

/// The number that stands in expressions: without weights twins are equal and need none.
fn written(
    cell: &EdgeCellGraph,
    decisions: &EdgeDecisions,
    numbers: &[usize],
    edge: usize,
) -> usize {
    let operation = usize::from(decisions.operations[edge]);
    if cell.operations[operation].random { numbers[edge] } else { 1 }
}

/// Numbers the edges of every group from 1, live ones first, such that the expression of the output
/// is the first one in alphabetical order.
fn number(
    cell: &EdgeCellGraph,
    decisions: &EdgeDecisions,
    live: &[bool],
    groups: &[Vec<usize>],
) -> Vec<usize> {
    let mut numbers = vec![1; cell.edges.len()];
    let mut choices = 1_usize;
    let mut open = Vec::new();
    for group in groups {
        group.iter().enumerate().for_each(|(rank, &edge)| numbers[edge] = rank + 1);
        let random =
            |&edge: &usize| cell.operations[usize::from(decisions.operations[edge])].random;
        let twins: Vec<usize> =
            group.iter().copied().filter(|&edge| live[edge]).filter(random).collect();
        if twins.len() > 1 {
            choices = (1..=twins.len()).fold(choices, usize::saturating_mul);
            open.push(twins);
        }
    }
    if open.is_empty() || choices > MAX_NUMBERINGS {
        return numbers;
    }
    let mut best: Option<(String, Vec<usize>)> = None;
    for_each_numbering(&open, &mut numbers, &mut |numbers| {
        let key = NodeValues::new(cell, decisions, &|edge| written(cell, decisions, numbers, edge))
            .output();
        if best.as_ref().is_none_or(|(least, _)| key < *least) {
            best = Some((key, numbers.to_vec()));
        }
    });
    best.map_or(numbers, |(_, numbers)| numbers)
}

/// Visits every way to number the edges of each group from 1.
fn for_each_numbering(
    groups: &[Vec<usize>],
    numbers: &mut Vec<usize>,
    visit: &mut dyn FnMut(&[usize]),
) {
    let Some((group, rest)) = groups.split_first() else {
        visit(numbers);
        return;
    };
    permute(group.clone(), 0, &mut |order| {
        order.iter().enumerate().for_each(|(rank, &edge)| numbers[edge] = rank + 1);
        for_each_numbering(rest, numbers, visit);
    });
}

/// Visits every order of the items from `fixed` on.
fn permute(mut items: Vec<usize>, fixed: usize, visit: &mut dyn FnMut(&[usize])) {
    if fixed + 1 >= items.len() {
        visit(&items);
        return;
    }
    for other in fixed..items.len() {
        items.swap(fixed, other);
        permute(items.clone(), fixed + 1, visit);
        items.swap(fixed, other);
    }
}
