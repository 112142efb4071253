//! The input of the classifier: the last representation before the head of a network.

use super::{Graph, NodeId, Op};

/// The node of the last representation before the head, without the head's own normalisation and
/// activation. Spaces mark it ([`Graph::body`]). For a model from a file it is found from the output: back
/// to the global pool or the flattening that the classifier begins with, then through an activation and
/// a normalisation, if they are there. None where there is no such head, as in a vision transformer that
/// reads a class token, or nothing but the images before it.
pub fn last_representation(graph: &Graph) -> Option<NodeId> {
    if let Some(body) = graph.body() {
        return Some(body);
    }
    let mut id = before_head(graph)?;
    for is_of_head in [is_activation, is_normalisation] {
        if is_of_head(&graph.node(id).op) {
            id = *graph.node(id).inputs.first()?;
        }
    }
    (!matches!(graph.node(id).op, Op::Input)).then_some(id)
}

/// The outputs of the cells or blocks before the head, in order. Spaces mark them ([`Graph::blocks`]). In a
/// model from a file they are the sums and concatenations that every path from the images to the output
/// leads through; there may be none.
pub fn block_outputs(graph: &Graph) -> Vec<NodeId> {
    if !graph.blocks().is_empty() {
        return graph.blocks().to_vec();
    }
    let Some(last) = last_representation(graph) else { return Vec::new() };
    let passed = on_paths(graph, last);
    // The last reader of all nodes so far: no path passes by the node where it ends.
    let mut readers = vec![0; graph.nodes().len()];
    for (id, node) in graph.iter().filter(|(id, _)| passed[id.index()]) {
        node.inputs.iter().for_each(|input| readers[input.index()] = id.index());
    }
    let mut furthest = 0;
    let mut blocks = Vec::new();
    for (id, node) in graph.iter().filter(|(id, _)| passed[id.index()]) {
        if furthest <= id.index() && matches!(node.op, Op::Add | Op::Concat) {
            blocks.push(id);
        }
        furthest = furthest.max(readers[id.index()]);
    }
    blocks
}

/// Which nodes lie on a path from the images to that node.
fn on_paths(graph: &Graph, last: NodeId) -> Vec<bool> {
    let count = graph.nodes().len();
    let (mut from_images, mut to_last) = (vec![false; count], vec![false; count]);
    for (id, node) in graph.iter() {
        let is_fed = node.inputs.iter().any(|input| from_images[input.index()]);
        from_images[id.index()] = is_fed || matches!(node.op, Op::Input);
    }
    to_last[last.index()] = true;
    for id in (0..=last.index()).rev().filter(|&id| from_images[id]) {
        if to_last[id] {
            graph.nodes()[id].inputs.iter().for_each(|input| to_last[input.index()] = true);
        }
    }
    from_images.iter().zip(to_last).map(|(&from, to)| from && to).collect()
}

/// What the first global pool or flattening of the classifier reads.
fn before_head(graph: &Graph) -> Option<NodeId> {
    let mut found = None;
    let mut id = graph.output()?;
    loop {
        let node = graph.node(id);
        let &[input] = node.inputs.as_slice() else { return found };
        if matches!(node.op, Op::GlobalAvgPool | Op::Flatten) {
            found = Some(input);
        } else if node.shape.plane() != 1 || graph.shape(input).plane() != 1 {
            return found;
        }
        id = input;
    }
}

fn is_activation(op: &Op) -> bool {
    op.activation().is_some()
}

fn is_normalisation(op: &Op) -> bool {
    matches!(op, Op::BatchNorm(_) | Op::LayerNorm(_))
}

