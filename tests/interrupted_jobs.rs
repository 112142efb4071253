//! Jobs that are cancelled at any point: all outputs have what the study has.

use untrained::backend::Cancel;
use untrained::benchmark;
use untrained::data::{self, ImageOverrides, ImageRequest};
use untrained::graph::Shape;
use untrained::job::{self, Event, JobConfig, Options, SearchOptions, StoreLocation, Task};
use untrained::score::KernelMatrix;
use untrained::search::{ConstrainedSpace, SearchSizes, StrategyKind};
use untrained::space::Space;
use untrained::statistics::{
    PredictorReport, ProtocolOptions, ReportOptions, ScoredCandidate, protocol,
};
use untrained::store::Store;

use crate::support::devices;

/// Groups of networks come back together, so that cancelling leaves answers behind gaps.
#[test]
fn the_summary_the_table_and_the_study_have_the_same_results() {
    let folder = tempfile::tempdir().unwrap();
    let mut partial = 0;
    for checks in (1..40).chain((40..400).step_by(20)) {
        let store = folder.path().join(format!("{checks}.db"));
        let table = folder.path().join(format!("{checks}.csv"));
        let options = Options {
            batch_size: Some(4),
            device: "cpu".to_owned(),
            set: ["skeleton.cells=1", "skeleton.channels=4"]
                .map(|set| set.parse().unwrap())
                .to_vec(),
            ..Options::default()
        };
        let search = SearchOptions { samples: Some(60), ..SearchOptions::default() };
        let config = JobConfig {
            store: Some(StoreLocation::File(store.clone())),
            out: Some(table.clone()),
            ..JobConfig::new(options, Task::Search(Box::new(search)))
        };
        let mut told = 0;
        let summary = job::run(&config, &Cancel::after_checks(checks), &mut |event| {
            told += u64::from(matches!(event, Event::Scored { .. }));
        });
        // Cancelled before the study began.
        let Ok(summary) = summary else { continue };
        let rows = csv::Reader::from_path(&table).unwrap().records().count() as u64;
        let store = Store::read(&store).unwrap();
        let study = store.find(summary.study.as_ref().unwrap()).unwrap();
        let stored = study.counts.total();
        assert_eq!([summary.counts.total(), told, rows], [stored; 3], "after {checks} checks");
        partial += u64::from(stored > 0 && stored < 60);
    }
    assert!(partial > 3, "only {partial} runs ended in the middle");
}

/// The determinant of thousands of images takes seconds: it asks once for every column.
#[test]
fn a_determinant_is_cancelled_between_columns() {
    let images = 50;
    let distances: Vec<u64> = (0..images * images)
        .map(|at| {
            if at / images == at % images { 0 } else { 40 + (at % images + at / images) as u64 % 7 }
        })
        .collect();
    let kernel = KernelMatrix::from_distances(images, 100, &distances).unwrap();
    let cancelled_after = |checks: usize| {
        let asked = std::cell::Cell::new(0);
        let score = kernel.score_unless(&|| {
            asked.set(asked.get() + 1);
            asked.get() > checks
        });
        (score, asked.get())
    };
    assert_eq!(cancelled_after(10), (None, 11));
    assert_eq!(cancelled_after(1000), (Some(kernel.score()), images));
}

/// Far more than any work here asks.
const MANY: u32 = 1 << 30;

/// How often a piece of work asks whether it is to stop.
fn asks(work: impl FnOnce(&Cancel)) -> u32 {
    let cancel = Cancel::after_checks(MANY);
    work(&cancel);
    MANY - cancel.checks_left()
}

/// A job of small networks on a device.
fn small_job(device: &str, batch_size: usize, samples: u64) -> JobConfig {
    let set = ["skeleton.cells=1", "skeleton.channels=4"];
    let options = Options {
        batch_size: Some(batch_size),
        device: device.to_owned(),
        set: set.map(|set| set.parse().unwrap()).to_vec(),
        ..Options::default()
    };
    let search = SearchOptions {
        samples: Some(samples),
        score: Some("naswot".to_owned()),
        ..SearchOptions::default()
    };
    JobConfig::new(options, Task::Search(Box::new(search)))
}

