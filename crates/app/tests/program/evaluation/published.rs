//! The whole NAS-Bench-201 table, where the shared data is there.

use std::path::Path;

use serde_json::Value;

use crate::evaluation::support::{Folder, predictor, shared, untrained};

/// Of 15,625 pairs without any relation, tau-b has a standard deviation of 2 / (3 sqrt(n)) = 0.0053;
/// this is five of them.
const NO_RELATION: f64 = 0.027;

/// Sums in another order.
const ROUNDING: f64 = 1e-9;

/// A file of scores: a column of the table for each architecture, `shift` rows away.
fn scores(table: &Path, column: &str, shift: usize) -> String {
    let file = std::fs::File::open(table).unwrap();
    let mut rows = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let header = rows.headers().unwrap().clone();
    let place = header.iter().position(|name| name == column).unwrap();
    let rows: Vec<_> = rows.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 15_625);
    let mut text = "architecture,score\n".to_owned();
    for (at, row) in rows.iter().enumerate() {
        let score = &rows[(at + shift) % rows.len()][place];
        text.push_str(&format!("{},{score}\n", &row[1]));
    }
    text
}

fn run(verb: &str, table: &Path, metric: &str, more: &[&str]) -> Value {
    let table = table.to_str().unwrap();
    let common = [verb, "--table", table, "--metric", metric, "--json"];
    let (code, shown, error) = untrained(&[&common[..], more].concat());
    assert_eq!(code, 0, "{error}");
    serde_json::from_str(&shown).unwrap()
}

/// Breaks if scores and accuracies of different architectures are paired.
#[test]
fn the_pairs_are_those_of_the_same_architectures() {
    let Some(table) = shared("data/nb201_tss.csv.gz") else { return };
    let folder = Folder::new();
    let file = folder.file("scores.csv", &scores(&table, "c10_test_200", 0));
    let arguments = ["--scores", &file, "--resamples", "0"];
    let found = run("correlate", &table, "c10_test_200", &arguments);
    let report = predictor(&found["predictors"], "score");
    assert_eq!(
        (&report["all"]["n"], &report["all"]["tau_b"]["value"]),
        (&15_625.into(), &1.0.into())
    );
    // The networks that are built have the published parameters, as scipy ranks them.
    let golden = crate::data::fixture("statistics/golden.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(golden).unwrap()).unwrap();
    let params = &predictor(&found["predictors"], "params")["all"];
    for statistic in ["tau_b", "rho"] {
        let found = params[statistic]["value"].as_f64().unwrap();
        let expected = golden["nas-bench-201"][statistic].as_f64().unwrap();
        assert!((found - expected).abs() < ROUNDING, "{statistic}: {found}, scipy {expected}");
    }
    // The order of rows is the benchmark's random one: shifted by 7,000, no two belong together.
    let file = folder.file("shifted.csv", &scores(&table, "c10_test_200", 7000));
    let arguments = ["--scores", &file, "--resamples", "0"];
    let found = run("correlate", &table, "c10_test_200", &arguments);
    let tau = predictor(&found["predictors"], "score")["all"]["tau_b"]["value"].as_f64().unwrap();
    assert!(tau.abs() < NO_RELATION, "{tau}");
}

/// Rows "Optimal (N=10)" and "Optimal (N=100)" of table 2, Mellor et al. 2021: CIFAR-10 validation
/// accuracy; a score that is this accuracy chooses the same.
#[test]
fn the_optimal_choice_is_the_published_one() {
    let Some(table) = shared("data/nb201_tss.csv.gz") else { return };
    let folder = Folder::new();
    let file = folder.file("scores.csv", &scores(&table, "c10valid_valid_200_v11", 0));
    let arguments = ["--scores", &file, "--sizes", "10,100"];
    let found = run("protocol", &table, "c10valid_valid_200_v11", &arguments);
    for (row, (mean, sd)) in
        found["rows"].as_array().unwrap().iter().zip([(89.92, 0.75), (91.05, 0.28)])
    {
        let found = row["optimal"]["mean"].as_f64().unwrap();
        // Both means are of 500 runs; the published figures have two digits.
        let error = sd * (2.0_f64 / 500.0).sqrt() + 0.005;
        assert!((found - mean).abs() < 3.0 * error, "{found}, published {mean}");
        assert_eq!(row["by_score"], row["optimal"]);
        assert_ne!(row["random"], row["optimal"]);
    }
}
