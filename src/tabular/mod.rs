//! Tables of architectures as people keep them: delimited text, JSON, Parquet and Excel workbooks,
//! packed or not. Their content tells which.
//!
//! A [`Table`] gives rows of texts. [`KeyColumns`] finds the columns that name architectures, and
//! [`number`] reads numbers as spreadsheets and scripts write them. What the numbers mean is not known
//! here.

mod delimited;
mod json;
mod keys;
mod number;
mod parquet;
mod pieces;
mod text;
mod unpack;
mod workbook;

use std::fmt;
use std::path::Path;

use crate::input::InputKind;

pub use keys::{KEY_NAMES, KeyColumns, is_key, plain_name};
pub use number::{CellNumber, DecimalMark, NumberFault, NumberStyle, StyleEvidence, number};
pub use pieces::{JsonFault, JsonPieces, wrong};
pub use unpack::{
    ArchiveContent, BytesRead, MAX_DIRECTORY_BYTES, Packing, UnpackedFile, check_directory, unpack,
};

/// The most columns.
const MOST_COLUMNS: usize = 8192;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TabularFormat {
    /// Cells between commas, semicolons or tabs.
    Delimited,
    /// An object for each row, each on a line or in a list.
    Json,
    /// Apache Parquet.
    Parquet,
    /// A workbook of Excel, `.xlsx`.
    Workbook,
}

impl TabularFormat {
    /// Tells the format by the first bytes, unpacked, and the kind of archive. Text that is neither
    /// of the others is delimited text.
    pub fn detect(head: &[u8], archive: Option<&ArchiveContent>) -> Self {
        let text = text::decoded_head(head);
        if archive == Some(&ArchiveContent::Workbook) {
            Self::Workbook
        } else if head.starts_with(parquet::MAGIC) {
            Self::Parquet
        } else if matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            Self::Json
        } else {
            Self::Delimited
        }
    }
}

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TabularError {
    /// The system refused, or packed data are damaged.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// Something in it is not as it should be.
    #[error("{place}: {problem}")]
    Content {
        /// Where.
        place: String,
        /// The problem, and what to do about it.
        problem: String,
    },
}

impl TabularError {
    fn file(problem: impl Into<String>) -> Self {
        Self::Content { place: "the file".to_owned(), problem: problem.into() }
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace {
    what: &'static str,
    number: u64,
}

impl RowPlace {
    /// A line, counted from 1.
    const fn line(number: u64) -> Self {
        Self { what: "line", number }
    }

    /// A row, counted from 1.
    const fn row(number: u64) -> Self {
        Self { what: "row", number }
    }
}

impl fmt::Display for RowPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.what, self.number)
    }
}

/// A row of a table.
#[derive(Clone, Debug)]
pub struct TableRow {
    /// Where it stands.
    pub place: RowPlace,
    /// Its cells, in the order of the header; empty where there is nothing. Cells at the end may be
    /// left out.
    pub cells: Vec<String>,
}

/// What each format does.
trait RowSource {
    /// The next row. Columns that it has first are added to the header.
    fn next(&mut self, header: &mut Vec<String>) -> Result<Option<TableRow>, TabularError>;
}

/// An opened table.
pub struct Table {
    header: Vec<String>,
    rows: Box<dyn RowSource>,
    progress: BytesRead,
}

impl Table {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// [`TabularError`] if it cannot be read or its beginning is not that of a table.
    pub fn open(path: &Path, kind: InputKind) -> Result<Self, TabularError> {
        let mut file = unpack(path, kind)?;
        if let Some(ArchiveContent::Files(names)) = &file.archive {
            let problem = match names.as_slice() {
                [] => "is an archive without files: give another file".to_owned(),
                names => format!(
                    "is an archive of several files ({}, ..): unpack it and give one of them",
                    names.join(", ")
                ),
            };
            return Err(TabularError::file(problem));
        }
        let format = TabularFormat::detect(file.reader.fill_buf()?, file.archive.as_ref());
        if let (TabularFormat::Parquet | TabularFormat::Workbook, Some(packing)) =
            (format, file.packing)
        {
            let problem = format!(
                "is compressed with {}, but must be read in any order: decompress it first",
                packing.name()
            );
            return Err(TabularError::file(problem));
        }
        let (header, rows): (_, Box<dyn RowSource>) = match format {
            TabularFormat::Delimited => {
                let (header, rows) = delimited::open(file.reader)?;
                (header, Box::new(rows))
            }
            TabularFormat::Json => (Vec::new(), Box::new(json::open(file.reader)?)),
            TabularFormat::Parquet => {
                let (header, rows) = parquet::open(path, kind)?;
                (header, Box::new(rows))
            }
            TabularFormat::Workbook => {
                let (header, rows) = workbook::open(path, kind)?;
                (header, Box::new(rows))
            }
        };
        let table = Self { header, rows, progress: file.progress };
        table.check_columns()?;
        Ok(table)
    }

    fn check_columns(&self) -> Result<(), TabularError> {
        match self.header.len() {
            columns if columns > MOST_COLUMNS => Err(TabularError::Content {
                place: "line 1".to_owned(),
                problem: format!("has {columns} columns, at most {MOST_COLUMNS} are read"),
            }),
            _ => Ok(()),
        }
    }

    /// The names of the columns, as far as they are known: rows may bring more. A column may have
    /// none.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How much of the file was read.
    pub fn progress(&self) -> &BytesRead {
        &self.progress
    }

    /// The next row.
    ///
    /// # Errors
    ///
    /// [`TabularError`] with its place if it cannot be read.
    pub fn next_row(&mut self) -> Result<Option<TableRow>, TabularError> {
        let row = self.rows.next(&mut self.header)?;
        self.check_columns()?;
        Ok(row)
    }
}

/// Whether the first bytes of a file are a header or a first row that names architectures.
pub fn names_architectures(head: &[u8], format: TabularFormat) -> bool {
    match format {
        TabularFormat::Delimited => delimited::names_architectures(&text::decoded_head(head)),
        TabularFormat::Json => json::names_architectures(&text::decoded_head(head)),
        TabularFormat::Parquet | TabularFormat::Workbook => true,
    }
}

/// At most the first characters of a text that goes into a message.
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
