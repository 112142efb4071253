//! Strategies, answered by a function of the architecture instead of a network.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use untrained::backend::Cancel;
use untrained::job::{self, JobConfig, Options, SearchOptions, Task};
use untrained::search::{
    ConstrainedSpace, Constraint, LatencyError, LatencyMeter, NextStep, Objective, SearchSizes,
    Strategy, StrategyKind, TrialValue,
};
use untrained::space::{Architecture, Decision, Space};

const SIZES: SearchSizes =
    SearchSizes { samples: 60, population: 10, tournament: 3, crossover: 0.0, candidates: 20 };

fn space() -> Space {
    Space::builtin("nas-bench-201").unwrap()
}

/// How many convolutions, and as a tie-breaker which: a landscape with one summit.
fn value(architecture: &Architecture) -> f64 {
    let text = architecture.to_string();
    let count = |name: &str| text.matches(name).count() as f64;
    10.0 * count("nor_conv_3x3") + count("nor_conv_1x1") - count("none")
}

type Trace = Vec<(Objective, String)>;

/// Runs a strategy, answering up to `group` questions at a time.
fn run(strategy: &mut dyn Strategy, group: usize) -> Trace {
    let mut trace = Vec::new();
    loop {
        let mut asked = Vec::new();
        while asked.len() < group {
            match strategy.next().unwrap() {
                NextStep::Propose(architecture, ask) => asked.push((architecture, ask)),
                NextStep::Wait | NextStep::Done => break,
            }
        }
        if asked.is_empty() {
            assert_eq!(strategy.next().unwrap(), NextStep::Done, "waits for nothing");
            return trace;
        }
        for (architecture, ask) in asked {
            strategy.observe(&architecture, ask, &TrialValue::Number(value(&architecture)));
            trace.push((ask, architecture.to_string()));
        }
    }
}

fn trace(name: &str, seed: u64, group: usize) -> Trace {
    let pool = ConstrainedSpace::new(&space(), &[]);
    let mut sizes = SIZES;
    if name == "exhaustive" {
        sizes.samples = 15_625;
    }
    run(name.parse::<StrategyKind>().unwrap().start(pool, sizes, seed).as_mut(), group)
}

#[test]
fn the_same_seed_gives_the_same_trace_however_many_are_answered_at_a_time() {
    for kind in StrategyKind::ALL.iter().filter(|kind| kind.name() != "exhaustive") {
        let first = trace(kind.name(), 7, 1);
        for group in [1, 4, 16, 1_000] {
            assert_eq!(trace(kind.name(), 7, group), first, "{}", kind.name());
        }
        assert_ne!(trace(kind.name(), 8, 1), first, "{}", kind.name());
    }
}

#[test]
fn budgets_are_kept_exactly() {
    for kind in StrategyKind::ALL.iter().filter(|kind| kind.name() != "exhaustive") {
        let trace = trace(kind.name(), 3, 8);
        let driven = trace.iter().filter(|(ask, _)| *ask == kind.objective()).count();
        assert_eq!(driven as u64, SIZES.samples, "{}", kind.name());
        let others = trace.len() - driven;
        assert_eq!(others, if kind.name() == "area" { SIZES.candidates } else { 0 });
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
    assert!(trace[..20].iter().all(|(ask, _)| *ask == Objective::Score));
    let of = |text: &str| value(&space.parse(text).unwrap());
    let mut best = scored.clone();
    best.sort_by(|a, b| of(b).total_cmp(&of(a)));
    let first: Vec<&str> = trace[20..30].iter().map(|(_, text)| text.as_str()).collect();
    assert!(trace[20..].iter().all(|(ask, _)| *ask == Objective::Accuracy));
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
            .filter(|(ask, _)| *ask == name.parse::<StrategyKind>().unwrap().objective())
            .collect();
        for (position, (_, child)) in trace.iter().enumerate().skip(SIZES.population) {
            let child = space.parse(child).unwrap().decisions();
            let alive = &trace[position - SIZES.population..position];
            let parents = alive.iter().filter(|(_, parent)| {
                let parent = space.parse(parent).unwrap().decisions();
                parent.iter().zip(&child).filter(|(a, b)| a != b).count() == 1
            });
            assert!(parents.count() > 0, "{name}: {position}");
        }
    }
}

