//! Seeds by name: every use of randomness has a stream of its own.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The seed of one use of randomness, from the run's seed and the names that tell the use apart
/// (SHA-256, so streams are unrelated). The same on every machine.
pub fn derive(seed: u64, names: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(b"untrained seed 1\0");
    hash.update(seed.to_le_bytes());
    for name in names {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
    }
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.finalize()[..8]);
    u64::from_le_bytes(bytes)
}

/// The random stream of one use; see [`derive()`].
pub fn stream(seed: u64, names: &[&str]) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(derive(seed, names))
}
