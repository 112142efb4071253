//! The state of the window: a model for each part, changed by messages and actions.

mod actions;
mod commands;
mod consent;
mod editing;
mod exporting;
mod messages;
mod opening;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::exporting::Exports;
use crate::action::{Action, ActionQueue};
use crate::benchmark::BenchmarkTables;
use crate::compare::NetworkComparison;
use crate::inspect::{CHEAP, InspectionCache};
use crate::models::Models;
use crate::network::NetworkView;
use crate::overlay::dialogs::FileDialogs;
use crate::overlay::path_field::PathTarget;
use crate::overlay::{Overlay, Severity};
use crate::preferences::Preferences;
use crate::results::Results;
use crate::results::report::ReportRequest;
use crate::runner::SearchRunner;
use crate::setup::Setup;
use crate::setup::form_state::SetupProblem;
use crate::space_editor::{Awaited, SpaceEditor};
use crate::studies::StudyList;
use crate::tasks::TaskRunner;
use crate::view::View;
use untrained::job::{JobConfig, Summary};

/// How long a window that is closed waits for its search to write what it has.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(20);

/// Writes a job as a command line.
pub type CommandLineWriter = fn(&JobConfig) -> String;

/// The models of the window.
pub struct AppState {
    view: View,
    setup: Setup,
    editor: SpaceEditor,
    /// The window closes, whatever is not saved.
    closes_unsaved: bool,
    runner: SearchRunner,
    results: Results,
    inspect: InspectionCache,
    network: NetworkView,
    compare: NetworkComparison,
    benchmark: BenchmarkTables,
    studies: StudyList,
    overlay: Overlay,
    preferences: Preferences,
    export: Exports,
    tasks: TaskRunner,
    /// The report whose file is being chosen.
    reported: Option<ReportRequest>,
    command_line: Option<CommandLineWriter>,
}

impl AppState {
    /// The state of a new window; `store` is its file of studies.
    pub fn new(
        window: &egui::Context,
        preferences: Preferences,
        store: PathBuf,
        dialogs: FileDialogs,
        command_line: Option<CommandLineWriter>,
    ) -> Self {
        let mut tasks = TaskRunner::new(window.clone());
        let setup = Setup::new(store);
        let studies = StudyList::new(&mut tasks, setup.store());
        Setup::start(&mut tasks);
        Self {
            view: View::Home,
            setup,
            editor: SpaceEditor::default(),
            closes_unsaved: false,
            runner: SearchRunner::default(),
            results: Results::default(),
            inspect: InspectionCache::default(),
            network: NetworkView::default(),
            compare: NetworkComparison::default(),
            benchmark: BenchmarkTables::default(),
            studies,
            overlay: Overlay::new(window, dialogs),
            preferences,
            export: Exports::default(),
            tasks,
            reported: None,
            command_line,
        }
    }

