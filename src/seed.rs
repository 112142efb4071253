//! Named seeds: every use of randomness has its own stream.
//!
//! Normal values are drawn here too, for weights and for noise instead of images.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The seed of one use of randomness, derived from the run's seed and the names that identify the use
/// (by SHA-256, so streams are unrelated). It is the same on every machine.
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

/// `count` values of normal(0, deviation) by Box and Muller's transform in double precision.
pub fn normal(stream: &mut ChaCha8Rng, count: usize, deviation: f32) -> Vec<f32> {
    let unit = |bits: u64| ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let radius = (-2.0 * unit(stream.next_u64()).ln()).sqrt() * f64::from(deviation);
        let (sine, cosine) = (std::f64::consts::TAU * unit(stream.next_u64())).sin_cos();
        values.push((radius * cosine) as f32);
        values.push((radius * sine) as f32);
    }
    values.truncate(count);
    values
}
