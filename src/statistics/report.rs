//! All statistics of one predictor in one record.

use serde::Serialize;

use super::bootstrap::{ConfidenceInterval, bootstrap_unless};
use super::top::{best_by_accuracy, ndcg_at, precision_at, regret_at, top_count};
use super::{complete, kendall_tau_b, spearman_rho};

/// Numbers of architectures at which regret is given.
const REGRET_AT: [usize; 3] = [1, 10, 100];
/// Numbers of architectures at which nDCG is given.
const NDCG_AT: [usize; 2] = [10, 100];
/// Shares, in per cent, at which precision is given.
const PRECISION_AT: [u32; 4] = [1, 5, 10, 25];
/// The best architectures that are looked at apart, in per cent.
const BEST: [u32; 2] = [10, 20];

/// How a report is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReportOptions {
    /// Resamples of each bootstrap; 0 leaves the intervals out.
    pub resamples: u32,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self { resamples: 1000, seed: 0 }
    }
}

/// How well one predictor orders architectures by accuracy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PredictorReport {
    /// Name of the predictor.
    pub predictor: String,
    /// Pairs left out because of a NaN.
    pub dropped: usize,
    /// The number of pairs whose score is infinite; they rank last or first.
    pub infinite: usize,
    /// How it was made.
    pub options: ReportOptions,
    /// On all architectures.
    pub all: RankAgreement,
    /// On the best 10 % by accuracy, with all that equal the last of them.
    pub best_tenth: RankAgreement,
    /// On the best 20 % by accuracy.
    pub best_fifth: RankAgreement,
}

/// The statistics on one set of architectures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RankAgreement {
    /// Number of architectures.
    pub n: usize,
    /// Kendall's tau-b.
    pub tau_b: IntervalEstimate,
    /// Spearman's rho.
    pub rho: IntervalEstimate,
    /// Best accuracy less the best among the first k by score, in the accuracy's units.
    pub regret: Vec<AtCount>,
    /// Share of the top fraction by score that is in the top fraction by accuracy.
    pub precision: Vec<AtPercent>,
    /// nDCG of the first k; the gain is the accuracy, scaled so that the worst of the set has 0 and
    /// the best has 1.
    pub ndcg: Vec<AtCount>,
}

/// A statistic and its 95 % percentile bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IntervalEstimate {
    /// The value; `None` if it is not defined.
    pub value: Option<f64>,
    /// The interval; `None` if it is not defined or was not requested.
    pub interval: Option<ConfidenceInterval>,
}

/// A value for the first k architectures by score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtCount {
    /// How many architectures.
    pub k: usize,
    /// The value; `None` if there are fewer than k.
    pub value: Option<f64>,
}

/// A value for the first architectures by score, as a share of all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtPercent {
    /// The share, in per cent.
    pub percent: u32,
    /// How many architectures that is, rounded up.
    pub k: usize,
    /// The value; `None` if there are no architectures.
    pub value: Option<f64>,
}

impl PredictorReport {
    /// From pairs `(score, accuracy)`; `None` if it is cancelled, which is asked between resamples.
    pub fn new(
        predictor: &str,
        pairs: &[(f64, f64)],
        options: ReportOptions,
        cancelled: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let kept = complete(pairs);
        let best =
            |percent| RankAgreement::new(&best_by_accuracy(&kept, percent), options, cancelled);
        Some(Self {
            predictor: predictor.to_owned(),
            dropped: pairs.len() - kept.len(),
            infinite: kept.iter().filter(|pair| pair.0.is_infinite()).count(),
            options,
            all: RankAgreement::new(&kept, options, cancelled)?,
            best_tenth: best(BEST[0])?,
            best_fifth: best(BEST[1])?,
        })
    }
}

impl RankAgreement {
    fn new(
        pairs: &[(f64, f64)],
        options: ReportOptions,
        cancelled: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let intervals = bootstrap_unless(pairs, options.resamples, options.seed, cancelled)?;
        let (tau_b, rho) = (kendall_tau_b(pairs), spearman_rho(pairs));
        let scaled = scaled(pairs);
        let at_percent = |percent| {
            let k = top_count(pairs.len(), percent);
            AtPercent { percent, k, value: precision_at(pairs, k) }
        };
        Some(Self {
            n: pairs.len(),
            tau_b: IntervalEstimate { value: tau_b, interval: tau_b.and(intervals.tau_b) },
            rho: IntervalEstimate { value: rho, interval: rho.and(intervals.rho) },
            regret: REGRET_AT.map(|k| AtCount { k, value: regret_at(pairs, k) }).to_vec(),
            precision: PRECISION_AT.map(at_percent).to_vec(),
            ndcg: NDCG_AT.map(|k| AtCount { k, value: ndcg_at(&scaled, k) }).to_vec(),
        })
    }
}

/// Accuracies mapped to 0 for the worst and 1 for the best.
fn scaled(pairs: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let worst = pairs.iter().map(|pair| pair.1).fold(f64::INFINITY, f64::min);
    let best = pairs.iter().map(|pair| pair.1).fold(f64::NEG_INFINITY, f64::max);
    pairs.iter().map(|pair| (pair.0, (pair.1 - worst) / (best - worst))).collect()
}
