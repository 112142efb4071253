//! What holds for every architecture of every space.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use untrained::graph::analysis;
use untrained::space::{Architecture, Space};

use crate::space::pair_cells::genotype::Record;
use crate::space::pair_cells::support::cases;
use crate::space::pair_cells::{changed, small, spaces};

/// Cases of every law.
const CASES: u32 = 200;

/// Runs a law on random architectures of all spaces.
fn law(check: impl Fn(&Space, &Architecture, &mut ChaCha8Rng) -> Result<(), String>) {
    let spaces = spaces();
    cases::run(CASES, &(0..spaces.len(), any::<u64>()), |(space, seed)| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let architecture = spaces[space].sample(&mut rng);
        check(&spaces[space], &architecture, &mut rng).map(|()| true)
    });
}

fn same<T: PartialEq + std::fmt::Debug>(one: T, other: T, what: &str) -> Result<(), String> {
    if one == other { Ok(()) } else { Err(format!("{what}: {one:?} and {other:?}")) }
}

#[test]
fn what_is_written_is_read_back() {
    law(|space, architecture, _| {
        let text = architecture.to_string();
        same(space.parse(&text).as_ref(), Ok(architecture), "read back")?;
        same(text.contains(' '), false, "spaces in the text")
    });
}

#[test]
fn canonical_texts_do_not_depend_on_how_a_cell_is_written() {
    law(|space, architecture, rng| {
        let rewritten = Record::of(architecture).rewritten(rng).architecture(space);
        let canonical = architecture.canonical();
        same(rewritten.canonical(), canonical.clone(), "canonical")?;
        same(rewritten.live_key(), architecture.live_key(), "live key")?;
        same(rewritten.code_key(), architecture.code_key(), "code key")?;
        let reduced = space.parse(&canonical).map_err(|error| error.to_string())?;
        same(reduced.canonical(), canonical, "canonical of the canonical")?;
        same(reduced.live_key(), reduced.canonical(), "live key of the canonical")
    });
}

/// The order of concatenation is no part of the canonical text, and part of the other two keys.
#[test]
fn the_order_of_concatenation_is_seen_by_the_finer_keys_only() {
    let mut moved = 0;
    let space = Space::builtin("nds-darts").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for _ in 0..50 {
        let record = Record::of(&space.sample(&mut rng));
        let mut turned = record.clone();
        turned.genotype.normal_concat.reverse();
        let (one, other) = (record.architecture(&space), turned.architecture(&space));
        assert_eq!(one.canonical(), other.canonical());
        moved += usize::from(one.live_key() != other.live_key());
        assert_ne!(one.code_key(), other.code_key());
    }
    assert!(moved > 40, "only {moved} of 50");
}

#[test]
fn a_neighbour_differs_in_exactly_one_decision() {
    law(|space, architecture, rng| {
        let choices = architecture.decisions();
        let neighbours = architecture.neighbours();
        for other in &neighbours {
            let changed = other.decisions().iter().zip(&choices).filter(|(a, b)| a != b).count();
            same(changed, 1, "changed decisions")?;
            same(space.parse(&other.to_string()).as_ref(), Ok(other), "neighbour read back")?;
        }
        let unique: HashSet<&Architecture> = neighbours.iter().collect();
        same(unique.len(), neighbours.len(), "different neighbours")?;
        let record = Record::of(architecture);
        same(neighbours.len(), expected_neighbours(space, &record), "number of neighbours")?;
        let mutated = architecture.mutate(rng);
        same(unique.contains(&mutated), true, "a mutation is a neighbour")
    });
}

