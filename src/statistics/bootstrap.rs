//! How much a rank correlation would vary between samples of architectures.

use rand::RngExt;
use rayon::prelude::*;
use serde::Serialize;

use super::complete;
use super::ranks::DenseRanks;
use crate::seed;

/// What lies outside an interval of 95 %, on each side.
const TAIL: f64 = 0.025;

/// From low to high.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ConfidenceInterval {
    /// 2.5 % of the resamples lie below.
    pub low: f64,
    /// 2.5 % of the resamples lie above.
    pub high: f64,
}

/// 95 % intervals of the rank correlations; `None` where no resample has one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CorrelationIntervals {
    /// Of Kendall's tau-b.
    pub tau_b: Option<ConfidenceInterval>,
    /// Of Spearman's rho.
    pub rho: Option<ConfidenceInterval>,
}

impl CorrelationIntervals {
    const NONE: Self = Self { tau_b: None, rho: None };
}

/// Pairs that are drawn between two looks at whether to go on: some hundredths of a second of a core.
const PAIRS_AT_ONCE: usize = 500_000;

/// Percentile bootstrap (Efron and Tibshirani 1993, chapter 13): draws as many pairs as there are,
/// with replacement, `resamples` times, and takes the 2.5 % and 97.5 % quantiles of the statistic,
/// interpolated linearly.
///
/// Resamples in which one side is constant are left out. Resample `i` is drawn from stream `i` of
/// the seed, so the result depends on neither threads nor machine. Runs on rayon's current pool.
pub fn bootstrap(pairs: &[(f64, f64)], resamples: u32, seed: u64) -> CorrelationIntervals {
    bootstrap_unless(pairs, resamples, seed, &|| false).unwrap_or(CorrelationIntervals::NONE)
}

/// The same; `None` if it is cancelled, which is asked between some of the resamples.
pub(super) fn bootstrap_unless(
    pairs: &[(f64, f64)],
    resamples: u32,
    seed: u64,
    cancelled: &dyn Fn() -> bool,
) -> Option<CorrelationIntervals> {
    let ranks = DenseRanks::new(&complete(pairs));
    if ranks.len() == 0 {
        return Some(CorrelationIntervals::NONE);
    }
    let rng = seed::stream(seed, &["bootstrap"]);
    let draw = |resample: u32| {
        let mut rng = rng.clone();
        rng.set_stream(u64::from(resample));
        let count = ranks.len() as u32;
        let places: Vec<u32> = (0..count).map(|_| rng.random_range(0..count)).collect();
        let drawn = ranks.at(&places);
        (drawn.tau_b(), drawn.rho())
    };
    let at_once = (PAIRS_AT_ONCE / ranks.len()).max(1) * rayon::current_num_threads();
    let (mut tau_b, mut rho) = (Vec::new(), Vec::new());
    for first in (0..resamples).step_by(at_once) {
        if cancelled() {
            return None;
        }
        let last = first.saturating_add(at_once as u32).min(resamples);
        let drawn: Vec<_> = (first..last).into_par_iter().map(draw).collect();
        tau_b.extend(drawn.iter().map(|statistics| statistics.0));
        rho.extend(drawn.iter().map(|statistics| statistics.1));
    }
    Some(CorrelationIntervals { tau_b: interval(tau_b), rho: interval(rho) })
}

fn interval(values: Vec<Option<f64>>) -> Option<ConfidenceInterval> {
    let mut values: Vec<f64> = values.into_iter().flatten().collect();
    values.sort_unstable_by(f64::total_cmp);
    Some(ConfidenceInterval { low: quantile(&values, TAIL)?, high: quantile(&values, 1.0 - TAIL)? })
}

/// Linear between the order statistics (Hyndman and Fan's type 7).
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}
