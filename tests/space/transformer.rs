//! Vision transformers: counts, sampling, notation, sizes, files.

use std::collections::HashMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use untrained::graph::cost::Cost;
use untrained::graph::{Op, Shape};
use untrained::space::{Architecture, Space};

/// A transformer small enough to be enumerated.
fn small() -> Space {
    let settings = [
        "topology.dims=[12,24]",
        "topology.depths=[1,2,3]",
        "topology.heads=[1,2]",
        "topology.mlp=[2]",
        "topology.head_size=6",
        "input={channels=3,height=16,width=8}",
        "skeleton.patch=4",
        "classes=4",
    ]
    .map(|setting| setting.parse().unwrap());
    Space::open_with("autoformer-tiny", &settings).unwrap()
}

#[test]
fn counts_are_those_of_the_paper() {
    let count = |id: &str| Space::builtin(id).unwrap().count();
    let sum = |dims: u128, layer: u128, depths: [u32; 3]| {
        depths.map(|depth| dims * layer.pow(depth)).iter().sum::<u128>()
    };
    assert_eq!(count("autoformer-tiny"), sum(3, 4, [12, 13, 14]));
    assert_eq!(count("autoformer-tiny"), 1_056_964_608);
    assert_eq!(count("autoformer-small"), sum(3, 9, [12, 13, 14]));
    assert_eq!(count("autoformer-base"), sum(3, 6, [14, 15, 16]));
}

#[test]
fn a_small_space_is_enumerated() {
    let space = small();
    let all: Vec<Architecture> = space.enumerate().collect();
    assert_eq!(all.len(), 2 * (2 + 4 + 8));
    assert_eq!(space.count(), all.len() as u128);
    for (index, architecture) in all.iter().enumerate() {
        assert_eq!(architecture.index(), Some(index as u64), "{architecture}");
        assert_eq!(space.parse(&architecture.to_string()).as_ref(), Ok(architecture));
        let graph = architecture.build().unwrap();
        assert_eq!(graph.blocks().len(), architecture.to_string().matches(',').count() / 2 + 1);
        assert_eq!(graph.shape(graph.body().unwrap()).width, 9, "8 patches and a class token");
    }
    assert_eq!(space.from_index(28), None);
}

/// The depth is uniform, and so is each architecture among those of one depth.
#[test]
fn depths_and_layers_are_drawn_uniformly() {
    let space = small();
    let mut counts: HashMap<String, i32> = HashMap::new();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let draws = 24_000;
    for _ in 0..draws {
        *counts.entry(space.sample(&mut rng).to_string()).or_default() += 1;
    }
    let mut chi = 0.0;
    for architecture in space.enumerate() {
        let depth = architecture.build().unwrap().blocks().len();
        let expected = f64::from(draws) / 3.0 / f64::from(2 << depth);
        let found = f64::from(counts.get(&architecture.to_string()).copied().unwrap_or(0));
        chi += (found - expected).powi(2) / expected;
    }
    // Chi-square with 27 degrees of freedom is above 68 once in 50,000 times.
    assert!(chi < 68.0, "{chi}");
}

