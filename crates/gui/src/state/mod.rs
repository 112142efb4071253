//! Everything the window shows, shared by all views, and what changes it.

mod opening;
pub mod update;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::benchmark::BenchmarkTables;
use crate::compare::NetworkComparison;
use crate::inspect::InspectionCache;
use crate::overlay::dialogs::FileDialogs;
use crate::picture::CaptureQueue;
use crate::preferences::Preferences;
use crate::results::result_set::ResultSet;
use crate::runner::live::LiveSearch;
use crate::studies::watch::FileWatch;
use crate::tasks::TaskRunner;
use crate::tasks::jobs;
use crate::tasks::message::{CostEstimate, FilePurpose, LoadError, SpaceCard};
use crate::views::ViewCache;
use untrained::job::{JobConfig, Options, SearchOptions, StoreLocation, Task};
use untrained::space::{Decision, Drawing, Space};
use untrained::store::StudyInfo;

/// What the middle of the window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum View {
    /// Spaces and files.
    #[default]
    Home,
    /// The search space.
    Space,
    /// Options of a search.
    Setup,
    /// A search as it goes.
    Run,
    /// Table and scatter.
    Results,
    /// Networks side by side.
    Compare,
    /// Scores against trained accuracies.
    Benchmark,
    /// Stored searches.
    Studies,
}

impl View {
    /// All views, in the order of the navigation.
    pub const ALL: [Self; 8] = [
        Self::Home,
        Self::Space,
        Self::Setup,
        Self::Run,
        Self::Results,
        Self::Compare,
        Self::Benchmark,
        Self::Studies,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Space => "Space",
            Self::Setup => "Set up",
            Self::Run => "Run",
            Self::Results => "Results",
            Self::Compare => "Compare",
            Self::Benchmark => "Benchmark",
            Self::Studies => "Studies",
        }
    }
}

/// An architecture of the space that is looked at.
#[derive(Clone, Debug, Default)]
pub struct SampleArchitecture {
    /// Its text.
    pub text: String,
    /// Its cells.
    pub drawings: Vec<Drawing>,
    /// Its decisions.
    pub choices: Vec<Decision>,
}

/// All of it.
pub struct AppState {
    /// What is shown.
    pub view: View,
    /// What a new window shows again.
    pub remembered: Preferences,
    /// Threads.
    pub work: TaskRunner,
    /// Who answers questions for files.
    pub dialogs: FileDialogs,
    /// Writes a job as a command line, where there is one.
    pub command_line: Option<fn(&JobConfig) -> String>,
    /// Pictures of plots and drawings.
    pub pictures: CaptureQueue,
    /// What is set up.
    pub job: JobConfig,
    /// The search space that is set up.
    pub space: Option<Space>,
    /// Why it is not there.
    pub faults: Option<LoadError>,
    /// An architecture of it.
    pub sample: SampleArchitecture,
    /// How many were drawn: the seed of the next one.
    pub drawn: u64,
    /// Params and macs of random architectures of it.
    pub costs: Vec<[f64; 2]>,
    /// The built-in spaces.
    pub cards: Vec<SpaceCard>,
    /// Devices by name; what `auto` takes first. Empty until they are known.
    pub devices: Vec<String>,
    /// The search of this window.
    pub live: Option<LiveSearch>,
    /// Jobs that are run when the search before them is over.
    pub queue: VecDeque<JobConfig>,
    /// By how many architectures a search is extended.
    pub extends_by: u64,
    /// Files that are looked after.
    pub watch: FileWatch,
    /// Its results.
    pub running: Option<ResultSet>,
    /// Results of a stored study.
    pub stored: Option<ResultSet>,
    /// Whether the stored study is shown, not the search of this window.
    pub shows_stored: bool,
    /// All studies of the file, or why they cannot be listed.
    pub studies: Result<Vec<StudyInfo>, String>,
    /// What is known of architectures.
    pub details: InspectionCache,
    /// Architectures side by side.
    pub comparison: NetworkComparison,
    /// Tables of accuracies.
    pub benchmarks: BenchmarkTables,
    /// The last message and whether it is an error.
    pub notice: Option<(String, bool)>,
    /// What a network takes as set up, if it was measured.
    pub measured: Option<Result<CostEstimate, String>>,
    /// Whether that is being measured.
    pub measuring: bool,
    /// The kind of images that is chosen, which may lack its place yet.
    pub images_kind: String,
    /// What is typed where an architecture can be pasted.
    pub pasted: String,
    /// What is typed in the palette, while it is open.
    pub palette: Option<String>,
    /// Whether the window asks before it closes.
    pub asks_to_close: bool,
    /// Whether the text about the program is shown.
    pub shows_about: bool,
    /// The study that is to be deleted, once more asked for.
    pub to_delete: Option<String>,
    /// What plots and the table of results keep between frames.
    pub looks: ViewCache,
}

