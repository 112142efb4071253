//! Tables that people made: CSV and its relatives, JSON, Parquet and workbooks, with one architecture
//! in each row.
//!
//! Architectures are in a column `architecture`, `arch` or `arch_str`, or otherwise in the two columns
//! `adjacency` and `operations`; a column `index` or `hash` is accepted as well. A column is a metric
//! if its first [`SAMPLE_ROWS`] rows contain only numbers and cells without a value; other columns are
//! left out, and why is told to those who ask for them.

use std::collections::VecDeque;
use std::path::Path;

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::metrics::MetricNames;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};
use crate::input::InputKind;
use crate::tabular::{
    self, ArchiveContent, CellNumber, KEY_NAMES, KeyColumns, NumberStyle, RowPlace, StyleEvidence,
    Table, TableRow, TabularError, TabularFormat, excerpt, number,
};

const METRICS: &str = "every column of numbers, under its own name";

pub(super) const CSV: BenchmarkFormat = BenchmarkFormat {
    name: "CSV",
    files: "NAME.csv or NAME.tsv with a header",
    metrics: METRICS,
    detect: |candidate| {
        let is_named = [".csv", ".tsv", ".tab"].iter().any(|end| candidate.name.ends_with(end));
        // An archive of several files is told to be one where it is opened.
        if matches!(candidate.archive, Some(ArchiveContent::Files(_))) {
            return true;
        }
        let is_text = !candidate.is_folder && is(candidate, TabularFormat::Delimited);
        is_text
            && (is_named || tabular::names_architectures(&candidate.head, TabularFormat::Delimited))
    },
    open,
};

pub(super) const JSON: BenchmarkFormat = BenchmarkFormat {
    name: "JSON",
    files: "NAME.jsonl or NAME.json with an object for each architecture",
    metrics: METRICS,
    detect: |candidate| {
        let is_named = [".jsonl", ".ndjson"].iter().any(|end| candidate.name.ends_with(end));
        let is_json = !candidate.is_folder && is(candidate, TabularFormat::Json);
        is_json && (is_named || tabular::names_architectures(&candidate.head, TabularFormat::Json))
    },
    open,
};

pub(super) const PARQUET: BenchmarkFormat = BenchmarkFormat {
    name: "Parquet",
    files: "NAME.parquet",
    metrics: METRICS,
    detect: |candidate| is(candidate, TabularFormat::Parquet),
    open,
};

pub(super) const WORKBOOK: BenchmarkFormat = BenchmarkFormat {
    name: "Excel workbook",
    files: "NAME.xlsx",
    metrics: METRICS,
    detect: |candidate| is(candidate, TabularFormat::Workbook),
    open,
};

/// Rows that decide which columns are metrics.
const SAMPLE_ROWS: usize = 100;
/// The most memory of them.
const SAMPLE_BYTES: usize = 16 << 20;
/// Rows between two questions whether to go on.
const WATCHED_ROWS: u64 = 256;
/// Columns that are left out and remembered.
const MOST_LEFT_OUT: usize = 4096;

fn is(candidate: &FormatCandidate<'_>, format: TabularFormat) -> bool {
    TabularFormat::detect(&candidate.head, candidate.archive.as_ref()) == format
}

/// A column of numbers.
struct MetricColumn {
    column: usize,
    /// Its position among the metrics.
    metric: usize,
    style: NumberStyle,
}

/// A column that is no metric.
struct LeftOutColumn {
    name: String,
    /// The first cell that is not a number, and where it is.
    problem: String,
    /// Whether most of its cells are numbers.
    is_nearly_numeric: bool,
}

struct TabularTable {
    origin: TableOrigin,
    table: Table,
    keys: KeyColumns,
    metrics: Vec<MetricColumn>,
    /// Columns that held nothing so far.
    empty: Vec<usize>,
    left_out: Vec<LeftOutColumn>,
    /// Columns that were looked at.
    columns: usize,
    /// How the columns write their numbers.
    evidence: StyleEvidence,
    /// Rows that were read ahead.
    ahead: VecDeque<TableRow>,
    /// Rows that were handed out.
    count: u64,
}

fn open(path: &Path, metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    let table = Table::open(path, InputKind::BenchmarkTable);
    let table = table.map_err(|error| located(&origin, error))?;
    let mut table = TabularTable {
        origin,
        table,
        keys: KeyColumns::default(),
        metrics: Vec::new(),
        empty: Vec::new(),
        left_out: Vec::new(),
        columns: 0,
        evidence: StyleEvidence::default(),
        ahead: VecDeque::new(),
        count: 0,
    };
    table.begin(metrics)?;
    Ok(Box::new(table))
}

