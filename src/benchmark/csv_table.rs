//! Comma-separated tables with a header and one architecture per line.
//!
//! Architectures are in a column `architecture`, `arch` or `arch_str`, or otherwise in the two columns
//! `adjacency` and `operations`; a column `index` or `hash` is accepted as well. A column is a metric
//! if its first [`SAMPLE_ROWS`] rows contain only numbers and empty cells, and its first value is a
//! number; other columns are ignored.

use std::collections::VecDeque;
use std::io::BufRead;
use std::path::Path;

use ::csv::{Reader as Csv, ReaderBuilder, StringRecord};

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::input::{BytesRead, ReadAllowance, TableStream};
use super::metrics::MetricNames;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};

pub(super) const FORMAT: BenchmarkFormat = BenchmarkFormat {
    name: "CSV",
    files: "NAME.csv or NAME.csv.gz with a header",
    metrics: "every column of numbers, under its own name",
    detect,
    open,
};

/// Rows that decide which columns are metrics.
const SAMPLE_ROWS: usize = 100;
/// The longest row, and the largest buffer of the reader.
const ROW_BYTES: usize = 1 << 18;
/// The most columns.
const MOST_COLUMNS: usize = 8192;
/// Rows between two questions whether to go on.
const WATCHED_ROWS: u64 = 256;

/// Names of the column that holds architectures.
const ARCHITECTURES: [&str; 3] = ["architecture", "arch_str", "arch"];
/// Names of columns that are no metrics though they may hold numbers.
const KEYS: [&str; 7] =
    ["architecture", "arch_str", "arch", "index", "hash", "adjacency", "operations"];

fn detect(candidate: &FormatCandidate<'_>) -> bool {
    let first_line = candidate.head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let header = std::str::from_utf8(first_line).unwrap_or_default();
    let has_key = header.split(',').any(|name| KEYS.contains(&plain(name).as_str()));
    !candidate.is_folder && (candidate.name.ends_with(".csv") || has_key)
}

/// A column's name as it is compared.
fn plain(name: &str) -> String {
    name.trim_start_matches('\u{feff}').trim().trim_matches('"').to_lowercase()
}

/// Where things stand in a row.
struct CsvColumns {
    architecture: Option<usize>,
    /// Adjacency matrix and operations, if the architecture stands there.
    parts: Option<(usize, usize)>,
    index: Option<usize>,
    hash: Option<usize>,
    /// Columns of metrics, and their positions.
    metrics: Vec<(usize, usize)>,
    /// Columns that held nothing so far.
    empty: Vec<usize>,
}

struct CsvTable {
    origin: TableOrigin,
    rows: Csv<ReadAllowance<Box<dyn BufRead>>>,
    progress: BytesRead,
    header: Vec<String>,
    columns: CsvColumns,
    /// Rows that were read ahead.
    ahead: VecDeque<StringRecord>,
    /// Rows that were handed out.
    count: u64,
}

fn open(path: &Path, metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    let TableStream { reader, progress } =
        TableStream::open(path).map_err(|error| origin.read(error))?;
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).buffer_capacity(1 << 16);
    let rows = builder.from_reader(ReadAllowance::new(reader));
    let columns = CsvColumns {
        architecture: None,
        parts: None,
        index: None,
        hash: None,
        metrics: vec![],
        empty: vec![],
    };
    let (header, ahead) = (Vec::new(), VecDeque::new());
    let mut table = CsvTable { origin, rows, progress, header, columns, ahead, count: 0 };
    table.begin(metrics)?;
    Ok(Box::new(table))
}

impl CsvTable {
    /// Reads the header and the first rows.
    fn begin(&mut self, metrics: &mut MetricNames) -> Result<(), BenchmarkError> {
        let header = self.record()?.unwrap_or_default();
        if header.len() > MOST_COLUMNS {
            let problem = format!("has {} columns, at most {MOST_COLUMNS} are read", header.len());
            return Err(self.origin.wrong("line 1", problem));
        }
        self.header =
            header.iter().map(|name| name.trim_matches(['\u{feff}', ' ']).to_owned()).collect();
        while self.ahead.len() < SAMPLE_ROWS
            && let Some(record) = self.record()?
        {
            self.ahead.push_back(record);
        }
        self.find_columns(metrics)
    }

    fn find_columns(&mut self, known: &mut MetricNames) -> Result<(), BenchmarkError> {
        let names: Vec<String> = self.header.iter().map(|name| plain(name)).collect();
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let architecture = ARCHITECTURES.iter().find_map(|name| find(name));
        let parts = find("adjacency").zip(find("operations")).filter(|_| architecture.is_none());
        let (index, hash) = (find("index"), find("hash"));
        if architecture.is_none() && parts.is_none() && index.is_none() && hash.is_none() {
            let problem = format!(
                "no column names the architectures: name one architecture, arch, arch_str, index \
                 or hash; the columns are {}",
                excerpt(&self.header.join(", "))
            );
            return Err(self.origin.wrong("line 1", problem));
        }
        let (metrics, empty) = (Vec::new(), Vec::new());
        self.columns = CsvColumns { architecture, parts, index, hash, metrics, empty };
        for column in (0..names.len()).filter(|&column| !KEYS.contains(&names[column].as_str())) {
            let cells = self.ahead.iter().filter_map(|record| record.get(column));
            let numbers: Option<Vec<f64>> = cells.map(number).collect();
            match numbers {
                None => {}
                Some(numbers) if numbers.iter().all(|number| number.is_nan()) => {
                    self.columns.empty.push(column);
                }
                Some(_) => self.add_metric(column, known)?,
            }
        }
        Ok(())
    }

