//! Searches of this window: what runs, what waits for it, and what can go on.

pub mod live;

use std::time::{Duration, Instant};

use crate::results::result_set::ResultSet;
use crate::results::sheet::ResultTable;
use crate::runner::live::LiveSearch;
use crate::state::{AppState, View};
use crate::tasks::jobs;
use untrained::job::{JobConfig, StoreLocation, StudyMode, Summary, Task};

/// How long a window that is closed waits for its search to write what it has.
const LAST_WAIT: Duration = Duration::from_secs(20);

impl AppState {
    /// Begins a job and shows it, unless another one runs.
    pub fn start(&mut self, job: JobConfig) {
        if self.is_searching() {
            return;
        }
        self.begin(job);
        self.shows_stored = false;
        self.view = View::Run;
    }

    /// Whether a search runs, or waits to be resumed.
    pub fn is_searching(&self) -> bool {
        self.live.as_ref().is_some_and(LiveSearch::is_running)
    }

    /// Runs a job when those before it are over: at once, if none runs.
    pub fn enqueue(&mut self, job: JobConfig) {
        if self.is_searching() {
            self.queue.push_back(job);
            self.tell(format!("{} searches wait", self.queue.len()), false);
        } else {
            self.start(job);
        }
    }

    /// Begins a job whatever is shown meanwhile. Results of the search before it are put aside as a
    /// stored study.
    fn begin(&mut self, job: JobConfig) {
        let mut sheet = ResultSet::new(title(&job), ResultTable::default());
        sheet.job = Some(job.clone());
        sheet.store = match &job.store {
            Some(StoreLocation::File(path)) => Some(path.clone()),
            Some(StoreLocation::Nowhere) | None => None,
        };
        if let Some(before) = self.running.replace(sheet)
            && before.table.len() > 0
            && !self.shows_stored
        {
            self.stored = Some(before);
            self.shows_stored = true;
        }
        let (opened, id) = (job.clone(), self.running.as_ref().map_or(0, |sheet| sheet.id));
        self.work.start("space", move |post| {
            let (space, remarks) = (opened.open_space().ok(), jobs::remarks_of(&opened));
            post.change(move |state| {
                let Some(sheet) = state.sheet_of(id) else { return };
                sheet.space = space;
                for (architecture, remark) in remarks {
                    sheet.take_remark(&architecture, remark);
                }
            });
        });
        self.live = Some(LiveSearch::start(&mut self.work, job));
    }

    /// The search is over. The next one of the queue begins, unless this one was stopped.
    pub fn take_search_end(&mut self, end: Result<Summary, String>) {
        let Some(live) = &mut self.live else { return };
        let stopped = live.is_stopping();
        if let Err(why) = &end {
            self.notice = Some((why.clone(), true));
        }
        live.finish(end);
        self.list_studies();
        if !stopped && !self.asks_to_close {
            self.begin_next();
        }
    }

    /// Begins the first job of the queue.
    pub fn begin_next(&mut self) {
        if self.is_searching() {
            return;
        }
        if let Some(job) = self.queue.pop_front() {
            self.begin(job);
        }
    }

    /// The job with the study that is shown, if it can go on.
    pub fn resumable(&self) -> Option<JobConfig> {
        let sheet = self.sheet()?;
        let (job, study) = (sheet.job.clone()?, sheet.study.clone()?);
        let store = Some(StoreLocation::File(sheet.store.clone()?));
        let is_search = matches!(job.task, Task::Search(_)) && job.repeats_exactly();
        is_search.then_some(JobConfig { store, study: StudyMode::Resume(study), ..job })
    }

    /// The same, with more architectures.
    pub fn extended(&self) -> Option<JobConfig> {
        let mut job = self.resumable()?;
        let Task::Search(search) = &mut job.task else { return None };
        search.samples = search.samples.saturating_add(self.extends_by);
        Some(job)
    }

    /// Stops the search and waits until its study is written, but not for ever.
    pub fn end_search(&mut self) {
        let begin = Instant::now();
        self.live.iter_mut().for_each(LiveSearch::stop);
        self.queue.clear();
        while self.is_searching() && begin.elapsed() < LAST_WAIT {
            // The search may wait for room for its news.
            self.take_news();
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// What results of a job are called.
pub fn title(job: &JobConfig) -> String {
    match &job.task {
        Task::Onnx { path, .. } => {
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        }
        _ => job.options.space.clone(),
    }
}
