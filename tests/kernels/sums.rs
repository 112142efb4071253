//! Sums of scaled terms: the fused kernel without norms.

use proptest::prelude::*;
use untrained::graph::{Conv, Graph, NodeId, Op, Shape};
use untrained::plan::{MAX_TERMS, PlanStep};

use crate::kernels::shapes::{image, images};
use crate::kernels::support::trial::{Trial, add_reader};
use crate::kernels::support::{cases, devices};

/// Whole numbers and binary fractions: products with small whole numbers are exact.
fn factor() -> impl Strategy<Value = f32> {
    prop::sample::select(&[1.0, -1.0, 2.0, -3.0, 0.5, 0.25, 0.0, 7.0][..])
}

/// The sum of the images and of convolutions of them, each with a factor; and its node.
fn sum_of(input: Shape, factors: &[f32]) -> (Graph, NodeId) {
    let mut graph = Graph::new();
    let image = graph.input(input);
    let mut terms = Vec::new();
    for (index, &factor) in factors.iter().enumerate() {
        let mut term = image;
        if index > 0 {
            let conv = Op::Conv(Conv::square(input.channels, 1 + index % 2 * 2, 1));
            term = graph.add(format!("conv {index}"), conv, &[image]).unwrap();
        }
        if factor != 1.0 {
            term = graph.add(format!("scale {index}"), Op::Scale(factor), &[term]).unwrap();
        }
        terms.push(term);
    }
    let sum = graph.add("sum", Op::Add, &terms).unwrap();
    add_reader(&mut graph, sum);
    (graph, sum)
}

#[test]
fn sums_of_one_to_seven_scaled_terms_are_exact() {
    let mut devices = devices::all();
    for count in 1..=7 {
        let factors = proptest::collection::vec(factor(), count);
        let strategy = (image(), factors, images(), any::<u64>());
        cases::run(6, &strategy, |(input, factors, images, seed)| {
            if factors.iter().all(|&factor| factor == 0.0) {
                return Ok(false);
            }
            let (graph, sum) = sum_of(input, &factors);
            Trial::whole(graph, images, seed).check(&mut devices, sum).map(|()| true)
        });
    }
}

/// Seven terms need more than one step; so the chain of steps was tested above.
#[test]
fn long_sums_are_chained() {
    let (graph, _) = sum_of(Shape::new(2, 3, 3), &[2.0; 7]);
    let plan = Trial::whole(graph, 1, 0).plan();
    let sums = plan.steps.iter().filter_map(|planned| match &planned.step {
        PlanStep::Combine(combine) => Some(combine.terms.len()),
        _ => None,
    });
    let sums: Vec<usize> = sums.filter(|&terms| terms > 1).collect();
    assert_eq!(sums, [MAX_TERMS, 7 - MAX_TERMS + 1]);
}

/// Sums of sums, with terms that are shared and terms that appear twice.
#[test]
fn nested_sums_are_exact() {
    let mut devices = devices::all();
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(18, 5, 17));
    let mut nodes = vec![image];
    for level in 0..5 {
        let conv = Op::Conv(Conv::square(18, 1, 1));
        let conv = graph.add(format!("conv {level}"), conv, &[image]).unwrap();
        let last = nodes[nodes.len() - 1];
        let half = graph.add(format!("half {level}"), Op::Scale(0.5), &[last]).unwrap();
        let terms = [half, conv, last, conv];
        nodes.push(graph.add(format!("sum {level}"), Op::Add, &terms).unwrap());
    }
    for &node in &nodes[1..] {
        add_reader(&mut graph, node);
    }
    let last = nodes[nodes.len() - 1];
    Trial::whole(graph, 3, 7).check(&mut devices, last).unwrap();
}

/// A factor that is off by an eighth is seen.
#[test]
fn another_factor_is_noticed() {
    let mut devices = devices::all();
    let network = |factor| {
        let (graph, _) = sum_of(Shape::new(5, 6, 7), &[1.0, factor, -1.0]);
        Trial::whole(graph, 2, 1)
    };
    let (trial, other) = (network(2.0), network(2.125));
    let (expected, other_expected) = (trial.expected(), other.expected());
    for device in &mut devices {
        let found = other.run(device, &other_expected).unwrap();
        assert!(expected.same(&trial.graph, &found).is_err(), "{}", device.name);
    }
}
