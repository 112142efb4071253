//! Layer normalisation and softmax: what depends on all channels of a pixel.

use proptest::prelude::*;
use untrained::graph::{LayerNorm, NodeId, Op, Shape};
use untrained::weights::LayerWeights;

use crate::kernels::close::{codes, differing};
use crate::kernels::shapes::{extent, images};
use crate::kernels::support::trial::{Expected, Found, Trial, single};
use crate::kernels::support::{cases, devices};

/// How many units in the last place of the largest intermediate value a result may be off: a dozen
/// operations round on the way (partial sums, division, root, product and sum), few of them in the
/// same direction.
const ROUNDINGS: f64 = 16.0;

/// WGSL allows an exponential `3 + 2 |x|` units in the last place (WGSL, "Floating point accuracy").
const EXP_ROUNDINGS_PER_UNIT: f64 = 2.0;

/// The node under test.
const NODE: NodeId = NodeId(1);

/// Numbers of channels around the edges of blocks of 4 and 16.
fn channels() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1..=9_usize, 2 => 14..=19_usize, 2 => 30..=70_usize]
}

/// A pixel's channels, by `[image, y, x]` and channel.
fn pixels(trial: &Trial, values: &[f32]) -> Vec<Vec<f64>> {
    let Shape { channels, .. } = trial.graph.shape(NODE);
    let plane = trial.graph.shape(NODE).plane();
    let value = |image: usize, c: usize, at: usize| values[(image * channels + c) * plane + at];
    let images = 0..trial.batch.images;
    let all = images.flat_map(|image| (0..plane).map(move |at| (image, at)));
    all.map(|(image, at)| (0..channels).map(|c| value(image, c, at).into()).collect()).collect()
}

/// How far each of a pixel's values may be off.
type Limits<'a> = &'a dyn Fn(&[f64], &[f64]) -> Vec<f64>;

/// Compares the node's values within `limits(input, expected)` of each pixel, and its code where the
/// value is further from zero than that.
fn compare(
    trial: &Trial,
    expected: &Expected,
    found: &Found,
    limits: Limits<'_>,
) -> Result<(), String> {
    let stored = expected.stored.iter().position(|&(node, _)| node == NODE);
    let values = &found.tensors[stored.ok_or("the value is not stored")?];
    let reference = pixels(trial, expected.values.of(NODE));
    let inputs = pixels(trial, &trial.batch.values);
    let limits: Vec<Vec<f64>> =
        inputs.iter().zip(&reference).map(|(input, output)| limits(input, output)).collect();
    for (pixel, values) in pixels(trial, values).iter().enumerate() {
        for (channel, value) in values.iter().enumerate() {
            let (right, limit) = (reference[pixel][channel], limits[pixel][channel]);
            let error = (value - right).abs();
            if error.is_nan() || error > limit {
                return Err(format!(
                    "pixel {pixel} channel {channel}: {value}, not {right} +- {limit:.1e}"
                ));
            }
        }
    }
    let plane = trial.graph.shape(NODE).plane();
    for (code, right) in codes(expected, found)? {
        for (image, unit) in differing(code, right) {
            let (pixel, channel) = (image * plane + unit % plane, unit / plane);
            if reference[pixel][channel].abs() > limits[pixel][channel] {
                return Err(format!("unit {unit} of image {image} differs"));
            }
        }
    }
    Ok(())
}

/// A normalised value is the difference of two numbers as large as `weight * max|x| / deviation`.
fn norm_limits(layer: &LayerWeights, eps: f32, input: &[f64]) -> Vec<f64> {
    let count = input.len() as f64;
    let mean = input.iter().sum::<f64>() / count;
    let variance = input.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    let largest = input.iter().fold(mean.abs(), |largest, x| largest.max(x.abs()));
    let scale = ROUNDINGS * f64::from(f32::EPSILON);
    let factor = largest / (variance + f64::from(eps)).sqrt();
    let limit = |channel: usize| {
        let [weight, bias] =
            [&layer.weight, &layer.bias].map(|values| f64::from(values[channel].abs()));
        scale * (weight * factor + bias)
    };
    (0..input.len()).map(limit).collect()
}

