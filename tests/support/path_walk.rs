//! A plain walk for the path norm: the network run on ones with explicit loops over output channels, the
//! input channels of their group and taps. It shares no code with the program's own.
#![allow(clippy::needless_range_loop, reason = "loops as formulas have them")]

use std::f64::consts::PI;

use untrained::graph::{Axis, AxisDigit, Graph, Node, NodeId, Op, Rearrange};
use untrained::weights::{Initialisation, Weights};

/// One network to walk over.
#[derive(Clone, Copy)]
pub struct PathTrial<'t> {
    /// The network.
    pub graph: &'t Graph,
    /// Weights that are read from a file.
    pub stored: &'t Weights,
    /// The law of all others.
    pub initialisation: Initialisation,
    /// A node that is walked over as if it were another operation.
    pub exchanged: Option<(NodeId, Op)>,
}

/// What the images hold in place of ones where the network is linear, so that deep ones stay in the range
/// of a double.
const SMALL: f64 = 1e-120;

/// The value of every pixel: 1 where values are multiplied.
fn pixel(graph: &Graph) -> f64 {
    let has_products = graph.nodes().iter().any(|node| matches!(node.op, Op::Mul));
    if has_products { 1.0 } else { SMALL }
}

/// By node, a value for each channel; `None` where the paths depend on the images.
pub fn walk(trial: PathTrial<'_>) -> Option<Vec<Vec<f64>>> {
    let mut values: Vec<Vec<f64>> = Vec::new();
    for (id, node) in trial.graph.iter() {
        let op = match trial.exchanged {
            Some((exchanged, op)) if exchanged == id => op,
            _ => node.op,
        };
        let value = node_value(trial, id, node, op, &values)?;
        assert_eq!(value.len(), node.shape.channels, "{}", node.label);
        values.push(value);
    }
    Some(values)
}

/// ln of the mean over the outputs; `None` where nothing reaches them.
pub fn ln_mean_output(trial: PathTrial<'_>) -> Option<f64> {
    let values = walk(trial)?;
    let output = &values[trial.graph.output()?.index()];
    let mut sum = 0.0;
    for value in output {
        sum += value;
    }
    let norm = (sum / output.len() as f64).ln() - pixel(trial.graph).ln();
    norm.is_finite().then_some(norm)
}

fn node_value(
    trial: PathTrial<'_>,
    id: NodeId,
    node: &Node,
    op: Op,
    values: &[Vec<f64>],
) -> Option<Vec<f64>> {
    let inputs: Vec<&Vec<f64>> = node.inputs.iter().map(|input| &values[input.index()]).collect();
    Some(match op {
        Op::Input => vec![pixel(trial.graph); node.shape.channels],
        Op::Conv(conv) => {
            let taps = conv.kernel[0] * conv.kernel[1];
            layer_value(trial, id, inputs[0], conv.out_channels, conv.groups, taps)
        }
        Op::Linear(linear) => layer_value(trial, id, inputs[0], linear.out_features, 1, 1),
        Op::Add => {
            let mut sums = vec![0.0; node.shape.channels];
            for input in inputs {
                for channel in 0..sums.len() {
                    sums[channel] += input[channel];
                }
            }
            sums
        }
        Op::Mul => {
            let mut products = vec![1.0; node.shape.channels];
            for input in inputs {
                for channel in 0..products.len() {
                    products[channel] *= input[channel];
                }
            }
            products
        }
        Op::Concat => {
            let mut joined = Vec::new();
            for input in inputs {
                joined.extend_from_slice(input);
            }
            joined
        }
        Op::ChannelSlice { start, len } => {
            let mut slice = Vec::new();
            for channel in start..start + len {
                slice.push(inputs[0][channel]);
            }
            slice
        }
        Op::Scale(factor) => {
            inputs[0].iter().map(|value| value * f64::from(factor).abs()).collect()
        }
        Op::Flatten => {
            let shape = trial.graph.shape(node.inputs[0]);
            let mut flat = Vec::new();
            for channel in 0..shape.channels {
                for _ in 0..shape.height * shape.width {
                    flat.push(inputs[0][channel]);
                }
            }
            flat
        }
        Op::Rearrange(rearrange) => rearranged(&rearrange, inputs[0]),
        Op::BatchNorm(_)
        | Op::LayerNorm(_)
        | Op::Activation(_)
        | Op::Pool(_)
        | Op::Window(_)
        | Op::Resize(_)
        | Op::GlobalAvgPool => inputs[0].clone(),
        Op::Map(_)
        | Op::Pair(_)
        | Op::Resample(_)
        | Op::Parameter(_)
        | Op::Softmax
        | Op::MatMul => return None,
    })
}

