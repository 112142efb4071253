//! Apache Parquet, row by row.
//!
//! Sizes of pages are checked before the `parquet` crate sets memory aside for them, and what it does
//! not expect in a damaged file becomes an error.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use ::parquet::record::reader::RowIter;
use ::parquet::record::{Field, Row};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::{RowPlace, RowSource, TableRow, TabularError};
use crate::input::{InputKind, open_input};
use crate::panics;

/// How a file begins.
pub(super) const MAGIC: &[u8] = b"PAR1";
/// The largest page, packed and unpacked; writers make pages of about 1 MiB. Several columns hold one
/// each at a time.
const MAX_PAGE_BYTES: u64 = 48 << 20;
/// What a page of any file may have, however small the file is.
const SMALL_PAGE_BYTES: u64 = 4 << 20;
/// How many times its file's size a page may have: more than what is worth packing ever takes.
const MAX_UNPACKED_RATIO: u64 = 256;
/// The most values of a dictionary that have one to three bytes.
const SHORT_VALUES: u64 = 1 << 16;
/// How pages begin that gzip packed.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The most bytes of a page's header that are looked at.
const HEADER_BYTES: u64 = 32;

/// Rows of a file.
pub(super) struct ParquetRows {
    rows: RowIter<'static>,
    count: u64,
}

/// The columns and the rows of a file.
pub(super) fn open(
    path: &Path,
    kind: InputKind,
) -> Result<(Vec<String>, ParquetRows), TabularError> {
    let file = open_input(path, kind).map_err(std::io::Error::from)?;
    guarded("the file", || {
        let source = PageSource { file };
        let reader = SerializedFileReader::new(source)?;
        let schema = reader.metadata().file_metadata().schema();
        let header = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
        let rows = RowIter::from_file_into(Box::new(reader));
        Ok((header, ParquetRows { rows, count: 0 }))
    })
}

/// What the crate finds, or what is wrong there.
fn guarded<T>(
    place: &str,
    work: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, TabularError> {
    let wrong = |problem: String| TabularError::Content { place: place.to_owned(), problem };
    match panics::catch(work) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error @ ParquetError::NYI(_))) => {
            Err(wrong(format!("{error}: write the table as CSV or with Snappy compression")))
        }
        Ok(Err(error)) if error.to_string().contains("Disabled feature") => {
            Err(wrong(format!("{error}: write the table with Snappy, Zstandard or no compression")))
        }
        Ok(Err(error)) => {
            Err(wrong(format!("the Parquet data is damaged ({error}): write it again")))
        }
        Err(_) => Err(wrong("the Parquet data is damaged: write it again".to_owned())),
    }
}

impl RowSource for ParquetRows {
    fn next(&mut self, _header: &mut Vec<String>) -> Result<Option<TableRow>, TabularError> {
        self.count += 1;
        let place = RowPlace::row(self.count);
        let row = guarded(&place.to_string(), || self.rows.next().transpose())?;
        Ok(row.map(|row: Row| {
            let cells = row.get_column_iter().map(|(_, field)| cell(field)).collect();
            TableRow { place, cells }
        }))
    }
}

fn cell(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Float(value) => value.to_string(),
        Field::Double(value) => value.to_string(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
        // A tuple of numbers, as JSON has it.
        Field::ListInternal(list) => {
            let cells: Vec<String> = list.elements().iter().map(cell).collect();
            format!("[{}]", cells.join(", "))
        }
        other => other.to_string(),
    }
}

/// A file whose pages have sizes that can be believed.
struct PageSource {
    file: File,
}

impl Length for PageSource {
    fn len(&self) -> u64 {
        Length::len(&self.file)
    }
}

impl PageSource {
    /// The largest size of a page of this file in bytes.
    fn page_limit(&self) -> u64 {
        let of_file = self.len().saturating_mul(MAX_UNPACKED_RATIO);
        of_file.clamp(SMALL_PAGE_BYTES, MAX_PAGE_BYTES)
    }

    /// Whether a page's size can be believed.
    fn check(&self, bytes: u64) -> Result<(), ParquetError> {
        let limit = self.page_limit();
        if bytes > limit {
            let problem =
                format!("a page has {bytes} bytes, at most {limit} in a file of this size");
            return Err(ParquetError::General(problem));
        }
        Ok(())
    }
}

