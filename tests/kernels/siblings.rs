//! Convolutions of one tensor with one geometry, which a backend may run as one, while only some of
//! them feed a batch-norm.

use proptest::prelude::*;
use untrained::graph::{Activation, BatchNorm, Conv, Graph, NodeId, Op, Shape};
use untrained::plan::PlanStep;

use crate::kernels::close::check_norms;
use crate::kernels::shapes::images;
use crate::kernels::support::trial::{Trial, add_reader};
use crate::kernels::support::{cases, devices};

/// Convolutions of the positive images; those whose bit of `normalised` is set feed a batch-norm.
fn network(input: Shape, convs: &[Conv], normalised: u32) -> Graph {
    let mut graph = Graph::new();
    let image = graph.input(input);
    let relu = graph.add("relu", Op::Activation(Activation::RELU), &[image]).unwrap();
    let add = |graph: &mut Graph, index: usize| {
        graph.add(format!("conv {index}"), Op::Conv(convs[index]), &[relu]).unwrap()
    };
    let nodes: Vec<NodeId> = (0..convs.len()).map(|index| add(&mut graph, index)).collect();
    for (index, &node) in nodes.iter().enumerate() {
        if normalised >> index & 1 == 1 {
            let norm = Op::BatchNorm(BatchNorm::default());
            let norm = graph.add(format!("norm {index}"), norm, &[node]).unwrap();
            add_reader(&mut graph, norm);
        } else {
            let label = format!("relu {index}");
            graph.add(label, Op::Activation(Activation::RELU), &[node]).unwrap();
        }
    }
    graph
}

/// How many convolutions of the plan stand behind a sibling.
fn gathered(trial: &Trial) -> usize {
    let plan = trial.plan();
    let pairs = plan.steps.windows(2).filter(|pair| match (&pair[0].step, &pair[1].step) {
        (PlanStep::Conv(a), PlanStep::Conv(b)) => a.is_sibling(b),
        _ => false,
    });
    pairs.count()
}

/// Every choice of normalised ones among four convolutions of odd widths.
#[test]
fn any_of_them_may_be_normalised() {
    let mut devices = devices::all();
    let widths = [5, 16, 20, 33];
    for normalised in 0..1 << widths.len() {
        let convs = widths.map(|width| Conv::square(width, 3, 1));
        let trial = Trial::whole(network(Shape::new(19, 5, 17), &convs, normalised), 2, 1);
        assert_eq!(gathered(&trial), 3, "they are next to each other");
        let result = match normalised {
            0 => trial.check(&mut devices, NodeId(2)),
            _ => check_norms(&trial, &mut devices).map(|_| ()),
        };
        result.unwrap_or_else(|reason| panic!("normalised {normalised:04b}: {reason}"));
    }
}

/// Siblings, near siblings of another geometry, groups and biases, in any order.
#[test]
fn mixtures_are_computed_each_on_its_own() {
    let mut devices = devices::all();
    let conv = (
        prop::sample::select(&[4_usize, 8, 16, 20, 36][..]),
        prop::sample::select(&[1_usize, 1, 1, 2, 4, 12][..]),
        prop::sample::select(&[1_usize, 3, 3][..]),
        1..=2_usize,
        any::<bool>(),
    );
    let conv = conv.prop_map(|(outputs, groups, kernel, stride, bias)| {
        // Twelve groups of the twelve channels are the depthwise kernel.
        let out_channels = if groups == 12 { 12 } else { outputs };
        Conv { groups, bias, ..Conv::square(out_channels, kernel, stride) }
    });
    let convs = proptest::collection::vec(conv, 2..=6);
    let strategy = (convs, any::<u32>(), 1..=18_usize, 1..=9_usize, images(), any::<u64>());
    let mut siblings = 0;
    cases::run(40, &strategy, |(convs, normalised, width, height, images, seed)| {
        let graph = network(Shape::new(12, height, width), &convs, normalised);
        let trial = Trial::whole(graph, images, seed);
        siblings += gathered(&trial);
        let any = normalised & ((1 << convs.len()) - 1) != 0;
        match any {
            true => check_norms(&trial, &mut devices).map(|_| true),
            false => trial.check(&mut devices, NodeId(2)).map(|()| true),
        }
    });
    assert!(siblings > 10, "only {siblings} siblings among all cases");
}