/// What a convolution or linear layer of that many outputs, groups and weights per pair of channels gives.
fn layer_value(
    trial: PathTrial<'_>,
    id: NodeId,
    input: &[f64],
    outputs: usize,
    groups: usize,
    taps: usize,
) -> Vec<f64> {
    let (per_group, outputs_per_group) = (input.len() / groups, outputs / groups);
    let stored = trial.stored.get(id).map(|layer| &layer.weight);
    let drawn = mean_absolute(trial.initialisation, per_group, outputs, taps);
    let mut values = vec![0.0; outputs];
    for group in 0..groups {
        for output in group * outputs_per_group..(group + 1) * outputs_per_group {
            for channel in 0..per_group {
                for tap in 0..taps {
                    let weight = match stored {
                        Some(of) => {
                            f64::from(of[(output * per_group + channel) * taps + tap].abs())
                        }
                        None => drawn,
                    };
                    values[output] += weight * input[group * per_group + channel];
                }
            }
        }
    }
    values
}

/// The mean absolute value of a weight under a law, from its definition: uniform in +-a, a / 2; normal with
/// deviation s, s sqrt(2 / pi); a coordinate of a random direction in n dimensions, by recursion over n.
pub fn mean_absolute(
    initialisation: Initialisation,
    inputs: usize,
    outputs: usize,
    taps: usize,
) -> f64 {
    let (fan_in, fan_out) = ((inputs * taps) as f64, (outputs * taps) as f64);
    let normal = |variance: f64| (variance * 2.0 / PI).sqrt();
    match initialisation {
        Initialisation::PytorchDefault => (1.0 / fan_in).sqrt() / 2.0,
        Initialisation::KaimingFanOut => normal(2.0 / fan_out),
        Initialisation::KaimingNormal => normal(2.0 / fan_in),
        Initialisation::XavierNormal => normal(2.0 / (fan_in + fan_out)),
        Initialisation::Orthogonal => mean_coordinate(outputs.max(inputs * taps)),
        Initialisation::Uniform(half_width) => f64::from(half_width) / 2.0,
        Initialisation::Normal(deviation) => normal(f64::from(deviation) * f64::from(deviation)),
    }
}

/// The mean absolute coordinate of a unit vector: 1 on a line, 2 / pi on a circle, and two dimensions more
/// make it n / (n + 1) of that in n dimensions.
fn mean_coordinate(dimensions: usize) -> f64 {
    let (mut mean, mut reached) = if dimensions % 2 == 1 { (1.0, 1) } else { (2.0 / PI, 2) };
    while reached < dimensions {
        mean *= reached as f64 / (reached + 1) as f64;
        reached += 2;
    }
    mean
}

/// The mean over the positions of each channel of the result: every combination of digits is one value.
fn rearranged(rearrange: &Rearrange, input: &[f64]) -> Vec<f64> {
    let digits = rearrange.digits();
    let mut sums = vec![0.0; rearrange.shape.channels];
    let mut counters = vec![0; digits.len()];
    loop {
        let along = |axis: Axis| {
            let own = digits.iter().zip(&counters).filter(|(digit, _)| digit.to == axis);
            own.fold(0, |place, (digit, counter)| place * digit.extent + counter)
        };
        let moved = |(digit, counter): (&AxisDigit, &usize)| match digit.from {
            Axis::Channel => digit.step * counter,
            Axis::Row | Axis::Column => 0,
        };
        let from: usize = digits.iter().zip(&counters).map(moved).sum();
        sums[along(Axis::Channel)] += input[rearrange.start[0] + from];
        let Some(next) = (0..digits.len()).rev().find(|&at| counters[at] + 1 < digits[at].extent)
        else {
            break;
        };
        counters[next] += 1;
        counters[next + 1..].fill(0);
    }
    let plane = (rearrange.shape.height * rearrange.shape.width) as f64;
    sums.into_iter().map(|sum| sum / plane).collect()
}
