//! Workbooks of Excel, `.xlsx`: the first sheet that names architectures.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use calamine::{DataRef, Reader, Xlsx, XlsxError};
use zip::ZipArchive;

use super::keys::KeyColumns;
use super::{RowPlace, RowSource, TableRow, TabularError};
use crate::input::{InputKind, open_input};

/// The most bytes of one part of a workbook, unpacked.
const MAX_PART_BYTES: u64 = 32 << 20;
/// The most memory of a sheet, and what a cell takes beside its text.
const MAX_SHEET_BYTES: usize = 64 << 20;
const CELL_BYTES: usize = size_of::<String>();
/// The most sheets that are looked at.
const MOST_SHEETS: usize = 64;

/// Rows of a sheet.
pub(super) struct SheetRows(std::vec::IntoIter<TableRow>);

/// The header and the rows of the first sheet that names architectures.
pub(super) fn open(path: &Path, kind: InputKind) -> Result<(Vec<String>, SheetRows), TabularError> {
    let file = || open_input(path, kind).map_err(std::io::Error::from);
    check_parts(file()?)?;
    let mut workbook: Xlsx<BufReader<File>> =
        calamine::open_workbook_from_rs(BufReader::new(file()?)).map_err(damaged)?;
    let names = workbook.sheet_names();
    let mut first = None;
    for name in names.iter().take(MOST_SHEETS) {
        let mut rows = sheet(&mut workbook, name)?.into_iter();
        // Titles and remarks stand above some tables.
        let header = rows.find(|row| KeyColumns::find(&row.cells).is_some());
        match header {
            Some(header) => {
                let mut header = header.cells;
                header.iter_mut().for_each(|name| *name = name.trim().to_owned());
                return Ok((header, SheetRows(rows)));
            }
            None => {
                first = first.or(sheet(&mut workbook, name)?.into_iter().next());
            }
        }
    }
    // What names no architectures is refused by its header.
    Ok((first.map(|row| row.cells).unwrap_or_default(), SheetRows(Vec::new().into_iter())))
}

fn damaged(error: XlsxError) -> TabularError {
    TabularError::file(format!(
        "the workbook cannot be read ({error}): save it again as .xlsx or CSV"
    ))
}

/// Refuses workbooks whose parts unpack to more than a table can have.
fn check_parts(file: File) -> Result<(), TabularError> {
    let length = file.metadata()?.len();
    super::check_directory(&file, length, super::MAX_DIRECTORY_BYTES)?;
    let wrong = |error: &dyn std::fmt::Display| {
        TabularError::file(format!("the workbook is damaged ({error}): save it again"))
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| wrong(&error))?;
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|error| wrong(&error))?;
        let name = part.name().map(|name| name.to_string()).unwrap_or_default();
        if !name.ends_with(".xml") {
            continue;
        }
        let mut part = part.take(MAX_PART_BYTES + 1);
        let bytes =
            std::io::copy(&mut part, &mut std::io::sink()).map_err(|error| wrong(&error))?;
        if bytes > MAX_PART_BYTES {
            return Err(too_large());
        }
    }
    Ok(())
}

fn too_large() -> TabularError {
    TabularError::file("the workbook is too large: save the sheet as CSV")
}

/// The rows of a sheet that have cells.
fn sheet(workbook: &mut Xlsx<BufReader<File>>, name: &str) -> Result<Vec<TableRow>, TabularError> {
    let mut cells = match workbook.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        // A chart has a sheet of its own.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(Vec::new()),
        Err(error) => return Err(damaged(error)),
    };
    let mut rows: Vec<TableRow> = Vec::new();
    let mut bytes = 0;
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        let text = text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let (row, column) = cell.get_position();
        let place = RowPlace::row(u64::from(row) + 1);
        if column as usize >= super::MOST_COLUMNS {
            let problem = format!("has more than {} columns", super::MOST_COLUMNS);
            return Err(TabularError::Content { place: place.to_string(), problem });
        }
        if rows.last().is_none_or(|last| last.place != place) {
            rows.push(TableRow { place, cells: Vec::new() });
            bytes += size_of::<TableRow>();
        }
        let Some(TableRow { cells, .. }) = rows.last_mut() else { continue };
        let column = column as usize;
        if cells.len() <= column {
            bytes += (column + 1 - cells.len()) * CELL_BYTES;
            if bytes > MAX_SHEET_BYTES {
                return Err(too_large());
            }
            cells.resize(column + 1, String::new());
        }
        bytes += text.len();
        cells[column] = text;
    }
    Ok(rows)
}

/// What a cell shows.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(value) => value.to_string(),
        DataRef::Float(value) => value.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(time) => time.as_f64().to_string(),
        DataRef::Error(error) => error.to_string(),
    }
}

impl RowSource for SheetRows {
    fn next(&mut self, _header: &mut Vec<String>) -> Result<Option<TableRow>, TabularError> {
        Ok(self.0.next())
    }
}
