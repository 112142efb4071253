//! The actions that views request. They are applied in one place, after everything has been drawn.

use std::path::PathBuf;

use crate::command::Command;
use crate::export::ExportForm;
use crate::inspect::network::NetworkKey;
use crate::network::NetworkAction;
use crate::overlay::dialogs::FilePurpose;
use crate::overlay::{HelpPage, PaletteState};
use crate::preferences::Preferences;
use crate::results::result_set::TableView;
use crate::results::sheet::{AxisBrush, ResultAxis, SelectionArea, SortBy};
use crate::setup::form_state::SetupDraft;
use crate::space_editor::EditorAction;
use crate::studies::StudyLabel;
use untrained::job::JobConfig;

/// A change of the results that are shown.
#[derive(Clone, Debug)]
pub enum ResultsAction {
    /// Shows the stored study, or the search of this window.
    ShowStored(bool),
    /// Looks at the results in another way, as one step that can be undone.
    Change(Box<TableView>),
    /// The same for typed text: consecutive letters are one step.
    ChangeTyped(Box<TableView>),
    /// Chooses the row of an architecture.
    ChooseArchitecture(String),
    /// Chooses a row by keyboard.
    StepTo(u32),
    /// Sorts by a column, or reverses its order.
    SortBy(SortBy),
    /// Selects rows instead of others.
    Select(Vec<u32>),
    /// Selects all shown rows from the chosen one to this one.
    SelectTo(u32),
    /// Selects the rows in an area of the scatter; with `true`, keeps the others.
    SelectArea(SelectionArea, bool),
    /// Brushes an axis, or removes its brush.
    Brush(ResultAxis, Option<AxisBrush>),
    /// Marks an architecture, or removes its mark.
    ToggleStar(String),
    /// Marks all selected architectures.
    StarSelected,
    /// Writes a note on an architecture.
    SetNote(String, String),
}

/// A change of the benchmark table of the results that are shown.
#[derive(Clone, Debug)]
pub enum BenchmarkAction {
    /// The path that is typed.
    EditPath(String),
    /// Attaches the table at a path.
    Attach(PathBuf),
    /// Removes the table.
    Detach,
    /// Stops what is computed.
    Stop,
    /// Compares the scores with the table.
    Compare,
    /// Compares another score with another metric.
    SetColumns {
        /// The metric of the table.
        metric: String,
        /// The score.
        score: String,
    },
    /// Whether the axis of scores is logarithmic.
    SetLogarithmic(bool),
}

/// An action requested by a view.
#[derive(Clone, Debug)]
pub enum Action {
    /// A command.
    Command(Command),
    /// Opens a space, a job, a model or a file of studies.
    Open(String),
    /// Opens a dialog for a file.
    ChooseFile(FilePurpose),
    /// Changes the space that is edited.
    Editor(EditorAction),
    /// The job as it was edited, and what is typed.
    EditJob(Box<SetupDraft>),
    /// The text in the field for pasting an architecture.
    EditPasted(String),
    /// Runs a job.
    Start(Box<JobConfig>),
    /// Estimates the cost of a search.
    Estimate,
    /// By how many architectures a search is extended.
    SetExtension(u64),
    /// Removes a job from the queue.
    Dequeue(usize),
    /// Begins the first job of the queue.
    StartNext,
    /// Changes what outlives the window.
    SetPreferences(Box<Preferences>),
    /// Changes the results that are shown.
    Results(ResultsAction),
    /// Changes the benchmark table.
    Benchmark(BenchmarkAction),
    /// Changes the network that is shown.
    Network(NetworkAction),
    /// Shows the network of a row of the results that are shown.
    ShowNetwork(u32),
    /// Asks how rows of the results that are shown are exported as networks.
    AskExport(Vec<u32>),
    /// What is asked before networks are exported, as it was edited.
    EditExport(Box<ExportForm>),
    /// Opens a dialog for the path of exported networks.
    BrowseExport,
    /// Writes exported networks.
    StartExport,
    /// Leaves out the networks that are not exported yet.
    StopExport,
    /// Closes the dialog; an export that is under way goes on.
    CloseExport,
    /// Computes kernel matrices.
    ComputeKernels(Vec<(NetworkKey, Option<JobConfig>)>),
    /// Stops the measurements.
    StopMeasuring,
    /// Stops all computations of kernel matrices.
    StopKernels,
    /// Adds a row of the results that are shown to the comparison.
    AddCompared(u32),
    /// Removes an entry of the comparison.
    RemoveCompared(usize),
    /// Removes all entries of the comparison.
    ClearCompared,
    /// Reads the list of studies.
    ListStudies,
    /// Compares a study with others, or no longer.
    SelectStudy(String, bool),
    /// The name and note of a study while they are edited; `None` leaves them as they were.
    EditLabel(Option<StudyLabel>),
    /// Keeps the name and the note that are edited.
    SaveLabel,
    /// Shows a study.
    ShowStudy(String),
    /// Writes a report of a study, or of the results that are shown.
    Report(Option<String>),
    /// Resumes a study, or with `true` joins the processes that write it.
    ResumeStudy(String, bool),
    /// Deletes a study, once confirmed.
    DeleteStudy(String),
    /// The text in the palette and the entry that is highlighted; `None` closes it.
    SetPalette(Option<PaletteState>),
    /// The text in the field for a path.
    EditPath(String),
    /// Takes the path in that field.
    AnswerPath,
    /// Closes that field.
    CancelPath,
    /// Removes the notice.
    DismissNotice,
    /// Shows a page of help, or closes it.
    ShowHelp(Option<HelpPage>),
    /// Answers whether a job of somebody else may run.
    AnswerConsent(bool),
    /// Closes the question before the window closes.
    KeepRunning,
    /// Closes the window of details.
    CloseDetails,
}

/// Actions in order.
pub type ActionQueue = Vec<Action>;
