//! Windows, channel slices, concatenations, flatten: values that only move.

use proptest::prelude::*;
use untrained::graph::{Activation, Conv, Graph, Linear, NodeId, Op, Shape, Window};

use crate::kernels::shapes::{channels, check_alone, extent, image, images};
use crate::kernels::support::trial::Trial;
use crate::kernels::support::{cases, devices};

#[test]
fn windows_are_exact() {
    let size = (1..=20_usize, 1..=20_usize);
    let window = ((-3..=3_isize, -3..=3_isize), size, (1..=3_usize, 1..=3_usize));
    let strategy = (image(), window).prop_map(|(input, ((top, left), (height, width), stride))| {
        (input, Window { top, left, height, width, stride: stride.into() })
    });
    check_alone(40, strategy, |&window| Op::Window(window));
}

#[test]
fn slices_are_exact() {
    let strategy = (image(), 0..=20_usize, 1..=20_usize);
    let strategy = strategy.prop_map(|(input, start, len)| (input, (start, len)));
    check_alone(30, strategy, |&(start, len)| Op::ChannelSlice { start, len });
}

#[test]
fn flatten_is_exact() {
    check_alone(20, image().prop_map(|input| (input, ())), |()| Op::Flatten);
}

#[test]
fn concatenations_of_any_widths_are_exact() {
    let mut devices = devices::all();
    let widths = proptest::collection::vec(channels(), 1..=5);
    let strategy = (widths, extent(), extent(), images(), any::<u64>());
    cases::run(30, &strategy, |(widths, height, width, images, seed)| {
        let mut graph = Graph::new();
        let image = graph.input(Shape::new(3, height, width));
        let mut parts = Vec::new();
        for (index, &width) in widths.iter().enumerate() {
            let conv = Op::Conv(Conv::square(width, 3, 1));
            parts.push(graph.add(format!("conv {index}"), conv, &[image]).unwrap());
        }
        // The images themselves, and one part twice.
        parts.extend([image, parts[0]]);
        let whole = graph.add("concat", Op::Concat, &parts).unwrap();
        graph.add("relu", Op::Activation(Activation::RELU), &[whole]).unwrap();
        Trial::whole(graph, images, seed).check(&mut devices, whole).map(|()| true)
    });
}

#[test]
fn a_zero_part_of_a_concatenation_is_zero() {
    let mut devices = devices::all();
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 4, 4));
    let conv = graph.add("conv", Op::Conv(Conv::square(6, 3, 1)), &[image]).unwrap();
    // Leaves something behind in memory that the zero part may get.
    let relu = graph.add("relu", Op::Activation(Activation::RELU), &[conv]).unwrap();
    let second = graph.add("conv 2", Op::Conv(Conv::square(6, 3, 1)), &[relu]).unwrap();
    let none = graph.add("none", Op::Scale(0.0), &[second]).unwrap();
    let whole = graph.add("concat", Op::Concat, &[second, none]).unwrap();
    graph.add("last relu", Op::Activation(Activation::RELU), &[whole]).unwrap();
    Trial::whole(graph, 2, 5).check(&mut devices, whole).unwrap();
}

#[test]
fn flatten_then_linear_keeps_the_order_of_units() {
    let mut devices = devices::all();
    for (seed, shape) in [Shape::new(5, 3, 2), Shape::new(18, 4, 5)].into_iter().enumerate() {
        let mut graph = Graph::new();
        let image = graph.input(shape);
        let flat = graph.add("flatten", Op::Flatten, &[image]).unwrap();
        let op = Op::Linear(Linear { out_features: 9, bias: true });
        let linear = graph.add("linear", op, &[flat]).unwrap();
        graph.add("relu", Op::Activation(Activation::RELU), &[linear]).unwrap();
        Trial::whole(graph, 4, seed as u64).check(&mut devices, linear).unwrap();
    }
}

/// One pixel that comes from the wrong place is seen.
#[test]
fn a_shifted_pixel_is_noticed() {
    let mut devices = devices::all();
    let shape = Shape::new(5, 6, 7);
    let window = |left| {
        let window = Window { top: 0, left, height: 6, width: 7, stride: [1, 1] };
        crate::kernels::support::trial::single(shape, Op::Window(window)).unwrap()
    };
    let trial = Trial::whole(window(0), 2, 1);
    let other = Trial::whole(window(1), 2, 1);
    let (expected, other_expected) = (trial.expected(), other.expected());
    assert!(other_expected.stored.iter().any(|&(node, _)| node == NodeId(1)));
    for device in &mut devices {
        let found = other.run(device, &other_expected).unwrap();
        assert!(expected.same(&trial.graph, &found).is_err(), "{}", device.name);
    }
}
