//! NAS-Bench-Macro (Su et al., CVPR 2021): `nas-bench-macro_cifar10.json`, an object with the results of
//! every architecture under its digits.

use std::io::BufRead;
use std::path::Path;

use serde_json::{Map, Value};

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::input;
use super::metrics::MetricNames;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};
use crate::tabular::{BytesRead, JsonFault, JsonPieces, UnpackedFile, wrong};

pub(super) const FORMAT: BenchmarkFormat = BenchmarkFormat {
    name: "NAS-Bench-Macro",
    files: "nas-bench-macro_cifar10.json",
    metrics: "mean_acc, std, test_acc.1 to test_acc.3 (percent), params, flops",
    detect,
    open,
};

/// What every architecture has.
const MEAN: &str = "mean_acc";
/// The longest object of an architecture.
const MAX_BYTES: usize = 1 << 14;
/// The longest architecture.
const MAX_DIGITS: usize = 64;
/// Architectures between two questions whether to go on.
const WATCHED: u64 = 256;

fn detect(candidate: &FormatCandidate<'_>) -> bool {
    let mut pieces = JsonPieces::new(candidate.head.as_slice(), MAX_BYTES);
    let mut look = || -> Result<bool, JsonFault> {
        if !pieces.enter(b'{')? || !pieces.more(true, b'}')? || !is_architecture(&pieces.key()?) {
            return Ok(false);
        }
        let results: Option<Value> = serde_json::from_slice(pieces.value()?).ok();
        Ok(results.is_some_and(|results| results.get(MEAN).is_some()))
    };
    look().unwrap_or(false)
}

fn is_architecture(key: &str) -> bool {
    (1..=MAX_DIGITS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit())
}

struct NasBenchMacro {
    origin: TableOrigin,
    pieces: JsonPieces<Box<dyn BufRead>>,
    progress: BytesRead,
    rows: u64,
    ended: bool,
}

fn open(path: &Path, _metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    let UnpackedFile { reader, progress, .. } =
        input::open(path).map_err(|error| origin.read(error))?;
    let pieces = JsonPieces::new(reader, MAX_BYTES);
    Ok(Box::new(NasBenchMacro { origin, pieces, progress, rows: 0, ended: false }))
}

impl NasBenchMacro {
    fn read(&mut self, metrics: &mut MetricNames) -> Result<Option<BenchmarkRow>, JsonFault> {
        if self.rows == 0 && !self.pieces.enter(b'{')? {
            return Err(wrong("an object of architectures is missing"));
        }
        if self.ended || !self.pieces.more(self.rows == 0, b'}')? {
            self.ended = true;
            return Ok(None);
        }
        let architecture = self.pieces.key()?;
        if !is_architecture(&architecture) {
            return Err(wrong("a key is not the digits of an architecture"));
        }
        let results: Map<String, Value> =
            serde_json::from_slice(self.pieces.value()?).map_err(|error| {
                wrong(&format!("{architecture} has no object of results ({error})"))
            })?;
        let mut row = BenchmarkRow { architecture, ..BenchmarkRow::default() };
        let mut set = |name: &str, value: &Value| {
            let Some(value) = value.as_f64() else { return Ok(()) };
            metrics.position(name).map(|metric| row.set(metric, value))
        };
        for (name, value) in &results {
            let set_all = match value {
                Value::Array(runs) => runs
                    .iter()
                    .enumerate()
                    .try_for_each(|(run, value)| set(&format!("{name}.{}", run + 1), value)),
                value => set(name, value),
            };
            set_all.map_err(|problem| wrong(&problem))?;
        }
        self.rows += 1;
        Ok(Some(row))
    }
}

impl RowReader for NasBenchMacro {
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError> {
        if self.rows.is_multiple_of(WATCHED) && !watch(self.progress.share()) {
            return Err(BenchmarkError::Cancelled);
        }
        self.read(metrics).map_err(|fault| match fault {
            JsonFault::Read(error) => self.origin.read(error),
            JsonFault::Wrong(problem) => {
                self.origin.wrong(format!("byte {}", self.pieces.position()), problem)
            }
        })
    }

    fn datasets(&self) -> Vec<String> {
        vec!["cifar10".to_owned()]
    }
}
