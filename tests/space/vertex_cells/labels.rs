//! Equal networks are built alike, node by node, whatever the order in which their vertices are given:
//! then they get the same weights and run bit for bit alike.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use untrained::backend::cpu::simd::Isa;
use untrained::backend::{Network, RunOutput};
use untrained::data;
use untrained::graph::cost::Cost;
use untrained::plan::{Count, Plan};
use untrained::space::{Architecture, Space, SpaceOverride};
use untrained::weights::{Initialiser, Weights};

use crate::space::vertex_cells::cells::{nas_bench_101, relabelled, small};
use crate::space::vertex_cells::support::devices::Device;
use crate::space::vertex_cells::support::trial::run_alone;

/// Images in a run.
const IMAGES: usize = 8;

/// Everything that is built and the text that weights are drawn by.
fn network(architecture: &Architecture) -> String {
    let graph = architecture.build().unwrap();
    format!("{}\n{:?}", architecture.canonical(), graph.nodes())
}

/// Architectures with some orders of their vertices.
fn orders(
    space: &Space,
    architectures: impl Iterator<Item = Architecture>,
    each: usize,
) -> Vec<Architecture> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut all = Vec::new();
    for architecture in architectures {
        for _ in 0..each {
            all.push(relabelled(space, &architecture, &mut rng));
        }
    }
    all
}

/// Equal keys and equal networks are the same thing; keys differ only for graphs that differ, or
/// for the channels that a remainder gives.
fn check(architectures: Vec<Architecture>) -> (usize, usize) {
    let (mut by_key, mut by_network) = (BTreeMap::new(), BTreeMap::new());
    let mut keys_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for architecture in architectures {
        let key = architecture.live_key();
        assert_eq!(architecture.code_key(), key, "nothing is dead");
        let network = network(&architecture);
        assert_eq!(*by_key.entry(key.clone()).or_insert(network.clone()), network, "{key}");
        assert_eq!(*by_network.entry(network).or_insert(key.clone()), key);
        keys_of.entry(architecture.function_key()).or_default().insert(key);
    }
    let split = keys_of.values().filter(|keys| keys.len() > 1).count();
    (by_key.len(), split)
}

#[test]
fn equal_keys_are_equal_networks() {
    // 16 channels do not divide by three: at most 5 vertices, all graphs.
    let space = small(5, 9, 3);
    let (keys, split) = check(orders(&space, space.enumerate(), 6));
    assert!(keys > space.count() as usize && split > 0, "{keys} keys, {split} graphs of several");
    let space = nas_bench_101();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let samples: Vec<Architecture> = (0..300).map(|_| space.sample(&mut rng)).collect();
    let (_, split) = check(orders(&space, samples.into_iter(), 6));
    assert!(split > 0, "no sample has several keys");
}

/// Where widths divide evenly by any number of vertices, the order never matters.
#[test]
fn without_remainders_isomorphic_graphs_are_one_network() {
    let space = small(5, 9, 2).with(&[SpaceOverride::new("skeleton.channels", 12)]).unwrap();
    let (keys, split) = check(orders(&space, space.enumerate(), 6));
    assert_eq!((keys as u128, split), (space.count(), 0));
}

/// Three vertices feed the output: which of them gets the sixteenth channel depends on the order.
#[test]
fn a_remainder_tells_orders_apart() {
    let space = nas_bench_101();
    let [a, b, c] = [
        "1110-001-01-1:conv3x3-bn-relu,conv1x1-bn-relu,conv1x1-bn-relu",
        "1110-001-01-1:conv1x1-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu",
        "1110-001-01-1:conv1x1-bn-relu,conv1x1-bn-relu,conv3x3-bn-relu",
    ]
    .map(|text| space.parse(text).unwrap());
    assert_eq!(a.function_key(), b.function_key());
    assert_ne!(a.live_key(), b.live_key());
    assert_ne!(b.live_key(), c.live_key());
    let params = |architecture: &Architecture| Cost::of(&architecture.build().unwrap()).params;
    assert!(params(&a) > params(&b), "the 3x3 convolution has 6 channels first, 5 then");
}

fn run(space: &Space, architecture: &Architecture) -> RunOutput {
    let graph = architecture.build().unwrap();
    let plan = Plan::new(&graph, &Weights::default(), Count::Paper).unwrap();
    let initialiser = Initialiser { initialisation: space.initialisation(), seed: 7 };
    let weights = initialiser.draw(&graph, &architecture.canonical(), plan.weighted_nodes());
    let batch = data::load(&"builtin".parse().unwrap(), space.input(), IMAGES, 0).unwrap();
    let mut device = Device::native(2, Isa::detect());
    run_alone(device.backend(), Network { plan: &plan, weights: &weights }, &batch).unwrap()
}

#[test]
fn equal_networks_run_bit_for_bit_alike() {
    let space = nas_bench_101().with(&[SpaceOverride::new("skeleton.cells", 1)]).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (mut alike, mut others) = (0, 0);
    while alike < 12 || others < 2 {
        let architecture = space.sample(&mut rng);
        let other = relabelled(&space, &architecture, &mut rng);
        if other == architecture {
            continue;
        }
        let (a, b) = (run(&space, &architecture), run(&space, &other));
        let equal = architecture.live_key() == other.live_key();
        assert_eq!(a.codes == b.codes && a.kernel == b.kernel, equal, "{architecture:?} {other:?}");
        alike += usize::from(equal);
        others += usize::from(!equal);
    }
}
