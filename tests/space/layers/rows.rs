//! Sizes of networks against those of an independent program, exactly, and what a wrong space gives.

use serde_json::Value;
use untrained::graph::cost::Cost;
use untrained::plan::{ActivationSites, Count};
use untrained::space::{Space, SpaceOverride};
use untrained::weights::Weights;

use crate::support::data::fixture;
use crate::support::shared;

/// The names of spaces in the rows, and here.
const SPACES: [(&str, &str); 10] = [
    ("nbmacro", "nas-bench-macro"),
    ("tnb101_macro", "transnas-macro"),
    ("proxyless", "proxylessnas"),
    ("fbnet", "fbnet"),
    ("fbnet_cifar", "fbnet-cifar"),
    ("spos", "spos"),
    ("ofa_mbv3", "ofa-mobilenet-v3"),
    ("ofa_proxyless", "ofa-proxyless"),
    ("ofa_resnet50", "ofa-resnet50"),
    ("mbv2_zen", "zennas-mobilenet-v2"),
];

/// The rows of these spaces, with the names here.
fn rows(text: &str) -> Vec<(&'static str, Value)> {
    let rows: Vec<Value> = serde_json::from_str(text).unwrap();
    let named = |row: Value| {
        let id = SPACES.iter().find(|(name, _)| row["space"] == *name)?.1;
        Some((id, row))
    };
    rows.into_iter().filter_map(named).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// Costs, units and calls by kind, those in gates and all.
#[derive(Debug, PartialEq)]
struct Sizes {
    params: u64,
    macs: u64,
    units: u64,
    calls: Value,
    in_gates: (u64, u64),
}

fn expected(row: &Value) -> Sizes {
    let titles = [("relu", "ReLU"), ("relu6", "ReLU6"), ("hswish", "HardSwish")];
    let calls = row["relu_calls"].as_object().unwrap().iter().map(|(kind, calls)| {
        let title = titles.iter().find(|(name, _)| name == kind).unwrap().1;
        (title.to_owned(), calls.clone())
    });
    let gates = row.get("of_which_in_gates");
    Sizes {
        params: number(&row["params"]),
        macs: number(&row["macs"]),
        units: number(&row["units"]),
        calls: Value::Object(calls.collect()),
        in_gates: gates.map_or((0, 0), |gates| (number(&gates["calls"]), number(&gates["units"]))),
    }
}

fn sizes(id: &str, architecture: &str, settings: &[SpaceOverride]) -> Sizes {
    let space = Space::open_with(id, settings).unwrap();
    let graph = space.parse(architecture).unwrap().build().unwrap();
    let cost = Cost::of(&graph);
    let uncounted = [settings, &[SpaceOverride::new("gates", "uncounted")]].concat();
    let uncounted = Space::open_with(id, &uncounted).unwrap();
    let outside = Cost::of(&uncounted.parse(architecture).unwrap().build().unwrap());
    let sites = ActivationSites::new(&graph, &Weights::default(), Count::Paper);
    Sizes {
        params: cost.params,
        macs: cost.macs,
        units: cost.units,
        calls: serde_json::to_value(&sites).unwrap(),
        in_gates: (cost.activation_calls - outside.activation_calls, cost.units - outside.units),
    }
}

fn compare(rows: &[(&'static str, Value)], least: usize) {
    for (_, id) in SPACES {
        let of_space: Vec<&Value> =
            rows.iter().filter(|(space, _)| *space == id).map(|(_, row)| row).collect();
        assert!(of_space.len() >= least, "{id}: only {} rows", of_space.len());
        for row in of_space {
            let settings = [
                SpaceOverride::new("input.channels", row["input"][0].clone()),
                SpaceOverride::new("input.height", row["input"][1].clone()),
                SpaceOverride::new("input.width", row["input"][2].clone()),
                SpaceOverride::new("classes", row["classes"].clone()),
            ];
            let text = row["arch"].as_str().unwrap();
            assert_eq!(sizes(id, text, &settings), expected(row), "{id} {text}");
        }
    }
}

#[test]
fn every_row_is_exact() {
    let text = std::fs::read_to_string(fixture("layer_spaces.json")).unwrap();
    compare(&rows(&text), 2);
    let Some(path) = shared("fixtures/structure_more.json") else { return };
    compare(&rows(&std::fs::read_to_string(path).unwrap()), 12);
}

/// One wrong width, stride, kernel, bias or activation in a space's file is found by its rows.
#[test]
fn a_wrong_file_has_other_sizes() {
    let text = std::fs::read_to_string(fixture("layer_spaces.json")).unwrap();
    let rows = rows(&text);
    for (id, wrong) in [
        ("nas-bench-macro", "topology.stages.1.width=136"),
        ("nas-bench-macro", "topology.stages.0.stride=1"),
        ("transnas-macro", "topology.choices.wide-half.stride=1"),
        ("transnas-macro", "skeleton.widths.first=40"),
        ("proxylessnas", "topology.stages.4.stride=2"),
        ("proxylessnas", "topology.choices.k5e3.values.k=3"),
        ("fbnet", "topology.stages.5.width=176"),
        ("fbnet", "operations.skip.reshape=[\"conv 1x1 stride=s\", \"bn\"]"),
        ("fbnet-cifar", "topology.stages.1.stride=2"),
        ("fbnet-cifar", "skeleton.widths.tail=1984"),
        ("spos", "topology.stages.3.width=648"),
        ("spos", "skeleton.head.4=linear"),
        ("ofa-mobilenet-v3", "topology.stages.3.values.act=relu"),
        ("ofa-mobilenet-v3", "skeleton.head.4=conv 1x1 out={features} bias"),
        ("ofa-proxyless", "topology.multiplier=1.2"),
        ("ofa-proxyless", "topology.stages.1.stride=1"),
        ("ofa-resnet50", "topology.stages.5.width=[336, 408, 520]"),
        ("ofa-resnet50", "topology.stages.7.stride=1"),
        ("zennas-mobilenet-v2", "topology.blocks.SuperResIDWE6K3.values.e=4"),
        ("zennas-mobilenet-v2", "topology.first=gated_first"),
    ] {
        let settings = [wrong.parse().unwrap()];
        let of_space = rows.iter().filter(|(space, _)| *space == id);
        let mut differ = of_space
            .map(|(_, row)| sizes(id, row["arch"].as_str().unwrap(), &settings) != expected(row));
        assert!(differ.any(|differs| differs), "{id} with {wrong} has the same sizes");
    }
}
