//! Cells of TransNAS-Bench-101: notation, counts, equal networks.

use std::collections::{HashMap, HashSet};

use untrained::graph::cost::Cost;
use untrained::graph::{Op, Shape};
use untrained::space::{Architecture, Space};

fn space() -> Space {
    Space::builtin("transnas-micro").unwrap()
}

#[test]
fn architectures_are_counted_and_indexed() {
    let space = space();
    assert_eq!(space.count(), 4096);
    let texts: HashSet<String> = space.enumerate().map(|one| one.to_string()).collect();
    assert_eq!(texts.len(), 4096);
    let architecture = space.parse("64-41414-1_02_333").unwrap();
    assert_eq!(architecture.index(), Some(1024 + 2 * 64 + 3 * 16 + 3 * 4 + 3));
    assert_eq!(architecture.drawings().len(), 1);
    assert_eq!(architecture.decisions()[0].value, "skip_connect");
}

#[test]
fn the_message_on_a_wrong_text_names_the_token() {
    let space = space();
    for (text, token, part) in [
        ("64-41414-1_02_334", "4", "is no operation: 0 none, 1 skip_connect"),
        ("64-41414-1_02_33", "1_02_33", "written 64-41414-a_bc_def"),
        ("64-41414-1_02_333_", "1_02_333_", "written 64-41414-a_bc_def"),
        ("64-41414-102333", "102333", "written 64-41414-a_bc_def"),
        ("64-1234-basic", "64-1234-basic", "written 64-41414-a_bc_def"),
        ("32-41414-1_02_333", "32-", "`64-41414-` says the skeleton"),
        ("64-41414-x_02_333", "x", "is no operation"),
    ] {
        let error = space.parse(text).unwrap_err();
        assert!(error.token.starts_with(token), "{text}: {error}");
        assert!(error.reason.contains(part), "{text}: {error}");
    }
    let error = space.parse("4096").unwrap_err();
    assert!(error.reason.contains("0 to 4095"), "{error}");
}

/// The first cell of a module halves and doubles on the edges from its input, skips included.
#[test]
fn a_skip_at_a_change_has_weights() {
    let build = |text: &str| space().parse(text).unwrap().build().unwrap();
    let graph = build("64-41414-0_00_100");
    let blocks: Vec<Shape> = graph.blocks().iter().map(|&block| graph.shape(block)).collect();
    let expected = [(128, 32), (128, 32), (256, 16), (512, 8)].map(|(c, s)| Shape::new(c, s, s));
    assert_eq!([blocks[0], blocks[3], blocks[5], blocks[9]], expected);
    // Three changes: two pointwise convolutions to half the width and a normalisation.
    let change = |a: u64, b: u64| a * b + 2 * b;
    let params = change(64, 128) + change(128, 256) + change(256, 512);
    let stem = 27 * 32 + 64 + 9 * 32 * 64 + 128;
    assert_eq!(Cost::of(&graph).params, stem + params + 512 * 47 + 47);
    let reductions = graph.nodes().iter().filter(|node| matches!(node.op, Op::Concat)).count();
    assert_eq!(reductions, 3);
}

/// Edges that cannot reach the output are executed, and their ReLUs count.
#[test]
fn dead_edges_are_executed() {
    let calls = |text: &str| {
        let graph = space().parse(text).unwrap().build().unwrap();
        Cost::of(&graph).activation_calls
    };
    assert_eq!(calls("64-41414-3_00_000"), 1 + 10);
    assert_eq!(calls("64-41414-0_03_000"), 1 + 10);
    assert_eq!(calls("64-41414-0_00_000"), 1);
    assert!(!space().parse("64-41414-3_00_000").unwrap().is_connected());
}

/// Networks with one key compute the same; canonical texts are the first of their class.
#[test]
fn equal_networks_share_a_canonical_text() {
    let space = space();
    let mut classes: HashMap<String, Vec<Architecture>> = HashMap::new();
    for architecture in space.enumerate() {
        classes.entry(architecture.function_key()).or_default().push(architecture);
    }
    assert_eq!(space.count_functions(), Some(classes.len()));
    assert!((1000..4096).contains(&classes.len()), "{} classes", classes.len());
    for class in classes.values().filter(|class| class.len() > 1).take(40) {
        let canonical = class[0].canonical();
        let conv = |architecture: &Architecture| {
            let graph = architecture.build().unwrap();
            let analysis = untrained::graph::analysis::Analysis::new(&graph, |_| false);
            let live = graph.iter().filter(|(id, node)| {
                matches!(node.op, Op::Conv(_)) && analysis.live(*id) && !analysis.zero[id.index()]
            });
            live.count()
        };
        for other in class {
            assert_eq!(other.canonical(), canonical);
            assert_eq!(other.is_connected(), class[0].is_connected());
        }
        let (least, most) =
            (class.iter().map(conv).min().unwrap(), class.iter().map(conv).max().unwrap());
        assert!(most <= 2 * least.max(1), "{canonical}: {least} to {most} layers");
    }
    // A skip from the input has weights where the width changes, so it is no identity.
    let [a, b] = ["64-41414-1_00_030", "64-41414-0_00_300"].map(|text| space.parse(text).unwrap());
    assert_ne!(a.function_key(), b.function_key());
    // In the middle of a cell it is one.
    let [a, b] = ["64-41414-3_01_001", "64-41414-3_00_010"].map(|text| space.parse(text).unwrap());
    assert_eq!(a.function_key(), b.function_key());
}

#[test]
fn wrong_files_are_refused() {
    let text = Space::builtin_text("transnas-micro").unwrap();
    for (from, to, part) in [
        ("\"41414\"", "\"41514\"", "skeleton.modules: is `41514`"),
        ("\"41414\"", "\"\"", "skeleton.modules: is empty"),
        ("cells = 2", "cells = 20", "gives 100 cells"),
        ("\"41414\"", "\"22222222222\"", "skeleton.channels: is 64; doubled 11 times"),
        ("stride=2 out=out/2", "stride=2 out=out/3", "skeleton.stem"),
        ("\"conv 3x3 stride=2\", \"bn\"]", "\"conv 3x3 stride=2 out=65\"]", "outputs 65 channels"),
        ("nodes = 4", "nodes = 9", "topology.nodes"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{from}");
        let error = untrained::job::chain(&Space::from_text(&changed, "my.toml").unwrap_err());
        assert!(error.contains(part), "{to}: {error}");
    }
}