/// An exponential of `x - max` and the sum's, and a division.
fn softmax_limits(input: &[f64], output: &[f64]) -> Vec<f64> {
    let largest = input.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = input.iter().map(|x| largest - x).fold(0.0, f64::max);
    let roundings = ROUNDINGS + 2.0 * EXP_ROUNDINGS_PER_UNIT * span;
    let limit =
        |value: &f64| value * roundings * f64::from(f32::EPSILON) + f64::from(f32::MIN_POSITIVE);
    output.iter().map(limit).collect()
}

fn image() -> impl Strategy<Value = Shape> {
    (channels(), extent(), extent()).prop_map(|(c, h, w)| Shape::new(c, h, w))
}

#[test]
fn layer_norms_are_close() {
    let mut devices = devices::all();
    let strategy =
        (image(), images(), prop::sample::select(&[1e-5_f32, 1e-6, 0.5][..]), any::<u64>());
    cases::run(40, &strategy, |(shape, images, eps, seed)| {
        let graph = single(shape, Op::LayerNorm(LayerNorm { eps })).unwrap();
        let trial = Trial::whole(graph, images, seed);
        let layer = trial.weights.get(NODE).cloned().unwrap();
        let limits = |input: &[f64], _: &[f64]| norm_limits(&layer, eps, input);
        trial.check_with(&mut devices, |_, expected, found| {
            compare(&trial, expected, found, &limits)
        })?;
        Ok(true)
    });
}

#[test]
fn softmax_is_close() {
    let mut devices = devices::all();
    cases::run(40, &(image(), images(), any::<u64>()), |(shape, images, seed)| {
        let mut trial = Trial::whole(single(shape, Op::Softmax).unwrap(), images, seed);
        // Values far below zero and far above: the largest of each pixel must be taken off first.
        let shift = seed as i8;
        trial.batch.values.iter_mut().for_each(|value| *value = *value * 5.0 + f32::from(shift));
        trial.check_with(&mut devices, |_, expected, found| {
            compare(&trial, expected, found, &softmax_limits)
        })?;
        Ok(true)
    });
}

/// Another eps, weight, bias or input is further off than the limits.
#[test]
fn other_normalisations_are_noticed() {
    let mut devices = devices::all();
    let network = |eps| {
        let op = Op::LayerNorm(LayerNorm { eps });
        Trial::whole(single(Shape::new(19, 3, 5), op).unwrap(), 2, 1)
    };
    let trial = network(1e-5);
    let layer = trial.weights.get(NODE).cloned().unwrap();
    let limits = |input: &[f64], _: &[f64]| norm_limits(&layer, 1e-5, input);
    let mut others = [network(1e-3), trial.clone(), trial.clone()];
    for (index, other) in others.iter_mut().enumerate().skip(1) {
        let mut layer = layer.clone();
        if index == 1 {
            layer.weight[18] += 0.01
        } else {
            layer.bias[17] += 0.01
        }
        other.weights.set(NODE, layer);
    }
    let softmax = Trial::whole(single(Shape::new(19, 3, 5), Op::Softmax).unwrap(), 2, 1);
    let mut shifted = softmax.clone();
    shifted.batch.values[3] += 0.01;
    for device in &mut devices {
        for (index, other) in others.iter().enumerate() {
            let found = other.run(device, &other.expected()).unwrap();
            let result = compare(&trial, &trial.expected(), &found, &limits);
            assert!(result.is_err(), "{}: change {index} went unnoticed", device.name);
        }
        let found = shifted.run(device, &shifted.expected()).unwrap();
        let result = compare(&softmax, &softmax.expected(), &found, &softmax_limits);
        assert!(result.is_err(), "{}: another input went unnoticed", device.name);
    }
}
