//! Why a batch could not be loaded.

use std::path::PathBuf;

use super::pickle::PickleError;
use crate::graph::Shape;

/// Why a batch could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Fewer than two images were requested.
    #[error("a batch of {0} images cannot be scored: K needs at least two images")]
    BatchTooSmall(usize),
    /// The batch would not fit into memory.
    #[error(
        "a batch of {batch_size} images of {shape} has more than {allowed} values: use fewer or smaller images"
    )]
    BatchTooLarge {
        /// The number of images requested.
        batch_size: usize,
        /// Shape of one image.
        shape: Shape,
        /// The most values of a batch.
        allowed: usize,
    },
    /// The shape has no values.
    #[error("images of shape {0} have no values: every dimension must be at least 1")]
    EmptyImage(Shape),
    /// The source has fewer images than requested.
    #[error(
        "{origin} has {available} images, but the batch needs {wanted}: use a smaller batch or more images"
    )]
    TooFew {
        /// The source.
        origin: String,
        /// Images it has.
        available: usize,
        /// The number of images requested.
        wanted: usize,
    },
    /// The source has images of another shape.
    #[error("{origin} has images of {found}, but the network takes {needed}: {advice}")]
    Shape {
        /// The source.
        origin: String,
        /// Its images.
        found: String,
        /// What the network takes.
        needed: Shape,
        /// What to do about it.
        advice: &'static str,
    },
    /// A file or folder could not be read.
    #[error("cannot read {} ({advice})", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What to do about it.
        advice: &'static str,
        /// The error from the operating system.
        source: std::io::Error,
    },
    /// A folder was given for a file or the other way round.
    #[error("{} is not a {needed}: {advice}", path.display())]
    Kind {
        /// The given value.
        path: PathBuf,
        /// What is needed: a file or a folder.
        needed: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// A folder contains none of the expected files.
    #[error("{} has no {looked_for}: {advice}", path.display())]
    Layout {
        /// The folder.
        path: PathBuf,
        /// The files.
        looked_for: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A file does not hold whole images.
    #[error("{} has {size_bytes} bytes, expected a positive multiple of {row_bytes} ({row} per image): \
        the file is truncated or is something else; download it again", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// Its size.
        size_bytes: u64,
        /// Bytes of an image with its labels.
        row_bytes: u64,
        /// What an image takes, in words.
        row: String,
    },
    /// A file is no pickle of plain data.
    #[error("{} is not as expected: give the dataset as its authors published it", path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        source: PickleError,
    },
    /// A file holds something else than is needed.
    #[error("{}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The problem, and what is needed.
        reason: String,
    },
    /// Files of a folder are damaged and too few are left.
    #[error(
        "{} has {available} images that can be read and {skipped} that cannot, but the batch needs \
         {wanted}: use a smaller batch or repair the folder; the first that cannot be read is {first}", path.display()
    )]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// Images that can be read.
        available: usize,
        /// Files that cannot.
        skipped: usize,
        /// The number of images requested.
        wanted: usize,
        /// A damaged file and what is wrong with it.
        first: String,
    },
    /// A mean or standard deviation has too few or too many values.
    #[error(
        "{option} has {given} values, but the images have {channels} channels: give one value per \
         channel, as in 0.5,0.5,0.5"
    )]
    Channels {
        /// The option as a job file spells it: `mean` or `std`.
        option: &'static str,
        /// Values given.
        given: usize,
        /// Channels of the network's input.
        channels: usize,
    },
    /// A mean or standard deviation is out of range.
    #[error(
        "{option} {value} is out of range ({allowed}): pixels are scaled to 0..1, so divide by 255 if \
         your values are for 0..255"
    )]
    Range {
        /// The option as a job file spells it: `mean` or `std`.
        option: &'static str,
        /// The value.
        value: f64,
        /// The range.
        allowed: &'static str,
    },
    /// An option does not apply to the image source.
    #[error("{option} does not apply to {name} images: {reason}")]
    Unused {
        /// The option as a job file spells it, such as `image-classes`.
        option: &'static str,
        /// The source.
        name: &'static str,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// The network takes whole numbers from 0 to 255, and the source has others.
    #[error(
        "{origin} has {found}, but the network takes uint8 values and normalises them itself: give \
         pictures, or an array of whole numbers from 0 to 255"
    )]
    NotBytes {
        /// The source.
        origin: String,
        /// What it has.
        found: String,
    },
    /// There are 1,000 classes.
    #[error("image-classes {0} is out of range: give a number from 1 to 1000")]
    Classes(u32),
    /// The pictures that come with the program are damaged.
    #[error("the built-in images are damaged: {0}; reinstall the program")]
    Builtin(String),
    /// Loading was cancelled.
    #[error("loading the images was cancelled")]
    Cancelled,
}

impl DataError {
    /// The option concerned, as spelt in a job file, if there is one.
    pub fn option(&self) -> Option<&'static str> {
        match self {
            Self::Channels { option, .. }
            | Self::Range { option, .. }
            | Self::Unused { option, .. } => Some(option),
            Self::Classes(_) => Some("image-classes"),
            _ => None,
        }
    }
}
