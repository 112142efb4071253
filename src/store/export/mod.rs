//! Exports the results of a study to files for other programs: CSV, JSON Lines, Parquet,
//! and tables in LaTeX and Markdown.
//!
//! The columns are those of [`export_columns`](super::export_columns), followed by a column
//! `scores.NAME` for every further score (in JSON Lines, a member of the object `scores`). Scores that
//! are not finite are empty or null, and `status` explains them. Files of any length are written row by
//! row, next to their destination, and renamed when they are complete.

mod heading;
mod parquet;
mod text;
mod typeset;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::column::CellValue;
use super::{ResultRow, Store, StoreError, StudyInfo};
use crate::output::{OutputError, OutputFile};
use crate::typeset::TableFormat;
use heading::ExportHeading;
use parquet::ParquetRows;
use text::{CsvRows, JsonRows};
use typeset::TypesetRows;

/// Why a study could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The name does not end in a known format.
    #[error(
        "cannot tell the format of {}: give a name that ends in .csv, .jsonl, .parquet, .tex or .md",
        .0.display()
    )]
    Format(PathBuf),
    /// The study could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Formats by the ending of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExportFormat {
    Csv,
    JsonLines,
    Parquet,
    Table(TableFormat),
}

impl ExportFormat {
    fn from_name(path: &Path) -> Result<Self, ExportError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            "parquet" => Ok(Self::Parquet),
            other => TableFormat::by_ending(other)
                .map(Self::Table)
                .ok_or_else(|| ExportError::Format(path.to_owned())),
        }
    }
}

/// A file that takes rows.
trait RowWriter {
    /// Writes a row; its cells are in the order of the headings.
    fn write(&mut self, cells: &[CellValue<'_>]) -> std::io::Result<()>;

    /// Writes what is left.
    fn finish(self: Box<Self>) -> std::io::Result<()>;
}

/// Which results of a study are written.
#[derive(Clone, Copy, Debug)]
pub enum ExportRows<'p> {
    /// All.
    All,
    /// Those at these positions.
    Positions(&'p HashSet<u64>),
}

impl ExportRows<'_> {
    fn contains(self, position: u64) -> bool {
        match self {
            Self::All => true,
            Self::Positions(positions) => positions.contains(&position),
        }
    }
}

/// Writes results of a study, in order of position, to a file whose name ends in `.csv`, `.jsonl`,
/// `.parquet`, `.tex` or `.md`, and returns their number. An existing file is replaced only if requested, and only by a
/// complete one.
///
/// # Errors
///
/// [`ExportError`]; no file is left behind in that case.
pub fn export(
    store: &Store,
    study: &StudyInfo,
    part: ExportRows<'_>,
    path: &Path,
    overwrite: bool,
) -> Result<u64, ExportError> {
    let format = ExportFormat::from_name(path)?;
    let mut file = OutputFile::create(path, overwrite)?;
    let rows = write_rows(store, study, (part, format), &mut file)?;
    file.commit()?;
    Ok(rows)
}

fn write_rows(
    store: &Store,
    study: &StudyInfo,
    (part, format): (ExportRows<'_>, ExportFormat),
    file: &mut OutputFile,
) -> Result<u64, ExportError> {
    let path = file.path().to_owned();
    let failed = |error| OutputError::new(&path, error);
    let rows = store.rows(study)?;
    let names = store.score_names(study)?;
    let headings = ExportHeading::all(&names);
    let mut writer: Box<dyn RowWriter + '_> = match format {
        ExportFormat::Csv => Box::new(CsvRows::new(file, &headings).map_err(failed)?),
        ExportFormat::JsonLines => Box::new(JsonRows::new(file, &headings)),
        ExportFormat::Table(format) => Box::new(TypesetRows::new(file, &headings, format)),
        ExportFormat::Parquet => Box::new(ParquetRows::new(file, &headings).map_err(failed)?),
    };
    let mut written = 0;
    for row in rows {
        let row: ResultRow = row?;
        if !part.contains(row.position) {
            continue;
        }
        let cells: Vec<CellValue<'_>> =
            headings.iter().map(|heading| heading.cell(study, &row)).collect();
        writer.write(&cells).map_err(failed)?;
        written += 1;
    }
    writer.finish().map_err(failed)?;
    Ok(written)
}
