//! The shape that the images of a source have by themselves, for networks that take any.

use super::{DataError, ImageSource, npy, npz};

/// The shape of a source's images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeShape {
    /// Pictures of this height and width, in colour or grey.
    Pictures(usize),
    /// The extents of an image in an array, in the array's order.
    Array([usize; 3]),
    /// The images have any size, or none.
    Any,
}

/// The shape that the images of a source have; nothing but the header of an array is read.
///
/// # Errors
///
/// [`DataError`] if the array cannot be read.
pub fn native_shape(source: &ImageSource) -> Result<NativeShape, DataError> {
    Ok(match source {
        ImageSource::Builtin
        | ImageSource::Cifar10(_)
        | ImageSource::Cifar100(_)
        | ImageSource::Svhn(_) => NativeShape::Pictures(32),
        ImageSource::ImageNet16(_) => NativeShape::Pictures(16),
        ImageSource::Npy(file) => NativeShape::Array(npy::extents(file)?),
        ImageSource::Npz { file, key } => NativeShape::Array(npz::extents(file, key.as_deref())?),
        ImageSource::Stl10(_) => NativeShape::Pictures(96),
        ImageSource::Idx(_) | ImageSource::Folder(_) | ImageSource::Noise => NativeShape::Any,
    })
}
