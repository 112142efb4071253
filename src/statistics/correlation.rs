//! Rank correlations of score and accuracy.

use super::complete;
use super::ranks::DenseRanks;

/// Kendall's tau-b: concordant minus discordant pairs, over the geometric mean of the pairs not tied
/// in score and the pairs not tied in accuracy (Kendall, Biometrika 33, 1945), in O(n log n) by
/// Knight's algorithm (JASA 61, 1966).
///
/// In [-1, 1]. `None` where fewer than two pairs are free of NaN or one side is constant.
pub fn kendall_tau_b(pairs: &[(f64, f64)]) -> Option<f64> {
    DenseRanks::new(&complete(pairs)).tau_b()
}

/// Spearman's rho: Pearson's correlation of the ranks, where equal values share their average rank.
///
/// In [-1, 1]. `None` where fewer than two pairs are free of NaN or one side is constant.
pub fn spearman_rho(pairs: &[(f64, f64)]) -> Option<f64> {
    DenseRanks::new(&complete(pairs)).rho()
}
