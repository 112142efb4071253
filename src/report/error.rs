//! Why there is no report.

use std::path::PathBuf;

use crate::benchmark::BenchmarkError;
use crate::evaluation::EvaluationError;
use crate::job::{InvalidOption, JobError};
use crate::search::LatencyError;
use crate::space::SpaceError;
use crate::store::StoreError;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The study.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The job of the run.
    #[error(transparent)]
    Job(#[from] JobError),
    /// An option of the job.
    #[error(transparent)]
    Option(#[from] InvalidOption),
    /// The space of the run.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The benchmark table.
    #[error(transparent)]
    Benchmark(#[from] BenchmarkError),
    /// The comparison with accuracies.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// The manifest of a table of results, which says how the results came about.
    #[error("{}: {problem}; a report needs a table that a run wrote, with its manifest", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A table of results.
    #[error("{}: {problem}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong.
        problem: String,
    },
    /// There is nothing to report.
    #[error("{0} has no result that can be ranked")]
    Empty(String),
    /// A latency could not be measured.
    #[error("the latency of {architecture} could not be measured: {reason}")]
    Latency {
        /// Of what.
        architecture: String,
        /// Why not.
        reason: String,
    },
    /// It was cancelled.
    #[error("interrupted")]
    Cancelled,
}

impl ReportError {
    /// Why the latency of an architecture is not known.
    pub(super) fn latency(architecture: &str, error: LatencyError) -> Self {
        match error {
            LatencyError::Cancelled => Self::Cancelled,
            LatencyError::Failed(reason) => {
                Self::Latency { architecture: architecture.to_owned(), reason }
            }
        }
    }
}
