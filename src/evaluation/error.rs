//! Why scores could not be compared with accuracies.

use std::path::PathBuf;

use crate::benchmark::BenchmarkError;
use crate::job::JobError;
use crate::space::SpaceError;
use crate::store::StoreError;

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// The file of scores.
    #[error(transparent)]
    Scores(#[from] ScoresError),
    /// The table of accuracies.
    #[error(transparent)]
    Benchmark(BenchmarkError),
    /// The file of studies.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The job of a study.
    #[error(transparent)]
    Job(#[from] JobError),
    /// A study is of a model file.
    #[error(
        "study {study} scored a model file, which no table contains: give a study of a search space"
    )]
    OfModel {
        /// The study.
        study: String,
    },
    /// The space of a study cannot be opened any more.
    #[error("the space of study {study} can no longer be opened")]
    NoSpace {
        /// The study.
        study: String,
        /// Why not.
        source: Box<SpaceError>,
    },
    /// The space of a study is another one by now.
    #[error(
        "the space {space} has changed since study {study} was made: export the study and use the \
         exported table as scores"
    )]
    SpaceChanged {
        /// The space.
        space: String,
        /// The study.
        study: String,
    },
    /// A study has no score of that name.
    #[error("study {study} has no score `{name}`: it has {}", known.join(", "))]
    NoScore {
        /// The study.
        study: String,
        /// The requested value.
        name: String,
        /// What it has.
        known: Vec<String>,
    },
    /// No scored architecture is of the space.
    #[error(
        "none of the {rows} scored architectures, such as `{example}`, belongs to the space {space} \
         ({reason}): give the space that was scored"
    )]
    Foreign {
        /// Scored architectures.
        rows: usize,
        /// One of them.
        example: String,
        /// The space.
        space: String,
        /// Why it does not belong to the space.
        reason: String,
    },
    /// There is nothing to compare.
    #[error(
        "{common} of {given} scored architectures {} both a score and `{metric}`, at least 2 are \
         needed: give more scores, or a table of the same space",
        if *common == 1 { "has" } else { "have" }
    )]
    TooFew {
        /// Architectures with a score and an accuracy.
        common: usize,
        /// Scored architectures.
        given: usize,
        /// The metric of the table.
        metric: String,
    },
    /// The table names no architectures that could be built.
    #[error(
        "{} has no `{metric}` of an architecture that can be built (it names architectures only by \
         hashes): provide the scores yourself",
        path.display()
    )]
    NothingToDraw {
        /// The table.
        path: PathBuf,
        /// The metric.
        metric: String,
    },
    /// Cancelled by the caller.
    #[error("cancelled")]
    Cancelled,
}

impl From<BenchmarkError> for EvaluationError {
    fn from(error: BenchmarkError) -> Self {
        match error {
            BenchmarkError::Cancelled => Self::Cancelled,
            error => Self::Benchmark(error),
        }
    }
}

/// Why a file of scores could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ScoresError {
    /// The system refused.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error from the operating system.
        source: std::io::Error,
    },
    /// A column that is needed is not there.
    #[error("{} has no column `{column}`: {hint}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// What is needed.
        column: String,
        /// What there is.
        hint: String,
    },
    /// A row is not as it should be.
    #[error("{}, {place}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Where: a line or a row.
        place: String,
        /// The problem, and what to do about it.
        problem: String,
    },
}
