//! Tables that grow row by row: CSV and JSON Lines.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Record;

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The name does not end in a known format.
    #[error("cannot tell the format of {}: give a name that ends in .csv or .jsonl", .0.display())]
    Format(PathBuf),
    /// The file is there already.
    #[error("{} exists: choose another name, or allow replacing it with --overwrite", .0.display())]
    Exists(PathBuf),
    /// The system refused.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Writes records as they come; every row is on its way to the disk before the next one is taken.
pub struct TableWriter {
    path: PathBuf,
    format: Format,
}

enum Format {
    Csv(Box<csv::Writer<File>>),
    JsonLines(BufWriter<File>),
}

impl TableWriter {
    /// Whether a table of that name could be created, as far as its name and existence tell.
    ///
    /// # Errors
    ///
    /// [`TableError::Format`] or [`TableError::Exists`].
    pub fn check(path: &Path, overwrite: bool) -> Result<(), TableError> {
        is_csv(path)?;
        if path.is_file() && !overwrite {
            return Err(TableError::Exists(path.to_owned()));
        }
        Ok(())
    }

    /// Creates a table; the format is told by the name's ending. A CSV table begins with its header.
    ///
    /// # Errors
    ///
    /// [`TableError`] if the ending is unknown, the file exists and may not be replaced, or it
    /// cannot be created.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, TableError> {
        let is_csv = is_csv(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        if !overwrite {
            options.create_new(true);
        }
        let file = options.open(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists if !path.is_dir() => {
                TableError::Exists(path.to_owned())
            }
            _ => TableError::Write { path: path.to_owned(), source },
        })?;
        let format = if is_csv {
            let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(file);
            let header = writer.write_record(Record::COLUMNS).map_err(std::io::Error::other);
            header
                .and_then(|()| writer.flush())
                .map_err(|source| TableError::Write { path: path.to_owned(), source })?;
            Format::Csv(Box::new(writer))
        } else {
            Format::JsonLines(BufWriter::new(file))
        };
        Ok(Self { path: path.to_owned(), format })
    }

    /// Appends a record and hands it to the system.
    ///
    /// # Errors
    ///
    /// [`TableError::Write`], for example when the disk is full.
    pub fn append(&mut self, record: &Record) -> Result<(), TableError> {
        let written = match &mut self.format {
            Format::Csv(writer) => writer
                .serialize(record)
                .map_err(std::io::Error::other)
                .and_then(|()| writer.flush()),
            Format::JsonLines(writer) => serde_json::to_writer(&mut *writer, record)
                .map_err(std::io::Error::from)
                .and_then(|()| writer.write_all(b"\n"))
                .and_then(|()| writer.flush()),
        };
        written.map_err(|source| TableError::Write { path: self.path.clone(), source })
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
