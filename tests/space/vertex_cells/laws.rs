//! Notation, canonical form, counts, edits, samples.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::any;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use untrained::search::{ConstrainedSpace, NextStep, Objective, RandomSearch, Strategy};
use untrained::space::{Architecture, SpaceOverride};

use crate::space::vertex_cells::cells::{
    all_decisions, decisions, nas_bench_101, relabelled, small, written,
};
use crate::space::vertex_cells::support::cases;

#[test]
fn an_architecture_is_read_as_it_is_written() {
    let space = nas_bench_101();
    cases::run(500, &any::<u64>(), |seed| {
        let architecture = space.sample(&mut ChaCha8Rng::seed_from_u64(seed));
        let text = architecture.to_string();
        let back = space.parse(&text).map_err(|error| error.to_string())?;
        let (edges, operations) = decisions(&architecture);
        let long = space.parse(&written(&edges, &operations)).map_err(|error| error.to_string())?;
        if back != architecture || long != architecture || back.to_string() != text {
            return Err(format!("{text} is read as {back:?}"));
        }
        Ok(true)
    });
}

/// Some vertex orders give another text, so the law says something.
#[test]
fn the_canonical_form_is_that_of_every_order_of_the_vertices() {
    let space = nas_bench_101();
    let different = std::cell::Cell::new(0);
    cases::run(500, &any::<u64>(), |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let architecture = space.sample(&mut rng);
        let other = relabelled(&space, &architecture, &mut rng);
        different.set(different.get() + u32::from(other != architecture));
        let canonical = architecture.canonical();
        let again = space.parse(&canonical).map_err(|error| error.to_string())?;
        if again.canonical() != canonical || other.canonical() != canonical {
            return Err(format!("{canonical} is not the canonical form of {other:?} and itself"));
        }
        for one in [&other, &again] {
            if one.benchmark_key() != architecture.benchmark_key() {
                return Err(format!("{canonical} and {one:?} have different hashes"));
            }
        }
        Ok(true)
    });
    assert!(different.get() > 250, "only {} orders are others", different.get());
}

/// The graph hash is defined without any canonical form, so it is an independent judge.
#[test]
fn small_spaces_are_counted_and_enumerated_exactly() {
    let names = ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"];
    for (vertices, edges, operations) in
        [(2, 1, 1), (3, 2, 2), (4, 4, 3), (4, 6, 2), (5, 5, 1), (5, 6, 3), (5, 10, 2)]
    {
        let space = small(vertices, edges, operations);
        let drawn = all_decisions(vertices, &names[..operations]);
        let valid = drawn.iter().filter_map(|text| space.parse(text).ok());
        let mut canonical_of = BTreeMap::new();
        for architecture in valid {
            let canonical = architecture.canonical();
            let hash = architecture.benchmark_key();
            assert_eq!(*canonical_of.entry(hash).or_insert(canonical.clone()), canonical);
        }
        let listed: Vec<String> =
            space.enumerate().map(|architecture| architecture.to_string()).collect();
        let expected: BTreeSet<&String> = canonical_of.values().collect();
        assert_eq!(expected.len(), canonical_of.len(), "different hashes, one canonical form");
        assert_eq!(listed.iter().collect::<BTreeSet<_>>(), expected);
        assert_eq!(listed.len(), expected.len());
        assert_eq!(space.count(), listed.len() as u128, "{vertices} {edges} {operations}");
    }
}

#[test]
fn neighbours_and_mutations_change_one_decision() {
    let space = nas_bench_101();
    let changed = |one: &Architecture, other: &Architecture| {
        one.decisions().iter().zip(other.decisions()).filter(|(a, b)| **a != *b).count()
    };
    cases::run(60, &any::<u64>(), |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let architecture = space.sample(&mut rng);
        let neighbours: BTreeSet<Architecture> = architecture.neighbours().into_iter().collect();
        if let Some(other) = neighbours.iter().find(|other| changed(&architecture, other) != 1) {
            return Err(format!("{architecture:?} and {other:?} do not differ in one decision"));
        }
        // Every edit that the notation accepts: 21 edges, 5 operations with 2 others each.
        let (edges, operations) = decisions(&architecture);
        let flips = (0..edges.len()).filter_map(|edge| {
            let mut edges = edges.clone();
            edges[edge] = if edges[edge] == "1" { "0" } else { "1" }.to_owned();
            space.parse(&written(&edges, &operations)).ok()
        });
        let flips: Vec<Architecture> = flips.collect();
        if neighbours.len() != flips.len() + 10 || !flips.iter().all(|f| neighbours.contains(f)) {
            return Err(format!("{} neighbours, {} edges", neighbours.len(), flips.len()));
        }
        let mutated: BTreeSet<Architecture> =
            (0..600).map(|_| architecture.mutate(&mut rng)).collect();
        if mutated != neighbours {
            return Err(format!("{} mutations of {}", mutated.len(), neighbours.len()));
        }
        Ok(true)
    });
}

