//! What cannot be run says why.

use untrained::backend::gpu::{AdapterChoice, GpuBackend, adapters};
use untrained::backend::{Backend, BackendError, Cancel, Network};
use untrained::data::Batch;
use untrained::graph::{Activation, Conv, Graph, NodeId, Op, Resize, Shape};
use untrained::plan::Plan;
use untrained::weights::{LayerWeights, Weights};

use crate::gpu::run;
use crate::gpu::support::data::skip;
use crate::gpu::support::devices::gpu;
use crate::gpu::support::trial::{Trial, single};

fn trial() -> Trial {
    Trial::whole(single(Shape::new(3, 6, 6), Op::Conv(Conv::square(4, 3, 1))).unwrap(), 2, 1)
}

#[test]
fn an_unknown_adapter_is_answered_with_a_list() {
    let choice = AdapterChoice::Named("no adapter has this name".to_owned());
    let Err(BackendError::NoDevice(message)) = GpuBackend::new(&choice) else { panic!() };
    assert!(message.contains("no adapter has this name"), "{message}");
    for adapter in adapters() {
        assert!(message.contains(&adapter.device.name), "{message}");
    }
}

#[test]
fn software_is_never_the_best_hardware() {
    match GpuBackend::new(&AdapterChoice::BestHardware) {
        Ok(backend) => assert_ne!(backend.info().kind, "software"),
        Err(error) => assert!(matches!(error, BackendError::NoDevice(_)), "{error}"),
    }
}

#[test]
fn missing_and_short_weights_are_named() {
    let Some(mut backend) = gpu() else { return };
    let trial = trial();
    let plan = trial.plan();
    let empty = Weights::with_nodes(3);
    let mut short = Weights::with_nodes(3);
    short.set(NodeId(1), LayerWeights { weight: vec![1.0; 107], ..LayerWeights::default() });
    let networks = [&empty, &trial.weights, &short].map(|weights| Network { plan: &plan, weights });
    backend.set_networks_at_once(3);
    let results = backend.run(&networks, &trial.batch, false, &Cancel::new());
    for (result, found) in [(&results[0], 0), (&results[2], 107)] {
        let Err(BackendError::MissingWeights { layer, expected, found: seen, .. }) = result else {
            panic!("{result:?}")
        };
        assert_eq!((*layer, *expected, *seen), (1, 108, found));
    }
    let alone = run(&trial, &mut backend, &[]).unwrap();
    assert_eq!(results[1].as_ref().unwrap().kernel, alone.output.kernel);
}

#[test]
fn a_batch_of_other_images_is_refused() {
    let Some(mut backend) = gpu() else { return };
    let mut trial = trial();
    let shape = Shape::new(3, 5, 6);
    trial.batch = Batch { shape, values: vec![0.0; 2 * shape.volume()], ..trial.batch };
    let error = run(&trial, &mut backend, &[]).err().unwrap();
    assert!(matches!(error, BackendError::WrongInput { .. }), "{error}");
}

#[test]
fn cancel_is_seen() {
    let Some(mut backend) = gpu() else { return };
    let trial = trial();
    let plan = trial.plan();
    let network = Network { plan: &plan, weights: &trial.weights };
    let cancel = Cancel::new();
    cancel.cancel();
    let results = backend.run(&[network], &trial.batch, false, &cancel);
    assert!(matches!(results[0], Err(BackendError::Cancelled)));
    assert!(backend.run(&[network], &trial.batch, false, &Cancel::new())[0].is_ok());
}

#[test]
fn too_large_a_batch_is_told_what_fits() {
    let Some(mut backend) = gpu() else { return };
    let name = &backend.info().name;
    let summary = adapters().into_iter().find(|one| &one.device.name == name).unwrap();
    let limit = summary.max_storage_binding_bytes.min(summary.max_buffer_bytes);
    if limit > 1 << 31 {
        return skip(&format!("{name} allows {limit} bytes, more than this test allocates"));
    }
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(1, 64, 64));
    let conv = graph.add("conv", Op::Conv(Conv::square(256, 1, 1)), &[image]).unwrap();
    graph.add("relu", Op::Activation(Activation::RELU), &[conv]).unwrap();
    let per_image = (256 + 4) * 64 * 64 * 4;
    let fits = (limit / per_image) as usize;
    let trial = Trial::whole(graph, fits + 1, 2);
    let error = run(&trial, &mut backend, &[]).err().unwrap();
    let BackendError::OverLimit { needed, allowed, advice, .. } = error else { panic!("{error}") };
    assert_eq!((needed, allowed), (per_image * (fits as u64 + 1), limit));
    assert!(advice.contains(&format!("fits is {fits}")), "{advice}");
}

/// What only a kept node needs counts as well.
#[test]
fn kept_tensors_count() {
    let Some(mut backend) = gpu() else { return };
    let name = &backend.info().name;
    let summary = adapters().into_iter().find(|one| &one.device.name == name).unwrap();
    let limit = summary.max_storage_binding_bytes.min(summary.max_buffer_bytes);
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(1, 64, 64));
    graph.add("relu", Op::Activation(Activation::RELU), &[image]).unwrap();
    let factors = [512, 512];
    let large = graph.add("large", Op::Resize(Resize { factors }), &[image]).unwrap();
    let images = 1 + (limit >> 34) as usize;
    let trial = Trial::whole(graph, images, 2);
    run(&trial, &mut backend, &[]).unwrap();
    let plan = Plan::keeping(&trial.graph, &trial.weights, trial.count, &[large]).unwrap();
    let network = Network { plan: &plan, weights: &trial.weights };
    let error = backend.run(&[network], &trial.batch, false, &Cancel::new()).pop().unwrap();
    let BackendError::OverLimit { needed, allowed, .. } = error.unwrap_err() else { panic!() };
    assert_eq!((needed, allowed), ((images as u64) << 34 | (images as u64) << 16, limit));
}

#[test]
fn an_empty_batch_gives_an_empty_matrix() {
    let Some(mut backend) = gpu() else { return };
    let graph = single(Shape::new(3, 6, 6), Op::Conv(Conv::square(4, 3, 1))).unwrap();
    let traced = run(&Trial::whole(graph, 0, 1), &mut backend, &[]).unwrap();
    assert!(traced.output.kernel.unwrap().entries().is_empty());
}

/// A network that would take seconds is left soon after another thread asks.
#[test]
fn cancel_is_seen_between_submits() {
    let Some(mut backend) = gpu() else { return };
    // More work than one submit takes, even on a fast GPU.
    let mut graph = Graph::new();
    let mut node = graph.input(Shape::new(32, 32, 32));
    for layer in 0..16 {
        let conv = Op::Conv(Conv::square(32, 3, 1));
        let conv = graph.add(format!("conv {layer}"), conv, &[node]).unwrap();
        node =
            graph.add(format!("relu {layer}"), Op::Activation(Activation::RELU), &[conv]).unwrap();
    }
    let trial = Trial::whole(graph, 64, 3);
    let plan = trial.plan();
    let network = Network { plan: &plan, weights: &trial.weights };
    // It comes after the first submit, however fast that was.
    let cancel = Cancel::after_checks(1);
    let results = backend.run(&[network], &trial.batch, false, &cancel);
    assert!(matches!(results[0], Err(BackendError::Cancelled)), "{results:?}");
}
