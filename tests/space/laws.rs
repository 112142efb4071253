//! Laws that every space obeys: the built-in ones and the examples.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use untrained::space::{Architecture, Space};

/// The example files, which the documentation points to.
fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/examples");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    paths.sort();
    paths
}

fn spaces() -> Vec<Space> {
    let mut spaces = Space::builtins().unwrap();
    spaces.extend(examples().iter().map(|path| Space::load(path).unwrap()));
    assert!(spaces.len() > 5, "only {} spaces", spaces.len());
    spaces
}

/// How many decisions differ.
fn differences(one: &Architecture, other: &Architecture) -> usize {
    let (one, other) = (one.decisions(), other.decisions());
    assert_eq!(one.len(), other.len());
    assert!(one.iter().zip(&other).all(|(a, b)| a.name == b.name));
    one.iter().zip(&other).filter(|(a, b)| a.value != b.value).count()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn what_is_written_is_read_back(seed: u64) {
        for space in spaces() {
            let architecture = space.sample(&mut ChaCha8Rng::seed_from_u64(seed));
            let text = architecture.to_string();
            let parsed = space.parse(&text);
            prop_assert_eq!(parsed.as_ref(), Ok(&architecture), "{}: {}", space.id(), text);
            if let Some(index) = architecture.index() {
                prop_assert!(space.from_index(index) == Some(architecture));
            }
        }
    }

    #[test]
    fn canonical_texts_are_their_own_canonical_texts(seed: u64) {
        for space in spaces() {
            let architecture = space.sample(&mut ChaCha8Rng::seed_from_u64(seed));
            let canonical = architecture.canonical();
            let again = space.parse(&canonical).unwrap();
            prop_assert_eq!(&again.canonical(), &canonical, "{}", space.id());
            prop_assert_eq!(again.function_key(), architecture.function_key());
            prop_assert_eq!(again.is_connected(), architecture.is_connected());
        }
    }

    #[test]
    fn a_mutation_changes_exactly_one_decision(seed: u64) {
        for space in spaces() {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let architecture = space.sample(&mut rng);
            let changed = architecture.mutate(&mut rng);
            prop_assert_eq!(differences(&architecture, &changed), 1, "{}", space.id());
            let text = changed.to_string();
            let parsed = space.parse(&text);
            prop_assert_eq!(parsed.as_ref(), Ok(&changed), "{}: {}", space.id(), text);
        }
    }

    #[test]
    fn a_child_has_each_decision_from_one_of_its_parents(seed: u64) {
        let mut mixed = 0;
        for space in spaces() {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let parents = [space.sample(&mut rng), space.sample(&mut rng)];
            let child = parents[0].crossover(&parents[1], &mut rng);
            let of = parents.each_ref().map(|parent| parent.decisions());
            for (at, decision) in child.decisions().iter().enumerate() {
                let known = of.iter().any(|decisions| decisions[at] == *decision);
                prop_assert!(known, "{}: {decision:?}", space.id());
            }
            let text = child.to_string();
            let parsed = space.parse(&text);
            prop_assert_eq!(parsed.as_ref(), Ok(&child), "{}: {}", space.id(), text);
            prop_assert!(child.crossover(&child, &mut rng) == child);
            mixed += usize::from(!parents.contains(&child));
        }
        prop_assert!(mixed > 15, "only {mixed} children differ from both parents");
    }
}

/// Parents that differ in all six decisions: every choice of theirs is a child, and as often as the others.
#[test]
fn crossover_is_uniform_where_decisions_are_independent() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let parent = |name: &str| {
        space
            .parse(&format!("|{name}~0|+|{name}~0|{name}~1|+|{name}~0|{name}~1|{name}~2|"))
            .unwrap()
    };
    let (one, other) = (parent("nor_conv_3x3"), parent("skip_connect"));
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut seen: HashMap<String, u32> = HashMap::new();
    for _ in 0..6_400 {
        *seen.entry(one.crossover(&other, &mut rng).to_string()).or_default() += 1;
    }
    assert_eq!(seen.len(), 64);
    let squares: f64 = seen.values().map(|&count| (f64::from(count) - 100.0).powi(2) / 100.0).sum();
    // The 99.9 % quantile of chi-squared with 63 degrees of freedom.
    assert!(squares < 103.4, "{squares}");
    // Nothing of another space comes in.
    let foreign = Space::builtin("nas-bench-macro").unwrap().sample(&mut rng);
    assert!(one.crossover(&foreign, &mut rng) == one);
}

