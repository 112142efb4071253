//! What holds for every list of pairs.

use proptest::prelude::*;
use untrained::statistics::{
    best_by_accuracy, bootstrap, kendall_tau_b, ndcg_at, precision_at, regret_at, spearman_rho,
    top_count,
};

use crate::statistics::support::cases;

/// Sums of the same terms in another order.
const TOLERANCE: f64 = 1e-12;

/// Scores and accuracies of which many are equal, scores also infinite and NaN.
fn pairs() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let score = prop_oneof![
        8 => (-6_i32..6).prop_map(|whole| f64::from(whole) / 2.0),
        4 => -100.0..100.0_f64,
        1 => Just(f64::NEG_INFINITY),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NAN),
    ];
    let accuracy = prop_oneof![8 => (0_i32..12).prop_map(f64::from), 4 => 0.0..100.0_f64];
    prop::collection::vec((score, accuracy), 0..40)
}

fn without_nan(pairs: &[(f64, f64)]) -> Vec<(f64, f64)> {
    pairs.iter().copied().filter(|pair| !pair.0.is_nan()).collect()
}

fn sign(a: f64, b: f64) -> f64 {
    f64::from(a.partial_cmp(&b).unwrap() as i8)
}

/// Pearson's correlation of the signs of all differences, which is tau-b.
fn tau_by_definition(pairs: &[(f64, f64)]) -> Option<f64> {
    let (mut both, mut scores, mut accuracies) = (0.0, 0.0, 0.0);
    for a in pairs {
        for b in pairs {
            let (x, y) = (sign(a.0, b.0), sign(a.1, b.1));
            both += x * y;
            scores += x * x;
            accuracies += y * y;
        }
    }
    (scores > 0.0 && accuracies > 0.0).then(|| both / f64::sqrt(scores * accuracies))
}

/// Pearson's correlation of ranks; a rank counts what is smaller, and half of what is equal.
fn rho_by_definition(pairs: &[(f64, f64)]) -> Option<f64> {
    let rank = |side: fn(&(f64, f64)) -> f64, a: &(f64, f64)| -> f64 {
        pairs.iter().map(|b| sign(side(a), side(b)) / 2.0).sum()
    };
    let (mut both, mut scores, mut accuracies) = (0.0, 0.0, 0.0);
    for pair in pairs {
        let (x, y) = (rank(|it| it.0, pair), rank(|it| it.1, pair));
        both += x * y;
        scores += x * x;
        accuracies += y * y;
    }
    (scores > 0.0 && accuracies > 0.0).then(|| both / f64::sqrt(scores * accuracies))
}

fn near(a: Option<f64>, b: Option<f64>) -> Result<bool, String> {
    match (a, b) {
        (Some(a), Some(b)) if (a - b).abs() < TOLERANCE => Ok(true),
        (None, None) => Ok(true),
        _ => Err(format!("{a:?} is not {b:?}")),
    }
}

#[test]
fn correlations_are_what_their_definitions_say() {
    cases::run(500, &pairs(), |pairs| {
        let kept = without_nan(&pairs);
        near(kendall_tau_b(&pairs), tau_by_definition(&kept))?;
        near(spearman_rho(&pairs), rho_by_definition(&kept))
    });
    // Negative control: the definitions tell correlations apart.
    let pairs = [(1.0, 1.0), (2.0, 3.0), (3.0, 2.0)];
    assert!(near(tau_by_definition(&pairs), rho_by_definition(&pairs)).is_err());
}

/// Keeps the order, infinities and ties.
fn increasing(score: f64) -> f64 {
    score.atan().mul_add(3.0, 7.0)
}

fn of_scores(pairs: &[(f64, f64)], map: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    pairs.iter().map(|pair| (map(pair.0), pair.1)).collect()
}

#[test]
fn nothing_depends_on_the_scores_but_their_order() {
    cases::run(300, &pairs(), |pairs| {
        let mapped = of_scores(&pairs, increasing);
        let all = |pairs: &[(f64, f64)]| {
            (1..=pairs.len())
                .map(|k| (regret_at(pairs, k), precision_at(pairs, k), ndcg_at(pairs, k)))
                .collect::<Vec<_>>()
        };
        let same = kendall_tau_b(&pairs) == kendall_tau_b(&mapped)
            && spearman_rho(&pairs) == spearman_rho(&mapped)
            && bootstrap(&pairs, 20, 1) == bootstrap(&mapped, 20, 1);
        if !same {
            return Err("a correlation changed".to_owned());
        }
        for (before, after) in all(&pairs).iter().zip(all(&mapped)) {
            near(before.0, after.0)?;
            near(before.1, after.1)?;
            near(before.2, after.2)?;
        }
        Ok(true)
    });
}

