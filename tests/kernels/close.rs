//! How close results behind a batch-norm must be.

use untrained::backend::PackedCode;
use untrained::graph::{Graph, NodeId, Op, Statistics};

use crate::kernels::support::devices::Device;
use crate::kernels::support::reference::Values;
use crate::kernels::support::trial::{Expected, Found, Trial, same_values};

/// How many units in the last place of the largest intermediate value a normalised value may be off:
/// a dozen operations round on the way (the partial sums of mean and variance, the root, the
/// division, scale, shift, their product and sum), and few of them in the same direction.
const ROUNDINGS: f64 = 16.0;

/// Whether a node's value is computed from normalised ones, by node.
pub fn behind_norm(graph: &Graph) -> Vec<bool> {
    let mut behind: Vec<bool> = Vec::new();
    for (_, node) in graph.iter() {
        let norm = matches!(node.op, Op::BatchNorm(_));
        behind.push(norm || node.inputs.iter().any(|input| behind[input.index()]));
    }
    behind
}

/// By channel, how far the values of a batch-norm of exact values may be off: the normalised value
/// is the difference of two numbers as large as `weight * max|x| / deviation`.
pub fn limits(trial: &Trial, values: &Values, norm: NodeId) -> Vec<f64> {
    let node = trial.graph.node(norm);
    let Op::BatchNorm(op) = node.op else { panic!("{} is no batch-norm", node.label) };
    let input = values.of(node.inputs[0]);
    let layer = trial.weights.get(norm).cloned().unwrap_or_default();
    let (channels, plane) = (node.shape.channels, node.shape.plane());
    let of_channel = |channel: usize| {
        let images = 0..trial.batch.images;
        let all = images.flat_map(move |image| {
            input[(image * channels + channel) * plane..][..plane].iter().map(|&x| f64::from(x))
        });
        let count = (trial.batch.images * plane) as f64;
        let batch_mean = all.clone().sum::<f64>() / count;
        let (mean, variance) = match op.statistics {
            Statistics::Batch => {
                (batch_mean, all.clone().map(|x| (x - batch_mean).powi(2)).sum::<f64>() / count)
            }
            Statistics::Running => (layer.mean[channel].into(), layer.variance[channel].into()),
        };
        let deviation = (variance + f64::from(op.eps)).sqrt();
        let largest = all.fold(mean.abs(), |largest, x| largest.max(x.abs()));
        let value = |values: &[f32], default: f64| {
            values.get(channel).map_or(default, |&value| f64::from(value.abs()))
        };
        let (weight, bias) = (value(&layer.weight, 1.0), value(&layer.bias, 0.0));
        ROUNDINGS * f64::from(f32::EPSILON) * (weight * largest / deviation + bias)
    };
    (0..channels).map(of_channel).collect()
}

/// Compares a network whose batch-norms read exact values, on every device: values and codes before
/// the norms bit for bit, the norms' values within [`limits`], and code bits may differ only where
/// the value is that close to zero. Returns how many norms' values were compared.
pub fn check_norms(trial: &Trial, devices: &mut [Device]) -> Result<usize, String> {
    let mut compared = 0;
    trial.check_with(devices, |_, expected, found| {
        compared = compare_norms(trial, expected, found)?;
        if compared == 0 {
            return Err("no value of a batch-norm is stored".to_owned());
        }
        Ok(())
    })?;
    Ok(compared)
}

/// The same for what one device gave.
pub fn compare_norms(trial: &Trial, expected: &Expected, found: &Found) -> Result<usize, String> {
    let (graph, behind) = (&trial.graph, behind_norm(&trial.graph));
    let mut compared = 0;
    for (&(id, _), values) in expected.stored.iter().zip(&found.tensors) {
        let (node, reference) = (graph.node(id), expected.values.of(id));
        if !behind[id.index()] {
            same_values(&node.label, values, reference)?;
        } else if matches!(node.op, Op::BatchNorm(_)) {
            let limits = limits(trial, &expected.values, id);
            let (channels, plane) = (node.shape.channels, node.shape.plane());
            for (index, (&value, &reference)) in values.iter().zip(reference).enumerate() {
                let limit = limits[index / plane % channels];
                let error = (f64::from(value) - f64::from(reference)).abs();
                if error.is_nan() || error > limit {
                    let place = format!("{}: value {index}", node.label);
                    return Err(format!("{place} is {value}, expected {reference} +- {limit:.1e}"));
                }
            }
            compared += 1;
        }
    }
    for (index, (code, reference)) in codes(expected, found)?.enumerate() {
        let relu = graph.node(expected.plan.codes[index].node);
        let source = source(graph, relu.inputs[0]);
        if !behind[source.index()] {
            if code != reference {
                return Err(format!("the code of {} differs", relu.label));
            }
            continue;
        }
        let limits = limits(trial, &expected.values, source);
        let values = expected.values.of(source);
        let (units, plane) = (reference.units, relu.shape.plane());
        for (image, unit) in differing(code, reference) {
            let value = values[image * units + unit];
            if f64::from(value.abs()) > limits[unit / plane] {
                return Err(format!("{}: a bit differs where the value is {value}", relu.label));
            }
        }
    }
    Ok(compared)
}

/// The node whose value a copy of the whole image has.
fn source(graph: &Graph, node: NodeId) -> NodeId {
    match graph.node(node).op {
        Op::Window(_) => graph.node(node).inputs[0],
        _ => node,
    }
}

/// Found and expected codes in pairs, once their sizes agree.
pub fn codes<'a>(
    expected: &'a Expected,
    found: &'a Found,
) -> Result<impl Iterator<Item = (&'a PackedCode, &'a PackedCode)>, String> {
    let codes = found.output.codes.as_ref().ok_or("no codes")?;
    let size = |code: &PackedCode| (code.units, code.multiplicity, code.words.len());
    if !codes.iter().map(size).eq(expected.codes.iter().map(size)) {
        return Err("sizes or weights of codes differ".to_owned());
    }
    Ok(codes.iter().zip(&expected.codes))
}

/// Image and unit of every bit in which two codes of equal size differ; bits past the last unit are
/// never allowed to.
pub fn differing<'a>(
    found: &'a PackedCode,
    expected: &'a PackedCode,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let row = expected.units.div_ceil(32);
    let words = found.words.iter().zip(&expected.words).enumerate();
    words.filter(|(_, (a, b))| a != b).flat_map(move |(word, (a, b))| {
        let bits = (0..32).filter(move |bit| (a ^ b) >> bit & 1 == 1);
        bits.map(move |bit| {
            let unit = word % row * 32 + bit;
            assert!(unit < expected.units, "a bit past the last unit is set");
            (word / row, unit)
        })
    })
}
