//! Strategies and scores of a program that uses the library, and codes that it has taken itself.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use untrained::backend::cpu::hamming::kernel_of_codes;
use untrained::backend::{self, Cancel, Network};
use untrained::data;
use untrained::job::{
    self, Event, JobConfig, JobOption, Options, OwnParts, OwnScore, ScoredNetwork, SearchOptions,
    StoreLocation, StudyMode, Summary, Task,
};
use untrained::plan::{Count, Plan};
use untrained::search::{NextStep, Objective, Strategy, TrialValue, Unsatisfiable};
use untrained::store::{Record, Status, Store};
use untrained::weights::{Initialiser, Weights};
use untrained::{Architecture, Space};

/// What a strategy has observed.
type Seen = Rc<RefCell<Vec<(String, f64)>>>;

/// Proposes architectures by index, each after the value of the one before.
struct Indices {
    space: Space,
    left: Vec<u64>,
    waits: bool,
    seen: Seen,
}

impl Strategy for Indices {
    fn next(&mut self) -> Result<NextStep, Unsatisfiable> {
        if self.waits {
            return Ok(NextStep::Wait);
        }
        Ok(match self.left.pop() {
            Some(index) => {
                self.waits = true;
                let architecture = self.space.from_index(index).unwrap();
                NextStep::Propose(architecture, Objective::Score)
            }
            None => NextStep::Done,
        })
    }

    fn observe(&mut self, architecture: &Architecture, _: Objective, value: &TrialValue) {
        self.waits = false;
        let TrialValue::Number(value) = value else { panic!("{value:?}") };
        self.seen.borrow_mut().push((architecture.to_string(), *value));
    }

    fn total(&self) -> Option<u64> {
        None
    }
}

/// Minus the number of units: the smallest network is the best.
struct FewUnits;

impl OwnScore for FewUnits {
    fn value(&mut self, _: &Architecture, network: &ScoredNetwork) -> Option<f64> {
        let kernel = network.output.as_ref()?.kernel.as_ref()?;
        assert_eq!(kernel.units(), network.record.units);
        Some(-(kernel.units() as f64))
    }
}

fn config(store: &Path) -> JobConfig {
    let options = Options {
        batch_size: Some(4),
        device: "cpu".to_owned(),
        set: ["skeleton.cells=1", "skeleton.channels=4"].map(|set| set.parse().unwrap()).to_vec(),
        ..Options::default()
    };
    let score = Some("naswot".to_owned());
    let search = SearchOptions { samples: Some(6), score, ..SearchOptions::default() };
    let task = Task::Search(Box::new(search));
    let store = Some(StoreLocation::File(store.to_owned()));
    JobConfig { store, ..JobConfig::new(options, task) }
}

fn run(config: &JobConfig, own: OwnParts<'_>) -> (Summary, Vec<Record>) {
    let mut records = Vec::new();
    let summary = job::run_with(config, own, &Cancel::new(), &mut |event| {
        if let Event::Scored { record, .. } = event {
            records.push(*record);
        }
    });
    (summary.unwrap(), records)
}

fn indices(config: &JobConfig, left: &[u64]) -> (Box<dyn Strategy>, Seen) {
    let (space, left) = (config.open_space().unwrap(), left.to_vec());
    let seen = Seen::default();
    (Box::new(Indices { space, left, waits: false, seen: Rc::clone(&seen) }), seen)
}

#[test]
fn an_own_strategy_proposes_and_observes_and_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&folder.path().join("a.db"));
    config.own.strategy = Some("indices".to_owned());
    let (strategy, seen) = indices(&config, &[9, 8, 7]);
    let (summary, records) = run(&config, OwnParts { strategy: Some(strategy), score: None });
    let found: Vec<_> = records.iter().map(|record| record.index.unwrap()).collect();
    assert_eq!(found, [7, 8, 9]);
    let told: Vec<f64> = records.iter().map(Record::rank_score).collect();
    assert_eq!(seen.borrow().iter().map(|(_, value)| *value).collect::<Vec<_>>(), told);

    // It goes on from the stored values, and nothing but it can.
    let store = folder.path().join("a.db");
    let mode = StudyMode::Resume(summary.study.unwrap());
    let stored = JobConfig::continuing(&store, mode).unwrap();
    assert_eq!(stored.own, config.own);
    let (strategy, seen) = indices(&config, &[5, 9, 8, 7]);
    let (summary, _) = run(&stored, OwnParts { strategy: Some(strategy), score: None });
    assert_eq!((summary.known, seen.borrow().len()), (3, 4));
    let refused = job::run(&stored, &Cancel::new(), &mut |_| {}).unwrap_err();
    assert_eq!(refused.option(), Some(JobOption::Strategy));
    assert!(refused.to_string().contains("`indices`"), "{refused}");
}

