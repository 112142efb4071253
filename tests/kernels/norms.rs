//! Batch normalisation of exact values, within the limits of `close`.

use proptest::prelude::*;
use untrained::data::Batch;
use untrained::graph::{
    Activation, BatchNorm, Conv, Graph, NodeId, Op, Padding, Pool, PoolKind, Shape, Statistics,
};
use untrained::weights::LayerWeights;

use crate::kernels::close::{behind_norm, check_norms, codes, compare_norms, differing};
use crate::kernels::shapes::{image, images};
use crate::kernels::support::trial::{Trial, add_reader};
use crate::kernels::support::{cases, devices};

/// What a batch-norm normalises; each is summed by other code.
#[derive(Clone, Copy, Debug)]
enum Source {
    Images,
    Convolution,
    Depthwise,
    Maximum,
    Sum,
    Concatenation,
    Positive,
}

const SOURCES: [Source; 7] = [
    Source::Images,
    Source::Convolution,
    Source::Depthwise,
    Source::Maximum,
    Source::Sum,
    Source::Concatenation,
    Source::Positive,
];

fn add_source(graph: &mut Graph, image: NodeId, source: Source) -> NodeId {
    let channels = graph.shape(image).channels;
    let max =
        Pool { kind: PoolKind::Max, kernel: [3, 3], stride: [2, 1], padding: Padding::same(1) };
    let depthwise = Conv { groups: channels, ..Conv::square(channels, 3, 1) };
    let (op, inputs) = match source {
        Source::Images => return image,
        Source::Convolution => (Op::Conv(Conv::square(channels + 5, 3, 1)), vec![image]),
        Source::Depthwise => (Op::Conv(depthwise), vec![image]),
        Source::Maximum => (Op::Pool(max), vec![image]),
        Source::Sum => (Op::Add, vec![image, image, image]),
        Source::Concatenation => (Op::Concat, vec![image, image]),
        Source::Positive => (Op::Activation(Activation::RELU), vec![image]),
    };
    graph.add(format!("{source:?}"), op, &inputs).unwrap()
}

fn batch_norm(eps: f32) -> Op {
    Op::BatchNorm(BatchNorm { eps, statistics: Statistics::Batch })
}

/// Weights and biases of both signs, some zero.
fn affine(channels: usize, shift: usize) -> LayerWeights {
    let cycle = |values: [f32; 5], start: usize| {
        (0..channels).map(|channel| values[(channel + start) % 5]).collect()
    };
    LayerWeights {
        weight: cycle([0.5, -2.0, 1.0, 0.0, 3.0], shift),
        bias: cycle([0.0, 1.0, -1.0, 0.5, 0.0], shift / 5),
        ..LayerWeights::default()
    }
}

/// A batch-norm of a source of exact values whose own value is stored.
fn normalised(input: Shape, source: Source, op: Op) -> (Graph, NodeId) {
    let mut graph = Graph::new();
    let image = graph.input(input);
    let source = add_source(&mut graph, image, source);
    let norm = graph.add("norm", op, &[source]).unwrap();
    add_reader(&mut graph, norm);
    (graph, norm)
}

#[test]
fn batch_statistics_of_every_source_agree() {
    let mut devices = devices::all();
    for source in SOURCES {
        let strategy = (image(), images(), 0..25_usize, any::<bool>(), any::<u64>());
        cases::run(10, &strategy, |(input, images, shift, plain, seed)| {
            let (graph, norm) = normalised(input, source, batch_norm(1e-5));
            let mut trial = Trial::whole(graph, images, seed);
            if !plain {
                trial.weights.set(norm, affine(trial.graph.shape(norm).channels, shift));
            }
            check_norms(&trial, &mut devices).map_err(|why| format!("{source:?}: {why}"))?;
            Ok(true)
        });
    }
}

#[test]
fn statistics_of_many_values_agree() {
    let mut devices = devices::all();
    for (images, side) in [(1, 1), (40, 12), (128, 32)] {
        let shape = Shape::new(3, side, side);
        let (graph, norm) = normalised(shape, Source::Convolution, batch_norm(1e-5));
        let mut trial = Trial::whole(graph, images, 21);
        trial.weights.set(norm, affine(8, 0));
        check_norms(&trial, &mut devices).unwrap();
    }
}

/// Images and convolutions whose mean is a thousand times their deviation: squares of whole values
/// would not leave a digit of the variance.
#[test]
fn a_large_mean_does_not_spoil_the_variance() {
    let mut devices = devices::all();
    for source in [Source::Images, Source::Convolution, Source::Depthwise] {
        let (graph, norm) = normalised(Shape::new(3, 32, 32), source, batch_norm(1e-5));
        let mut trial = Trial::whole(graph, 64, 22);
        let conv = NodeId(norm.0 - 1);
        if conv.0 > 0 {
            // Each output is one channel, unchanged.
            let mut layer = trial.weights.get(conv).unwrap().clone();
            let taps = layer.weight.len() / trial.graph.shape(conv).channels;
            for (output, row) in layer.weight.chunks_exact_mut(taps).enumerate() {
                row.fill(0.0);
                row[output * 9 % taps + 4] = 1.0;
            }
            trial.weights.set(conv, layer);
        }
        let values = trial.batch.values.iter().map(|value| value + 2582.0).collect();
        trial.batch = Batch { values, ..trial.batch };
        check_norms(&trial, &mut devices).unwrap_or_else(|why| panic!("{source:?}: {why}"));
    }
}

