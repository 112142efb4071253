//! The path norm: the combined weight of all paths from the images to the outputs.

use crate::graph::{Axis, Graph, Node, NodeId, Op, Rearrange};
use crate::weights::{Initialisation, Weights};

/// ln of the mean output of the network for an input of ones, with every weight replaced by its
/// absolute value: the stored one or, if weights are drawn, the expected one. Biases, normalisation,
/// activations, pooling and border effects are ignored; sums add, and products multiply. Computed by a
/// walk over the graph with one value per channel. `None` for a network without a path to its output,
/// and for one with attention, whose paths depend on the images (Neyshabur et al., COLT 2015; Tanaka et
/// al., NeurIPS 2020, run the same network on ones).
pub fn path_norm(graph: &Graph, stored: &Weights, initialisation: Initialisation) -> Option<f64> {
    let mut values: Vec<Vec<f64>> = Vec::with_capacity(graph.nodes().len());
    for (id, node) in graph.iter() {
        let walk = PathWalk { graph, stored, initialisation, values: &values };
        values.push(walk.value(id, node)?);
    }
    let output = &values[graph.output()?.index()];
    let mean = output.iter().sum::<f64>() / output.len().max(1) as f64;
    Some(mean.ln()).filter(|norm| norm.is_finite())
}

struct PathWalk<'a> {
    graph: &'a Graph,
    stored: &'a Weights,
    initialisation: Initialisation,
    /// By node, a value for each of its channels.
    values: &'a [Vec<f64>],
}

impl PathWalk<'_> {
    fn value(&self, id: NodeId, node: &Node) -> Option<Vec<f64>> {
        let input = |position: usize| -> &Vec<f64> { &self.values[node.inputs[position].index()] };
        Some(match node.op {
            Op::Input => vec![1.0; node.shape.channels],
            Op::Conv(conv) => {
                let [rows, per_group, height, width] = conv.weight_shape(input(0).len());
                self.product(id, input(0), rows, per_group, height * width)?
            }
            Op::Linear(linear) => {
                self.product(id, input(0), linear.out_features, input(0).len(), 1)?
            }
            Op::Add => (0..node.shape.channels)
                .map(|channel| (0..node.inputs.len()).map(|term| input(term)[channel]).sum())
                .collect(),
            Op::Mul => input(0).iter().zip(input(1)).map(|(a, b)| a * b).collect(),
            Op::Concat => (0..node.inputs.len()).flat_map(|part| input(part).clone()).collect(),
            Op::ChannelSlice { start, len } => input(0)[start..start + len].to_vec(),
            Op::Scale(factor) => {
                input(0).iter().map(|value| value * f64::from(factor.abs())).collect()
            }
            Op::Flatten => {
                let plane = self.graph.shape(node.inputs[0]).plane();
                input(0).iter().flat_map(|&value| std::iter::repeat_n(value, plane)).collect()
            }
            Op::Rearrange(rearrange) => rearranged(&rearrange, input(0)),
            Op::BatchNorm(_)
            | Op::LayerNorm(_)
            | Op::Activation(_)
            | Op::Pool(_)
            | Op::Window(_)
            | Op::Resize(_)
            | Op::GlobalAvgPool => input(0).clone(),
            Op::Parameter(_) | Op::Softmax | Op::MatMul => return None,
        })
    }

    /// A convolution or linear layer of `rows` outputs, each of `per_group` inputs and `taps` weights for
    /// each.
    fn product(
        &self,
        id: NodeId,
        input: &[f64],
        rows: usize,
        per_group: usize,
        taps: usize,
    ) -> Option<Vec<f64>> {
        let group_rows = (rows * per_group / input.len().max(1)).max(1);
        let group = |row: usize| &input[row / group_rows * per_group..][..per_group];
        if let Some(layer) = self.stored.get(id) {
            let weights = layer.weight.chunks_exact(per_group * taps);
            let row = |(row, weights): (usize, &[f32])| {
                let sums = weights.chunks_exact(taps).zip(group(row));
                let absolute = |taps: &[f32]| taps.iter().map(|w| f64::from(w.abs())).sum::<f64>();
                sums.map(|(taps, value)| absolute(taps) * value).sum()
            };
            return Some(weights.enumerate().map(row).collect());
        }
        let expected = self.initialisation.expected_absolute(self.graph, id)? * taps as f64;
        let mut values = Vec::with_capacity(rows);
        for first in (0..rows).step_by(group_rows) {
            let value = expected * group(first).iter().sum::<f64>();
            values.extend(std::iter::repeat_n(value, group_rows.min(rows - first)));
        }
        Some(values)
    }
}

