//! Whole networks: several at once, memory that is kept, batches that change, intermediate tensors.

use untrained::backend::{Backend, Cancel, Network};
use untrained::data::Batch;
use untrained::graph::{BatchNorm, Conv, Graph, NodeId, Op, Padding, Pool, PoolKind, Relu, Shape};
use untrained::plan::{Plan, Step};

use crate::trial::{Trial, VARIANTS, backend};

/// A cell with shared inputs, a pool, sums and a reduction; whole numbers all the way.
fn network(width: usize, twisted: bool) -> Graph {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 8, 8));
    let mut node = graph.add("stem", Op::Conv(Conv::square(width, 3, 1)), &[image]).unwrap();
    for cell in 0..2 {
        let relu =
            graph.add(format!("{cell} relu"), Op::Relu(Relu::OPENS_MODULE), &[node]).unwrap();
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
    graph.add("last relu", Op::Relu(Relu::ONCE), &[node]).unwrap();
    graph
}

#[test]
fn networks_at_once_give_what_each_gives_alone() {
    let Some(mut backend) = backend() else { return };
    let trials: Vec<Trial> = [(4, false), (6, true), (4, false), (9, true), (4, true)]
        .into_iter()
        .enumerate()
        .map(|(seed, (width, twisted))| Trial::new(network(width, twisted), 5, seed as u64))
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
        let alone = Trial {
            batch: batch.clone(),
            graph: trial.graph.clone(),
            weights: trial.weights.clone(),
        };
        let traced = untrained::backend::gpu::Traced {
            output: untrained::backend::Output { kernel: kernel.clone(), codes: codes.clone() },
            tensors: Vec::new(),
        };
        alone.check_codes(&traced, &alone.reference());
    }
    assert!(kernels.iter().all(|other| *other == kernels[0]));
    assert_ne!(kernels[0][0], kernels[0][2], "other weights give other codes");
    // The last group is one network alone, two (of which one), or all five.
    assert!(dispatches[2] < dispatches[0] * 5 / 2, "{dispatches:?}: nothing was merged");
}

#[test]
fn intermediate_tensors_are_those_of_the_graph() {
    let Some(mut backend) = backend() else { return };
    let trial = Trial::new(network(6, false), 3, 3);
    let plan = trial.plan();
    let (mut tensors, mut nodes) = (Vec::new(), Vec::new());
    for planned in &plan.steps {
        if let Step::Conv(step) = &planned.step {
            tensors.push(step.dst);
            nodes.push(step.node);
        }
    }
    assert_eq!(tensors.len(), 5);
    let traced = trial.run(&mut backend, &tensors).unwrap();
    let reference = trial.reference();
    for (found, node) in traced.tensors.iter().zip(&nodes) {
        let expected: Vec<f32> =
            reference[node.index()].data.iter().map(|&value| value as f32).collect();
        assert_eq!(found, &expected, "{}", trial.graph.node(*node).label);
    }
}

#[test]
fn memory_is_kept_and_images_follow_the_batch() {
    let Some(mut backend) = backend() else { return };
    let mut trial = Trial::new(network(5, true), 4, 6);
    let first = trial.run(&mut backend, &[]).unwrap();
    let bytes = backend.last_cost().bytes;
    for _ in 0..5 {
        let again = trial.run(&mut backend, &[]).unwrap();
        assert_eq!(again.output.kernel, first.output.kernel);
    }
    assert_eq!(backend.last_cost().bytes, bytes);
    let values = trial.batch.values.iter().map(|value| -value).collect();
    trial.batch = Batch { values, ..trial.batch };
    let other = trial.run(&mut backend, &[]).unwrap();
    assert_ne!(other.output.codes, first.output.codes);
    trial.check_codes(&other, &trial.reference());
}

/// Batch-norms make levels; a residual keeps a tensor alive over many of them.
#[test]
fn normalised_networks_agree_between_variants() {
    let Some(mut backend) = backend() else { return };
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 10, 10));
    let norm = Op::BatchNorm(BatchNorm::default());
    let mut node = image;
    let mut residual: Option<NodeId> = None;
    for layer in 0..6 {
        let conv = Op::Conv(Conv::square(8, 3, 1));
        let conv = graph.add(format!("conv {layer}"), conv, &[node]).unwrap();
        let mut sum = graph.add(format!("norm {layer}"), norm, &[conv]).unwrap();
        if let Some(other) = residual {
            sum = graph.add(format!("sum {layer}"), Op::Add, &[sum, other]).unwrap();
        }
        residual = (layer % 2 == 0).then_some(sum).or(residual);
        node = graph.add(format!("relu {layer}"), Op::Relu(Relu::ONCE), &[sum]).unwrap();
    }
    let trial = Trial::new(graph, 12, 7);
    let reference = trial.reference();
    let plan = trial.plan();
    let expected: Vec<bool> = plan
        .codes
        .iter()
        .flat_map(|code| {
            let values = &reference[trial.graph.node(code.node).inputs[0].index()].data;
            values.iter().map(|&value| value > 0.0).collect::<Vec<_>>()
        })
        .collect();
    for variant in VARIANTS {
        backend.set_conv_variant(variant);
        let traced = trial.run(&mut backend, &[]).unwrap();
        let found: Vec<bool> = traced
            .output
            .codes
            .unwrap()
            .iter()
            .flat_map(|code| {
                let row = code.units.div_ceil(32);
                (0..trial.batch.images * code.units).map(move |index| {
                    let (image, unit) = (index / code.units, index % code.units);
                    code.words[image * row + unit / 32] >> (unit % 32) & 1 == 1
                })
            })
            .collect();
        assert_eq!(found.len(), expected.len());
        let differing = found.iter().zip(&expected).filter(|(a, b)| a != b).count();
        // Rounding moves a value over zero in about one of 20,000 units.
        assert!(differing * 2000 <= found.len(), "{differing} of {} bits differ", found.len());
    }
}