/// Whether the value of a node is a sum of branches that were normalised just before they are added:
/// every summand comes, through identities and average pools, from a normalisation, a convolution or
/// the images, and none from an activation, a concatenation or a product. Then its mean square counts
/// the branches that reach it side by side.
pub fn adds_normalised_branches(graph: &Graph, id: NodeId) -> bool {
    let mut seen = vec![false; graph.nodes().len()];
    let mut waiting = vec![id];
    let (mut sums, mut normalised) = (false, false);
    while let Some(id) = waiting.pop() {
        if std::mem::replace(&mut seen[id.index()], true) {
            continue;
        }
        let node = graph.node(id);
        match node.op {
            Op::Add => {
                sums = true;
                waiting.extend(&node.inputs);
            }
            Op::Pool(_) | Op::Scale(_) | Op::Window(_) | Op::Resize(_) => {
                waiting.extend(&node.inputs);
            }
            Op::BatchNorm(_) => normalised = true,
            Op::Input | Op::Conv(_) | Op::Linear(_) => {}
            Op::Activation(_)
            | Op::Mul
            | Op::Concat
            | Op::ChannelSlice { .. }
            | Op::GlobalAvgPool
            | Op::Flatten
            | Op::Parameter(_)
            | Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Rearrange(_)
            | Op::LayerNorm(_)
            | Op::Softmax
            | Op::MatMul => return false,
        }
    }
    sums && normalised
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Activation, BatchNorm, Conv, Linear, Shape};

    fn add(graph: &mut Graph, op: Op, inputs: &[NodeId]) -> NodeId {
        graph.add(op.name(), op, inputs).unwrap()
    }

    #[test]
    fn a_head_is_found_behind_its_normalisation_and_activation() {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(3, 4, 4));
        let conv = add(&mut graph, Op::Conv(Conv::square(5, 3, 1)), &[input]);
        let norm = add(&mut graph, Op::BatchNorm(BatchNorm::default()), &[conv]);
        let relu = add(&mut graph, Op::Activation(Activation::RELU), &[norm]);
        assert_eq!(last_representation(&graph), None, "there is no head yet");
        let pool = add(&mut graph, Op::GlobalAvgPool, &[relu]);
        assert_eq!(last_representation(&graph), Some(conv));
        let flat = add(&mut graph, Op::Flatten, &[pool]);
        let linear = Op::Linear(Linear { out_features: 4, bias: true });
        let hidden = add(&mut graph, linear, &[flat]);
        let hidden = add(&mut graph, Op::Activation(Activation::RELU), &[hidden]);
        add(&mut graph, linear, &[hidden]);
        assert_eq!(last_representation(&graph), Some(conv));
        graph.set_body(relu);
        assert_eq!(last_representation(&graph), Some(relu));
    }

    #[test]
    fn a_perceptron_has_no_representation_but_the_images() {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(3, 4, 4));
        let flat = add(&mut graph, Op::Flatten, &[input]);
        add(&mut graph, Op::Linear(Linear { out_features: 4, bias: true }), &[flat]);
        assert_eq!(last_representation(&graph), None);
    }

    /// Two residual sums, of which a third sum is inside a branch; then a sum that a path passes by.
    #[test]
    fn blocks_of_a_file_end_where_all_paths_meet() {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(5, 4, 4));
        let conv = |graph: &mut Graph, input| add(graph, Op::Conv(Conv::square(5, 3, 1)), &[input]);
        let stem = conv(&mut graph, input);
        let (left, right) = (conv(&mut graph, stem), conv(&mut graph, stem));
        let inner = add(&mut graph, Op::Add, &[left, right]);
        let inner = conv(&mut graph, inner);
        let first = add(&mut graph, Op::Add, &[inner, stem]);
        let relu = add(&mut graph, Op::Activation(Activation::RELU), &[first]);
        let branch = conv(&mut graph, relu);
        let second = add(&mut graph, Op::Concat, &[relu, branch]);
        let third = conv(&mut graph, second);
        let passed_by = add(&mut graph, Op::Add, &[third, third]);
        let narrowed = conv(&mut graph, second);
        let last = add(&mut graph, Op::Add, &[passed_by, narrowed]);
        add(&mut graph, Op::GlobalAvgPool, &[last]);
        assert_eq!(block_outputs(&graph), [first, second, last]);
        graph.end_block(relu);
        assert_eq!(block_outputs(&graph), [relu], "a space marks its own");
    }

    #[test]
    fn only_sums_of_normalised_branches_count() {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(5, 4, 4));
        let conv = add(&mut graph, Op::Conv(Conv::square(5, 3, 1)), &[input]);
        let norm = add(&mut graph, Op::BatchNorm(BatchNorm::default()), &[conv]);
        let relu = add(&mut graph, Op::Activation(Activation::RELU), &[norm]);
        let sum = add(&mut graph, Op::Add, &[norm, input]);
        let rectified = add(&mut graph, Op::Add, &[norm, relu]);
        let joined = add(&mut graph, Op::Concat, &[norm, sum]);
        let found = [sum, rectified, joined, norm].map(|id| adds_normalised_branches(&graph, id));
        assert_eq!(found, [true, false, false, false]);
    }
}
