//! Tables that grow row by row: CSV and JSON Lines.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Record, run_table_columns};
use crate::output::{OutputError, OutputFile, check_output};

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The name does not end in a known format.
    #[error("cannot tell the format of {}: give a name that ends in .csv or .jsonl", .0.display())]
    Format(PathBuf),
    /// The file or its manifest could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Writes records as they come; every row is on its way to the disk before the next one is taken.
pub struct TableWriter {
    path: PathBuf,
    rows: TableRows,
}

enum TableRows {
    Csv(Box<csv::Writer<OutputFile>>),
    JsonLines(BufWriter<OutputFile>),
}

impl TableWriter {
    /// Whether a table of that name could be created, as far as its name and existence tell.
    ///
    /// # Errors
    ///
    /// [`TableError::Format`], or [`TableError::Output`] if it exists.
    pub fn check(path: &Path, overwrite: bool) -> Result<(), TableError> {
        is_csv(path)?;
        Ok(check_output(path, overwrite)?)
    }

    /// Creates a table; the format is told by the name's ending. A CSV table begins with its header.
    ///
    /// # Errors
    ///
    /// [`TableError`] if the ending is unknown, the file exists and may not be replaced, or it
    /// cannot be created.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, TableError> {
        let is_csv = is_csv(path)?;
        let file = OutputFile::stream(path, overwrite)?;
        let rows = if is_csv {
            let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(file);
            writer
                .write_record(run_table_columns().map(|column| column.name))
                .map_err(std::io::Error::from)
                .and_then(|()| writer.flush())
                .map_err(|error| OutputError::new(path, error))?;
            TableRows::Csv(Box::new(writer))
        } else {
            TableRows::JsonLines(BufWriter::new(file))
        };
        Ok(Self { path: path.to_owned(), rows })
    }

    /// Appends a record and hands it to the system.
    ///
    /// # Errors
    ///
    /// [`TableError::Output`], for example when the disk is full.
    pub fn append(&mut self, record: &Record) -> Result<(), TableError> {
        let written = match &mut self.rows {
            TableRows::Csv(writer) => {
                writer.serialize(record).map_err(std::io::Error::from).and_then(|()| writer.flush())
            }
            TableRows::JsonLines(writer) => serde_json::to_writer(&mut *writer, record)
                .map_err(std::io::Error::from)
                .and_then(|()| writer.write_all(b"\n"))
                .and_then(|()| writer.flush()),
        };
        written.map_err(|error| OutputError::new(&self.path, error).into())
    }
}

/// Whether a name is that of a CSV table rather than one of JSON Lines.
fn is_csv(path: &Path) -> Result<bool, TableError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "csv" => Ok(true),
        "jsonl" => Ok(false),
        _ => Err(TableError::Format(path.to_owned())),
    }
}
