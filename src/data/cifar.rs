//! CIFAR-10 and CIFAR-100 as published (Krizhevsky, "Learning Multiple Layers of Features from Tiny
//! Images", 2009): rows of labels and 3,072 bytes `[3, 32, 32]`, or Python pickles with an array `[n,
//! 3072]`.

use std::path::{Path, PathBuf};

use super::normalisation::{CIFAR10, CIFAR100, ColourStatistics};
use super::pictures::ImagePreparation;
use super::rows::{self, RowFile};
use super::{DataError, ImageRequest, LoadedImages, draw, layout};

/// Rows and columns of a picture.
const SIDE: usize = 32;
/// Values of a picture.
const VOLUME: usize = 3 * SIDE * SIDE;

/// One of the two data sets.
pub(super) struct CifarBatches {
    normalisation: ColourStatistics,
    /// Bytes of labels before an image in the binary layout.
    label_bytes: u64,
    /// What the published archives unpack to.
    unpacked: [&'static str; 2],
    /// Finds the files of the binary or the Python layout.
    find: fn(&Path, binary: bool) -> Result<Vec<PathBuf>, DataError>,
    looked_for: &'static str,
    advice: &'static str,
}

pub(super) const TEN: CifarBatches = CifarBatches {
    normalisation: CIFAR10,
    label_bytes: 1,
    unpacked: ["cifar-10-batches-bin", "cifar-10-batches-py"],
    find: |folder, binary| {
        layout::numbered(folder, "data_batch_", if binary { ".bin" } else { "" })
    },
    looked_for: "data_batch_*.bin (binary version) or data_batch_1, data_batch_2, .. (Python version)",
    advice: "give the folder cifar-10-batches-bin or cifar-10-batches-py of CIFAR-10",
};

pub(super) const HUNDRED: CifarBatches = CifarBatches {
    normalisation: CIFAR100,
    label_bytes: 2,
    unpacked: ["cifar-100-binary", "cifar-100-python"],
    find: |folder, binary| Ok(layout::named(folder, if binary { "train.bin" } else { "train" })),
    looked_for: "train.bin (binary version) or train (Python version)",
    advice: "give the folder cifar-100-binary or cifar-100-python of CIFAR-100",
};

/// Draws from all images, which are numbered through the files.
pub(super) fn load(
    request: &ImageRequest<'_>,
    cifar: &CifarBatches,
    folder: &Path,
) -> Result<LoadedImages, DataError> {
    let preparation = ImagePreparation::new(request, &cifar.normalisation)?;
    let files = cifar.files(folder)?;
    let available = files.iter().map(|file| file.images).sum();
    let origin = folder.display().to_string();
    let indices = draw::select(request, &origin, available)?;
    let chosen: Vec<_> = indices.iter().map(|&index| locate(&files, index)).collect();
    let images = rows::read(request, &files, &chosen, VOLUME)?;
    let batch = preparation.batch(SIDE, images.iter().map(Vec::as_slice), indices);
    Ok(LoadedImages { batch, facts: preparation.facts() })
}

/// The file that holds an image, and the row in it.
fn locate(files: &[RowFile], index: usize) -> (usize, usize) {
    let mut row = index;
    for (position, file) in files.iter().enumerate() {
        if row < file.images {
            return (position, row);
        }
        row -= file.images;
    }
    (files.len() - 1, row)
}

impl CifarBatches {
    /// The files of the first layout that is there; the binary one comes first.
    fn files(&self, given: &Path) -> Result<Vec<RowFile>, DataError> {
        for folder in layout::folders(given, &self.unpacked, self.advice)? {
            for binary in [true, false] {
                let paths = (self.find)(&folder, binary)?;
                if !paths.is_empty() {
                    return paths.into_iter().map(|path| self.file(path, binary)).collect();
                }
            }
        }
        let (path, looked_for) = (given.to_owned(), self.looked_for.to_owned());
        Err(DataError::Layout { path, looked_for, advice: self.advice })
    }

    fn file(&self, path: PathBuf, binary: bool) -> Result<RowFile, DataError> {
        if binary {
            RowFile::binary(path, self.label_bytes, VOLUME)
        } else {
            RowFile::python(path, VOLUME).map(|(file, _)| file)
        }
    }
}