/// Which of the children are one mutation away from a living one, and which have each decision from one of
/// two of them.
fn children_of(crossover: f64) -> [usize; 2] {
    let space = space();
    let sizes = SearchSizes { crossover, ..SIZES };
    let pool = ConstrainedSpace::new(&space, &[]);
    let trace = run(StrategyKind::Evolution.start(pool, sizes, 11).as_mut(), 1);
    let decisions: Vec<_> =
        trace.iter().map(|(_, text)| space.parse(text).unwrap().decisions()).collect();
    let (mut mutated, mut crossed) = (0, 0);
    for (position, child) in decisions.iter().enumerate().skip(SIZES.population) {
        let alive = &decisions[position - SIZES.population..position];
        let is_mutation = alive
            .iter()
            .any(|parent| parent.iter().zip(child).filter(|(a, b)| a != b).count() == 1);
        let is_child = |one: &[Decision], other: &[Decision]| {
            child.iter().enumerate().all(|(at, own)| one[at] == *own || other[at] == *own)
        };
        let is_crossed = alive.iter().any(|one| alive.iter().any(|other| is_child(one, other)));
        assert!(is_mutation || is_crossed, "{position}: without parents");
        mutated += usize::from(is_mutation && !is_crossed);
        crossed += usize::from(is_crossed && !is_mutation);
    }
    [mutated, crossed]
}

#[test]
fn a_share_of_the_children_has_two_parents() {
    let [mutated, crossed] = children_of(0.0);
    assert!(mutated > 10 && crossed == 0, "{mutated} and {crossed} without crossover");
    // Most children of a population whose members are alike are both.
    let [mutated, crossed] = children_of(1.0);
    assert!(crossed > 0, "{mutated} and {crossed} with crossover alone");
}

#[test]
fn climbing_reaches_the_summit() {
    let summit =
        trace("local", 2, 4).iter().map(|(_, text)| text.matches("nor_conv_3x3").count()).max();
    let random =
        trace("random", 2, 4).iter().map(|(_, text)| text.matches("nor_conv_3x3").count()).max();
    // 24 neighbours at each of a few steps: 60 questions do not lead to the top from everywhere.
    assert!(summit > random, "{summit:?} against {random:?}");
    let pool = ConstrainedSpace::new(&space(), &[]);
    let sizes = SearchSizes { samples: 400, ..SIZES };
    let trace = run("local".parse::<StrategyKind>().unwrap().start(pool, sizes, 2).as_mut(), 8);
    assert!(trace.iter().any(|(_, text)| text.matches("nor_conv_3x3").count() == 6));
    let distinct: HashSet<&str> = trace.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(distinct.len(), trace.len(), "nothing is asked twice");
}

#[test]
fn constraints_are_kept_by_every_strategy() {
    let space = space();
    let constraints: Vec<Constraint> =
        ["params=..300K", "macs=20M.."].iter().map(|text| text.parse().unwrap()).collect();
    for kind in StrategyKind::ALL {
        let sizes = SearchSizes { samples: 30, crossover: 0.5, ..SIZES };
        let mut strategy = kind.start(ConstrainedSpace::new(&space, &constraints), sizes, 1);
        let mut asked = 0;
        for _ in 0..80 {
            let NextStep::Propose(architecture, ask) = strategy.next().unwrap() else { break };
            let graph = architecture.build().unwrap();
            for constraint in &constraints {
                assert!(
                    constraint.holds(constraint.quantity.counted(&graph).unwrap()),
                    "{}",
                    kind.name()
                );
            }
            strategy.observe(&architecture, ask, &TrialValue::Number(value(&architecture)));
            asked += 1;
        }
        assert!(asked >= 30 && strategy.rejected() > 0, "{}: {asked}", kind.name());
    }
}

#[test]
fn a_range_that_nothing_reaches_is_told_with_what_was_seen() {
    for kind in StrategyKind::ALL {
        let constraint: Constraint = "params=1..2".parse().unwrap();
        let pool = ConstrainedSpace::new(&space(), &[constraint]);
        let error = kind.start(pool, SIZES, 0).next().unwrap_err();
        let text = error.to_string();
        assert!(text.contains("params=1..2 was required"), "{}: {text}", kind.name());
        let (_, least, most) = error.seen[0];
        assert!(least > 2.0 && most > least, "{text}");
    }
}

