//! The path norm: the combined weight of all paths from the images to the outputs.

use std::borrow::Cow;

use crate::graph::{Axis, Graph, Node, NodeId, Op, Rearrange};
use crate::weights::{Initialisation, Weights};

/// ln of the mean output of the network for an input of ones, with every weight replaced by its
/// absolute value: the stored one or, if weights are drawn, the expected one. Biases, normalisation,
/// activations, pooling and border effects are ignored; sums add, and products multiply. Computed by a
/// walk over the graph with one value per channel; finite for networks of any depth. `None` for a network without a path to its output,
/// and for one with attention, whose paths depend on the images (Neyshabur et al., COLT 2015; Tanaka et
/// al., NeurIPS 2020, run the same network on ones).
pub fn path_norm(graph: &Graph, stored: &Weights, initialisation: Initialisation) -> Option<f64> {
    let mut values: Vec<ChannelValues> = Vec::with_capacity(graph.nodes().len());
    for (id, node) in graph.iter() {
        let walk = PathWalk { graph, stored, initialisation, values: &values };
        values.push(walk.value(id, node)?);
    }
    Some(values[graph.output()?.index()].ln_mean()).filter(|norm| norm.is_finite())
}

/// How far the exponent of a node's largest value may be from 0 before it is taken out of the values.
/// No single layer moves it by more than what is left of a double.
const MAX_EXPONENT: i32 = 256;

/// The values of a node's channels: `of[c] * 2^exponent`. Deep networks leave the range of a double: a
/// 3x3 convolution of 512 channels multiplies by 77. Powers of two are exact, so a value that needs no
/// exponent is the same bits with one.
struct ChannelValues {
    of: Vec<f64>,
    exponent: i32,
}

impl ChannelValues {
    fn new(mut of: Vec<f64>, exponent: i32) -> Self {
        let largest = of.iter().copied().fold(0.0, f64::max);
        if largest == 0.0 || !largest.is_finite() {
            return Self { of, exponent };
        }
        let (_, own) = libm::frexp(largest);
        if own.abs() <= MAX_EXPONENT {
            return Self { of, exponent };
        }
        of.iter_mut().for_each(|value| *value = libm::ldexp(*value, -own));
        Self { of, exponent: exponent.saturating_add(own) }
    }

    fn is_zero(&self) -> bool {
        self.of.iter().all(|&value| value == 0.0)
    }

    /// The values as multiples of `2^exponent`, which is their own exponent or a higher one.
    fn at(&self, exponent: i32) -> Cow<'_, [f64]> {
        match self.exponent.saturating_sub(exponent) {
            0 => Cow::Borrowed(&self.of),
            shift => self.of.iter().map(|&value| libm::ldexp(value, shift)).collect(),
        }
    }

    fn ln_mean(&self) -> f64 {
        let mean = self.of.iter().sum::<f64>() / self.of.len().max(1) as f64;
        let whole = libm::ldexp(mean, self.exponent);
        if whole.is_normal() {
            return whole.ln();
        }
        mean.ln() + f64::from(self.exponent) * std::f64::consts::LN_2
    }
}

struct PathWalk<'a> {
    graph: &'a Graph,
    stored: &'a Weights,
    initialisation: Initialisation,
    /// By node, a value for each of its channels.
    values: &'a [ChannelValues],
}

