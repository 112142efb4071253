//! Space files: strict reading, messages that name the place, custom operations.

use untrained::graph::{Op, Shape, cost::Cost};
use untrained::space::{BuildError, BuildOptions, Space, SpaceError};

const CUSTOM: &str = r#"
format = "untrained-space/1"
id = "tiny"
title = "Tiny"
input = { channels = 3, height = 16, width = 16 }
classes = 4
initialisation = "kaiming-normal"

[topology]
kind = "edge-cell"
nodes = 3
operations = ["none", "skip_connect", "my_block"]

[skeleton]
channels = 8
stages = 2
cells_per_stage = 1
stem = ["conv 3x3", "bn"]
reduction = "halve"
head = ["bn", "relu", "global_avg_pool", "linear"]

[operations.my_block]
layers = ["relu", "conv 5x5 groups=in", "conv 1x1", "bn", { add = [["identity"], ["relu", "conv 3x3", "bn"]] }]

[operations.halve]
layers = ["relu", { concat = [["conv 1x1 stride=s out=out/2"], ["shift 1x1", "conv 1x1 stride=s out=out/2"]] }, "bn"]
"#;

fn message(error: &SpaceError) -> String {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text.push_str(&format!(": {source}"));
    }
    text
}

fn refused(text: &str) -> String {
    message(&Space::from_text(text, "my.toml").unwrap_err())
}

#[test]
fn every_builtin_space_obeys_the_laws() {
    let mut spaces = 0;
    for id in Space::builtin_ids() {
        let space = Space::builtin(id).unwrap();
        assert_eq!(space.id(), id);
        assert!(!space.title().is_empty() && !space.reference().is_empty());
        let mut rng = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(7);
        for _ in 0..20 {
            let architecture = space.sample(&mut rng);
            let text = space.format(&architecture);
            assert_eq!(space.parse(&text).as_ref(), Ok(&architecture), "{id}: {text}");
            let graph = space.build(&architecture, &BuildOptions::default()).unwrap();
            assert_eq!(graph.shape(graph.output().unwrap()).channels, space.classes());
            if let Some(index) = space.index(&architecture) {
                assert_eq!(space.from_index(index), Some(architecture));
            }
        }
        spaces += 1;
    }
    assert!(spaces > 0);
    assert_eq!(Space::builtins().unwrap().len(), spaces);
}

#[test]
fn a_file_of_ones_own_can_be_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.toml");
    std::fs::write(&path, CUSTOM).unwrap();
    let space = Space::open(path.to_str().unwrap()).unwrap();
    assert_eq!((space.id(), space.count(), space.text()), ("tiny", 27, CUSTOM));
    assert_eq!(space.operation_names(), ["none", "skip_connect", "my_block"]);
    let architecture = space.parse("|my_block~0|+|skip_connect~0|my_block~1|").unwrap();
    let index = space.index(&architecture).unwrap();
    assert_eq!(index, 2 * 9 + 3 + 2, "without a benchmark's order the last edge is the fastest");
    let graph = space.build(&architecture, &BuildOptions::default()).unwrap();
    assert_eq!(graph.shape(graph.output().unwrap()), Shape::new(4, 1, 1));
    // Stem, two blocks of width 8, the reduction, two of width 16, head.
    let block = |c: u64| 25 * c + c * c + 2 * c + 9 * c * c + 2 * c;
    let params = 27 * 8 + 16 + 2 * block(8) + 2 * 8 * 8 + 32 + 2 * block(16) + 32 + 16 * 4 + 4;
    assert_eq!(Cost::of(&graph).params, params);
}

#[test]
fn json_says_the_same_as_toml() {
    let value: toml::Value = toml::from_str(CUSTOM).unwrap();
    let json = serde_json::to_string_pretty(&value).unwrap();
    let space = Space::from_text(&json, "tiny.json").unwrap();
    assert_eq!(space.count(), 27);
    let broken = json.replace("my_block\": {", "my_block\": { \"speed\": 3,");
    assert_ne!(broken, json);
    let error = message(&Space::from_text(&broken, "tiny.json").unwrap_err());
    assert!(error.contains("tiny.json") && error.contains("unknown field `speed`"), "{error}");
}

