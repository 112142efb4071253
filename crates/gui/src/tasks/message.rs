//! The messages of background tasks to the window.

use std::path::PathBuf;
use std::sync::Arc;

use crate::benchmark::outcome::BenchmarkOutcome;
use crate::inspect::inspection::Inspection;
use crate::inspect::kernel_picture::KernelPicture;
use crate::inspect::network::NetworkKey;
use crate::network::graph::NetworkGraph;
use crate::network::layout::NetworkLayout;
use crate::overlay::dialogs::FileQuestion;
use crate::overlay::path_field::PathTarget;
use crate::results::cloud::ScatterCloud;
use crate::results::sheet::{DecisionTable, Measured};
use crate::setup::opened::{LoadError, OpenedFile, SampleArchitecture, SpaceCard};
use crate::space_editor::preview::SpacePreview;
use crate::studies::curve::StudyCurve;
use crate::studies::stored::LoadedStudy;
use std::collections::BTreeMap;
use untrained::benchmark::BenchmarkFacts;
use untrained::job::{ExportedFile, JobConfig, NetworkEstimate, Started, Summary};
use untrained::space::{Space, SpaceProblem};
use untrained::store::{Record, Remark, ResultRow, StudyInfo};

/// Held by a task and its messages: a model keeps a weak reference, and knows that the task is over and
/// its messages are handled once the token is gone.
pub type TaskToken = Arc<()>;

/// A space that was edited and saved.
pub struct SavedSpace {
    /// Which one of the editor's.
    pub number: u64,
    /// Where it is.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// The space, or why it cannot be opened.
    pub space: Result<Box<Space>, LoadError>,
}

/// A message of a background task.
pub enum Message {
    /// A built-in space.
    BuiltinSpace(Box<SpaceCard>),
    /// The devices by name; the one that `auto` takes comes first.
    Devices(Vec<String>),
    /// The file or name was opened.
    FileOpened(String, Box<OpenedFile>),
    /// What a space that is edited gives.
    SpacePreviewed {
        /// The space.
        number: u64,
        /// Its revision, and the seed of the architecture.
        looked_at: (u64, u64),
        /// What it gives, or what is wrong with it.
        preview: Result<Box<SpacePreview>, Vec<SpaceProblem>>,
    },
    /// A space that is edited was saved.
    SpaceSaved(Box<SavedSpace>),
    /// An architecture was drawn.
    SampleDrawn(SampleArchitecture),
    /// Params and macs of random architectures of the space of that id.
    CostsCounted(String, Vec<[f64; 2]>),
    /// The cost of a network was estimated, in answer to the request of that number.
    CostEstimated(u64, Result<NetworkEstimate, String>),
    /// The search runs.
    RunStarted(Box<Started>),
    /// The search has the result of a network, which may be a reused one.
    RunScored(Box<Record>, bool),
    /// The search reports something.
    RunWarning(String),
    /// The search is over.
    RunEnded(Result<Box<Summary>, String>),
    /// The space and the earlier remarks of the results of a search.
    RunPrepared {
        /// The result set.
        results: u64,
        /// The space, if it can be opened.
        space: Option<Box<Space>>,
        /// Stars and notes by architecture.
        remarks: BTreeMap<String, Remark>,
    },
    /// All studies of the file.
    StudiesListed(Result<Vec<StudyInfo>, String>),
    /// How the best value of the study of that id grew.
    CurveRead(String, Result<StudyCurve, String>),
    /// A study with its results.
    StudyLoaded(Result<Box<LoadedStudy>, String>),
    /// The job that resumes or joins a study.
    StudyJobRead(Result<Box<JobConfig>, String>),
    /// Other processes added results.
    RowsArrived(u64, Vec<ResultRow>),
    /// The file of the space that is set up has changed.
    SpaceFileChanged(PathBuf),
    /// That file was read again.
    SpaceReloaded(Result<Box<Space>, LoadError>),
    /// The rows of a result set, of so many of its table, in order.
    RowsOrdered {
        /// The result set.
        results: u64,
        /// The rows.
        rows: Vec<u32>,
        /// Rows of the table that were considered.
        table_rows: usize,
        /// Of the task, which counts as running until this message is handled.
        #[expect(dead_code, reason = "it is only kept alive")]
        token: TaskToken,
    },
    /// Decisions of the next architectures of a result set.
    DecisionsRead {
        /// The result set.
        results: u64,
        /// The decisions.
        decisions: DecisionTable,
        /// Of the task, which counts as running until this message is handled.
        #[expect(dead_code, reason = "it is only kept alive")]
        token: TaskToken,
    },
    /// The points of the scatter.
    CloudMade(
        Arc<ScatterCloud>,
        #[expect(dead_code, reason = "the task counts as running until this message is handled")]
        TaskToken,
    ),
    /// The rows in an area of the scatter.
    AreaSearched {
        /// The result set.
        results: u64,
        /// The rows.
        rows: Vec<u32>,
        /// Whether the rows that were selected before stay selected.
        adds: bool,
    },
    /// Latency and memory of an architecture of a result set.
    Measured(u64, Measured),
    /// Everything is measured, or why not.
    MeasuringEnded(Result<(), String>),
    /// A network was inspected.
    Inspected(NetworkKey, Arc<Inspection>),
    /// A kernel matrix was computed.
    KernelComputed(NetworkKey, Result<Arc<KernelPicture>, String>),
    /// The benchmark table of a result set was read.
    BenchmarkRead {
        /// The result set.
        results: u64,
        /// The request that is answered.
        generation: u64,
        /// What is in the table.
        facts: Result<BenchmarkFacts, String>,
    },
    /// Scores were compared with accuracies.
    BenchmarkCompared {
        /// The result set.
        results: u64,
        /// The request that is answered.
        generation: u64,
        /// The comparison.
        outcome: Result<Box<BenchmarkOutcome>, String>,
        /// Whether intervals are still being computed.
        refines: bool,
    },
    /// The graph of the network of that number was built, or why not.
    NetworkBuilt(u64, Result<Arc<NetworkGraph>, String>),
    /// The nodes of the network of that number have places, for the cells that were folded by then.
    NetworkLaidOut(u64, u64, Arc<NetworkLayout>),
    /// The time of the nodes of the network of that number.
    NodesTimed(u64, Result<Vec<f64>, String>),
    /// A file of an exported network was written.
    NetworkExported(ExportedFile),
    /// The export is over, or why it failed.
    ExportEnded(Result<(), String>),
    /// A path was chosen in a dialog.
    PathChosen(PathTarget, PathBuf),
    /// There are no file dialogs; what was asked for.
    NoDialogs(FileQuestion, PathTarget),
    /// What a typed path can be completed to.
    PathCompleted(String, Vec<String>),
    /// Something succeeded.
    Done(String),
    /// Something failed.
    Failed(String),
    /// A task ended.
    TaskEnded {
        /// Its name.
        name: &'static str,
        /// Why it panicked, if it did.
        panic: Option<String>,
    },
}