/// Every phase asks at least once for each of its steps, through the one request that all of them share: not
/// a clock, but how often it is looked for tells how soon work ends.
#[test]
fn every_phase_asks_between_its_steps() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let mut phases: Vec<(&str, u32, u32)> = Vec::new();

    // Reading: images of a folder one by one, a table every few hundred rows.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/images");
    let source = format!("folder:{folder}").parse().unwrap();
    let overrides = ImageOverrides::default();
    let load = |cancel: &Cancel| {
        let cancelled = &|| cancel.is_cancelled();
        let (shape, source, overrides) = (Shape::new(3, 8, 8), &source, &overrides);
        let request = ImageRequest { source, shape, batch_size: 6, seed: 0, overrides, cancelled };
        data::open(&request).unwrap();
    };
    phases.push(("reading images", 6, asks(load)));
    let written = tempfile::tempdir().unwrap();
    let table = written.path().join("table.csv");
    let rows: String = (0..10_000).map(|row| format!("{row},{row}\n")).collect();
    std::fs::write(&table, format!("index,accuracy\n{rows}")).unwrap();
    let read = |cancel: &Cancel| {
        let table = benchmark::open(&table).unwrap();
        table.facts(&|_| !cancel.is_cancelled()).unwrap();
    };
    phases.push(("reading a table", 10_000 / 500, asks(read)));

    // Proposing: every draw of a constraint that nothing meets.
    let propose = |cancel: &Cancel| {
        let constraints = ["params=..1".parse().unwrap()];
        let pool = ConstrainedSpace::new(&space, &constraints).until(cancel);
        let sizes = SearchSizes {
            samples: 10,
            population: 5,
            tournament: 3,
            crossover: 0.0,
            candidates: 5,
        };
        assert!(StrategyKind::Random.start(pool, sizes, 0).next().is_err());
    };
    phases.push(("proposing", 20_000, asks(propose)));

    // Planning, drawing weights and writing: for every network. The forward pass: for every image.
    let run = |device: &str, batch_size, samples| {
        asks(|cancel| {
            job::run(&small_job(device, batch_size, samples), cancel, &mut |_| {}).unwrap();
        })
    };
    let few = run("cpu", 4, 2);
    phases.push(("networks", 20, run("cpu", 4, 22) - few));
    phases.push(("forward pass on the processor", 2 * 28, run("cpu", 32, 2) - few));
    if devices::gpus().is_empty() {
        eprintln!("skipped: no adapter for the forward pass on the GPU");
    } else {
        let adapter = devices::adapter();
        phases.push(("forward pass on the GPU", 20, run(&adapter, 4, 22) - run(&adapter, 4, 2)));
    }

    // For every run of the experiment.
    let candidate = |at: u32| ScoredCandidate {
        score: f64::from(at),
        accuracy: f64::from(at),
        validation: f64::from(at),
        seconds: f64::NAN,
    };
    let candidates: Vec<ScoredCandidate> = (0..50).map(candidate).collect();
    let options = ProtocolOptions { runs: 300, ..ProtocolOptions::default() };
    let resample = |cancel: &Cancel| {
        protocol(&candidates, &options, &|| cancel.is_cancelled()).unwrap();
    };
    phases.push(("the search experiment", 300, asks(resample)));

    // The bootstrap: for every half a million pairs of each thread.
    let pairs: Vec<(f64, f64)> =
        (0..20_000).map(|at| (f64::from(at % 777), f64::from(at))).collect();
    let options = ReportOptions { resamples: 200, seed: 0 };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let report = |cancelled: &(dyn Fn() -> bool + Sync)| {
        one.install(|| PredictorReport::new("params", &pairs, options, &|| cancelled()))
    };
    let bootstrap = asks(|cancel| drop(report(&|| cancel.is_cancelled()).unwrap()));
    phases.push(("the bootstrap", 8, bootstrap));
    assert!(report(&|| true).is_none());

    for (phase, steps, asked) in phases {
        assert!(asked >= steps, "{phase}: asked {asked} times in {steps} steps");
    }
}

/// Whoever waits for a training program asks again and again, and ends it.
#[cfg(unix)]
#[test]
fn waiting_for_a_trainer_asks() {
    use untrained::trainer::{Trainer, TrainingRequest};
    let trainer = Trainer::new("sh -c 'sleep 100000' {arch}").unwrap();
    let request = TrainingRequest {
        space: "space".to_owned(),
        architecture: "a".to_owned(),
        index: None,
        choices: Vec::new(),
        layers: Vec::new(),
        module: None,
        space_file: String::new(),
        input: [3, 32, 32],
        classes: 10,
        seed: 0,
    };
    let cancel = Cancel::after_checks(10);
    assert_eq!(trainer.train(&[request], &|| cancel.is_cancelled()), [None]);
    assert!(cancel.is_noticed());
}
