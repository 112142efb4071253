//! TransNAS-Bench-101 (Duan et al., CVPR 2021): `transnas-bench_v10141024.pth`, written by `torch.save`.
//! Its dictionary `data` has one for the cells (`micro`) and one for the networks of modules (`macro`), by
//! architecture. Each has for seven tasks the values of every metric by epoch, and facts about the model.
//! Architectures are read one at a time; the file is read twice, see [`pickle::entries`].

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::input::{self, FileSection};
use super::metrics::MetricNames;
use super::torch::{self, TorchFault};
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};
use crate::data::pickle::{self, EntryKeys, PickleEntries, PickleLimits, PickleValue, number};
use crate::input::{InputKind, open_input};

pub(super) const FORMAT: BenchmarkFormat = BenchmarkFormat {
    name: "TransNAS-Bench-101",
    files: "transnas-bench_v10141024.pth",
    metrics: "TASK.METRIC (after the last epoch), TASK.METRIC.best (the largest of all epochs), \
              TASK.FACT of the model, for seven tasks such as class_scene",
    detect,
    open,
};

/// The dictionaries of architectures.
const KEYS: [&str; 2] = ["macro", "micro"];
/// Texts at the beginning of such a file.
const MARKS: [&str; 3] = ["metrics_dict", "info_names", "class_scene"];
/// What one architecture and everything around it may take.
const LIMITS: PickleLimits = PickleLimits { memory_bytes: 160 << 20, depth: 20 };
/// The longest architecture.
const MAX_ARCHITECTURE_BYTES: usize = 100;
/// The curves of a task and the facts about its model.
const CURVES: &str = "metrics";
const FACTS: &str = "model_info";
const EPOCHS: &str = "total_epochs";

fn detect(candidate: &FormatCandidate<'_>) -> bool {
    let holds = |text: &str| candidate.head.windows(text.len()).any(|part| part == text.as_bytes());
    torch::is_beginning(&candidate.head, candidate.archive.as_ref()) && MARKS.into_iter().any(holds)
}

type TableData = BufReader<FileSection<File>>;

struct TransNas {
    origin: TableOrigin,
    bytes: u64,
    state: ReadState,
    count: u64,
    tasks: Vec<String>,
}

enum ReadState {
    Opened(TableData),
    Reading(Box<PickleEntries<TableData>>),
    Ended,
}

fn open(path: &Path, _metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    if let Ok(Some(packing)) = input::packing(path) {
        let problem = format!(
            "is compressed with {}, but must be read in any order: decompress it first",
            packing.name()
        );
        return Err(origin.wrong("the file", problem));
    }
    let file = open_input(path, InputKind::BenchmarkTable);
    let found = torch::data(file.map_err(|error| origin.read(error.into()))?);
    let (data, bytes) = found.map_err(|fault| match fault {
        TorchFault::Read(error) => origin.read(error),
        TorchFault::Pickle(error) => origin.pickle("its beginning", error),
        TorchFault::Wrong(problem) => origin.wrong("the file", problem),
    })?;
    let state = ReadState::Opened(data);
    Ok(Box::new(TransNas { origin, bytes, state, count: 0, tasks: Vec::new() }))
}

impl TransNas {
    fn share(&self, position: u64) -> f64 {
        position as f64 / self.bytes.max(1) as f64
    }

    /// The entries, behind the first reading.
    fn entries(
        &mut self,
        watch: ReadProgress<'_>,
    ) -> Result<Option<&mut PickleEntries<TableData>>, BenchmarkError> {
        if let ReadState::Opened(_) = self.state
            && let ReadState::Opened(data) = std::mem::replace(&mut self.state, ReadState::Ended)
        {
            let go_on = &mut |position| watch(self.share(position) / 2.0);
            let of = EntryKeys::Texts;
            let entries = pickle::entries(data, self.bytes, &KEYS, of, &LIMITS, go_on);
            let entries = entries.map_err(|error| self.origin.pickle("its data", error))?;
            self.state = ReadState::Reading(Box::new(entries.ok_or(BenchmarkError::Cancelled)?));
        }
        match &mut self.state {
            ReadState::Reading(entries) => Ok(Some(entries)),
            _ => Ok(None),
        }
    }

    /// The row of an architecture; says what is wrong with it.
    fn row(
        &mut self,
        architecture: &str,
        results: &PickleValue,
        metrics: &mut MetricNames,
    ) -> Result<BenchmarkRow, String> {
        let mut row =
            BenchmarkRow { architecture: architecture.to_owned(), ..BenchmarkRow::default() };
        let results = results.entries().ok_or("is not a dictionary of tasks")?;
        for (task, result) in results {
            let task = task.text().ok_or("has a task without a name")?;
            let mut set = |name: String, value: f64| {
                metrics.position(&name).map(|metric| row.set(metric, value))
            };
            let curves = result.get(CURVES).and_then(PickleValue::entries);
            let curves =
                curves.ok_or_else(|| format!("has no dictionary `{CURVES}` for {task}"))?;
            for (metric, curve) in curves {
                let Some(metric) = metric.text() else { continue };
                let curve = curve.sequence().unwrap_or_default();
                let values = || curve.iter().filter_map(number).filter(|value| value.is_finite());
                if let Some(last) = curve.last().and_then(number) {
                    set(format!("{task}.{metric}"), last)?;
                }
                // Of a loss the largest value is the worst one; those that end in neg_loss are negated.
                let is_loss = metric.ends_with("loss") && !metric.ends_with("neg_loss");
                if let Some(best) = values().reduce(f64::max).filter(|_| !is_loss) {
                    set(format!("{task}.{metric}.best"), best)?;
                }
            }
            let facts = result.get(FACTS).and_then(PickleValue::entries).unwrap_or_default();
            for (fact, value) in facts {
                if let (Some(fact), Some(value)) = (fact.text(), number(value)) {
                    set(format!("{task}.{fact}"), value)?;
                }
            }
            if let Some(epochs) = result.get(EPOCHS).and_then(number) {
                set(format!("{task}.{EPOCHS}"), epochs)?;
            }
            if !self.tasks.iter().any(|known| known == task) {
                self.tasks.push(task.to_owned());
            }
        }
        Ok(row)
    }
}

impl RowReader for TransNas {
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError> {
        let Some(entries) = self.entries(watch)? else { return Ok(None) };
        let next = entries.next();
        let position = entries.bytes_read();
        if !watch(0.5 + self.share(position) / 2.0) {
            return Err(BenchmarkError::Cancelled);
        }
        let Some(entry) = next else {
            if self.count == 0 {
                let [networks, cells] = KEYS;
                let problem = format!(
                    "has no dictionary `{networks}` or `{cells}` with architectures: this is another file"
                );
                return Err(self.origin.wrong("its data", problem));
            }
            return Ok(None);
        };
        let place = format!("the architecture at byte {position} of its data");
        let (key, value) = entry.map_err(|error| self.origin.pickle(&place, error))?;
        let architecture = key.text().filter(|text| text.len() <= MAX_ARCHITECTURE_BYTES);
        let Some(architecture) = architecture else {
            return Err(self
                .origin
                .wrong(place, "has a key that is not an architecture".to_owned()));
        };
        self.count += 1;
        let row = self.row(architecture, &value, metrics);
        row.map(Some).map_err(|problem| self.origin.wrong(architecture.to_owned(), problem))
    }

    fn datasets(&self) -> Vec<String> {
        self.tasks.clone()
    }

    /// Networks of modules and cells are two spaces.
    fn is_mixed(&self) -> bool {
        true
    }
}
