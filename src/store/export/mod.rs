//! Results of a study as files for other programs: CSV, JSON Lines, Parquet.
//!
//! The columns are one list, [`COLUMNS`]; after them comes a column `scores.NAME` for every further
//! score (in JSON Lines a member of the object `scores`). Scores that are not finite are empty or null:
//! `status` says why. Files are written row by row, whatever their length, beside their place and
//! moved there when they are complete.

mod column;
mod parquet;
mod text;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

pub use column::{COLUMNS, Column};

use super::{Row, Store, StoreError, StudyInfo};
use column::{Cell, Heading};
use parquet::Parquet;
use text::{Csv, JsonLines};

/// Why a study could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The name does not end in a known format.
    #[error(
        "cannot tell the format of {}: give a name that ends in .csv, .jsonl or .parquet",
        .0.display()
    )]
    Format(PathBuf),
    /// The file is there already.
    #[error("{} exists: choose another name, or allow replacing it with --overwrite", .0.display())]
    Exists(PathBuf),
    /// The study could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
}

/// Formats by the ending of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    JsonLines,
    Parquet,
}

impl Format {
    fn of(path: &Path) -> Result<Self, ExportError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            "parquet" => Ok(Self::Parquet),
            _ => Err(ExportError::Format(path.to_owned())),
        }
    }
}

/// A file that takes rows.
trait Sheet {
    /// Writes a row; its cells are in the order of the headings.
    fn write(&mut self, cells: &[Cell<'_>]) -> std::io::Result<()>;

    /// Writes what is left.
    fn finish(self: Box<Self>) -> std::io::Result<()>;
}

/// Which results of a study are written.
#[derive(Clone, Copy, Debug)]
pub enum Part<'p> {
    /// All.
    All,
    /// Those at these positions.
    Positions(&'p HashSet<u64>),
}

impl Part<'_> {
    fn holds(self, position: u64) -> bool {
        match self {
            Self::All => true,
            Self::Positions(positions) => positions.contains(&position),
        }
    }
}

/// Writes results of a study, in order of position, to a file whose name ends in `.csv`, `.jsonl`
/// or `.parquet`; how many they are. An existing file is only replaced if told so, and only by a
/// complete one.
///
/// # Errors
///
/// [`ExportError`]; no file is left behind then.
pub fn export(
    store: &Store,
    study: &StudyInfo,
    part: Part<'_>,
    path: &Path,
    overwrite: bool,
) -> Result<u64, ExportError> {
    let format = Format::of(path)?;
    if path.exists() && (!overwrite || path.is_dir()) {
        return Err(ExportError::Exists(path.to_owned()));
    }
    let failed = |source| ExportError::Write { path: path.to_owned(), source };
    let partial = partial(path);
    let written = File::create(&partial)
        .map_err(failed)
        .and_then(|file| write(store, study, (part, format), file, path))
        .and_then(|rows| std::fs::rename(&partial, path).map(|()| rows).map_err(failed));
    if written.is_err() {
        // The error that is returned says more than one about the file that is left.
        let _ = std::fs::remove_file(&partial);
    }
    written
}

fn partial(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".partial");
    PathBuf::from(name)
}

fn write(
    store: &Store,
    study: &StudyInfo,
    (part, format): (Part<'_>, Format),
    file: File,
    path: &Path,
) -> Result<u64, ExportError> {
    let failed = |source| ExportError::Write { path: path.to_owned(), source };
    let rows = store.rows(study)?;
    let names = store.score_names(study)?;
    let headings = Heading::all(&names);
    let mut sheet: Box<dyn Sheet> = match format {
        Format::Csv => Box::new(Csv::new(file, &headings).map_err(failed)?),
        Format::JsonLines => Box::new(JsonLines::new(file, &headings)),
        Format::Parquet => Box::new(Parquet::new(file, &headings).map_err(failed)?),
    };
    let mut written = 0;
    for row in rows {
        let row: Row = row?;
        if !part.holds(row.position) {
            continue;
        }
        let cells: Vec<Cell<'_>> =
            headings.iter().map(|heading| heading.cell(study, &row)).collect();
        sheet.write(&cells).map_err(failed)?;
        written += 1;
    }
    sheet.finish().map_err(failed)?;
    Ok(written)
}
