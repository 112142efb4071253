//! Strategies, answered by a function of the architecture instead of a network.

use std::collections::HashSet;

use untrained::search::{Ask, Constraint, Next, Pool, STRATEGIES, Sizes, Strategy, strategy};
use untrained::space::{Architecture, Space};

const SIZES: Sizes = Sizes { samples: 60, population: 10, tournament: 3, candidates: 20 };

fn space() -> Space {
    Space::builtin("nas-bench-201").unwrap()
}

/// How many convolutions, and as a tie-breaker which: a landscape with one summit.
fn value(space: &Space, architecture: &Architecture) -> f64 {
    let text = space.format(architecture);
    let count = |name: &str| text.matches(name).count() as f64;
    10.0 * count("nor_conv_3x3") + count("nor_conv_1x1") - count("none")
}

type Trace = Vec<(Ask, String)>;

/// Runs a strategy, answering up to `group` questions at a time.
fn run(strategy: &mut dyn Strategy, space: &Space, group: usize) -> Trace {
    let mut trace = Vec::new();
    loop {
        let mut asked = Vec::new();
        while asked.len() < group {
            match strategy.next().unwrap() {
                Next::Try(architecture, ask) => asked.push((architecture, ask)),
                Next::Wait | Next::Done => break,
            }
        }
        if asked.is_empty() {
            assert_eq!(strategy.next().unwrap(), Next::Done, "waits for nothing");
            return trace;
        }
        for (architecture, ask) in asked {
            strategy.observe(&architecture, ask, value(space, &architecture));
            trace.push((ask, space.format(&architecture)));
        }
    }
}

fn trace(name: &str, seed: u64, group: usize) -> Trace {
    let pool = Pool::new(&space(), &[]);
    let mut sizes = SIZES;
    if name == "exhaustive" {
        sizes.samples = 15_625;
    }
    run((strategy(name).unwrap().new)(pool, sizes, seed).as_mut(), &space(), group)
}

#[test]
fn the_same_seed_gives_the_same_trace_however_many_are_answered_at_a_time() {
    for kind in STRATEGIES.iter().filter(|kind| kind.name != "exhaustive") {
        let first = trace(kind.name, 7, 1);
        for group in [1, 4, 16, 1_000] {
            assert_eq!(trace(kind.name, 7, group), first, "{}", kind.name);
        }
        assert_ne!(trace(kind.name, 8, 1), first, "{}", kind.name);
    }
}

#[test]
fn budgets_are_kept_exactly() {
    for kind in STRATEGIES.iter().filter(|kind| kind.name != "exhaustive") {
        let trace = trace(kind.name, 3, 8);
        let driven = trace.iter().filter(|(ask, _)| *ask == kind.drive).count();
        assert_eq!(driven as u64, SIZES.samples, "{}", kind.name);
        let others = trace.len() - driven;
        assert_eq!(others, if kind.name == "area" { SIZES.candidates } else { 0 });
    }
}

#[test]
fn exhaustive_asks_about_every_architecture_once() {
    let trace = trace("exhaustive", 0, 64);
    let distinct: HashSet<&str> = trace.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!((trace.len(), distinct.len()), (15_625, 15_625));
}

#[test]
fn the_first_population_of_area_is_the_best_ten_of_twenty() {
    let space = space();
    let trace = trace("area", 5, 1);
    let scored: Vec<&str> = trace[..20].iter().map(|(_, text)| text.as_str()).collect();
    assert!(trace[..20].iter().all(|(ask, _)| *ask == Ask::Score));
    let of = |text: &str| value(&space, &space.parse(text).unwrap());
    let mut best = scored.clone();
    best.sort_by(|a, b| of(b).total_cmp(&of(a)));
    let first: Vec<&str> = trace[20..30].iter().map(|(_, text)| text.as_str()).collect();
    assert!(trace[20..].iter().all(|(ask, _)| *ask == Ask::Accuracy));
    assert_eq!(first, best[..10]);
    assert_ne!(first, scored[..10], "a random start would not be noticed");
}

/// A child differs in one decision from a member of the population it was born into.
#[test]
fn children_of_evolution_are_mutations_of_the_living() {
    let space = space();
    for name in ["evolution", "rea", "area"] {
        let trace: Trace = trace(name, 11, 1)
            .into_iter()
            .filter(|(ask, _)| *ask == strategy(name).unwrap().drive)
            .collect();
        for (position, (_, child)) in trace.iter().enumerate().skip(SIZES.population) {
            let child = space.choices(&space.parse(child).unwrap());
            let alive = &trace[position - SIZES.population..position];
            let parents = alive.iter().filter(|(_, parent)| {
                let parent = space.choices(&space.parse(parent).unwrap());
                parent.iter().zip(&child).filter(|(a, b)| a != b).count() == 1
            });
            assert!(parents.count() > 0, "{name}: {position}");
        }
    }
}

#[test]
fn climbing_reaches_the_summit() {
    let summit =
        trace("local", 2, 4).iter().map(|(_, text)| text.matches("nor_conv_3x3").count()).max();
    let random =
        trace("random", 2, 4).iter().map(|(_, text)| text.matches("nor_conv_3x3").count()).max();
    // 24 neighbours at each of a few steps: 60 questions do not lead to the top from everywhere.
    assert!(summit > random, "{summit:?} against {random:?}");
    let pool = Pool::new(&space(), &[]);
    let sizes = Sizes { samples: 400, ..SIZES };
    let trace = run((strategy("local").unwrap().new)(pool, sizes, 2).as_mut(), &space(), 8);
    assert!(trace.iter().any(|(_, text)| text.matches("nor_conv_3x3").count() == 6));
    let distinct: HashSet<&str> = trace.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(distinct.len(), trace.len(), "nothing is asked twice");
}

#[test]
fn constraints_are_kept_by_every_strategy() {
    let space = space();
    let constraints: Vec<Constraint> =
        ["params=..300K", "macs=20M.."].iter().map(|text| text.parse().unwrap()).collect();
    for kind in STRATEGIES {
        let sizes = Sizes { samples: 30, ..SIZES };
        let mut strategy = (kind.new)(Pool::new(&space, &constraints), sizes, 1);
        let mut asked = 0;
        for _ in 0..80 {
            let Next::Try(architecture, ask) = strategy.next().unwrap() else { break };
            let graph = space.build(&architecture).unwrap();
            for constraint in &constraints {
                assert!(constraint.holds((constraint.quantity.of)(&graph)), "{}", kind.name);
            }
            strategy.observe(&architecture, ask, value(&space, &architecture));
            asked += 1;
        }
        assert!(asked >= 30 && strategy.rejected() > 0, "{}: {asked}", kind.name);
    }
}

#[test]
fn a_range_that_nothing_reaches_is_told_with_what_was_seen() {
    for kind in STRATEGIES {
        let constraint: Constraint = "params=1..2".parse().unwrap();
        let pool = Pool::new(&space(), &[constraint]);
        let error = (kind.new)(pool, SIZES, 0).next().unwrap_err();
        let text = error.to_string();
        assert!(text.contains("params=1..2 was asked for"), "{}: {text}", kind.name);
        let (_, least, most) = error.seen[0];
        assert!(least > 2.0 && most > least, "{text}");
    }
}
