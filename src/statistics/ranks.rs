//! The ranks of both sides of the pairs, on which alone rank correlations depend.

/// Ranks without gaps, from 0: equal values share one, the next larger value has the next number.
pub(super) struct DenseRanks {
    scores: Vec<u32>,
    accuracies: Vec<u32>,
}

impl DenseRanks {
    /// Of pairs without NaN.
    pub(super) fn new(pairs: &[(f64, f64)]) -> Self {
        Self {
            scores: dense(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>()),
            accuracies: dense(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>()),
        }
    }

    /// How many pairs there are.
    pub(super) fn len(&self) -> usize {
        self.scores.len()
    }

    /// The pairs at `places`, of which any may occur several times. Numbers may be missing among
    /// the ranks of the result.
    pub(super) fn at(&self, places: &[u32]) -> Self {
        let pick = |ranks: &[u32]| places.iter().map(|&place| ranks[place as usize]).collect();
        Self { scores: pick(&self.scores), accuracies: pick(&self.accuracies) }
    }

    /// Kendall's tau-b; see [`super::kendall_tau_b`].
    pub(super) fn tau_b(&self) -> Option<f64> {
        let both = self.scores.iter().zip(&self.accuracies);
        let mut keys: Vec<u64> = both.map(|(&x, &y)| u64::from(x) << 32 | u64::from(y)).collect();
        keys.sort_unstable();
        let mut accuracies: Vec<u32> = keys.iter().map(|&key| key as u32).collect();
        let discordant = sort_counting_exchanges(&mut accuracies);

        let all = pairs_of(keys.len());
        let tied_score = tied_pairs(&keys, |a, b| a >> 32 == b >> 32);
        let tied_accuracy = tied_pairs(&accuracies, |a, b| a == b);
        let tied_both = tied_pairs(&keys, |a, b| a == b);
        let untied = all + tied_both - tied_score - tied_accuracy;
        let difference = untied as f64 - 2.0 * discordant as f64;
        ratio(difference, (all - tied_score) as f64, (all - tied_accuracy) as f64)
    }

    /// Spearman's rho; see [`super::spearman_rho`].
    pub(super) fn rho(&self) -> Option<f64> {
        let (x, y) = (centred_averages(&self.scores), centred_averages(&self.accuracies));
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        ratio(product(&x, &y), product(&x, &x), product(&y, &y))
    }
}

/// `numerator / sqrt(a b)` in [-1, 1], or `None` where a side is constant.
fn ratio(numerator: f64, a: f64, b: f64) -> Option<f64> {
    (a > 0.0 && b > 0.0).then(|| (numerator / (a * b).sqrt()).clamp(-1.0, 1.0))
}

fn dense(values: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    let value = |place: u32| values[place as usize];
    order.sort_unstable_by(|&a, &b| value(a).total_cmp(&value(b)));
    let mut ranks = vec![0; values.len()];
    for two in order.windows(2) {
        let step = u32::from(value(two[0]) != value(two[1]));
        ranks[two[1] as usize] = ranks[two[0] as usize] + step;
    }
    ranks
}

/// Average ranks less their mean. They are multiples of one half, so that sums of their products
/// are exact up to some 300,000 pairs.
fn centred_averages(ranks: &[u32]) -> Vec<f64> {
    let mut counts = vec![0_u64; ranks.iter().max().map_or(0, |&last| last as usize + 1)];
    for &rank in ranks {
        counts[rank as usize] += 1;
    }
    let mut below = 0;
    let centres: Vec<f64> = counts
        .iter()
        .map(|&count| {
            let twice = 2 * below + count;
            below += count;
            (twice as f64 - ranks.len() as f64) / 2.0
        })
        .collect();
    ranks.iter().map(|&rank| centres[rank as usize]).collect()
}

fn pairs_of(count: usize) -> u64 {
    let count = count as u64;
    count * count.saturating_sub(1) / 2
}

fn tied_pairs<T>(sorted: &[T], equal: impl Fn(&T, &T) -> bool) -> u64 {
    sorted.chunk_by(equal).map(|tied| pairs_of(tied.len())).sum()
}

/// Merge sort; returns how many pairs stood in the wrong order, which is how many exchanges of
/// neighbours the sorting takes (Knight, JASA 61, 1966).
fn sort_counting_exchanges(values: &mut Vec<u32>) -> u64 {
    let mut exchanges = 0;
    let mut merged = Vec::with_capacity(values.len());
    let mut width = 1;
    while width < values.len() {
        merged.clear();
        for block in values.chunks(2 * width) {
            let (left, right) = block.split_at(width.min(block.len()));
            exchanges += merge(left, right, &mut merged);
        }
        std::mem::swap(values, &mut merged);
        width *= 2;
    }
    exchanges
}

fn merge(mut left: &[u32], mut right: &[u32], merged: &mut Vec<u32>) -> u64 {
    let mut exchanges = 0;
    while let (Some(&a), Some(&b)) = (left.first(), right.first()) {
        if b < a {
            exchanges += left.len() as u64;
            merged.push(b);
            right = &right[1..];
        } else {
            merged.push(a);
            left = &left[1..];
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    exchanges
}
