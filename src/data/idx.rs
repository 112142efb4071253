//! Grey pictures in the idx format of MNIST and its relatives (LeCun, Cortes and Burges): a header, then
//! bytes `[n, rows, columns]`; packed by gzip or not.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::normalisation::MNIST;
use super::pictures::{DecodedImage, ImagePreparation};
use super::{Batch, DataError, ImageRequest, LoadedImages, draw, layout, npy};

/// The type of values that is read: bytes.
const BYTES: u8 = 8;
/// The most pixels of a picture.
const MAX_PIXELS: usize = 1 << 26;
/// What the training images are named in the data sets that use the format.
const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-images-idx3-ubyte.gz",
    "train-images.idx3-ubyte",
    "train-images.idx3-ubyte.gz",
];
/// Where torchvision unpacks them.
const FOLDERS: [&str; 6] =
    ["raw", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw", "QMNIST/raw", "EMNIST/raw"];
const ADVICE: &str = "give a file such as train-images-idx3-ubyte.gz, or the folder that holds it";

/// Whether bytes begin a file of this format with one axis or more.
pub(super) fn is_idx(head: &[u8]) -> bool {
    matches!(head, [0, 0, 8..=14, 1..=4, ..])
}

/// Draws from the images of a file.
pub(super) fn load(request: &ImageRequest<'_>, path: &Path) -> Result<LoadedImages, DataError> {
    let preparation = ImagePreparation::new(request, &MNIST)?;
    let path = find(path)?;
    let (file, _) = npy::open(&path, ADVICE)?;
    let read = |source| {
        let advice = "the file is damaged or truncated: download it again";
        DataError::Read { path: path.clone(), advice, source }
    };
    let mut file = BufReader::new(file);
    let packed = file.fill_buf().map_err(read)?.starts_with(&[0x1f, 0x8b]);
    let mut bytes: Box<dyn Read> =
        if packed { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) };
    let wrong = |reason| DataError::Content { path: path.clone(), reason };
    let [available, rows, columns] = extents(&mut bytes).map_err(wrong)?;
    let indices = draw::select(request, &path.display().to_string(), available)?;
    let mut order: Vec<usize> = (0..indices.len()).collect();
    order.sort_unstable_by_key(|&place| indices[place]);
    let (volume, pixels) = (request.shape.volume(), rows * columns);
    let mut values = vec![0.0; indices.len() * volume];
    let mut next = 0;
    for place in order {
        request.check_cancelled()?;
        let skipped = (indices[place] - next) as u64 * pixels as u64;
        let gone = std::io::copy(&mut bytes.by_ref().take(skipped), &mut std::io::sink());
        if gone.map_err(read)? < skipped {
            return Err(read(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let mut picture = vec![0; pixels];
        bytes.read_exact(&mut picture).map_err(read)?;
        next = indices[place] + 1;
        let value = |_, row: usize, column: usize| picture[row * columns + column];
        let picture = DecodedImage { channels: 1, size: [rows, columns], value: &value };
        values[place * volume..][..volume].copy_from_slice(&preparation.prepare(&picture));
    }
    let batch = Batch { images: indices.len(), shape: request.shape, values, indices };
    Ok(LoadedImages { batch, facts: preparation.facts() })
}

/// A file that was given, or the training images of a folder.
fn find(given: &Path) -> Result<PathBuf, DataError> {
    let read = |source| DataError::Read { path: given.to_owned(), advice: ADVICE, source };
    if !std::fs::metadata(given).map_err(read)?.is_dir() {
        return Ok(given.to_owned());
    }
    for folder in layout::folders(given, &FOLDERS, ADVICE)? {
        if let Some(path) = NAMES.iter().flat_map(|name| layout::named(&folder, name)).next() {
            return Ok(path);
        }
    }
    let looked_for = NAMES.join(", ");
    Err(DataError::Layout { path: given.to_owned(), looked_for, advice: ADVICE })
}

/// Pictures, rows and columns.
fn extents(file: &mut impl Read) -> Result<[usize; 3], String> {
    let short = |_| "is too short for an idx file: download it again".to_owned();
    let mut start = [0; 4];
    file.read_exact(&mut start).map_err(short)?;
    if !is_idx(&start) {
        return Err("is not an idx file, as those of MNIST are".to_owned());
    }
    if start[2] != BYTES {
        let kind = start[2];
        return Err(format!("holds values of type {kind:#04x}, but pictures are bytes (0x08)"));
    }
    match start[3] {
        3 => {}
        1 => return Err("holds labels: give the file of the images".to_owned()),
        axes => return Err(format!("has {axes} axes, expected [n, rows, columns]")),
    }
    let mut extents = [0; 3];
    for extent in &mut extents {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes).map_err(short)?;
        *extent = u32::from_be_bytes(bytes) as usize;
    }
    let [_, rows, columns] = extents;
    match rows.checked_mul(columns) {
        Some(1..=MAX_PIXELS) => Ok(extents),
        _ => Err(format!("has pictures of {rows}x{columns}: the file is damaged")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_are_none_of_pictures_are_named() {
        let extents = |bytes: &[u8]| extents(&mut &*bytes);
        let header = |kind: u8, axes: u8, rows: u32| {
            let words = [7, rows, 2].map(u32::to_be_bytes);
            [&[0, 0, kind, axes][..], words.as_flattened()].concat()
        };
        assert_eq!(extents(&header(8, 3, 3)).unwrap(), [7, 3, 2]);
        for (bytes, part) in [
            (header(8, 1, 3), "labels"),
            (header(13, 3, 3), "0x0d"),
            (header(8, 4, 3), "4 axes"),
            (header(8, 3, u32::MAX), "damaged"),
            (b"PNG.".to_vec(), "not an idx file"),
            (vec![0, 0, 8], "too short"),
        ] {
            let error = extents(&bytes).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
