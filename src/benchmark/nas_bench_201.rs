//! NAS-Bench-201 (Dong and Yang, ICLR 2020): `NAS-Bench-201-v1_1-096897.pth`, written by `torch.save`,
//! whose dictionary `arch2infos` contains the runs of every architecture by index. Architectures are
//! read one at a time; the file is read twice, see [`pickle::entries`].

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::input::{self, FileSection};
use super::metrics::MetricNames;
use super::torch::{self, TorchFault};
use super::trials::MeasuredArchitecture;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader, nats};
use crate::data::pickle::{self, EntryKeys, PickleEntries, PickleLimits};
use crate::input::{InputKind, open_input};

pub(super) const FORMAT: BenchmarkFormat = BenchmarkFormat {
    name: "NAS-Bench-201",
    files: "NAS-Bench-201-v1_1-096897.pth",
    metrics: "as for NATS-Bench",
    detect,
    open,
};

/// The dictionary of architectures.
const KEY: &str = "arch2infos";
/// What one architecture and everything around it may take.
const LIMITS: PickleLimits = PickleLimits { memory_bytes: 160 << 20, depth: 50 };

fn detect(candidate: &FormatCandidate<'_>) -> bool {
    candidate.name.ends_with(".pth")
        || torch::is_beginning(&candidate.head, candidate.archive.as_ref())
}

type TableData = BufReader<FileSection<File>>;

struct NasBench201 {
    origin: TableOrigin,
    bytes: u64,
    state: ReadState,
    /// Architectures given so far.
    count: u64,
    datasets: Vec<String>,
}

enum ReadState {
    Opened(TableData),
    Reading(Box<PickleEntries<TableData>>),
    Ended,
}

fn open(path: &Path, _metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    let read = |error| origin.read(error);
    if let Ok(Some(packing)) = input::packing(path) {
        let problem = format!(
            "is compressed with {}, but must be read in any order: decompress it first",
            packing.name()
        );
        return Err(origin.wrong("the file", problem));
    }
    let file = open_input(path, InputKind::BenchmarkTable);
    let found = torch::data(file.map_err(|error| read(error.into()))?);
    let (data, bytes) = found.map_err(|fault| match fault {
        TorchFault::Read(error) => origin.read(error),
        TorchFault::Pickle(error) => origin.pickle("its beginning", error),
        TorchFault::Wrong(problem) => origin.wrong("the file", problem),
    })?;
    let (state, datasets) = (ReadState::Opened(data), Vec::new());
    Ok(Box::new(NasBench201 { origin, bytes, state, count: 0, datasets }))
}

impl NasBench201 {
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
            let of = EntryKeys::Numbers;
            let entries = pickle::entries(data, self.bytes, &[KEY], of, &LIMITS, go_on);
            let entries = entries.map_err(|error| self.origin.pickle("its data", error))?;
            self.state = ReadState::Reading(Box::new(entries.ok_or(BenchmarkError::Cancelled)?));
        }
        match &mut self.state {
            ReadState::Reading(entries) => Ok(Some(entries)),
            _ => Ok(None),
        }
    }
}

impl RowReader for NasBench201 {
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
                let problem =
                    format!("has no dictionary `{KEY}` with architectures: this is another file");
                return Err(self.origin.wrong("its data", problem));
            }
            return Ok(None);
        };
        let place = format!("{KEY} at byte {position} of its data");
        let (key, value) = entry.map_err(|error| self.origin.pickle(&place, error))?;
        let wrong = |problem: String| self.origin.wrong(&place, problem);
        let index = key.int().and_then(|index| u64::try_from(index).ok());
        let index = index.ok_or_else(|| wrong("has a key that is not an index".to_owned()))?;
        let measured = MeasuredArchitecture::of(&value);
        let mut measured = measured.map_err(|problem| wrong(format!("{index}: {problem}")))?;
        measured.index = Some(index);
        self.count += 1;
        let row = nats::row(measured, metrics, &mut self.datasets);
        row.map(Some).map_err(|problem| self.origin.wrong(format!("index {index}"), problem))
    }

    fn datasets(&self) -> Vec<String> {
        self.datasets.clone()
    }
}
