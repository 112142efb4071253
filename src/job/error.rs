//! Why a job could not start or continue.

use std::path::PathBuf;

use super::{ExportPathError, InvalidOption, JobOption};
use crate::backend::BackendError;
use crate::benchmark::BenchmarkError;
use crate::data::DataError;
use crate::onnx::OnnxError;
use crate::output::OutputError;
use crate::search::Unsatisfiable;
use crate::space::{ArchitectureError, SpaceError};
use crate::store::{StoreError, TableError};

/// Why a job could not start or continue.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The space.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// An architecture given by hand.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// The images.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The device.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A benchmark table.
    #[error(transparent)]
    Benchmark(#[from] BenchmarkError),
    /// A model file.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// The table could not be created.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A record could not be written. Rows written before are complete.
    #[error("a result could not be written; the {written} rows before it are kept")]
    Write {
        /// Rows that are complete.
        written: u64,
        /// What went wrong.
        source: TableError,
    },
    /// A network could not be scored.
    #[error("the network could not be scored: {reason}")]
    Unscored {
        /// What went wrong.
        reason: String,
    },
    /// A network could not be exported.
    #[error("{name} cannot be exported: {reason}")]
    Unexported {
        /// The architecture.
        name: String,
        /// Why.
        reason: String,
    },
    /// The path of exported files.
    #[error(transparent)]
    ExportPath(#[from] ExportPathError),
    /// An option whose value is invalid, by itself or together with the other options.
    #[error(transparent)]
    Invalid(#[from] InvalidOption),
    /// A job that no file can hold.
    #[error("the job cannot be written")]
    Unwritable(#[from] toml::ser::Error),
    /// The study cannot be opened or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No architecture is within the constraints.
    #[error(transparent)]
    Unsatisfiable(#[from] Unsatisfiable),
    /// The job file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A job file cannot be read.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The problem, its position, and the valid values there.
        message: String,
    },
    /// The options of a stored study are those of another version, or damaged.
    #[error("the options of study {id} cannot be read")]
    Study {
        /// The study.
        id: String,
        /// The problems with them.
        source: serde_json::Error,
    },
    /// A study that holds scores of given architectures, which cannot be resumed.
    #[error("study {id} is not a search: only searches can be resumed and joined")]
    NotASearch {
        /// The study.
        id: String,
    },
    /// A list of architectures could not be read.
    #[error("cannot read {}", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// The error from the operating system.
        source: std::io::Error,
    },
}

impl JobError {
    /// The option concerned, if there is one.
    pub fn option(&self) -> Option<JobOption> {
        match self {
            Self::Invalid(invalid) => Some(invalid.option),
            Self::Data(error) => JobOption::by_key(error.option()?),
            _ => None,
        }
    }
}