#[test]
fn an_own_score_ranks_and_its_values_belong_to_its_study() {
    let folder = tempfile::tempdir().unwrap();
    let plain = config(&folder.path().join("a.db"));
    // The same networks are known by their own scores already.
    let (_, by_naswot) = run(&plain, OwnParts::default());
    let mut config = plain.clone();
    config.own.score = Some("few-units".to_owned());
    let (summary, records) =
        run(&config, OwnParts { score: Some(Box::new(FewUnits)), strategy: None });
    assert_eq!((summary.known, records.len()), (0, 6));
    assert_eq!((config.ranked_by(), summary.followed.is_none()), ("few-units", true));
    let mut asked = 0;
    for (record, plain) in records.iter().zip(&by_naswot) {
        assert_eq!(record.architecture, plain.architecture);
        assert_eq!(record.score, plain.score);
        if record.status == Status::Disconnected {
            // It is never chosen, so the score is not asked.
            assert!(record.scores.is_empty() && record.rank_score() == f64::NEG_INFINITY);
            continue;
        }
        asked += 1;
        assert_eq!(record.scores["few-units"], -(record.units as f64));
        assert_eq!(record.value, -(record.units as f64));
    }
    assert!(asked > 3, "{asked}");
    let best = &summary.best[0];
    assert_eq!(best.units, summary.best.iter().map(|record| record.units).min().unwrap());
    let store = Store::read(&folder.path().join("a.db")).unwrap();
    let study = store.find(summary.study.as_ref().unwrap()).unwrap();
    assert_eq!(store.best(&study, 1).unwrap()[0].record.architecture, best.architecture);
    // A later search finds the scores of the program, not those of the study with an own score.
    let (summary, again) = run(&plain, OwnParts::default());
    assert_eq!(summary.known, 6);
    assert!(again.iter().zip(&by_naswot).all(|(one, other)| one.value == other.value));
}

#[test]
fn parts_and_names_belong_together() {
    let folder = tempfile::tempdir().unwrap();
    let plain = config(&folder.path().join("a.db"));
    let refused = |config: &JobConfig, own: OwnParts<'_>| {
        job::run_with(config, own, &Cancel::new(), &mut |_| {}).unwrap_err().to_string()
    };
    let score = || OwnParts { score: Some(Box::new(FewUnits)), strategy: None };
    assert!(refused(&plain, score()).contains("needs a name"));
    let mut config = plain;
    config.own.score = Some("few-units".to_owned());
    assert!(refused(&config, OwnParts::default()).contains("only that program can run it"));
    config.set_option(JobOption::Unique, &[]).unwrap();
    assert!(refused(&config, score()).starts_with("unique cannot be combined"));
    config.task = Task::Score { architectures: vec!["1".to_owned()] };
    assert!(refused(&config, score()).contains("only searches have one"));
}

#[test]
fn packed_codes_give_the_kernel_matrix_of_the_pass_that_took_them() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let architecture = space.from_index(8).unwrap();
    let graph = architecture.build().unwrap();
    let plan = Plan::new(&graph, &Weights::default(), Count::Published).unwrap();
    let batch = data::load(&"noise".parse().unwrap(), space.input(), 5, 0).unwrap();
    let initialiser = Initialiser { initialisation: space.initialisation(), seed: 0 };
    let weights = initialiser.draw(&graph, &architecture.canonical(), plan.weighted_nodes());
    let (mut device, _) = backend::open("cpu").unwrap();
    let network = Network { plan: &plan, weights: &weights };
    let output = device.run(&[network], &batch, true, &Cancel::new()).pop().unwrap().unwrap();
    let (kernel, mut codes) = (output.kernel.unwrap(), output.codes.unwrap());
    assert!(codes.iter().any(|code| code.multiplicity > 1), "multiplicities are tried");
    assert_eq!(kernel_of_codes(5, &codes).unwrap(), kernel);
    codes[0].words[0] ^= 1;
    assert_ne!(kernel_of_codes(5, &codes).unwrap(), kernel);
    // Units that are no multiple of a word, and no units at all.
    let odd = backend::PackedCode { units: 33, multiplicity: 2, words: vec![0, 1, 1, 0] };
    assert_eq!(kernel_of_codes(2, &[odd]).unwrap().entries(), [66, 62, 62, 66]);
    assert_eq!(kernel_of_codes(2, &[]).unwrap().entries(), [0; 4]);
}
