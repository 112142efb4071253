//! Values that `tests/fixtures/statistics/make_golden.py` computed with scipy and scikit-learn. They
//! break with any change of what a statistic means, above all with ties and infinite scores.

use std::io::Read;

use serde::Deserialize;
use untrained::statistics::{
    ConfidenceInterval, bootstrap, kendall_tau_b, ndcg_at, precision_at, regret_at, spearman_rho,
};

use crate::statistics::support;

/// Both sides compute in double precision, in different orders.
const TOLERANCE: f64 = 1e-12;

/// Ends of intervals from two random streams: 20,000 resamples against 5,000 scatter by less than
/// 0.004.
const INTERVAL_TOLERANCE: f64 = 0.015;

#[derive(Deserialize)]
pub struct Golden {
    lists: Vec<List>,
    bootstrap: BootstrapCase,
    pub protocol: ProtocolCase,
    #[serde(rename = "nas-bench-201")]
    nas_bench_201: Whole,
}

#[derive(Deserialize)]
struct List {
    name: String,
    scores: Vec<Number>,
    accuracies: Vec<Number>,
    tau_b: Option<f64>,
    rho: Option<f64>,
    #[serde(default)]
    top: Vec<Top>,
}

#[derive(Deserialize)]
struct Top {
    k: usize,
    regret: f64,
    precision: f64,
    ndcg: f64,
}

#[derive(Deserialize)]
struct BootstrapCase {
    scores: Vec<f64>,
    accuracies: Vec<f64>,
    tau_b: Ends,
    rho: Ends,
}

#[derive(Deserialize)]
struct Ends {
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
pub struct ProtocolCase {
    pub scores: Vec<f64>,
    pub accuracies: Vec<f64>,
    pub validation: Vec<f64>,
    pub rows: Vec<ProtocolRow>,
}

#[derive(Deserialize)]
pub struct ProtocolRow {
    pub size: u32,
    pub by_score: Moments,
    pub random: Moments,
    pub optimal: Moments,
}

#[derive(Deserialize)]
pub struct Moments {
    pub mean: f64,
    pub sd: f64,
}

#[derive(Deserialize)]
struct Whole {
    n: usize,
    tau_b: f64,
    rho: f64,
}

/// JSON has no infinities: they are text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Finite(f64),
    Text(String),
}

impl Number {
    fn value(&self) -> f64 {
        match self {
            Self::Finite(value) => *value,
            Self::Text(text) => text.parse().unwrap(),
        }
    }
}

pub fn golden() -> Golden {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/statistics/golden.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl List {
    fn pairs(&self) -> Vec<(f64, f64)> {
        assert_eq!(self.scores.len(), self.accuracies.len());
        self.scores
            .iter()
            .map(Number::value)
            .zip(self.accuracies.iter().map(Number::value))
            .collect()
    }
}

fn agree(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < TOLERANCE,
        (found, expected) => found == expected,
    }
}

#[test]
fn correlations_are_those_of_scipy() {
    let lists = golden().lists;
    assert!(lists.len() >= 15);
    for list in &lists {
        let pairs = list.pairs();
        let (tau, rho) = (kendall_tau_b(&pairs), spearman_rho(&pairs));
        assert!(agree(tau, list.tau_b), "{}: tau-b {tau:?}, scipy {:?}", list.name, list.tau_b);
        assert!(agree(rho, list.rho), "{}: rho {rho:?}, scipy {:?}", list.name, list.rho);
    }
    // Negative control: another accuracy for one architecture is another value.
    let list = lists.iter().find(|list| list.name == "300 normal").unwrap();
    let mut pairs = list.pairs();
    pairs[17].1 = 9.0;
    assert!(!agree(kendall_tau_b(&pairs), list.tau_b) && !agree(spearman_rho(&pairs), list.rho));
}

#[test]
fn the_first_k_are_judged_as_scikit_learn_and_enumeration_do() {
    let lists = golden().lists;
    let mut tested = 0;
    for list in &lists {
        let pairs = list.pairs();
        for top in &list.top {
            let found =
                (regret_at(&pairs, top.k), precision_at(&pairs, top.k), ndcg_at(&pairs, top.k));
            let name = format!("{} at {}: {found:?}", list.name, top.k);
            assert!(agree(found.0, Some(top.regret)), "{name}, regret {}", top.regret);
            assert!(agree(found.1, Some(top.precision)), "{name}, precision {}", top.precision);
            assert!(agree(found.2, Some(top.ndcg)), "{name}, nDCG {}", top.ndcg);
            tested += 1;
        }
    }
    assert!(tested > 30, "only {tested} values");
}

#[test]
fn intervals_are_those_of_scipy() {
    let case = golden().bootstrap;
    let pairs: Vec<_> = case.scores.iter().copied().zip(case.accuracies.iter().copied()).collect();
    let found = bootstrap(&pairs, 5000, 3);
    let near = |found: ConfidenceInterval, ends: &Ends| {
        (found.low - ends.low).abs() < INTERVAL_TOLERANCE
            && (found.high - ends.high).abs() < INTERVAL_TOLERANCE
    };
    assert!(near(found.tau_b.unwrap(), &case.tau_b), "{:?}", found.tau_b);
    assert!(near(found.rho.unwrap(), &case.rho), "{:?}", found.rho);
    // Negative control: half of the pairs have a wider interval.
    assert!(!near(bootstrap(&pairs[..40], 5000, 3).tau_b.unwrap(), &case.tau_b));
}

/// Numbers of two columns of a table in the shared data.
pub fn columns(path: &std::path::Path, names: &[&str]) -> Vec<Vec<f64>> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let headers = table.headers().unwrap().clone();
    let rows: Vec<_> = table.records().map(|row| row.unwrap()).collect();
    let place = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let column = |at: usize| rows.iter().map(|row| row[at].parse().unwrap()).collect();
    names.iter().map(|name| column(place(name))).collect()
}

#[test]
fn a_whole_benchmark_is_correlated_as_scipy_does() {
    let Some(path) = support::shared("data/nb201_tss.csv.gz") else {
        return;
    };
    let columns = columns(&path, &["params_M", "c10_test_200"]);
    let pairs: Vec<_> = columns[0].iter().copied().zip(columns[1].iter().copied()).collect();
    let expected = golden().nas_bench_201;
    assert_eq!(pairs.len(), expected.n);
    assert!(agree(kendall_tau_b(&pairs), Some(expected.tau_b)));
    assert!(agree(spearman_rho(&pairs), Some(expected.rho)));
}
