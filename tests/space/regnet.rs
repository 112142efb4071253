//! RegNet: settings that are in the space and settings that are not, sampling, equal networks.

use std::collections::HashSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use untrained::graph::cost::Cost;
use untrained::graph::{Graph, Shape};
use untrained::space::{Architecture, Space};

fn space() -> Space {
    Space::builtin("regnet-x").unwrap()
}

/// Ranges small enough to be enumerated, at three stages.
fn small() -> Space {
    let settings = [
        "topology.w0={min=8,max=24,step=8}",
        "topology.wa={min=8,max=16,step=4}",
        "topology.wm={min=2,max=2.5,step=0.25}",
        "topology.depths=[4,5,6]",
        "topology.group_widths=[8,16]",
        "topology.strides=[1,2,2]",
        "input={channels=3,height=32,width=32}",
    ]
    .map(|setting| setting.parse().unwrap());
    Space::open_with("regnet-x", &settings).unwrap()
}

fn widths(architecture: &Architecture) -> Vec<usize> {
    let graph: Graph = architecture.build().unwrap();
    let mut widths: Vec<usize> =
        graph.blocks().iter().map(|&block| graph.shape(block).channels).collect();
    widths.dedup();
    widths
}

#[test]
fn every_sample_has_four_stages() {
    let space = space();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..40 {
        let architecture = space.sample(&mut rng);
        let graph = architecture.build().unwrap();
        let sizes: HashSet<usize> =
            graph.blocks().iter().map(|&block| graph.shape(block).height).collect();
        assert_eq!(sizes, HashSet::from([56, 28, 14, 7]), "{architecture}");
    }
}

#[test]
fn wrong_settings_are_told() {
    let space = space();
    let long = "w0=24,wa=36.44,wm=2.49,d=13,g=8";
    for (text, token, part) in [
        (
            "w0=24,wa=1,wm=2.9,d=12,g=8",
            "w0=24",
            "gives 1 stage (width 24); the networks of this space have 4",
        ),
        ("w0=8,wa=256,wm=1.001,d=64,g=8", "w0=8", "gives 64 stages (width 8, 264"),
        ("w0=8,wa=100,wm=2,d=6,g=8", "w0=8", "skips a power"),
        ("w0=24,wa=36.44,wm=1,d=13,g=8", "1", "above 1"),
        ("w0=0,wa=36.44,wm=2.49,d=13,g=8", "0", "a number above 0"),
        ("w0=24,wa=36.4444,wm=2.49,d=13,g=8", "36.4444", "three decimals"),
        ("w0=24,wa=36.44,wm=2.49,d=65,g=8", "65", "from 1 to 64"),
        ("w0=24,wa=36.44,wm=2.49,d=13,g=0", "0", "from 1 to 1024"),
        ("w0=24,wa=36.44,wm=2.49,d=13", "w0=24", "has no `g`"),
        ("w0=24,wa=36.44,wm=2.49,d=13,g=8,g=8", "g", "given twice"),
        ("w0=24,wa=36.44,wn=2.49,d=13,g=8", "wn", "did you mean"),
        ("22212202", "22212202", "key=value"),
        ("", "", "key=value"),
    ] {
        let error = space.parse(text).unwrap_err();
        assert!(error.token.starts_with(token), "{text}: {error}");
        assert!(error.reason.contains(part), "{text}: {error}");
        assert!(
            error.to_string().contains("an architecture of this space is written w0="),
            "{error}"
        );
    }
    assert_eq!(space.parse(&format!(" {long} ")).unwrap().to_string(), long);
    let other_order = "g=8;d=13;wm=2.490;wa=36.44;w0=24";
    assert_eq!(space.parse(other_order).unwrap().to_string(), long);
}

#[test]
fn small_spaces_are_counted_and_enumerated() {
    let space = small();
    let all: Vec<Architecture> = space.enumerate().collect();
    assert_eq!(space.count(), all.len() as u128);
    let distinct: HashSet<String> = all.iter().map(Architecture::to_string).collect();
    assert_eq!(distinct.len(), all.len());
    assert!((20..162).contains(&all.len()), "{} of 162 settings", all.len());
    for architecture in &all {
        assert_eq!(widths(architecture).len(), 3, "{architecture}");
    }
    // Every setting that is not listed is refused.
    let mut refused = 0;
    for w0 in ["8", "16", "24"] {
        for wa in ["8", "12", "16"] {
            for wm in ["2", "2.25", "2.5"] {
                for (d, g) in [(4, 8), (5, 8), (6, 8), (4, 16), (5, 16), (6, 16)] {
                    let text = format!("w0={w0},wa={wa},wm={wm},d={d},g={g}");
                    let found = space.parse(&text).is_ok();
                    assert_eq!(found, distinct.contains(&text), "{text}");
                    refused += usize::from(!found);
                }
            }
        }
    }
    assert_eq!(refused + all.len(), 162);
}

