//! The header of a .npy file (NumPy, `numpy/lib/format.py`).
//!
//! It is parsed here rather than by a library, so that its contents are checked before any memory is
//! allocated for them, and its nesting is bounded.

use std::io::Read;

use super::idx;

/// The longest header; NumPy's own take 128 bytes.
const MAX_HEADER_BYTES: usize = 4096;

/// What the header says.
pub(super) struct NpyHeader {
    data_start: u64,
    values: ValueType,
    /// Whether the first axis varies fastest.
    pub(super) fortran_order: bool,
    extents: Vec<u64>,
}

/// The type of an array's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ValueType {
    kind: ValueKind,
    bytes: usize,
    big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueKind {
    Float,
    /// The upper half of a 32-bit float.
    BFloat,
    Signed,
    Unsigned,
}

impl ValueType {
    /// The name of bfloat16, which NumPy does not have.
    pub(super) const BFLOAT: &'static str = "<B2";

    /// By NumPy's name of it, such as `<f4`.
    pub(super) fn of(name: &str) -> Result<Self, String> {
        let unknown = || {
            format!("holds values of type `{name}`: save numpy.ascontiguousarray(array, 'float32')")
        };
        let mut letters = name.chars();
        let (order, kind) = letters.next().zip(letters.next()).ok_or_else(unknown)?;
        let big_endian = match order {
            '<' | '|' | '=' => false,
            '>' => true,
            _ => return Err(unknown()),
        };
        let bytes: usize = letters.as_str().parse().map_err(|_| unknown())?;
        let kind = match (kind, bytes) {
            ('f', 2 | 4 | 8) => ValueKind::Float,
            ('B', 2) => ValueKind::BFloat,
            ('i', 1 | 2 | 4 | 8) => ValueKind::Signed,
            ('u' | 'b', 1 | 2 | 4 | 8) => ValueKind::Unsigned,
            _ => return Err(unknown()),
        };
        Ok(Self { kind, bytes, big_endian })
    }

    /// Whether values are whole numbers, such as the bytes of pictures.
    fn is_whole(self) -> bool {
        matches!(self.kind, ValueKind::Signed | ValueKind::Unsigned)
    }

    /// Bytes of a value.
    pub(super) fn bytes(self) -> usize {
        self.bytes
    }

    /// The value of its bytes.
    fn read(self, bytes: &[u8]) -> f64 {
        let mut word = [0; 8];
        for (place, &byte) in bytes.iter().enumerate().take(8) {
            word[if self.big_endian { bytes.len() - 1 - place } else { place }] = byte;
        }
        let bits = u64::from_le_bytes(word);
        match (self.kind, self.bytes) {
            (ValueKind::Float, 2) => half(bits as u16),
            (ValueKind::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (ValueKind::Float, _) => f64::from_bits(bits),
            (ValueKind::BFloat, _) => f64::from(f32::from_bits((bits as u32) << 16)),
            (ValueKind::Unsigned, _) => bits as f64,
            (ValueKind::Signed, bytes) => {
                let shift = 64 - 8 * bytes as u32;
                ((bits << shift) as i64 >> shift) as f64
            }
        }
    }
}

/// The value of a half-precision number (IEEE 754).
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2.0_f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2.0_f64.powi(exponent - 15),
    }
}

impl NpyHeader {
    /// Of a tensor whose values begin at a byte of a file, in C order.
    pub(super) fn of_tensor(data_start: u64, values: ValueType, extents: Vec<u64>) -> Self {
        Self { data_start, values, fortran_order: false, extents }
    }

    /// Where the values end; `None` beyond the size of any file.
    pub(super) fn end(&self) -> Option<u64> {
        let value_bytes = self.values.bytes as u64;
        let bytes =
            self.extents.iter().try_fold(value_bytes, |bytes, &more| bytes.checked_mul(more));
        bytes.and_then(|bytes| bytes.checked_add(self.data_start))
    }

