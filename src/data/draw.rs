//! Random numbers of the batch.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::DataError;
use crate::seed;

/// A stream of its own for every purpose.
pub(super) fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    seed::stream(seed, &["images", name])
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
    let mut rng = stream(seed, "selection");
    let mut all: Vec<usize> = (0..available).collect();
    for place in 0..wanted {
        let other = rng.random_range(place as u64..available as u64) as usize;
        all.swap(place, other);
    }
    all.truncate(wanted);
    Ok(all)
}