impl AppState {
    /// The state of a new window; `store` is its file of studies.
    pub fn new(window: egui::Context, remembered: Preferences, store: PathBuf) -> Self {
        let mut job = JobConfig::new(Options::default(), Task::default());
        job.store = Some(StoreLocation::File(store));
        let mut state = Self {
            view: View::Home,
            remembered,
            pictures: CaptureQueue::of(&window),
            work: TaskRunner::new(window),
            dialogs: FileDialogs::Native,
            command_line: None,
            job,
            space: None,
            faults: None,
            sample: SampleArchitecture::default(),
            drawn: 0,
            costs: Vec::new(),
            cards: Vec::new(),
            devices: Vec::new(),
            live: None,
            queue: VecDeque::new(),
            extends_by: SearchOptions::default().samples,
            watch: FileWatch::default(),
            running: None,
            stored: None,
            shows_stored: false,
            studies: Ok(Vec::new()),
            details: InspectionCache::default(),
            comparison: NetworkComparison::default(),
            benchmarks: BenchmarkTables::default(),
            notice: None,
            measured: None,
            measuring: false,
            images_kind: String::new(),
            pasted: String::new(),
            palette: None,
            asks_to_close: false,
            shows_about: false,
            to_delete: None,
            looks: ViewCache::default(),
        };
        state.watch = FileWatch::start(&mut state.work);
        state.watch.store(state.store());
        state.work.start("spaces", jobs::cards);
        state.work.start("devices", jobs::devices);
        state
    }

    /// The file of studies.
    pub fn store(&self) -> Option<&Path> {
        match &self.job.store {
            Some(StoreLocation::File(path)) => Some(path),
            Some(StoreLocation::Nowhere) | None => None,
        }
    }

    /// The results that are shown.
    pub fn sheet(&self) -> Option<&ResultSet> {
        if self.shows_stored { self.stored.as_ref() } else { self.running.as_ref() }
    }

    /// The same, to be changed.
    pub fn sheet_mut(&mut self) -> Option<&mut ResultSet> {
        if self.shows_stored { self.stored.as_mut() } else { self.running.as_mut() }
    }

    /// The chosen architecture.
    pub fn chosen(&self) -> Option<&str> {
        self.sheet()?.chosen()
    }

    /// Draws another architecture of the space.
    pub fn another(&mut self) {
        let Some(space) = self.space.clone() else { return };
        self.drawn += 1;
        let seed = self.drawn;
        self.work.start("sample", move |post| jobs::sample(post, &space, seed));
    }

    /// Reads the list of studies.
    pub fn list_studies(&mut self) {
        let Some(path) = self.store().map(Path::to_owned) else { return };
        self.work.start("studies", move |post| jobs::studies(post, &path));
    }

    /// Reads a study and shows it.
    pub fn show_study(&mut self, id: &str) {
        let Some(path) = self.store().map(Path::to_owned) else { return };
        let id = id.to_owned();
        self.work.start("study", move |post| jobs::study(post, &path, &id));
    }

    /// Opens a dialog for a file.
    pub fn choose(&mut self, purpose: FilePurpose) {
        let is_file = ["npy", "npz"].contains(&self.images_kind.as_str());
        let dialogs = self.dialogs.clone();
        self.work.start("dialog", move |post| jobs::dialog(post, &dialogs, purpose, is_file));
    }

    /// Shows a message.
    pub fn tell(&mut self, text: impl Into<String>, is_error: bool) {
        self.notice = Some((text.into(), is_error));
    }
}