    /// The models, for views and commands.
    pub fn models(&self) -> Models<'_> {
        Models {
            view: self.view,
            setup: &self.setup,
            editor: &self.editor,
            runner: &self.runner,
            results: &self.results,
            inspect: &self.inspect,
            network: &self.network,
            compare: &self.compare,
            benchmark: &self.benchmark,
            studies: &self.studies,
            overlay: &self.overlay,
            preferences: &self.preferences,
            export: self.export.shown(),
            has_command_line: self.command_line.is_some(),
        }
    }

    /// Handles the messages received since the last frame, and updates what is shown.
    pub fn update(&mut self, window: &egui::Context) {
        self.handle_messages();
        self.overlay.expire_notice(window);
        if self.view == View::Results
            && self.preferences.parallel
            && let Some(set) = self.results.shown_mut()
        {
            set.wants_decisions = true;
        }
        self.results.refresh(&mut self.tasks);
        self.editor.refresh(&mut self.tasks);
        self.results.save_remarks(&mut self.tasks);
        self.request_details();
        if self.view == View::Results && self.preferences.scatter {
            self.refresh_scatter(window);
        }
    }

    /// Has inspected and compared what the view shows, if that is not known yet.
    fn request_details(&mut self) {
        if self.view == View::Results || self.inspect.is_window_open {
            self.inspect_chosen();
        }
        if self.view == View::Benchmark
            && let Some(set) = self.results.shown()
        {
            self.benchmark.attach_table_of_job(&mut self.tasks, set);
        }
        if self.view == View::Run
            && let (Some(live), Some(set)) = (self.runner.live(), self.results.running())
        {
            for one in &live.top {
                self.inspect.inspect(&mut self.tasks, &set.key(&one.architecture), &set.origin());
            }
            self.studies.want_baseline(&live.job);
        }
        if [View::Studies, View::Run].contains(&self.view) {
            self.studies.read_curves(&mut self.tasks, self.setup.store());
        }
        if self.view == View::Compare {
            for entry in &self.compare.entries {
                self.inspect.inspect(&mut self.tasks, &entry.key, &entry.origin);
            }
        }
    }

    /// Has the chosen architecture inspected, and its kernel matrix computed where that is always wanted
    /// and takes little time.
    fn inspect_chosen(&mut self) {
        let Some(set) = self.results.shown() else { return };
        let (Some(row), Some(architecture)) = (set.chosen_row(), set.chosen()) else { return };
        let key = set.key(architecture);
        if self.inspect.inspection(&key).is_none() {
            self.inspect.inspect(&mut self.tasks, &key, &set.origin());
        }
        let is_cheap = set.table.value("seconds", row) <= CHEAP;
        let is_shown = self.preferences.inspector || self.inspect.is_window_open;
        if self.preferences.kernels
            && is_shown
            && is_cheap
            && self.inspect.kernel(&key).is_none()
            && !self.inspect.is_computing()
        {
            self.inspect.compute(&mut self.tasks, vec![(key, set.job.clone())]);
        }
    }

    fn refresh_scatter(&mut self, window: &egui::Context) {
        let Results { scatter, .. } = &mut self.results;
        let mut scatter = std::mem::take(scatter);
        if let Some(set) = self.results.shown()
            && let Some(wait) = scatter.refresh(&mut self.tasks, set, &self.preferences)
        {
            window.request_repaint_after(wait);
        }
        self.results.scatter = scatter;
    }

    /// Applies the actions that views requested, in order.
    pub fn apply_all(&mut self, actions: ActionQueue, window: &egui::Context) {
        if !actions.is_empty() {
            window.request_repaint();
        }
        for action in actions {
            self.apply(action, window);
        }
        // The next frame already has a place for what was chosen, so that nothing moves under the pointer.
        self.request_details();
    }

    /// What the next window shows again.
    pub fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// Asks what becomes of unsaved changes of a space and of a running search when the window closes.
    /// Returns whether the window may close now.
    pub fn on_close_requested(&mut self) -> bool {
        if self.editor.is_changed() {
            self.await_answer(Awaited::Close);
            return false;
        }
        self.overlay.asks_to_close = self.runner.is_searching();
        !self.overlay.asks_to_close
    }

    /// Whether the window waited for its search to close, and the search is over.
    pub fn may_close_now(&mut self) -> bool {
        if std::mem::take(&mut self.closes_unsaved) {
            return self.on_close_requested();
        }
        let closes = self.overlay.asks_to_close && !self.runner.is_searching();
        self.overlay.asks_to_close &= !closes;
        closes
    }

    /// Shows what is ready of pictures that were asked for: asks where they go, and has them written.
    pub fn save_captures(&mut self, window: &egui::Context) {
        let (captured, is_late) = self.overlay.captures.take_captured(window);
        if is_late {
            let text = "the picture is no longer shown; return to its view and save it there";
            self.overlay.notify(Severity::Error, text);
        }
        for picture in captured {
            let question = picture.question();
            self.overlay.ask(&mut self.tasks, question, PathTarget::Picture(Box::new(picture)));
        }
    }

    /// The same, unless something keeps the job from running, which is told.
    fn start_checked(&mut self, job: JobConfig) {
        match SetupProblem::of(&job) {
            None => self.start(job),
            Some(problem) => self.overlay.notify(Severity::Error, problem.sentence()),
        }
    }

    /// Begins a job and shows it, unless another one runs.
    fn start(&mut self, job: JobConfig) {
        if self.runner.is_searching() {
            return;
        }
        self.runner.begin(&mut self.tasks, &mut self.results, job);
        self.results.set_stored_shown(false);
        self.view = View::Run;
    }

    /// Runs a job when those before it are over: at once, if none runs.
    fn enqueue(&mut self, job: JobConfig) {
        if !self.runner.is_searching() {
            return self.start(job);
        }
        self.runner.queue_mut().push_back(job);
        let text = match self.runner.queue().len() {
            1 => "1 search is waiting".to_owned(),
            count => format!("{count} searches are waiting"),
        };
        self.overlay.notify(Severity::Info, text);
    }

    /// The search is over. The next one of the queue begins, unless this one was stopped.
    fn on_run_ended(&mut self, end: Result<Summary, String>) {
        let Some(live) = self.runner.live_mut() else { return };
        let stopped = live.is_stopping();
        // The view of the run tells why.
        if end.is_err() && self.view != View::Run {
            self.overlay.notify(Severity::Error, "the search failed; Run says why");
        }
        live.finish(end);
        if let Some(set) = self.results.running_mut() {
            set.compare(true);
        }
        self.list_studies();
        if !stopped && !self.overlay.asks_to_close {
            self.runner.begin_next(&mut self.tasks, &mut self.results);
        }
    }

    fn list_studies(&mut self) {
        self.studies.list(&mut self.tasks, self.setup.store());
    }

    /// Stops the search and waits until its study is written, but not for ever.
    pub fn end_search(&mut self) {
        let begin = Instant::now();
        self.runner.stop();
        self.runner.queue_mut().clear();
        while self.runner.is_searching() && begin.elapsed() < CLOSE_TIMEOUT {
            // The search may wait for room for its messages.
            self.handle_messages();
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Opens a space, a job, a model or a file of studies when the window begins.
    pub fn open_at_start(&mut self, path: &Path) {
        self.open(&path.to_string_lossy());
    }

    /// Applies one action outside a frame's queue.
    fn apply(&mut self, action: Action, window: &egui::Context) {
        actions::apply(self, action, window);
    }
}
