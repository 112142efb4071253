//! Networks that the spaces build: with the weights of the exported ones they must give the kernel
//! matrices that an independent program computed.

use crate::support;

use support::fixtures::{self, BIT_TOLERANCE, Fixture, SCORE_TOLERANCE};
use support::{position, reference};
use untrained::graph::cost::Cost;
use untrained::graph::{Graph, Node, NodeId, Op};
use untrained::onnx::{self, Model};
use untrained::plan::Count;
use untrained::score::KernelMatrix;
use untrained::space::{Space, SpaceOverride};
use untrained::weights::Weights;

/// Fixtures that are part of the repository.
const OWN: [&str; 4] = ["nas-bench-101-0", "nas-bench-201-1", "nats-size-0", "nds-darts-1"];

/// The fixtures of built-in spaces with the networks that these spaces build.
fn built(_test: &str) -> Vec<(Fixture, Model, Graph)> {
    let mut built = Vec::new();
    for fixture in fixtures::all() {
        let id = &fixture.expected.space;
        if !Space::builtin_ids().any(|builtin| builtin == id) {
            support::data::skip(&format!("{}: there is no built-in space {id}", fixture.name));
            continue;
        }
        let model = onnx::read(&fixture.model).unwrap();
        let graph = build(&fixture, &model);
        built.push((fixture, model, graph));
    }
    for name in OWN {
        assert!(built.iter().any(|(fixture, ..)| fixture.name == name), "{name} is missing");
    }
    built
}

/// A fixture's network, at the size at which its costs are the expected ones.
fn build(fixture: &Fixture, model: &Model) -> Graph {
    let expected = &fixture.expected;
    let arch = match &expected.arch {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    for mut settings in sizes(&expected.space, model) {
        settings.extend([
            SpaceOverride::new("input.channels", model.input.channels),
            SpaceOverride::new("input.height", model.input.height),
            SpaceOverride::new("input.width", model.input.width),
        ]);
        let space = Space::open_with(&expected.space, &settings).unwrap();
        let architecture = space.parse(&arch).unwrap();
        let graph = architecture.build().unwrap();
        let cost = Cost::of(&graph);
        if (cost.params, cost.macs, cost.units) == (expected.params, expected.macs, expected.units)
        {
            return graph;
        }
    }
    panic!("{}: no size of the space has the expected costs", fixture.name);
}

/// Settings that may give a fixture's size: the fixtures are small.
fn sizes(space: &str, model: &Model) -> Vec<Vec<SpaceOverride>> {
    let cells = |channels: usize| {
        let of = |cells: usize| {
            [
                SpaceOverride::new("skeleton.channels", channels),
                SpaceOverride::new("skeleton.cells", cells),
            ]
        };
        (1..=5).map(|cells| of(cells).to_vec()).collect()
    };
    match space {
        "nas-bench-101" | "nas-bench-201" => cells(stem_channels(model)),
        // Architectures say every size.
        "nats-size" | "nds-resnet" | "nds-resnext-a" | "nds-resnext-b" | "nds-vanilla" => {
            vec![Vec::new()]
        }
        "nds-amoeba" | "nds-darts" | "nds-enas" | "nds-nasnet" | "nds-pnas" => vec![Vec::new()],
        "nds-darts-imagenet" => vec![vec![SpaceOverride::new("classes", 10)]],
        other => panic!("say here which sizes the fixtures of {other} may have"),
    }
}

/// Channels of the first convolution.
fn stem_channels(model: &Model) -> usize {
    let channels = |(_, node): (NodeId, &Node)| match node.op {
        Op::Conv(conv) => Some(conv.out_channels),
        _ => None,
    };
    model.graph.iter().find_map(channels).unwrap()
}

fn kernel(fixture: &Fixture, graph: &Graph, weights: &Weights) -> KernelMatrix {
    reference::evaluate(graph, weights, &fixture.batch).kernel(graph, weights, Count::Paper)
}

#[test]
fn kernel_matrices_are_as_expected() {
    for (fixture, model, graph) in built("kernel_matrices_are_as_expected") {
        let name = &fixture.name;
        let weights = position::weights(&graph, &model);
        let weights = weights.unwrap_or_else(|reason| panic!("{name}: {reason}"));
        let kernel = kernel(&fixture, &graph, &weights);
        let deviation = fixture.deviation(&kernel);
        let error = kernel.score() - fixture.expected.score;
        println!("{name}: {deviation:.1e} of the bits differ, score off by {error:+.1e}");
        assert!(deviation <= BIT_TOLERANCE, "{name}: {deviation} of the bits differ");
        assert!(error.abs() <= SCORE_TOLERANCE, "{name}: score off by {error}");
    }
}

/// Layers of one shape in each other's place must be noticed. Some exchanges change nothing: those of
/// layers that read zero, and of interchangeable ones.
#[test]
fn exchanged_layers_are_noticed() {
    for (fixture, model, graph) in built("exchanged_layers_are_noticed") {
        let weights = position::weights(&graph, &model).unwrap();
        let deviation = exchanges(&graph, &weights)
            .map(|exchanged| fixture.deviation(&kernel(&fixture, &graph, &exchanged)))
            .find(|&deviation| deviation > BIT_TOLERANCE);
        println!("{}: {deviation:?} of the bits differ", fixture.name);
        assert!(deviation.is_some(), "{}: no exchange is noticed", fixture.name);
    }
}

/// The weights with two convolutions of one shape exchanged, in every way.
fn exchanges<'g>(graph: &'g Graph, weights: &'g Weights) -> impl Iterator<Item = Weights> + 'g {
    let is_conv = |(_, node): &(NodeId, &Node)| matches!(node.op, Op::Conv(_));
    let convs: Vec<NodeId> = graph.iter().filter(is_conv).map(|(id, _)| id).collect();
    let layer = |id| weights.get(id).unwrap().clone();
    let same = move |&(a, b): &(NodeId, NodeId)| layer(a).weight.len() == layer(b).weight.len();
    let pairs = (1..convs.len()).flat_map(move |b| {
        let convs = convs.clone();
        (0..b).map(move |a| (convs[a], convs[b]))
    });
    pairs.filter(same).map(move |(a, b)| {
        let mut exchanged = weights.clone();
        exchanged.set(a, weights.get(b).unwrap().clone());
        exchanged.set(b, weights.get(a).unwrap().clone());
        exchanged
    })
}

/// The weights of one network do not fit another.
#[test]
fn another_network_is_refused() {
    let built = built("another_network_is_refused");
    let (_, model, graph) = &built[0];
    let other = built.iter().find(|(other, ..)| other.name == "nas-bench-201-1").unwrap();
    for (model, graph) in [(model, &other.2), (&other.1, graph)] {
        let error = position::weights(graph, model).unwrap_err();
        assert!(error.contains("only here") || error.contains("read zero"), "{error}");
    }
}