#[test]
fn neighbours_have_a_layer_more_or_less() {
    let space = small();
    let architecture = space.parse("dim=12;heads=1,2;mlp=2,2").unwrap();
    let mut found: Vec<String> =
        architecture.neighbours().iter().map(Architecture::to_string).collect();
    found.sort();
    let expected = [
        "dim=12;heads=1,1;mlp=2,2",
        "dim=12;heads=1,2,1;mlp=2,2,2",
        "dim=12;heads=1,2,2;mlp=2,2,2",
        "dim=12;heads=1;mlp=2",
        "dim=12;heads=2,2;mlp=2,2",
        "dim=24;heads=1,2;mlp=2,2",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_message_on_a_wrong_text_names_the_token() {
    let space = Space::builtin("autoformer-tiny").unwrap();
    let good = "dim=192;heads=3,3,3,3,3,3,3,3,3,3,3,3;mlp=4,4,4,4,4,4,4,4,4,4,4,4";
    assert_eq!(space.parse(good).unwrap().to_string(), good);
    for (text, token, part) in [
        ("dim=192", "dim=192", "has no `heads`"),
        ("dim=0;heads=3;mlp=4", "0", "no whole number from 1"),
        ("dim=192;heads=3,x;mlp=4,4", "x", "in `heads`"),
        ("dim=192;heads=3,3;mlp=4,-1", "-1", "in `mlp`"),
        ("dim=192;heads=3,3;mlp=4", "dim=192", "2 entries in `heads` and 1 in `mlp`"),
        ("dim=192;heads=3,3;mlp=4,4", "dim=192", "has 2 layers; this space has 12 to 14"),
        ("dim=192;heads=3;mlp=4;depth=1", "depth", "not a key"),
        ("dim=192;dim=192;heads=3;mlp=4", "dim", "given twice"),
        ("ds=1,2;ws=3,4", "ds", "not a key of this space"),
        ("nothing", "nothing", "key=value"),
    ] {
        let error = space.parse(text).unwrap_err();
        assert!(error.token.starts_with(token), "{text}: {error}");
        assert!(error.reason.contains(part), "{text}: {error}");
    }
}

#[test]
fn wrong_files_are_refused() {
    let text = Space::builtin_text("autoformer-tiny").unwrap();
    for (from, to, part) in [
        ("head_size = 64", "", "4 heads do not divide 198"),
        ("depths = [12, 13, 14]", "depths = [12, 14]", "topology.depths: has a gap"),
        ("heads = [3, 4]", "heads = [3, 3]", "topology.heads[1]: repeats 3"),
        ("mlp = [3.5, 4]", "mlp = [3.5, 4.0001]", "topology.mlp[1]: is 4.0001"),
        ("height = 224", "height = 100", "input.height: is 100, not a multiple"),
        ("patch = 16", "patch = 2", "12545 tokens"),
        ("class_token = true", "class_token = false\npool = \"class-token\"", ""),
        ("activation = \"gelu\"", "activation = \"gelou\"", "did you mean `gelu`?"),
        ("activation = \"gelu\"", "activation = \"bn\"", "is no activation"),
        ("pool = \"mean\"", "pool = \"max\"", "skeleton.pool"),
        ("dims = [192, 216, 240]", "dims = [16000]", "a layer of 64000 values"),
    ] {
        let mut changed = text.replacen(from, to, 1);
        if from.starts_with("head_size") {
            changed = changed.replace("dims = [192,", "dims = [198,");
        }
        if to.contains("class-token") {
            changed = changed.replacen("pool = \"mean\"", "", 1);
        }
        assert_ne!(text, changed, "{from}");
        let error = untrained::job::chain(&Space::from_text(&changed, "my.toml").unwrap_err());
        let part = if part.is_empty() { "skeleton.pool: is class-token" } else { part };
        assert!(error.contains(part), "{to}: {error}");
    }
}

/// At a smaller input the tables of relative positions keep their size; that of positions does not.
#[test]
fn a_smaller_input_has_fewer_tokens() {
    let settings = ["input.height=64", "input.width=64"].map(|setting| setting.parse().unwrap());
    let space = Space::open_with("autoformer-tiny", &settings).unwrap();
    let whole = Space::builtin("autoformer-tiny").unwrap();
    let text = whole.sample(&mut ChaCha8Rng::seed_from_u64(4)).to_string();
    let build = |space: &Space| space.parse(&text).unwrap().build().unwrap();
    let (small, large) = (build(&space), build(&whole));
    let dim = small.shape(small.body().unwrap()).channels as u64;
    assert_eq!(Cost::of(&large).params - Cost::of(&small).params, dim * (197 - 17));
    assert_eq!(small.shape(small.body().unwrap()), Shape::new(dim as usize, 1, 17));
    assert_eq!(small.shape(small.output().unwrap()), Shape::new(1000, 1, 1));
}

/// Spaces without relative positions, with heads of a derived size, and with a class token that is read.
#[test]
fn other_transformers_can_be_written() {
    let text = Space::builtin_text("autoformer-tiny").unwrap();
    let text = text
        .replacen("head_size = 64", "", 1)
        .replacen("relative_positions = 14", "", 1)
        .replacen("pool = \"mean\"", "pool = \"class-token\"", 1)
        .replace("dims = [192, 216, 240]", "dims = [192]");
    let space = Space::from_text(&text, "deit").unwrap();
    let layers = |value: &str| [value; 12].join(",");
    let text = format!("dim=192;heads={};mlp={}", layers("3"), layers("4"));
    // DeiT-Ti.
    let graph = space.parse(&text).unwrap().build().unwrap();
    assert_eq!(Cost::of(&graph).params, 5_717_416);
    assert!(!graph.nodes().iter().any(|node| matches!(node.op, Op::Resample(_))));
    let error = space.parse(&text.replace("heads=3", "heads=5")).unwrap_err();
    assert!(error.reason.contains("5 heads do not divide 192"), "{error}");
}
