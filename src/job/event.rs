//! The events of a running job, and its summary.

use super::FollowedCount;
use crate::backend::{DeviceInfo, RunOutput};
use crate::onnx::BatchNormFacts;
use crate::plan::ActivationSites;
use crate::store::{Record, StatusCounts};

/// How many of the best records a summary keeps.
pub const BEST: usize = 10;

/// A job has opened everything and begins.
#[derive(Clone, Debug)]
pub struct Started {
    /// The device it runs on.
    pub device: DeviceInfo,
    /// The number of architectures it will score, if known.
    pub total: Option<u64>,
    /// SHA-256 of the batch.
    pub batch: String,
    /// The id of the study that keeps the results, if one does.
    pub study: Option<String>,
    /// What is known about a model file; architectures of a space have their own.
    pub model: Option<ModelFacts>,
}

/// What a model file is scored by.
#[derive(Clone, Debug)]
pub struct ModelFacts {
    /// Where its codes are read.
    pub code_points: ActivationSites,
    /// How its batch normalisation is computed.
    pub batch_norm: BatchNormFacts,
}

/// Something a front end shows.
#[derive(Debug)]
pub enum Event {
    /// The job begins.
    Started(Box<Started>),
    /// Something the user should know.
    Warning(String),
    /// An architecture is done.
    Scored {
        /// Its row.
        record: Box<Record>,
        /// The kernel matrix (and codes) of the first repeat, if the job requests outputs.
        output: Option<Box<RunOutput>>,
        /// Whether the result was reused: from an earlier run, another process or an identical network. It
        /// says nothing of how fast networks are scored.
        reused: bool,
    },
}

/// The summary of a job.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Records by status.
    pub counts: StatusCounts,
    /// The best records, best first; at most [`BEST`].
    pub best: Vec<Record>,
    /// The number of architectures that the combined rank compares; `None` if a score ranks.
    pub compared: Option<u64>,
    /// A plain count that the ranking follows so closely that it adds little information.
    pub followed: Option<FollowedCount>,
    /// The metric that is reported of the best one, where a table has it: its name and value.
    pub reported: Option<(String, f64)>,
    /// The id of the study that keeps the results, if one does.
    pub study: Option<String>,
    /// The number of results that were reused from an earlier run, another process or an identical
    /// network.
    pub known: u64,
    /// Architectures that constraints rejected before they were scored.
    pub rejected: u64,
    /// Disconnected architectures that were drawn and left out, so that they do not use up the samples.
    pub disconnected: u64,
    /// The job was cancelled.
    pub interrupted: bool,
}
