//! NAS-Bench-201 against its published table and independently computed costs.

use crate::space::support;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use support::nas_bench_201_table;
use untrained::graph::Shape;
use untrained::space::{Architecture, Space};

const COUNT: usize = 15_625;

fn space() -> Space {
    Space::builtin("nas-bench-201").unwrap()
}

fn classes(key: impl Fn(&Architecture) -> String) -> usize {
    space().enumerate().map(|architecture| key(&architecture)).collect::<BTreeSet<_>>().len()
}

#[test]
fn it_describes_itself() {
    let space = space();
    assert_eq!(space.count(), COUNT as u128);
    assert_eq!(space.id(), "nas-bench-201");
    assert_eq!(space.topology(), "edge-cell");
    assert_eq!((space.input(), space.classes()), (Shape::new(3, 32, 32), 10));
    assert_eq!(space.initialisation().to_string(), "pytorch-default");
    assert_eq!(space.text(), Space::builtin_text("nas-bench-201").unwrap());
}

#[test]
fn every_index_is_that_of_the_benchmark() {
    let Some(table) = nas_bench_201_table() else { return };
    assert_eq!(table.len(), COUNT);
    let space = space();
    for (index, text) in table.iter().enumerate() {
        let architecture = space.parse(text).unwrap();
        assert_eq!(architecture.index(), Some(index as u64), "{text}");
        assert_eq!(architecture.to_string(), *text);
        assert_eq!(space.from_index(index as u64), Some(architecture));
    }
    assert_eq!(space.from_index(COUNT as u64), None);
    assert!(space.enumerate().map(|architecture| architecture.to_string()).eq(table));
}

/// Golden values of the table, for where it is not at hand.
#[test]
fn the_first_and_last_indices_are_those_of_the_benchmark() {
    for (index, text) in [
        (
            0,
            "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
        ),
        (6, "|nor_conv_3x3~0|+|none~0|none~1|+|avg_pool_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"),
        (15_624, "|nor_conv_1x1~0|+|none~0|nor_conv_1x1~1|+|none~0|nor_conv_1x1~1|nor_conv_1x1~2|"),
    ] {
        let architecture = space().from_index(index).unwrap();
        assert_eq!(architecture.to_string(), text);
        assert_eq!(architecture.index(), Some(index));
    }
}

#[test]
fn classes_are_as_many_as_published() {
    assert_eq!(classes(|architecture| architecture.function_key()), 4_930);
    assert_eq!(classes(|architecture| architecture.benchmark_key()), 6_466);
    // Counted by an independent program that compares the networks' graphs up to renaming.
    assert_eq!(classes(|architecture| architecture.live_key()), 5_260);
}

#[test]
fn every_finer_key_refines_the_coarser() {
    let space = space();
    let refines = |fine: &dyn Fn(&Architecture) -> String,
                   coarse: &dyn Fn(&Architecture) -> String| {
        let mut seen = BTreeMap::new();
        for architecture in space.enumerate() {
            let coarse = coarse(&architecture);
            assert_eq!(*seen.entry(fine(&architecture)).or_insert(coarse.clone()), coarse);
        }
        seen.len()
    };
    refines(&|a| a.live_key(), &|a| a.function_key());
    refines(&|a| a.benchmark_key(), &|a| a.function_key());
    let codes = refines(&|a| a.code_key(), &|a| a.live_key());
    assert!((5_260..COUNT).contains(&codes), "{codes} classes of codes");
}

#[test]
fn the_canonical_text_is_the_first_of_its_class() {
    let space = space();
    assert_eq!(space.count_functions(), Some(4_930));
    let mut first = BTreeMap::new();
    for architecture in space.enumerate() {
        let text = architecture.to_string();
        let expected = first.entry(architecture.function_key()).or_insert(text).clone();
        let canonical = architecture.canonical();
        assert_eq!(canonical, expected);
        assert_eq!(space.parse(&canonical).unwrap().canonical(), canonical);
    }
    assert_eq!(first.len(), 4_930);
}

#[test]
fn disconnected_cells_are_those_without_a_path() {
    let space = space();
    let mut disconnected = 0;
    for architecture in space.enumerate() {
        let connected = architecture.is_connected();
        assert_eq!(connected, architecture.function_key() != "0");
        disconnected += usize::from(!connected);
    }
    assert_eq!(disconnected, 341);
}

#[test]
fn neighbours_and_mutations_change_one_decision() {
    let space = space();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let different = |one: &Architecture, other: &Architecture| {
        one.decisions().iter().zip(other.decisions()).filter(|(a, b)| *a != b).count()
    };
    for _ in 0..50 {
        let architecture = space.sample(&mut rng);
        let neighbours: HashSet<Architecture> = architecture.neighbours().into_iter().collect();
        assert_eq!(neighbours.len(), 24);
        assert!(neighbours.iter().all(|other| different(&architecture, other) == 1));
        let mutated: HashSet<Architecture> =
            (0..500).map(|_| architecture.mutate(&mut rng)).collect();
        assert_eq!(mutated, neighbours, "500 mutations reach all 24 neighbours");
    }
}

#[test]
fn samples_are_uniform_and_come_from_the_seed() {
    let space = space();
    let draw = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..5_000).map(|_| space.sample(&mut rng)).collect::<Vec<_>>()
    };
    let samples = draw(1);
    assert_eq!(samples, draw(1));
    assert_ne!(samples, draw(2));
    let names = space.operation_names();
    let mut counts = [[0_i32; 5]; 6];
    for sample in &samples {
        for (edge, decision) in sample.decisions().iter().enumerate() {
            let operation = names.iter().position(|name| *name == decision.value).unwrap();
            counts[edge][operation] += 1;
        }
    }
    // 1,000 expected, standard deviation 28: five of them.
    assert!(counts.iter().flatten().all(|count| (count - 1_000).abs() < 141), "{counts:?}");
}