    /// Makes a column a metric.
    fn add_metric(&mut self, column: usize, known: &mut MetricNames) -> Result<(), BenchmarkError> {
        let place = format!("line 1, column {}", column + 1);
        let name = &self.header[column];
        if known.names().contains(name) {
            let problem =
                format!("a second column `{}`: give columns different names", excerpt(name));
            return Err(self.origin.wrong(place, problem));
        }
        let position = known.position(name).map_err(|problem| self.origin.wrong(place, problem))?;
        self.columns.metrics.push((column, position));
        Ok(())
    }

    /// Looks whether columns that held nothing so far do in a row.
    fn fill_empty(
        &mut self,
        record: &StringRecord,
        known: &mut MetricNames,
    ) -> Result<(), BenchmarkError> {
        let cell = |column: &usize| number(record.get(*column).unwrap_or_default());
        let is_empty = |column: &usize| cell(column).is_some_and(f64::is_nan);
        if self.columns.empty.iter().all(is_empty) {
            return Ok(());
        }
        let (empty, filled): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.columns.empty).into_iter().partition(is_empty);
        self.columns.empty = empty;
        let numeric = filled.into_iter().filter(|column| cell(column).is_some());
        numeric.into_iter().try_for_each(|column| self.add_metric(column, known))
    }

    fn record(&mut self) -> Result<Option<StringRecord>, BenchmarkError> {
        let mut record = StringRecord::new();
        self.rows.get_mut().allow(ROW_BYTES);
        let place = self.rows.position().line();
        match self.rows.read_record(&mut record) {
            Ok(true) => Ok(Some(record)),
            Ok(false) => Ok(None),
            Err(error) => Err(match error.into_kind() {
                ::csv::ErrorKind::Io(error) => {
                    self.origin.wrong(format!("line {place}"), format!("cannot be read: {error}"))
                }
                ::csv::ErrorKind::Utf8 { .. } => {
                    let problem = "is not UTF-8 text: save the table in that encoding";
                    self.origin.wrong(format!("line {place}"), problem)
                }
                _ => self.origin.wrong(format!("line {place}"), "is not a row of a CSV table"),
            }),
        }
    }

    fn row(&self, record: &StringRecord) -> Result<BenchmarkRow, BenchmarkError> {
        let cell = |column: usize| record.get(column).unwrap_or_default().trim();
        let text = |column: Option<usize>| column.map(cell).filter(|text| !text.is_empty());
        let architecture = match self.columns.parts {
            Some((adjacency, operations)) => format!("{}:{}", cell(adjacency), cell(operations)),
            None => text(self.columns.architecture).unwrap_or_default().to_owned(),
        };
        let hash = text(self.columns.hash).map(str::to_owned);
        let index = match text(self.columns.index) {
            Some(index) => Some(index.parse().map_err(|_| self.no(record, "index", index))?),
            None => None,
        };
        if architecture.is_empty() && hash.is_none() && index.is_none() {
            return Err(self.no(record, "architecture", ""));
        }
        let mut row = BenchmarkRow { architecture, index, hash, values: Vec::new() };
        for &(column, metric) in &self.columns.metrics {
            let value = number(cell(column))
                .ok_or_else(|| self.no(record, &self.header[column], cell(column)))?;
            row.set(metric, value);
        }
        Ok(row)
    }

    /// A cell holds what its column does not take.
    fn no(&self, record: &StringRecord, column: &str, cell: &str) -> BenchmarkError {
        let line = record.position().map_or(0, ::csv::Position::line);
        let place = format!("line {line}, column {}", excerpt(column));
        let problem = match cell {
            "" => "is empty: every row names an architecture".to_owned(),
            cell => format!(
                "`{}` is not a number, unlike in the rows before: correct it",
                excerpt(cell)
            ),
        };
        self.origin.wrong(place, problem)
    }
}

impl RowReader for CsvTable {
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError> {
        if self.count.is_multiple_of(WATCHED_ROWS) && !watch(self.progress.share()) {
            return Err(BenchmarkError::Cancelled);
        }
        self.count += 1;
        let record = match self.ahead.pop_front() {
            Some(record) => Some(record),
            None => self.record()?,
        };
        let Some(record) = record else { return Ok(None) };
        self.fill_empty(&record, metrics)?;
        self.row(&record).map(Some)
    }

    fn datasets(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The number in a cell; NaN where it holds nothing.
fn number(cell: &str) -> Option<f64> {
    match cell.trim() {
        "" | "None" | "none" | "null" | "NA" => Some(f64::NAN),
        text => text.parse().ok(),
    }
}

/// At most the first characters of a text that goes into a message.
fn excerpt(text: &str) -> String {
    super::detect::excerpt(text)
}
