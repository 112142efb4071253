//! Text with a row in each line: cells between commas, semicolons or tabs, behind a header.

use std::io::{BufRead, Cursor, Read};

use csv::{Reader, ReaderBuilder, StringRecord};

use super::keys::KeyColumns;
use super::text::LineCheck;
use super::{RowPlace, RowSource, TableRow, TabularError, excerpt, text};

/// What stands between cells, the likeliest first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// The longest row, and the largest buffer of the reader.
const ROW_BYTES: usize = 1 << 18;
/// Lines before the header.
const MOST_COMMENTS: usize = 1000;
/// A line by which Excel is told what stands between cells.
const SEPARATOR: &str = "sep=";

/// Rows of delimited text.
pub(super) struct DelimitedRows {
    rows: Reader<LineCheck<ReadAllowance<Box<dyn BufRead>>>>,
    columns: usize,
    /// Whether the rows have a cell without a name before those of the header.
    unnamed: bool,
    /// The line before the first one that is read here.
    line_before: u64,
    first: Option<NumberedRecord>,
}

/// A record and the line in which it begins.
struct NumberedRecord {
    cells: StringRecord,
    line: u64,
}

/// The header and the rows behind it.
pub(super) fn open(reader: Box<dyn BufRead>) -> Result<(Vec<String>, DelimitedRows), TabularError> {
    let mut lines = ReadAllowance::new(text::utf8(reader)?);
    let Preface { header, given, comments } = Preface::read(&mut lines)?;
    let delimiter = given.unwrap_or_else(|| delimiter(&header));
    let line_before = comments;
    // Header cells may have line breaks: the line goes back before the rest.
    let rest: Box<dyn BufRead> = Box::new(Cursor::new(header).chain(lines.inner));
    let checked = LineCheck::new(ReadAllowance::new(rest), delimiter, line_before + 1);
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).buffer_capacity(1 << 16).delimiter(delimiter);
    let rows = builder.from_reader(checked);
    let mut table = DelimitedRows { rows, columns: 0, unnamed: false, line_before, first: None };
    let header = table.record()?.map(|record| record.cells).unwrap_or_default();
    let mut header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    while header.len() > 1 && header.last().is_some_and(String::is_empty) {
        header.pop();
    }
    table.first = table.record()?;
    // R writes row names that way.
    let cells = table.first.as_ref().map_or(0, |record| filled(&record.cells));
    if cells == header.len() + 1 {
        table.unnamed = true;
        header.insert(0, String::new());
    }
    table.columns = header.len();
    Ok((header, table))
}

/// How many cells a row has without empty ones at its end.
fn filled(record: &StringRecord) -> usize {
    (0..record.len()).rev().find(|&at| !record[at].trim().is_empty()).map_or(0, |last| last + 1)
}

/// What stands before the rows.
struct Preface {
    /// The first line of the header, with its end.
    header: Vec<u8>,
    /// The delimiter, if the file names it.
    given: Option<u8>,
    /// Lines before the header.
    comments: u64,
}

impl Preface {
    fn read(lines: &mut ReadAllowance<Box<dyn BufRead>>) -> Result<Self, TabularError> {
        let mut comments = 0;
        let (mut given, mut last_comment) = (None, None);
        loop {
            let mut line = Vec::new();
            lines.inner.by_ref().take(ROW_BYTES as u64).read_until(b'\n', &mut line)?;
            let content = line.trim_ascii();
            let is_separator = content.to_ascii_lowercase().starts_with(SEPARATOR.as_bytes());
            if line.is_empty() || comments as usize == MOST_COMMENTS {
                return Ok(Self { header: line, given, comments });
            }
            if is_separator {
                given = line.get(SEPARATOR.len()).copied().filter(u8::is_ascii);
            } else if content.starts_with(b"#") {
                last_comment = Some(line);
            } else if !content.is_empty() {
                // NumPy writes the header itself as a comment.
                if !has_key(&line)
                    && let Some(comment) = last_comment
                {
                    let hidden = comment.trim_ascii_start().strip_prefix(b"#").unwrap_or_default();
                    if has_key(hidden) {
                        let header = [hidden, &line].concat();
                        return Ok(Self { header, given, comments: comments - 1 });
                    }
                }
                return Ok(Self { header: line, given, comments });
            }
            comments += 1;
        }
    }
}

