//! Studies in an SQLite file or in a database of a PostgreSQL server: their options, results and events.
//!
//! One store holds many studies, and several processes may write to it at once. [`Store`] is the store,
//! [`Study`] a study that is being written, and [`ResultRow`] a result. `docs/store.md` describes the
//! tables for readers of the file; `schema/version-*.sql` defines them.
//!
//! * [`Store::begin`] creates a study; [`Study::append`] and [`Study::finish`] fill it.
//! * [`Store::find`], [`StudyInfo::check_same`] and [`Store::resume`] resume one; [`Store::rows`]
//!   returns its results in order, to replay them to a strategy.
//! * [`Store::join`] and [`Study::claim`] let several processes work on one study.
//! * [`ScoreKeys`] and [`Study::cached`] find scores that were computed before.
//!
//! Exports are in `store::export`. The job decides which options may differ when a study is resumed.

mod address;
mod aside;
mod cache;
mod claim;
mod engine;
mod error;
mod event;
mod key;
mod network;
mod open;
mod remark;
mod row;
mod rows;
mod schema;
mod server;
mod setup;
mod study;
mod table;
mod upkeep;
mod watched_file;
mod worker;
mod writer;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

pub use address::{check_store_address, is_server};
pub use claim::{ClaimOutcome, ClaimRequest};
pub use engine::EngineError;
pub use error::StoreError;
pub use event::{EventKind, StudyEvent};
pub use key::{SCORE_VERSION, ScoreKey, ScoreKeys, WantedScores, space_fingerprint};
pub use network::network_file_system;
pub use open::StoreAccess;
pub use remark::Remark;
pub use row::ResultRow;
pub use rows::ResultRows;
pub use setup::{OptionDifference, SpaceSnapshot, StudyInfo, StudySetup, StudyState};
pub use study::{FlushPolicy, Study};
pub use upkeep::{AddedScores, MergedStudy};

use engine::{Connection, Transaction, params};
use watched_file::WatchedFile;
use writer::{PendingWrites, StudyWriter};

/// The default study database.
pub const DEFAULT_FILE: &str = "untrained.db";

/// A study database. Every thread opens its own.
///
/// ```
/// use untrained::store::{FlushPolicy, Store, StudySetup, StudyState};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("studies.db");
/// let store = Store::open(&path)?;
/// // What was asked for, and the SHA-256 of the images.
/// let setup = StudySetup::new(serde_json::json!({ "samples": 100 }), "00ff");
/// let study = store.begin(&setup, FlushPolicy::default())?;
/// let id = study.id().to_owned();
/// // Results are appended here, one `ResultRow` each.
/// study.finish(StudyState::Done)?;
///
/// // The first digits of an id are enough.
/// let found = store.find(&id[..6])?;
/// assert_eq!(found.state, StudyState::Done);
/// assert_eq!(store.rows(&found)?.count(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Store {
    path: PathBuf,
    connection: Connection,
    busy_timeout: Duration,
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The file.
impl Store {
    /// How long an operation waits by default for another process that is writing.
    pub const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

    /// Opens a file to write it, and makes it if it is not there. A file of an older version is
    /// brought to the present one.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the file is another program's or a newer version's, it is damaged, locked or
    /// cannot be written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, StoreAccess::Create, Self::BUSY_TIMEOUT)
    }

    /// Opens a file for reading; nothing in it is changed. An older version is read as if it were the
    /// current one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if there is no such file, else as [`Store::open`].
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, StoreAccess::Read, Self::BUSY_TIMEOUT)
    }

    /// Opens a file for some purpose. Every operation waits up to `busy_timeout` for other processes that
    /// write.
    ///
    /// # Errors
    ///
    /// As [`Store::open`] and [`Store::read`].
    pub fn open_with(
        path: &Path,
        access: StoreAccess,
        busy_timeout: Duration,
    ) -> Result<Self, StoreError> {
        let connection = open::open(path, access, busy_timeout)?;
        Ok(Self { path: path.to_owned(), connection, busy_timeout })
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, source: EngineError) -> StoreError {
        StoreError::from_engine(&self.path, source)
    }

    /// A transaction that writes.
    fn change(&self) -> Result<Transaction<'_>, StoreError> {
        self.connection.change().map_err(|error| self.failed(error))
    }
}

