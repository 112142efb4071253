//! Products and enlargements: exact on whole numbers.

use proptest::prelude::*;
use untrained::graph::{Activation, ActivationKind, Conv, Graph, NodeId, Op, Resize, Shape};
use untrained::plan::Count;

use crate::kernels::shapes::{check_alone, image, images};
use crate::kernels::support::trial::{Trial, add_reader, single};
use crate::kernels::support::{cases, devices};

/// The product of a convolution and of another one or its global average's convolution, in either
/// order.
fn product(input: Shape, width: usize, pixel: bool, swapped: bool) -> (Graph, NodeId) {
    let mut graph = Graph::new();
    let image = graph.input(input);
    let conv = |size| Op::Conv(Conv::square(width, size, 1));
    let first = graph.add("first", conv(1), &[image]).unwrap();
    let mut second = image;
    if pixel {
        let pool = untrained::graph::Pool {
            kind: untrained::graph::PoolKind::Max,
            kernel: [input.height, input.width],
            stride: [1, 1],
            padding: untrained::graph::Padding::default(),
        };
        second = graph.add("pool", Op::Pool(pool), &[second]).unwrap();
    }
    second = graph.add("second", conv(if pixel { 1 } else { 3 }), &[second]).unwrap();
    let factors = if swapped { [second, first] } else { [first, second] };
    let node = graph.add("product", Op::Mul, &factors).unwrap();
    add_reader(&mut graph, node);
    (graph, node)
}

#[test]
fn products_are_exact() {
    let mut devices = devices::all();
    for pixel in [false, true] {
        let strategy = (image(), 1..=20_usize, any::<bool>(), images(), any::<u64>());
        cases::run(20, &strategy, |(input, width, swapped, images, seed)| {
            let (graph, node) = product(input, width, pixel, swapped);
            Trial::thin(graph, images, seed).check(&mut devices, node).map(|()| true)
        });
    }
}

#[test]
fn squares_are_exact() {
    let mut devices = devices::all();
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(17, 3, 5));
    let square = graph.add("square", Op::Mul, &[image, image]).unwrap();
    add_reader(&mut graph, square);
    Trial::whole(graph, 2, 1).check(&mut devices, square).unwrap();
}

#[test]
fn enlargements_are_exact() {
    let strategy = (image(), 1..=4_usize, 1..=3_usize);
    let strategy = strategy.prop_map(|(input, down, right)| (input, [down, right]));
    check_alone(30, strategy, |&factors| Op::Resize(Resize { factors }));
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(4, 3, 3));
    let pool = graph.add("pool", Op::GlobalAvgPool, &[image]).unwrap();
    let conv = graph.add("conv", Op::Conv(Conv::square(5, 1, 1)), &[pool]).unwrap();
    let mut refused = |op: Op, inputs: &[NodeId], part: &str| {
        let reason = graph.add("wrong", op, inputs).unwrap_err().to_string();
        assert!(reason.contains("wrong") && reason.contains(part), "{reason}");
    };
    refused(Op::Mul, &[image, conv], "4x3x3 and 5x1x1");
    refused(Op::Mul, &[image], "two inputs");
    refused(Op::Mul, &[image, pool, pool], "two inputs");
    refused(Op::Resize(Resize { factors: [0, 1] }), &[image], "between 1 and");
    refused(Op::Resize(Resize { factors: [2, 1 << 20] }), &[image], "between 1 and");
}

/// A product with a zero tensor is zero: nothing behind it is computed, and it cuts a path.
#[test]
fn a_product_with_zero_is_zero() {
    let mut devices = devices::all();
    let gate = |graph: &mut Graph, input: NodeId, kind: ActivationKind| {
        let op = Op::Activation(Activation::once(kind));
        graph.add(format!("{} {}", kind.name(), input.0), op, &[input]).unwrap()
    };
    let half = ActivationKind::HardSigmoid { slope: 0.25, offset: 0.5 };
    for (kind, zero) in [(ActivationKind::Relu, true), (half, false)] {
        let mut graph = Graph::new();
        let image = graph.input(Shape::new(5, 4, 3));
        let none = graph.add("none", Op::Scale(0.0), &[image]).unwrap();
        let gate = gate(&mut graph, none, kind);
        let conv = graph.add("conv", Op::Conv(Conv::square(5, 3, 1)), &[image]).unwrap();
        let relu = graph.add("relu", Op::Activation(Activation::RELU), &[conv]).unwrap();
        let product = graph.add("product", Op::Mul, &[relu, gate]).unwrap();
        let end = graph.add("end", Op::Activation(Activation::RELU), &[product]).unwrap();
        graph.set_output(end);
        for (count, units) in [(Count::Paper, 3 * 60), (Count::Live, if zero { 0 } else { 2 * 60 })]
        {
            let trial = Trial { count, ..Trial::whole(graph.clone(), 2, 5) };
            let plan = untrained::plan::Plan::new(&trial.graph, &trial.weights, count);
            if units == 0 {
                assert!(plan.is_err());
                continue;
            }
            let plan = plan.unwrap();
            assert_eq!(plan.units, units, "{kind:?} {count}");
            assert_eq!(plan.stored[product.index()].is_none(), zero, "{kind:?}");
            trial.check(&mut devices, NodeId(0)).unwrap();
        }
    }
}

/// A factor of a neighbouring channel and a pixel that is repeated once too often are seen.
#[test]
fn wrong_places_are_noticed() {
    let mut devices = devices::all();
    let enlarged = |factors| single(Shape::new(5, 6, 6), Op::Resize(Resize { factors })).unwrap();
    let trial = Trial::whole(enlarged([2, 3]), 2, 1);
    let other = Trial::whole(enlarged([3, 2]), 2, 1);
    let shifted = |by: usize| {
        let (graph, node) = product(Shape::new(4, 5, 5), 6, true, false);
        let mut trial = Trial::thin(graph, 2, 7);
        let second = trial.graph.node(node).inputs[1];
        let mut layer = trial.weights.get(second).unwrap().clone();
        // The weights of an output are as many as there are channels before it.
        layer.weight.rotate_right(4 * by);
        trial.weights.set(second, layer);
        trial
    };
    for (trial, other) in [(trial, other), (shifted(0), shifted(1))] {
        let (expected, other_expected) = (trial.expected(), other.expected());
        for device in &mut devices {
            let found = other.run(device, &other_expected).unwrap();
            assert!(expected.same(&trial.graph, &found).is_err(), "{}", device.name);
        }
    }
}
