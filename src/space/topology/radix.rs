//! Independent choices, counted as the digits of a number; the last one changes fastest.

use rand::{Rng, RngExt};

/// Several choices, each among so many values.
#[derive(Clone, Debug)]
pub(super) struct MixedRadix(pub Vec<usize>);

impl MixedRadix {
    /// The number of combinations; `u128::MAX` if it is larger.
    pub(super) fn count(&self) -> u128 {
        self.0.iter().fold(1, |count: u128, &values| count.saturating_mul(values as u128))
    }

    /// Every choice uniformly.
    pub(super) fn sample(&self, rng: &mut dyn Rng) -> Vec<usize> {
        self.0.iter().map(|&values| rng.random_range(0..values as u32) as usize).collect()
    }

    /// All combinations, in their order.
    pub(super) fn combinations(&self) -> impl Iterator<Item = Vec<usize>> + '_ {
        let first = vec![0; self.0.len()];
        std::iter::successors(Some(first), |digits| self.successor(digits.clone()))
    }

    /// The next combination; `None` behind the last one.
    pub(super) fn successor(&self, mut digits: Vec<usize>) -> Option<Vec<usize>> {
        for (digit, values) in digits.iter_mut().zip(&self.0).rev() {
            *digit += 1;
            if *digit < *values {
                return Some(digits);
            }
            *digit = 0;
        }
        None
    }

    /// The number of a combination; `None` beyond 64 bits.
    pub(super) fn rank(&self, digits: &[usize]) -> Option<u64> {
        digits.iter().zip(&self.0).try_fold(0_u64, |rank, (&digit, &values)| {
            rank.checked_mul(values as u64)?.checked_add(digit as u64)
        })
    }

    /// The combination of that number; `None` where there is none.
    pub(super) fn unrank(&self, mut rank: u64) -> Option<Vec<usize>> {
        let mut digits = vec![0; self.0.len()];
        for (digit, &values) in digits.iter_mut().zip(&self.0).rev() {
            *digit = (rank % values as u64) as usize;
            rank /= values as u64;
        }
        (rank == 0).then_some(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_combinations_are_inverse() {
        let radix = MixedRadix(vec![2, 1, 5]);
        assert_eq!(radix.count(), 10);
        assert_eq!(radix.unrank(1), Some(vec![0, 0, 1]));
        assert_eq!(radix.unrank(10), None);
        for rank in 0..10 {
            assert_eq!(radix.rank(&radix.unrank(rank).unwrap()), Some(rank));
        }
        let ranks = radix.combinations().map(|digits| radix.rank(&digits));
        assert!(ranks.eq((0..10).map(Some)));
        assert_eq!(MixedRadix(vec![usize::MAX; 3]).count(), u128::MAX);
        assert_eq!(MixedRadix(vec![1 << 40; 2]).rank(&[1 << 30, 0]), None);
    }
}
