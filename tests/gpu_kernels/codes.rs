//! Codes, their order of bits, and the Hamming kernel.

use untrained::graph::{Conv, Graph, Op, Relu, Shape};
use untrained::plan::Count;
use untrained::plan::Plan;

use crate::trial::{Trial, backend, single};

fn check_codes(trial: &Trial) -> bool {
    let Some(mut backend) = backend() else { return false };
    let traced = trial.run(&mut backend, &[]).unwrap();
    trial.check_codes(&traced, &trial.reference());
    true
}

#[test]
fn codes_of_odd_shapes_and_batches_are_exact() {
    let cases = [(1, 1, 1, 1), (2, 5, 3, 3), (31, 1, 7, 5), (33, 3, 8, 8), (70, 9, 6, 5)];
    for (images, channels, height, width) in cases {
        let shape = Shape::new(channels, height, width);
        let trial = Trial::new(single(shape, Op::Scale(1.0)).unwrap(), images, 4);
        if !check_codes(&trial) {
            return;
        }
    }
}

#[test]
fn codes_longer_than_a_stretch_are_exact() {
    let trial = Trial::new(single(Shape::new(70, 24, 24), Op::Scale(-1.0)).unwrap(), 35, 9);
    check_codes(&trial);
}

/// Several ReLUs of one tensor count together, differently weighted codes apart.
#[test]
fn weights_of_codes_count() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 9, 9));
    let mut last = image;
    for (index, calls) in [1, 3, 1, 2, 3].into_iter().enumerate() {
        let conv = Op::Conv(Conv::square(5, 3, 1));
        let conv = graph.add(format!("conv {index}"), conv, &[last]).unwrap();
        let relu = Relu { calls, published_calls: calls };
        last = graph.add(format!("relu {index}"), Op::Relu(relu), &[conv]).unwrap();
        graph.add(format!("again {index}"), Op::Relu(Relu::ONCE), &[conv]).unwrap();
    }
    let trial = Trial::new(graph, 6, 11);
    let weights: Vec<u32> = trial.plan().codes.iter().map(|code| code.weight).collect();
    assert_eq!(weights, [2, 4, 2, 3, 4]);
    check_codes(&trial);
}

/// Distances that pass 32 bits together are summed in several matrices.
#[test]
fn sums_past_32_bits_are_exact() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(4, 16, 16));
    for index in 0..3 {
        let conv = Op::Conv(Conv::square(4, 1, 1));
        let conv = graph.add(format!("conv {index}"), conv, &[image]).unwrap();
        let relu = Relu { calls: 4_000_000, published_calls: 1 };
        graph.add(format!("relu {index}"), Op::Relu(relu), &[conv]).unwrap();
    }
    let trial = Trial::new(graph, 3, 12);
    let plan = Plan::new(&trial.graph, &trial.weights, Count::Paper).unwrap();
    assert!(plan.units > u64::from(u32::MAX));
    check_codes(&trial);
}