#[test]
fn wrong_files_are_refused_with_the_place() {
    for (from, to, parts) in [
        (
            "untrained-space/1",
            "untrained-space/9",
            ["untrained-space/9", "reads `untrained-space/1`"],
        ),
        ("classes = 4", "classes = 4\ncolour = 1", ["unknown field `colour`", "line 7"]),
        ("nodes = 3", "nodes = 3\ndepth = 2", ["unknown field `depth`", "my.toml"]),
        ("nodes = 3", "nodes = 99", ["topology.nodes", "not 2 to 8"]),
        ("edge-cell", "edge-sell", ["unknown variant `edge-sell`", "edge-cell"]),
        (
            "\"skip_connect\",",
            "\"skip_conect\",",
            ["topology.operations", "did you mean `skip_connect`?"],
        ),
        ("\"skip_connect\",", "\"none\",", ["topology.operations", "twice"]),
        (
            "reduction = \"halve\"",
            "reduction = \"half\"",
            ["skeleton: reduction", "did you mean `halve`?"],
        ),
        (
            "\"conv 3x3\", \"bn\"]\nreduction",
            "\"conv 3x3 strid=2\"]\nreduction",
            ["`strid` is not understood", "line"],
        ),
        ("kaiming-normal", "kaiming", ["unknown initialisation `kaiming`", "xavier-normal"]),
        ("[operations.halve]", "[operations.\"h|lve\"]", ["`h|lve`", "letters, digits"]),
        ("classes = 4", "classes = 0", ["the number of classes is 0", "1 to "]),
        (
            "cells_per_stage = 1",
            "cells_per_stage = 100000",
            ["cells per stage is 100000", "1 to 64"],
        ),
        ("stages = 2", "stages = 0", ["the number of stages is 0", "1 to 64"]),
        ("stages = 2", "stages = 60", ["first stage is 8", "none at that depth"]),
        ("channels = 8", "channels = 7", ["layers", "groups do not divide"]),
        ("conv 5x5 groups=in", "conv 5x5 groups=in pad=0", ["my_block", "inputs differ"]),
        ("id = \"tiny\"", "id = \" \"", ["id", "is empty"]),
    ] {
        let text = CUSTOM.replace(from, to);
        assert_ne!(text, CUSTOM, "{from} is not in the file");
        if to == "channels = 7" {
            // Depthwise layers take any width; only a fixed number of groups can fail.
            let text = text.replace("groups=in", "groups=2");
            assert!(refused(&text).contains(parts[1]), "{}", refused(&text));
            continue;
        }
        let error = refused(&text);
        for part in parts {
            assert!(error.contains(part), "{to}: {error}");
        }
        assert!(error.contains("my.toml"), "{error}");
    }
    assert!(refused("").contains("missing field `format`"));
    assert!(refused("{").contains("my.toml"));
    let deep = format!("{{\"format\": {}", "[".repeat(100_000));
    assert!(refused(&deep).contains("my.toml"));
}

#[test]
fn missing_files_and_names_are_told() {
    let error = message(&Space::open("no/such/space.toml").unwrap_err());
    assert!(error.contains("no/such/space.toml"), "{error}");
    let error = message(&Space::builtin("nas-bench-210").unwrap_err());
    assert!(error.contains("did you mean `nas-bench-201`?"), "{error}");
    assert!(Space::builtin_text("x").is_err());
}