impl PathWalk<'_> {
    fn value(&self, id: NodeId, node: &Node) -> Option<ChannelValues> {
        let input = |position: usize| &self.values[node.inputs[position].index()];
        let channels = match node.op {
            Op::Input => return Some(ChannelValues::new(vec![1.0; node.shape.channels], 0)),
            Op::Conv(conv) => {
                let [rows, per_group, height, width] = conv.weight_shape(input(0).of.len());
                self.product(id, &input(0).of, rows, per_group, height * width)?
            }
            Op::Linear(linear) => {
                let per_group = input(0).of.len();
                self.product(id, &input(0).of, linear.out_features, per_group, 1)?
            }
            Op::Add => {
                let (terms, exponent) = self.aligned(node);
                let sum = |channel| terms.iter().map(|term| term[channel]).sum();
                let sums = (0..node.shape.channels).map(sum).collect();
                return Some(ChannelValues::new(sums, exponent));
            }
            Op::Mul => {
                let (a, b) = (input(0), input(1));
                let products = a.of.iter().zip(&b.of).map(|(a, b)| a * b).collect();
                return Some(ChannelValues::new(products, a.exponent.saturating_add(b.exponent)));
            }
            Op::Concat => {
                let (parts, exponent) = self.aligned(node);
                return Some(ChannelValues::new(parts.concat(), exponent));
            }
            Op::ChannelSlice { start, len } => input(0).of[start..start + len].to_vec(),
            Op::Scale(factor) => {
                input(0).of.iter().map(|value| value * f64::from(factor.abs())).collect()
            }
            Op::Flatten => {
                let plane = self.graph.shape(node.inputs[0]).plane();
                input(0).of.iter().flat_map(|&value| std::iter::repeat_n(value, plane)).collect()
            }
            Op::Rearrange(rearrange) => rearranged(&rearrange, &input(0).of),
            Op::BatchNorm(_)
            | Op::LayerNorm(_)
            | Op::Activation(_)
            | Op::Pool(_)
            | Op::Window(_)
            | Op::Resize(_)
            | Op::GlobalAvgPool => input(0).of.clone(),
            Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Parameter(_)
            | Op::Softmax
            | Op::MatMul => return None,
        };
        Some(ChannelValues::new(channels, input(0).exponent))
    }

    /// The values of all inputs, as multiples of one power of two: that of the largest.
    fn aligned(&self, node: &Node) -> (Vec<Cow<'_, [f64]>>, i32) {
        let inputs = || node.inputs.iter().map(|input| &self.values[input.index()]);
        let exponents = inputs().filter(|values| !values.is_zero()).map(|values| values.exponent);
        let exponent = exponents.max().unwrap_or(0);
        (inputs().map(|values| values.at(exponent)).collect(), exponent)
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

    /// A chain of `layers` convolutions of one weight each, `weight` by its absolute value, every second
    /// one beside a path of zeros; then a concatenation of the result and of the images.
    fn chain(layers: usize, weight: f32) -> f64 {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(1, 1, 1));
        let mut stored = Weights::default();
        let zero = add(&mut graph, Op::Scale(0.0), &[input]);
        let mut last = input;
        for layer in 0..layers {
            last = add(&mut graph, Op::Conv(Conv::square(1, 1, 1)), &[last]);
            stored.set(last, LayerWeights { weight: vec![-weight], ..LayerWeights::default() });
            if layer % 2 == 0 {
                last = add(&mut graph, Op::Add, &[zero, last]);
            }
        }
        let joined = add(&mut graph, Op::Concat, &[last, input]);
        let slice = Op::ChannelSlice { start: 0, len: 1 };
        let output = if weight < 1.0 { last } else { add(&mut graph, slice, &[joined]) };
        graph.set_output(output);
        norm(&graph, &stored).unwrap()
    }

    /// Values far beyond and far below what a double holds.
    #[test]
    fn deep_networks_have_a_path_norm() {
        for (weight, layers) in [(1e30, 3000), (7.0, 2000), (1.5, 10), (1e-30, 3000)] {
            let expected = f64::from(weight).ln() * f64::from(layers);
            let found = chain(layers as usize, weight);
            assert!((found / expected - 1.0).abs() < 1e-12, "{found}, expected {expected}");
        }
    }

    /// Two thousand convolutions of 512 channels with a sum around each: 1 + 4608 E|w| of He's normal law.
    #[test]
    fn a_very_deep_residual_network_has_a_path_norm() {
        let mut graph = Graph::new();
        let mut last = graph.input(Shape::new(512, 1, 1));
        for _ in 0..2000 {
            let conv = add(&mut graph, Op::Conv(Conv::square(512, 3, 1)), &[last]);
            last = add(&mut graph, Op::Add, &[last, conv]);
        }
        let found = path_norm(&graph, &Weights::default(), Initialisation::KaimingNormal).unwrap();
        let weight = (2.0 / 4608.0 * 2.0 / std::f64::consts::PI).sqrt();
        let expected = 2000.0 * (1.0 + 4608.0 * weight).ln();
        assert!((found / expected - 1.0).abs() < 1e-12, "{found}, expected {expected}");
    }
}