#[test]
fn stored_statistics_are_used() {
    let mut devices = devices::all();
    let running = Op::BatchNorm(BatchNorm { eps: 1e-5, statistics: Statistics::Running });
    for source in SOURCES {
        let (graph, norm) = normalised(Shape::new(3, 5, 7), source, running);
        let mut trial = Trial::whole(graph, 3, 23);
        let channels = trial.graph.shape(norm).channels;
        let cycle = |values: [f32; 4]| (0..channels).map(|c| values[c % 4]).collect();
        let layer = LayerWeights {
            mean: cycle([1.0, -1.0, 4.0, 0.0]),
            variance: cycle([4.0, 1.0, 9.0, 100.0]),
            ..affine(channels, 1)
        };
        trial.weights.set(norm, layer.clone());
        check_norms(&trial, &mut devices).unwrap_or_else(|why| panic!("{source:?}: {why}"));
        let before = trial.expected();
        trial.weights.set(norm, LayerWeights { mean: vec![0.5; channels], ..layer });
        for device in &mut devices {
            let found = trial.run(device, &before).unwrap();
            assert!(compare_norms(&trial, &before, &found).is_err(), "{}", device.name);
        }
    }
}

/// One tensor under norms of different eps and weights, of which one reads a sum.
#[test]
fn several_norms_of_one_tensor_agree() {
    let mut devices = devices::all();
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(19, 6, 7));
    let conv = graph.add("conv", Op::Conv(Conv::square(18, 3, 1)), &[image]).unwrap();
    let sum = graph.add("sum", Op::Add, &[conv, conv]).unwrap();
    let mut norms = Vec::new();
    for (index, (eps, input)) in
        [(1e-5, conv), (1.0, conv), (1e-3, sum), (100.0, sum)].into_iter().enumerate()
    {
        let norm = graph.add(format!("norm {index}"), batch_norm(eps), &[input]).unwrap();
        add_reader(&mut graph, norm);
        norms.push(norm);
    }
    let mut trial = Trial::whole(graph, 3, 5);
    for (index, &norm) in norms.iter().enumerate() {
        trial.weights.set(norm, affine(18, index));
    }
    assert_eq!(check_norms(&trial, &mut devices), Ok(norms.len()));
}

/// The limits see an eps, a weight and a bias that are a little wrong.
#[test]
fn wrong_numbers_are_noticed() {
    let mut devices = devices::all();
    let network = |eps: f32| {
        let mut graph = Graph::new();
        let image = graph.input(Shape::new(5, 6, 7));
        let small = graph.add("small", Op::Scale(1.0 / 64.0), &[image]).unwrap();
        let norm = graph.add("norm", batch_norm(eps), &[small]).unwrap();
        add_reader(&mut graph, norm);
        Trial::whole(graph, 4, 24)
    };
    let norm = NodeId(2);
    let expected = network(1e-5).expected();
    let with = |layer: LayerWeights| {
        let mut trial = network(1e-5);
        trial.weights.set(norm, layer);
        trial
    };
    let ones = || vec![1.0_f32; 5];
    let nearly = || [vec![1.0_f32; 4], vec![1.0001]].concat();
    let wrong = [
        network(1.1e-5),
        with(LayerWeights { weight: nearly(), ..LayerWeights::default() }),
        with(LayerWeights { weight: ones(), bias: vec![1e-4; 5], ..LayerWeights::default() }),
    ];
    for (index, other) in wrong.iter().enumerate() {
        for device in &mut devices {
            let found = other.run(device, &other.expected()).unwrap();
            let result = compare_norms(&network(1e-5), &expected, &found);
            assert!(result.is_err(), "{}: wrong number {index} is not seen", device.name);
        }
    }
    assert_eq!(check_norms(&network(1e-5), &mut devices), Ok(1));
}

/// Batch-norms make levels; a residual keeps a tensor alive over many of them.
#[test]
fn residual_networks_agree() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 10, 10));
    let norm = Op::BatchNorm(BatchNorm::default());
    let mut node = image;
    let mut residual: Option<NodeId> = None;
    for layer in 0..6 {
        let conv = Op::Conv(Conv::square(8, 3, 1));
        let conv = graph.add(format!("conv {layer}"), conv, &[node]).unwrap();
        let mut sum = graph.add(format!("norm {layer}"), norm, &[conv]).unwrap();
        if let Some(other) = residual {
            sum = graph.add(format!("sum {layer}"), Op::Add, &[sum, other]).unwrap();
        }
        residual = (layer % 2 == 0).then_some(sum).or(residual);
        node =
            graph.add(format!("relu {layer}"), Op::Activation(Activation::RELU), &[sum]).unwrap();
    }
    let trial = Trial::whole(graph, 12, 7);
    assert_eq!(behind_norm(&trial.graph).iter().filter(|&&behind| !behind).count(), 2);
    let check = |trial: &Trial| {
        trial.check_with(&mut devices::all(), |_, expected, found| {
            let (mut bits, mut differ) = (0, 0);
            for (code, reference) in codes(expected, found)? {
                bits += trial.batch.images * reference.units;
                differ += differing(code, reference).count();
            }
            // Rounding moves a value over zero in about one of 20,000 units.
            if differ * 2000 > bits {
                Err(format!("{differ} of {bits} bits differ"))
            } else {
                Ok(())
            }
        })
    };
    check(&trial).unwrap();
}
