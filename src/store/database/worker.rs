//! The processes that write to a study.
//!
//! A process shows that it is alive by postponing the time at which it expires. That one was killed is known
//! at once where process IDs mean the same: on this computer, in this container.

use std::time::{Duration, Instant};

use super::engine::{Connection, EngineResult, Row, params};
use super::{FlushPolicy, StudyState, now_ms};
use crate::leftovers;

/// Puts a process into the table; its number.
pub(super) fn enter(connection: &Connection, study: i64, policy: FlushPolicy) -> EngineResult<i64> {
    let insert = format!(
        "INSERT INTO worker (study, name, started, expires, mark)
         VALUES (?1, ?2, ?3, {} + ?4, ?5) RETURNING number",
        connection.dialect().now
    );
    let parameters =
        params![study, own_name(connection), now_ms(), lifetime(policy), leftovers::process_mark()];
    connection.query_row(&insert, parameters, |row| row.get(0))
}

/// This process, for people.
fn own_name(connection: &Connection) -> String {
    let name = format!("process {}", std::process::id());
    match sysinfo::System::host_name() {
        Ok(computer) if connection.dialect().names_computers => format!("{name} on {computer}"),
        _ => name,
    }
}

/// How long a process counts as alive after a heartbeat, in milliseconds.
fn lifetime(policy: FlushPolicy) -> i64 {
    i64::try_from(policy.expiry.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 4)
}

/// Makes the study's claims and counts this transaction's own until its end.
pub(super) fn lock_study(connection: &Connection, study: i64) -> EngineResult<()> {
    let lock = connection.dialect().lock;
    if lock.is_empty() {
        return Ok(());
    }
    let select = format!("SELECT number FROM study WHERE number = ?1{lock}");
    connection.query(&select, params![study], |_| Ok(())).map(|_| ())
}

/// Writes a heartbeat; `false` if the study is gone. A process that was taken for killed, as happens
/// where a computer sleeps, is back again.
pub(super) fn heartbeat(
    connection: &Connection,
    study: i64,
    worker: i64,
    policy: FlushPolicy,
) -> EngineResult<bool> {
    let now = connection.dialect().now;
    let update = format!("UPDATE worker SET expires = {now} + ?2 WHERE number = ?1");
    if connection.execute(&update, params![worker, lifetime(policy)])? == 1 {
        return Ok(true);
    }
    let insert = format!(
        "INSERT INTO worker (number, study, name, started, expires, mark)
         SELECT CAST(?1 AS BIGINT), number, CAST(?3 AS TEXT), CAST(?4 AS BIGINT), {now} + ?5,
                CAST(?6 AS TEXT)
         FROM study WHERE number = ?2"
    );
    let (name, mark) = (own_name(connection), leftovers::process_mark());
    let parameters = params![worker, study, name, now_ms(), lifetime(policy), mark];
    Ok(connection.execute(&insert, parameters)? == 1)
}

/// Takes a process out of the table, its claims with it, and says how the study stands. A study that
/// others go on with stays running, one that is done stays done.
pub(super) fn leave(
    connection: &Connection,
    study: i64,
    worker: i64,
    state: StudyState,
) -> EngineResult<()> {
    lock_study(connection, study)?;
    connection.execute("DELETE FROM worker WHERE number = ?1", params![worker])?;
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
    /// How long it is until then, in milliseconds.
    lasts: i64,
}

/// The processes that write a study now.
pub(super) fn alive(connection: &Connection, study: i64) -> EngineResult<Vec<LiveWorker>> {
    let all = format!(
        "SELECT number, name, expires, mark, {} FROM worker WHERE study = ?1 ORDER BY number",
        connection.dialect().lasts
    );
    let read = |row: &Row<'_>| {
        let (mark, lasts): (Option<String>, i64) = (row.get(3)?, row.get(4)?);
        let worker =
            LiveWorker { number: row.get(0)?, name: row.get(1)?, expires: row.get(2)?, lasts };
        Ok((!was_killed(lasts <= 0, mark.as_deref())).then_some(worker))
    };
    Ok(connection.query(&all, params![study], read)?.into_iter().flatten().collect())
}

/// Whether a process is gone: it gives no heartbeats any more, or its mark tells.
pub(super) fn was_killed(has_expired: bool, mark: Option<&str>) -> bool {
    has_expired || mark.is_some_and(leftovers::has_surely_ended)
}

/// Forgets processes that were killed, and what they had claimed.
pub(super) fn forget_killed(connection: &Connection, study: i64) -> EngineResult<()> {
    // One that is writing right now is none of them.
    let all =
        format!("SELECT number FROM worker WHERE study = ?1{}", connection.dialect().lock_free);
    let all: Vec<i64> = connection.query(&all, params![study], |row| row.get(0))?;
    let alive: Vec<i64> = alive(connection, study)?.iter().map(|one| one.number).collect();
    for &number in all.iter().filter(|number| !alive.contains(number)) {
        connection.execute("DELETE FROM worker WHERE number = ?1", params![number])?;
    }
    Ok(())
}

/// Waits until the processes that write a study have expired; those that give a heartbeat
/// meanwhile, if any does.
pub(super) fn wait_for_end(connection: &Connection, study: i64) -> EngineResult<Vec<String>> {
    const STEP: Duration = Duration::from_millis(50);
    let first = alive(connection, study)?;
    let last = first.iter().map(|one| one.lasts).max().unwrap_or(0);
    let busy_timeout = Duration::from_millis(u64::try_from(last).unwrap_or(0));
    let begin = Instant::now();
    loop {
        let now = alive(connection, study)?;
        let before = |one: &LiveWorker| {
            first.iter().any(|before| (before.number, before.expires) == (one.number, one.expires))
        };
        let signed: Vec<_> = now.iter().filter(|one| !before(one)).collect();
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
