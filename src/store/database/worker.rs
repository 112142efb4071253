//! The processes that write to a study.
//!
//! A process shows that it is alive by postponing the time at which it expires. That one was killed is known
//! at once where process IDs mean the same: on this computer, in this container.

use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::{FlushPolicy, StudyState, now_ms};
use crate::leftovers;

/// Puts a process into the table; its number.
pub(super) fn enter(
    connection: &Connection,
    study: i64,
    policy: FlushPolicy,
) -> rusqlite::Result<i64> {
    let name = format!("process {}", std::process::id());
    connection.execute(
        "INSERT INTO worker (study, name, started, expires, mark) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![study, name, now_ms(), expires(policy), leftovers::process_mark()],
    )?;
    Ok(connection.last_insert_rowid())
}

fn expires(policy: FlushPolicy) -> i64 {
    now_ms().saturating_add(i64::try_from(policy.expiry.as_millis()).unwrap_or(i64::MAX))
}

/// Writes a heartbeat; `false` if the study is gone. A process that was taken for killed, as happens
/// where a computer sleeps, is back again.
pub(super) fn heartbeat(
    connection: &Connection,
    study: i64,
    worker: i64,
    policy: FlushPolicy,
) -> rusqlite::Result<bool> {
    let update = "UPDATE worker SET expires = ?2 WHERE number = ?1";
    if connection.prepare_cached(update)?.execute(params![worker, expires(policy)])? == 1 {
        return Ok(true);
    }
    let name = format!("process {}", std::process::id());
    let again = connection.execute(
        "INSERT INTO worker (number, study, name, started, expires, mark)
         SELECT ?1, number, ?3, ?4, ?5, ?6 FROM study WHERE number = ?2",
        params![worker, study, name, now_ms(), expires(policy), leftovers::process_mark()],
    )?;
    Ok(again == 1)
}

/// Takes a process out of the table, its claims with it, and says how the study stands. A study that
/// others go on with stays running, one that is done stays done.
pub(super) fn leave(
    connection: &Connection,
    study: i64,
    worker: i64,
    state: StudyState,
) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM worker WHERE number = ?1", [worker])?;
    if state == StudyState::Done || alive(connection, study)?.is_empty() {
        connection.execute(
            "UPDATE study SET state = ?2, updated = ?3 WHERE number = ?1 AND state <> 'done'",
            params![study, state.name(), now_ms()],
        )?;
    }
    Ok(())
}

/// A process that is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LiveWorker {
    pub number: i64,
    pub name: String,
    pub expires: i64,
}

/// The processes that write a study now.
pub(super) fn alive(connection: &Connection, study: i64) -> rusqlite::Result<Vec<LiveWorker>> {
    let all = "SELECT number, name, expires, mark FROM worker WHERE study = ?1 ORDER BY number";
    let mut statement = connection.prepare_cached(all)?;
    let now = now_ms();
    let read = |row: &rusqlite::Row<'_>| {
        let (expires, mark): (i64, Option<String>) = (row.get(2)?, row.get(3)?);
        let worker = LiveWorker { number: row.get(0)?, name: row.get(1)?, expires };
        Ok((!was_killed(expires, mark.as_deref(), now)).then_some(worker))
    };
    statement.query_map([study], read)?.filter_map(Result::transpose).collect()
}

/// Whether a process with that expiry and mark is gone at that time.
pub(super) fn was_killed(expires: i64, mark: Option<&str>, now: i64) -> bool {
    expires <= now || mark.is_some_and(leftovers::has_surely_ended)
}

/// Forgets processes that were killed, and what they had claimed.
pub(super) fn forget_killed(connection: &Connection, study: i64) -> rusqlite::Result<()> {
    let alive: Vec<i64> = alive(connection, study)?.iter().map(|one| one.number).collect();
    let mut statement = connection.prepare("SELECT number FROM worker WHERE study = ?1")?;
    let all: Vec<i64> =
        statement.query_map([study], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for number in all.iter().filter(|number| !alive.contains(number)) {
        connection.execute("DELETE FROM worker WHERE number = ?1", [number])?;
    }
    Ok(())
}

/// Waits until the processes that write a study have expired; those that give a heartbeat
/// meanwhile, if any does.
pub(super) fn wait_for_end(connection: &Connection, study: i64) -> rusqlite::Result<Vec<String>> {
    const STEP: Duration = Duration::from_millis(50);
    let first = alive(connection, study)?;
    let last = first.iter().map(|one| one.expires).max().unwrap_or(0);
    let busy_timeout = Duration::from_millis(u64::try_from(last - now_ms()).unwrap_or(0));
    let begin = Instant::now();
    loop {
        let now = alive(connection, study)?;
        let signed: Vec<_> = now.iter().filter(|one| !first.contains(one)).collect();
        if now.is_empty() || !signed.is_empty() {
            return Ok(signed.into_iter().map(|one| one.name.clone()).collect());
        }
        if begin.elapsed() > busy_timeout + STEP {
            // The clock was set back: times to come say nothing about who is alive.
            return Ok(now.into_iter().map(|one| one.name).collect());
        }
        std::thread::sleep(STEP);
    }
}
