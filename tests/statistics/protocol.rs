//! The paper's search experiment against its exact expectation and the published table, and the
//! paper's choice of architectures.

use std::cell::Cell;

use untrained::statistics::{
    AccuracyFilter, MeanSd, ProtocolError, ProtocolOptions, ScoredCandidate, protocol,
};

use crate::statistics::golden::{Moments, columns, golden};
use crate::statistics::support;

/// Means of this many runs are compared with exact ones.
const RUNS: u32 = 4000;

/// A mean of many runs is farther off than four standard errors in one of 16,000 cases; seeds are
/// fixed.
const STANDARD_ERRORS: f64 = 4.0;

/// Of a standard deviation from 4,000 runs, as a share: its error is about 1 % for normal values,
/// more for the skewed ones here.
const SD_TOLERANCE: f64 = 0.15;

fn never() -> bool {
    false
}

fn candidates(scores: &[f64], accuracies: &[f64], validation: &[f64]) -> Vec<ScoredCandidate> {
    let rows = scores.iter().zip(accuracies).zip(validation);
    let candidate = |((&score, &accuracy), &validation)| ScoredCandidate {
        score,
        accuracy,
        validation,
        seconds: 0.25,
    };
    rows.map(candidate).collect()
}

fn agrees(found: MeanSd, exact: &Moments) -> bool {
    let error = exact.sd / f64::from(RUNS).sqrt();
    (found.mean - exact.mean).abs() < STANDARD_ERRORS * error
        && (found.sd.unwrap() / exact.sd - 1.0).abs() < SD_TOLERANCE
}

/// Breaks if draws are without replacement, not uniform, too few or too many, or another
/// architecture is chosen.
#[test]
fn choices_have_their_exact_mean_and_deviation() {
    let case = golden().protocol;
    let candidates = candidates(&case.scores, &case.accuracies, &case.validation);
    let options = ProtocolOptions { runs: RUNS, ..ProtocolOptions::default() };
    let found = protocol(&candidates, &options, &never).unwrap();
    assert_eq!((found.candidates, found.dropped), (400, 0));
    assert_eq!(found.rows.len(), 3);
    for (row, exact) in found.rows.iter().zip(&case.rows) {
        assert_eq!(row.size, exact.size);
        assert!(agrees(row.by_score, &exact.by_score), "{}: {:?}", row.size, row.by_score);
        assert!(agrees(row.random, &exact.random), "{}: {:?}", row.size, row.random);
        assert!(agrees(row.optimal, &exact.optimal), "{}: {:?}", row.size, row.optimal);
    }
    // Every score cost a quarter of a second, and each of the draws counts.
    let seconds = found.rows.iter().map(|row| row.seconds.unwrap());
    assert!(seconds.eq([2.5, 25.0, 250.0].map(|mean| MeanSd { mean, sd: Some(0.0) })));
    // Negative control: three more draws, and the choice by the other column, are told apart.
    let options = ProtocolOptions { sizes: vec![13], runs: RUNS, seed: 0 };
    let other = protocol(&candidates, &options, &never).unwrap().rows[0];
    assert!(!agrees(other.by_score, &case.rows[0].by_score));
    assert!(!agrees(found.rows[0].by_score, &case.rows[0].optimal));
}

/// Rows "Optimal (N=10)" and "Optimal (N=100)" of table 2, Mellor et al. 2021: CIFAR-10 validation
/// accuracy.
#[test]
fn the_optimal_choice_is_the_published_one() {
    let Some(path) = support::shared("data/nb201_tss.csv.gz") else {
        return;
    };
    let accuracies = columns(&path, &["c10valid_valid_200_v11"]).remove(0);
    let candidates = candidates(&accuracies, &accuracies, &accuracies);
    let found = protocol(&candidates, &ProtocolOptions::default(), &never).unwrap();
    for (row, (mean, sd)) in found.rows.iter().zip([(89.92, 0.75), (91.05, 0.28)]) {
        let optimal = row.optimal;
        // Both means are of 500 runs; the published figures have two digits.
        let error = sd * (2.0_f64 / 500.0).sqrt() + 0.005;
        assert!((optimal.mean - mean).abs() < 3.0 * error, "N = {}: {optimal:?}", row.size);
        assert!((optimal.sd.unwrap() / sd - 1.0).abs() < 0.2, "N = {}: {optimal:?}", row.size);
        assert_eq!(row.by_score, optimal, "the score is the accuracy");
    }
}

