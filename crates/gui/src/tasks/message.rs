//! What threads tell the window.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::results::sheet::ResultTable;
use crate::state::AppState;
use untrained::job::{JobConfig, Started, Summary};
use untrained::space::{Drawing, Problem, Space};
use untrained::store::{Record, Remark, StudyInfo};

/// A search space as the start screen shows it.
pub struct SpaceCard {
    /// The space.
    pub space: Space,
    /// The cells of an architecture of it.
    pub drawings: Vec<Drawing>,
}

/// Why a space cannot be opened.
#[derive(Clone, Debug, Default)]
pub struct LoadError {
    /// The file or the name.
    pub name: String,
    /// What went wrong, if not in the file.
    pub message: String,
    /// What is wrong in the file.
    pub problems: Vec<Problem>,
}

/// What a file dialog was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePurpose {
    /// A space, a job or a file of studies to be opened.
    Open,
    /// The images of a search.
    Images,
    /// A table of accuracies for the results that are shown.
    Benchmark,
    /// The file of studies.
    Studies,
    /// The benchmark table of a search.
    Table,
    /// Where the job is written.
    SaveJob,
    /// Where results are written.
    Export(ExportedRows),
}

/// Which results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportedRows {
    /// All of the study.
    All,
    /// Those that the filters let through.
    Shown,
    /// Those that are selected.
    Selected,
    /// Those with a star.
    Marked,
}

/// What a network takes, by a short measurement.
#[derive(Clone, Copy, Debug)]
pub struct CostEstimate {
    /// Mean time.
    pub seconds: f64,
    /// Weights, activations and codes of the largest.
    pub bytes: u64,
}

/// A study that was read.
pub struct LoadedStudy {
    /// Its file.
    pub store: PathBuf,
    /// How it stands.
    pub info: StudyInfo,
    /// Its job, if this version can read it.
    pub job: Option<JobConfig>,
    /// Its space, if it can be opened.
    pub space: Option<Space>,
    /// Its results.
    pub table: ResultTable,
    /// Stars and notes by architecture.
    pub remarks: BTreeMap<String, Remark>,
}

/// Something a thread tells.
pub enum Message {
    /// What finished work changes.
    Change(Box<dyn FnOnce(&mut AppState) + Send>),
    /// A built-in space.
    Card(Box<SpaceCard>),
    /// A space that was asked for, or why it cannot be had.
    Space(Result<Box<Space>, LoadError>, String),
    /// A job file, and its space if it can be opened.
    Job(Box<JobConfig>, Option<Space>),
    /// Params and macs of random architectures of the space of that id.
    Costs(String, Vec<[f64; 2]>),
    /// The devices by name; what `auto` takes stands first.
    Devices(Vec<String>),
    /// The run begins.
    Started(Box<Started>),
    /// The run scored something.
    Scored(Box<Record>),
    /// The run says something.
    Warning(String),
    /// The run is over.
    Ended(Result<Box<Summary>, String>),
    /// All studies of a file.
    Studies(Result<Vec<StudyInfo>, String>),
    /// A study with its results.
    Study(Result<Box<LoadedStudy>, String>),
    /// A file was chosen.
    Chosen(FilePurpose, PathBuf),
    /// Something worked.
    Done(String),
    /// Something did not.
    Error(String),
    /// A thread ended.
    Over {
        /// Its name.
        name: &'static str,
        /// Why it broke down, if it did.
        panic: Option<String>,
    },
}