/// The mean over the positions of each channel of the result.
fn rearranged(rearrange: &Rearrange, input: &[f64]) -> Vec<f64> {
    let shape = rearrange.shape;
    let moves = |axis: Axis, extent: usize| -> Vec<usize> {
        (0..extent).map(|at| rearrange.offset(axis, at)[Axis::Channel.index()]).collect()
    };
    let (rows, columns) = (moves(Axis::Row, shape.height), moves(Axis::Column, shape.width));
    let channels = moves(Axis::Channel, shape.channels);
    let start = rearrange.start[Axis::Channel.index()];
    let of_channel = |channel: &usize| {
        let of_row = |row: &usize| -> f64 {
            columns.iter().map(|column| input[start + channel + row + column]).sum()
        };
        rows.iter().map(of_row).sum::<f64>() / shape.plane().max(1) as f64
    };
    channels.iter().map(of_channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Activation, Conv, Linear, Shape};
    use crate::weights::LayerWeights;

    fn add(graph: &mut Graph, op: Op, inputs: &[NodeId]) -> NodeId {
        graph.add(op.name(), op, inputs).unwrap()
    }

    fn norm(graph: &Graph, stored: &Weights) -> Option<f64> {
        path_norm(graph, stored, Initialisation::Uniform(0.5))
    }

    /// Every expected absolute weight is 1/4: 2 channels and 9 taps make 18 / 4.
    #[test]
    fn one_convolution_by_hand() {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(2, 5, 5));
        let conv = add(&mut graph, Op::Conv(Conv::square(3, 3, 1)), &[input]);
        add(&mut graph, Op::Activation(Activation::RELU), &[conv]);
        assert!((norm(&graph, &Weights::default()).unwrap() - (4.5_f64).ln()).abs() < 1e-12);
    }

    /// A sum of the identity and a convolution of 1 tap: 1 + 2 / 4; a linear layer on 2 channels and 4 pixels:
    /// 8 * 1.5 / 4.
    #[test]
    fn paths_side_by_side_add_and_a_path_of_zeros_adds_nothing() {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(2, 2, 2));
        let conv = add(&mut graph, Op::Conv(Conv::square(2, 1, 1)), &[input]);
        let zero = add(&mut graph, Op::Scale(0.0), &[input]);
        let sum = add(&mut graph, Op::Add, &[conv, input, zero]);
        let flat = add(&mut graph, Op::Flatten, &[sum]);
        add(&mut graph, Op::Linear(Linear { out_features: 7, bias: true }), &[flat]);
        assert!((norm(&graph, &Weights::default()).unwrap() - (3.0_f64).ln()).abs() < 1e-12);
        graph.set_output(zero);
        assert_eq!(norm(&graph, &Weights::default()), None, "nothing reaches the output");
    }

    /// Stored weights of two groups: 1 + 2 and 3 + 4 for the first outputs, then the mean.
    #[test]
    fn stored_weights_count_by_their_absolute_values() {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(2, 1, 1));
        let doubled = add(&mut graph, Op::Concat, &[input, input]);
        let conv = Conv { groups: 2, ..Conv::square(2, 1, 1) };
        let id = add(&mut graph, Op::Conv(conv), &[doubled]);
        let mut stored = Weights::with_nodes(3);
        let weight = vec![1.0, -2.0, -3.0, 4.0];
        stored.set(id, LayerWeights { weight, ..LayerWeights::default() });
        assert!((norm(&graph, &stored).unwrap() - (5.0_f64).ln()).abs() < 1e-12);
    }
}