/// Every architecture of a small space is drawn equally often.
#[test]
fn samples_are_uniform() {
    let space = small();
    let all: Vec<String> = space.enumerate().map(|one| one.to_string()).collect();
    let mut counts = vec![0_i32; all.len()];
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..all.len() * 200 {
        let drawn = space.sample(&mut rng).to_string();
        counts[all.iter().position(|one| *one == drawn).unwrap()] += 1;
    }
    let chi: f64 = counts.iter().map(|count| f64::from(count - 200).powi(2) / 200.0).sum();
    // Its mean is the number of classes less 1, its variance twice that; five deviations.
    let freedom = (all.len() - 1) as f64;
    assert!(chi < freedom + 5.0 * (2.0 * freedom).sqrt(), "{chi} of {freedom}");
}

/// Architectures with the same stages have one canonical text, and it is one of them.
#[test]
fn equal_stages_have_one_canonical_text() {
    let space = small();
    let mut texts: std::collections::HashMap<String, String> = std::collections::HashMap::new();
    let mut equal = 0;
    for architecture in space.enumerate() {
        let (key, canonical) = (architecture.function_key(), architecture.canonical());
        assert_eq!(space.parse(&canonical).unwrap().function_key(), key, "{architecture}");
        assert_eq!(space.parse(&canonical).unwrap().canonical(), canonical);
        equal += usize::from(texts.contains_key(&key));
        assert_eq!(*texts.entry(key).or_insert(canonical.clone()), canonical, "{architecture}");
    }
    assert!(equal >= 5, "only {equal} architectures have a twin");
    // Published models lie between the steps of the ranges.
    let published = self::space().parse("w0=24,wa=36.44,wm=2.49,d=13,g=8").unwrap();
    let canonical = self::space().parse(&published.canonical()).unwrap();
    assert_ne!(canonical, published);
    let cost = |architecture: &Architecture| Cost::of(&architecture.build().unwrap());
    assert_eq!(cost(&canonical), cost(&published));
    assert_eq!(canonical.function_key(), published.function_key());
}

#[test]
fn wrong_files_are_refused() {
    let text = Space::builtin_text("regnet-x").unwrap();
    for (from, to, part) in [
        ("wm = { min = 2,", "wm = { min = 1,", "topology.wm.min: is not above 1"),
        ("max = 256, step = 8 }", "max = 4, step = 8 }", "topology.w0.max: is below min"),
        ("step = 0.1 }", "step = 0.0001 }", "topology.wa.step"),
        ("step = 0.001 }", "step = 0 }", "topology.wm.step"),
        ("[12, 13,", "[12, 12, 13,", "topology.depths[1]: repeats 12"),
        ("[8, 16,", "[8, 8, 16,", "topology.group_widths[1]: repeats 8"),
        ("\"regnet_x_block\"", "\"regnet_z_block\"", "did you mean `regnet_x_block`?"),
        (
            "\"regnet_x_block\"",
            "\"res_bottleneck_block\"",
            "which uses {bot_mul}; the values of this topology",
        ),
        ("strides = [2, 2, 2, 2]", "strides = [2, 2, 2, 2, 2, 2, 2, 2]", "gives 8 stages"),
        ("strides = [2, 2, 2, 2]", "bottleneck = 1.5\nstrides = [2, 2, 2, 2]", "a whole number"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{from}");
        let error = untrained::job::chain(&Space::from_text(&changed, "my.toml").unwrap_err());
        assert!(error.contains(part), "{to}: {error}");
        assert!(error.contains("line "), "{to}: {error}");
    }
}

/// A gate reads what enters the block: it has no part in the code but its inner ReLU.
#[test]
fn a_gate_multiplies_channels() {
    let arch = "w0=48,wa=27.89,wm=2.09,d=16,g=8";
    let build = |id: &str| Space::builtin(id).unwrap().parse(arch).unwrap().build().unwrap();
    let (x, y) = (build("regnet-x"), build("regnet-y"));
    assert_eq!(Cost::of(&y).activation_calls, Cost::of(&x).activation_calls + 16);
    let gates: Vec<Shape> = y
        .nodes()
        .iter()
        .filter(|node| matches!(node.op, untrained::graph::Op::Mul))
        .map(|node| y.shape(node.inputs[1]))
        .collect();
    assert_eq!(gates.len(), 16);
    assert!(gates.iter().all(|shape| shape.plane() == 1));
}

/// A person's own space: a bottleneck and other strides at a small size.
#[test]
fn a_space_of_ones_own_can_have_a_bottleneck() {
    let settings = [
        "topology.bottleneck=0.5",
        "topology.strides=[1,2,2,2]",
        "input.height=32",
        "input.width=32",
    ]
    .map(|setting| setting.parse().unwrap());
    let space = Space::open_with("regnet-y", &settings).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..5 {
        let architecture = space.sample(&mut rng);
        assert_eq!(widths(&architecture).len(), 4, "{architecture}");
    }
}
