//! A study that is being written.
//!
//! Results are collected in memory and committed in small batches, by the thread that appends or, if no
//! more results arrive, by the study's own thread. That thread also writes the heartbeats that show
//! other processes that this one is still alive.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::writer::StudyWriter;
use super::{
    ClaimOutcome, ClaimRequest, EventKind, ResultRow, StoreError, StudyInfo, StudyState,
    WantedScores,
};

/// How often a study is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlushPolicy {
    /// The longest time between a result and its commit.
    pub commit: Duration,
    /// The most results that are committed at once.
    pub rows: usize,
    /// The time without a heartbeat after which a process is presumed killed, and others score what it
    /// had claimed. Heartbeats are sent four times as often.
    pub expiry: Duration,
}

impl Default for FlushPolicy {
    /// Half a second, 4,096 results, ten seconds.
    fn default() -> Self {
        Self { commit: Duration::from_millis(500), rows: 4096, expiry: Duration::from_secs(10) }
    }
}

impl FlushPolicy {
    /// How long a server that cannot be reached is waited for before what it lacks is written to a file.
    pub fn patience(&self) -> Duration {
        self.expiry.saturating_mul(12)
    }
}

/// A study that is being written, from any thread. Appended results are on disk after
/// [`FlushPolicy::commit`] at the latest, even if the process is killed afterwards. A study that is
/// dropped without [`Study::finish`] writes its pending results and counts as interrupted.
pub struct Study {
    shared: Arc<SharedWriter>,
    thread: Option<JoinHandle<()>>,
    info: StudyInfo,
}

/// How often a server that cannot be reached is tried again.
pub(super) const RETRY: Duration = Duration::from_millis(250);

struct SharedWriter {
    writer: Mutex<StudyWriter>,
    wake: Condvar,
}

impl SharedWriter {
    fn writer(&self) -> MutexGuard<'_, StudyWriter> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Study {
    pub(super) fn start(info: StudyInfo, writer: StudyWriter) -> Result<Self, StoreError> {
        let shared = Arc::new(SharedWriter { writer: Mutex::new(writer), wake: Condvar::new() });
        let ours = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("study".to_owned());
        let thread = thread.spawn(move || run_writer_thread(&ours)).map_err(StoreError::Thread)?;
        Ok(Self { shared, thread: Some(thread), info })
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.info.id
    }

    /// The study as it stood when it was opened.
    pub fn info(&self) -> &StudyInfo {
        &self.info
    }

    /// Adds a result. The first result of a position is kept; later ones are ignored.
    ///
    /// # Errors
    ///
    /// The reason why this or an earlier result could not be committed. Results committed before are
    /// complete; the others are kept for the next commit.
    pub fn append(&self, row: ResultRow) -> Result<(), StoreError> {
        let mut writer = self.shared.writer();
        let first = writer.add(row);
        if writer.is_full() {
            writer.commit().or_else(|error| if error.is_lost() { Ok(()) } else { Err(error) })?;
        } else if first {
            self.shared.wake.notify_one();
        }
        writer.failure()
    }

    /// Adds something that happened.
    ///
    /// # Errors
    ///
    /// As [`Study::append`].
    pub fn event(&self, kind: EventKind, text: &str) -> Result<(), StoreError> {
        let mut writer = self.shared.writer();
        writer.add_event(kind, text);
        self.shared.wake.notify_one();
        writer.failure()
    }

    /// Replaces the options of the study, for example when it is extended.
    ///
    /// # Errors
    ///
    /// As [`Study::append`].
    pub fn set_job(&self, job: &serde_json::Value) -> Result<(), StoreError> {
        self.shared.writer().set_job(job)
    }

    /// Commits everything now.
    ///
    /// # Errors
    ///
    /// As [`Study::append`].
    pub fn flush(&self) -> Result<(), StoreError> {
        let mut writer = self.shared.writer();
        writer.commit()?;
        writer.failure()
    }

    /// Claims architectures to score if several processes work on one study: each architecture is given
    /// to only one of them. This also commits everything appended so far. Answers are in the order of
    /// `wants`.
    ///
    /// # Errors
    ///
    /// [`StoreError::PositionTaken`] if another process proposed another architecture for a position,
    /// else as [`Study::append`]; nothing is claimed then.
    pub fn claim(&self, wants: &[ClaimRequest<'_>]) -> Result<Vec<ClaimOutcome>, StoreError> {
        self.shared.writer().claim(wants)
    }

    /// Wanted scores from earlier results, of this study or any other in the file: the same network on
    /// the same images. See [`Store::cached`](super::Store::cached).
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn cached(&self, wanted: &[WantedScores]) -> Result<Option<ResultRow>, StoreError> {
        self.shared.writer().cached(wanted)
    }

    /// Waits no longer for a server that cannot be reached: what it lacks is written to a file with the
    /// next call that fails.
    pub fn give_up_waiting(&self) {
        self.shared.writer().give_up_waiting();
    }

    /// Commits everything and records how the study ended: done, interrupted or failed. While other
    /// processes continue with it, it stays running unless it is done.
    ///
    /// # Errors
    ///
    /// As [`Study::append`].
    pub fn finish(mut self, state: StudyState) -> Result<(), StoreError> {
        let result = loop {
            match self.shared.writer().finish(state) {
                Err(error) if error.is_lost() => {}
                result => break result,
            }
            std::thread::sleep(RETRY);
        };
        self.stop();
        result
    }

    /// Ends the thread.
    fn stop(&mut self) {
        self.shared.writer().close();
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // It has nothing to say, whatever its end.
            let _ = thread.join();
        }
    }
}

impl Drop for Study {
    fn drop(&mut self) {
        if self.thread.is_some() {
            // There is nobody left to tell; whoever wants to know calls `finish`.
            let mut writer = self.shared.writer();
            if writer.finish(StudyState::Interrupted).is_err_and(|error| error.is_lost()) {
                writer.give_up_waiting();
                let _ = writer.finish(StudyState::Interrupted);
            }
            drop(writer);
            self.stop();
        }
    }
}

/// Commits what is due and writes heartbeats until the study is closed.
fn run_writer_thread(shared: &SharedWriter) {
    let mut writer = shared.writer();
    while let Some(due) = writer.due() {
        let now = Instant::now();
        if due <= now {
            writer.tick();
        } else {
            let waited = shared.wake.wait_timeout(writer, due - now);
            writer = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