/// Milliseconds that an architecture takes, if convolutions took one each.
fn convolutions(architecture: &Architecture) -> f64 {
    architecture.to_string().matches("nor_conv").count() as f64
}

/// Runs a strategy with a latency constraint beside a counted one; returns what was asked about and
/// what was measured.
fn measured(name: &str, ranges: [&str; 2]) -> (Trace, Vec<String>) {
    let space = space();
    let constraints = ranges.map(|text| text.parse::<Constraint>().unwrap());
    let known = RefCell::new(Vec::new());
    let measure: LatencyMeter<'_> = Box::new(|architecture, graph| {
        assert!(constraints[0].holds(constraints[0].quantity.counted(graph).unwrap()));
        known.borrow_mut().push(architecture.code_key());
        Ok(convolutions(architecture))
    });
    let pool = ConstrainedSpace::measuring(&space, &constraints, measure);
    let sizes = SearchSizes { samples: 30, ..SIZES };
    let mut strategy = name.parse::<StrategyKind>().unwrap().start(pool, sizes, 1);
    let mut trace = Vec::new();
    while trace.len() < 40 {
        let NextStep::Propose(architecture, ask) = strategy.next().unwrap() else { break };
        strategy.observe(&architecture, ask, &TrialValue::Number(value(&architecture)));
        trace.push((ask, architecture.to_string()));
    }
    assert!(strategy.rejected() > 0, "{name}");
    drop(strategy);
    (trace, known.into_inner())
}

/// Every strategy keeps to a measured range; only what keeps to the counted one is measured, and equal
/// networks once.
#[test]
fn measured_ranges_are_kept_and_networks_measured_once() {
    let space = space();
    for kind in StrategyKind::ALL {
        let (trace, measured) = measured(kind.name(), ["params=..800K", "latency=2ms..3000us"]);
        assert!(trace.len() >= 30, "{}: {}", kind.name(), trace.len());
        for (_, text) in &trace {
            let latency = convolutions(&space.parse(text).unwrap());
            assert!((2.0..=3.0).contains(&latency), "{}: {text}", kind.name());
        }
        let distinct: HashSet<&String> = measured.iter().collect();
        assert_eq!(distinct.len(), measured.len(), "{}", kind.name());
    }
    // Another range gives other architectures, so the comparison above can fail.
    let (trace, _) = measured("random", ["params=..800K", "latency=..1"]);
    let slow = |(_, text): &(Objective, String)| convolutions(&space.parse(text).unwrap()) >= 2.0;
    assert!(!trace.iter().any(slow));
}

#[test]
fn a_latency_that_nothing_reaches_is_told_with_what_was_measured() {
    let constraint: Constraint = "latency=..1us".parse().unwrap();
    for kind in StrategyKind::ALL {
        let (space, runs) = (space(), Cell::new(0_u64));
        let measure: LatencyMeter<'_> = Box::new(|architecture, _| {
            runs.set(runs.get() + 1);
            Ok(0.5 + convolutions(architecture))
        });
        let pool = ConstrainedSpace::measuring(&space, std::slice::from_ref(&constraint), measure);
        let error = kind.start(pool, SIZES, 0).next().unwrap_err();
        assert_eq!((error.seen[0].1, error.seen[0].2), (0.5, 6.5), "{}", kind.name());
        let text = error.to_string();
        assert!(text.contains("latency=..0.001ms was required"), "{text}");
        assert!(text.contains("latency ranged from 0.5ms to 6.5ms"), "{text}");
        // Measurements cost time: far fewer are made than architectures are drawn elsewhere.
        assert!(
            kind.name() == "exhaustive" || runs.get() == 500,
            "{}: {}",
            kind.name(),
            runs.get()
        );
    }
}