/// The cells of a header's first line.
fn cells(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter);
    let mut record = StringRecord::new();
    match builder.from_reader(line).read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Whether the beginning of a text has a header that names architectures.
pub(super) fn names_architectures(head: &[u8]) -> bool {
    let lines: Box<dyn BufRead> = Box::new(Cursor::new(head.to_vec()));
    Preface::read(&mut ReadAllowance::new(lines)).is_ok_and(|preface| has_key(&preface.header))
}

/// Whether a line names architectures, with any delimiter.
fn has_key(line: &[u8]) -> bool {
    DELIMITERS.iter().any(|&delimiter| KeyColumns::find(&cells(line, delimiter)).is_some())
}

/// What stands between the cells of a header: what lets it name architectures and gives most cells.
fn delimiter(line: &[u8]) -> u8 {
    let merit = |delimiter: u8| {
        let cells = cells(line, delimiter);
        (KeyColumns::find(&cells).is_some(), cells.len())
    };
    let mut best = (DELIMITERS[0], merit(DELIMITERS[0]));
    for &delimiter in &DELIMITERS[1..] {
        let merit = merit(delimiter);
        if merit > best.1 {
            best = (delimiter, merit);
        }
    }
    best.0
}

impl DelimitedRows {
    fn record(&mut self) -> Result<Option<NumberedRecord>, TabularError> {
        let mut cells = StringRecord::new();
        self.rows.get_mut().inner_mut().allow(ROW_BYTES);
        let line = self.line_before + self.rows.position().line();
        let place = RowPlace::line(line).to_string();
        match self.rows.read_record(&mut cells) {
            Ok(true) => {
                // Behind the record, which has a line feed for each break and one at its end.
                let breaks = cells.as_slice().bytes().filter(|&byte| byte == b'\n').count() as u64;
                let line = self.line_before + self.rows.position().line();
                Ok(Some(NumberedRecord { cells, line: line.saturating_sub(breaks + 1) }))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => {
                    TabularError::Content { place, problem: format!("cannot be read: {error}") }
                }
                csv::ErrorKind::Utf8 { .. } => {
                    let problem = "is not UTF-8 text: save the table in that encoding".to_owned();
                    TabularError::Content { place, problem }
                }
                _ => TabularError::Content {
                    place,
                    problem: "is not a row of a CSV table".to_owned(),
                },
            }),
        }
    }
}

impl RowSource for DelimitedRows {
    fn next(&mut self, _header: &mut Vec<String>) -> Result<Option<TableRow>, TabularError> {
        loop {
            let record = match self.first.take() {
                Some(record) => Some(record),
                None => self.record()?,
            };
            let Some(NumberedRecord { cells: record, line }) = record else { return Ok(None) };
            let (cells, filled) = (record.len(), filled(&record));
            // Spreadsheets write their empty rows, scripts a remark at the end.
            let is_comment =
                cells != self.columns && record.get(0).is_some_and(|cell| cell.starts_with('#'));
            if filled == 0 || is_comment {
                continue;
            }
            let place = RowPlace::line(line);
            if filled > self.columns || cells < self.columns {
                let noun = if cells == 1 { "cell" } else { "cells" };
                // The first row told that a column has no name.
                let given = if self.unnamed { "first row" } else { "header" };
                let first = record.iter().next().unwrap_or_default();
                let problem = format!(
                    "has {cells} {noun}, but the {given} has {}: correct the row, which begins with `{}`",
                    self.columns,
                    excerpt(first)
                );
                return Err(TabularError::Content { place: place.to_string(), problem });
            }
            let cells = record.iter().take(self.columns).map(str::to_owned).collect();
            return Ok(Some(TableRow { place, cells }));
        }
    }
}

/// Lets a number of bytes pass; more are an error until the next allowance.
pub(super) struct ReadAllowance<R> {
    inner: R,
    left: usize,
}

impl<R: Read> ReadAllowance<R> {
    fn new(inner: R) -> Self {
        Self { inner, left: 0 }
    }

    fn allow(&mut self, bytes: usize) {
        self.left = bytes;
    }
}

impl<R: Read> Read for ReadAllowance<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Err(std::io::Error::other(
                "a row is too long for a benchmark table or a table of scores",
            ));
        }
        let most = buffer.len().min(self.left);
        let count = self.inner.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(count)
    }
}
