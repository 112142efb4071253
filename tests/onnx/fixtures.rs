//! Exported networks of every family: units, costs, kernel matrix and score must be those an
//! independent program computed.

use crate::support;

use support::fixtures::{self, BIT_TOLERANCE, Fixture, SCORE_TOLERANCE};
use support::runners;
use untrained::graph::cost::Cost;
use untrained::graph::{NodeId, Op};
use untrained::onnx::{self, Model};
use untrained::plan::{Count, Plan};
use untrained::weights::Weights;

/// The fixtures that are part of the repository.
const OWN: [&str; 4] = ["nas-bench-101-0", "nas-bench-201-1", "nats-size-0", "nds-darts-1"];

fn found(_test: &str) -> Vec<(Fixture, Model)> {
    let fixtures = fixtures::all();
    for name in OWN {
        assert!(fixtures.iter().any(|fixture| fixture.name == name), "{name} is missing");
    }
    fixtures
        .into_iter()
        .map(|fixture| {
            let model = onnx::read(&fixture.model).unwrap();
            (fixture, model)
        })
        .collect()
}

#[test]
fn structure_is_as_expected() {
    let mut recovered = 0;
    for (fixture, model) in found("structure_is_as_expected") {
        let cost = Cost::of(&model.graph);
        let expected = &fixture.expected;
        let name = &fixture.name;
        let plan = Plan::new(&model.graph, &model.weights, Count::Paper).unwrap();
        assert_eq!(cost.units, expected.units, "{name}: units");
        assert_eq!(plan.units, expected.units, "{name}: units of the plan");
        assert_eq!(cost.params, expected.params, "{name}: parameters");
        assert_eq!(cost.macs, expected.macs, "{name}: multiply-adds");
        assert_eq!(model.input, fixture.batch.shape, "{name}: image shape");
        assert_eq!(model.batch, Some(fixture.batch.images as u64), "{name}: batch size");
        assert_eq!(model.opset, 20, "{name}: operator set");
        assert!(model.producer.starts_with("pytorch"), "{name}: {}", model.producer);
        recovered += model.recovered_calls;
    }
    assert!(recovered > 0, "no fixture has merged ReLU calls, so their recovery was not tested");
}

#[test]
fn kernel_matrices_are_as_expected() {
    let fixtures = found("kernel_matrices_are_as_expected");
    for mut runner in runners::all() {
        for (fixture, model) in &fixtures {
            let name = format!("{} on {}", fixture.name, runner.name);
            let run = (runner.run)(&model.graph, &model.weights, &fixture.batch, Count::Paper);
            let kernel = run.unwrap_or_else(|reason| panic!("{name}: {reason}"));
            assert_eq!(kernel.units(), fixture.expected.units, "{name}: units");
            let deviation = fixture.deviation(&kernel);
            let error = kernel.score() - fixture.expected.score;
            println!("{name}: {deviation:.1e} of the bits differ, score off by {error:+.1e}");
            assert!(deviation <= BIT_TOLERANCE, "{name}: {deviation} of the bits differ");
            assert!(error.abs() <= SCORE_TOLERANCE, "{name}: score off by {error}");
        }
    }
}

/// The comparison above must fail for a network that differs in a single weight.
#[test]
fn another_weight_is_noticed() {
    for mut runner in runners::all() {
        for (fixture, model) in found("another_weight_is_noticed") {
            if !OWN.contains(&fixture.name.as_str()) {
                continue;
            }
            let weights = with_another_weight(&model);
            let run = (runner.run)(&model.graph, &weights, &fixture.batch, Count::Paper);
            let deviation = fixture.deviation(&run.unwrap());
            println!("{} on {}: {deviation:.1e} of the bits differ", fixture.name, runner.name);
            assert!(deviation > BIT_TOLERANCE, "{}: {deviation}", fixture.name);
        }
    }
}

/// The model's weights but for one of the first convolution.
fn with_another_weight(model: &Model) -> Weights {
    let is_conv = |(_, node): &(NodeId, &untrained::graph::Node)| matches!(node.op, Op::Conv(_));
    let (id, _) = model.graph.iter().find(is_conv).unwrap();
    let mut layer = model.weights.get(id).unwrap().clone();
    layer.weight[0] += 1.0;
    let mut weights = model.weights.clone();
    weights.set(id, layer);
    weights
}
