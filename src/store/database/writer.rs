//! The data that a study has yet to commit, and how it is committed.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::engine::{Connection, EngineResult, Transaction, params};
use super::watched_file::WatchedFile;
use super::{
    ClaimOutcome, ClaimRequest, EventKind, FlushPolicy, ResultRow, ScoreKey, StoreAccess,
    StoreError, StudyInfo, StudyState, WantedScores, aside, cache, claim, now_ms, open, row,
    worker,
};
use crate::store::{Record, Status, StatusCounts};

/// The connection of one study, and what waits to be written over it.
pub(super) struct StudyWriter {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) busy_timeout: Duration,
    pub(super) id: String,
    pub(super) study: i64,
    /// The study as it stood when it was opened.
    pub(super) info: StudyInfo,
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
    /// Since when a server cannot be reached.
    pub(super) lost_since: Option<Instant>,
    /// Where was written what it could not take.
    pub(super) aside: Option<PathBuf>,
}

/// How soon something that failed is tried again at the earliest.
const RETRY: Duration = Duration::from_millis(50);

/// How often a transaction is tried that got in another one's way.
const TRIES: usize = 5;

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
            // A server that cannot be reached may be back soon: whoever claims or finishes waits for it.
            self.failure = Some(error).filter(|error| !error.is_lost());
            // Tried again with the next heartbeat. An attempt may take longer than the time between two, and
            // between attempts others must get their turn.
            self.pending.since = None;
            self.next_heartbeat = Instant::now() + (self.policy.expiry / 4).max(RETRY);
        }
    }

    /// Commits what waits, with a heartbeat. What cannot be committed goes on waiting.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.transact(|_, _| Ok(()))
    }

    /// Commits what waits and does something else in the same transaction, all or nothing. A lost
    /// connection to a server is made again at once if that is possible.
    pub(super) fn transact<T>(
        &mut self,
        more: impl Fn(&Transaction<'_>, &Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.next_heartbeat = Instant::now() + self.policy.expiry / 4;
        if self.lost_since.is_some() {
            self.reconnect()?;
        }
        let mut result = self.attempt(&more);
        for _ in 1..TRIES {
            match &result {
                Err(error) if error.is_lost() => self.reconnect()?,
                Err(error) if error.is_conflict() => {}
                _ => break,
            }
            result = self.attempt(&more);
        }
        match result {
            Err(error) if error.is_lost() => Err(self.lost(error)),
            result => result,
        }
    }

    fn reconnect(&mut self) -> Result<(), StoreError> {
        match open::open(&self.path, StoreAccess::Write, self.busy_timeout) {
            Ok(connection) => {
                self.connection = connection;
                self.lost_since = None;
                Ok(())
            }
            Err(error) if error.is_lost() => Err(self.lost(error)),
            Err(error) => Err(error),
        }
    }

    /// What a lost connection comes to: after a while, what waits is written elsewhere.
    fn lost(&mut self, error: StoreError) -> StoreError {
        let since = *self.lost_since.get_or_insert_with(Instant::now);
        if since.elapsed() < self.policy.patience() {
            return error;
        }
        if let Some(before) = self.aside.take() {
            // What it holds is written again, with what came since.
            let _ = std::fs::remove_file(before);
        }
        self.aside = aside::save(&self.info, &self.pending.rows, &self.pending.events);
        StoreError::Unreachable {
            path: self.path.clone(),
            id: self.id.clone(),
            results: self.pending.rows.len(),
            saved: self.aside.clone(),
            source: Box::new(error),
        }
    }

    /// Waits for a server no longer that cannot be reached.
    pub(super) fn give_up_waiting(&mut self) {
        let long_ago = Instant::now().checked_sub(self.policy.patience());
        if self.lost_since.is_some() {
            self.lost_since = long_ago;
        }
    }

    fn attempt<T>(
        &mut self,
        more: &impl Fn(&Transaction<'_>, &Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let failed = |error| StoreError::from_engine(&self.path, error);
        // Results are to survive a power failure; heartbeats need not.
        self.connection.set_durable(!self.pending.is_empty()).map_err(failed)?;
        let is_gone = self.file.is_gone(&self.path);
        let transaction = self.connection.change().map_err(failed)?;
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

    fn write(&self, transaction: &Transaction<'_>) -> EngineResult<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut devices = DeviceNumbers::default();
        let mut added = StatusCounts::default();
        let mut best: Option<f64> = None;
        for part in self.pending.rows.chunks(transaction.dialect().rows_at_once) {
            let mut rows = Vec::with_capacity(part.len());
            for row in part {
                rows.push((devices.number(transaction, &row.record)?, row));
            }
            // The first result of a place is the one that is kept, and counted.
            let mut inserted: HashSet<u64> =
                row::insert_all(transaction, self.study, &rows)?.into_iter().collect();
            for row in part.iter().filter(|row| inserted.remove(&row.position)) {
                added.add(row.record.status, 1);
                best = higher(best, row.record.rank_score());
            }
            let positions: Vec<u64> = part.iter().map(|row| row.position).collect();
            claim::release(transaction, self.study, &positions)?;
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
        .map_err(|error| StoreError::from_engine(&self.path, error))
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
            changed.map(|_| ()).map_err(|error| StoreError::from_engine(&writer.path, error))
        })
    }

    pub(super) fn finish(&mut self, state: StudyState) -> Result<(), StoreError> {
        self.add_event(EventKind::Stop, state.name());
        self.transact(|transaction, writer| {
            worker::leave(transaction, writer.study, writer.worker, state)
                .map_err(|error| StoreError::from_engine(&writer.path, error))
        })?;
        self.failure()
    }
}

/// The numbers of the devices of a batch; almost always there is one.
#[derive(Default)]
struct DeviceNumbers<'r>(Option<(&'r Record, i64)>);

