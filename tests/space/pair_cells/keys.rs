//! Equal keys must be equal networks: the same labels in the same places, sums in the same order,
//! and in the end the same kernel matrix, bit for bit.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use untrained::backend::cpu::CpuBackend;
use untrained::backend::{Backend, Cancel, Network};
use untrained::data;
use untrained::graph::analysis::Analysis;
use untrained::graph::{Graph, Op};
use untrained::plan::{Count, Plan};
use untrained::space::{Architecture, Space, SpaceOverride};
use untrained::weights::{Initialiser, Weights};

use crate::space::pair_cells::genotype::Record;
use crate::space::pair_cells::{small, spaces};

/// What one node computes, by operation, weights and order of its inputs; 0 where it is zero.
fn fingerprints(graph: &Graph) -> Vec<u64> {
    let zero = Analysis::new(graph, |_| false).zero;
    let mut all: Vec<u64> = Vec::new();
    for (id, node) in graph.iter() {
        let mut hash = DefaultHasher::new();
        format!("{:?}", node.op).hash(&mut hash);
        if matches!(node.op, Op::Conv(_) | Op::Linear(_)) {
            node.label.hash(&mut hash);
        }
        node.inputs.iter().for_each(|input| all[input.index()].hash(&mut hash));
        all.push(if zero[id.index()] { 0 } else { hash.finish() });
    }
    all
}

/// What every ReLU sees, and what the network gives.
fn computed(graph: &Graph) -> (Vec<u64>, u64) {
    let fingerprints = fingerprints(graph);
    let relus = graph.nodes().iter().filter(|node| matches!(node.op, Op::Activation(_)));
    let mut seen: Vec<u64> = relus.map(|node| fingerprints[node.inputs[0].index()]).collect();
    seen.sort_unstable();
    (seen, fingerprints[graph.output().unwrap().index()])
}

/// All normal cells of a small space with one reduction cell, whatever is concatenated.
fn small_cells(space: &Space) -> Vec<Architecture> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let base = Record::of(&space.sample(&mut rng));
    let operations = space.operation_names();
    let mut pairs: Vec<Vec<(String, usize)>> = vec![Vec::new()];
    for inputs in [2, 2, 3, 3] {
        let extended = |cell: &Vec<(String, usize)>| -> Vec<Vec<(String, usize)>> {
            let choices = operations.iter().flat_map(|name| (0..inputs).map(move |i| (name, i)));
            choices
                .map(|(name, input)| {
                    let mut cell = cell.clone();
                    cell.push(((*name).to_owned(), input));
                    cell
                })
                .collect()
        };
        pairs = pairs.iter().flat_map(extended).collect();
    }
    let mut all = Vec::new();
    for cell in pairs {
        for concat in [vec![2, 3], vec![3, 2], vec![3], vec![2]] {
            let mut record = base.clone();
            record.genotype.normal = cell.clone();
            record.genotype.normal_concat = concat;
            all.push(record.architecture(space));
        }
    }
    all
}

#[test]
fn equal_keys_are_equal_computations() {
    let space = small(&[]);
    let (mut live, mut codes) = (BTreeMap::new(), BTreeMap::new());
    let all = small_cells(&space);
    assert_eq!(all.len(), 36 * 81 * 4);
    let mut canonical = BTreeMap::new();
    for architecture in &all {
        let graph = architecture.build().unwrap();
        let (seen, output) = computed(&graph);
        let text = architecture.to_string();
        let (live_key, code_key) = (architecture.live_key(), architecture.code_key());
        let first = live.entry(live_key.clone()).or_insert((output, text.clone()));
        assert_eq!(first.0, output, "{} and {text}", first.1);
        let first = codes.entry(code_key).or_insert((seen.clone(), live_key.clone(), text.clone()));
        assert_eq!(first.0, seen, "{} and {text}", first.2);
        assert_eq!(first.1, live_key, "{} and {text}", first.2);
        let text = architecture.canonical();
        assert_eq!(*canonical.entry(live_key).or_insert(text.clone()), text);
    }
    let texts: std::collections::BTreeSet<&String> = canonical.values().collect();
    println!(
        "{} cells: {} canonical, {} live, {} codes",
        all.len(),
        texts.len(),
        live.len(),
        codes.len()
    );
    assert!(texts.len() < live.len() && live.len() < codes.len() && codes.len() < all.len() / 2);
    // Different keys are different networks, but for cells that only hand inputs on.
    let outputs: std::collections::BTreeSet<u64> =
        live.values().map(|(output, _)| *output).collect();
    assert!(outputs.len() * 10 > live.len() * 7, "{} outputs of {}", outputs.len(), live.len());
}

#[test]
fn labels_are_unique() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for space in spaces() {
        for _ in 0..20 {
            let architecture = space.sample(&mut rng);
            let graph = architecture.build().unwrap();
            let labels: std::collections::BTreeSet<&str> =
                graph.nodes().iter().map(|node| node.label.as_str()).collect();
            assert_eq!(labels.len(), graph.nodes().len(), "{}", architecture);
        }
    }
}

/// The same network written differently draws the same weights and gives the same kernel matrix;
/// weights drawn for another one give another.
#[test]
fn equal_code_keys_give_equal_kernel_matrices() {
    let mut backend = CpuBackend::new().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let mut kernel = |space: &Space, architecture: &Architecture, canonical: &str| {
        let graph = architecture.build().unwrap();
        let plan = Plan::new(&graph, &Weights::default(), Count::Paper).unwrap();
        let initialiser = Initialiser { initialisation: space.initialisation(), seed: 1 };
        let weights = initialiser.draw(&graph, canonical, plan.weighted_nodes());
        let batch = data::load(&"builtin".parse().unwrap(), space.input(), 8, 0).unwrap();
        let network = Network { plan: &plan, weights: &weights };
        let outputs = backend.run(&[network], &batch, false, &Cancel::new());
        outputs[0].as_ref().unwrap().kernel.as_ref().unwrap().entries().to_vec()
    };
    let small = [
        SpaceOverride::new("topology.widths", vec![8]),
        SpaceOverride::new("topology.depths", vec![5]),
    ];
    for id in ["nds-darts", "nds-enas", "nds-nasnet"] {
        let space = Space::open_with(id, &small).unwrap();
        for _ in 0..4 {
            let architecture = space.sample(&mut rng);
            let rewritten = Record::of(&architecture).rewritten(&mut rng).architecture(&space);
            let canonical = architecture.canonical();
            let one = kernel(&space, &architecture, &canonical);
            let other = kernel(&space, &rewritten, &rewritten.canonical());
            assert_eq!(one, other, "{}", architecture);
            assert_ne!(one, kernel(&space, &architecture, "another"));
        }
    }
}