    pub(super) fn read(file: &mut impl Read) -> Result<Self, String> {
        let short =
            |_| "is too short for a .npy file: give a file saved with numpy.save".to_owned();
        let mut start = [0; 10];
        file.read_exact(&mut start).map_err(short)?;
        if &start[..6] != b"\x93NUMPY" {
            return Err(foreign(&start));
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
        let fortran_order = match entry(&text, "fortran_order")? {
            order if order.starts_with("False") => false,
            order if order.starts_with("True") => true,
            _ => {
                return Err(
                    "has a header whose `fortran_order` is neither True nor False".to_owned()
                );
            }
        };
        let values = value_type(&text)?;
        Ok(Self { data_start, values, fortran_order, extents: extents(&text)? })
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
            [_, _, _, _, _] if self.fortran_order => {
                Err("is in Fortran order: save numpy.ascontiguousarray(array)".to_owned())
            }
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
        let expected = self.end();
        match expected {
            Some(expected) if expected == size_bytes => Ok(()),
            _ => Err(format!(
                "has {size_bytes} bytes, expected {} for shape {:?}: the file is damaged or truncated",
                expected.map_or("more than there can be".to_owned(), |bytes| bytes.to_string()),
                self.extents
            )),
        }
    }

    /// Refuses whole numbers.
    pub(super) fn check_float(&self) -> Result<(), String> {
        if self.values.is_whole() {
            return Err(
                "holds whole numbers, as the bytes of pictures are: divide them by 255 and normalise them as \
                 the network's training data. The option `scale` does that as for pictures; or save \
                 ((array / 255 - mean) / std).astype('float32')"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Bytes of a value.
    pub(super) fn value_bytes(&self) -> usize {
        self.values.bytes
    }

    /// A value by its bytes.
    pub(super) fn value(&self, bytes: &[u8]) -> f64 {
        self.values.read(bytes)
    }
}

/// What a file is that is not one of NumPy's.
fn foreign(head: &[u8]) -> String {
    let is = |what: &str| format!("is {what}, not a .npy file");
    match head {
        _ if idx::is_idx(head) => {
            is("an idx file, as those of MNIST are") + ": give it as idx:FILE"
        }
        [0x1f, 0x8b, ..] => {
            is("packed by gzip") + ": unpack it, or give it as idx:FILE if it is a file of MNIST"
        }
        [0x80, 2..=5, ..] => {
            is("a Python pickle or a file of torch.save") + ": save the array with numpy.save"
        }
        [0x89, b'H', b'D', b'F', ..] => is("an HDF5 file") + ": save the array with numpy.save",
        _ if head.starts_with(b"MATLAB") => {
            is("a file of MATLAB")
                + ": read it with scipy.io.loadmat and save the array with numpy.save"
        }
        _ => "is not a .npy file: it does not start with \\x93NUMPY".to_owned(),
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

/// The type of the values.
fn value_type(text: &str) -> Result<ValueType, String> {
    let descr = entry(text, "descr")?;
    let quoted = descr.chars().next().filter(|quote| "'\"".contains(*quote));
    match quoted.and_then(|quote| descr[1..].split(quote).next()) {
        Some(name) => ValueType::of(name),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits of numbers by NumPy.
    #[test]
    fn values_of_every_type_are_read() {
        for (name, bytes, value) in [
            ("<f2", &[0x00, 0x3c][..], 1.0),
            (">f2", &[0xc1, 0x00], -2.5),
            ("<f2", &[0x01, 0x00], 2.0_f64.powi(-24)),
            ("<f2", &[0xff, 0x7b], 65504.0),
            ("<f4", &[0, 0, 0xc0, 0x3f], 1.5),
            (">f8", &[0xc0, 4, 0, 0, 0, 0, 0, 0], -2.5),
            ("|u1", &[200], 200.0),
            ("|i1", &[200], -56.0),
            (">i2", &[0xff, 0xfe], -2.0),
            ("<u4", &[0, 0, 0, 0x80], 2_147_483_648.0),
        ] {
            assert_eq!(ValueType::of(name).unwrap().read(bytes), value, "{name}");
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
        for name in ["<c8", "|S1", "<f16", "f", "", "<M8[ns]"] {
            assert!(ValueType::of(name).is_err(), "{name}");
        }
    }
}
