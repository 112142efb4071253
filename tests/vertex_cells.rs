//! Laws of cells with an operation in every vertex, on NAS-Bench-101 and on small spaces of which
//! every architecture can be looked at.

mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::any;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use support::cases;
use untrained::space::{Architecture, Setting, Space};

fn nas_bench_101() -> Space {
    Space::builtin("nas-bench-101").unwrap()
}

/// A space of small cells.
fn small(max_vertices: usize, max_edges: usize, operations: usize) -> Space {
    let names = ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"];
    let settings = [
        Setting::new("topology.max_vertices", max_vertices),
        Setting::new("topology.max_edges", max_edges),
        Setting::new("topology.operations", json!(names[..operations])),
        Setting::new("skeleton.cells", 1),
    ];
    nas_bench_101().with(&settings).unwrap()
}

/// The edges as `1` and `0`, row by row, and the operations.
fn decisions(space: &Space, architecture: &Architecture) -> (Vec<String>, Vec<String>) {
    let choices = space.choices(architecture);
    let (edges, operations) = choices.into_iter().partition(|c| c.name.starts_with("edge "));
    let values = |choices: Vec<untrained::space::Choice>| {
        choices.into_iter().map(|choice| choice.value).collect()
    };
    (values(edges), values(operations))
}

fn written(edges: &[String], operations: &[String]) -> String {
    format!("{}:{}", edges.concat(), operations.join(","))
}

/// Every architecture of a small space as it can be drawn, in text: all edges, all operations.
fn all_decisions(vertices: usize, names: &[&str]) -> Vec<String> {
    let (pairs, inner) = (vertices * (vertices - 1) / 2, vertices - 2);
    let mut all = Vec::new();
    for bits in 0..1_u32 << pairs {
        for mut rank in 0..names.len().pow(inner as u32) {
            let edges: Vec<String> =
                (0..pairs).map(|pair| (bits >> pair & 1).to_string()).collect();
            let mut operations = Vec::new();
            for _ in 0..inner {
                operations.push(names[rank % names.len()].to_owned());
                rank /= names.len();
            }
            all.push(written(&edges, &operations));
        }
    }
    all
}

/// The same cell with its inner vertices in a random order in which edges lead to later ones.
fn relabelled(space: &Space, architecture: &Architecture, rng: &mut ChaCha8Rng) -> Architecture {
    let (edges, operations) = decisions(space, architecture);
    let vertices = operations.len() + 2;
    let place = |from: usize, to: usize| from * (2 * vertices - from - 1) / 2 + to - from - 1;
    let has = |from: usize, to: usize| from < to && edges[place(from, to)] == "1";
    let mut order = vec![0];
    let mut left: Vec<usize> = (1..vertices - 1).collect();
    while !left.is_empty() {
        let ready: Vec<usize> =
            left.iter().copied().filter(|&v| !left.iter().any(|&other| has(other, v))).collect();
        let next = ready[rng.random_range(0..ready.len() as u32) as usize];
        left.retain(|&vertex| vertex != next);
        order.push(next);
    }
    order.push(vertices - 1);
    let mut bits = Vec::new();
    for from in 0..vertices {
        for to in from + 1..vertices {
            bits.push(u8::from(has(order[from], order[to])).to_string());
        }
    }
    let operations: Vec<String> =
        order[1..vertices - 1].iter().map(|&vertex| operations[vertex - 1].clone()).collect();
    space.parse(&written(&bits, &operations)).unwrap()
}