/// A failed measurement rejects one architecture; a request to stop ends the search at once.
#[test]
fn failed_and_stopped_measurements_are_told_apart() {
    let constraint: Constraint = "latency=..9s".parse().unwrap();
    for kind in StrategyKind::ALL {
        let space = space();
        let fails: LatencyMeter<'_> =
            Box::new(|architecture, _| match architecture.to_string().contains("avg_pool") {
                true => Err(LatencyError::Failed("no memory".to_owned())),
                false => Ok(1.0),
            });
        let pool = ConstrainedSpace::measuring(&space, std::slice::from_ref(&constraint), fails);
        let mut searched = kind.start(pool, SIZES, 0);
        for _ in 0..10 {
            let NextStep::Propose(architecture, ask) = searched.next().unwrap() else { panic!() };
            searched.observe(&architecture, ask, &TrialValue::Number(value(&architecture)));
            assert!(!architecture.to_string().contains("avg_pool"), "{}", kind.name());
        }
        let asked = Cell::new(0);
        let stops: LatencyMeter<'_> = Box::new(|_, _| {
            asked.set(asked.get() + 1);
            Err(LatencyError::Cancelled)
        });
        let pool = ConstrainedSpace::measuring(&space, std::slice::from_ref(&constraint), stops);
        let error = kind.start(pool, SIZES, 0).next().unwrap_err();
        assert!(error.to_string().contains("latency could not be measured for any"), "{error}");
        assert_eq!(asked.get(), 1, "{}", kind.name());
    }
    let pool = ConstrainedSpace::new(&space(), &[constraint]);
    let error = "random".parse::<StrategyKind>().unwrap().start(pool, SIZES, 0).next().unwrap_err();
    assert!(
        error.to_string().contains("this search has no device to measure latency on"),
        "{error}"
    );
}

/// A search whose constraint rejects everything measures hundreds of networks before it gives up; one
/// that is cancelled measures no further one.
#[test]
fn cancel_ends_a_search_that_measures() {
    let search = SearchOptions {
        constraint: vec!["latency=..0.001us".parse().unwrap()],
        ..SearchOptions::default()
    };
    let options = Options { device: "cpu".to_owned(), ..Options::default() };
    let config = JobConfig::new(options, Task::Search(Box::new(search)));
    let cancel = Cancel::new();
    let summary = job::run(&config, &cancel, &mut |event| {
        if matches!(event, job::Event::Started(_)) {
            cancel.cancel();
        }
    });
    let summary = summary.unwrap();
    assert!(summary.interrupted);
    assert_eq!((summary.counts.total(), summary.rejected), (0, 0), "measured after the cancel");
}

/// A small space with the operations of a list, and how many of its architectures are connected.
fn space_of(operations: &str) -> (Space, u64) {
    let text = Space::builtin_text("nas-bench-201").unwrap();
    let listed =
        "[\"none\", \"skip_connect\", \"nor_conv_1x1\", \"nor_conv_3x3\", \"avg_pool_3x3\"]";
    let text = text.replace(listed, operations).replace("index =", "#");
    let more = (1..10).map(|at| format!("\n[operations.none_{at}]\nlayers = [\"zero\"]\n"));
    let space = Space::from_text(&(text + &more.collect::<String>()), "test").unwrap();
    let connected = space.enumerate().filter(Architecture::is_connected).count() as u64;
    (space, connected)
}

const FOR_CONNECTED: [StrategyKind; 3] =
    [StrategyKind::Random, StrategyKind::Evolution, StrategyKind::Local];

#[test]
fn disconnected_architectures_do_not_use_up_the_samples() {
    let (space, connected) = space_of("[\"none\", \"nor_conv_3x3\"]");
    assert!(connected < 50, "{connected} of 64");
    let run_with = |kind: StrategyKind, pool: ConstrainedSpace<'_>, samples| {
        let mut strategy = kind.start(pool, SearchSizes { samples, ..SIZES }, 4);
        let trace = run(strategy.as_mut(), 3);
        let cut_off =
            trace.iter().filter(|(_, text)| !space.parse(text).unwrap().is_connected()).count();
        (trace.len() as u64, cut_off, strategy.disconnected())
    };
    for kind in FOR_CONNECTED {
        let pool = || ConstrainedSpace::new(&space, &[]);
        let (asked, cut_off, left_out) = run_with(kind, pool().connected_only(), 20);
        assert!((asked, cut_off) == (20, 0) && left_out > 0, "{kind}: {asked}, {cut_off}");
        // The control: without it, some are asked about.
        let (asked, cut_off, left_out) = run_with(kind, pool(), 20);
        assert!(asked == 20 && cut_off > 0 && left_out == 0, "{kind}: {asked}, {cut_off}");
    }
    // As many as there are, whether all are proposed or drawn.
    for samples in [64, 63, connected] {
        let pool = ConstrainedSpace::new(&space, &[]).connected_only();
        let (asked, cut_off, _) = run_with(StrategyKind::Random, pool, samples);
        assert_eq!((asked, cut_off), (connected, 0), "{samples}");
    }
    let pool = ConstrainedSpace::new(&space, &[]).connected_only();
    let total = StrategyKind::Random.start(pool, SearchSizes { samples: 64, ..SIZES }, 4).total();
    assert_eq!(total, Some(connected));
}

