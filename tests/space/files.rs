//! Space files: strict reading, messages that name the place, custom operations.

use untrained::graph::{Op, Shape, cost::Cost};
use untrained::space::{Architecture, Space, SpaceError, SpaceOverride};

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
cells = 1
stem = ["conv 3x3", "bn"]
reduction = "halve"
head = ["bn", "relu", "global_avg_pool", "linear"]

[operations.my_block]
layers = ["relu", "conv 5x5 groups=in", "conv 1x1", "bn", { add = [["identity"], ["relu", "conv 3x3", "bn"]] }]

[operations.halve]
layers = ["relu", { concat = [["conv 1x1 stride=s out=out/2"], ["shift 1x1", "conv 1x1 stride=s out=out/2"]] }, "bn"]
"#;

fn message(error: &SpaceError) -> String {
    untrained::job::chain(error)
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
            let text = architecture.to_string();
            assert_eq!(space.parse(&text).as_ref(), Ok(&architecture), "{id}: {text}");
            let graph = architecture.build().unwrap();
            assert_eq!(graph.shape(graph.output().unwrap()).channels, space.classes());
            if let Some(index) = architecture.index() {
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
    let index = architecture.index().unwrap();
    assert_eq!(index, 2 * 9 + 3 + 2, "without a benchmark's order the last edge is the fastest");
    let graph = architecture.build().unwrap();
    assert_eq!(graph.shape(graph.output().unwrap()), Shape::new(4, 1, 1));
    // Stem, two blocks of width 8, the reduction, two of width 16, head.
    let block = |c: u64| 25 * c + c * c + 2 * c + 9 * c * c + 2 * c;
    let params = 27 * 8 + 16 + 2 * block(8) + 2 * 8 * 8 + 32 + 2 * block(16) + 32 + 16 * 4 + 4;
    assert_eq!(Cost::of(&graph).params, params);
}

/// A kind of problem hides no other: unknown keys and wrong types, operations, layers.
#[test]
fn problems_of_all_kinds_are_listed_at_once() {
    let text = CUSTOM
        .replace("classes = 4", "classes = 4\ncolour = 3")
        .replace("\"skip_connect\", \"my_block\"", "\"skip_conect\", \"my_block\"")
        .replace("stem = [\"conv 3x3\", \"bn\"]", "stem = [\"conv 3x3\", \"bnn\"]")
        .replace("\"relu\", \"conv 3x3\", \"bn\"]] }", "\"rellu\", \"conv 3x3\", \"bn\"]] }")
        .replace("cells = 1", "cells = \"1\"");
    let error = refused(&text);
    // `cells` must be there, so that the sections cannot be read without it.
    for part in ["colour", "cells", "rellu"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let error = refused(&text.replace("cells = \"1\"", "cells = 1"));
    for part in ["colour", "skip_conect", "bnn", "rellu"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    // What is right is not complained of.
    assert!(!error.contains("halve"), "{error}");
}

#[test]
fn json_that_is_no_object_is_called_so() {
    for text in ["null", "[]", " [1, 2]\n", "\"x\"", "3", "true"] {
        let error = message(&Space::from_text(text, "tiny.json").unwrap_err());
        assert!(error.contains("is JSON, but not an object"), "{text}: {error}");
    }
    // The control: a section of TOML looks like a list.
    let error = message(&Space::from_text("[ skeleton ]", "tiny.toml").unwrap_err());
    assert!(!error.contains("JSON"), "{error}");
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
    assert!(
        error.contains("tiny.json")
            && error.contains("operations.my_block.speed: is not a valid key"),
        "{error}"
    );
}

#[test]
fn wrong_files_are_refused_with_the_place() {
    for (from, to, parts) in [
        (
            "untrained-space/1",
            "untrained-space/9",
            ["untrained-space/9", "reads `untrained-space/1`"],
        ),
        (
            "classes = 4",
            "classes = 4\ncolour = 1",
            ["line 7: colour: is not a valid key", "valid: "],
        ),
        (
            "title = ",
            "titel = ",
            ["is missing the key `title`, a text", "titel: is not a valid key"],
        ),
        ("nodes = 3", "nodes = 3\noperatons = []", ["operatons: ", "did you mean `operations`?"]),
        ("nodes = 3", "nodes = 99", ["line 11: topology.nodes: is 99", "from 2 to 8"]),
        ("nodes = 3", "nodes = 2.5", ["topology.nodes: is the number 2.5", "a whole number"]),
        ("edge-cell", "edge-sell", ["line 10: topology.kind", "did you mean `edge-cell`?"]),
        ("kind = \"edge-cell\"", "", ["topology: is missing the key `kind`", "edge-cell"]),
        (
            "\"skip_connect\",",
            "\"skip_conect\",",
            ["line 12: topology.operations[1]", "did you mean `skip_connect`?"],
        ),
        ("\"skip_connect\",", "\"none\",", ["topology.operations[1]", "`none` twice"]),
        ("[\"none\", \"skip_connect\", \"my_block\"]", "[]", ["topology.operations", "0 entries"]),
        (
            "reduction = \"halve\"",
            "reduction = \"half\"",
            ["skeleton.reduction", "did you mean `halve`?"],
        ),
        (
            "\"conv 3x3\", \"bn\"]\nreduction",
            "\"conv 3x3 strid=2\"]\nreduction",
            ["line 18: skeleton.stem[0]", "unknown or repeated option `strid`"],
        ),
        ("kaiming-normal", "kaiming", ["initialisation: ", "xavier-normal"]),
        ("[operations.halve]", "[operations.\"h|lve\"]", ["operations.h|lve", "letters, digits"]),
        ("classes = 4", "classes = 0", ["line 6: classes: is 0", "from 1 to "]),
        ("cells = 1", "cells = 100000", ["skeleton.cells: is 100000", "from 1 to 64"]),
        ("stages = 2", "stages = 0", ["skeleton.stages: is 0", "from 1 to 64"]),
        ("stages = 2", "stages = 60", ["skeleton.channels: is 8", "at most 0"]),
        (
            "conv 5x5 groups=in",
            "conv 5x5 groups=3",
            ["my_block: cannot be built: conv: 3 groups do not divide", "(on 8x16x16 at stride 1"],
        ),
        (
            "conv 5x5 groups=in",
            "conv 5x5 groups=in pad=0",
            ["my_block: produces the wrong shape: 8x12x12, not 8x16x16 (on 8x16x16", "line 2"],
        ),
        ("add = [[", "ad = [[", ["my_block.layers[4]", "needs one of the keys add, concat"]),
        ("out=out/2\"], [\"shift", "out=out\"], [\"shift", ["skeleton.reduction", "24 channels"]),
        ("height = 16, width", "height = 0, width", ["input.height: is 0", "from 1 to 1024"]),
        ("id = \"tiny\"", "id = \" \"", ["line 3: id", "is empty"]),
    ] {
        let text = CUSTOM.replace(from, to);
        assert_ne!(text, CUSTOM, "{from} is not in the file");
        let error = refused(&text);
        for part in parts {
            assert!(error.contains(part), "{to}: no `{part}` in {error}");
        }
        assert!(error.contains("my.toml"), "{error}");
    }
    assert!(refused("").contains("is missing the key `format`"));
    assert!(refused("{").contains("my.toml: \n  line 1: EOF"));
    assert!(refused("id = 1\nid = 2").contains("line 2"));
    let twice = "{\"format\": \"untrained-space/1\",\n \"id\": \"a\", \"id\": \"b\"}";
    assert!(refused(twice).contains("line 2: id: is given twice"));
    for open in ["{\"format\": [", "a = ["] {
        let depth = 500_000;
        let deep = format!("{open}{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(refused(&deep).contains("my.toml"));
        let closed = deep + if open.starts_with('{') { "]}" } else { "]" };
        let error = refused(&closed);
        assert!(error.contains("line 1") && error.len() < 300, "{error}");
    }
}

#[test]
fn all_problems_of_a_file_come_at_once() {
    let text = CUSTOM
        .replace("classes = 4", "classes = 0\ncolour = 1")
        .replace("nodes = 3", "nodes = \"three\"")
        .replace("conv 5x5 groups=in", "conv 5 groups=in")
        .replace("stages = 2", "stages = 65");
    let SpaceError::Invalid { problems, .. } = Space::from_text(&text, "my.toml").unwrap_err()
    else {
        panic!("no list of problems");
    };
    let found: Vec<_> = problems.iter().map(|problem| (&*problem.path, problem.line)).collect();
    let expected = [
        ("classes", Some(6)),
        ("colour", Some(7)),
        ("topology.nodes", Some(12)),
        ("skeleton.stages", Some(17)),
        ("operations.my_block.layers[1]", Some(24)),
    ];
    assert_eq!(found, expected, "{problems:?}");
}

#[test]
fn files_that_are_no_text_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let load = |bytes: &[u8]| {
        let path = folder.path().join("file.toml");
        std::fs::write(&path, bytes).unwrap();
        Space::load(&path).map_err(|error| message(&error))
    };
    assert!(load(b"id = 1\ntitle = \"\xff\"").unwrap_err().contains("not UTF-8 text from line 2"));
    let utf_16: Vec<u8> = CUSTOM.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(load(&utf_16).unwrap_err().contains("file.toml"));
    let error = load(&vec![b' '; 10 << 20]).unwrap_err();
    assert!(error.contains("longer than 1048576 bytes"), "{error}");
    // A byte order mark, as Windows editors write it, is no part of the text.
    assert!(load(format!("\u{feff}{CUSTOM}").as_bytes()).is_ok());
}

#[test]
fn missing_files_and_names_are_told() {
    let error = message(&Space::open("no/such/space.toml").unwrap_err());
    assert!(error.contains("no/such/space.toml"), "{error}");
    let error = message(&Space::builtin("nas-bench-211").unwrap_err());
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
        ("|none~0|+|none~0|none~0|+|none~0|none~1|none~2|", "none~0", "expected `none~1`"),
        ("|none~0|+|none~0|none~1|", "|none~0|+|none~0|none~1|", "has 2 nodes"),
        ("|none~0|+|none~0|+|none~0|none~1|none~2|", "|none~0|", "node 2 has 2"),
        (
            "|none~0|+|none~0|none~1|+|none~0|none~1|none~2",
            "|none~0|none~1|none~2",
            "a node is written",
        ),
        ("|none|+|none~0|none~1|+|none~0|none~1|none~2|", "none", "operation~0"),
        ("", "", "has 1 node joined"),
    ] {
        let error = space.parse(text).unwrap_err();
        assert_eq!(error.token, token);
        assert!(error.to_string().contains(part), "{error}");
    }
    let long = "|x~0|".repeat(100_000);
    assert!(space.parse(&long).unwrap_err().to_string().len() < 500);
}

#[test]
fn values_can_be_replaced_within_limits() {
    let set = |texts: &[&str]| {
        let settings: Vec<SpaceOverride> = texts.iter().map(|text| text.parse().unwrap()).collect();
        Space::open_with("nas-bench-201", &settings)
    };
    let small = ["skeleton.channels=4", "skeleton.cells = 2", "classes=120"];
    let space = set(&[&small[..], &["input.height=16", "input.width=24"]].concat()).unwrap();
    let graph = space.from_index(7).unwrap().build().unwrap();
    assert_eq!(graph.input_shape(), Some(Shape::new(3, 16, 24)));
    assert_eq!(graph.shape(graph.output().unwrap()), Shape::new(120, 1, 1));
    let last = graph.nodes().iter().rfind(|node| matches!(node.op, Op::Activation(_))).unwrap();
    assert_eq!(last.shape, Shape::new(16, 4, 6));
    // What is printed of it is the same space.
    let again = Space::from_text(space.text(), "again").unwrap();
    let rebuilt = again.from_index(7).unwrap().build().unwrap();
    assert_eq!(format!("{rebuilt:?}"), format!("{graph:?}"));
    assert_eq!(set(&["topology.operations.1=conv_1x1"]).unwrap().operation_names()[1], "conv_1x1");
    for (wrong, part) in [
        ("skeleton.channels=0", "skeleton.channels: is 0, not from 1"),
        ("skeleton.chanels=4", "did you mean `channels`?"),
        ("skeleton.cells=many", "is the text `many`, expected a whole number"),
        ("input.height=33", "skeleton.reduction: add: inputs differ"),
        ("topology.operations.9=none", "names no entry of the list"),
        ("id.x=1", "goes deeper"),
    ] {
        let error = message(&set(&[wrong]).unwrap_err());
        assert!(error.contains(part), "{wrong}: {error}");
    }
    assert!("skeleton.cells".parse::<SpaceOverride>().unwrap_err().contains("expected KEY=VALUE"));
}

#[test]
fn the_shipped_schema_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/untrained-space.schema.json");
    let shipped = std::fs::read_to_string(path).unwrap_or_default();
    let generated = serde_json::to_string_pretty(&Space::schema()).unwrap() + "\n";
    let update = "untrained --batch spaces schema > assets/untrained-space.schema.json";
    assert!(shipped == generated, "the schema is out of date: {update}");
}

#[test]
fn an_architecture_belongs_to_the_space_that_made_it() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let resized = space.with(&[SpaceOverride::new("input.height", 16)]).unwrap();
    let [own, other] = [&space, &resized].map(|space| space.from_index(7).unwrap());
    assert_eq!(own.to_string(), other.to_string());
    assert_ne!(own, other, "equal decisions in different spaces");
    assert_eq!((own.space(), other.space()), (&space, &resized));
    let input = |architecture: &Architecture| architecture.build().unwrap().nodes()[0].shape;
    assert_ne!(input(&own), input(&other), "each is built as its own space says");
    let again = Space::builtin("nas-bench-201").unwrap().parse(&own.to_string()).unwrap();
    assert_eq!(again, own, "the space may be opened twice");
    assert!(own.neighbours().iter().all(|neighbour| neighbour.space() == &space));
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
        let canonical = space.parse(&architecture.canonical()).unwrap();
        assert_eq!(canonical.live_key(), architecture.live_key());
        assert_eq!(canonical.canonical(), canonical.to_string());
    }
}

/// Lists of a hundred thousand entries took ten seconds to be refused.
#[test]
fn lists_without_measure_are_refused_where_they_stand() {
    let layers = vec!["\"relu\""; 5000].join(", ");
    let text = CUSTOM.replace("stem = [\"conv 3x3\", \"bn\"]", &format!("stem = [{layers}]"));
    let error = refused(&text);
    assert!(error.contains("skeleton.stem: has 5000 entries; a list has at most 4096"), "{error}");
    let text = CUSTOM.replace("layers = [\"relu\", ", &format!("layers = [{layers}, "));
    assert!(refused(&text).contains("operations.my_block.layers: has"), "{}", refused(&text));
}