/// Every operation, every input and the grid's sizes but the current ones; where the inputs of a node
/// are distinct, that of the other pair is none either.
fn expected_neighbours(space: &Space, record: &Record) -> usize {
    let distinct = space.id().starts_with("nds-darts");
    let operations = space.operation_names().len();
    let pairs = |count: usize| {
        (0..count).map(|pair| operations - 1 + pair / 2 + 1 - usize::from(distinct)).sum::<usize>()
    };
    let sizes = match space.id() {
        id if id.ends_with("fix-w-d") => 0,
        id if id.ends_with("imagenet") => 8,
        _ => 6,
    };
    pairs(record.genotype.normal.len()) + pairs(record.genotype.reduce.len()) + sizes
}

#[test]
fn concatenated_nodes_follow_the_decisions() {
    law(|space, architecture, rng| {
        for architecture in [architecture.clone(), architecture.mutate(rng)] {
            let genotype = Record::of(&architecture).genotype;
            let cells = [
                (&genotype.normal, &genotype.normal_concat),
                (&genotype.reduce, &genotype.reduce_concat),
            ];
            for (pairs, concat) in cells {
                let all = space.id().contains("darts") || space.id().contains("pnas");
                let loose = |node: &usize| all || pairs.iter().all(|(_, input)| input != node);
                let expected: Vec<usize> = (2..2 + pairs.len() / 2).filter(loose).collect();
                same(concat, &expected, "concatenated nodes")?;
            }
        }
        Ok(())
    });
}

/// What was given otherwise stays as it was given.
#[test]
fn other_concatenated_nodes_are_kept() {
    let space = Space::builtin("nds-pnas").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut record = Record::of(&space.sample(&mut rng));
    record.genotype.normal_concat = vec![6, 3];
    for other in record.architecture(&space).neighbours() {
        let genotype = Record::of(&other).genotype;
        assert_eq!(genotype.normal_concat, [6, 3]);
        assert_eq!(genotype.reduce_concat, [2, 3, 4, 5, 6]);
    }
}

/// Cells per space as the NDS paper counts them, in billions (its table of NAS design spaces).
#[test]
fn there_are_as_many_cells_as_published() {
    for (id, billions) in [
        ("nds-nasnet", 71_465_842),
        ("nds-amoeba", 556_628),
        ("nds-pnas", 556_628),
        ("nds-enas", 5_063),
        ("nds-darts", 242),
    ] {
        let mut space = Space::builtin(id).unwrap();
        if id == "nds-darts" {
            // The paper counts pairs of equal inputs too.
            space = space.with(&["topology.distinct_inputs=false".parse().unwrap()]).unwrap();
        }
        let sizes = 15;
        let cells = (space.count() / sizes).isqrt();
        assert_eq!(cells * cells * sizes, space.count(), "{id}");
        assert_eq!((cells + 500_000_000) / 1_000_000_000, billions, "{id}");
    }
    let darts = Space::builtin("nds-darts").unwrap();
    let cells = 8_u128.pow(8) * (2 * 6 * 12 * 20);
    assert_eq!(darts.count(), cells * cells * 15, "distinct inputs, in order");
    assert_eq!(Space::builtin("nds-darts-fix-w-d").unwrap().count(), cells * cells);
}

#[test]
fn all_architectures_are_enumerated_once() {
    for (changes, count) in [
        (&[("nodes = 2", "nodes = 1")][..], 36 * 36 * 2),
        (&[("nodes = 2", "nodes = 1\ndistinct_inputs = true")], 18 * 18 * 2),
    ] {
        let space = small(changes);
        assert_eq!(space.count(), count);
        let all: HashSet<Architecture> = space.enumerate().collect();
        assert_eq!(all.len() as u128, count);
        assert!(all.iter().all(|one| space.parse(&one.to_string()).as_ref() == Ok(one)));
    }
}

/// Pearson's statistic of counts that should all be the same.
fn chi_square(counts: impl Iterator<Item = usize>, expected: f64) -> f64 {
    counts.map(|count| (count as f64 - expected).powi(2) / expected).sum()
}

