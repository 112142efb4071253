//! Convolutions of all kernels, sizes and groups, with both variants.

use proptest::prelude::*;
use untrained::graph::{Conv, Linear, NodeId, Op, Padding, Shape};
use untrained::plan::Step;

use crate::trial::{Trial, VARIANTS, backend, single, written};

fn is_conv(step: &Step) -> bool {
    matches!(step, Step::Conv(_))
}

fn check(input: Shape, op: Op, images: usize, seed: u64) -> bool {
    let (Some(graph), Some(mut backend)) = (single(input, op), backend()) else { return false };
    let trial = Trial::new(graph, images, seed);
    let tensor = written(&trial.plan(), is_conv);
    for variant in VARIANTS {
        backend.set_conv_variant(variant);
        trial.check(&mut backend, tensor, NodeId(1));
    }
    true
}

fn convs() -> impl Strategy<Value = (Shape, Conv)> {
    let groups = prop_oneof![3 => Just(1_usize), 1 => 2..=5_usize];
    let shape = (1..=7_usize, 1..=9_usize, groups, 1..=13_usize, 1..=13_usize);
    let window =
        ((1..=4_usize, 1..=4_usize), (1..=3_usize, 1..=3_usize), (1..=3_usize, 1..=2_usize));
    let padding = (0..=3_usize, 0..=3_usize, 0..=3_usize, 0..=3_usize);
    (shape, window, padding, any::<bool>()).prop_map(|(shape, window, padding, bias)| {
        let (inputs, outputs, groups, height, width) = shape;
        let (top, left, bottom, right) = padding;
        let conv = Conv {
            out_channels: outputs * groups,
            kernel: window.0.into(),
            stride: window.1.into(),
            padding: Padding { top, left, bottom, right },
            dilation: window.2.into(),
            groups,
            bias,
        };
        (Shape::new(inputs * groups, height, width), conv)
    })
}

#[test]
fn random_convolutions_are_exact() {
    let Some(mut backend) = backend() else { return };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let ran = std::cell::Cell::new(0);
    let backend = std::cell::RefCell::new(&mut backend);
    runner
        .run(&(convs(), 1..=4_usize, any::<u64>()), |((input, conv), images, seed)| {
            let Some(graph) = single(input, Op::Conv(conv)) else { return Ok(()) };
            let trial = Trial::new(graph, images, seed);
            let tensor = written(&trial.plan(), is_conv);
            for variant in VARIANTS {
                backend.borrow_mut().set_conv_variant(variant);
                trial.check(&mut backend.borrow_mut(), tensor, NodeId(1));
            }
            ran.set(ran.get() + 1);
            Ok(())
        })
        .unwrap();
    assert!(ran.get() >= 24, "only {} of the cases were valid convolutions", ran.get());
}

#[test]
fn convolutions_of_benchmark_sizes_are_exact() {
    let square = |channels, side| Shape::new(channels, side, side);
    let cases = [
        (square(3, 32), Conv::square(16, 3, 1)),
        (square(16, 32), Conv::square(16, 3, 1)),
        (square(16, 32), Conv::square(32, 3, 2)),
        (square(32, 16), Conv::square(32, 3, 1)),
        (square(64, 8), Conv::square(64, 3, 1)),
        (square(64, 8), Conv::square(130, 1, 1)),
        (square(48, 9), Conv { groups: 3, ..Conv::square(72, 3, 1) }),
        (square(64, 7), Conv { groups: 64, ..Conv::square(64, 5, 2) }),
        (square(6, 9), Conv { groups: 6, dilation: [2, 2], ..Conv::square(6, 3, 1) }),
        (square(6, 9), Conv { groups: 6, ..Conv::square(12, 3, 1) }),
        (square(9, 5), Conv { groups: 3, bias: true, ..Conv::square(15, 3, 1) }),
    ];
    for (index, (input, conv)) in cases.into_iter().enumerate() {
        if !check(input, Op::Conv(conv), 3, index as u64) {
            return;
        }
    }
}

#[test]
fn linear_layers_are_exact() {
    for (inputs, outputs, bias) in [(1, 1, false), (64, 10, true), (37, 130, true)] {
        let op = Op::Linear(Linear { out_features: outputs, bias });
        check(Shape::new(inputs, 1, 1), op, 7, 3);
    }
}

#[test]
fn one_weight_makes_a_difference() {
    let Some(mut backend) = backend() else { return };
    let graph = single(Shape::new(5, 6, 6), Op::Conv(Conv::square(6, 3, 1))).unwrap();
    let mut trial = Trial::new(graph, 2, 1);
    let tensor = written(&trial.plan(), is_conv);
    for variant in VARIANTS {
        backend.set_conv_variant(variant);
        let before = trial.run(&mut backend, &[tensor]).unwrap();
        let mut layer = trial.weights.get(NodeId(1)).unwrap().clone();
        *layer.weight.last_mut().unwrap() += 1.0;
        trial.weights.set(NodeId(1), layer);
        let after = trial.run(&mut backend, &[tensor]).unwrap();
        assert_ne!(before.tensors, after.tensors);
        trial.check(&mut backend, tensor, NodeId(1));
    }
}
