//! The header of a .npy file (NumPy, `numpy/lib/format.py`).
//!
//! It is parsed here rather than by a library, so that its contents are checked before any memory is
//! allocated for them, and its nesting is bounded.

use std::io::Read;

/// The longest header; NumPy's own take 128 bytes.
const MAX_HEADER_BYTES: usize = 4096;

/// What the header says.
pub(super) struct NpyHeader {
    data_start: u64,
    big_endian: bool,
    extents: Vec<u64>,
}

impl NpyHeader {
    pub(super) fn read(file: &mut impl Read) -> Result<Self, String> {
        let short =
            |_| "is too short for a .npy file: give a file saved with numpy.save".to_owned();
        let mut start = [0; 10];
        file.read_exact(&mut start).map_err(short)?;
        if &start[..6] != b"\x93NUMPY" {
            return Err("is not a .npy file: it does not start with \\x93NUMPY".to_owned());
        }
        let [low, high] = [start[8], start[9]];
        let (before_text, text_bytes) = match start[6] {
            1 => (10, usize::from(u16::from_le_bytes([low, high]))),
            2 | 3 => {
                let mut rest = [0; 2];
                file.read_exact(&mut rest).map_err(short)?;
                (12, u32::from_le_bytes([low, high, rest[0], rest[1]]) as usize)
            }
            version => return Err(format!("has format version {version}; supported: 1 to 3")),
        };
        if text_bytes > MAX_HEADER_BYTES {
            return Err(format!("has a header of {text_bytes} bytes, at most {MAX_HEADER_BYTES}"));
        }
        let mut text = vec![0; text_bytes];
        file.read_exact(&mut text).map_err(short)?;
        let text = String::from_utf8_lossy(&text);
        let data_start = before_text + text_bytes as u64;
        Ok(Self { data_start, big_endian: big_endian(&text)?, extents: extents(&text)? })
    }

    /// Images, channels, rows and columns. The values of vectors are channels, those of sequences columns,
    /// and the frames of videos `[n, c, t, h, w]` lie one below the other.
    pub(super) fn shape(&self) -> Result<[usize; 4], String> {
        let wrong = || format!("has shape {:?}, expected [n, c, h, w]", self.extents);
        let usable: Option<Vec<usize>> =
            self.extents.iter().map(|&extent| usize::try_from(extent).ok()).collect();
        match usable.ok_or_else(wrong)?[..] {
            [images, channels] => Ok([images, channels, 1, 1]),
            [images, channels, width] => Ok([images, channels, 1, width]),
            [images, channels, height, width] => Ok([images, channels, height, width]),
            [images, channels, frames, height, width] => {
                Ok([images, channels, frames.checked_mul(height).ok_or_else(wrong)?, width])
            }
            _ => Err(wrong()),
        }
    }

    /// Whether it holds images, which can be resized, and not vectors, sequences or videos.
    pub(super) fn is_of_images(&self) -> bool {
        self.extents.len() == 4
    }

    /// Refuses files that are shorter or longer than the header says.
    pub(super) fn check_size(&self, size_bytes: u64) -> Result<(), String> {
        let values = self.extents.iter().try_fold(4_u64, |bytes, &more| bytes.checked_mul(more));
        let expected = values.and_then(|bytes| bytes.checked_add(self.data_start));
        match expected {
            Some(expected) if expected == size_bytes => Ok(()),
            _ => Err(format!(
                "has {size_bytes} bytes, expected {} for shape {:?}: the file is damaged or truncated",
                expected.map_or("more than there can be".to_owned(), |bytes| bytes.to_string()),
                self.extents
            )),
        }
    }

    pub(super) fn value(&self, word: [u8; 4]) -> f32 {
        if self.big_endian { f32::from_be_bytes(word) } else { f32::from_le_bytes(word) }
    }
}

/// The text behind a key of the header's Python dictionary.
fn entry<'t>(text: &'t str, key: &str) -> Result<&'t str, String> {
    [format!("'{key}'"), format!("\"{key}\"")]
        .iter()
        .find_map(|key| text.split_once(key.as_str()))
        .and_then(|(_, rest)| rest.trim_start().strip_prefix(':'))
        .map(str::trim_start)
        .ok_or_else(|| format!("has a header without `{key}`"))
}

/// The byte order, if values are 32-bit floats and rows come one after the other.
fn big_endian(text: &str) -> Result<bool, String> {
    let order = entry(text, "fortran_order")?;
    if !order.starts_with("False") {
        return Err("is in Fortran order: save numpy.ascontiguousarray(array)".to_owned());
    }
    let descr = entry(text, "descr")?;
    let quoted = descr.chars().next().filter(|quote| "'\"".contains(*quote));
    let name = quoted.and_then(|quote| descr[1..].split(quote).next());
    match name {
        Some("<f4") => Ok(false),
        Some(">f4") => Ok(true),
        Some(other) => Err(format!("holds values of type `{other}`: save array.astype('float32')")),
        None => Err("holds records: save a plain float32 array".to_owned()),
    }
}

fn extents(text: &str) -> Result<Vec<u64>, String> {
    let wrong = || "has a header without a shape such as (128, 3, 32, 32)".to_owned();
    let tuple = entry(text, "shape")?.strip_prefix('(').ok_or_else(wrong)?;
    let (inner, _) = tuple.split_once(')').ok_or_else(wrong)?;
    let parts = inner.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|_| wrong())).collect()
}
