//! Activations inside gates: those that act on a pooled vector before it multiplies a tensor.

use super::{Graph, NodeId, Op};

/// The activations inside the gates of a network, in topological order. A gate is a factor of a product
/// that is computed from a global average pool through single pixels alone, as in squeeze-and-excite.
pub fn gate_activations(graph: &Graph) -> Vec<NodeId> {
    let mut found = Vec::new();
    for (_, node) in graph.iter().filter(|(_, node)| matches!(node.op, Op::Mul)) {
        for &factor in &node.inputs {
            found.extend(gate(graph, factor).unwrap_or_default());
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The activations between a pool and a factor of a product; `None` if the factor is no gate.
fn gate(graph: &Graph, factor: NodeId) -> Option<Vec<NodeId>> {
    let (mut activations, mut open, mut seen) = (Vec::new(), vec![factor], vec![factor]);
    while let Some(id) = open.pop() {
        let node = graph.node(id);
        match node.op {
            Op::GlobalAvgPool => continue,
            Op::Input => return None,
            Op::Activation(_) => activations.push(id),
            _ => {}
        }
        if node.shape.plane() != 1 {
            return None;
        }
        for &input in node.inputs.iter().filter(|input| !seen.contains(input)).collect::<Vec<_>>() {
            seen.push(input);
            open.push(input);
        }
    }
    Some(activations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Activation, ActivationKind, Conv, Shape};

    #[test]
    fn only_what_acts_on_the_pooled_vector_of_a_product_is_in_a_gate() {
        // At one pixel as well, where both factors of the product are as small.
        for size in [1, 6] {
            let mut graph = Graph::new();
            let input = graph.input(Shape::new(4, size, size));
            let conv = |channels| Op::Conv(Conv::square(channels, 1, 1));
            let wide = graph.add("a", conv(8), &[input]).unwrap();
            let outer = graph.add("b", Op::Activation(Activation::RELU), &[wide]).unwrap();
            let pooled = graph.add("c", Op::GlobalAvgPool, &[outer]).unwrap();
            let squeezed = graph.add("d", conv(2), &[pooled]).unwrap();
            let inner = graph.add("e", Op::Activation(Activation::RELU), &[squeezed]).unwrap();
            let expanded = graph.add("f", conv(8), &[inner]).unwrap();
            let sigmoid = Op::Activation(Activation::once(ActivationKind::Sigmoid));
            let sigmoid = graph.add("g", sigmoid, &[expanded]).unwrap();
            let product = graph.add("h", Op::Mul, &[outer, sigmoid]).unwrap();
            let last = graph.add("i", Op::GlobalAvgPool, &[product]).unwrap();
            let head = graph.add("j", Op::Activation(Activation::RELU), &[last]).unwrap();
            graph.set_output(head);
            assert_eq!(gate_activations(&graph), [inner, sigmoid], "{size}");
        }
    }
}
