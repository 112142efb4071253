//! Rearrangements of every kind, and values that do not depend on the images.

use std::ops::RangeInclusive;

use proptest::prelude::*;
use untrained::graph::{
    Activation, Axis, AxisDigit, Graph, MAX_DIGITS, NodeId, Op, Rearrange, Shape,
};

use crate::kernels::shapes::{check_alone, image, images};
use crate::kernels::support::trial::{Trial, add_reader, single};
use crate::kernels::support::{cases, devices};

fn axis() -> impl Strategy<Value = Axis> {
    prop::sample::select(&Axis::ALL[..])
}

/// So many digits of any axes, each with up to `extent` values and steps below, and an input that is just large
/// enough or larger.
fn rearrangement(
    digits: RangeInclusive<usize>,
    extent: usize,
) -> impl Strategy<Value = (Shape, Rearrange)> {
    let digit = (axis(), 1..=extent, axis(), 0..extent)
        .prop_map(|(to, extent, from, step)| AxisDigit { to, extent, from, step });
    let around =
        ((0..=3_usize, 0..=2_usize), (0..=3_usize, 0..=2_usize), (0..=3_usize, 0..=2_usize));
    (proptest::collection::vec(digit, digits), around).prop_map(|(digits, (c, y, x))| {
        let reach = |axis: Axis| {
            let own = digits.iter().filter(|digit| digit.from == axis);
            own.map(|digit| (digit.extent - 1) * digit.step).sum::<usize>() + 1
        };
        let [channels, rows, columns] = Axis::ALL.map(reach);
        let input = Shape::new(channels + c.0 + c.1, rows + y.0 + y.1, columns + x.0 + x.1);
        (input, Rearrange::new([c.0, y.0, x.0], &digits).unwrap())
    })
}

#[test]
fn rearrangements_are_exact() {
    let is_small = |(input, rearrange): &(Shape, Rearrange)| {
        input.volume() <= 20_000 && rearrange.shape.volume() <= 20_000
    };
    let few = rearrangement(0..=7, 5).prop_filter("small enough", is_small);
    check_alone(80, few, |&rearrange| Op::Rearrange(rearrange));
    let many = rearrangement(8..=MAX_DIGITS, 3).prop_filter("small enough", is_small);
    check_alone(40, many, |&rearrange| Op::Rearrange(rearrange));
}

/// The digits that split channels into heads: `[heads * width, 1, tokens]` to `[width, heads, tokens]`.
fn heads(heads: usize, width: usize, tokens: usize) -> [AxisDigit; 3] {
    [
        AxisDigit { to: Axis::Channel, extent: width, from: Axis::Channel, step: 1 },
        AxisDigit { to: Axis::Row, extent: heads, from: Axis::Channel, step: width },
        AxisDigit { to: Axis::Column, extent: tokens, from: Axis::Column, step: 1 },
    ]
}

#[test]
fn heads_are_split_exactly() {
    let mut devices = devices::all();
    // Heads of whole blocks of channels, of parts of blocks, and across blocks.
    for (index, (count, width)) in
        [(3, 16), (2, 32), (4, 8), (3, 12), (2, 5)].into_iter().enumerate()
    {
        let (tokens, start) = (17, count * width);
        let rearrange = Rearrange::new([start, 0, 0], &heads(count, width, tokens)).unwrap();
        let input = Shape::new(3 * start, 1, tokens);
        let trial = Trial::whole(single(input, Op::Rearrange(rearrange)).unwrap(), 3, index as u64);
        trial.check(&mut devices, NodeId(1)).unwrap();
    }
}

/// The images plus a parameter of their shape; the sum is node 2.
fn sum(shape: Shape) -> Graph {
    let mut graph = Graph::new();
    let image = graph.input(shape);
    let parameter = graph.add("parameter", Op::Parameter(shape), &[]).unwrap();
    let sum = graph.add("sum", Op::Add, &[image, parameter]).unwrap();
    add_reader(&mut graph, sum);
    add_reader(&mut graph, parameter);
    graph
}

#[test]
fn parameters_are_the_same_for_every_image() {
    let mut devices = devices::all();
    cases::run(30, &(image(), images(), any::<u64>()), |(shape, images, seed)| {
        let trial = Trial::whole(sum(shape), images, seed);
        trial.check(&mut devices, NodeId(1))?;
        trial.check(&mut devices, NodeId(2)).map(|()| true)
    });
}

/// A parameter is not a zero tensor, even one that only a ReLU reads.
#[test]
fn a_parameter_alone_is_counted() {
    let mut graph = Graph::new();
    graph.input(Shape::new(1, 1, 1));
    let parameter = graph.add("parameter", Op::Parameter(Shape::new(5, 2, 3)), &[]).unwrap();
    graph.add("relu", Op::Activation(Activation::RELU), &[parameter]).unwrap();
    Trial::whole(graph, 4, 3).check(&mut devices::all(), parameter).unwrap();
}

/// One value that comes from the wrong place, and one parameter that is off by one, are seen.
#[test]
fn other_places_and_values_are_noticed() {
    let mut devices = devices::all();
    let input = Shape::new(24, 1, 9);
    let network = |start| {
        let rearrange = Rearrange::new([start, 0, 0], &heads(2, 6, 9)).unwrap();
        Trial::whole(single(input, Op::Rearrange(rearrange)).unwrap(), 2, 1)
    };
    let (trial, other) = (network(0), network(1));
    let mut sums = Trial::whole(sum(Shape::new(5, 3, 4)), 2, 1);
    let right = sums.expected();
    let mut layer = sums.weights.get(NodeId(1)).unwrap().clone();
    layer.weight[7] += 1.0;
    sums.weights.set(NodeId(1), layer);
    for device in &mut devices {
        let found = other.run(device, &other.expected()).unwrap();
        assert!(trial.expected().same(&trial.graph, &found).is_err(), "{}", device.name);
        let found = sums.run(device, &right).unwrap();
        assert!(right.same(&sums.graph, &found).is_err(), "{}", device.name);
    }
}
