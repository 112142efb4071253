//! Convolutions of all kernels, strides, paddings, dilations and groups; linear layers.

use proptest::prelude::*;
use untrained::graph::{Conv, Linear, NodeId, Op, Padding, Shape};

use crate::kernels::shapes::{channels, check_alone, extent, images};
use crate::kernels::support::trial::{Trial, single};
use crate::kernels::support::{cases, devices};

/// Everything about a convolution but its channels and groups.
fn geometries() -> impl Strategy<Value = Conv> {
    let window =
        ((1..=5_usize, 1..=5_usize), (1..=3_usize, 1..=3_usize), (1..=3_usize, 1..=2_usize));
    let padding = (0..=3_usize, 0..=3_usize, 0..=3_usize, 0..=3_usize);
    (window, padding, any::<bool>()).prop_map(|(window, (top, left, bottom, right), bias)| Conv {
        kernel: window.0.into(),
        stride: window.1.into(),
        dilation: window.2.into(),
        padding: Padding { top, left, bottom, right },
        bias,
        ..Conv::square(1, 1, 1)
    })
}

#[test]
fn convolutions_are_exact() {
    let strategy = (channels(), channels(), extent(), extent(), geometries());
    let strategy = strategy.prop_map(|(inputs, out_channels, height, width, conv)| {
        (Shape::new(inputs, height, width), Conv { out_channels, ..conv })
    });
    check_alone(60, strategy, |&conv| Op::Conv(conv));
}

#[test]
fn grouped_convolutions_are_exact() {
    let per_group = (2..=7_usize, 1..=9_usize, 1..=9_usize);
    let strategy = (per_group, extent(), extent(), geometries());
    let strategy = strategy.prop_map(|((groups, inputs, outputs), height, width, conv)| {
        let conv = Conv { out_channels: outputs * groups, groups, ..conv };
        (Shape::new(inputs * groups, height, width), conv)
    });
    check_alone(60, strategy, |&conv| Op::Conv(conv));
}

#[test]
fn depthwise_convolutions_are_exact() {
    let strategy = (channels(), extent(), extent(), geometries());
    let strategy = strategy.prop_map(|(channels, height, width, conv)| {
        let conv = Conv { out_channels: channels, groups: channels, ..conv };
        (Shape::new(channels, height, width), conv)
    });
    check_alone(60, strategy, |&conv| Op::Conv(conv));
}

#[test]
fn convolutions_of_benchmark_sizes_are_exact() {
    let square = |channels, side| Shape::new(channels, side, side);
    let sizes = [
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
    let mut devices = devices::all();
    for (index, (input, conv)) in sizes.into_iter().enumerate() {
        let trial = Trial::whole(single(input, Op::Conv(conv)).unwrap(), 3, index as u64);
        let result = trial.check(&mut devices, NodeId(1));
        result.unwrap_or_else(|reason| panic!("{input} {conv:?}: {reason}"));
    }
}

#[test]
fn linear_layers_are_exact() {
    let strategy = (1..=70_usize, 1..=140_usize, any::<bool>());
    let strategy = strategy.prop_map(|(inputs, out_features, bias)| {
        (Shape::new(inputs, 1, 1), Linear { out_features, bias })
    });
    check_alone(20, strategy, |&linear| Op::Linear(linear));
}

/// A weight that is off by one is seen wherever it stands.
#[test]
fn another_weight_is_noticed() {
    let mut devices = devices::all();
    let strategy = (channels(), channels(), 3..=20_usize, images(), any::<u64>());
    cases::run(12, &strategy, |(inputs, outputs, side, images, seed)| {
        let input = Shape::new(inputs, side, side);
        let graph = single(input, Op::Conv(Conv::square(outputs, 3, 1))).unwrap();
        let trial = Trial::whole(graph, images, seed);
        let expected = trial.expected();
        let mut other = trial.clone();
        let mut layer = other.weights.get(NodeId(1)).unwrap().clone();
        let changed = seed as usize % layer.weight.len();
        layer.weight[changed] += 1.0;
        other.weights.set(NodeId(1), layer);
        for device in &mut devices {
            let found = other.run(device, &expected)?;
            if expected.same(&trial.graph, &found).is_ok() {
                return Err(format!("{}: weight {changed} makes no difference", device.name));
            }
        }
        Ok(true)
    });
}
