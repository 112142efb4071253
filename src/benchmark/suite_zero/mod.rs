//! NAS-Bench-Suite-Zero (Krishnakumar et al., NeurIPS 2022): `zc_nasbench201.json` and the others.
//!
//! For each dataset and architecture there is an object with `val_accuracy` and, for each proxy, its
//! `score` and `time`. A row joins the values of all datasets for an architecture, so the whole file is
//! read before the first row is returned.

mod gathered;
mod keys;

use std::io::BufRead;
use std::path::Path;

use serde_json::{Map, Value};

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::input::{BytesRead, TableStream};
use super::json::{JsonFault, JsonPieces, wrong};
use super::metrics::MetricNames;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};
use gathered::GatheredScores;

pub(super) const FORMAT: BenchmarkFormat = BenchmarkFormat {
    name: "NAS-Bench-Suite-Zero",
    files: "zc_nasbench201.json and the others",
    metrics: "DATASET.val_accuracy (percent), DATASET.PROXY, DATASET.PROXY.time (seconds)",
    detect,
    open,
};

/// The longest object of an architecture.
const MAX_BYTES: usize = 1 << 18;
/// Architectures between two questions whether to go on.
const WATCHED: u64 = 256;

fn detect(candidate: &FormatCandidate<'_>) -> bool {
    candidate.first_character() == Some(b'{')
}

struct SuiteZero {
    origin: TableOrigin,
    pieces: JsonPieces<Box<dyn BufRead>>,
    progress: BytesRead,
    gathered: GatheredScores,
    datasets: Vec<String>,
    /// The next architecture to be given, once all are gathered.
    next: Option<usize>,
}

fn open(path: &Path, _metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    let TableStream { reader, progress } =
        TableStream::open(path).map_err(|error| origin.read(error))?;
    let pieces = JsonPieces::new(reader, MAX_BYTES);
    let (gathered, datasets) = (GatheredScores::default(), Vec::new());
    Ok(Box::new(SuiteZero { origin, pieces, progress, gathered, datasets, next: None }))
}

impl SuiteZero {
    /// Gathers the whole file; whether it was read to its end.
    fn gather(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<bool, JsonFault> {
        if !self.pieces.enter(b'{')? {
            return Err(wrong("an object of datasets is missing"));
        }
        let mut first_dataset = true;
        let mut count = 0_u64;
        while self.pieces.more(first_dataset, b'}')? {
            first_dataset = false;
            let dataset = self.pieces.key()?;
            if !self.pieces.enter(b'{')? {
                return Err(wrong(&format!(
                    "the dataset `{dataset}` is not an object of architectures"
                )));
            }
            let mut first = true;
            while self.pieces.more(first, b'}')? {
                first = false;
                if count.is_multiple_of(WATCHED) && !watch(self.progress.share()) {
                    return Ok(false);
                }
                count += 1;
                self.gather_one(&dataset, metrics)?;
            }
            if !self.datasets.contains(&dataset) {
                self.datasets.push(dataset);
            }
        }
        Ok(true)
    }

    /// Gathers what a data set says of an architecture.
    fn gather_one(&mut self, dataset: &str, metrics: &mut MetricNames) -> Result<(), JsonFault> {
        let key = self.pieces.key()?;
        let measured: Map<String, Value> = serde_json::from_slice(self.pieces.value()?)
            .map_err(|error| wrong(&format!("`{key}` has no object of metrics ({error})")))?;
        let mut add = |name: String, value: &Value| {
            // Proxies that overflowed are written as words, which are `null` here.
            let Some(value) = value.as_f64() else { return Ok(()) };
            let metric = metrics.position(&name)?;
            self.gathered.add(&key, metric, value)
        };
        for (name, value) in &measured {
            let added = match value {
                Value::Object(parts) => parts.iter().try_for_each(|(part, value)| {
                    let end = if part == "score" { String::new() } else { format!(".{part}") };
                    add(format!("{dataset}.{name}{end}"), value)
                }),
                value => add(format!("{dataset}.{name}"), value),
            };
            added.map_err(|problem| wrong(&problem))?;
        }
        self.gathered.meet(&key).map_err(|problem| wrong(&problem))
    }
}

impl RowReader for SuiteZero {
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError> {
        if self.next.is_none() {
            match self.gather(metrics, watch) {
                Ok(true) => {}
                Ok(false) => return Err(BenchmarkError::Cancelled),
                Err(JsonFault::Read(error)) => return Err(self.origin.read(error)),
                Err(JsonFault::Wrong(problem)) => {
                    return Err(self
                        .origin
                        .wrong(format!("byte {}", self.pieces.position()), problem));
                }
            }
        }
        let number = self.next.unwrap_or(0);
        self.next = Some(number + 1);
        let Some((key, values)) = self.gathered.get(number) else { return Ok(None) };
        let mut row = BenchmarkRow {
            architecture: keys::architecture(key, &self.datasets),
            ..BenchmarkRow::default()
        };
        for &(metric, value) in values {
            row.set(metric as usize, value);
        }
        Ok(Some(row))
    }

    fn datasets(&self) -> Vec<String> {
        self.datasets.clone()
    }
}
