//! The data that a study has yet to commit, and how it is committed.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::watched_file::WatchedFile;
use super::{
    ClaimOutcome, ClaimRequest, EventKind, FlushPolicy, ResultRow, ScoreKey, StoreError,
    StudyState, WantedScores, cache, claim, now_ms, row, worker,
};
use crate::store::{Record, Status, StatusCounts};

/// The connection of one study, and what waits to be written over it.
pub(super) struct StudyWriter {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) id: String,
    pub(super) study: i64,
    /// This process in the table of workers.
    pub(super) worker: i64,
    pub(super) policy: FlushPolicy,
    pub(super) pending: PendingWrites,
    /// When the next heartbeat is due.
    pub(super) next_heartbeat: Instant,
    /// What the thread could not write, until somebody asks.
    pub(super) failure: Option<StoreError>,
    pub(super) closed: bool,
    /// Which file the connection is to, and where its contents were saved when it was gone.
    pub(super) file: WatchedFile,
}

/// What waits.
#[derive(Default)]
pub(super) struct PendingWrites {
    rows: Vec<ResultRow>,
    events: Vec<(i64, EventKind, String)>,
    /// When the first of it came.
    since: Option<Instant>,
    /// Where the rows are that have a key and did not fail.
    keys: HashMap<ScoreKey, usize>,
}

impl PendingWrites {
    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.events.is_empty()
    }
}

impl StudyWriter {
    /// Keeps a row; whether nothing waited before, so that something is due now.
    pub(super) fn add(&mut self, row: ResultRow) -> bool {
        if row.record.status != Status::Failed {
            for key in [row.key, row.other_key].into_iter().flatten() {
                self.pending.keys.insert(key, self.pending.rows.len());
            }
        }
        self.pending.rows.push(row);
        self.begin_to_wait()
    }

    /// Whether as many rows wait as are committed at once.
    pub(super) fn is_full(&self) -> bool {
        self.pending.rows.len() >= self.policy.rows
    }

    pub(super) fn add_event(&mut self, kind: EventKind, text: &str) {
        self.pending.events.push((now_ms(), kind, text.to_owned()));
        self.begin_to_wait();
    }

    fn begin_to_wait(&mut self) -> bool {
        let first = self.pending.since.is_none();
        self.pending.since.get_or_insert_with(Instant::now);
        first
    }

    /// When something is to be done; `None` once the study is closed.
    pub(super) fn due(&self) -> Option<Instant> {
        let commit = self.pending.since.map(|since| since + self.policy.commit);
        let next = commit.map_or(self.next_heartbeat, |commit| commit.min(self.next_heartbeat));
        (!self.closed).then_some(next)
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// What the thread could not write.
    pub(super) fn failure(&mut self) -> Result<(), StoreError> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// What the thread does when something is due.
    pub(super) fn tick(&mut self) {
        if let Err(error) = self.commit() {
            self.failure = Some(error);
            // Tried again with the next heartbeat.
            self.pending.since = None;
        }
    }

    /// Commits what waits, with a heartbeat. What cannot be committed goes on waiting.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.transact(|_, _| Ok(()))
    }

