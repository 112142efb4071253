//! Standard normal values in place of images.

use super::{Batch, draw};
use crate::graph::Shape;
use crate::seed;

pub(super) fn load(shape: Shape, batch_size: usize, seed: u64) -> Batch {
    let mut rng = draw::stream(seed, "noise");
    let values = seed::normal(&mut rng, batch_size * shape.volume(), 1.0);
    Batch { images: batch_size, shape, values, indices: (0..batch_size).collect() }
}
