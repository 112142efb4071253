//! Random numbers of the batch.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::DataError;

/// A stream of its own for every purpose.
pub(super) fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(b"untrained images 1\0");
    hash.update(seed.to_le_bytes());
    hash.update(name.as_bytes());
    let mut start = [0; 8];
    start.copy_from_slice(&hash.finalize()[..8]);
    ChaCha8Rng::seed_from_u64(u64::from_le_bytes(start))
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