impl ChunkReader for PageSource {
    type T = BufReader<File>;

    /// Reads a page's header, which says how much memory it needs.
    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let mut head = Vec::new();
        self.file.get_read(start)?.take(HEADER_BYTES).read_to_end(&mut head)?;
        if let Some(size) = PageSize::read(&head) {
            self.check(size.unpacked_bytes)?;
            // Values take four bytes and more, except for some of which there are few.
            if size.dictionary_values > SHORT_VALUES + size.unpacked_bytes / 4 {
                let PageSize { unpacked_bytes, dictionary_values } = size;
                return Err(ParquetError::General(format!(
                    "a dictionary of {dictionary_values} values has {unpacked_bytes} bytes"
                )));
            }
        }
        self.file.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.check(length as u64)?;
        let bytes = self.file.get_bytes(start, length)?;
        // The crate unpacks these to their end, whatever the header says.
        if bytes.starts_with(GZIP) {
            let unpacked = MultiGzDecoder::new(bytes.as_ref());
            let mut unpacked = unpacked.take(self.page_limit().saturating_add(1));
            // Damaged pages are found when they are used.
            self.check(std::io::copy(&mut unpacked, &mut std::io::sink()).unwrap_or(0))?;
        }
        Ok(bytes)
    }
}

/// What a page's header says of its memory.
#[derive(Debug, PartialEq)]
struct PageSize {
    /// Bytes of the page when it is unpacked.
    unpacked_bytes: u64,
    /// Values of a dictionary, for each of which the crate sets memory aside; 0 in other pages.
    dictionary_values: u64,
}

impl PageSize {
    /// Reads the first fields of a header, which is Thrift's compact protocol: numbers, of which the
    /// second is the size, and then a structure by the kind of page, the seventh for a dictionary, whose
    /// first field counts values. `None` unless there is a size.
    fn read(head: &[u8]) -> Option<Self> {
        const NUMBER: u64 = 5;
        const STRUCTURE: u64 = 12;
        let mut bytes = head.iter().copied();
        let mut varint = || {
            let (mut value, mut shift) = (0_u64, 0_u32);
            loop {
                let byte = bytes.next()?;
                value |= u64::from(byte & 0x7f).checked_shl(shift)?;
                if byte & 0x80 == 0 {
                    return Some(value);
                }
                shift += 7;
            }
        };
        let (mut field, mut inside_dictionary, mut size) = (0, false, None);
        while let Some(start) = varint() {
            field = match start >> 4 {
                0 => varint()? / 2,
                more => field + more,
            };
            match (start & 0xf, inside_dictionary) {
                (NUMBER, false) => {
                    let value = varint()? / 2;
                    if field == 2 {
                        size = Some(value);
                    }
                }
                (STRUCTURE, false) if field == 7 => (field, inside_dictionary) = (0, true),
                (NUMBER, true) => {
                    let dictionary_values = varint()? / 2;
                    return Some(Self { unpacked_bytes: size?, dictionary_values });
                }
                _ => break,
            }
        }
        Some(Self { unpacked_bytes: size?, dictionary_values: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::PageSize;

    fn read(head: &[u8]) -> Option<(u64, u64)> {
        PageSize::read(head).map(|size| (size.unpacked_bytes, size.dictionary_values))
    }

    #[test]
    fn the_size_of_a_page_is_found_in_its_header() {
        // Type 0, 300 bytes unpacked, 7 packed.
        assert_eq!(read(&[0x15, 0, 0x15, 0xd8, 0x04, 0x15, 0x0e]), Some((300, 0)));
        assert_eq!(read(&[0x05, 0x04, 0xd8, 0x04]), Some((300, 0)));
        // A dictionary of 5 values; a page of data, whose structure is the fifth field.
        assert_eq!(read(&[0x15, 4, 0x15, 40, 0x15, 44, 0x4c, 0x15, 10, 0x15, 0]), Some((20, 5)));
        assert_eq!(read(&[0x15, 0, 0x15, 40, 0x15, 44, 0x2c, 0x15, 10, 0x15, 0]), Some((20, 0)));
        assert_eq!(read(&[0x15, 0]), None);
        assert_eq!(read(&[0xff; 40]), None);
    }
}
