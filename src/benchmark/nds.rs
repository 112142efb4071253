//! Network Design Spaces (Radosavovic et al., ICCV 2019): JSON, a list of training runs or
//! `{"top": [..], "mid": [..]}`.

use std::io::BufRead;
use std::path::Path;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::input;
use super::metrics::MetricNames;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};
use crate::tabular::{BytesRead, JsonFault, JsonPieces, UnpackedFile, wrong};

pub(super) const FORMAT: BenchmarkFormat = BenchmarkFormat {
    name: "Network Design Spaces",
    files: "ResNet.json, DARTS_in.json and the others of nds_data",
    metrics: "accuracy, best_accuracy (test, percent, last and best epoch), train_accuracy, params, \
              flops, iter_time (seconds)",
    detect,
    open,
};

/// Lists of runs, where they have names.
const LISTS: [&str; 2] = ["top", "mid"];
/// The longest run in bytes: curves of every iteration have some hundred thousand.
const MAX_BYTES: usize = 1 << 22;
/// The longest architecture.
const MAX_NET_BYTES: usize = 1 << 14;
/// Runs between two questions whether to go on.
const WATCHED_RUNS: u64 = 16;

fn detect(candidate: &FormatCandidate<'_>) -> bool {
    let is_list = |name: &&str| {
        let inside = candidate.head.trim_ascii_start()[1..].trim_ascii_start();
        inside.starts_with(format!("\"{name}\"").as_bytes())
    };
    match candidate.first_character() {
        Some(b'[') => true,
        Some(b'{') => LISTS.iter().any(is_list),
        _ => false,
    }
}

/// A run, as far as it is used.
#[derive(serde::Deserialize)]
struct TrainingRun<'r> {
    #[serde(borrow)]
    net: &'r RawValue,
    params: Option<f64>,
    flops: Option<f64>,
    iter_time: Option<f64>,
    min_test_top1: Option<f64>,
    #[serde(default)]
    test_ep_top1: LearningCurve,
    #[serde(default)]
    train_ep_top1: LearningCurve,
}

/// The last value of a curve.
#[derive(Default)]
struct LearningCurve(Option<f64>);

/// An architecture and its metrics by name.
type NetworkMetrics = (String, [(&'static str, f64); 6]);

impl<'de> serde::Deserialize<'de> for LearningCurve {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LastValue;
        impl<'de> Visitor<'de> for LastValue {
            type Value = LearningCurve;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a list of numbers")
            }

            fn visit_unit<E>(self) -> Result<LearningCurve, E> {
                Ok(LearningCurve(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut curve: A) -> Result<LearningCurve, A::Error> {
                let mut last = None;
                while let Some(value) = curve.next_element::<Option<f64>>()? {
                    last = value;
                }
                Ok(LearningCurve(last))
            }
        }
        deserializer.deserialize_any(LastValue)
    }
}

struct NdsTable {
    origin: TableOrigin,
    pieces: JsonPieces<Box<dyn BufRead>>,
    progress: BytesRead,
    dataset: &'static str,
    place: FilePosition,
    runs: u64,
    /// Where the run begins that is read.
    start: u64,
}

/// Where reading has come to.
#[derive(Clone, Copy)]
enum FilePosition {
    Start,
    /// In the object of lists; whether nothing was taken from it.
    Lists {
        first: bool,
    },
    /// In a list, which is inside the object or not.
    Runs {
        first: bool,
        inside: bool,
    },
    End,
}

fn open(path: &Path, _metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    let UnpackedFile { reader, progress, .. } =
        input::open(path).map_err(|error| origin.read(error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    // `DARTS_in.json` is about ImageNet.
    let dataset = if name.contains("_in.") { "imagenet" } else { "cifar10" };
    let pieces = JsonPieces::new(reader, MAX_BYTES);
    Ok(Box::new(NdsTable {
        origin,
        pieces,
        progress,
        dataset,
        place: FilePosition::Start,
        runs: 0,
        start: 0,
    }))
}

impl NdsTable {
    /// Goes to the next run; false at the end.
    fn seek(&mut self) -> Result<bool, JsonFault> {
        loop {
            self.place = match self.place {
                FilePosition::Start if self.pieces.enter(b'[')? => {
                    FilePosition::Runs { first: true, inside: false }
                }
                FilePosition::Start if self.pieces.enter(b'{')? => {
                    FilePosition::Lists { first: true }
                }
                FilePosition::Start => {
                    return Err(wrong("neither a list nor an object begins here"));
                }
                FilePosition::Lists { first } => {
                    if !self.pieces.more(first, b'}')? {
                        FilePosition::End
                    } else {
                        self.pieces.key()?;
                        if !self.pieces.enter(b'[')? {
                            return Err(wrong("a list of runs is missing"));
                        }
                        FilePosition::Runs { first: true, inside: true }
                    }
                }
                FilePosition::Runs { first, inside } => {
                    if self.pieces.more(first, b']')? {
                        self.place = FilePosition::Runs { first: false, inside };
                        return Ok(true);
                    }
                    if inside { FilePosition::Lists { first: false } } else { FilePosition::End }
                }
                FilePosition::End => return Ok(false),
            };
        }
    }

    /// A fault with its place.
    fn located(&self, fault: JsonFault) -> BenchmarkError {
        match fault {
            JsonFault::Read(error) => self.origin.read(error),
            JsonFault::Wrong(problem) => {
                self.origin.wrong(format!("run {} at byte {}", self.runs, self.start), problem)
            }
        }
    }

    /// The next run, its metrics by name.
    fn run(&mut self) -> Result<Option<NetworkMetrics>, JsonFault> {
        self.start = self.pieces.position();
        if !self.seek()? {
            return Ok(None);
        }
        self.start = self.pieces.position();
        let run: TrainingRun<'_> =
            serde_json::from_slice(self.pieces.value()?).map_err(|error| {
                wrong(&format!(
                    "it is not a training run with a `net` ({error}): this is another dataset"
                ))
            })?;
        if run.net.get().len() > MAX_NET_BYTES {
            return Err(wrong("its `net` is too long for an architecture"));
        }
        let net = serde_json::from_str::<Value>(run.net.get())
            .map_err(|error| wrong(&format!("its `net` is not JSON ({error})")))?;
        let accuracy = |error: Option<f64>| error.map_or(f64::NAN, |error| 100.0 - error);
        let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let values = [
            ("accuracy", accuracy(run.test_ep_top1.0)),
            ("best_accuracy", accuracy(run.min_test_top1)),
            ("train_accuracy", accuracy(run.train_ep_top1.0)),
            ("params", or_nan(run.params)),
            ("flops", or_nan(run.flops)),
            ("iter_time", or_nan(run.iter_time)),
        ];
        Ok(Some((net.to_string(), values)))
    }
}

impl RowReader for NdsTable {
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError> {
        if self.runs.is_multiple_of(WATCHED_RUNS) && !watch(self.progress.share()) {
            return Err(BenchmarkError::Cancelled);
        }
        let run = self.run().map_err(|fault| self.located(fault))?;
        let Some((architecture, values)) = run else { return Ok(None) };
        let mut row = BenchmarkRow { architecture, ..BenchmarkRow::default() };
        for (name, value) in values {
            let position = metrics.position(name);
            row.set(position.map_err(|problem| self.located(wrong(&problem)))?, value);
        }
        self.runs += 1;
        Ok(Some(row))
    }

    fn datasets(&self) -> Vec<String> {
        vec![self.dataset.to_owned()]
    }
}
