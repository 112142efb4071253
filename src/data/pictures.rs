//! Colour pictures of 32x32 bytes as network input.

use super::{Batch, DataError, resize};
use crate::graph::Shape;

/// Rows and columns of a picture.
pub(super) const SIDE: usize = 32;
/// Values of a picture.
pub(super) const VOLUME: usize = 3 * SIDE * SIDE;
/// CIFAR-10's mean per channel, of values from 0 to 255.
const MEAN: [f64; 3] = [125.3, 123.0, 113.9];
/// CIFAR-10's standard deviation per channel.
const DEVIATION: [f64; 3] = [63.0, 62.1, 66.7];

/// Refuses shapes that colour pictures cannot be brought to.
pub(super) fn check(origin: &str, shape: Shape) -> Result<(), DataError> {
    if shape.channels == 3 {
        return Ok(());
    }
    Err(DataError::Shape {
        origin: origin.to_owned(),
        found: Shape::new(3, SIDE, SIDE).to_string(),
        needed: shape,
        advice: "use a space with 3 input channels, or npy:FILE or noise",
    })
}

/// Puts pictures, bytes in `[3, 32, 32]` order, into a batch as they come.
pub(super) struct Collector {
    batch: Batch,
}

impl Collector {
    /// An empty batch of which these images are to be given in this order.
    pub(super) fn new(shape: Shape, indices: Vec<usize>) -> Self {
        let values = Vec::with_capacity(indices.len() * shape.volume());
        Self { batch: Batch { images: indices.len(), shape, values, indices } }
    }

    /// Normalises the next picture and brings it to size.
    pub(super) fn push(&mut self, bytes: &[u8; VOLUME]) {
        let Shape { height, width, .. } = self.batch.shape;
        for (channel, plane) in bytes.chunks_exact(SIDE * SIDE).enumerate() {
            let normalise =
                |&byte: &u8| ((f64::from(byte) - MEAN[channel]) / DEVIATION[channel]) as f32;
            let plane: Vec<f32> = plane.iter().map(normalise).collect();
            self.batch.values.extend(resize::resize(plane, [SIDE, SIDE], [height, width]));
        }
    }

    /// The batch.
    pub(super) fn finish(self) -> Batch {
        self.batch
    }
}