#[test]
fn equal_seeds_give_equal_results_whatever_else_is_asked_for() {
    let case = golden().protocol;
    let candidates = candidates(&case.scores, &case.accuracies, &case.validation);
    let run = |sizes: &[u32], seed| {
        let options = ProtocolOptions { sizes: sizes.to_vec(), runs: 20, seed };
        protocol(&candidates, &options, &never).unwrap()
    };
    assert_eq!(run(&[10, 100], 5), run(&[10, 100], 5));
    assert_eq!(run(&[100], 5).rows[0], run(&[10, 100], 5).rows[1]);
    assert_ne!(run(&[10], 5).rows, run(&[10], 6).rows);
}

fn lone(score: f64, accuracy: f64) -> ScoredCandidate {
    ScoredCandidate { score, accuracy, validation: accuracy, seconds: accuracy }
}

#[test]
fn the_first_of_equal_scores_is_chosen_and_a_missing_score_is_not() {
    let options = ProtocolOptions { sizes: vec![50], runs: 40, seed: 1 };
    // All scores are equal: the choice is the first one drawn, as for the random row.
    for score in [1.0, f64::NEG_INFINITY, f64::NAN] {
        let equal: Vec<_> = (0..30).map(|place| lone(score, f64::from(place))).collect();
        let row = protocol(&equal, &options, &never).unwrap().rows[0];
        assert_eq!(row.by_score, row.random);
        assert_ne!(row.optimal, row.random);
    }
    // Among NaN and negative infinity, the latter is a score.
    let rare = [lone(f64::NAN, 10.0), lone(f64::NEG_INFINITY, 90.0)];
    let row = protocol(&rare, &options, &never).unwrap().rows[0];
    assert_eq!(row.by_score, MeanSd { mean: 90.0, sd: Some(0.0) });
    let untimed = [ScoredCandidate { seconds: f64::NAN, ..rare[0] }, rare[1]];
    assert_eq!(protocol(&untimed, &options, &never).unwrap().rows[0].seconds, None);
}

#[test]
fn wrong_requests_are_errors_and_cancelling_is_heard() {
    let options = ProtocolOptions::default();
    let unknown = [lone(1.0, f64::NAN), lone(2.0, f64::NAN)];
    assert_eq!(
        protocol(&unknown, &options, &never),
        Err(ProtocolError::NoCandidates { dropped: 2 })
    );
    let known = [lone(1.0, 90.0), lone(2.0, f64::NAN)];
    let none = ProtocolOptions { runs: 0, ..options.clone() };
    assert_eq!(protocol(&known, &none, &never), Err(ProtocolError::Zero));
    let none = ProtocolOptions { sizes: vec![10, 0], ..options.clone() };
    assert_eq!(protocol(&known, &none, &never), Err(ProtocolError::Zero));
    let once = ProtocolOptions { runs: 1, ..options.clone() };
    let found = protocol(&known, &once, &never).unwrap();
    assert_eq!(found.dropped, 1);
    assert_eq!(found.rows[0].by_score, MeanSd { mean: 90.0, sd: None });

    let asked = Cell::new(0);
    let third = || {
        asked.set(asked.get() + 1);
        asked.get() == 3
    };
    assert_eq!(protocol(&known, &options, &third), Err(ProtocolError::Cancelled));
    assert_eq!(asked.get(), 3);
}

#[test]
fn the_papers_choice_of_architectures() {
    let mut pairs: Vec<(f64, f64)> = (0..1500).map(|at| (f64::from(at), 50.0)).collect();
    pairs.extend([(1.0, 15.0), (2.0, 10.0), (3.0, f64::NAN)]);
    pairs.extend([(f64::NEG_INFINITY, 90.0), (f64::INFINITY, 90.0), (f64::NAN, 90.0)]);
    let found = AccuracyFilter::default().apply(&pairs);
    assert_eq!((found.kept.len(), found.not_drawn), (1000, 500));
    assert_eq!((found.inaccurate, found.not_finite), (3, 3));
    assert!(found.kept.windows(2).all(|two| two[0] < two[1]), "a place is drawn twice");
    assert!(found.kept.iter().all(|&place| place < 1500));
    // Drawn, not cut off: as many of the first half as of the second, within 5 deviations of 9.
    let low = found.kept.iter().filter(|&&place| place < 750).count();
    assert!((455..=545).contains(&low), "{low} of the first half");
    assert_eq!(found, AccuracyFilter::default().apply(&pairs));
    assert_ne!(
        found.kept,
        AccuracyFilter { seed: 1, ..AccuracyFilter::default() }.apply(&pairs).kept
    );

    let everything = AccuracyFilter { accuracy_above: 49.0, sample: None, seed: 0 }.apply(&pairs);
    assert_eq!((everything.kept.len(), everything.not_drawn), (1500, 0));
    assert!(AccuracyFilter::default().apply(&[]).kept.is_empty());
    let few = AccuracyFilter::default().apply(&pairs[..3]);
    assert_eq!((few.kept, few.not_drawn), (vec![0, 1, 2], 0));
}
