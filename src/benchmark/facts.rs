//! What a table contains.

use super::{BenchmarkError, BenchmarkTable, ReadProgress};
use crate::space::Space;

/// Architectures by which the space is guessed.
const GUESSED_BY: usize = 16;
/// The most data sets of a table.
const MOST_DATASETS: usize = 64;

/// The contents of a table.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct BenchmarkFacts {
    /// The name of its format.
    pub format: &'static str,
    /// The built-in spaces that read its first architectures, the likeliest first.
    pub spaces: Vec<String>,
    /// Its architectures, each row counted.
    pub rows: u64,
    /// The data sets that it is about, as it names them.
    pub datasets: Vec<String>,
    /// Its metrics, in its order.
    pub metrics: Vec<MetricFacts>,
    /// Columns that hold numbers for the most part and are no metrics, each with its first cell that is
    /// not a number.
    pub left_out: Vec<String>,
}

/// The values of a metric.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct MetricFacts {
    /// Its name.
    pub name: String,
    /// Rows that have a value.
    pub count: u64,
    /// Rows without a value.
    pub missing: u64,
    /// The smallest value.
    pub min: Option<f64>,
    /// The largest value.
    pub max: Option<f64>,
}

/// Count, smallest and largest value.
#[derive(Clone, Copy)]
struct MetricRange(u64, f64, f64);

impl MetricRange {
    const EMPTY: Self = Self(0, f64::INFINITY, f64::NEG_INFINITY);

    fn add(&mut self, value: f64) {
        *self = Self(self.0 + 1, self.1.min(value), self.2.max(value));
    }
}

pub(super) fn count(
    table: &BenchmarkTable,
    watch: ReadProgress<'_>,
) -> Result<BenchmarkFacts, BenchmarkError> {
    let mut rows = table.rows(watch)?;
    let (mut first, mut ranges) = (Vec::new(), Vec::new());
    let mut count = 0;
    while let Some(row) = rows.next().transpose()? {
        count += 1;
        ranges.resize(rows.metrics().len(), MetricRange::EMPTY);
        for (position, range) in ranges.iter_mut().enumerate() {
            if let Some(value) = row.value(position) {
                range.add(value);
            }
        }
        if first.len() < GUESSED_BY && !row.architecture.is_empty() {
            first.push(row.architecture);
        }
    }
    ranges.resize(rows.metrics().len(), MetricRange::EMPTY);
    let metric = |(name, range): (&String, &MetricRange)| MetricFacts {
        name: name.clone(),
        count: range.0,
        missing: count - range.0,
        min: Some(range.1).filter(|_| range.0 > 0),
        max: Some(range.2).filter(|_| range.0 > 0),
    };
    let mut datasets = rows.datasets();
    datasets.truncate(MOST_DATASETS);
    Ok(BenchmarkFacts {
        format: table.format().name,
        spaces: spaces(table, &first),
        rows: count,
        datasets,
        metrics: rows.metrics().iter().zip(&ranges).map(metric).collect(),
        left_out: rows.left_out(),
    })
}

/// The ids of the built-in spaces that read all of some architectures. The Network Design Spaces share
/// a notation: the one that the file is named after comes first.
pub(super) fn spaces(table: &BenchmarkTable, architectures: &[String]) -> Vec<String> {
    if architectures.is_empty() {
        return Vec::new();
    }
    // Digits are the notation of some spaces, and would be an index in others.
    let is_read = |space: &Space, text: &String| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        space.parse_row(text).is_ok_and(|read| !is_number || read.to_string() == *text)
    };
    let reads = |space: &Space| architectures.iter().all(|text| is_read(space, text));
    let found = Space::builtins().unwrap_or_default().into_iter().filter(reads);
    let mut ids: Vec<String> = found.map(|space| space.id().to_owned()).collect();
    let stem = table.path().file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let named = format!("nds-{}", stem.replace("_in", "-imagenet").replace('_', "-"));
    ids.sort_by_key(|id| *id != named);
    ids
}
