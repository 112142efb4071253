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
/// meaning, and other data sets, its tasks.
const DATASETS: [&str; 3] = ["cifar10", "cifar100", "ImageNet16-120"];
const TASKS: [&str; 7] = [
    "autoencoder",
    "class_object",
    "class_scene",
    "jigsaw",
    "normal",
    "room_layout",
    "segmentsemantic",
];

/// What the lists of numbers of a file mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListMeaning {
    /// NASLib's numbers of NAS-Bench-201 and NAS-Bench-101.
    Operations,
    /// The digits of TransNAS-Bench-101's cells, edge by edge.
    Cells,
    /// The digits of its modules, zeros behind the last one.
    Modules,
    Unknown,
}

impl ListMeaning {
    /// Told by the data sets and, for those of TransNAS-Bench-101, by all lists.
    fn of<'k>(datasets: &[String], keys: impl Iterator<Item = &'k str>) -> Self {
        let knows =
            |names: &[&str]| datasets.iter().any(|dataset| names.contains(&dataset.as_str()));
        if knows(&DATASETS) {
            return Self::Operations;
        }
        if !knows(&TASKS) {
            return Self::Unknown;
        }
        let mut meaning = Self::Cells;
        for numbers in keys.filter_map(naslib::numbers) {
            if naslib::modules(&numbers).is_none() {
                return Self::Cells;
            }
            // Operations are numbered from 0 to 3, modules from 1 to 4.
            if numbers.contains(&4) {
                meaning = Self::Modules;
            }
        }
        meaning
    }

    /// An architecture in the notation of its space, where its key is a list of numbers that is
    /// understood; others are marked as those of the first data set.
    fn architecture(self, key: &str, datasets: &[String]) -> String {
        let Some(numbers) = naslib::numbers(key) else { return key.to_owned() };
        let written = match self {
            Self::Operations => {
                let edges = naslib::edge_cell(&numbers).and_then(Result::ok);
                edges.or_else(|| naslib::vertex_cell(&numbers))
            }
            Self::Cells => naslib::module_cell(&numbers),
            Self::Modules => naslib::modules(&numbers),
            Self::Unknown => {
                let dataset = datasets.first().map_or("another space", String::as_str);
                Some(format!("{key} of {dataset}"))
            }
        };
        written.unwrap_or_else(|| key.to_owned())
    }
}

struct SuiteZero {
    origin: TableOrigin,
    pieces: JsonPieces<Box<dyn BufRead>>,
    progress: BytesRead,
    gathered: GatheredScores,
    datasets: Vec<String>,
    /// The next architecture to be given, once all are gathered.
    next: Option<usize>,
    meaning: ListMeaning,
}

fn open(path: &Path, _metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    let UnpackedFile { reader, progress, .. } =
        input::open(path).map_err(|error| origin.read(error))?;
    let pieces = JsonPieces::new(reader, MAX_BYTES);
    let (gathered, datasets) = (GatheredScores::default(), Vec::new());
    let meaning = ListMeaning::Unknown;
    Ok(Box::new(SuiteZero { origin, pieces, progress, gathered, datasets, next: None, meaning }))
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
                Ok(true) => {
                    self.meaning = ListMeaning::of(&self.datasets, self.gathered.keys());
                }
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
            architecture: self.meaning.architecture(key, &self.datasets),
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
    use super::ListMeaning;

    /// How the first of some keys is written.
    fn written(dataset: &str, keys: &[&str]) -> String {
        let datasets = [dataset.to_owned()];
        ListMeaning::of(&datasets, keys.iter().copied()).architecture(keys[0], &datasets)
    }

    #[test]
    fn lists_of_another_benchmark_are_not_taken_for_those_of_nas_bench_201() {
        let list = "(4, 0, 3, 1, 4, 3)";
        assert!(written("cifar10", &[list]).starts_with("|avg_pool_3x3~0|+"));
        assert_eq!(written("cityscapes", &[list]), "(4, 0, 3, 1, 4, 3) of cityscapes");
        assert_eq!(written("cityscapes", &["|a~0|"]), "|a~0|");
    }

    /// NASLib writes `64-41414-{}_{}{}_{}{}{}`, and modules without zeros.
    #[test]
    fn cells_and_modules_of_transnas_bench_101_are_told_apart() {
        let cells = ["(1, 0, 2, 3, 3, 3)", "(0, 0, 0, 0, 0, 1)"];
        assert_eq!(written("jigsaw", &cells), "64-41414-1_02_333");
        let modules = ["(1, 2, 3, 4, 0, 0)", "(4, 1, 2, 1, 1, 1)"];
        assert_eq!(written("normal", &modules), "64-1234-basic");
        // A list of modules among cells is one of a cell.
        assert_eq!(
            written("jigsaw", &["(1, 2, 3, 3, 0, 0)", "(0, 1, 2, 3, 0, 1)"]),
            "64-41414-1_23_300"
        );
        assert_eq!(written("jigsaw", &["(1, 2, 9, 3, 0, 0)"]), "(1, 2, 9, 3, 0, 0)");
    }
}
