//! Benchmark tables: published accuracies of trained architectures, read in place.
//!
//! [`open`] detects the format of a file or folder. [`BenchmarkTable::rows`] streams its rows,
//! [`BenchmarkTable::facts`] counts them, and [`MetricLookup`] keeps one metric of all rows in memory.
//! Each format is one file here and one entry in [`ALL`]; `pickle` of [`crate::data`] reads formats
//! that contain Python pickles.
//!
//! The input may be any bytes: reading ends with rows or an error, without a panic and within 256 MiB
//! of memory. Where a file must be summarised before its first row (the trials of NAS-Bench-101, the
//! datasets of NAS-Bench-Suite-Zero), the summary is bounded too.

mod detect;
mod error;
mod facts;
mod input;
mod lookup;
mod metrics;
mod nas_bench_101;
mod nas_bench_201;
mod nas_bench_macro;
mod nats;
mod nds;
mod pickled;
mod suite_zero;
mod tabular_table;
mod torch;
mod transnas;
mod trials;

use std::path::{Path, PathBuf};

pub use error::{BenchmarkError, ForeignTable};
pub use facts::{BenchmarkFacts, MetricFacts};
pub use lookup::{LookupReport, MetricLookup, NamedCount};

use detect::FormatCandidate;
use metrics::MetricNames;

/// Every format, in the order in which they are tried.
pub const ALL: &[BenchmarkFormat] = &[
    nas_bench_101::FORMAT,
    nats::FORMAT,
    transnas::FORMAT,
    nas_bench_201::FORMAT,
    nas_bench_macro::FORMAT,
    tabular_table::JSON,
    nds::FORMAT,
    suite_zero::FORMAT,
    pickled::HW_NAS_BENCH,
    pickled::NAS_BENCH_301,
    tabular_table::PARQUET,
    tabular_table::WORKBOOK,
    tabular_table::CSV,
];

/// Called with the fraction of a table that has been read, from 0 to 1; returns whether to continue.
pub type ReadProgress<'w> = &'w dyn Fn(f64) -> bool;

/// Never stops early.
pub const NEVER_CANCEL: ReadProgress<'static> = &|_| true;

/// Opens a table and names the metrics it finds at its beginning.
type OpenTable = fn(&Path, &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError>;

/// A format of benchmark tables.
#[derive(Clone, Copy, Debug)]
pub struct BenchmarkFormat {
    /// Its name, for people.
    pub name: &'static str,
    /// The files it is in, for people.
    pub files: &'static str,
    /// Its metrics, described for people: names, units and averages.
    pub metrics: &'static str,
    detect: fn(&FormatCandidate<'_>) -> bool,
    open: OpenTable,
}

/// What every format can do once a table is open.
trait RowReader {
    /// The next row; its metrics may be new ones. `watch` is asked often enough to cancel within a
    /// second; where it says no, [`BenchmarkError::Cancelled`].
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError>;

    /// The data sets that the rows seen so far are about, as the table names them.
    fn datasets(&self) -> Vec<String>;

    /// Whether rows of one space stand behind many of another.
    fn is_mixed(&self) -> bool {
        false
    }

    /// The columns that hold numbers for the most part and are no metrics, each with its first cell
    /// that is not a number.
    fn left_out(&self) -> Vec<String> {
        Vec::new()
    }

    /// Why a column of that name is no metric, if there is one.
    fn why_left_out(&self, _metric: &str) -> Option<String> {
        None
    }
}

/// A table that can be read. It holds no data and no open file.
#[derive(Clone, Debug)]
pub struct BenchmarkTable {
    path: PathBuf,
    format: &'static BenchmarkFormat,
}

/// One architecture of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BenchmarkRow {
    /// The architecture in a notation that its space reads, or as the table writes it; empty where
    /// the table only numbers or hashes architectures.
    pub architecture: String,
    /// Its index in the order of the benchmark.
    pub index: Option<u64>,
    /// NAS-Bench-101's hash of its graph.
    pub hash: Option<String>,
    /// The values, by the position of their metric in [`BenchmarkRows::metrics`]. Missing values are
    /// NaN, or omitted at the end; all others are finite.
    pub values: Vec<f64>,
}

impl BenchmarkRow {
    /// The value at the position of a metric, if there is one.
    pub fn value(&self, metric: usize) -> Option<f64> {
        self.values.get(metric).copied().filter(|value| !value.is_nan())
    }

    /// Sets the value at the position of a metric.
    fn set(&mut self, metric: usize, value: f64) {
        if self.values.len() <= metric {
            self.values.resize(metric + 1, f64::NAN);
        }
        self.values[metric] = if value.is_finite() { value } else { f64::NAN };
    }

    /// The name of the architecture, as far as there is one, for messages.
    pub fn name(&self) -> String {
        match (self.architecture.is_empty(), &self.hash, self.index) {
            (true, Some(hash), _) => format!("hash {hash}"),
            (true, None, Some(index)) => format!("index {index}"),
            _ => self.architecture.clone(),
        }
    }
}

/// Detects the format of a file or folder from its content and name, and checks its beginning.
///
/// # Errors
///
/// [`BenchmarkError`] if it cannot be read, has an unknown format, or is damaged at its beginning.
pub fn open(path: &Path) -> Result<BenchmarkTable, BenchmarkError> {
    let format = detect::format(path)?;
    (format.open)(path, &mut MetricNames::default())?;
    Ok(BenchmarkTable { path: path.to_owned(), format })
}

impl BenchmarkTable {
    /// The file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its format.
    pub fn format(&self) -> &'static BenchmarkFormat {
        self.format
    }

    /// Reads the rows one by one.
    ///
    /// # Errors
    ///
    /// [`BenchmarkError`] if the file changed since it was opened; each row may be one as well.
    pub fn rows<'w>(&self, watch: ReadProgress<'w>) -> Result<BenchmarkRows<'w>, BenchmarkError> {
        let mut metrics = MetricNames::default();
        let reader = (self.format.open)(&self.path, &mut metrics)?;
        Ok(BenchmarkRows { reader, metrics, watch, ended: false })
    }

    /// Reads all rows and counts them.
    ///
    /// # Errors
    ///
    /// [`BenchmarkError`] with the place of what cannot be read.
    pub fn facts(&self, watch: ReadProgress<'_>) -> Result<BenchmarkFacts, BenchmarkError> {
        facts::count(self, watch)
    }
}

/// The rows of a table, in its order.
pub struct BenchmarkRows<'w> {
    reader: Box<dyn RowReader>,
    metrics: MetricNames,
    watch: ReadProgress<'w>,
    ended: bool,
}

impl BenchmarkRows<'_> {
    /// The names of the metrics found so far; later rows may append more.
    pub fn metrics(&self) -> &[String] {
        self.metrics.names()
    }

    /// The datasets found so far, as named by the table; empty if it does not name them.
    pub fn datasets(&self) -> Vec<String> {
        self.reader.datasets()
    }

    /// Whether rows of one space stand behind many of another.
    fn is_mixed(&self) -> bool {
        self.reader.is_mixed()
    }

    /// The columns that hold numbers for the most part and are no metrics, each with its first cell
    /// that is not a number.
    pub fn left_out(&self) -> Vec<String> {
        self.reader.left_out()
    }

    /// Why a column of that name is no metric, if there is one.
    pub fn why_left_out(&self, metric: &str) -> Option<String> {
        self.reader.why_left_out(metric)
    }
}

impl Iterator for BenchmarkRows<'_> {
    type Item = Result<BenchmarkRow, BenchmarkError>;

    /// The next row; nothing after the last one or an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.reader.next(&mut self.metrics, self.watch).transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
