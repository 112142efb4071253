//! Standard normal values in place of images.

use rand::Rng;

use super::{Batch, draw};
use crate::graph::Shape;

pub(super) fn load(shape: Shape, batch_size: usize, seed: u64) -> Batch {
    let mut rng = draw::stream(seed, "noise");
    let count = batch_size * shape.volume();
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let [first, second] = normal_pair(&mut rng);
        values.extend([first as f32, second as f32]);
    }
    values.truncate(count);
    Batch { images: batch_size, shape, values, indices: (0..batch_size).collect() }
}

/// Box and Muller's transform.
fn normal_pair(rng: &mut impl Rng) -> [f64; 2] {
    let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    let radius = (-2.0 * unit().ln()).sqrt();
    let (sine, cosine) = (std::f64::consts::TAU * unit()).sin_cos();
    [radius * cosine, radius * sine]
}
