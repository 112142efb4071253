//! A mini-batch of images, normalised and ready for a network.

use sha2::{Digest, Sha256};

use crate::graph::Shape;

/// `[n, c, h, w]` values in `f32`, row-major: what every network of a run sees.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Number of images.
    pub images: usize,
    /// Shape of one image.
    pub shape: Shape,
    /// `images * shape.volume()` values.
    pub values: Vec<f32>,
    /// Which images of the source these are, in order.
    pub indices: Vec<usize>,
}

impl Batch {
    /// The values of one image, `[c, h, w]`.
    pub fn image(&self, index: usize) -> &[f32] {
        let volume = self.shape.volume();
        &self.values[index * volume..(index + 1) * volume]
    }

    /// A fingerprint of shape and values (SHA-256, hexadecimal), the same on every machine.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for extent in [self.images, self.shape.channels, self.shape.height, self.shape.width] {
            hash.update((extent as u64).to_le_bytes());
        }
        for value in &self.values {
            hash.update(value.to_le_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
