//! What a search costs beside scoring: strategies, and the study that keeps the results.
//!
//! `cargo bench --bench strategies`

use std::time::Instant;

use untrained::backend::Cancel;
use untrained::job::{self, JobConfig, Options, SearchOptions, StoreLocation, Task};
use untrained::search::{ConstrainedSpace, NextStep, SearchSizes, StrategyKind, TrialValue};
use untrained::space::Space;

/// Questions of each search.
const QUESTIONS: u64 = 5_000;
/// Architectures of each job.
const SAMPLES: u64 = 5_000;

/// Microseconds that a strategy takes for a question and its answer.
fn strategy(space: &Space, at: usize) -> f64 {
    let sizes = SearchSizes {
        samples: QUESTIONS,
        population: 10,
        tournament: 3,
        crossover: 0.0,
        candidates: 20,
    };
    let mut strategy = StrategyKind::ALL[at].start(ConstrainedSpace::new(space, &[]), sizes, 0);
    let begin = Instant::now();
    let mut asked = 0_u64;
    while asked < QUESTIONS {
        let Ok(NextStep::Propose(architecture, ask)) = strategy.next() else { break };
        // Any landscape does, as long as it has slopes.
        let value = TrialValue::Number(architecture.to_string().bytes().map(f64::from).sum());
        strategy.observe(&architecture, ask, &value);
        asked += 1;
    }
    begin.elapsed().as_secs_f64() * 1e6 / asked as f64
}

/// Microseconds that a job takes for an architecture whose score needs no forward pass.
fn unscored_job(store: Option<StoreLocation>) -> f64 {
    let options = Options { device: "cpu".to_owned(), batch_size: Some(8), ..Options::default() };
    let search = SearchOptions {
        samples: Some(SAMPLES),
        score: Some("params".to_owned()),
        ..SearchOptions::default()
    };
    let config = JobConfig { store, ..JobConfig::new(options, Task::Search(Box::new(search))) };
    let begin = Instant::now();
    let summary = job::run(&config, &Cancel::new(), &mut |_| {});
    assert!(summary.is_ok_and(|summary| summary.counts.total() == SAMPLES));
    begin.elapsed().as_secs_f64() * 1e6 / SAMPLES as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("microseconds for a question and its answer");
    for id in ["nas-bench-101", "nas-bench-201", "nds-darts"] {
        let space = Space::builtin(id)?;
        // An exhaustive search of DARTS begins with a list of what there is.
        let finite = space.count() <= 1_000_000;
        for (at, kind) in StrategyKind::ALL.iter().enumerate() {
            if kind.name() != "exhaustive" || finite {
                println!("{id:<16} {:<12} {:>8.2}", kind.name(), strategy(&space, at));
            }
        }
    }
    println!("microseconds of a job for an architecture without a forward pass, plan included");
    let folder = tempfile::tempdir()?;
    let file = StoreLocation::File(folder.path().join("bench.db"));
    for (name, store) in [("without a study", None), ("with a study", Some(file))] {
        println!("{name:<16} {:>8.2}", unscored_job(store));
    }
    Ok(())
}
