//! Adds the blocks to a graph, and tries every type, width and neck before a search starts.

use super::{Sequence, SequenceBlock, SequenceDecisions};
use crate::graph::{Graph, GraphError, NodeId, Shape};
use crate::space::drawing::Drawing;
use crate::space::layers::{OperationContext, emit};
use crate::space::problem::ProblemList;

/// The whole network.
pub(super) fn assemble(
    sequence: &Sequence,
    decisions: &SequenceDecisions,
) -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let mut value = graph.input(sequence.input);
    for (place, block) in decisions.blocks.iter().enumerate() {
        let label = format!("block{}", place + 1);
        value = emit_block(sequence, &mut graph, value, block, &label)?;
        graph.end_block(value);
    }
    graph.set_body(value);
    let width = graph.shape(value).channels;
    let place = OperationContext { width, stride: 1, classes: sequence.classes };
    let output = emit(&mut graph, &sequence.head, value, "head", place)?;
    graph.set_output(output);
    Ok(graph)
}

fn emit_block(
    sequence: &Sequence,
    graph: &mut Graph,
    input: NodeId,
    block: &SequenceBlock,
    label: &str,
) -> Result<NodeId, GraphError> {
    let kind = &sequence.kinds[block.kind];
    let mut value = input;
    for repeat in 0..block.repeats {
        let stride = if repeat == 0 { block.stride } else { 1 };
        if stride > 1 {
            let shape = graph.shape(value);
            if shape.height.min(shape.width) < stride {
                let reason = format!(
                    "{}x{} pixels are left for a stride of {stride}: the images are too small",
                    shape.height, shape.width
                );
                return Err(GraphError { label: label.to_owned(), op: "block", reason });
            }
        }
        let operation = if repeat == 0 { &kind.first } else { &kind.inner };
        let width = if kind.has_neck { block.neck } else { block.width };
        let place = OperationContext { width, stride, classes: sequence.classes };
        value = operation.emit(graph, value, &format!("{label}.{repeat}a"), place)?;
        if kind.has_neck {
            let place = OperationContext { width: block.width, stride: 1, ..place };
            value = kind.inner.emit(graph, value, &format!("{label}.{repeat}b"), place)?;
        }
    }
    Ok(value)
}

/// The network as a chain.
pub(super) fn drawing(sequence: &Sequence, decisions: &SequenceDecisions) -> Drawing {
    let text = |block: &SequenceBlock| {
        let SequenceBlock { width, stride, neck, repeats, kind } = *block;
        let kind = &sequence.kinds[kind];
        let mut text = format!("{repeats} x {}, {width} channels", kind.name);
        if kind.has_neck {
            text.push_str(&format!(", neck {neck}"));
        }
        if stride > 1 {
            text.push_str(&format!(", stride {stride}"));
        }
        text
    };
    let mut nodes = vec!["input".to_owned()];
    nodes.extend(decisions.blocks.iter().map(text));
    nodes.push("head".to_owned());
    let mut network = Drawing::new("network", nodes);
    for node in 1..network.nodes.len() {
        network.edge(node - 1, node, "");
    }
    network
}

/// Notes what does not fit: the example with every type in every place, and every pair of widths.
pub(super) fn check(sequence: &Sequence, problems: &mut ProblemList) {
    if let Err(error) = assemble(sequence, &sequence.example) {
        let message = format!("cannot be built: {}: {}", error.op, error.reason);
        return problems.add("topology.example", message);
    }
    let entering = sequence.example.blocks.first().map_or(1, |block| block.width);
    let last = sequence.example.blocks.last().map_or(1, |block| block.width);
    let inner = sequence.example.blocks[Sequence::inner(&sequence.example.blocks)].iter();
    let mut strides: Vec<usize> = inner.map(|block| block.stride).collect();
    strides.sort_unstable();
    strides.dedup();
    let mut try_one = |operation, channels, width, stride| {
        let input = Shape::new(channels, 8, 8);
        let place = OperationContext { width, stride, classes: sequence.classes };
        problems.check_operation(operation, input, place);
    };
    // What fits depends on each width by itself, so that not every pair is tried.
    let ends = |list: &[usize]| -> Vec<usize> {
        [list.first(), list.last()].into_iter().flatten().copied().collect()
    };
    let (some_widths, some_necks) = (ends(&sequence.widths), ends(&sequence.necks));
    let of_necks =
        sequence.necks.iter().flat_map(|&neck| some_widths.iter().map(move |&w| (neck, w)));
    let of_widths =
        sequence.widths.iter().flat_map(|&width| some_necks.iter().map(move |&neck| (neck, width)));
    let pairs: Vec<(usize, usize)> = of_necks.chain(of_widths).collect();
    for kind in sequence.with_neck.iter().map(|&kind| &sequence.kinds[kind]) {
        for &(neck, width) in &pairs {
            for &stride in &strides {
                try_one(&kind.first, width, neck, stride);
            }
            try_one(&kind.inner, neck, width, 1);
            try_one(&kind.inner, width, neck, 1);
        }
        for &neck in &sequence.necks {
            try_one(&kind.first, entering, neck, 1);
        }
    }
    let kinds = sequence.example.blocks.last().map(|block| &sequence.kinds[block.kind]);
    for (kind, &width) in
        kinds.into_iter().flat_map(|kind| sequence.widths.iter().map(move |w| (kind, w)))
    {
        try_one(&kind.first, width, last, 1);
    }
}
