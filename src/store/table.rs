//! Tables that grow row by row: CSV and JSON Lines.

use std::borrow::Cow;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Record, RecordRanks, manifest_path, run_table_columns};
use crate::format::spreadsheet_text;
use crate::output::{OutputError, OutputFile, check_output};
use crate::score::COMBINED;

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The name does not end in a known format.
    #[error("cannot tell the format of {}: give a name that ends in .csv or .jsonl", .0.display())]
    Format(PathBuf),
    /// It was written with the same options, but other images.
    #[error(
        "{} was written with the same options, but other images, and stays as it is (images-changed = \
         \"refuse\")",
        .0.display()
    )]
    ImagesChanged(PathBuf),
    /// The file or its manifest could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Writes records as they come; every row is on its way to the disk before the next one is taken.
pub struct TableWriter {
    path: PathBuf,
    rows: TableRows<OutputFile>,
    /// Columns of further scores, by name.
    further: Vec<&'static str>,
    /// The records so far, where a column awaits the last one.
    records: Vec<Record>,
}

/// Rows of one format; each is handed over as a whole.
struct TableRows<W: Write> {
    file: W,
    is_csv: bool,
}

/// A record with further columns.
#[derive(serde::Serialize)]
struct TableRow<'r> {
    #[serde(flatten)]
    record: &'r Record,
    #[serde(flatten)]
    further: FurtherColumns<'r>,
}

/// Further columns; empty where a value is not finite or not known.
struct FurtherColumns<'r> {
    names: &'r [&'static str],
    values: Vec<Option<f64>>,
}

impl Serialize for FurtherColumns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.names.len()))?;
        for (name, value) in self.names.iter().zip(&self.values) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl TableWriter {
    /// Whether a table of that name could be created, as far as its name and existence tell.
    ///
    /// # Errors
    ///
    /// [`TableError::Format`], or [`TableError::Output`] if it exists.
    pub fn check(path: &Path, overwrite: bool) -> Result<(), TableError> {
        is_csv(path)?;
        check_output(path, overwrite)?;
        // It is written with the table, and may be somebody else's.
        Ok(check_output(&manifest_path(path), overwrite)?)
    }

    /// Creates a table; the format is told by the name's ending. A CSV table begins with its header.
    /// `further` are scores that have columns of their names behind those of every table; that of the
    /// combined rank is empty until [`TableWriter::rank`].
    ///
    /// # Errors
    ///
    /// [`TableError`] if the ending is unknown, the file exists and may not be replaced, or it
    /// cannot be created.
    pub fn create(
        path: &Path,
        overwrite: bool,
        further: impl IntoIterator<Item = &'static str>,
    ) -> Result<Self, TableError> {
        Self::check(path, overwrite)?;
        let file = OutputFile::stream(path, overwrite)?;
        let further: Vec<&str> = further.into_iter().collect();
        let rows = TableRows::begin(path, file, &further)
            .map_err(|error| OutputError::new(path, error))?;
        Ok(Self { path: path.to_owned(), rows, further, records: Vec::new() })
    }

    /// Appends a record and hands it to the system.
    ///
    /// # Errors
    ///
    /// [`TableError::Output`], for example when the disk is full.
    pub fn append(&mut self, record: &Record) -> Result<(), TableError> {
        if self.further.contains(&COMBINED) {
            self.records.push(record.clone());
        }
        let written = self.rows.append(record, &self.further, None);
        let written = written.and_then(|()| self.rows.file.flush());
        written.map_err(|error| OutputError::new(&self.path, error).into())
    }

    /// Writes the combined rank of every record within a set into its column: the table is replaced as a
    /// whole, and takes no more records.
    ///
    /// # Errors
    ///
    /// [`TableError::Output`]; the table then is as it was.
    pub fn rank(&mut self, ranks: &RecordRanks) -> Result<(), TableError> {
        let mut file = OutputFile::create(&self.path, true)?;
        let written = (|| {
            let mut rows = TableRows::begin(&self.path, BufWriter::new(&mut file), &self.further)?;
            for record in &self.records {
                rows.append(record, &self.further, Some(ranks.combined(record)))?;
            }
            rows.file.flush()
        })();
        written.map_err(|error| OutputError::new(&self.path, error))?;
        Ok(file.commit()?)
    }
}

impl<W: Write> TableRows<W> {
    fn begin(path: &Path, file: W, further: &[&str]) -> std::io::Result<Self> {
        let mut rows = Self { file, is_csv: is_csv(path).unwrap_or_default() };
        if rows.is_csv {
            let names =
                run_table_columns().map(|column| column.name).chain(further.iter().copied());
            rows.append_csv(|writer| writer.write_record(names))?;
        }
        Ok(rows)
    }

    fn append(
        &mut self,
        record: &Record,
        names: &[&'static str],
        combined: Option<f64>,
    ) -> std::io::Result<()> {
        let value = |name: &&str| match *name {
            COMBINED => combined,
            name => record.scores.get(name).copied(),
        };
        let values: Vec<Option<f64>> =
            names.iter().map(value).map(|value| value.filter(|v| v.is_finite())).collect();
        if self.is_csv {
            return self
                .append_csv(|writer| writer.serialize((&spreadsheet_record(record), values)));
        }
        let further = FurtherColumns { names, values };
        let mut line = serde_json::to_vec(&TableRow { record, further })?;
        line.push(b'\n');
        self.file.write_all(&line)
    }

    fn append_csv(
        &mut self,
        write: impl FnOnce(&mut csv::Writer<&mut Vec<u8>>) -> csv::Result<()>,
    ) -> std::io::Result<()> {
        let mut line = Vec::new();
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(&mut line);
        write(&mut writer)?;
        writer.flush()?;
        drop(writer);
        self.file.write_all(&line)
    }
}

/// A record whose texts are no formulas in a spreadsheet.
fn spreadsheet_record(record: &Record) -> Cow<'_, Record> {
    let texts = [&record.architecture, &record.device, &record.driver];
    let is_plain = |text: &String| matches!(spreadsheet_text(text), Cow::Borrowed(_));
    if texts.into_iter().chain(&record.message).all(is_plain) {
        return Cow::Borrowed(record);
    }
    let safe = |text: &String| spreadsheet_text(text).into_owned();
    Cow::Owned(Record {
        architecture: safe(&record.architecture),
        device: safe(&record.device),
        driver: safe(&record.driver),
        message: record.message.as_ref().map(safe),
        ..record.clone()
    })
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
