//! Mini-batches of images: where they come from, which are taken, how they are normalised.
//!
//! [`load`] takes images of a source at random without replacement. The draw depends on the seed
//! and the number of images only (see [`load`]), so a run can be repeated on any machine.

mod batch;
mod builtin;
mod cifar;
mod draw;
mod error;
mod noise;
mod npy;
pub mod pickle;
mod pictures;
mod resize;
mod source;

pub use batch::Batch;
pub use error::DataError;
pub use source::{ImageSource, UnknownSource};

use crate::graph::Shape;

/// The most values of one batch (4 GiB).
const MAX_VALUES: usize = 1 << 30;

/// Loads a batch.
///
/// * `shape` is that of one image, `[channels, height, width]`.
/// * Colour pictures (`builtin`, `cifar10`) are 32x32; they are normalised with CIFAR-10's mean
///   (125.3, 123.0, 113.9)/255 and deviation (63.0, 62.1, 66.7)/255. For another size each axis is
///   enlarged by linear interpolation between pixel centres or reduced by averaging the area that
///   a new pixel covers.
/// * `npy` images are used as they are, `noise` is standard normal.
/// * Images are drawn by a partial Fisher-Yates shuffle of `0..available` with ChaCha8, seeded by
///   SHA-256 of `seed` and a name; [`Batch::indices`] lists them in the order of the batch.
///
/// # Errors
///
/// [`DataError`] if the batch has fewer than two images, the source has fewer than asked for, its
/// images do not fit `shape`, or its files are missing or damaged.
pub fn load(
    source: &ImageSource,
    shape: Shape,
    batch_size: usize,
    seed: u64,
) -> Result<Batch, DataError> {
    check_size(shape, batch_size)?;
    match source {
        ImageSource::Builtin => builtin::load(shape, batch_size, seed),
        ImageSource::Cifar10(folder) => cifar::load(folder, shape, batch_size, seed),
        ImageSource::Npy(file) => npy::load(file, shape, batch_size, seed),
        ImageSource::Noise => Ok(noise::load(shape, batch_size, seed)),
    }
}

fn check_size(shape: Shape, batch_size: usize) -> Result<(), DataError> {
    if batch_size < 2 {
        return Err(DataError::BatchTooSmall(batch_size));
    }
    let values = [shape.channels, shape.height, shape.width]
        .iter()
        .try_fold(batch_size, |values, &extent| values.checked_mul(extent));
    match values {
        Some(0) => Err(DataError::EmptyImage(shape)),
        Some(values) if values <= MAX_VALUES => Ok(()),
        _ => Err(DataError::BatchTooLarge { batch_size, shape, allowed: MAX_VALUES }),
    }
}
