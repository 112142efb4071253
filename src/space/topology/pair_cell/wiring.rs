//! Adds an architecture to a graph.
//!
//! Layers are added in the order of the published code: the preprocessing of both inputs, then, node by
//! node, the operations of its pairs as listed in the genotype. Labels and the order of sums come from
//! the [`CanonicalForm`]s of a cell instead, so that equal architectures with different notations draw
//! the same weights and add in the same order.

use super::architecture::{INPUTS, PairDecisions, PairedCell};
use super::canonical::{CanonicalForm, ReachabilityFacts};
use super::{Operation, PairCell};
use crate::graph::{Graph, GraphError, NodeId, Op};
use crate::space::layers::{OperationContext, emit};

/// Wires a whole network.
pub(super) fn network(space: &PairCell, architecture: &PairDecisions) -> Result<Graph, GraphError> {
    let skeleton = &space.skeleton;
    let plans = architecture.cells.each_ref().map(|cell| CellPlan::new(space, cell));
    let mut graph = Graph::new();
    let mut inputs = skeleton.stems(&mut graph, architecture.width).map_err(|(error, _)| error)?;
    let mut place = skeleton.first_place(architecture.width);
    let mut after_reduction = skeleton.second_stem_reduces;
    for position in 0..architecture.depth {
        let reduction = skeleton.is_reduction(position, architecture.depth);
        place.width *= 1 + usize::from(reduction);
        let prefix = format!("cell{position}");
        let mut preprocessed = inputs;
        for (input, node) in preprocessed.iter_mut().enumerate() {
            let (operation, stride) = skeleton.preprocessing(input, after_reduction);
            let label = format!("{prefix}.input{input}");
            *node =
                operation.emit(&mut graph, *node, &label, OperationContext { stride, ..place })?;
        }
        let plan = &plans[usize::from(reduction)];
        let output = plan.wire(space, &mut graph, preprocessed, &prefix, place, reduction)?;
        graph.end_block(output);
        inputs = [inputs[1], output];
        after_reduction = reduction;
    }
    graph.set_body(inputs[1]);
    let output = emit(&mut graph, &skeleton.head, inputs[1], "head", place)?;
    graph.set_output(output);
    Ok(graph)
}

/// What is the same in all cells of one kind.
struct CellPlan<'c> {
    cell: &'c PairedCell,
    /// By pair, its label within the cell.
    labels: Vec<String>,
    /// By node, the label of its sum.
    sums: Vec<String>,
    /// By node, the pairs that are summed, in their order.
    terms: Vec<Vec<usize>>,
}

impl<'c> CellPlan<'c> {
    fn new(space: &PairCell, cell: &'c PairedCell) -> Self {
        let facts = ReachabilityFacts::new(&space.operations, cell);
        let live = CanonicalForm::live(cell, &facts);
        let whole = CanonicalForm::whole(cell, &space.operations);
        let form = |node: usize| if facts.live[node + INPUTS] { &live } else { &whole };
        let mut plan = Self { cell, labels: Vec::new(), sums: Vec::new(), terms: Vec::new() };
        for (position, pair) in cell.pairs.iter().enumerate() {
            let name = &space.operations[usize::from(pair.operation)].name;
            let node = (position / 2 + INPUTS) as u8;
            let (kind, form) =
                if facts.pair_is_live(position) { ("node", &live) } else { ("dead", &whole) };
            let (number, source) = (form.label(node), form.label(pair.input));
            let mut label = format!("{kind}{number}.{name}({source})");
            if position % 2 == 1 && plan.labels[position - 1] == label {
                label.push_str("#2");
            }
            plan.labels.push(label);
        }
        for node in 0..cell.pairs.len() / 2 {
            let kind = if facts.live[node + INPUTS] { "node" } else { "dead" };
            let form = form(node);
            plan.sums.push(format!("{kind}{}", form.label((node + INPUTS) as u8)));
            let mut terms: Vec<usize> = vec![2 * node, 2 * node + 1];
            terms.retain(|&pair| !facts.null[pair]);
            terms.sort_by_key(|&pair| {
                let pair = cell.pairs[pair];
                (form.label(pair.input), pair.operation)
            });
            plan.terms.push(terms);
        }
        plan
    }

    /// Wires one cell behind its preprocessed inputs.
    fn wire(
        &self,
        space: &PairCell,
        graph: &mut Graph,
        inputs: [NodeId; INPUTS],
        prefix: &str,
        place: OperationContext,
        reduction: bool,
    ) -> Result<NodeId, GraphError> {
        let mut values = inputs.to_vec();
        for (node, pairs) in self.cell.pairs.chunks_exact(2).enumerate() {
            let mut results = inputs;
            for (position, pair) in pairs.iter().enumerate() {
                let operation: &Operation = &space.operations[usize::from(pair.operation)];
                let input = usize::from(pair.input);
                let stride = if reduction && input < INPUTS { 2 } else { 1 };
                let label = format!("{prefix}.{}", self.labels[2 * node + position]);
                let place = OperationContext { stride, ..place };
                results[position] = operation.emit(graph, values[input], &label, place)?;
            }
            let terms: Vec<NodeId> =
                self.terms[node].iter().map(|pair| results[pair % 2]).collect();
            values.push(match terms.as_slice() {
                [] => results[0],
                [term] => *term,
                _ => graph.add(format!("{prefix}.{}", self.sums[node]), Op::Add, &terms)?,
            });
        }
        let concat: Vec<NodeId> =
            self.cell.concat.iter().map(|&node| values[usize::from(node)]).collect();
        match concat.as_slice() {
            [only] => Ok(*only),
            _ => graph.add(format!("{prefix}.concat"), Op::Concat, &concat),
        }
    }
}
