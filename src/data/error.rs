//! Why a batch could not be loaded.

use std::path::PathBuf;

use crate::graph::Shape;

/// Why a batch could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Fewer than two images were asked for.
    #[error("a batch of {0} images cannot be scored: K needs at least two images")]
    BatchTooSmall(usize),
    /// The batch would not fit into memory.
    #[error(
        "a batch of {batch_size} images of {shape} has more than {allowed} values: take fewer or smaller images"
    )]
    BatchTooLarge {
        /// Images asked for.
        batch_size: usize,
        /// Shape of one image.
        shape: Shape,
        /// The most values of a batch.
        allowed: usize,
    },
    /// The shape has no values.
    #[error("images of shape {0} have no values: every extent must be at least 1")]
    EmptyImage(Shape),
    /// The source has fewer images than asked for.
    #[error(
        "{origin} has {available} images, the batch needs {wanted}: take a smaller batch or more images"
    )]
    TooFew {
        /// The source.
        origin: String,
        /// Images it has.
        available: usize,
        /// Images asked for.
        wanted: usize,
    },
    /// The source has images of another shape.
    #[error("{origin} has images of {found}, the network takes {needed}: {advice}")]
    Shape {
        /// The source.
        origin: String,
        /// Its images.
        found: String,
        /// What the network takes.
        needed: Shape,
        /// What to do.
        advice: &'static str,
    },
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder was given for a file or the other way round.
    #[error("{} is not a {needed}: {advice}", path.display())]
    Kind {
        /// What was given.
        path: PathBuf,
        /// What is needed: file or folder.
        needed: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The folder has no CIFAR-10 batch.
    #[error("{} has no data_batch_*.bin: give the folder cifar-10-batches-bin of the binary version of CIFAR-10", path.display())]
    NoBatches {
        /// The folder.
        path: PathBuf,
    },
    /// A CIFAR-10 file does not hold whole images.
    #[error("{} has {size_bytes} bytes, expected a positive multiple of 3073 (a label and 3072 bytes per image): the file is cut short or is no CIFAR-10 binary; fetch it again", path.display())]
    CifarSize {
        /// The file.
        path: PathBuf,
        /// Its size.
        size_bytes: u64,
    },
    /// A npy file is not what is needed.
    #[error("{}: {reason}", path.display())]
    Npy {
        /// The file.
        path: PathBuf,
        /// What is wrong and what is needed.
        reason: String,
    },
    /// The pictures that come with the program are damaged.
    #[error("the built-in pictures are damaged: {0}; install the program again")]
    Builtin(String),
}
