//! AREA, REA and RS on the published accuracies of NAS-Bench-201, beside the paper's own figures.

use crate::support;

use std::collections::HashMap;
use std::sync::OnceLock;

use untrained::backend::Cancel;
use untrained::benchmark::{self, MetricLookup};
use untrained::job::{self, Event, JobConfig, Options, SearchOptions, Task};
use untrained::search::{
    ConstrainedSpace, NextStep, Objective, SearchSizes, StrategyKind, TrialValue,
};
use untrained::space::{Architecture, Space};
use untrained::statistics::{ProtocolOptions, ScoredCandidate, protocol};

/// Searches that are averaged; the paper averages 500.
const SEARCHES: u64 = 300;
/// Trainings that fit the paper's 12,000 seconds.
const TRAININGS: u64 = 110;

/// Scores of the whole space on a smaller skeleton, which ranks almost alike in a fraction of the time.
fn scores(space: &Space) -> &'static HashMap<String, f64> {
    static SCORES: OnceLock<HashMap<String, f64>> = OnceLock::new();
    SCORES.get_or_init(|| score_all(space))
}

fn score_all(space: &Space) -> HashMap<String, f64> {
    let options = Options {
        batch_size: Some(32),
        device: "cpu".to_owned(),
        set: ["skeleton.cells=1", "skeleton.channels=4"].map(|set| set.parse().unwrap()).to_vec(),
        ..Options::default()
    };
    let search = SearchOptions {
        strategy: untrained::search::StrategyKind::Exhaustive,
        unique: true,
        score: Some("naswot".to_owned()),
        ..SearchOptions::default()
    };
    let config = JobConfig::new(options, Task::Search(Box::new(search)));
    let mut scores = HashMap::new();
    job::run(&config, &Cancel::new(), &mut |event| {
        if let Event::Scored { record, .. } = event {
            scores.insert(record.architecture.clone(), record.rank_score());
        }
    })
    .unwrap();
    assert_eq!(scores.len() as u128, space.count());
    scores
}

struct Table {
    space: Space,
    after_12: MetricLookup,
    after_200: MetricLookup,
    scores: &'static HashMap<String, f64>,
}

impl Table {
    fn answer(&self, architecture: &Architecture, ask: Objective) -> f64 {
        match ask {
            Objective::Score => self.scores[&architecture.to_string()],
            Objective::Accuracy => self.after_12.get(architecture).unwrap(),
        }
    }

    /// The accuracy after 200 epochs of what one search chooses by that after 12.
    fn search(&self, name: &str, seed: u64) -> f64 {
        let sizes = SearchSizes {
            samples: TRAININGS,
            population: 10,
            tournament: 3,
            crossover: 0.0,
            candidates: 20,
        };
        let mut search = name.parse::<StrategyKind>().unwrap().start(
            ConstrainedSpace::new(&self.space, &[]),
            sizes,
            seed,
        );
        let mut best: Option<(f64, Architecture)> = None;
        let mut trainings = 0;
        while let NextStep::Propose(architecture, ask) = search.next().unwrap() {
            let value = self.answer(&architecture, ask);
            search.observe(&architecture, ask, &TrialValue::Number(value));
            if ask == Objective::Score {
                continue;
            }
            trainings += 1;
            if best.as_ref().is_none_or(|(known, _)| value > *known) {
                best = Some((value, architecture));
            }
        }
        assert_eq!(trainings, TRAININGS);
        self.after_200.get(&best.unwrap().1).unwrap()
    }
}

/// The paper's experiment: the best by score of N random architectures, 500 times.
#[test]
fn what_the_score_chooses_is_as_good_as_the_paper_reports() {
    let Some(path) = support::shared("data/nb201_tss.csv.gz") else { return };
    let space = Space::builtin("nas-bench-201").unwrap();
    let table = benchmark::open(&path).unwrap();
    let accuracy = MetricLookup::new(&table, &space, "c10_test_200").unwrap();
    let scores = scores(&space);
    let candidate = |architecture: Architecture| {
        let value = accuracy.get(&architecture).unwrap();
        let score = scores[&architecture.to_string()];
        ScoredCandidate { score, accuracy: value, validation: value, seconds: 0.0 }
    };
    let candidates: Vec<ScoredCandidate> = space.enumerate().map(candidate).collect();
    let run = |candidates: &[ScoredCandidate]| {
        let options = ProtocolOptions { sizes: vec![10, 100], ..ProtocolOptions::default() };
        protocol(candidates, &options, &|| false).unwrap()
    };
    let rows = run(&candidates).rows;
    // Mellor et al. 2021, table 2, CIFAR-10 test.
    for (row, (published, deviation)) in rows.iter().zip([(92.44, 1.13), (92.81, 0.99)]) {
        let found = row.by_score.mean;
        println!("N = {}: {found:.2}, published {published} +- {deviation}", row.size);
        assert!((found - published).abs() < deviation, "N = {}: {found}", row.size);
    }
    // The control: scores of other architectures choose no better than chance.
    let mut shuffled = candidates.clone();
    for (at, candidate) in shuffled.iter_mut().enumerate() {
        candidate.score = candidates[(at + 7000) % candidates.len()].score;
    }
    assert!(run(&shuffled).rows[1].by_score.mean < 92.81 - 0.99);
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn searches_on_the_table_reach_what_the_paper_reports() {
    let Some(path) = support::shared("data/nb201_tss.csv.gz") else { return };
    let space = Space::builtin("nas-bench-201").unwrap();
    let table = benchmark::open(&path).unwrap();
    let metric = |name: &str| MetricLookup::new(&table, &space, name).unwrap();
    let (after_12, after_200) = (metric("c10valid_valid_12"), metric("c10valid_valid_200_v11"));
    let table = Table { scores: scores(&space), space, after_12, after_200 };
    let mut means = HashMap::new();
    // Mellor et al. 2021, table 2, CIFAR-10 validation.
    for (name, published, deviation) in
        [("rs", 90.93, 0.36), ("rea", 91.19, 0.31), ("area", 91.20, 0.27)]
    {
        let found: Vec<f64> = (0..SEARCHES).map(|seed| table.search(name, seed)).collect();
        let found = mean(&found);
        println!("{name}: {found:.2}, published {published:.2} +- {deviation:.2}");
        assert!((found - published).abs() < deviation, "{name}: {found} is not {published}");
        means.insert(name, found);
    }
    // The control: what learns from accuracies does better than what does not, beyond noise.
    let error = 0.36 / (SEARCHES as f64).sqrt();
    assert!(means["rea"] > means["rs"] + 3.0 * error && means["area"] > means["rs"] + 3.0 * error);
}
