//! NAS-Bench-Suite-Zero (Krishnakumar et al., NeurIPS 2022): `zc_nasbench201.json` and the others.
//!
//! For each dataset and architecture there is an object with `val_accuracy` and, for each proxy, its
//! `score` and `time`. A row joins the values of all datasets for an architecture, so the whole file is
//! read before the first row is returned.

mod gathered;

use std::io::BufRead;
use std::path::Path;

use serde_json::{Map, Value};

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::input;
use super::metrics::MetricNames;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};
use crate::space::naslib;
use crate::tabular::{BytesRead, JsonFault, JsonPieces, UnpackedFile, wrong};
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

/// The data sets of NAS-Bench-201. TransNAS-Bench-101 has lists of six numbers too, with another
/// meaning, and other data sets.
const DATASETS: [&str; 3] = ["cifar10", "cifar100", "ImageNet16-120"];

/// An architecture in the notation of its space, where the key is one of NASLib's lists of numbers
/// that are understood; others are marked as those of the first data set.
fn architecture(key: &str, datasets: &[String]) -> String {
    let Some(numbers) = naslib::numbers(key) else { return key.to_owned() };
    if !datasets.iter().any(|dataset| DATASETS.contains(&dataset.as_str())) {
        let dataset = datasets.first().map_or("another space", String::as_str);
        return format!("{key} of {dataset}");
    }
    let edges = naslib::edge_cell(&numbers).and_then(Result::ok);
    edges.or_else(|| naslib::vertex_cell(&numbers)).unwrap_or_else(|| key.to_owned())
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
    let UnpackedFile { reader, progress, .. } =
        input::open(path).map_err(|error| origin.read(error))?;
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
            architecture: architecture(key, &self.datasets),
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

#[cfg(test)]
mod tests {
    use super::architecture;

    #[test]
    fn lists_of_another_benchmark_are_not_taken_for_those_of_nas_bench_201() {
        let written = |dataset: &str| architecture("(4, 0, 3, 1, 4, 3)", &[dataset.to_owned()]);
        assert!(written("cifar10").starts_with("|avg_pool_3x3~0|+"));
        assert_eq!(written("jigsaw"), "(4, 0, 3, 1, 4, 3) of jigsaw");
        assert_eq!(architecture("|a~0|", &["jigsaw".to_owned()]), "|a~0|");
    }
}
