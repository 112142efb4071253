//! How good the architectures with the highest scores are.
//!
//! If ties leave open which architectures are among the first k, every function here returns the
//! expectation over all orders of the tied ones, like scikit-learn's `ndcg_score`. Nothing therefore
//! depends on the order of the pairs, and a constant score performs like a random choice.

use super::complete;

/// How many of `count` architectures the best `percent` per cent are, rounded up.
pub fn top_count(count: usize, percent: u32) -> usize {
    (count as u128 * u128::from(percent)).div_ceil(100).min(count as u128) as usize
}

/// The best accuracy of all minus the best accuracy among the `k` with the highest scores, in units of
/// accuracy; 0 is best.
///
/// `None` where `k` is 0 or more than there are pairs without NaN, or the best accuracy is infinite.
pub fn regret_at(pairs: &[(f64, f64)], k: usize) -> Option<f64> {
    let mut pairs = by_score(pairs, k)?;
    let best = pairs.iter().map(|pair| pair.1).fold(f64::NEG_INFINITY, f64::max);
    let mut chosen = f64::NEG_INFINITY;
    for (tied, taken) in first(&mut pairs, k) {
        chosen = expected_best(chosen, tied, taken);
    }
    Some(best - chosen).filter(|regret| regret.is_finite())
}

/// The expectation of the larger of `floor` and the best accuracy of `taken` out of `tied`.
fn expected_best(floor: f64, tied: &mut [(f64, f64)], taken: usize) -> f64 {
    tied.sort_unstable_by(|a, b| b.1.total_cmp(&a.1));
    let (mut expected, mut none_yet) = (0.0, 1.0);
    for (place, pair) in tied.iter().enumerate() {
        let left = tied.len() - place;
        if none_yet == 0.0 || left < taken {
            break;
        }
        let this_one = none_yet * taken as f64 / left as f64;
        expected += this_one * pair.1.max(floor);
        none_yet *= (left - taken) as f64 / left as f64;
    }
    expected
}

/// The share of the `k` with the highest scores whose accuracy is at least the k-th highest; 1 is best.
/// With `k` from [`top_count`] it is the precision at a top fraction.
///
/// `None` where `k` is 0 or more than there are pairs without NaN.
pub fn precision_at(pairs: &[(f64, f64)], k: usize) -> Option<f64> {
    let mut pairs = by_score(pairs, k)?;
    let needed = kth_accuracy(&pairs, k)?;
    let hits = first(&mut pairs, k).into_iter().map(|(tied, taken)| {
        let good = tied.iter().filter(|pair| pair.1 >= needed).count();
        good as f64 * taken as f64 / tied.len() as f64
    });
    Some(hits.sum::<f64>() / k as f64)
}

/// Normalised discounted cumulative gain of the first `k` (Järvelin and Kekäläinen, ACM TOIS 20,
/// 2002) as scikit-learn's `ndcg_score` defines it: the gain is the accuracy itself, rank i from 1
/// divides it by log2(i + 1), and the sum is divided by that of the best order; 1 is best.
///
/// `None` where `k` is 0 or more than there are pairs without NaN, an accuracy is negative or
/// infinite, or all are zero.
pub fn ndcg_at(pairs: &[(f64, f64)], k: usize) -> Option<f64> {
    let mut pairs = by_score(pairs, k)?;
    if pairs.iter().any(|pair| pair.1 < 0.0 || pair.1.is_infinite()) {
        return None;
    }
    let discount = |rank: usize| 1.0 / ((rank + 2) as f64).log2();
    let mut gains: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    gains.sort_unstable_by(|a, b| b.total_cmp(a));
    let ideal: f64 =
        gains.iter().take(k).enumerate().map(|(rank, gain)| gain * discount(rank)).sum();
    let (mut rank, mut sum) = (0, 0.0);
    for (tied, taken) in first(&mut pairs, k) {
        let mean = tied.iter().map(|pair| pair.1).sum::<f64>() / tied.len() as f64;
        sum += mean * (rank..rank + taken).map(discount).sum::<f64>();
        rank += taken;
    }
    (ideal > 0.0).then(|| sum / ideal)
}

/// The best `percent` per cent by accuracy, with all that equal the last of them.
pub fn best_by_accuracy(pairs: &[(f64, f64)], percent: u32) -> Vec<(f64, f64)> {
    let pairs = complete(pairs);
    match kth_accuracy(&pairs, top_count(pairs.len(), percent)) {
        Some(needed) => pairs.into_iter().filter(|pair| pair.1 >= needed).collect(),
        None => Vec::new(),
    }
}

fn kth_accuracy(pairs: &[(f64, f64)], k: usize) -> Option<f64> {
    let mut accuracies: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    accuracies.sort_unstable_by(|a, b| b.total_cmp(a));
    accuracies.get(k.checked_sub(1)?).copied()
}

/// The pairs without NaN, highest score first; `None` where there is no first `k` of them.
fn by_score(pairs: &[(f64, f64)], k: usize) -> Option<Vec<(f64, f64)>> {
    let mut pairs = complete(pairs);
    pairs.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    (1..=pairs.len()).contains(&k).then_some(pairs)
}

/// The groups of equal scores that reach into the first `k`, and how many of each lie there.
fn first(sorted: &mut [(f64, f64)], k: usize) -> Vec<(&mut [(f64, f64)], usize)> {
    let mut left = k;
    let mut groups = Vec::new();
    for tied in sorted.chunk_by_mut(|a, b| a.0 == b.0) {
        if left == 0 {
            break;
        }
        let taken = tied.len().min(left);
        left -= taken;
        groups.push((tied, taken));
    }
    groups
}
