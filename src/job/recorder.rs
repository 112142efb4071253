//! Passes the records of a running job on to its files, its summary and the front end.

use super::job_files::JobFiles;
use super::{Event, JobConfig, JobError, Leaderboard, ModelFacts, Session, Started, Summary};
use crate::backend::{Cancel, RunOutput};
use crate::store::Record;

/// Takes the records of a running job.
pub(super) struct Recorder {
    files: JobFiles,
    leaderboard: Leaderboard,
    pub(super) summary: Summary,
    /// What kept a record from being written.
    failure: Option<JobError>,
}

impl Recorder {
    /// Creates the files and says that the job begins.
    pub(super) fn start(
        config: &JobConfig,
        session: &Session,
        (total, study): (Option<u64>, Option<String>),
        model: Option<ModelFacts>,
        events: &mut dyn FnMut(Event),
    ) -> Result<Self, JobError> {
        let files = JobFiles::create(config, session, model.as_ref(), events)?;
        let leaderboard = Leaderboard::new(config.ranked_without_training()?.as_ref());
        let batch = session.images().batch.fingerprint();
        let device = session.device().clone();
        let summary = Summary { study: study.clone(), ..Summary::default() };
        events(Event::Started(Box::new(Started { device, total, batch, model, study })));
        Ok(Self { files, leaderboard, summary, failure: None })
    }

    /// Writes a record and hands it out; after a record that could not be written, only the latter.
    pub(super) fn record(
        &mut self,
        record: Record,
        output: Option<RunOutput>,
        reused: bool,
        events: &mut dyn FnMut(Event),
    ) {
        if self.failure.is_none()
            && let Err(source) = self.files.append(&record)
        {
            let written = self.summary.counts.total();
            self.failure = Some(JobError::Write { written, source });
        }
        self.summary.counts.add(record.status, 1);
        self.leaderboard.add(&record);
        events(Event::Scored { record: Box::new(record), output: output.map(Box::new), reused });
    }

    /// Ends the run if a record could not be written; the manifest then says so, if it can.
    pub(super) fn check_written(&mut self) -> Result<(), JobError> {
        match self.failure.take() {
            Some(failure) => {
                // The disk that refused the record may refuse the manifest as well.
                let _ = self.files.finish("failed");
                Err(failure)
            }
            None => Ok(()),
        }
    }

    /// The best record, if there is one.
    pub(super) fn best(&self) -> Option<Record> {
        self.leaderboard.best().into_iter().next()
    }

    /// Closes the files; the summary says whether the run was cancelled.
    pub(super) fn finish(mut self, cancel: &Cancel) -> Result<Summary, JobError> {
        self.summary.interrupted = cancel.is_cancelled();
        self.summary.best = self.leaderboard.best();
        self.summary.followed = self.leaderboard.followed_count();
        self.summary.compared = self.leaderboard.ranks().map(|ranks| ranks.len() as u64);
        self.files.rank(self.leaderboard.ranks())?;
        self.files.finish(if self.summary.interrupted { "interrupted" } else { "done" })?;
        Ok(self.summary)
    }
}
