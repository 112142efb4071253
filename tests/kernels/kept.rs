//! Activations that a plan keeps: those of any node, from the pass that gives the kernel matrix, which
//! they leave as it is.

use proptest::prelude::*;
use untrained::backend::{Backend, BackendError, Cancel, Network, RunOutput};
use untrained::graph::{Activation, BatchNorm, Conv, Graph, Linear, NodeId, Op, Resize, Shape};
use untrained::plan::{Count, Plan, PlanError, PlanStep};

use crate::kernels::networks::{ends_in_underflow, limit, random};
use crate::kernels::random_graph::{Kind, genes, grow};
use crate::kernels::support::devices::{self, Device};
use crate::kernels::support::trial::{Trial, run_alone, same_values};
use crate::kernels::support::{cases, exact, reference};

/// Small networks and batches.
fn network_cases()
-> impl Strategy<Value = (Shape, Vec<crate::kernels::random_graph::Gene>, usize, u64)> {
    let input = (1..=6_usize, 1..=9_usize, 1..=9_usize).prop_map(|(c, h, w)| Shape::new(c, h, w));
    (input, genes(4..=24), 2..=4_usize, any::<u64>())
}

fn keeping(trial: &Trial, keep: &[NodeId]) -> Plan {
    Plan::keeping(&trial.graph, &trial.weights, trial.count, keep).unwrap()
}

fn run(device: &mut Device, trial: &Trial, plan: &Plan) -> Result<RunOutput, String> {
    run_alone(device.backend(), Network { plan, weights: &trial.weights }, &trial.batch)
}

/// Keeps every node, the last first, and compares: kernel matrix and codes with those of a run that
/// keeps nothing, values by `same`.
fn check_all(
    trial: &Trial,
    devices: &mut [Device],
    same: impl Fn(&str, &[f32], &[f32]) -> Result<(), String>,
) -> Result<(), String> {
    let keep: Vec<NodeId> = (0..trial.graph.nodes().len() as u32).rev().map(NodeId).collect();
    let (bare, plan) = (trial.plan(), keeping(trial, &keep));
    let expected = reference::evaluate(&trial.graph, &trial.weights, &trial.batch);
    for device in devices {
        let bare = run(device, trial, &bare)?;
        let output = run(device, trial, &plan)?;
        if output.kernel != bare.kernel || output.codes != bare.codes {
            return Err(format!("{}: keeping changes codes", device.name));
        }
        assert!(bare.kept.is_empty());
        let nodes: Vec<NodeId> = output.kept.iter().map(|kept| kept.node).collect();
        assert_eq!(nodes, keep, "the order is that of the request");
        for kept in &output.kept {
            let node = trial.graph.node(kept.node);
            assert_eq!(kept.shape, node.shape);
            same(&node.label, &kept.values, expected.of(kept.node))
                .map_err(|reason| format!("{}: {reason}", device.name))?;
        }
    }
    Ok(())
}

/// Whether values are as close as those of other tests on networks with norms.
fn close(label: &str, found: &[f32], expected: &[f32]) -> Result<(), String> {
    let limit = limit(expected);
    let far = |(found, expected): &(&f32, &f32)| {
        let error = (f64::from(**found) - f64::from(**expected)).abs();
        error.is_nan() || error > limit
    };
    assert_eq!(found.len(), expected.len(), "{label}");
    match found.iter().zip(expected).find(far) {
        Some((found, expected)) => Err(format!("{label}: {found}, expected {expected}")),
        None => Ok(()),
    }
}

#[test]
fn every_node_of_whole_numbers_is_exact() {
    let mut devices = devices::all();
    cases::run(60, &network_cases(), |(input, genes, images, seed)| {
        let trial = Trial::thin(grow(input, &genes, Kind::Whole), images, seed);
        if !exact::is_exact(&trial) {
            return Ok(false);
        }
        check_all(&trial, &mut devices, same_values).map(|()| true)
    });
}

#[test]
fn every_node_of_networks_with_norms_is_close() {
    let mut devices = devices::all();
    cases::run(60, &network_cases(), |(input, genes, images, seed)| {
        let trial = random(grow(input, &genes, Kind::Normalised), images, seed);
        if ends_in_underflow(&trial) {
            return Ok(false);
        }
        check_all(&trial, &mut devices, close).map(|()| true)
    });
}

/// conv - norm - ReLU, a branch that is zero, and a classifier that no code depends on.
fn mixed() -> (Graph, [NodeId; 8]) {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 6, 5));
    let mut add = |label: &str, op, inputs: &[NodeId]| graph.add(label, op, inputs).unwrap();
    let conv = add("conv", Op::Conv(Conv::square(18, 3, 1)), &[image]);
    let norm = add("norm", Op::BatchNorm(BatchNorm::default()), &[conv]);
    let none = add("none", Op::Scale(0.0), &[norm]);
    let dead = add("dead", Op::Conv(Conv::square(4, 1, 1)), &[none]);
    let relu = add("relu", Op::Activation(Activation::RELU), &[norm]);
    let pooled = add("pool", Op::GlobalAvgPool, &[relu]);
    let logits = add("logits", Op::Linear(Linear { out_features: 10, bias: true }), &[pooled]);
    graph.set_output(logits);
    (graph, [image, conv, norm, none, dead, relu, pooled, logits])
}