fn located(origin: &TableOrigin, error: TabularError) -> BenchmarkError {
    match error {
        TabularError::Read(error) => origin.read(error),
        TabularError::Content { place, problem } => origin.wrong(place, problem),
    }
}

/// What the first rows say of a column.
struct ColumnSample<'r> {
    cells: Vec<(RowPlace, &'r str)>,
    evidence: StyleEvidence,
    /// The first cell that is not a number.
    text: Option<(RowPlace, &'r str)>,
    numbers: usize,
}

impl<'r> ColumnSample<'r> {
    fn new(rows: impl Iterator<Item = &'r TableRow>, column: usize) -> Self {
        let cell =
            |row: &'r TableRow| (row.place, row.cells.get(column).map_or("", String::as_str));
        let cells: Vec<_> = rows.map(cell).collect();
        let (mut evidence, mut text, mut numbers) = (StyleEvidence::default(), None, 0);
        for &(place, cell) in &cells {
            match evidence.add(cell) {
                true => numbers += 1,
                false => text = text.or(Some((place, cell))),
            }
        }
        Self { cells, evidence, text, numbers }
    }

    /// The style of the column and whether it holds a number, or what is wrong with it.
    fn style(&self, all: StyleEvidence) -> Result<(NumberStyle, bool), String> {
        let style = self.evidence.style(all);
        let mut is_filled = false;
        // What is no number in any style is the clearest to tell.
        for &(place, cell) in self.text.iter().chain(&self.cells) {
            match number(cell, style) {
                Ok(CellNumber::Missing) => {}
                Ok(CellNumber::Value(_)) => is_filled = true,
                Err(fault) => return Err(format!("{place}: {}", fault.describe(cell))),
            }
        }
        Ok((style, is_filled))
    }
}

impl TabularTable {
    /// Reads the first rows and finds what the columns are.
    fn begin(&mut self, known: &mut MetricNames) -> Result<(), BenchmarkError> {
        let mut bytes = 0;
        while self.ahead.len() < SAMPLE_ROWS
            && bytes < SAMPLE_BYTES
            && let Some(row) = self.read()?
        {
            bytes += row.cells.iter().map(|cell| cell.len() + size_of::<String>()).sum::<usize>();
            self.ahead.push_back(row);
        }
        self.find_keys()?;
        let header = self.table.header().to_vec();
        self.columns = header.len();
        let rows = std::mem::take(&mut self.ahead);
        let samples: Vec<(usize, ColumnSample<'_>)> = (0..header.len())
            .filter(|&column| is_candidate(&header[column]))
            .map(|column| (column, ColumnSample::new(rows.iter(), column)))
            .collect();
        for (_, sample) in samples.iter().filter(|(_, sample)| sample.text.is_none()) {
            self.evidence = self.evidence.with(sample.evidence);
        }
        for (column, sample) in &samples {
            match sample.style(self.evidence) {
                Ok((style, true)) => self.add_metric(*column, style, known)?,
                Ok((_, false)) => self.empty.push(*column),
                Err(problem) => {
                    let is_nearly_numeric = 2 * sample.numbers > sample.cells.len();
                    self.leave_out(&header[*column], problem, is_nearly_numeric);
                }
            }
        }
        drop(samples);
        self.ahead = rows;
        Ok(())
    }

    fn read(&mut self) -> Result<Option<TableRow>, BenchmarkError> {
        self.table.next_row().map_err(|error| located(&self.origin, error))
    }

    fn find_keys(&mut self) -> Result<(), BenchmarkError> {
        let header = self.table.header();
        self.keys = KeyColumns::find(header).ok_or_else(|| {
            let names: Vec<&str> =
                header.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
            let problem = format!(
                "no column names the architectures: name one {KEY_NAMES}; the columns are {}",
                excerpt(&names.join(", "))
            );
            self.origin.wrong("line 1", problem)
        })?;
        Ok(())
    }

    /// Makes a column a metric.
    fn add_metric(
        &mut self,
        column: usize,
        style: NumberStyle,
        known: &mut MetricNames,
    ) -> Result<(), BenchmarkError> {
        let place = format!("line 1, column {}", column + 1);
        let name = &self.table.header()[column];
        if known.names().contains(name) {
            let problem =
                format!("a second column `{}`: give columns different names", excerpt(name));
            return Err(self.origin.wrong(place, problem));
        }
        let metric = known.position(name).map_err(|problem| self.origin.wrong(place, problem))?;
        self.metrics.push(MetricColumn { column, metric, style });
        Ok(())
    }

    fn leave_out(&mut self, name: &str, problem: String, is_nearly_numeric: bool) {
        if self.left_out.len() < MOST_LEFT_OUT {
            self.left_out.push(LeftOutColumn { name: name.to_owned(), problem, is_nearly_numeric });
        }
    }

    /// Looks whether columns that held nothing so far do in a row, and at new columns.
    fn fill_empty(
        &mut self,
        row: &TableRow,
        known: &mut MetricNames,
    ) -> Result<(), BenchmarkError> {
        let columns = self.table.header().len();
        if columns > self.columns {
            let new = (self.columns..columns)
                .filter(|&column| is_candidate(&self.table.header()[column]));
            self.empty.extend(new);
            self.columns = columns;
            self.find_keys()?;
        }
        let cell = |column: usize| row.cells.get(column).map_or("", String::as_str);
        let is_empty = |column: &usize| {
            cell(*column).is_empty()
                || number(cell(*column), NumberStyle::default()) == Ok(CellNumber::Missing)
        };
        if self.empty.iter().all(is_empty) {
            return Ok(());
        }
        let (empty, filled): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.empty).into_iter().partition(is_empty);
        self.empty = empty;
        for column in filled {
            let sample = ColumnSample::new(std::iter::once(row), column);
            match sample.style(self.evidence) {
                Ok((style, _)) => self.add_metric(column, style, known)?,
                Err(problem) => {
                    let name = self.table.header()[column].clone();
                    self.leave_out(&name, problem, false);
                }
            }
        }
        Ok(())
    }

    fn row(&self, row: &TableRow) -> Result<BenchmarkRow, BenchmarkError> {
        let wrong = |column: &str, problem: String| {
            self.origin.wrong(format!("{}, column {}", row.place, excerpt(column)), problem)
        };
        let architecture = self.keys.architecture(&row.cells);
        let hash = self.keys.hash(&row.cells).map(str::to_owned);
        let is_named = !architecture.is_empty() || hash.is_some();
        let index = match self.keys.index(&row.cells) {
            Ok(index) => index,
            Err(_) if is_named => None,
            Err(text) => {
                let text = excerpt(text);
                let problem = format!("`{text}` is not a number: give the index of the benchmark");
                return Err(wrong("index", problem));
            }
        };
        if !is_named && index.is_none() {
            let problem = "is empty: every row names an architecture".to_owned();
            return Err(wrong("architecture", problem));
        }
        let mut found = BenchmarkRow { architecture, index, hash, values: Vec::new() };
        for MetricColumn { column, metric, style } in &self.metrics {
            let cell = row.cells.get(*column).map_or("", String::as_str);
            let value = number(cell, *style)
                .map_err(|fault| wrong(&self.table.header()[*column], fault.describe(cell)))?;
            found.set(*metric, value.or_nan());
        }
        Ok(found)
    }
}

/// Whether a column of that name may be a metric. pandas writes an index without a name, and reads it
/// as `Unnamed: 0`.
fn is_candidate(name: &str) -> bool {
    let plain = tabular::plain_name(name);
    !plain.is_empty() && !plain.starts_with("unnamed: ") && !tabular::is_key(&plain)
}

impl RowReader for TabularTable {
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError> {
        if self.count.is_multiple_of(WATCHED_ROWS) && !watch(self.table.progress().share()) {
            return Err(BenchmarkError::Cancelled);
        }
        self.count += 1;
        let row = match self.ahead.pop_front() {
            Some(row) => Some(row),
            None => self.read()?,
        };
        let Some(row) = row else { return Ok(None) };
        self.fill_empty(&row, metrics)?;
        self.row(&row).map(Some)
    }

    fn datasets(&self) -> Vec<String> {
        Vec::new()
    }

    fn left_out(&self) -> Vec<String> {
        let columns = self.left_out.iter().filter(|column| column.is_nearly_numeric);
        columns.map(|column| format!("{}: {}", excerpt(&column.name), column.problem)).collect()
    }

    fn why_left_out(&self, metric: &str) -> Option<String> {
        let column = self.left_out.iter().find(|column| column.name == metric)?;
        Some(column.problem.clone())
    }
}
