//! Whole networks: several at once, memory that is kept, batches that change, intermediate tensors.

use untrained::backend::{Backend, Cancel, Network, RunOutput};
use untrained::data::Batch;
use untrained::graph::{Activation, Conv, Graph, NodeId, Op, Padding, Pool, PoolKind, Shape};
use untrained::plan::{Plan, PlanOutputs, PlanStep};

use crate::gpu::support::devices::gpu;
use crate::gpu::support::trial::{Trial, same_values};
use crate::gpu::{VARIANTS, run};

/// A cell with shared inputs, a pool, sums and a reduction; whole numbers all the way.
fn network(width: usize, twisted: bool) -> Graph {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 8, 8));
    let mut node = graph.add("stem", Op::Conv(Conv::square(width, 3, 1)), &[image]).unwrap();
    for cell in 0..2 {
        let relu = graph
            .add(format!("{cell} relu"), Op::Activation(Activation::RELU_OPENS_MODULE), &[node])
            .unwrap();
        let sign = graph.add(format!("{cell} small"), Op::Scale(0.25), &[relu]).unwrap();
        let left = graph
            .add(format!("{cell} left"), Op::Conv(Conv::square(width, 3, 1)), &[sign])
            .unwrap();
        let right = graph
            .add(format!("{cell} right"), Op::Conv(Conv::square(width, 1, 1)), &[sign])
            .unwrap();
        let pool =
            Pool { kind: PoolKind::Max, kernel: [3, 3], stride: [1, 1], padding: Padding::same(1) };
        let pool = graph.add(format!("{cell} pool"), Op::Pool(pool), &[node]).unwrap();
        let parts = if twisted { vec![right, pool, left] } else { vec![left, right, pool, node] };
        node = graph.add(format!("{cell} sum"), Op::Add, &parts).unwrap();
    }
    graph.add("last relu", Op::Activation(Activation::RELU), &[node]).unwrap();
    graph
}

#[test]
fn networks_at_once_give_what_each_gives_alone() {
    let Some(mut backend) = gpu() else { return };
    let trials: Vec<Trial> = [(4, false), (6, true), (4, false), (9, true), (4, true)]
        .into_iter()
        .enumerate()
        .map(|(seed, (width, twisted))| Trial::whole(network(width, twisted), 5, seed as u64))
        .collect();
    let batch = &trials[0].batch;
    let plans: Vec<Plan> = trials.iter().map(Trial::plan).collect();
    let networks: Vec<Network<'_>> = plans
        .iter()
        .zip(&trials)
        .map(|(plan, trial)| Network { plan, weights: &trial.weights })
        .collect();
    let mut kernels = Vec::new();
    let mut dispatches = Vec::new();
    for variant in VARIANTS {
        for at_once in [1, 2, 5] {
            backend.set_conv_variant(variant);
            backend.set_networks_at_once(at_once);
            assert_eq!(backend.preferred_networks(), at_once);
            let outputs = backend.run(&networks, batch, true, &Cancel::new());
            dispatches.push(backend.last_cost().dispatches);
            kernels.push(
                outputs
                    .into_iter()
                    .map(|output| {
                        let output = output.unwrap();
                        (output.kernel, output.codes)
                    })
                    .collect::<Vec<_>>(),
            );
        }
    }
    for (trial, (kernel, codes)) in trials.iter().zip(&kernels[0]) {
        let alone = Trial { batch: batch.clone(), ..trial.clone() };
        let (kept, sites, last) = (Vec::new(), Vec::new(), None);
        let output = RunOutput { kernel: kernel.clone(), codes: codes.clone(), kept, sites, last };
        alone.expected().same_output(&output).unwrap();
    }
    assert!(kernels.iter().all(|other| *other == kernels[0]));
    assert_ne!(kernels[0][0], kernels[0][2], "other weights give other codes");
    // The last group is one network alone, two (of which one), or all five.
    assert!(dispatches[2] < dispatches[0] * 5 / 2, "{dispatches:?}: nothing was merged");
}

