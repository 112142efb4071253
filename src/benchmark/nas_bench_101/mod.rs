//! NAS-Bench-101 (Ying et al., ICML 2019): `nasbench_only108.tfrecord` and `nasbench_full.tfrecord`.
//!
//! A record is one training run: JSON `[hash, epochs, adjacency, operations, metrics]`, where `metrics`
//! is a protocol buffer in base64. The order of the records is not relied on, so the runs of each
//! architecture are summarised before the first row is returned.

mod models;
mod proto;
mod tfrecord;

use std::io::BufRead;
use std::path::Path;

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::input;
use super::metrics::MetricNames;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};
use crate::space::Space;
use crate::tabular::{BytesRead, UnpackedFile};
use models::ModelRecords;
use tfrecord::{RecordFault, TfRecords};

pub(super) const FORMAT: BenchmarkFormat = BenchmarkFormat {
    name: "NAS-Bench-101",
    files: "nasbench_only108.tfrecord, nasbench_full.tfrecord",
    metrics: "for E epochs, over the trials: train_E, validation_E, test_E (mean, fraction), \
              validation_E_max, test_E_max, training_time_E (mean, seconds); parameters",
    detect,
    open,
};

/// Records between two questions whether to go on.
const WATCHED_RECORDS: u64 = 1024;

fn detect(candidate: &FormatCandidate<'_>) -> bool {
    candidate.name.ends_with(".tfrecord") || tfrecord::is_beginning(&candidate.head)
}

struct NasBench101 {
    origin: TableOrigin,
    /// For the notation of rows.
    space: Option<Space>,
    records: TfRecords<Box<dyn BufRead>>,
    progress: BytesRead,
    models: ModelRecords,
    /// The next architecture to be given.
    next: usize,
}

fn open(path: &Path, _metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    let UnpackedFile { reader, progress, .. } =
        input::open(path).map_err(|error| origin.read(error))?;
    let (records, models) = (TfRecords::new(reader), ModelRecords::default());
    let space = Space::builtin("nas-bench-101").ok();
    Ok(Box::new(NasBench101 { origin, space, records, progress, models, next: 0 }))
}

impl NasBench101 {
    /// Sums up all records that are left.
    fn gather(&mut self, watch: ReadProgress<'_>) -> Result<(), BenchmarkError> {
        loop {
            let (number, start) = (self.records.number(), self.records.position());
            if number.is_multiple_of(WATCHED_RECORDS) && !watch(self.progress.share()) {
                return Err(BenchmarkError::Cancelled);
            }
            let problem = match self.records.next() {
                Ok(Some(record)) => match self.models.add(record) {
                    Ok(()) => continue,
                    Err(problem) => problem,
                },
                Ok(None) => return Ok(()),
                Err(RecordFault::Wrong(problem)) => problem,
                Err(RecordFault::Read(error)) => return Err(self.origin.read(error)),
            };
            return Err(self.origin.wrong(format!("record {number} at byte {start}"), problem));
        }
    }

    /// An architecture as the space writes it, where it reads it.
    fn written(&self, text: String) -> String {
        let parsed = self.space.as_ref().and_then(|space| space.parse_row(&text).ok());
        parsed.map_or(text, |architecture| architecture.to_string())
    }
}

impl RowReader for NasBench101 {
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError> {
        if self.next == 0 {
            self.gather(watch)?;
        } else if (self.next as u64).is_multiple_of(WATCHED_RECORDS) && !watch(1.0) {
            return Err(BenchmarkError::Cancelled);
        }
        let number = self.next;
        let Some((text, hash)) = self.models.architecture(number) else { return Ok(None) };
        self.next += 1;
        let architecture = self.written(text);
        let mut row = BenchmarkRow { architecture, hash: Some(hash), ..BenchmarkRow::default() };
        for (name, value) in self.models.values(number) {
            let wrong = |problem| self.origin.wrong(format!("architecture {number}"), problem);
            row.set(metrics.position(name).map_err(wrong)?, value);
        }
        Ok(Some(row))
    }

    fn datasets(&self) -> Vec<String> {
        vec!["cifar10".to_owned()]
    }
}