#[test]
fn a_search_ends_where_all_or_nearly_all_architectures_are_disconnected() {
    for kind in FOR_CONNECTED {
        for samples in [1, 5] {
            let pool = ConstrainedSpace::new(&space_of("[\"none\", \"none_1\"]").0, &[]);
            let sizes = SearchSizes { samples, ..SIZES };
            let error = kind.start(pool.connected_only(), sizes, 0).next().unwrap_err().to_string();
            let wanted = "architectures has a path from its input to its output";
            assert!(error.starts_with("none of ") && error.ends_with(wanted), "{error}");
        }
    }
    let names: Vec<String> = (1..8).map(|at| format!("\"none_{at}\"")).collect();
    let (space, connected) = space_of(&format!("[\"skip_connect\", {}]", names.join(", ")));
    assert!(u128::from(connected) * 5 < space.count(), "{connected}");
    for kind in FOR_CONNECTED {
        let pool = ConstrainedSpace::new(&space, &[]).connected_only();
        let sizes = SearchSizes { samples: 30, ..SIZES };
        assert_eq!(run(kind.start(pool, sizes, 0).as_mut(), 4).len(), 30, "{kind}");
    }
    // A climb ends where nothing is left.
    let (small, connected) = space_of("[\"none\", \"nor_conv_3x3\"]");
    let pool = ConstrainedSpace::new(&small, &[]).connected_only();
    let sizes = SearchSizes { samples: 64, ..SIZES };
    let trace = run(StrategyKind::Local.start(pool, sizes, 0).as_mut(), 4);
    assert!(!trace.is_empty() && trace.len() as u64 <= connected, "{}", trace.len());
    // A run that is cancelled draws nothing more.
    let (cancel, pool) = (Cancel::new(), ConstrainedSpace::new(&space, &[]).connected_only());
    cancel.cancel();
    let mut search = StrategyKind::Random.start(pool.until(&cancel), SIZES, 0);
    assert!(search.next().is_err() && search.disconnected() == 0);
}

/// NASWOT's random search is the paper's, in which disconnected architectures take part.
#[test]
fn jobs_leave_out_disconnected_architectures_but_not_those_of_the_paper() {
    let run = |score: &str, strategy| {
        let set = [
            "topology.operations=[\"none\",\"nor_conv_3x3\"]",
            "skeleton.cells=1",
            "skeleton.channels=2",
        ];
        let search = SearchOptions {
            samples: Some(12),
            score: Some(score.to_owned()),
            strategy,
            ..SearchOptions::default()
        };
        let options = Options {
            device: "cpu".to_owned(),
            batch_size: Some(4),
            set: set.map(|set| set.parse().unwrap()).to_vec(),
            ..Options::default()
        };
        let config = JobConfig::new(options, Task::Search(Box::new(search)));
        let summary = job::run(&config, &Cancel::new(), &mut |_| {}).unwrap();
        let cut_off = summary.counts.get(untrained::store::Status::Disconnected);
        (summary.counts.total(), cut_off > 0, summary.disconnected > 0)
    };
    assert_eq!(run("naswot", StrategyKind::Random), (12, true, false));
    assert_eq!(run("naswot", StrategyKind::Local), (12, false, true));
    assert_eq!(run("combined", StrategyKind::Random), (12, false, true));
    assert_eq!(run("regions", StrategyKind::Evolution), (12, false, true));
}
