//! Batch normalisation within a stated tolerance.

use untrained::data::Batch;
use untrained::graph::{BatchNorm, Conv, Graph, NodeId, Op, Relu, Shape, Statistics};
use untrained::plan::Step;
use untrained::weights::LayerWeights;

use crate::trial::{Trial, VARIANTS, backend, written};

/// Normalised values are of the order of 1; f32 has 24 bits and a few operations round.
const TOLERANCE: f64 = 1e-5;

/// What the mean's own rounding adds: half a unit in its last place over the deviation.
fn tolerance(mean: f64, deviation: f64) -> f64 {
    TOLERANCE + mean.abs() / deviation * f64::from(f32::EPSILON)
}

/// Input (or a convolution), batch-norm, then something that needs the normalised value stored.
fn graph(shape: Shape, conv: bool, statistics: Statistics) -> (Graph, NodeId) {
    let mut graph = Graph::new();
    let mut last = graph.input(shape);
    if conv {
        last = graph.add("conv", Op::Conv(Conv::square(6, 3, 1)), &[last]).unwrap();
    }
    let op = Op::BatchNorm(BatchNorm { eps: 1e-5, statistics });
    let norm = graph.add("norm", op, &[last]).unwrap();
    let flat = graph.add("reader", Op::Conv(Conv::square(1, 1, 1)), &[norm]).unwrap();
    graph.add("relu", Op::Relu(Relu::ONCE), &[flat]).unwrap();
    (graph, norm)
}

fn check(trial: &Trial, norm: NodeId, tolerance: f64) -> Option<f64> {
    let mut backend = backend()?;
    let tensor = written(&trial.plan(), |step| matches!(step, Step::Combine(_)));
    let mut worst: f64 = 0.0;
    for variant in VARIANTS {
        backend.set_conv_variant(variant);
        let traced = trial.run(&mut backend, &[tensor]).unwrap();
        let expected = &trial.reference()[norm.index()].data;
        assert_eq!(traced.tensors[0].len(), expected.len());
        for (found, expected) in traced.tensors[0].iter().zip(expected) {
            worst = worst.max((f64::from(*found) - expected).abs());
        }
        assert!(worst <= tolerance, "off by {worst}, allowed {tolerance}");
    }
    Some(worst)
}

#[test]
fn normalised_convolutions_agree_with_f64() {
    for (images, side) in [(1, 1), (1, 3), (3, 7), (40, 12), (128, 32)] {
        let (graph, norm) = graph(Shape::new(3, side, side), true, Statistics::Batch);
        let mut trial = Trial::new(graph, images, 21);
        let weight = vec![0.5, -2.0, 1.0, 0.0, 3.0, 1.0];
        let bias = vec![0.0, 1.0, -1.0, 0.5, 0.0, 2.0];
        trial.weights.set(norm, LayerWeights { weight, bias, ..LayerWeights::default() });
        check(&trial, norm, tolerance(30.0, 3.0));
    }
}

/// 131,072 values per channel around a mean a thousand times their deviation.
#[test]
fn a_large_mean_does_not_spoil_the_variance() {
    let shape = Shape::new(3, 32, 32);
    let (graph, norm) = graph(shape, false, Statistics::Batch);
    let mut trial = Trial::new(graph, 128, 22);
    let values = trial.batch.values.iter().map(|value| value + 2582.0).collect();
    trial.batch = Batch { values, ..trial.batch };
    check(&trial, norm, tolerance(2582.0, 2.582));
}

#[test]
fn stored_statistics_are_used() {
    let (graph, norm) = graph(Shape::new(2, 5, 5), true, Statistics::Running);
    let mut trial = Trial::new(graph, 3, 23);
    let layer = LayerWeights {
        weight: vec![1.0, 2.0, 3.0, -1.0, 0.5, 1.0],
        bias: vec![0.0, 1.0, -1.0, 0.5, 0.0, 2.0],
        mean: vec![1.0, -1.0, 4.0, 0.0, 2.0, 3.0],
        variance: vec![4.0, 1.0, 9.0, 100.0, 25.0, 2.0],
    };
    trial.weights.set(norm, layer.clone());
    if check(&trial, norm, 10.0 * TOLERANCE).is_none() {
        return;
    }
    let expected = trial.reference();
    trial.weights.set(norm, LayerWeights { mean: vec![0.0; 6], ..layer });
    assert_ne!(trial.reference()[norm.index()].data, expected[norm.index()].data);
    check(&trial, norm, 10.0 * TOLERANCE);
}

/// A variance off by a thousandth is seen.
#[test]
fn the_tolerance_sees_a_wrong_eps() {
    let Some(mut backend) = backend() else { return };
    let (graph, norm) = graph(Shape::new(2, 6, 6), true, Statistics::Batch);
    let trial = Trial::new(graph, 4, 24);
    let tensor = written(&trial.plan(), |step| matches!(step, Step::Combine(_)));
    let traced = trial.run(&mut backend, &[tensor]).unwrap();
    let reference = trial.reference();
    let off = traced.tensors[0].iter().zip(&reference[norm.index()].data);
    let worst = off.map(|(found, expected)| (f64::from(*found) * 1.0005 - expected).abs());
    assert!(worst.fold(0.0, f64::max) > tolerance(30.0, 3.0));
}
