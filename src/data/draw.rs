//! Random numbers for drawing a mini-batch.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::DataError;
use crate::seed;

/// A stream of its own for every purpose.
pub(super) fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    seed::stream(seed, &["images", name])
}

/// All numbers below a bound in random order, one after the other: a Fisher-Yates shuffle that goes
/// as far as it is asked.
pub(super) struct SeededShuffle {
    rng: ChaCha8Rng,
    order: Vec<usize>,
    place: usize,
}

impl SeededShuffle {
    pub(super) fn new(available: usize, seed: u64) -> Self {
        Self { rng: stream(seed, "selection"), order: (0..available).collect(), place: 0 }
    }
}

impl Iterator for SeededShuffle {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let (place, available) = (self.place, self.order.len());
        if place == available {
            return None;
        }
        let other = self.rng.random_range(place as u64..available as u64) as usize;
        self.order.swap(place, other);
        self.place += 1;
        Some(self.order[place])
    }
}

/// `wanted` different numbers below `available`, in random order.
pub(super) fn select(
    origin: &str,
    available: usize,
    wanted: usize,
    seed: u64,
) -> Result<Vec<usize>, DataError> {
    if available < wanted {
        return Err(DataError::TooFew { origin: origin.to_owned(), available, wanted });
    }
    Ok(SeededShuffle::new(available, seed).take(wanted).collect())
}