#[test]
fn a_space_of_one_architecture_has_no_neighbours() {
    let space = small(2, 1, 1);
    let only = space.parse("1").unwrap();
    assert!(only.neighbours().is_empty());
    assert_eq!(only.mutate(&mut ChaCha8Rng::seed_from_u64(0)), only);
    assert_eq!(space.count(), 1);
}

/// The chi-square statistic of counts that should be equal, in standard deviations from its mean.
fn excess(counts: impl Iterator<Item = u64>) -> f64 {
    let counts: Vec<f64> = counts.map(|count| count as f64).collect();
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    let chi_square: f64 = counts.iter().map(|count| (count - mean).powi(2) / mean).sum();
    let freedom = counts.len() as f64 - 1.0;
    (chi_square - freedom) / (2.0 * freedom).sqrt()
}

/// How far a statistic may be off, in standard deviations.
const FAR: f64 = 5.0;

#[test]
fn samples_are_uniform_over_the_decisions() {
    let space = small(4, 4, 2);
    let drawn = all_decisions(4, &["conv3x3-bn-relu", "conv1x1-bn-relu"]);
    let mut counts: HashMap<Architecture, u64> =
        drawn.iter().filter_map(|text| space.parse(text).ok()).map(|valid| (valid, 0)).collect();
    assert!((100..drawn.len()).contains(&counts.len()), "{} are valid", counts.len());
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut canonical: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..200 * counts.len() {
        let sample = space.sample(&mut rng);
        *canonical.entry(sample.canonical()).or_default() += 1;
        *counts.get_mut(&sample).expect("samples are valid") += 1;
    }
    let off = excess(counts.values().copied());
    assert!(off.abs() < FAR, "{off} standard deviations");
    assert!(excess(canonical.values().copied()) > FAR, "graphs are not equally often drawn");
}

#[test]
fn every_sample_is_connected_and_drawn_without_what_is_dead() {
    let space = nas_bench_101();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..200 {
        let architecture = space.sample(&mut rng);
        assert!(architecture.is_connected());
        let drawings = architecture.drawings();
        let [drawing] = drawings.as_slice() else { panic!("{drawings:?}") };
        let last = drawing.nodes.len() - 1;
        assert_eq!((drawing.nodes[0].as_str(), drawing.nodes[last].as_str()), ("input", "output"));
        for node in 0..=last {
            let fed = drawing.edges.iter().any(|edge| edge.to == node);
            let used = drawing.edges.iter().any(|edge| edge.from == node);
            assert!((fed || node == 0) && (used || node == last), "{drawing:?}");
        }
        assert!(drawing.edges.len() <= 9);
    }
}

/// A vertex whose operation gives zero cuts the path through it.
#[test]
fn zeros_disconnect() {
    let operations = SpaceOverride::new("topology.operations", json!(["none", "maxpool3x3"]));
    let space = nas_bench_101().with(&[operations]).unwrap();
    let connected = |text: &str| space.parse(text).unwrap().is_connected();
    assert!(!connected("10-1:none"));
    assert!(connected("11-1:none") && connected("10-1:maxpool3x3"));
    assert!(!connected("100-10-1:maxpool3x3,none") && connected("110-01-1:maxpool3x3,none"));
    assert!(space.parse("10-1:none").unwrap().build().is_ok());
}

/// Samples that differ in the order of their vertices are one architecture to a search, so it comes
/// to an end one short of all of them.
#[test]
fn a_search_proposes_every_graph_once() {
    let space = small(4, 4, 2);
    let count = space.count() as u64;
    let mut search =
        RandomSearch::new(ConstrainedSpace::new(&space, &[]), count - 1, 1, Objective::Score);
    let proposed: Vec<Architecture> = std::iter::from_fn(|| match search.next().unwrap() {
        NextStep::Propose(architecture, _) => Some(architecture),
        _ => None,
    })
    .collect();
    let graphs: BTreeSet<String> = proposed.iter().map(|proposed| proposed.canonical()).collect();
    assert_eq!((proposed.len() as u64, graphs.len() as u64), (count - 1, count - 1));
}
