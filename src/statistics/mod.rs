//! Rank statistics: how well a predictor orders architectures by their trained accuracy.
//!
//! Everything here is arithmetic on pairs `(score, accuracy)`, one for each architecture; there is no
//! input or output. A pair with a NaN is left out. Infinite scores are treated like other values:
//! negative infinity ranks last, and equal infinities are ties.

mod bootstrap;
mod correlation;
mod filter;
mod protocol;
mod ranks;
mod report;
mod top;

pub use bootstrap::{ConfidenceInterval, CorrelationIntervals, bootstrap};
pub use correlation::{kendall_tau_b, spearman_rho};
pub use filter::{AccuracyFilter, FilteredPairs};
pub use protocol::{
    MeanSd, ProtocolError, ProtocolOptions, ProtocolReport, ProtocolRow, ScoredCandidate, protocol,
};
pub use report::{
    AtCount, AtPercent, IntervalEstimate, PredictorReport, RankAgreement, ReportOptions,
};
pub use top::{best_by_accuracy, ndcg_at, precision_at, regret_at, top_count};

/// The pairs without a NaN, zeros without a sign so that they are equal.
fn complete(pairs: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let numbers = pairs.iter().filter(|(score, accuracy)| !score.is_nan() && !accuracy.is_nan());
    numbers.map(|(score, accuracy)| (score + 0.0, accuracy + 0.0)).collect()
}