#[test]
fn nothing_depends_on_the_order_of_the_pairs() {
    cases::run(300, &pairs(), |pairs| {
        let reversed: Vec<_> = pairs.iter().rev().copied().collect();
        near(kendall_tau_b(&pairs), kendall_tau_b(&reversed))?;
        near(spearman_rho(&pairs), spearman_rho(&reversed))?;
        for k in 1..=pairs.len() {
            near(regret_at(&pairs, k), regret_at(&reversed, k))?;
            near(precision_at(&pairs, k), precision_at(&reversed, k))?;
            near(ndcg_at(&pairs, k), ndcg_at(&reversed, k))?;
        }
        Ok(true)
    });
}

#[test]
fn the_opposite_score_has_the_opposite_correlation() {
    cases::run(300, &pairs(), |pairs| {
        let opposite = of_scores(&pairs, |score| -score);
        near(kendall_tau_b(&pairs), kendall_tau_b(&opposite).map(|tau| -tau))?;
        near(spearman_rho(&pairs), spearman_rho(&opposite).map(|rho| -rho))?;
        let swapped: Vec<_> = pairs.iter().map(|&(score, accuracy)| (accuracy, score)).collect();
        near(kendall_tau_b(&pairs), kendall_tau_b(&swapped))
    });
}

#[test]
fn accuracy_itself_is_the_best_score() {
    cases::run(300, &pairs(), |pairs| {
        let own: Vec<_> = pairs.iter().map(|pair| (pair.1, pair.1)).collect();
        let constant = own.iter().all(|pair| *pair == own[0]);
        for correlation in [kendall_tau_b(&own), spearman_rho(&own)] {
            near(correlation, (!constant).then_some(1.0))?;
        }
        for k in 1..=own.len() {
            near(regret_at(&own, k), Some(0.0))?;
            near(precision_at(&own, k), Some(1.0))?;
            if own.iter().any(|pair| pair.1 > 0.0) {
                near(ndcg_at(&own, k), Some(1.0))?;
            }
        }
        Ok(true)
    });
}

#[test]
fn what_is_not_defined_is_none() {
    let pairs = [(1.0, 3.0), (2.0, 4.0), (f64::NAN, 5.0)];
    for k in [0, 3] {
        assert_eq!(regret_at(&pairs, k), None);
        assert_eq!(precision_at(&pairs, k), None);
        assert_eq!(ndcg_at(&pairs, k), None);
    }
    assert_eq!(ndcg_at(&[(1.0, -3.0), (2.0, 4.0)], 1), None);
    assert_eq!(ndcg_at(&[(1.0, 0.0), (2.0, 0.0)], 1), None);
    assert_eq!(regret_at(&[(1.0, f64::INFINITY), (2.0, 4.0)], 1), None);
    let none = bootstrap(&[(1.0, 3.0)], 50, 0);
    assert_eq!((none.tau_b, none.rho), (None, None));
    assert_eq!(bootstrap(&pairs, 0, 0).tau_b, None);
    assert_eq!(bootstrap(&[], 10, 0).rho, None);
}

#[test]
fn shares_are_rounded_up_exactly() {
    // In floating point 0.1 * 70 is above 7, and 0.07 * 100 too.
    assert_eq!(top_count(70, 10), 7);
    assert_eq!(top_count(100, 7), 7);
    assert_eq!(top_count(71, 10), 8);
    assert_eq!(top_count(3, 1), 1);
    assert_eq!(top_count(0, 10), 0);
    assert_eq!(top_count(5, 0), 0);
    assert_eq!(top_count(5, 300), 5);
    let pairs: Vec<_> = (0..20).map(|rank| (0.0, f64::from(rank / 3))).collect();
    // The 18th and 19th share their accuracy of 6; the 15th to 17th that of 5.
    assert_eq!(best_by_accuracy(&pairs, 10).len(), 2);
    assert_eq!(best_by_accuracy(&pairs, 15).len(), 5);
    assert!(best_by_accuracy(&[], 10).is_empty());
}
