//! Mini-batches of images: their sources, drawing and normalisation.
//!
//! [`open`] draws images from a source at random without replacement. The draw depends only on the seed
//! and the number of images, so a run can be repeated on any machine. Each source is one file here;
//! `pickle` reads the format in which several datasets are published.

mod array_values;
mod batch;
mod builtin;
mod cifar;
mod draw;
mod error;
mod folder;
mod idx;
mod imagenet16;
mod jpeg;
mod layout;
mod native;
mod noise;
mod normalisation;
mod npy;
mod npy_header;
mod npz;
pub mod pickle;
mod picture_files;
mod pictures;
mod request;
mod resize;
mod rows;
mod source;
mod stl10;
mod svhn;
mod tensor_file;

pub use batch::Batch;
pub use error::DataError;
pub use native::{NativeShape, native_shape};
pub use request::{ImageFacts, ImageOrder, ImageOverrides, ImageRequest, LoadedImages};
pub use source::{ImageSource, UnknownSource};

use crate::graph::Shape;

/// The most values of one batch (4 GiB).
const MAX_VALUES: usize = 1 << 30;

/// Loads a batch with the usual settings of its source; see [`open`].
///
/// # Errors
///
/// As for [`open`].
pub fn load(
    source: &ImageSource,
    shape: Shape,
    batch_size: usize,
    seed: u64,
) -> Result<Batch, DataError> {
    let overrides = &ImageOverrides::default();
    let request = ImageRequest { source, shape, batch_size, seed, overrides, cancelled: &|| false };
    Ok(open(&request)?.batch)
}

/// Loads a batch.
///
/// * Images are drawn by a partial Fisher-Yates shuffle of `0..available` with ChaCha8, seeded by
///   SHA-256 of the seed and a name; [`Batch::indices`] lists them in the order of the batch. Where
///   a file of a folder cannot be read the shuffle goes on. Arrays with exactly as many images as the
///   batch are taken in their order; [`ImageOverrides::order`] chooses for every source.
/// * Pictures (all sources but `npy`, `npz` and `noise`) become brightness (ITU-R BT.601) where the
///   network takes one channel; grey ones are repeated where it takes three. Per channel the mean is
///   subtracted, then they are divided by the standard deviation: those of the data set (CIFAR-10's
///   for the built-in pictures, ImageNet's for folders, MNIST's for idx files) or the given ones.
/// * Images of another size are brought to that of the network, each axis on its own: it is enlarged
///   by linear interpolation between pixel centres or reduced by averaging the area that a new pixel
///   covers. From files of a folder the largest part in the middle is taken that has the aspect of
///   the network's input.
/// * `npy` and `npz` values are used as they are, unless they are to be scaled; `noise` is standard normal.
/// * A network of uint8 values gets pixels from 0 to 255, whole numbers.
///
/// # Errors
///
/// [`DataError`] if the batch has fewer than two images, the source has fewer than asked for, its
/// images do not fit the shape, its files are missing or damaged, settings mean nothing for it, or
/// loading was cancelled.
pub fn open(request: &ImageRequest<'_>) -> Result<LoadedImages, DataError> {
    check_size(request.shape, request.batch_size)?;
    request.overrides.check(request.source)?;
    request.check_bytes()?;
    match request.source {
        ImageSource::Builtin => builtin::load(request),
        ImageSource::Cifar10(folder) => cifar::load(request, &cifar::TEN, folder),
        ImageSource::Cifar100(folder) => cifar::load(request, &cifar::HUNDRED, folder),
        ImageSource::ImageNet16(folder) => imagenet16::load(request, folder),
        ImageSource::Folder(folder) => folder::load(request, folder),
        ImageSource::Idx(path) => idx::load(request, path),
        ImageSource::Stl10(folder) => stl10::load(request, folder),
        ImageSource::Svhn(path) => svhn::load(request, path),
        ImageSource::Npy(file) => npy::load(request, file),
        ImageSource::Npz { file, key } => npz::load(request, file, key.as_deref()),
        ImageSource::Noise => Ok(noise::load(request)),
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
