//! The depth of a network, and its peak activation memory.

use super::{Graph, Op};

/// Convolutions and linear layers on the longest path.
pub fn depth(graph: &Graph) -> u64 {
    let mut depths: Vec<u64> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let before = node.inputs.iter().map(|input| depths[input.index()]).max().unwrap_or(0);
        depths.push(before + u64::from(node.op.is_convolution_or_linear()));
    }
    depths.into_iter().max().unwrap_or(0)
}

/// Convolutions in all.
pub fn convolutions(graph: &Graph) -> u64 {
    graph.nodes().iter().filter(|node| matches!(node.op, Op::Conv(_))).count() as u64
}

/// The bytes of 32-bit activations that are kept while each node runs, per image, if nodes run one after
/// another and each tensor is freed after its last use.
pub fn live_activation_bytes(graph: &Graph) -> Vec<u64> {
    let nodes = graph.nodes();
    let mut last: Vec<usize> = (0..nodes.len()).collect();
    for (position, node) in nodes.iter().enumerate() {
        node.inputs.iter().for_each(|input| last[input.index()] = position);
    }
    let mut freed: Vec<u64> = vec![0; nodes.len()];
    let mut live = 0;
    let of_node = nodes.iter().enumerate().map(|(position, node)| {
        let bytes = 4 * node.shape.volume() as u64;
        live += bytes;
        freed[last[position]] += bytes;
        let during = live;
        live -= freed[position];
        during
    });
    of_node.collect()
}

/// The peak activation memory: the most of [`live_activation_bytes`].
pub fn peak_activation_bytes(graph: &Graph) -> u64 {
    live_activation_bytes(graph).into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, Shape};

    #[test]
    fn paths_and_bytes_are_counted() {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(2, 4, 4));
        let conv =
            |graph: &mut Graph, at| graph.add("c", Op::Conv(Conv::square(2, 3, 1)), &[at]).unwrap();
        let one = conv(&mut graph, input);
        let two = conv(&mut graph, one);
        let sum = graph.add("sum", Op::Add, &[input, two]).unwrap();
        graph.add("pool", Op::GlobalAvgPool, &[sum]).unwrap();
        assert_eq!((depth(&graph), convolutions(&graph)), (2, 2));
        // The input, both convolutions; then the input, the second one and the sum.
        assert_eq!(peak_activation_bytes(&graph), 3 * 4 * 32);
        let live = live_activation_bytes(&graph);
        assert_eq!(live, [4 * 32, 2 * 4 * 32, 3 * 4 * 32, 3 * 4 * 32, 4 * 34]);
    }
}
