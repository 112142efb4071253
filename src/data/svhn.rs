//! SVHN, cropped digits as published (Netzer et al., 2011): a MATLAB file (version 5) with the bytes
//! `X[row, column, channel, image]`, the first axis fastest, packed by zlib.

use std::io::{BufReader, ErrorKind, Read, Result as IoResult};
use std::path::{Path, PathBuf};

use flate2::read::ZlibDecoder;

use super::normalisation::SVHN;
use super::pictures::{DecodedImage, ImagePreparation};
use super::{Batch, DataError, ImageRequest, LoadedImages, draw, layout};
use crate::input::{InputKind, open_input};

/// Rows and columns of a picture.
const SIDE: usize = 32;
/// Values of a picture.
const VOLUME: usize = 3 * SIDE * SIDE;
/// The training images.
const FILE: &str = "train_32x32.mat";
const ADVICE: &str = "give train_32x32.mat of SVHN, or the folder that holds it";
/// Bytes before the first element of a file.
const HEADER_BYTES: usize = 128;
/// Types of elements.
const BYTES: u32 = 2;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
/// The most elements of a file, and bytes of their names and extents.
const MAX_ELEMENTS: usize = 16;
const MAX_SMALL_BYTES: u32 = 4096;

/// Draws from the training images.
pub(super) fn load(request: &ImageRequest<'_>, given: &Path) -> Result<LoadedImages, DataError> {
    let preparation = ImagePreparation::new(request, &SVHN)?;
    let path = find(given)?;
    let read = |source| DataError::Read { path: path.clone(), advice: ADVICE, source };
    let file = open_input(&path, InputKind::Images).map_err(|error| read(error.into()))?;
    let mut file = BufReader::new(file);
    let wrong = |reason: &str| DataError::Content { path: path.clone(), reason: reason.to_owned() };
    let damaged = |error: std::io::Error| match error.kind() {
        ErrorKind::InvalidData => wrong(&error.to_string()),
        _ => DataError::Read {
            path: path.clone(),
            advice: "the file is damaged or truncated: download it again",
            source: error,
        },
    };
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header).map_err(damaged)?;
    if &header[126..] != b"IM" {
        return Err(wrong("is not a MATLAB file of version 5"));
    }
    for _ in 0..MAX_ELEMENTS {
        request.check_cancelled()?;
        let Tag { kind, bytes } = match Tag::read(&mut file) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            tag => tag.map_err(damaged)?,
        };
        let mut element: Box<dyn Read + '_> = Box::new(file.by_ref().take(bytes.into()));
        if kind == COMPRESSED {
            element = Box::new(BufReader::new(ZlibDecoder::new(element)));
            Tag::read(&mut element).map_err(damaged)?;
        } else if kind != MATRIX {
            return Err(wrong("has an element that is no array"));
        }
        if let Some(images) = images(&mut element).map_err(damaged)? {
            return chosen(request, given, &mut element, images, &preparation, damaged);
        }
        std::io::copy(&mut element, &mut std::io::sink()).map_err(damaged)?;
    }
    Err(wrong("has no array X of bytes [32, 32, 3, images], as the cropped digits of SVHN have"))
}

/// The file, or that of the training images in a folder.
fn find(given: &Path) -> Result<PathBuf, DataError> {
    if !given.is_dir() {
        return Ok(given.to_owned());
    }
    layout::named(given, FILE).pop().ok_or_else(|| DataError::Layout {
        path: given.to_owned(),
        looked_for: FILE.to_owned(),
        advice: ADVICE,
    })
}

/// Reads the chosen images, one after another in the order of the file.
fn chosen(
    request: &ImageRequest<'_>,
    given: &Path,
    bytes: &mut dyn Read,
    available: usize,
    preparation: &ImagePreparation,
    damaged: impl Fn(std::io::Error) -> DataError,
) -> Result<LoadedImages, DataError> {
    let indices = draw::select(request, &given.display().to_string(), available)?;
    let mut order: Vec<usize> = (0..indices.len()).collect();
    order.sort_unstable_by_key(|&place| indices[place]);
    let volume = request.shape.volume();
    let mut values = vec![0.0; indices.len() * volume];
    let mut picture = [0; VOLUME];
    let mut next = 0;
    for place in order {
        for _ in next..=indices[place] {
            request.check_cancelled()?;
            bytes.read_exact(&mut picture).map_err(&damaged)?;
        }
        next = indices[place] + 1;
        let value = |channel: usize, row: usize, column: usize| {
            picture[(channel * SIDE + column) * SIDE + row]
        };
        let picture = DecodedImage { channels: 3, size: [SIDE, SIDE], value: &value };
        values[place * volume..][..volume].copy_from_slice(&preparation.prepare(&picture));
    }
    let batch = Batch { images: indices.len(), shape: request.shape, values, indices };
    Ok(LoadedImages { batch, facts: preparation.facts() })
}

/// What begins an element.
struct Tag {
    kind: u32,
    bytes: u32,
}

impl Tag {
    fn read(from: &mut dyn Read) -> IoResult<Self> {
        let mut words = [0; 8];
        from.read_exact(&mut words)?;
        let [kind, bytes] = [0, 4]
            .map(|at| u32::from_le_bytes([words[at], words[at + 1], words[at + 2], words[at + 3]]));
        Ok(Self { kind, bytes })
    }
}

/// A small element: its bytes.
fn small(from: &mut dyn Read) -> IoResult<Vec<u8>> {
    let mut words = [0; 8];
    from.read_exact(&mut words)?;
    // Up to four bytes stand in the tag itself.
    let packed = usize::from(u16::from_le_bytes([words[2], words[3]]));
    if packed > 0 {
        return Ok(words[4..4 + packed.min(4)].to_vec());
    }
    let bytes = u32::from_le_bytes([words[4], words[5], words[6], words[7]]);
    if bytes > MAX_SMALL_BYTES {
        return Err(invalid("has an array with a header that is too long"));
    }
    let mut padded = vec![0; bytes.next_multiple_of(8) as usize];
    from.read_exact(&mut padded)?;
    padded.truncate(bytes as usize);
    Ok(padded)
}

/// How many images follow, if the array is that of the images.
fn images(from: &mut dyn Read) -> IoResult<Option<usize>> {
    small(from)?; // flags
    let extents: Vec<i32> = small(from)?
        .chunks_exact(4)
        .map(|bytes| i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let name = small(from)?;
    let [32, 32, 3, count] = extents[..] else { return Ok(None) };
    if name != b"X" {
        return Ok(None);
    }
    let values = Tag::read(from)?;
    let count = usize::try_from(count).map_err(|_| invalid("has a negative number of images"))?;
    if values.kind != BYTES || values.bytes as usize != count.saturating_mul(VOLUME) {
        return Err(invalid("has an array X that does not hold bytes"));
    }
    Ok(Some(count))
}

fn invalid(reason: &'static str) -> std::io::Error {
    std::io::Error::new(ErrorKind::InvalidData, reason)
}