#[test]
fn an_architecture_is_read_as_it_is_written() {
    let space = nas_bench_101();
    cases::run(500, &any::<u64>(), |seed| {
        let architecture = space.sample(&mut ChaCha8Rng::seed_from_u64(seed));
        let text = space.format(&architecture);
        let back = space.parse(&text).map_err(|error| error.to_string())?;
        let (edges, operations) = decisions(&space, &architecture);
        let long = space.parse(&written(&edges, &operations)).map_err(|error| error.to_string())?;
        if back != architecture || long != architecture || space.format(&back) != text {
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
        let canonical = space.canonical(&architecture);
        let again = space.parse(&canonical).map_err(|error| error.to_string())?;
        if space.canonical(&again) != canonical || space.canonical(&other) != canonical {
            return Err(format!("{canonical} is not the canonical form of {other:?} and itself"));
        }
        for one in [&other, &again] {
            if space.benchmark_key(one) != space.benchmark_key(&architecture) {
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
            let canonical = space.canonical(&architecture);
            let hash = space.benchmark_key(&architecture);
            assert_eq!(*canonical_of.entry(hash).or_insert(canonical.clone()), canonical);
        }
        let listed: Vec<String> =
            space.enumerate().map(|architecture| space.format(&architecture)).collect();
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
        space.choices(one).iter().zip(space.choices(other)).filter(|(a, b)| **a != *b).count()
    };
    cases::run(60, &any::<u64>(), |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let architecture = space.sample(&mut rng);
        let neighbours: BTreeSet<Architecture> =
            space.neighbours(&architecture).into_iter().collect();
        if let Some(other) = neighbours.iter().find(|other| changed(&architecture, other) != 1) {
            return Err(format!("{architecture:?} and {other:?} do not differ in one decision"));
        }
        // Every edit that the notation accepts: 21 edges, 5 operations with 2 others each.
        let (edges, operations) = decisions(&space, &architecture);
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
            (0..600).map(|_| space.mutate(&architecture, &mut rng)).collect();
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
    assert!(space.neighbours(&only).is_empty());
    assert_eq!(space.mutate(&only, &mut ChaCha8Rng::seed_from_u64(0)), only);
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
        *canonical.entry(space.canonical(&sample)).or_default() += 1;
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
        assert!(space.connected(&architecture));
        let drawings = space.drawings(&architecture);
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
    let operations = Setting::new("topology.operations", json!(["none", "maxpool3x3"]));
    let space = nas_bench_101().with(&[operations]).unwrap();
    let connected = |text: &str| space.connected(&space.parse(text).unwrap());
    assert!(!connected("10-1:none"));
    assert!(connected("11-1:none") && connected("10-1:maxpool3x3"));
    assert!(!connected("100-10-1:maxpool3x3,none") && connected("110-01-1:maxpool3x3,none"));
    assert!(space.build(&space.parse("10-1:none").unwrap()).is_ok());
}

fn problems(settings: &[Setting]) -> String {
    untrained::job::chain(&nas_bench_101().with(settings).unwrap_err())
}

#[test]
fn files_whose_layers_do_not_fit_together_are_refused_with_all_problems() {
    let operations = |names: serde_json::Value| Setting::new("topology.operations", names);
    let layers = |name: &str, layers: serde_json::Value| {
        Setting::new(format!("operations.{name}.layers"), layers)
    };
    let shrinking = [
        operations(json!(["shrink", "grouped", "wide", "maxpool3x3"])),
        layers("shrink", json!(["conv 3x3 stride=2", "bn", "relu"])),
        layers("grouped", json!(["conv 3x3 groups=2", "bn", "relu"])),
        layers("wide", json!(["conv 3x3 out=7"])),
    ];
    let message = problems(&shrinking);
    for part in [
        "operations.shrink: gives 16x16x16 on 16x32x32 at stride 1 to 16 channels, not 16x32x32",
        "operations.shrink: gives 5x16x16 on 5x32x32",
        // 16 channels over three vertices: 6, 5 and 5.
        "operations.grouped: cannot be built on 5x32x32 at stride 1 to 5 channels",
        "operations.wide: gives 7x8x8 on 64x8x8 at stride 1 to 64 channels, not 64x8x8",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains("operations.grouped: cannot be built on 6x32x32"), "{message}");
    assert!(!message.contains("maxpool3x3:"), "{message}");
    let message = problems(&[Setting::new("topology.projection", json!(["bn", "relu"]))]);
    assert!(message.contains("topology.projection: gives 16x32x32 on 16x32x32"), "{message}");
    // At most four vertices feed the output: each has an edge to it and one from elsewhere.
    let message = problems(&[Setting::new("skeleton.channels", 3)]);
    assert!(message.contains("skeleton.channels: is too small: 3 channels"), "{message}");
    assert!(message.contains("over the 4 vertices"), "{message}");
    assert!(nas_bench_101().with(&[Setting::new("skeleton.channels", 4)]).is_ok());
}

/// What the checks of a file promise: then every architecture builds. Widths at which nothing
/// divides evenly, and a stem of another width than the cells.
#[test]
fn every_architecture_of_an_accepted_file_builds() {
    for channels in [4, 5, 7, 19] {
        let settings = [
            Setting::new("topology.max_vertices", 5),
            Setting::new("skeleton.channels", channels),
            Setting::new("skeleton.cells", 2),
            Setting::new("skeleton.stem", json!(["conv 3x3 out=3", "bn", "relu"])),
        ];
        let space = nas_bench_101().with(&settings).unwrap();
        let mut built = 0;
        for architecture in space.enumerate().step_by(7) {
            let graph = space.build(&architecture).unwrap();
            assert_eq!(graph.shape(graph.output().unwrap()).channels, 10);
            built += 1;
        }
        assert!(built > 300, "{built} built");
    }
}
