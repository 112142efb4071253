//! What a running job tells, and what it comes to.

use crate::backend::{DeviceInfo, RunOutput};
use crate::plan::ActivationSites;
use crate::store::{Record, StatusCounts};

/// How many of the best records a summary keeps.
pub const BEST: usize = 10;

/// A job has opened everything and begins.
#[derive(Clone, Debug)]
pub struct Started {
    /// What it runs on.
    pub device: DeviceInfo,
    /// How many architectures it will score, if that is known.
    pub total: Option<u64>,
    /// SHA-256 of the batch.
    pub batch: String,
    /// The id of the study that keeps the results, if one does.
    pub study: Option<String>,
    /// Where the codes of a model file are read; architectures of a space have their own.
    pub code_points: Option<ActivationSites>,
}

/// Something a front end shows.
#[derive(Debug)]
pub enum Event {
    /// The job begins.
    Started(Started),
    /// Something the user should know.
    Warning(String),
    /// An architecture is done.
    Scored {
        /// Its row.
        record: Box<Record>,
        /// Kernel matrix (and codes) of the first repeat, if the job asks for outputs.
        output: Option<Box<RunOutput>>,
    },
}

/// What a job came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Records by status.
    pub counts: StatusCounts,
    /// The best records, best first; at most [`BEST`].
    pub best: Vec<Record>,
    /// The metric that is reported of the best one, where a table has it: its name and value.
    pub reported: Option<(String, f64)>,
    /// The id of the study that keeps the results, if one does.
    pub study: Option<String>,
    /// Results that were known: from an earlier run, another process or an equal network.
    pub known: u64,
    /// Architectures that constraints rejected before they were scored.
    pub rejected: u64,
    /// The job was cancelled.
    pub interrupted: bool,
}

impl Summary {
    /// Counts a record and keeps it if it is among the best; of equal scores the earlier one wins.
    pub fn add(&mut self, record: &Record) {
        self.counts.add(record.status, 1);
        let score = record.rank_score();
        if score == f64::NEG_INFINITY {
            return;
        }
        // Evolution may come back to an architecture, and a trainer to another accuracy.
        let is_there = |known: &Record| known.architecture == record.architecture;
        if let Some(at) = self.best.iter().position(is_there) {
            if self.best[at].rank_score() >= score {
                return;
            }
            self.best.remove(at);
        }
        let place = self.best.partition_point(|better| better.rank_score() >= score);
        if place < BEST {
            self.best.insert(place, record.clone());
            self.best.truncate(BEST);
        }
    }
}