    /// Commits what waits and does something else in the same transaction, all or nothing.
    pub(super) fn transact<T>(
        &mut self,
        more: impl FnOnce(&Transaction<'_>, &Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.next_heartbeat = Instant::now() + self.policy.expiry / 4;
        let failed = |error| StoreError::from_sqlite(&self.path, error);
        // Results are to survive a power failure; heartbeats and claims need not.
        let level = if self.pending.is_empty() { "NORMAL" } else { "FULL" };
        self.connection.pragma_update(None, "synchronous", level).map_err(failed)?;
        let is_gone = self.file.is_gone(&self.path);
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
                .map_err(failed)?;
        if !worker::heartbeat(&transaction, self.study, self.worker, self.policy).map_err(failed)? {
            return Err(StoreError::Gone(self.id.clone()));
        }
        self.write(&transaction).map_err(failed)?;
        let value = more(&transaction, self)?;
        transaction.commit().map_err(failed)?;
        self.pending = PendingWrites::default();
        if is_gone {
            // The connection still reads and writes the file that has lost its name.
            let saved = self.file.save(&self.connection, &self.path);
            let (path, id) = (self.path.clone(), self.id.clone());
            return Err(StoreError::Vanished { path, id, saved });
        }
        Ok(value)
    }

    fn write(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut devices = DeviceNumbers::default();
        let mut added = StatusCounts::default();
        let mut best: Option<f64> = None;
        for row in &self.pending.rows {
            let device = devices.number(transaction, &row.record)?;
            if row::insert(transaction, self.study, device, row)? {
                added.add(row.record.status, 1);
                let score = row.record.rank_score();
                best = higher(best, score);
            }
            claim::release(transaction, self.study, row.position)?;
        }
        for (time, kind, text) in &self.pending.events {
            write_event(transaction, self.study, *time, *kind, text)?;
        }
        count(transaction, self.study, now_ms(), added, best)
    }

    /// Wanted scores from earlier results, also of those that wait.
    pub(super) fn cached(&self, wanted: &[WantedScores]) -> Result<Option<ResultRow>, StoreError> {
        let waiting = |one: &WantedScores| {
            let row = self.pending.rows.get(*self.pending.keys.get(&one.key)?)?;
            row.record.has(one.scores).then(|| row.clone())
        };
        cache::assembled(wanted, |one| match waiting(one) {
            Some(row) => Ok(Some(row)),
            None => cache::earliest(&self.connection, one),
        })
        .map_err(|error| StoreError::from_sqlite(&self.path, error))
    }

    pub(super) fn claim(
        &mut self,
        wants: &[ClaimRequest<'_>],
    ) -> Result<Vec<ClaimOutcome>, StoreError> {
        self.failure()?;
        self.transact(|transaction, writer| claim::all(transaction, writer, wants))
    }

    pub(super) fn set_job(&mut self, job: &serde_json::Value) -> Result<(), StoreError> {
        self.transact(|transaction, writer| {
            let update = "UPDATE study SET job = ?2 WHERE number = ?1";
            let changed = transaction.execute(update, params![writer.study, job.to_string()]);
            changed.map(|_| ()).map_err(|error| StoreError::from_sqlite(&writer.path, error))
        })
    }

    pub(super) fn finish(&mut self, state: StudyState) -> Result<(), StoreError> {
        self.add_event(EventKind::Stop, state.name());
        self.transact(|transaction, writer| {
            worker::leave(transaction, writer.study, writer.worker, state)
                .map_err(|error| StoreError::from_sqlite(&writer.path, error))
        })?;
        self.failure()
    }
}

/// The numbers of the devices of a batch; almost always there is one.
#[derive(Default)]
struct DeviceNumbers<'r>(Option<(&'r Record, i64)>);

impl<'r> DeviceNumbers<'r> {
    fn number(&mut self, connection: &Connection, record: &'r Record) -> rusqlite::Result<i64> {
        let same = |known: &Record| {
            (&known.device, &known.driver, &known.version)
                == (&record.device, &record.driver, &record.version)
        };
        match self.0 {
            Some((known, number)) if same(known) => Ok(number),
            _ => {
                let number = device(connection, &record.device, &record.driver, &record.version)?;
                self.0 = Some((record, number));
                Ok(number)
            }
        }
    }
}

/// The number of a device, which is added where it is new.
pub(super) fn device(
    connection: &Connection,
    name: &str,
    driver: &str,
    version: &str,
) -> rusqlite::Result<i64> {
    let parameters = params![name, driver, version];
    connection
        .prepare_cached(
            "INSERT INTO device (name, driver, version) VALUES (?1, ?2, ?3)
             ON CONFLICT (name, driver, version) DO NOTHING",
        )?
        .execute(parameters)?;
    connection
        .prepare_cached(
            "SELECT number FROM device WHERE name = ?1 AND driver = ?2 AND version = ?3",
        )?
        .query_row(parameters, |row| row.get(0))
}

/// The higher of two scores; those that may not be chosen do not count.
pub(super) fn higher(best: Option<f64>, score: f64) -> Option<f64> {
    let score = score.is_finite().then_some(score);
    best.into_iter().chain(score).reduce(f64::max)
}

/// Adds to the numbers that a study keeps of its results.
pub(super) fn count(
    connection: &Connection,
    study: i64,
    updated: i64,
    added: StatusCounts,
    best: Option<f64>,
) -> rusqlite::Result<()> {
    let number = |status| added.get(status) as i64;
    connection
        .prepare_cached(
            "UPDATE study SET updated = ?2, ok = ok + ?3, singular = singular + ?4,
                 disconnected = disconnected + ?5, failed = failed + ?6,
                 best = max(coalesce(best, ?7), coalesce(?7, best))
             WHERE number = ?1",
        )?
        .execute(params![
            study,
            updated,
            number(Status::Ok),
            number(Status::Singular),
            number(Status::Disconnected),
            number(Status::Failed),
            best,
        ])
        .map(|_| ())
}

pub(super) fn write_event(
    connection: &Connection,
    study: i64,
    time: i64,
    kind: EventKind,
    text: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO event (study, time, kind, text) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![study, time, kind.name(), text])
        .map(|_| ())
}

/// The result of a place, if it is there.
pub(super) fn at(
    connection: &Connection,
    study: i64,
    position: u64,
) -> rusqlite::Result<Option<ResultRow>> {
    const AT: &str = "WHERE result.study = ?1 AND result.position = ?2";
    Ok(row::select(connection, AT, params![study, position as i64])?.into_iter().next())
}
