//! NumPy arrays and scalars, which pickles represent as calls of `_reconstruct`, `_frombuffer`,
//! `scalar` and `dtype` (NumPy, `numpy/_core/src/multiarray/methods.c`, `array_reduce_ex`).

use std::sync::Arc;

use super::value::{PickleObject, PickleValue, StoredBytes};

/// An array as a pickle holds it.
#[derive(Clone, Debug)]
pub struct PickledArray {
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// NumPy's letter for the kind of number: `u`, `i`, `f`, `b` or another.
    pub kind: char,
    /// Bytes of one number.
    pub item_bytes: usize,
    /// Whether the first byte of a number is its highest.
    pub big_endian: bool,
    /// Whether the first axis, not the last, is that of neighbours in memory.
    pub fortran_order: bool,
    /// The numbers.
    pub data: ArrayData,
}

/// The numbers of an array.
#[derive(Clone, Debug)]
pub enum ArrayData {
    /// They were read.
    Here(Arc<[u8]>),
    /// They stayed in the file; if [`StoredBytes::text`], each character of the text is a byte.
    Stored(StoredBytes),
}

/// A value that is no array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ArrayError(&'static str);

const NO_ARRAY: ArrayError = ArrayError("is not a NumPy array");
const NO_DTYPE: ArrayError = ArrayError("is a NumPy array of no plain type of number");
const BROKEN: ArrayError = ArrayError("is a NumPy array whose size and data do not fit");

impl PickledArray {
    /// The array that a value represents.
    ///
    /// # Errors
    ///
    /// [`ArrayError`] if the value is not an array, contains objects or records, or has more or less
    /// data than its shape requires.
    pub fn from_value(value: &PickleValue) -> Result<Self, ArrayError> {
        let PickleValue::Object(object) = value else { return Err(NO_ARRAY) };
        let (module, name) = object.class.global().ok_or(NO_ARRAY)?;
        let [_, shape, dtype, fortran, data] = match (module, name) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => {
                let state = object.state.as_ref().and_then(PickleValue::sequence);
                <&[PickleValue; 5]>::try_from(state.ok_or(NO_ARRAY)?).map_err(|_| NO_ARRAY)?.clone()
            }
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => {
                let arguments = object.arguments.sequence().ok_or(NO_ARRAY)?;
                let [data, dtype, shape, order] = arguments else { return Err(NO_ARRAY) };
                let fortran = PickleValue::Bool(order.text() == Some("F"));
                [PickleValue::None, shape.clone(), dtype.clone(), fortran, data.clone()]
            }
            _ => return Err(NO_ARRAY),
        };
        let extents = shape.sequence().ok_or(BROKEN)?.iter();
        let shape = extents.map(|extent| usize::try_from(extent.int()?).ok());
        let shape = shape.collect::<Option<Vec<usize>>>().ok_or(BROKEN)?;
        let NumpyDtype { kind, item_bytes, big_endian } =
            NumpyDtype::from_value(&dtype).ok_or(NO_DTYPE)?;
        let data = ArrayData::from_value(&data).ok_or(BROKEN)?;
        let fortran_order = fortran.int() == Some(1);
        let array = Self { shape, kind, item_bytes, big_endian, fortran_order, data };
        if array.fits() { Ok(array) } else { Err(BROKEN) }
    }

    /// Whether there is as much data as the shape says, as far as that can be told unread.
    fn fits(&self) -> bool {
        let volume =
            self.shape.iter().try_fold(self.item_bytes, |size, &extent| size.checked_mul(extent));
        let Some(size) = volume.map(|size| size as u64) else { return false };
        match &self.data {
            ArrayData::Here(bytes) => bytes.len() as u64 == size,
            // UTF-8 has one or two bytes for each character of Latin-1.
            ArrayData::Stored(StoredBytes { length, text: true, .. }) => {
                (size..=size.saturating_mul(2)).contains(length)
            }
            ArrayData::Stored(StoredBytes { length, .. }) => *length == size,
        }
    }

    /// The numbers of an array of integers, in the order of memory; `None` for other kinds, numbers
    /// beyond 64 bits, and data that stayed in the file.
    pub fn integers(&self) -> Option<Vec<i64>> {
        let ArrayData::Here(bytes) = &self.data else { return None };
        if !matches!(self.kind, 'u' | 'i' | 'b') || !(1..=8).contains(&self.item_bytes) {
            return None;
        }
        bytes.chunks_exact(self.item_bytes).map(|item| self.integer(item)).collect()
    }

    fn integer(&self, item: &[u8]) -> Option<i64> {
        let mut bytes = item.to_vec();
        if self.big_endian {
            bytes.reverse();
        }
        let negative = self.kind == 'i' && bytes.last().is_some_and(|last| last & 0x80 != 0);
        bytes.resize(8, if negative { 0xff } else { 0 });
        let number = i64::from_le_bytes(bytes.try_into().ok()?);
        (self.kind == 'i' || number >= 0).then_some(number)
    }
}

