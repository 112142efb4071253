//! Reduced networks of families in torchvision, exported by PyTorch: activation sites, costs,
//! kernel matrix and score must be those that forward hooks gave there.

use crate::support;

use support::fixtures::{self, BIT_TOLERANCE, Fixture, SCORE_TOLERANCE};
use support::runners;
use untrained::graph::cost::Cost;
use untrained::graph::{Graph, NodeId, Op};
use untrained::onnx::{self, Model};
use untrained::plan::{ActivationSites, Count, Plan};

/// How many there are at least.
const LEAST: usize = 13;

fn families() -> Vec<(Fixture, Model)> {
    let fixtures = fixtures::families();
    assert!(fixtures.len() >= LEAST, "only {} networks", fixtures.len());
    let read = |fixture: Fixture| {
        let model = onnx::read(&fixture.model).unwrap_or_else(|error| panic!("{error}"));
        (fixture, model)
    };
    fixtures.into_iter().map(read).collect()
}

#[test]
fn code_points_and_costs_are_as_expected() {
    for (fixture, model) in families() {
        let (name, expected) = (&fixture.name, &fixture.expected);
        let cost = Cost::of(&model.graph);
        assert_eq!(cost.units, expected.units, "{name}: units");
        assert_eq!(cost.params, expected.params, "{name}: parameters");
        assert_eq!(cost.macs, expected.macs, "{name}: multiply-adds");
        let points = ActivationSites::new(&model.graph, &model.weights, Count::Paper);
        let found = serde_json::to_value(&points).unwrap();
        assert_eq!(found, serde_json::to_value(&expected.code_points).unwrap(), "{name}");
        assert_eq!(points.total(), cost.activation_calls, "{name}: calls");
        // Every activation leads to the output.
        let live = Plan::new(&model.graph, &model.weights, Count::Live).unwrap();
        assert_eq!(live.units, expected.units, "{name}: live units");
    }
}

#[test]
fn kernel_matrices_are_as_expected() {
    let families = families();
    for mut runner in runners::all() {
        for (fixture, model) in &families {
            let name = format!("{} on {}", fixture.name, runner.name);
            let run = (runner.run)(&model.graph, &model.weights, &fixture.batch, Count::Paper);
            let kernel = run.unwrap_or_else(|reason| panic!("{name}: {reason}"));
            let deviation = fixture.deviation(&kernel);
            let error = kernel.score() - fixture.expected.score;
            println!("{name}: {deviation:.1e} of the bits differ, score off by {error:+.1e}");
            assert!(deviation <= BIT_TOLERANCE, "{name}: {deviation} of the bits differ");
            assert!(error.abs() <= SCORE_TOLERANCE, "{name}: score off by {error}");
        }
    }
}

/// The graph with one activation's function changed into another one.
fn with_another_function(graph: &Graph, id: NodeId, from: Op) -> Graph {
    use untrained::graph::{Activation, ActivationKind};
    let Op::Activation(activation) = from else { panic!() };
    let kind = match activation.kind {
        ActivationKind::Tanh | ActivationKind::Silu => ActivationKind::Sigmoid,
        _ => ActivationKind::Tanh,
    };
    let mut graph = graph.clone();
    graph.set_activation(id, Activation { kind, ..activation });
    graph
}

/// The comparison above must fail for a network that differs in the function of one activation, if a
/// code depends on its value.
#[test]
fn another_function_is_noticed() {
    for mut runner in runners::all() {
        let (mut changed, mut noticed) = (0, 0);
        for (fixture, model) in families() {
            let is_activation =
                |node: &untrained::graph::Node| matches!(node.op, Op::Activation(_));
            let mut nodes = model.graph.iter().filter(|(_, node)| is_activation(node));
            let (id, node) = nodes.next().unwrap();
            let other = with_another_function(&model.graph, id, node.op);
            let run = (runner.run)(&other, &model.weights, &fixture.batch, Count::Paper);
            let deviation = fixture.deviation(&run.unwrap());
            changed += 1;
            noticed += usize::from(deviation > BIT_TOLERANCE);
        }
        assert!(changed >= LEAST, "{}: {changed}", runner.name);
        assert_eq!(noticed, changed, "{}", runner.name);
    }
}
