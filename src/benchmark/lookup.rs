//! One metric of a table in memory, by architecture.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use md5::{Digest, Md5};

use super::{
    BenchmarkError, BenchmarkRow, BenchmarkTable, ForeignTable, NEVER_CANCEL, ReadProgress, facts,
};
use crate::space::{Architecture, Space};
use crate::tabular::excerpt;

/// Architectures that are named of those that are counted.
const NAMED: usize = 5;
/// Rows after which a table is of another space if none of them is of this one.
const ROWS_TO_TELL: u64 = 1000;
/// The most architectures: 80 MB.
const MOST: usize = 1 << 21;
/// How many times the median a value is that is named.
const OUTLIER: f64 = 1e6;
/// Metrics that an error lists.
const LISTED: usize = 40;

/// One metric of a table, by architecture.
///
/// Architectures are distinguished by [`Architecture::identity`](crate::space::Architecture::identity),
/// so the order of a graph's vertices does not matter. If a table has hashes of NAS-Bench-101 or
/// indices instead of architectures, these are used.
#[derive(Clone, Debug)]
pub struct MetricLookup {
    space: Space,
    metric: String,
    values: HashMap<u128, f64>,
    /// Whether some architectures are known only by their NAS-Bench-101 hash.
    hashed: bool,
    /// Architectures by their NAS-Bench-101 hash, where rows have both.
    by_hash: HashMap<u128, Box<str>>,
    /// The smallest and the largest value so far, with their architectures.
    extremes: [(f64, String); 2],
    /// Rows that name an architecture by its index as text, which says little of their space.
    numbered: u64,
    report: LookupReport,
}

/// How many rows were used and ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LookupReport {
    /// Rows of the table.
    pub rows: u64,
    /// Different architectures with a value.
    pub values: u64,
    /// Different architectures without one.
    pub missing: u64,
    /// Rows of an architecture that came before; the first value counts.
    pub duplicates: NamedCount,
    /// Rows that name no architecture of the space.
    pub unknown: NamedCount,
    /// The largest and the smallest value, with their architectures, if they are far from all others.
    pub outliers: Vec<String>,
}

/// How many there are, with the first few.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct NamedCount {
    /// How many.
    pub count: u64,
    /// The first few by name.
    pub first: Vec<String>,
}

impl LookupReport {
    /// What of a table is not used, a line each.
    pub fn notices(&self, space: &str, metric: &str) -> Vec<String> {
        let listed = |counted: &NamedCount| {
            let more = if counted.count > NAMED as u64 { ", ..." } else { "" };
            format!("{}{more}", counted.first.join(", "))
        };
        let mut lines = Vec::new();
        let Self { duplicates, unknown, missing, .. } = self;
        if unknown.count > 0 {
            let (count, names) = (unknown.count, listed(unknown));
            lines.push(format!(
                "rows of the table that name no architecture of {space}: {count} ({names})"
            ));
        }
        if duplicates.count > 0 {
            let (count, names) = (duplicates.count, listed(duplicates));
            lines.push(format!(
                "rows of the table that repeat an earlier architecture and are ignored: {count} \
                 ({names})"
            ));
        }
        if *missing > 0 {
            lines.push(format!("architectures of the table without `{metric}`: {missing}"));
        }
        if !self.outliers.is_empty() {
            lines.push(format!(
                "values of `{metric}` that are more than {OUTLIER:e} times the median, and may be \
                 errors of the table: {}",
                self.outliers.join(", ")
            ));
        }
        lines
    }
}

impl NamedCount {
    /// Counts one more; its name is kept if it is among the first few.
    pub fn add(&mut self, name: &str) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(name.to_owned());
        }
    }

    fn add_row(&mut self, row: &BenchmarkRow) {
        // Names of rows are put together: only as many as are kept.
        let name = if self.first.len() < NAMED { row.name() } else { String::new() };
        self.add(&name);
    }
}

impl MetricLookup {
    /// Reads a metric of a table.
    ///
    /// # Errors
    ///
    /// [`BenchmarkError::Metric`] if there is no metric of that name, [`BenchmarkError::Space`] if no
    /// row names an architecture of the space, and any error in reading.
    pub fn new(
        table: &BenchmarkTable,
        space: &Space,
        metric: &str,
    ) -> Result<Self, BenchmarkError> {
        Self::watched(table, space, metric, NEVER_CANCEL)
    }

