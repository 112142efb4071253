//! Codes, their order of bits and weights, and the Hamming kernel.

use proptest::prelude::*;
use untrained::graph::{Activation, Conv, Graph, NodeId, Op, Shape};
use untrained::plan::Count;

use crate::kernels::shapes::image;
use crate::kernels::support::trial::{Trial, differing_bits, single};
use crate::kernels::support::{cases, devices};

#[test]
fn codes_of_any_shape_and_batch_are_exact() {
    let mut devices = devices::all();
    let strategy = (image(), 1..=70_usize, prop::bool::ANY, any::<u64>());
    cases::run(40, &strategy, |(input, images, negate, seed)| {
        let factor = if negate { -1.0 } else { 1.0 };
        let graph = single(input, Op::Scale(factor)).unwrap();
        Trial::whole(graph, images, seed).check(&mut devices, NodeId(0)).map(|()| true)
    });
}

#[test]
fn codes_longer_than_a_stretch_are_exact() {
    let trial = Trial::whole(single(Shape::new(70, 24, 24), Op::Scale(-1.0)).unwrap(), 35, 9);
    trial.check(&mut devices::all(), NodeId(0)).unwrap();
}

/// Several ReLUs of one tensor count together, differently weighted codes apart.
fn weighted() -> Graph {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 9, 9));
    let mut last = image;
    for (index, calls) in [1, 3, 1, 2, 3].into_iter().enumerate() {
        let conv = Op::Conv(Conv::square(5, 3, 1));
        let conv = graph.add(format!("conv {index}"), conv, &[last]).unwrap();
        let relu = Activation::relu(calls, calls + 1);
        last = graph.add(format!("relu {index}"), Op::Activation(relu), &[conv]).unwrap();
        graph
            .add(format!("again {index}"), Op::Activation(Activation::RELU_OPENS_MODULE), &[conv])
            .unwrap();
    }
    graph
}

#[test]
fn weights_of_codes_count() {
    let mut devices = devices::all();
    let weights_by_count = [
        (Count::Paper, vec![2, 4, 2, 3, 4]),
        (Count::Published, vec![4, 6, 4, 5, 6]),
        // The last node, the second ReLU of the last convolution, is the output.
        (Count::Live, vec![1, 3, 1, 2, 1]),
    ];
    for (count, expected) in weights_by_count {
        let trial = Trial { count, ..Trial::thin(weighted(), 6, 11) };
        let weights: Vec<u32> = trial.plan().codes.iter().map(|code| code.multiplicity).collect();
        assert_eq!(weights, expected, "{count}");
        trial.check(&mut devices, NodeId(1)).unwrap_or_else(|reason| panic!("{count}: {reason}"));
    }
}

/// Distances that pass 32 bits together are exact.
#[test]
fn sums_past_32_bits_are_exact() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(4, 16, 16));
    for index in 0..3 {
        let conv = Op::Conv(Conv::square(4, 1, 1));
        let conv = graph.add(format!("conv {index}"), conv, &[image]).unwrap();
        let relu = Activation::relu(4_000_000, 1);
        graph.add(format!("relu {index}"), Op::Activation(relu), &[conv]).unwrap();
    }
    let trial = Trial::whole(graph, 3, 12);
    assert!(trial.plan().units > u64::from(u32::MAX));
    trial.check(&mut devices::all(), NodeId(1)).unwrap();
}

/// A single pixel that changes its sign changes one bit, and K with it.
#[test]
fn one_bit_is_noticed() {
    let mut devices = devices::all();
    let trial = Trial::whole(single(Shape::new(5, 6, 7), Op::Scale(1.0)).unwrap(), 3, 4);
    let expected = trial.expected();
    let mut other = trial.clone();
    let changed = other.batch.values.iter().rposition(|&value| value > 0.0).unwrap();
    other.batch.values[changed] = -1.0;
    for device in &mut devices {
        let found = other.run(device, &expected).unwrap();
        let code = &found.output.codes.as_ref().unwrap()[0];
        assert_eq!(differing_bits(code, &expected.codes[0]), 1, "{}", device.name);
        assert_ne!(*found.kernel(), expected.kernel, "{}", device.name);
        assert!(expected.same_output(&found.output).is_err(), "{}", device.name);
    }
}
