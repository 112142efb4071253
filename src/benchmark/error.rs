//! Why a benchmark table could not be used.

use std::path::{Path, PathBuf};

use crate::data::pickle::PickleError;

/// Why a benchmark table could not be used.
#[derive(Debug, thiserror::Error)]
pub enum BenchmarkError {
    /// The system refused, or packed data are damaged.
    #[error("cannot read {} (give a complete benchmark table that you have permission to \
        read)", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The error from the operating system.
        source: std::io::Error,
    },
    /// Its format is unknown.
    #[error("{} is not a benchmark table that can be read; valid formats: {formats}", path.display())]
    Format {
        /// The file or folder.
        path: PathBuf,
        /// The known formats.
        formats: String,
    },
    /// Something in it is not as its format wants it.
    #[error("{}, {place}: {problem}", path.display())]
    Content {
        /// The file or folder.
        path: PathBuf,
        /// Where: a row, record or byte.
        place: String,
        /// The problem, and what to do about it.
        problem: String,
    },
    /// A pickle in it cannot be read.
    #[error("{}, {place}: differs from the published benchmark", path.display())]
    Pickle {
        /// The file or folder.
        path: PathBuf,
        /// Which pickle.
        place: String,
        /// The problem with it.
        source: PickleError,
    },
    /// It has no such metric.
    #[error("{} has no metric `{metric}`: {hint}", path.display())]
    Metric {
        /// The file or folder.
        path: PathBuf,
        /// The requested value.
        metric: String,
        /// The metrics that there are.
        hint: String,
    },
    /// Its architectures are not of the space.
    #[error(transparent)]
    Space(Box<ForeignTable>),
    /// Reading was cancelled.
    #[error("reading the benchmark table was cancelled")]
    Cancelled,
}

/// A table whose architectures do not belong to the requested space.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is not a table of the space {space}: none of its first {rows} rows, such as `{example}`, names \
     an architecture of that space ({reason}); {hint}", path.display()
)]
pub struct ForeignTable {
    /// The file or folder.
    pub path: PathBuf,
    /// The space.
    pub space: String,
    /// How many rows were tried.
    pub rows: u64,
    /// One of them.
    pub example: String,
    /// Why it does not belong to the space.
    pub reason: String,
    /// The spaces that it may be of.
    pub hint: String,
}

/// The file or folder a reader reads, for its errors.
#[derive(Clone, Debug)]
pub(super) struct TableOrigin(PathBuf);

impl TableOrigin {
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn read(&self, source: std::io::Error) -> BenchmarkError {
        BenchmarkError::Read { path: self.0.clone(), source }
    }

    pub fn wrong(&self, place: impl Into<String>, problem: impl Into<String>) -> BenchmarkError {
        let (path, place, problem) = (self.0.clone(), place.into(), problem.into());
        BenchmarkError::Content { path, place, problem }
    }

    pub fn pickle(&self, place: impl Into<String>, source: PickleError) -> BenchmarkError {
        BenchmarkError::Pickle { path: self.0.clone(), place: place.into(), source }
    }
}