    /// The same, watched.
    ///
    /// # Errors
    ///
    /// As [`Self::new`], and [`BenchmarkError::Cancelled`].
    pub fn watched(
        table: &BenchmarkTable,
        space: &Space,
        metric: &str,
        watch: ReadProgress<'_>,
    ) -> Result<Self, BenchmarkError> {
        let mut lookup = Self {
            space: space.clone(),
            metric: metric.to_owned(),
            values: HashMap::new(),
            hashed: false,
            by_hash: HashMap::new(),
            extremes: [(f64::INFINITY, String::new()), (f64::NEG_INFINITY, String::new())],
            numbered: 0,
            report: LookupReport::default(),
        };
        let keys = ArchitectureKeys::new(space);
        let mut rows = table.rows(watch)?;
        let mut position = None;
        let mut reason = None;
        while let Some(row) = rows.next().transpose()? {
            position = position.or_else(|| rows.metrics().iter().position(|name| name == metric));
            lookup.report.rows += 1;
            match keys.of(&row) {
                Ok(key) => {
                    let text = row.architecture.as_bytes();
                    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
                    lookup.numbered += u64::from(is_number);
                    lookup.add(table, key, &row, position)?;
                }
                Err(why) => {
                    lookup.report.unknown.add_row(&row);
                    reason.get_or_insert(why);
                }
            }
            let is_told = lookup.report.rows == ROWS_TO_TELL && !rows.is_mixed();
            if is_told && lookup.is_foreign() {
                break;
            }
        }
        if lookup.is_foreign() {
            return Err(lookup.foreign(table, reason.unwrap_or_default()));
        }
        if position.is_none() {
            let why = rows.why_left_out(metric);
            return Err(no_metric(table, metric, rows.metrics(), why));
        }
        lookup.count();
        Ok(lookup)
    }

    fn add(
        &mut self,
        table: &BenchmarkTable,
        key: ArchitectureKey,
        row: &BenchmarkRow,
        position: Option<usize>,
    ) -> Result<(), BenchmarkError> {
        let value = position.and_then(|position| row.value(position)).unwrap_or(f64::NAN);
        let full = self.values.len() == MOST;
        self.hashed |= key.is_hash;
        if value < self.extremes[0].0 {
            self.extremes[0] = (value, row.name());
        }
        if value > self.extremes[1].0 {
            self.extremes[1] = (value, row.name());
        }
        if let Some(hash) = row.hash.as_ref().filter(|_| !key.is_hash && !full) {
            self.by_hash.entry(digest(hash)).or_insert_with(|| row.architecture.as_str().into());
        }
        match self.values.entry(key.digest) {
            Entry::Occupied(mut known) => {
                self.report.duplicates.add_row(row);
                if known.get().is_nan() {
                    known.insert(value);
                }
            }
            Entry::Vacant(_) if full => {
                return Err(BenchmarkError::Content {
                    path: table.path().to_owned(),
                    place: format!("row {}", self.report.rows),
                    problem: format!(
                        "there are more than {MOST} architectures, the most that are supported"
                    ),
                });
            }
            Entry::Vacant(free) => {
                free.insert(value);
            }
        }
        Ok(())
    }

    fn is_foreign(&self) -> bool {
        // A cell of NAS-Bench-101 is written `1`.
        let unknown = self.report.unknown.count;
        unknown > 0 && unknown + self.numbered == self.report.rows && unknown >= self.numbered
    }

    fn foreign(&self, table: &BenchmarkTable, reason: String) -> BenchmarkError {
        let example = self.report.unknown.first.first().cloned().unwrap_or_default();
        let spaces = facts::spaces(table, std::slice::from_ref(&example));
        let hint = match spaces.as_slice() {
            [] => "give the space of the table".to_owned(),
            spaces => format!("it may be one of {}", spaces.join(", ")),
        };
        BenchmarkError::Space(Box::new(ForeignTable {
            path: table.path().to_owned(),
            space: self.space.id().to_owned(),
            rows: self.report.rows,
            example: excerpt(&example),
            reason,
            hint,
        }))
    }