#[test]
fn neighbours_are_all_mutations_and_nothing_else() {
    for space in spaces() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let architecture = space.sample(&mut rng);
        let neighbours = architecture.neighbours();
        assert!(!neighbours.is_empty(), "{}", space.id());
        for neighbour in &neighbours {
            assert_eq!(differences(&architecture, neighbour), 1, "{}", space.id());
        }
        let mut distinct = neighbours.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), neighbours.len(), "{}", space.id());
        for _ in 0..50 {
            let mutation = architecture.mutate(&mut rng);
            assert!(neighbours.contains(&mutation), "{}", space.id());
        }
    }
}

#[test]
fn every_sample_builds_and_is_drawn() {
    for space in spaces() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..30 {
            let architecture = space.sample(&mut rng);
            let text = architecture.to_string();
            let graph = architecture.build().unwrap();
            assert_eq!(graph.input_shape(), Some(space.input()));
            assert_eq!(graph.shape(graph.output().unwrap()).channels, space.classes(), "{text}");
            let blocks = graph.blocks();
            assert!(blocks.is_sorted() && blocks.len() >= 2, "{text}: {blocks:?}");
            assert_eq!(
                blocks.last().copied(),
                graph.body(),
                "{text}: the head reads the last block"
            );
            let drawings = architecture.drawings();
            assert!(!drawings.is_empty());
            for drawing in &drawings {
                let nodes = drawing.nodes.len();
                assert!(drawing.edges.iter().all(|edge| edge.from < nodes && edge.to < nodes));
            }
            let dot = untrained::space::dot(&text, &drawings);
            assert!(
                dot.starts_with("digraph") && dot.matches("subgraph").count() == drawings.len()
            );
        }
    }
}

/// What a file prints of itself is the same space, in both of its languages.
#[test]
fn every_space_can_be_printed_and_loaded_back() {
    for space in spaces() {
        let value: serde_json::Value = toml::from_str(space.text()).unwrap();
        let json = serde_json::to_string_pretty(&value).unwrap();
        for text in [space.text(), &json] {
            let again = Space::from_text(text, "printed").unwrap();
            assert_eq!((again.id(), again.count()), (space.id(), space.count()));
            let sample = |space: &Space| {
                let mut rng = ChaCha8Rng::seed_from_u64(11);
                space.sample(&mut rng).to_string()
            };
            assert_eq!(sample(&again), sample(&space));
        }
    }
}

/// All architectures of a small space are drawn equally often.
#[test]
fn samples_are_uniform() {
    let settings = ["topology.strides=[[1,2]]", "topology.depths=[1,3]", "topology.widths=[16,24]"]
        .map(|setting| setting.parse().unwrap());
    let path = examples().into_iter().find(|path| path.ends_with("mobile.toml")).unwrap();
    let space = Space::open_with(path.to_str().unwrap(), &settings).unwrap();
    assert_eq!(space.count(), 2 * 2 * 2 * 9);
    let mut counts: HashMap<Architecture, i32> = HashMap::new();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..72 * 200 {
        *counts.entry(space.sample(&mut rng)).or_default() += 1;
    }
    let square = |count: &i32| f64::from(count - 200).powi(2) / 200.0;
    let chi: f64 = counts.values().map(square).sum::<f64>() + 200.0 * (72 - counts.len()) as f64;
    // Chi-square with 71 degrees of freedom is above 131 once in 100,000 times.
    assert!(chi < 131.0, "{chi}");
}

/// Two draws of every built-in space from seed 42, as they were on the machine that wrote the list:
/// the same seed must give the same architectures everywhere.
#[test]
fn seeds_give_the_same_samples_on_every_machine() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/samples.txt");
    let golden = std::fs::read_to_string(path).unwrap();
    let mut drawn = String::new();
    for space in Space::builtins().unwrap() {
        let mut rng = untrained::seed::stream(42, &["golden", space.id()]);
        for _ in 0..2 {
            let architecture = space.sample(&mut rng);
            let changed = architecture.mutate(&mut rng);
            for one in [architecture, changed] {
                drawn.push_str(&format!("{}\t{}\n", space.id(), one));
            }
        }
    }
    for (line, (golden, drawn)) in golden.lines().zip(drawn.lines()).enumerate() {
        assert_eq!(golden, drawn, "line {}", line + 1);
    }
    assert_eq!(golden.lines().count(), drawn.lines().count(), "{drawn}");
}