#[test]
fn samples_are_uniform() {
    for inputs in ["nodes = 1", "nodes = 1\ndistinct_inputs = true"] {
        let space = small(&[("nodes = 2", inputs), ("\"none\", ", ""), ("[3]", "[3, 4]")]);
        let all: Vec<Architecture> = space.enumerate().collect();
        let rank: BTreeMap<&Architecture, usize> =
            all.iter().enumerate().map(|(rank, one)| (one, rank)).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let (mut counts, mut biased) = (vec![0; all.len()], vec![0; all.len()]);
        const EACH: usize = 40;
        for _ in 0..EACH * all.len() {
            let drawn = rank[&space.sample(&mut rng)];
            counts[drawn] += 1;
            biased[if drawn == 0 { 1 } else { drawn }] += 1;
        }
        // Mean n - 1, variance 2 (n - 1): within five standard deviations.
        let freedom = all.len() as f64 - 1.0;
        let most = freedom + 5.0 * (2.0 * freedom).sqrt();
        let statistic = |counts: Vec<usize>| chi_square(counts.into_iter(), EACH as f64);
        let (fair, unfair) = (statistic(counts), statistic(biased));
        println!("{} architectures: {fair:.0}, at most {most:.0}; biased {unfair:.0}", all.len());
        assert!(fair < most, "{fair} is more than {most}");
        assert!(unfair > fair + 50.0, "one architecture that is never drawn is not seen");
    }
}

#[test]
fn connected_is_what_the_graph_says() {
    let text =
        changed(&[("\"conv_3x3\"", "\"conv_3x3\", \"max_pool_3x3\""), ("[3]", "[1, 2, 3, 4, 7]")]);
    let space = Space::from_text(&text.replace("\"skip_connect\", ", ""), "small").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut connected = [0, 0];
    for _ in 0..2_000 {
        let architecture = space.sample(&mut rng);
        let graph = architecture.build().unwrap();
        let expected = analysis::connected(&graph);
        assert_eq!(architecture.is_connected(), expected, "{}", architecture);
        connected[usize::from(expected)] += 1;
    }
    assert!(connected.iter().all(|&count| count > 100), "{connected:?}");
}

#[test]
fn drawings_and_choices_say_everything() {
    let space = Space::builtin("nds-darts").unwrap();
    let text = r#"{"genotype":{"normal":[["none",0],["sep_conv_3x3",1],["skip_connect",2],["none",0],["none",1],["none",2],["dil_conv_3x3",4],["none",0]],"normal_concat":[2,5],"reduce":[["none",0],["none",1],["none",0],["none",1],["none",0],["none",1],["none",0],["max_pool_3x3",1]],"reduce_concat":[2,3,4,5]},"width":16,"depth":8}"#;
    let architecture = space.parse(text).unwrap();
    let drawings = architecture.drawings();
    let titles: Vec<&str> = drawings.iter().map(|drawing| drawing.title.as_str()).collect();
    assert_eq!(titles, ["normal cell", "reduction cell"]);
    assert_eq!(drawings[0].nodes, ["input 0", "input 1", "2", "3", "4", "5", "output"]);
    let edges: Vec<_> =
        drawings[0].edges.iter().map(|edge| (edge.from, edge.to, edge.label.as_str())).collect();
    let expected = [
        (1, 2, "sep_conv_3x3"),
        (2, 3, "skip_connect"),
        (4, 5, "dil_conv_3x3"),
        (2, 6, ""),
        (5, 6, ""),
    ];
    assert_eq!(edges, expected);
    let choices = architecture.decisions();
    assert_eq!(choices.len(), 34);
    let said = |name: &str| {
        choices.iter().find(|choice| choice.name == name).map(|choice| choice.value.as_str())
    };
    assert_eq!(said("normal 2.1 op"), Some("sep_conv_3x3"));
    assert_eq!(said("normal 5.0 input"), Some("4"));
    assert_eq!(said("reduction 5.1 op"), Some("max_pool_3x3"));
    assert_eq!((said("width"), said("depth")), (Some("16"), Some("8")));
}