#[test]
fn the_message_on_a_wrong_architecture_names_the_token() {
    let space = Space::builtin("nas-bench-201").unwrap();
    for (text, token, part) in [
        (
            "|skip_conect~0|+|none~0|none~1|+|none~0|none~1|none~2|",
            "skip_conect~0",
            "did you mean `skip_connect`?",
        ),
        ("|skip_connect~0|+|none~0|none~1|+|none~0|none~1|magic~2|", "magic~2", "nor_conv_3x3"),
        ("|none~0|+|none~0|none~0|+|none~0|none~1|none~2|", "none~0", "here `none~1`"),
        ("|none~0|+|none~0|none~1|", "|none~0|+|none~0|none~1|", "has 2 nodes"),
        ("|none~0|+|none~0|+|none~0|none~1|none~2|", "|none~0|", "node 2 has 2"),
        (
            "|none~0|+|none~0|none~1|+|none~0|none~1|none~2",
            "|none~0|none~1|none~2",
            "a node is written",
        ),
        ("|none|+|none~0|none~1|+|none~0|none~1|none~2|", "none", "operation~0"),
        ("", "", "has 1 nodes"),
    ] {
        let error = space.parse(text).unwrap_err();
        assert_eq!(error.token, token);
        assert!(error.to_string().contains(part), "{error}");
    }
    let long = "|x~0|".repeat(100_000);
    assert!(space.parse(&long).unwrap_err().to_string().len() < 500);
}

#[test]
fn sizes_can_be_replaced_within_limits() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let architecture = space.from_index(7).unwrap();
    let options = BuildOptions {
        input: Some(Shape::new(3, 16, 24)),
        classes: Some(120),
        channels: Some(4),
        cells_per_stage: Some(2),
    };
    let graph = space.build(&architecture, &options).unwrap();
    assert_eq!(graph.input_shape(), Some(Shape::new(3, 16, 24)));
    assert_eq!(graph.shape(graph.output().unwrap()), Shape::new(120, 1, 1));
    let last = graph.nodes().iter().rfind(|node| matches!(node.op, Op::Activation(_))).unwrap();
    assert_eq!(last.shape, Shape::new(16, 4, 6));
    for options in [
        BuildOptions { channels: Some(0), ..options },
        BuildOptions { channels: Some(usize::MAX), ..options },
        BuildOptions { classes: Some(0), ..options },
        BuildOptions { cells_per_stage: Some(0), ..options },
        BuildOptions { input: Some(Shape::new(3, 0, 32)), ..options },
        BuildOptions { input: Some(Shape::new(3, 32, usize::MAX)), ..options },
    ] {
        assert!(matches!(space.build(&architecture, &options), Err(BuildError::Size { .. })));
    }
    let odd = BuildOptions { input: Some(Shape::new(3, 33, 33)), ..options };
    let error = space.build(&architecture, &odd).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(error.to_string().contains("|none~0|") && source.contains("reduction1"), "{source}");
}

#[test]
fn an_architecture_of_another_space_is_no_panic() {
    let own = Space::from_text(CUSTOM, "tiny").unwrap();
    let other = Space::builtin("nas-bench-201").unwrap();
    let foreign = other.from_index(0).unwrap();
    let build = own.build(&foreign, &BuildOptions::default());
    assert!(matches!(build, Err(BuildError::Foreign { .. })));
    assert_eq!(own.index(&foreign), None);
    assert!(own.neighbours(&foreign).is_empty() && own.format(&foreign).is_empty());
    assert!(!own.connected(&foreign) && own.canonical(&foreign).is_empty());
}

#[test]
fn a_space_too_large_to_tabulate_still_has_canonical_texts() {
    let text = CUSTOM.replace("nodes = 3", "nodes = 7");
    let space = Space::from_text(&text, "large").unwrap();
    assert_eq!(space.count(), 3_u128.pow(21));
    assert_eq!(space.count_functions(), None);
    let mut rng = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(3);
    for _ in 0..50 {
        let architecture = space.sample(&mut rng);
        let canonical = space.parse(&space.canonical(&architecture)).unwrap();
        assert_eq!(space.live_key(&canonical), space.live_key(&architecture));
        assert_eq!(space.canonical(&canonical), space.format(&canonical));
    }
}
