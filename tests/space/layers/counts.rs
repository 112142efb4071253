//! Numbers of architectures: by formula, and by listing those of a reduced space.

use std::collections::BTreeSet;

use super::with;
use untrained::space::Space;

fn count(id: &str) -> u128 {
    Space::builtin(id).unwrap().count()
}

#[test]
fn counts_are_the_published_ones() {
    assert_eq!(count("nas-bench-macro"), 6561);
    assert_eq!(count("transnas-macro"), 3256);
    assert_eq!(count("proxylessnas"), 6_u128.pow(6) * 7_u128.pow(15));
    assert_eq!((count("fbnet"), count("fbnet-cifar")), (9_u128.pow(22), 9_u128.pow(22)));
    assert_eq!(count("spos"), 4_u128.pow(20));
    let both = with("spos", &["topology.parameters.mid.decided=true"]);
    assert_eq!(both.count(), 4_u128.pow(20) * 8_u128.pow(20));
    let unit = 9_u128.pow(2) + 9_u128.pow(3) + 9_u128.pow(4);
    assert_eq!(count("ofa-mobilenet-v3"), unit.pow(5));
    assert_eq!(count("ofa-proxyless"), 9 * unit.pow(5));
    let stage = |least: u32| (least..least + 3).map(|depth| 3_u128.pow(depth)).sum::<u128>();
    assert_eq!(count("ofa-resnet50"), 2 * 3_u128.pow(6) * stage(2).pow(3) * stage(4));
}

/// What samples of ZenNAS may be: types, widths and necks of four blocks, and repeats up to a limit.
#[test]
fn a_sequence_counts_its_samples() {
    let lists =
        (0..625_u32).map(|number| (0..4).map(|place| number / 5_u32.pow(place) % 5 + 1).sum());
    let repeats = lists.filter(|sum: &u32| *sum <= 14).count() as u128;
    assert_eq!(count("zennas-mobilenet-v2"), (12 * 12 * 10_u128).pow(4) * repeats);
    let small = with(
        "zennas-mobilenet-v2",
        &[
            "topology.widths=[16]",
            "topology.necks=[8]",
            "topology.repeats=[1, 2]",
            "topology.max_repeats=5",
        ],
    );
    assert_eq!(small.count(), 12_u128.pow(4) * (1 + 4));
    let texts: BTreeSet<String> =
        small.enumerate().step_by(11).map(|one| one.to_string()).collect();
    assert_eq!(texts.len(), (12_usize.pow(4) * 5).div_ceil(11));
}

/// Halvings between 1 and 4, doublings between 1 and 3, over all strings of 4 to 6 digits.
#[test]
fn the_macro_networks_are_those_within_the_limits() {
    let mut expected = BTreeSet::new();
    for length in 4..=6_u32 {
        for number in 0..4_usize.pow(length) {
            let digits: String = (0..length)
                .map(|place| ['1', '2', '3', '4'][number / 4_usize.pow(place) % 4])
                .collect();
            let of = |pair: [char; 2]| digits.chars().filter(|digit| pair.contains(digit)).count();
            if (1..=4).contains(&of(['3', '4'])) && (1..=3).contains(&of(['2', '4'])) {
                expected.insert(format!("64-{digits}-basic"));
            }
        }
    }
    let space = Space::builtin("transnas-macro").unwrap();
    let listed: Vec<String> = space.enumerate().map(|one| one.to_string()).collect();
    assert_eq!(listed.len(), 3256);
    assert_eq!(BTreeSet::from_iter(listed.iter().cloned()), expected);
    for (index, text) in listed.iter().enumerate().step_by(97) {
        assert_eq!(space.parse(text).unwrap().index(), Some(index as u64));
        assert_eq!(space.from_index(index as u64).unwrap().to_string(), *text);
    }
    assert_eq!(space.from_index(3256), None);
}

/// A space of Once-for-All small enough to be listed.
fn small_units() -> Space {
    with(
        "ofa-mobilenet-v3",
        &[
            "topology.stages.2.depths=[2]",
            "topology.stages.3.depths=[2]",
            "topology.stages.4.depths=[2]",
            "topology.stages.5.depths=[2]",
            "topology.parameters.ks=[3]",
            "topology.parameters.e=[3, 6]",
            "input.height=64",
            "input.width=64",
        ],
    )
}

#[test]
fn a_space_of_units_lists_every_architecture_once() {
    let space = small_units();
    let expected = (4 + 8 + 16) * 4 * 4 * 4 * 4;
    assert_eq!(space.count(), expected);
    let mut texts = BTreeSet::new();
    for (index, architecture) in space.enumerate().enumerate() {
        assert_eq!(architecture.index(), Some(index as u64));
        assert_eq!(architecture.identity(), architecture.to_string());
        texts.insert(architecture.to_string());
    }
    assert_eq!(texts.len() as u128, expected);
    // What lies behind a unit's depth is no decision.
    let [one, other] = ["3", "6"].map(|hidden| {
        let e = format!("3,6,3,{hidden}{}", ",6".repeat(16));
        space.parse(&format!("d=3,2,2,2,2;ks={};e={e}", vec!["3"; 20].join(","))).unwrap()
    });
    assert_ne!(one, other);
    assert_eq!((one.identity(), one.canonical()), (other.identity(), other.canonical()));
    let graph = |one: &untrained::space::Architecture| format!("{:?}", one.build().unwrap());
    assert_eq!(graph(&one), graph(&other));
}

/// An Once-for-All of ImageNet size has numbers only as far as 64 bits go.
#[test]
fn large_spaces_have_no_index() {
    for id in ["proxylessnas", "fbnet", "ofa-mobilenet-v3"] {
        let space = Space::builtin(id).unwrap();
        let has_index = space.count() <= u128::from(u64::MAX);
        let first = space.enumerate().next().unwrap();
        assert_eq!(
            (first.index().is_some(), space.from_index(0).is_some()),
            (has_index, has_index)
        );
    }
}