/// What is in it.
impl Store {
    /// All studies, the oldest first.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn list(&self) -> Result<Vec<StudyInfo>, StoreError> {
        table::studies(&self.connection, "ORDER BY study.created, study.number", &[])
            .map_err(|error| self.failed(error))
    }

    /// The study whose ID begins with this text.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unknown`] or [`StoreError::Ambiguous`], or if the file cannot be read.
    pub fn find(&self, id: &str) -> Result<StudyInfo, StoreError> {
        let id = id.trim().to_ascii_lowercase();
        let begins = "WHERE substr(study.id, 1, length(?1)) = ?1 ORDER BY study.created DESC";
        let mut found = table::studies(&self.connection, begins, params![&id])
            .map_err(|error| self.failed(error))?;
        match found.pop() {
            Some(study) if found.is_empty() && !id.is_empty() => Ok(study),
            Some(study) if !id.is_empty() => {
                found.push(study);
                let found = found.into_iter().map(|study| study.id).collect();
                Err(StoreError::Ambiguous { id, found })
            }
            _ => self.unknown(id),
        }
    }

    fn unknown<T>(&self, id: String) -> Result<T, StoreError> {
        const NAMED: usize = 5;
        let all = self.list()?;
        let known = all.into_iter().rev().take(NAMED).map(|study| study.id).collect();
        Err(StoreError::Unknown { path: self.path.clone(), id, known })
    }

    /// The results of a study in order of position, as they stand now.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn rows(&self, study: &StudyInfo) -> Result<ResultRows<'_>, StoreError> {
        self.rows_from(study, 0)
    }

    /// The same, from a position on.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn rows_from(&self, study: &StudyInfo, first: u64) -> Result<ResultRows<'_>, StoreError> {
        ResultRows::new(&self.connection, &self.path, study.number, first)
    }

    /// The results of a study that it ranks highest, best first; of equal ones the earlier comes first.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn best(&self, study: &StudyInfo, count: usize) -> Result<Vec<ResultRow>, StoreError> {
        const BEST: &str = "WHERE result.study = ?1 AND result.value IS NOT NULL
                            ORDER BY result.value DESC, result.position LIMIT ?2";
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        row::select(&self.connection, BEST, params![study.number, count])
            .map_err(|error| self.failed(error))
    }

    /// The names of the further scores that a study's results have, in order.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn score_names(&self, study: &StudyInfo) -> Result<Vec<String>, StoreError> {
        table::score_names(&self.connection, study.number).map_err(|error| self.failed(error))
    }

    /// What happened during a study, in order.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn events(&self, study: &StudyInfo) -> Result<Vec<StudyEvent>, StoreError> {
        table::events(&self.connection, study.number).map_err(|error| self.failed(error))
    }

    /// The wanted scores of a network, one entry for each mini-batch, from the earliest results that have
    /// them, of any study; `None` unless all are there.
    ///
    /// They belong to a network that scores the same but need not be the same architecture: use the
    /// scores, deviation, status, units, device and version of the result, not its architecture, index and
    /// costs.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn cached(&self, wanted: &[WantedScores]) -> Result<Option<ResultRow>, StoreError> {
        cache::result(&self.connection, wanted).map_err(|error| self.failed(error))
    }
}

/// Studies that are written.
impl Store {
    /// Begins a study. It stays in the file as `running` until it is finished.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn begin(&self, setup: &StudySetup, policy: FlushPolicy) -> Result<Study, StoreError> {
        let failed = |error| self.failed(error);
        let transaction = self.change()?;
        let study = table::add_study(&transaction, setup).map_err(failed)?;
        let (info, worker) = self.enter(&transaction, study, policy, EventKind::Start)?;
        transaction.commit().map_err(failed)?;
        self.start(info, worker, policy)
    }

    /// Resumes a study as its only process. The claims of killed processes are released. If a process
    /// may have been killed only just now, this waits for up to [`FlushPolicy::expiry`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Running`] if another process is writing to it, or an error if the file cannot be
    /// written.
    pub fn resume(&self, study: &StudyInfo, policy: FlushPolicy) -> Result<Study, StoreError> {
        let failed = |error| self.failed(error);
        let alive = worker::wait_for_end(&self.connection, study.number).map_err(failed)?;
        let transaction = self.change()?;
        let running = |workers: Vec<String>| {
            Err(StoreError::Running { id: study.id.clone(), workers: workers.join(", ") })
        };
        if !alive.is_empty() {
            return running(alive);
        }
        let entered = worker::alive(&transaction, study.number).map_err(failed)?;
        if !entered.is_empty() {
            return running(entered.into_iter().map(|one| one.name).collect());
        }
        self.reopen(transaction, study, policy, EventKind::Resume)
    }

    /// Takes part in a study that other processes may be writing; see [`Study::claim`].
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn join(&self, study: &StudyInfo, policy: FlushPolicy) -> Result<Study, StoreError> {
        let transaction = self.change()?;
        self.reopen(transaction, study, policy, EventKind::Join)
    }

    fn reopen(
        &self,
        transaction: Transaction<'_>,
        study: &StudyInfo,
        policy: FlushPolicy,
        kind: EventKind,
    ) -> Result<Study, StoreError> {
        let failed = |error| self.failed(error);
        let sql = "UPDATE study SET state = 'running', updated = ?2 WHERE number = ?1";
        if transaction.execute(sql, params![study.number, now_ms()]).map_err(failed)? == 0 {
            return Err(StoreError::Gone(study.id.clone()));
        }
        worker::forget_killed(&transaction, study.number).map_err(failed)?;
        let (info, worker) = self.enter(&transaction, study.number, policy, kind)?;
        transaction.commit().map_err(failed)?;
        self.start(info, worker, policy)
    }

    /// Puts this process into the table of those that write the study.
    fn enter(
        &self,
        transaction: &Transaction<'_>,
        study: i64,
        policy: FlushPolicy,
        kind: EventKind,
    ) -> Result<(StudyInfo, i64), StoreError> {
        let failed = |error| self.failed(error);
        let text = format!("process {}, version {}", std::process::id(), env!("CARGO_PKG_VERSION"));
        writer::write_event(transaction, study, now_ms(), kind, &text).map_err(failed)?;
        let worker = worker::enter(transaction, study, policy).map_err(failed)?;
        Ok((table::study(transaction, study).map_err(failed)?, worker))
    }

    fn start(
        &self,
        info: StudyInfo,
        worker: i64,
        policy: FlushPolicy,
    ) -> Result<Study, StoreError> {
        let writer = StudyWriter {
            path: self.path.clone(),
            connection: open::open(&self.path, StoreAccess::Write, self.busy_timeout)?,
            busy_timeout: self.busy_timeout,
            id: info.id.clone(),
            study: info.number,
            info: info.clone(),
            worker,
            policy,
            pending: PendingWrites::default(),
            next_heartbeat: Instant::now() + policy.expiry / 4,
            failure: None,
            closed: false,
            file: WatchedFile::new(&self.path),
            lost_since: None,
            aside: None,
        };
        Study::start(info, writer)
    }
}
