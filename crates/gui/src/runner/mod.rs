//! The search of this window, and the queue of jobs behind it.

pub mod consent;
pub mod live;
mod live_ranks;

use std::collections::VecDeque;

use self::consent::{Consent, JobEffects};
use self::live::LiveSearch;
use crate::results::Results;
use crate::results::result_set::ResultSet;
use crate::results::sheet::ResultTable;
use crate::studies::stored::resumed_remarks;
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;
use untrained::job::{JobConfig, StoreLocation, StudyMode, Task};

/// Runs jobs one after another.
pub struct SearchRunner {
    live: Option<LiveSearch>,
    queue: VecDeque<JobConfig>,
    /// What the job file that is set up would do, until that was confirmed.
    pub opened: Option<JobEffects>,
    /// The job that waits for its confirmation.
    pub consent: Option<Consent>,
    /// By how many architectures a search is extended.
    pub extends_by: u64,
}

impl Default for SearchRunner {
    fn default() -> Self {
        let extends_by = EXTENDS_BY;
        Self { live: None, queue: VecDeque::new(), opened: None, consent: None, extends_by }
    }
}

/// How many more architectures a search looks at when it is extended, unless another number is asked for.
const EXTENDS_BY: u64 = 100;

impl SearchRunner {
    /// The search that runs, or ran last.
    pub fn live(&self) -> Option<&LiveSearch> {
        self.live.as_ref()
    }

    /// The same, to be changed.
    pub fn live_mut(&mut self) -> Option<&mut LiveSearch> {
        self.live.as_mut()
    }

    /// Jobs that wait.
    pub fn queue(&self) -> &VecDeque<JobConfig> {
        &self.queue
    }

    /// The same, to be changed.
    pub fn queue_mut(&mut self) -> &mut VecDeque<JobConfig> {
        &mut self.queue
    }

    /// Whether a search runs, or is paused.
    pub fn is_searching(&self) -> bool {
        self.live.as_ref().is_some_and(LiveSearch::is_running)
    }

    /// Begins a job whatever is shown meanwhile.
    pub fn begin(&mut self, tasks: &mut TaskRunner, results: &mut Results, job: JobConfig) {
        let mut set = ResultSet::new(job_title(&job), ResultTable::of_job(Some(&job)));
        set.job = Some(job.clone());
        set.store = match &job.store {
            Some(StoreLocation::File(path)) => Some(path.clone()),
            Some(StoreLocation::Nowhere) | None => None,
        };
        let (opened, id) = (job.clone(), set.id);
        results.begin(set);
        tasks.start("space", move |sender| {
            let space = match opened.task {
                Task::Onnx(_) => None,
                Task::Search(_) | Task::Score { .. } => opened.open_space().ok().map(Box::new),
            };
            let remarks = resumed_remarks(&opened);
            sender.send(Message::RunPrepared { results: id, space, remarks });
        });
        self.live = Some(LiveSearch::start(tasks, job));
    }

    /// Begins the first job of the queue, unless a search runs.
    pub fn begin_next(&mut self, tasks: &mut TaskRunner, results: &mut Results) {
        if !self.is_searching()
            && let Some(job) = self.queue.pop_front()
        {
            self.begin(tasks, results, job);
        }
    }

    /// Requests that the search stop.
    pub fn stop(&mut self) {
        self.live.iter_mut().for_each(LiveSearch::stop);
    }
}

/// The job that resumes the study of results, if that is possible.
pub fn resuming_job(set: &ResultSet) -> Option<JobConfig> {
    let (job, study) = (set.job.clone()?, set.study.clone()?);
    let store = Some(StoreLocation::File(set.store.clone()?));
    let is_search = matches!(job.task, Task::Search(_)) && job.repeats_exactly();
    is_search.then_some(JobConfig { store, study: StudyMode::Resume(study), ..job })
}

/// The same, with more architectures.
pub fn extending_job(set: &ResultSet, extends_by: u64) -> Option<JobConfig> {
    let mut job = resuming_job(set)?;
    let Task::Search(search) = &mut job.task else { return None };
    search.samples = Some(search.samples?.saturating_add(extends_by));
    Some(job)
}

/// What results of a job are called.
pub fn job_title(job: &JobConfig) -> String {
    match &job.task {
        Task::Onnx(model) => model
            .path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        _ => job.options.space.clone(),
    }
}
