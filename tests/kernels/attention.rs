//! Products of two activations.

use proptest::prelude::*;
use untrained::graph::{Activation, Conv, Graph, NodeId, Op, Shape, Window};

use crate::kernels::shapes::images;
use crate::kernels::support::trial::Trial;
use crate::kernels::support::{cases, devices};

/// The extents of a product: rows, columns, terms and output channels.
#[derive(Clone, Copy, Debug)]
struct Extents {
    rows: usize,
    columns: usize,
    terms: usize,
    outputs: usize,
}

/// A product of two convolutions of the images, which have one row more of columns than both need;
/// the product is node 5.
fn product(extents: Extents) -> Graph {
    let Extents { rows, columns, terms, outputs } = extents;
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(2, rows, columns.max(terms)));
    let mut factor = |label: &str, width, channels| {
        let window = Window { top: 0, left: 0, height: rows, width, stride: [1, 1] };
        let cut = graph.add(format!("{label} cut"), Op::Window(window), &[image]).unwrap();
        graph.add(label, Op::Conv(Conv::square(channels, 1, 1)), &[cut]).unwrap()
    };
    let (a, b) = (factor("a", columns, terms), factor("b", terms, outputs));
    let product = graph.add("product", Op::MatMul, &[a, b]).unwrap();
    graph.add("relu", Op::Activation(Activation::RELU), &[product]).unwrap();
    graph
}

/// Sizes around the edges of vectors, tiles and groups of blocks.
fn extent() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1..=9_usize, 3 => 14..=19_usize, 1 => 30..=70_usize]
}

#[test]
fn products_are_exact() {
    let mut devices = devices::all();
    let extents = (1..=4_usize, extent(), extent(), extent());
    cases::run(60, &(extents, images(), any::<u64>()), |(extents, images, seed)| {
        let (rows, columns, terms, outputs) = extents;
        let graph = product(Extents { rows, columns, terms, outputs });
        Trial::whole(graph, images, seed).check(&mut devices, NodeId(5)).map(|()| true)
    });
}

#[test]
fn products_of_attention_sizes_are_exact() {
    let mut devices = devices::all();
    // Scores and mixtures of 2 heads of 64 channels over 197 tokens.
    for (terms, outputs) in [(64, 197), (197, 64)] {
        let graph = product(Extents { rows: 2, columns: 197, terms, outputs });
        Trial::whole(graph, 2, 1).check(&mut devices, NodeId(5)).unwrap();
    }
}

/// Both factors may be one tensor, and a factor may have a border for a convolution.
#[test]
fn a_tensor_may_be_both_factors() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(17, 3, 17));
    let square = graph.add("square", Op::MatMul, &[image, image]).unwrap();
    graph.add("relu", Op::Activation(Activation::RELU), &[square]).unwrap();
    let conv = graph.add("conv", Op::Conv(Conv::square(4, 3, 1)), &[image]).unwrap();
    graph.add("relu 2", Op::Activation(Activation::RELU), &[conv]).unwrap();
    Trial::whole(graph, 3, 5).check(&mut devices::all(), square).unwrap();
}

/// A factor that is zero makes the product zero, and nothing of it is computed.
#[test]
fn a_zero_factor_makes_zero() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(4, 2, 4));
    let none = graph.add("none", Op::Scale(0.0), &[image]).unwrap();
    let product = graph.add("product", Op::MatMul, &[image, none]).unwrap();
    graph.add("relu", Op::Activation(Activation::RELU), &[product]).unwrap();
    graph.add("relu 2", Op::Activation(Activation::RELU), &[image]).unwrap();
    let trial = Trial::whole(graph, 3, 5);
    let plan = trial.plan();
    assert_eq!((plan.constant_units, plan.macs()), (32, 0));
    trial.check(&mut devices::all(), image).unwrap();
}

/// A weight of either factor that is off by one is seen.
#[test]
fn another_factor_is_noticed() {
    let mut devices = devices::all();
    let trial = Trial::whole(product(Extents { rows: 2, columns: 9, terms: 7, outputs: 18 }), 2, 3);
    let expected = trial.expected();
    for factor in [NodeId(2), NodeId(4)] {
        let mut other = trial.clone();
        let mut layer = other.weights.get(factor).unwrap().clone();
        layer.weight[1] += 1.0;
        other.weights.set(factor, layer);
        for device in &mut devices {
            let found = other.run(device, &expected).unwrap();
            assert!(expected.same(&trial.graph, &found).is_err(), "{}", device.name);
        }
    }
}
