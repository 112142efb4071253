//! Starts jobs, after a confirmation where a file or study of somebody else would run or write something.

use super::AppState;
use crate::runner::consent::{Consent, JobEffects, JobSource};
use untrained::job::JobConfig;

impl AppState {
    /// Starts the job that is set up, or has it wait for its turn.
    pub(super) fn start_set_up(&mut self, waits: bool) {
        let job = self.setup.runnable_job();
        let effects = self.runner.opened.as_ref().map(|effects| effects.left_in(&job));
        self.start_confirmed(job, effects, waits);
    }

    /// The same with a job of a study.
    pub(super) fn start_stored(&mut self, job: JobConfig, waits: bool) {
        let effects = JobEffects::of_study(&job);
        self.start_confirmed(job, Some(effects), waits);
    }

    fn start_confirmed(&mut self, job: JobConfig, effects: Option<JobEffects>, waits: bool) {
        match effects.filter(|effects| !effects.is_empty()) {
            Some(effects) => self.runner.consent = Some(Consent { effects, job, waits }),
            None if waits => self.enqueue(job),
            None => self.start(job),
        }
    }

    /// The question was answered. A job file that was confirmed is not asked about again.
    pub(super) fn on_consent(&mut self, is_given: bool) {
        let Some(Consent { effects, job, waits }) = self.runner.consent.take() else { return };
        if !is_given {
            return;
        }
        if effects.source != JobSource::Study {
            self.runner.opened = None;
        }
        match waits {
            true => self.enqueue(job),
            false => self.start(job),
        }
    }
}
