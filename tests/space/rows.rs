//! Sizes of networks of the layer-wise and stage spaces against those of the authors' programs, exactly.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use untrained::graph::cost::Cost;
use untrained::graph::{Graph, Op};
use untrained::space::{Space, SpaceOverride};

use crate::support::data::{fixture, shared};

/// Spaces by their names in the rows.
const SPACES: [(&str, &str); 6] = [
    ("tnb101_micro", "transnas-micro"),
    ("regnet_x", "regnet-x"),
    ("regnet_y", "regnet-y"),
    ("autoformer_t", "autoformer-tiny"),
    ("autoformer_s", "autoformer-small"),
    ("autoformer_b", "autoformer-base"),
];

fn rows(path: &Path) -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a row says of a network's size, taken from the network.
fn measured(graph: &Graph) -> Value {
    let cost = Cost::of(graph);
    let mut calls: BTreeMap<&str, u32> = BTreeMap::new();
    let mut products = 0;
    for node in graph.nodes() {
        if let Some(activation) = node.op.activation().filter(|activation| activation.calls > 0) {
            *calls.entry(activation.kind.name()).or_default() += activation.calls;
        }
        // Queries and keys, weights and values; tables of relative positions are not among them.
        let ends = ["attention.logits", "attention.weighted"];
        if matches!(node.op, Op::MatMul) && ends.iter().any(|end| node.label.ends_with(end)) {
            products += Cost::of_node(graph, node).product_macs;
        }
    }
    let mut measured = serde_json::json!({
        "params": cost.params, "macs": cost.macs, "units": cost.units, "relu_calls": calls,
    });
    if products > 0 {
        measured["attention_macs"] = products.into();
    }
    measured
}

/// The space of a row at its size.
fn space(row: &Value) -> Option<Space> {
    let (_, id) = SPACES.iter().find(|(name, _)| row["space"] == **name)?;
    let size = |key: &str, axis: usize| SpaceOverride::new(key, row["input"][axis].clone());
    let settings = [
        size("input.channels", 0),
        size("input.height", 1),
        size("input.width", 2),
        SpaceOverride::new("classes", row["classes"].clone()),
    ];
    Some(Space::open_with(id, &settings).unwrap())
}

/// How many rows were compared.
fn compare(rows: &[Value]) -> usize {
    let mut compared = 0;
    for row in rows {
        let Some(space) = space(row) else { continue };
        let architecture = space.parse(row["arch"].as_str().unwrap()).unwrap();
        assert_eq!(architecture.to_string(), row["arch"].as_str().unwrap().replace(".0,", ","));
        let measured = measured(&architecture.build().unwrap());
        for (key, value) in measured.as_object().unwrap() {
            assert_eq!(*value, row[key], "{key} of {} {}", row["space"], row["arch"]);
        }
        compared += 1;
    }
    compared
}

#[test]
fn rows_of_the_project_are_exact() {
    let rows = rows(&fixture("stage_spaces.json"));
    assert_eq!(compare(&rows), 3 * SPACES.len());
}

#[test]
fn every_row_is_exact() {
    let Some(path) = shared("fixtures/structure_more.json") else { return };
    let compared = compare(&rows(&path));
    println!("{compared} rows compared");
    assert!(compared >= 12 * SPACES.len(), "only {compared} rows");
}

/// A wrong stride, width, bias or table is noticed in every space.
#[test]
fn a_changed_file_is_noticed() {
    let rows = rows(&fixture("stage_spaces.json"));
    for (name, id, key, from, to) in [
        ("tnb101_micro", "transnas-micro", "modules", "\"41414\"", "\"41441\""),
        ("tnb101_micro", "transnas-micro", "stem", "stride=2 out=out/2", "out=out/2"),
        ("regnet_x", "regnet-x", "strides", "[2, 2, 2, 2]", "[1, 2, 2, 2]"),
        ("regnet_x", "regnet-x", "channels", "channels = 32", "channels = 40"),
        ("regnet_y", "regnet-y", "block", "regnet_y_block", "regnet_x_block"),
        ("autoformer_t", "autoformer-tiny", "head_size", "head_size = 64", "head_size = 60"),
        ("autoformer_s", "autoformer-small", "reach", "relative_positions = 14", ""),
        ("autoformer_b", "autoformer-base", "positions", "positions = true", "positions = false"),
    ] {
        let text = Space::builtin_text(id).unwrap();
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{id}: {key}");
        let space = Space::from_text(&changed, "changed").unwrap();
        let row = rows.iter().find(|row| row["space"] == name).unwrap();
        let arch = row["arch"]
            .as_str()
            .unwrap()
            .replace("41414", if key == "modules" { "41441" } else { "41414" });
        let measured = measured(&space.parse(&arch).unwrap().build().unwrap());
        let same = measured.as_object().unwrap().iter().all(|(key, value)| *value == row[key]);
        assert!(!same, "{id}: a changed {key} is not noticed");
    }
}

/// Parameters of published models.
#[test]
fn published_models_have_their_parameters() {
    for (id, arch, params) in [
        ("regnet-x", "w0=24,wa=36.44,wm=2.49,d=13,g=8", 2_684_792),
        ("regnet-x", "w0=24,wa=24.48,wm=2.54,d=22,g=16", 5_157_512),
        ("regnet-x", "w0=88,wa=26.31,wm=2.25,d=25,g=48", 15_296_552),
        ("regnet-y", "w0=48,wa=27.89,wm=2.09,d=16,g=8", 4_344_144),
        ("regnet-y", "w0=200,wa=106.23,wm=2.48,d=18,g=112", 83_590_140),
        ("transnas-micro", "64-41414-3_33_333", 41_435_727),
        ("transnas-micro", "64-41414-1_02_333", 22_544_719),
        ("transnas-micro", "64-41414-0_00_000", 43_599),
        (
            "autoformer-tiny",
            "dim=192;heads=3,3,3,3,3,3,3,3,3,3,4,3,3;mlp=3.5,3.5,3,3.5,3,3,4,4,3.5,4,3.5,4,3.5",
            5_867_944,
        ),
        (
            "autoformer-small",
            "dim=384;heads=6,6,5,7,5,5,5,6,6,7,7,6,7;mlp=3,3.5,3,3.5,4,4,4,4,4,4,4,3.5,4",
            22_891_432,
        ),
        (
            "autoformer-base",
            "dim=576;heads=9,9,9,9,9,10,9,9,10,9,10,9,9,10;\
             mlp=3.5,3.5,4,3.5,4,3.5,3.5,3,4,4,3,4,3,3.5",
            53_691_688,
        ),
    ] {
        let architecture = Space::builtin(id).unwrap().parse(arch).unwrap();
        assert_eq!(Cost::of(&architecture.build().unwrap()).params, params, "{id} {arch}");
    }
    let micro = Space::builtin("transnas-micro").unwrap().parse("64-41414-3_33_333").unwrap();
    assert_eq!(Cost::of(&micro.build().unwrap()).macs, 8_469_896_704);
}