/// Each network of a group has its own kept nodes, or none.
#[test]
fn networks_at_once_keep_their_own_nodes() {
    let Some(mut backend) = gpu() else { return };
    let trials: Vec<Trial> = [(4, false), (6, true), (9, true)]
        .into_iter()
        .map(|(width, twisted)| Trial::whole(network(width, twisted), 5, width as u64))
        .collect();
    let batch = &trials[0].batch;
    let last = |trial: &Trial| NodeId(trial.graph.nodes().len() as u32 - 1);
    let keep = [vec![NodeId(3), last(&trials[0])], Vec::new(), vec![NodeId(1), NodeId(0)]];
    let plan = |(trial, keep): (&Trial, &Vec<NodeId>)| {
        Plan::keeping(&trial.graph, &trial.weights, trial.count, keep).unwrap()
    };
    let plans: Vec<Plan> = trials.iter().zip(&keep).map(plan).collect();
    let networks: Vec<Network<'_>> = plans
        .iter()
        .zip(&trials)
        .map(|(plan, trial)| Network { plan, weights: &trial.weights })
        .collect();
    backend.set_networks_at_once(3);
    let outputs = backend.run(&networks, batch, true, &Cancel::new());
    for ((trial, keep), output) in trials.iter().zip(&keep).zip(outputs) {
        let (output, alone) = (output.unwrap(), Trial { batch: batch.clone(), ..trial.clone() });
        let expected = alone.expected();
        expected.same_output(&output).unwrap();
        assert_eq!(output.kept.len(), keep.len());
        for (kept, node) in output.kept.iter().zip(keep) {
            let label = &trial.graph.node(*node).label;
            same_values(label, &kept.values, expected.values.of(*node)).unwrap();
        }
    }
}

/// Each network of a group has its own moments, rows of sampled pixels or sums, or none; with a kernel
/// matrix or without.
#[test]
fn networks_at_once_measure_their_own_tensors() {
    let Some(mut backend) = gpu() else { return };
    let wants = [(true, true), (true, false), (false, true), (false, true), (true, true)];
    let trials: Vec<Trial> = [(4, false), (9, true), (70, true), (400, false), (6, true)]
        .into_iter()
        .map(|(width, twisted)| Trial::whole(network(width, twisted), 5, width as u64))
        .collect();
    let batch = &trials[0].batch;
    let plan = |(trial, (kernel, sites)): (&Trial, &(bool, bool))| {
        let outputs = PlanOutputs { kernel: *kernel, sites: *sites, last: *sites, keep: &[] };
        Plan::with_outputs(&trial.graph, &trial.weights, trial.count, outputs).unwrap()
    };
    let plans: Vec<Plan> = trials.iter().zip(&wants).map(plan).collect();
    let networks: Vec<Network<'_>> = plans
        .iter()
        .zip(&trials)
        .map(|(plan, trial)| Network { plan, weights: &trial.weights })
        .collect();
    backend.set_networks_at_once(1);
    let alone = backend.run(&networks, batch, true, &Cancel::new());
    backend.set_networks_at_once(networks.len());
    let together = backend.run(&networks, batch, true, &Cancel::new());
    for (((alone, together), plan), (kernel, sites)) in
        alone.iter().zip(&together).zip(&plans).zip(wants)
    {
        let (alone, together) = (alone.as_ref().unwrap(), together.as_ref().unwrap());
        assert_eq!(together.kernel.is_some(), kernel);
        assert_eq!((&alone.kernel, &alone.codes), (&together.kernel, &together.codes));
        assert_eq!(together.sites.len(), plan.measured.len());
        assert_eq!(plan.measured.is_empty(), !sites);
        assert!(alone.sites == together.sites && alone.last == together.last);
    }
    let sites = |index: usize| &together[index].as_ref().unwrap().sites;
    assert_ne!(sites(0)[0].variances(), sites(4)[0].variances());
}

#[test]
fn intermediate_tensors_are_those_of_the_graph() {
    let Some(mut backend) = gpu() else { return };
    let trial = Trial::whole(network(6, false), 3, 3);
    let plan = trial.plan();
    let (mut tensors, mut nodes) = (Vec::new(), Vec::new());
    for planned in &plan.steps {
        if let PlanStep::Conv(step) = &planned.step {
            tensors.push(step.dst);
            nodes.push(step.node);
        }
    }
    assert_eq!(tensors.len(), 5);
    let traced = run(&trial, &mut backend, &tensors).unwrap();
    let expected = trial.expected();
    for (found, &node) in traced.tensors.iter().zip(&nodes) {
        same_values(&trial.graph.node(node).label, found, expected.values.of(node)).unwrap();
    }
}

#[test]
fn memory_is_kept_and_images_follow_the_batch() {
    let Some(mut backend) = gpu() else { return };
    let mut trial = Trial::whole(network(5, true), 4, 6);
    let first = run(&trial, &mut backend, &[]).unwrap();
    let bytes = backend.last_cost().bytes;
    for _ in 0..5 {
        let again = run(&trial, &mut backend, &[]).unwrap();
        assert_eq!(again.output.kernel, first.output.kernel);
    }
    assert_eq!(backend.last_cost().bytes, bytes);
    let values = trial.batch.values.iter().map(|value| -value).collect();
    trial.batch = Batch { values, ..trial.batch };
    let other = run(&trial, &mut backend, &[]).unwrap();
    assert_ne!(other.output.codes, first.output.codes);
    trial.expected().same_output(&other.output).unwrap();
}