/// A comparison with the values of another node fails.
#[test]
fn values_of_another_node_do_not_pass() {
    let (graph, [_, conv, norm, _, _, relu, ..]) = mixed();
    let trial = random(graph, 4, 3);
    let values = reference::evaluate(&trial.graph, &trial.weights, &trial.batch);
    let plan = keeping(&trial, &[conv, norm, relu]);
    for device in &mut devices::all() {
        let kept = run(device, &trial, &plan).unwrap().kept;
        for (index, node) in [conv, norm, relu].into_iter().enumerate() {
            for (other, kept) in kept.iter().enumerate() {
                let result = close("node", &kept.values, values.of(node));
                assert_eq!(result.is_ok(), index == other, "{}: {node:?}", device.name);
            }
        }
    }
}

#[test]
fn fused_zero_dead_and_repeated_nodes_are_there() {
    let (graph, nodes) = mixed();
    let [image, conv, norm, none, dead, relu, _, logits] = nodes;
    let mut trial = random(graph, 5, 1);
    trial.weights.set(
        dead,
        untrained::weights::LayerWeights { weight: vec![1.0; 72], ..Default::default() },
    );
    let bare = trial.plan();
    assert!(
        trial.graph.labelled("norm").eq([norm]) && trial.graph.labelled("nor").next().is_none()
    );
    let plan = keeping(&trial, &[relu, norm, conv, none, dead]);
    assert_eq!(plan.kept[3].tensor, None, "a zero takes no memory");
    assert_eq!(plan.kept[4].tensor, None);
    let combines = |plan: &Plan| {
        plan.steps.iter().filter(|planned| matches!(planned.step, PlanStep::Combine(_))).count()
    };
    // The step that packs the code stores the value and the ReLU as well.
    assert_eq!((plan.steps.len(), combines(&plan)), (bare.steps.len(), combines(&bare)));
    check_all(&trial, &mut devices::all(), close).unwrap();
    let keep = [logits, image, logits, none];
    let plan = keeping(&trial, &keep);
    let weighted: Vec<NodeId> = plan.weighted_nodes().collect();
    assert!(weighted.contains(&logits) && !bare.weighted_nodes().any(|node| node == logits));
    for device in &mut devices::all() {
        let kept = run(device, &trial, &plan).unwrap().kept;
        assert_eq!(kept.len(), 4);
        assert_eq!(kept[0], kept[2]);
        assert_eq!(kept[0].image(4).len(), 10);
        assert_eq!(kept[1].values, trial.batch.values);
        assert_eq!(kept[3].values, vec![0.0; 5 * 18 * 30]);
    }
}

/// Nothing kept, nothing paid: no step, no tensor and no memory more.
#[test]
fn what_is_not_kept_costs_nothing() {
    let (graph, [_, conv, ..]) = mixed();
    let trial = random(graph, 4, 2);
    let bare = trial.plan();
    let writes = |plan: &Plan| -> usize {
        plan.steps.iter().map(|planned| planned.step.writes().len()).sum()
    };
    // The convolution's raw output; sum and ReLU are not stored, the classifier not computed.
    assert_eq!((bare.steps.len(), writes(&bare), bare.tensors.len()), (2, 1, 2));
    assert_eq!(bare.slots, [3 * 30, 18 * 30]);
    assert_eq!(keeping(&trial, &[conv]).slots, bare.slots);
    assert!(bare.kept.is_empty());
}

/// A tensor that comes back in several parts: 20 MiB of it.
#[test]
fn large_tensors_are_whole() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(5, 8, 8));
    graph.add("relu", Op::Activation(Activation::RELU), &[image]).unwrap();
    let large = graph.add("large", Op::Resize(Resize { factors: [16, 16] }), &[image]).unwrap();
    let trial = Trial::whole(graph, 40, 4);
    let values = reference::evaluate(&trial.graph, &trial.weights, &trial.batch);
    let plan = keeping(&trial, &[large]);
    for device in &mut devices::all() {
        let kept = run(device, &trial, &plan).unwrap().kept;
        same_values("large", &kept[0].values, values.of(large)).unwrap();
    }
}

#[test]
fn a_node_of_no_graph_is_named() {
    let (graph, _) = mixed();
    let error = Plan::keeping(&graph, &Default::default(), Count::Paper, &[NodeId(1), NodeId(8)]);
    let error = error.unwrap_err();
    assert!(matches!(error, PlanError::NoSuchNode { node: 8, nodes: 8 }), "{error}");
    assert!(error.to_string().contains("node 8 cannot be kept"), "{error}");
}

/// Terabytes that only a kept node needs are refused before anything is allocated, and so are zeros,
/// which only the answer holds.
#[test]
fn memory_of_kept_nodes_is_counted() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(1, 256, 256));
    graph.add("relu", Op::Activation(Activation::RELU), &[image]).unwrap();
    let factors = [1 << 10, 1 << 10];
    let large = graph.add("large", Op::Resize(Resize { factors }), &[image]).unwrap();
    let none = graph.add("none", Op::Scale(0.0), &[large]).unwrap();
    let trial = Trial::whole(graph, 2, 4);
    for device in &mut devices::all() {
        run(device, &trial, &trial.plan()).unwrap();
        for node in [large, none] {
            let plan = keeping(&trial, &[node]);
            let network = Network { plan: &plan, weights: &trial.weights };
            let backend: &mut dyn Backend = device.backend();
            let mut results = backend.run(&[network], &trial.batch, false, &Cancel::new());
            match results.pop().unwrap().unwrap_err() {
                BackendError::OverLimit { needed, .. } => assert!(needed >= 1 << 39, "{needed}"),
                error => assert!(node == none && error.to_string().contains("bytes"), "{error}"),
            }
        }
    }
}