/// The whole numbers of a list, tuple or array; numbers may be Python's or NumPy's.
pub fn integers(value: &PickleValue) -> Option<Vec<i64>> {
    if let Ok(array) = PickledArray::from_value(value) {
        return array.integers();
    }
    value.sequence()?.iter().map(|item| item.int().or_else(|| scalar(item))).collect()
}

/// The number that a value is: Python's or NumPy's, whole or floating-point of 32 or 64 bits.
pub fn number(value: &PickleValue) -> Option<f64> {
    if let Some(number) = value.float() {
        return Some(number);
    }
    let PickledArray { kind: 'f', item_bytes, big_endian, data: ArrayData::Here(data), .. } =
        scalar_array(value)?
    else {
        return scalar(value).map(|number| number as f64);
    };
    let mut bytes = data.to_vec();
    if big_endian {
        bytes.reverse();
    }
    match item_bytes {
        4 => Some(f64::from(f32::from_le_bytes(bytes.try_into().ok()?))),
        8 => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

/// The whole number of a call `scalar(dtype, bytes)`.
fn scalar(value: &PickleValue) -> Option<i64> {
    scalar_array(value)?.integers()?.first().copied()
}

/// The array of no axes of a call `scalar(dtype, bytes)`.
fn scalar_array(value: &PickleValue) -> Option<PickledArray> {
    let PickleValue::Object(object) = value else { return None };
    let ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") = object.class.global()?
    else {
        return None;
    };
    let [dtype, data] = object.arguments.sequence()? else { return None };
    let NumpyDtype { kind, item_bytes, big_endian } = NumpyDtype::from_value(dtype)?;
    let data = ArrayData::Here(data.bytes()?.into());
    let shape = Vec::new();
    let array = PickledArray { shape, kind, item_bytes, big_endian, fortran_order: false, data };
    array.fits().then_some(array)
}

/// A type of number: `dtype("u1", False, True)` with the state `(3, "|", None, ..)`.
struct NumpyDtype {
    kind: char,
    item_bytes: usize,
    big_endian: bool,
}

impl NumpyDtype {
    fn from_value(value: &PickleValue) -> Option<Self> {
        let PickleValue::Object(object) = value else { return None };
        if object.class.global()? != ("numpy", "dtype") {
            return None;
        }
        let code = object.arguments.sequence()?.first()?.text()?;
        let kind = code.chars().next().filter(|kind| "uifb".contains(*kind))?;
        let item_bytes = code[1..].parse().ok().filter(|size| (1..=16).contains(size))?;
        Some(Self { kind, item_bytes, big_endian: Self::order(object)? == ">" })
    }

    fn order(object: &PickleObject) -> Option<&str> {
        match object.state.as_ref()?.sequence()? {
            [_, order, ..] => order.text(),
            _ => None,
        }
    }
}

impl ArrayData {
    fn from_value(value: &PickleValue) -> Option<Self> {
        match value {
            PickleValue::Stored(stored) => Some(Self::Stored(*stored)),
            PickleValue::Bytes(bytes) => Some(Self::Here(Arc::clone(bytes))),
            PickleValue::Object(object) => match object.latin1_argument() {
                Some(PickleValue::Stored(stored)) => Some(Self::Stored(*stored)),
                _ => value.bytes().map(|bytes| Self::Here(bytes.into())),
            },
            _ => None,
        }
    }
}
