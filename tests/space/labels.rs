//! Labels decide which random numbers a layer gets: networks that are the same must have the same
//! labels in the same places, and sum in the same order.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use untrained::graph::analysis::Analysis;
use untrained::graph::{Graph, NodeId, Op};
use untrained::space::{Architecture, Space, SpaceOverride};

/// NAS-Bench-201 with one cell in a stage.
fn one_cell() -> Space {
    let settings =
        [SpaceOverride::new("skeleton.channels", 4), SpaceOverride::new("skeleton.cells", 1)];
    Space::open_with("nas-bench-201", &settings).unwrap()
}

/// What one node computes, by operation, weights and order of its inputs.
fn fingerprints(graph: &Graph) -> Vec<u64> {
    let mut all: Vec<u64> = Vec::new();
    for node in graph.nodes() {
        let mut hash = DefaultHasher::new();
        format!("{:?}", node.op).hash(&mut hash);
        if matches!(node.op, Op::Conv(_) | Op::Linear(_)) {
            node.label.hash(&mut hash);
        }
        node.inputs.iter().for_each(|input| all[input.index()].hash(&mut hash));
        all.push(hash.finish());
    }
    all
}

fn relu_inputs(graph: &Graph, zero: &[bool], fingerprints: &[u64]) -> Vec<u64> {
    let relus = graph.nodes().iter().filter(|node| matches!(node.op, Op::Activation(_)));
    let mut seen: Vec<u64> = relus
        .map(|node| node.inputs[0].index())
        .map(|input| if zero[input] { 0 } else { fingerprints[input] })
        .collect();
    seen.sort_unstable();
    seen
}

/// Every architecture: equal keys compute the same, different keys do not.
#[test]
fn equal_keys_are_equal_computations() {
    let space = one_cell();
    let (mut live, mut codes) = (BTreeMap::new(), BTreeMap::new());
    let mut outputs = BTreeSet::new();
    for architecture in space.enumerate() {
        let graph = architecture.build().unwrap();
        let analysis = Analysis::new(&graph, |_| false);
        let fingerprints = fingerprints(&graph);
        let text = architecture.to_string();
        if architecture.is_connected() {
            let output = fingerprints[graph.output().unwrap().index()];
            outputs.insert(output);
            let first = live.entry(architecture.live_key()).or_insert((output, text.clone()));
            assert_eq!(first.0, output, "{} and {text}", first.1);
        }
        let relus = relu_inputs(&graph, &analysis.zero, &fingerprints);
        let first = codes.entry(architecture.code_key()).or_insert((relus.clone(), text));
        assert_eq!(first.0, relus, "{} and {}", first.1, architecture);
    }
    assert_eq!(live.len(), 5_259, "5,260 with the disconnected one");
    assert_eq!(outputs.len(), live.len(), "different networks must not look the same");
}

/// Pairs of the same network written differently: the live convolutions have the same labels.
#[test]
fn the_same_network_has_the_same_live_labels() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let mut first = BTreeMap::new();
    let mut pairs = 0;
    for architecture in space.enumerate().filter(|architecture| architecture.is_connected()) {
        let Some(other) = first.insert(architecture.live_key(), architecture.clone()) else {
            continue;
        };
        let labels = |architecture: &Architecture| {
            let graph = architecture.build().unwrap();
            let analysis = Analysis::new(&graph, |_| false);
            let is_live = |id: NodeId| analysis.live(id);
            let conv = graph.iter().filter(|(_, node)| matches!(node.op, Op::Conv(_)));
            conv.filter(|(id, _)| is_live(*id))
                .map(|(_, node)| node.label.clone())
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(labels(&architecture), labels(&other));
        assert_eq!(architecture.canonical(), other.canonical());
        pairs += 1;
        if pairs == 60 {
            return;
        }
    }
    panic!("only {pairs} pairs");
}

#[test]
fn labels_are_unique() {
    let space = Space::builtin("nas-bench-201").unwrap();
    for architecture in space.enumerate().step_by(17) {
        let graph = architecture.build().unwrap();
        let labels: BTreeSet<&str> = graph.nodes().iter().map(|node| node.label.as_str()).collect();
        assert_eq!(labels.len(), graph.nodes().len(), "{}", architecture);
    }
}

#[test]
fn labels_say_what_a_layer_computes() {
    let space = one_cell();
    let text =
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|avg_pool_3x3~1|nor_conv_1x1~2|";
    let architecture = space.parse(text).unwrap();
    let graph = architecture.build().unwrap();
    let labels: BTreeSet<&str> = graph
        .nodes()
        .iter()
        .filter(|node| node.label.starts_with("stage0") && matches!(node.op, Op::Conv(_)))
        .map(|node| node.label.as_str())
        .collect();
    assert_eq!(
        labels,
        BTreeSet::from([
            "stage0.cell0.nor_conv_3x3(x)/1.conv",
            "stage0.cell0.nor_conv_3x3(x)#2/1.conv",
            "stage0.cell0.nor_conv_1x1(nor_conv_3x3(x)+nor_conv_3x3(x))/1.conv",
        ])
    );
}