    fn count(&mut self) {
        let missing = self.values.values().filter(|value| value.is_nan()).count() as u64;
        self.report.missing = missing;
        self.report.values = self.values.len() as u64 - missing;
        let mut sizes: Vec<f64> = self.values().map(f64::abs).collect();
        let middle = sizes.len() / 2;
        if sizes.len() > 2 {
            let (_, &mut median, _) = sizes.select_nth_unstable_by(middle, f64::total_cmp);
            let is_far =
                |(value, _): &&(f64, String)| value.abs() > OUTLIER * median && median > 0.0;
            let outliers = self.extremes.iter().filter(is_far);
            self.report.outliers =
                outliers.map(|(value, name)| format!("{value:e} of {}", excerpt(name))).collect();
        }
    }

    /// The architecture with a hash of NAS-Bench-101; `None` if the table does not name both.
    pub fn architecture_of_hash(&self, hash: &str) -> Option<Architecture> {
        self.space.parse(self.by_hash.get(&digest(hash))?).ok()
    }

    /// The value of an architecture of the space; `None` if the table has none.
    pub fn get(&self, architecture: &Architecture) -> Option<f64> {
        let known = self.values.get(&digest(&architecture.identity()));
        let by_hash = || {
            let hash = self.hashed.then(|| architecture.benchmark_key())?;
            self.values.get(&digest(&hash))
        };
        known.or_else(by_hash).copied().filter(|value| !value.is_nan())
    }

    /// All values, in no order.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.values.values().copied().filter(|value| !value.is_nan())
    }

    /// The metric.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// The space.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// How many rows were used and ignored.
    pub fn report(&self) -> &LookupReport {
        &self.report
    }
}

/// What an architecture is found by.
struct ArchitectureKey {
    digest: u128,
    is_hash: bool,
}

/// Finds the keys of rows.
struct ArchitectureKeys<'s> {
    space: &'s Space,
    /// Whether NAS-Bench-101's hashes mean architectures of the space.
    takes_hashes: bool,
}

impl<'s> ArchitectureKeys<'s> {
    fn new(space: &'s Space) -> Self {
        // The hash numbers operations by their order.
        let takes_hashes = Space::builtin("nas-bench-101").is_ok_and(|benchmark| {
            space.topology() == benchmark.topology()
                && space.operation_names() == benchmark.operation_names()
        });
        Self { space, takes_hashes }
    }

    /// The key of a row, or why it names no architecture of the space.
    fn of(&self, row: &BenchmarkRow) -> Result<ArchitectureKey, String> {
        let by_identity = |architecture: Architecture| {
            let digest = digest(&architecture.identity());
            ArchitectureKey { digest, is_hash: false }
        };
        if !row.architecture.is_empty() {
            let parsed = self.space.parse_row(&row.architecture);
            return parsed.map(by_identity).map_err(|error| error.to_string());
        }
        if let Some(hash) = row.hash.as_ref().filter(|_| self.takes_hashes) {
            return Ok(ArchitectureKey { digest: digest(hash), is_hash: true });
        }
        let indexed = row.index.and_then(|index| self.space.from_index(index));
        indexed.map(by_identity).ok_or_else(|| match row.index {
            Some(index) => format!("the space has no index {index}"),
            None => "the space has no hashes".to_owned(),
        })
    }
}

/// 128 bits of a text.
fn digest(text: &str) -> u128 {
    u128::from_le_bytes(Md5::digest(text).into())
}

fn no_metric(
    table: &BenchmarkTable,
    metric: &str,
    names: &[String],
    why: Option<String>,
) -> BenchmarkError {
    let mut list = names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        list.push_str(", ...");
    }
    let hint = match (why, names) {
        (Some(why), _) => format!("its column is not one of numbers: {why}"),
        (None, []) => "it has no metrics at all".to_owned(),
        (None, _) => format!("it has {list}"),
    };
    BenchmarkError::Metric { path: table.path().to_owned(), metric: metric.to_owned(), hint }
}