impl<'r> DeviceNumbers<'r> {
    fn number(&mut self, connection: &Connection, record: &'r Record) -> EngineResult<i64> {
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
) -> EngineResult<i64> {
    let parameters = params![name, driver, version];
    let select = "SELECT number FROM device WHERE name = ?1 AND driver = ?2 AND version = ?3";
    let known = connection.find(select, parameters, |row| row.get(0), |_| true)?;
    if let Some(number) = known {
        return Ok(number);
    }
    let insert = "INSERT INTO device (name, driver, version) VALUES (?1, ?2, ?3)
                  ON CONFLICT (name, driver, version) DO NOTHING";
    connection.execute(insert, parameters)?;
    connection.query_row(select, parameters, |row| row.get(0))
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
) -> EngineResult<()> {
    let number = |status| added.get(status) as i64;
    let update = "UPDATE study SET updated = ?2, ok = ok + ?3, singular = singular + ?4,
                      disconnected = disconnected + ?5, failed = failed + ?6,
                      best = CASE WHEN best IS NULL OR best < ?7 THEN ?7 ELSE best END
                  WHERE number = ?1";
    let parameters = params![
        study,
        updated,
        number(Status::Ok),
        number(Status::Singular),
        number(Status::Disconnected),
        number(Status::Failed),
        best,
    ];
    connection.execute(update, parameters).map(|_| ())
}

pub(super) fn write_event(
    connection: &Connection,
    study: i64,
    time: i64,
    kind: EventKind,
    text: &str,
) -> EngineResult<()> {
    let insert = "INSERT INTO event (study, time, kind, text) VALUES (?1, ?2, ?3, ?4)";
    connection.execute(insert, params![study, time, kind.name(), text]).map(|_| ())
}

/// The result of a place, if it is there.
pub(super) fn at(
    connection: &Connection,
    study: i64,
    position: u64,
) -> EngineResult<Option<ResultRow>> {
    const AT: &str = "WHERE result.study = ?1 AND result.position = ?2";
    Ok(row::select(connection, AT, params![study, position as i64])?.into_iter().next())
}
