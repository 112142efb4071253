//! Attention with relative positions against the formula of the authors' code: a vector for every pair of
//! tokens, made of the entries of rows and columns.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use untrained::data::Batch;
use untrained::graph::{Graph, NodeId, Op};
use untrained::space::Space;
use untrained::weights::{Initialisation, Initialiser, Weights};

use crate::support::reference;

/// Heads, values of one, tokens in a row, and the largest distance with an entry of its own.
const HEADS: usize = 2;
const SIZE: usize = 5;
const SIDE: usize = 4;
const REACH: i64 = 2;
const TOKENS: usize = SIDE * SIDE + 1;
const ENTRIES: usize = 2 * REACH as usize + 2;

/// Sums in another order and in double precision.
const TOLERANCE: f64 = 1e-5;

fn graph() -> Graph {
    let settings = [
        "topology.dims=[8]",
        "topology.depths=[1]",
        "topology.heads=[2]",
        "topology.mlp=[2]",
        "topology.head_size=5",
        "topology.relative_positions=2",
        "input={channels=3,height=8,width=8}",
        "skeleton.patch=2",
        "classes=3",
    ]
    .map(|setting| setting.parse().unwrap());
    let space = Space::open_with("autoformer-tiny", &settings).unwrap();
    space.parse("dim=8;heads=2;mlp=2").unwrap().build().unwrap()
}

fn node(graph: &Graph, label: &str) -> NodeId {
    graph.labelled(label).next().unwrap_or_else(|| panic!("no node {label}"))
}

/// The entry of one axis for a query and a key at these positions, the class token's where one is it.
fn entry(query: Option<usize>, key: Option<usize>) -> usize {
    match (query, key) {
        (Some(query), Some(key)) => {
            ((key as i64 - query as i64).clamp(-REACH, REACH) + REACH + 1) as usize
        }
        _ => 0,
    }
}

/// Row and column of a token; nothing of the class token.
fn place(token: usize) -> [Option<usize>; 2] {
    let patch = token.checked_sub(1);
    [patch.map(|patch| patch / SIDE), patch.map(|patch| patch % SIDE)]
}

/// What attention gives before its last layer, for one image, `[heads * size][token]`. `keys` holds
/// entries in rows, `values` in columns.
fn attended(qkv: &[f32], keys: &[f32], values: &[f32]) -> Vec<f64> {
    let part = |part: usize, head: usize, value: usize, token: usize| {
        f64::from(qkv[((part * HEADS + head) * SIZE + value) * TOKENS + token])
    };
    let entries = |query: usize, key: usize| {
        let [rows, columns] = [0, 1].map(|axis| entry(place(query)[axis], place(key)[axis]));
        [rows, ENTRIES + columns]
    };
    let mut result = vec![0.0; HEADS * SIZE * TOKENS];
    for head in 0..HEADS {
        for query in 0..TOKENS {
            let logit = |key: usize| -> f64 {
                let own = |value: usize| -> f64 {
                    let relative: f64 = entries(query, key)
                        .iter()
                        .map(|entry| f64::from(keys[entry * SIZE + value]))
                        .sum();
                    part(0, head, value, query) * (part(1, head, value, key) + relative)
                };
                (0..SIZE).map(own).sum::<f64>() / (SIZE as f64).sqrt()
            };
            let logits: Vec<f64> = (0..TOKENS).map(logit).collect();
            let most = logits.iter().copied().fold(f64::MIN, f64::max);
            let weights: Vec<f64> = logits.iter().map(|logit| (logit - most).exp()).collect();
            let total: f64 = weights.iter().sum();
            for value in 0..SIZE {
                let of_key = |key: usize| -> f64 {
                    let relative: f64 = entries(query, key)
                        .iter()
                        .map(|entry| f64::from(values[value * 2 * ENTRIES + entry]))
                        .sum();
                    weights[key] / total * (part(2, head, value, key) + relative)
                };
                result[(head * SIZE + value) * TOKENS + query] = (0..TOKENS).map(of_key).sum();
            }
        }
    }
    result
}

/// How far the network is from the formula with these tables, as a part of the largest value.
fn deviation(graph: &Graph, weights: &Weights, keys: &[f32], values: &[f32]) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let shape = graph.input_shape().unwrap();
    let images = (0..shape.volume()).map(|_| random.random::<f32>() - 0.5).collect();
    let batch = Batch { images: 1, shape, values: images, indices: vec![0] };
    let found = reference::evaluate(graph, weights, &batch);
    let expected = attended(found.of(node(graph, "layer0.attention.qkv")), keys, values);
    let joined = found.of(node(graph, "layer0.attention.joined"));
    assert_eq!(joined.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let pairs = joined.iter().zip(&expected);
    pairs.map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max) / largest
}

#[test]
fn attention_is_that_of_the_published_formula() {
    let graph = graph();
    let initialiser = Initialiser { initialisation: Initialisation::default(), seed: 3 };
    let nodes: Vec<NodeId> = graph.iter().map(|(id, _)| id).collect();
    let mut weights = initialiser.draw(&graph, "attention", nodes.iter().copied());
    // Tables as large as the other weights, so that each of their entries is seen.
    let mut random = ChaCha8Rng::seed_from_u64(4);
    for (id, node) in graph.iter().filter(|(_, node)| matches!(node.op, Op::Parameter(_))) {
        let mut layer = weights.get(id).unwrap().clone();
        layer.weight = (0..node.shape.volume()).map(|_| random.random::<f32>() - 0.5).collect();
        weights.set(id, layer);
    }
    let table = |label: &str| {
        let id = graph.labelled(label).find(|id| matches!(graph.node(*id).op, Op::Parameter(_)));
        weights.get(id.unwrap()).unwrap().weight.clone()
    };
    let keys = table("layer0.attention.relative_keys");
    let values = table("layer0.attention.relative_values");
    assert_eq!((keys.len(), values.len()), (2 * ENTRIES * SIZE, 2 * ENTRIES * SIZE));
    let off = deviation(&graph, &weights, &keys, &values);
    assert!(off < TOLERANCE, "{off}");
    // Every entry of both tables is used in its place.
    for entry in 0..2 * ENTRIES {
        let mut other = keys.clone();
        other[entry * SIZE] += 0.25;
        assert!(deviation(&graph, &weights, &other, &values) > 10.0 * TOLERANCE, "key {entry}");
        let mut other = values.clone();
        other[entry] += 0.25;
        assert!(deviation(&graph, &weights, &keys, &other) > 10.0 * TOLERANCE, "value {entry}");
    }
}
