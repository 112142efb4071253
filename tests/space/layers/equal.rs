//! Architectures that are the same network.

use std::collections::{BTreeMap, BTreeSet};

use super::with;
use untrained::space::{Architecture, Space};

/// Where layers stand still, an idle one may be any of them: 3,969 of 6,561 networks differ.
#[test]
fn nas_bench_macro_has_3969_networks() {
    let space = Space::builtin("nas-bench-macro").unwrap();
    assert_eq!(space.count_functions(), Some(3969));
    let keys: BTreeSet<String> = space.enumerate().map(|one| one.live_key()).collect();
    assert_eq!(keys.len(), 3969);
    let canonical = |text: &str| space.parse(text).unwrap().canonical();
    assert_eq!(canonical("11201012"), canonical("11210012"));
    assert_eq!(canonical("11211201"), canonical("11211210"));
    // Layers 2 and 3 cannot be exchanged, and neither can layers that compute.
    assert_ne!(canonical("10111111"), canonical("11011111"));
    assert_ne!(canonical("11112111"), canonical("11121111"));
}

/// Equal keys are equal graphs, weights included; other keys are other graphs.
#[test]
fn equal_keys_are_equal_graphs() {
    let space = Space::builtin("nas-bench-macro").unwrap();
    let mut graphs: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for architecture in space.enumerate().step_by(7) {
        let key = architecture.live_key();
        let graph = format!("{:?}", architecture.build().unwrap());
        let first = graphs.entry(key).or_insert_with(|| graph.clone());
        assert_eq!(*first, graph, "{architecture}");
        seen.insert(graph);
    }
    assert_eq!(seen.len(), graphs.len());
}

#[test]
fn idle_layers_of_fbnet_come_last_in_their_stage() {
    let space = with("fbnet-cifar", &[]);
    let canonical = |text: &str| space.parse(text).unwrap().canonical();
    assert_eq!(canonical("0282881111222233334440"), "0228881111222233334440");
    // The first layer of a stage changes the shape, so that nothing idle stands there.
    assert_eq!(canonical("0881881111222233334440"), "0818881111222233334440");
}

/// Two of the stem's widths are the same number.
#[test]
fn equal_widths_are_one_network() {
    let space = with("ofa-resnet50", &[]);
    let text = |w: u32| format!("d=0,0,0,0,0;e={};w={w},1,1,1,1,1", vec!["0.2"; 18].join(","));
    let [one, other, third] = [0, 1, 2].map(|w| space.parse(&text(w)).unwrap());
    assert_ne!(one.identity(), other.identity(), "they are two to the space's count");
    assert_eq!(one.canonical(), other.canonical());
    assert_ne!(one.canonical(), third.canonical());
    let graph = |one: &Architecture| format!("{:?}", one.build().unwrap());
    assert_eq!(graph(&one), graph(&other));
    assert_ne!(graph(&one), graph(&third));
}

/// What is written with a factor or with widths of its own is another network, outside the space's order.
#[test]
fn other_widths_are_other_networks() {
    let space = with("proxylessnas", &[]);
    let body = vec!["k3e3"; 21].join(",");
    let [own, factor, widths] = ["", "w1.2:", "32,16,32,40,80,96,192,320,1280:"]
        .map(|prefix| space.parse(&format!("{prefix}{body}")).unwrap());
    for one in [&factor, &widths] {
        assert_ne!(one.canonical(), own.canonical());
        assert!(one.neighbours().iter().all(|other| other.build().is_ok()));
        assert_eq!(space.parse(&one.to_string()).unwrap(), *one);
        assert_eq!(one.neighbours().len(), own.neighbours().len());
    }
    assert_eq!(own.neighbours().len(), 6 * 5 + 15 * 6);
}
