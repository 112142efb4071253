//! Python pickles, read as plain data. Nothing in a pickle is executed.
//!
//! [`read`] takes a pickle in memory. [`scan`] takes a file and leaves its long byte strings there, so
//! that reading the labels of a file of images needs only a few reads. Both return a [`PickleValue`],
//! which may contain NumPy arrays ([`PickledArray`]). [`entries`] takes a file of any size and delivers
//! the entries of one of its dictionaries one by one.
//!
//! The input may be any bytes: reading ends with a value or an error, within the memory and depth of
//! [`PickleLimits`], without a panic and without recursion.

mod budget;
mod entries;
mod error;
mod heap;
mod input;
mod machine;
mod numpy;
mod stack;
mod text;
mod value;

use std::io::{BufRead, Cursor, Seek};

pub use entries::PickleEntries;
pub use error::PickleError;
pub use machine::EntryKeys;
pub use numpy::{ArrayData, ArrayError, PickledArray, integers, number};
pub use value::{GlobalName, PickleObject, PickleValue, StoredBytes};

use input::PickleInput;
use machine::PickleMachine;

/// Byte strings longer than this stay in a file that is scanned.
const STORED_BYTES: u64 = 1 << 12;

/// What reading a pickle may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PickleLimits {
    /// Memory of the value and of everything that making it needs. Each allocation is counted at
    /// its largest and never given back, so a list of small numbers takes about 400 bytes a number
    /// of this and much less in fact.
    pub memory_bytes: usize,
    /// Levels of values within values. Dropping a value recurses as deep: keep it in the hundreds.
    pub depth: u32,
}

impl Default for PickleLimits {
    /// 1 GiB, 200 levels.
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, depth: 200 }
    }
}

/// Reads the pickle at the beginning of `bytes`.
///
/// # Errors
///
/// [`PickleError`] if the bytes are no pickle of plain data or the limits do not suffice.
pub fn read(bytes: &[u8], limits: &PickleLimits) -> Result<PickleValue, PickleError> {
    let input = PickleInput::new(Cursor::new(bytes), bytes.len() as u64);
    PickleMachine::new(input, limits, u64::MAX).run()
}

/// Reads the pickle at the beginning of a file of `length` bytes; byte strings and texts of more
/// than 4 KiB become [`PickleValue::Stored`].
///
/// # Errors
///
/// As for [`read`], and [`PickleError::Read`] if the system refuses.
pub fn scan(
    file: impl BufRead + Seek,
    length: u64,
    limits: &PickleLimits,
) -> Result<PickleValue, PickleError> {
    PickleMachine::new(PickleInput::new(file, length), limits, STORED_BYTES).run()
}

/// Reads the pickle at the beginning of a file of `length` bytes, in which some dictionaries hold
/// dictionaries under the texts `keys`, and hands over the entries of the latter. Memory is that of one
/// entry, and [`PickleLimits`] bound it, if keys and values are those that `of` tells and dictionaries do
/// not share their keys; other entries come in the batches in which Python writes them, of 1,000 each.
///
/// The file is read twice, first to find which values are shared between entries. Meanwhile
/// `go_on` is told after each entry how many bytes were read; `None` if it says no.
///
/// # Errors
///
/// As for [`scan`].
pub fn entries<R: BufRead + Seek>(
    file: R,
    length: u64,
    keys: &[&str],
    of: EntryKeys,
    limits: &PickleLimits,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<PickleEntries<R>>, PickleError> {
    PickleEntries::new(file, length, keys, of, limits, go_on)
}
