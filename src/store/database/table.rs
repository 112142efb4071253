//! The tables of studies and events.

use rusqlite::{Connection, Params, params};

use super::row::{malformed, named};
use super::writer::device;
use super::{
    EventKind, SpaceSnapshot, StudyEvent, StudyInfo, StudySetup, StudyState, now_ms, worker,
};
use crate::store::{Status, StatusCounts};

/// Adds a study that begins now; its number.
pub(super) fn add_study(connection: &Connection, setup: &StudySetup) -> rusqlite::Result<i64> {
    let (id, now) = (free_id(connection)?, now_ms());
    insert(connection, &id, [now, now], StudyState::Running, setup)
}

/// Adds a study of another file under some id; its number. Its results are still to come.
pub(super) fn insert_study(
    connection: &Connection,
    id: &str,
    study: &StudyInfo,
) -> rusqlite::Result<i64> {
    let times = [study.created_ms, study.updated_ms];
    let number = insert(connection, id, times, study.state, &study.setup)?;
    set_label(connection, number, &study.name, &study.note)?;
    Ok(number)
}

/// Names a study and notes something of it; whether it is there.
pub(super) fn set_label(
    connection: &Connection,
    study: i64,
    name: &str,
    note: &str,
) -> rusqlite::Result<bool> {
    let update = "UPDATE study SET name = ?2, note = ?3 WHERE number = ?1";
    Ok(connection.execute(update, params![study, name, note])? > 0)
}

/// An id that no study has.
pub(super) fn free_id(connection: &Connection) -> rusqlite::Result<String> {
    loop {
        let random = "SELECT lower(hex(randomblob(4)))";
        let id: String = connection.query_row(random, [], |row| row.get(0))?;
        let taken = "SELECT count(*) FROM study WHERE id = ?1";
        let taken: i64 = connection.query_row(taken, [&id], |row| row.get(0))?;
        if taken == 0 {
            return Ok(id);
        }
    }
}

fn insert(
    connection: &Connection,
    id: &str,
    [created, updated]: [i64; 2],
    state: StudyState,
    setup: &StudySetup,
) -> rusqlite::Result<i64> {
    let device = device(connection, &setup.device, &setup.driver, &setup.version)?;
    let json = |error: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(error.into());
    connection.execute(
        "INSERT INTO study (id, created, updated, state, space, space_fingerprint, job, seed,
                            weight_seeds, batch, device, score_version, space_text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            id,
            created,
            updated,
            state.name(),
            setup.space.as_ref().map(|space| &space.id),
            setup.space.as_ref().map(|space| &space.fingerprint),
            setup.job.to_string(),
            setup.seed.to_string(),
            serde_json::to_string(&setup.weight_seeds).map_err(json)?,
            setup.batch,
            device,
            setup.score_version,
            setup.space.as_ref().map(|space| &space.text),
        ],
    )?;
    Ok(connection.last_insert_rowid())
}

const SELECT: &str = "
    SELECT study.number, study.id, study.created, study.updated, study.state, study.space,
           study.space_fingerprint, study.job, study.seed, study.weight_seeds, study.batch,
           device.name, device.driver, device.version, study.score_version, study.ok,
           study.singular, study.disconnected, study.failed, study.best, study.space_text, study.name,
           study.note
    FROM study JOIN device ON device.number = study.device";

/// The studies that meet a condition.
pub(super) fn studies(
    connection: &Connection,
    condition: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<StudyInfo>> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} {condition}"))?;
    let mut studies: Vec<StudyInfo> =
        statement.query_map(parameters, read)?.collect::<Result<_, _>>()?;
    for study in &mut studies {
        let alive = worker::alive(connection, study.number)?;
        study.workers = alive.into_iter().map(|worker| worker.name).collect();
    }
    Ok(studies)
}

/// The study of a number.
pub(super) fn study(connection: &Connection, number: i64) -> rusqlite::Result<StudyInfo> {
    let found = studies(connection, "WHERE study.number = ?1", [number])?;
    found.into_iter().next().ok_or(rusqlite::Error::QueryReturnedNoRows)
}

fn read(columns: &rusqlite::Row<'_>) -> rusqlite::Result<StudyInfo> {
    let space: Option<String> = columns.get(5)?;
    let fingerprint: Option<String> = columns.get(6)?;
    let space_text: Option<String> = columns.get(20)?;
    let text = |at: usize| columns.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
    let mut counts = StatusCounts::default();
    let statuses = [Status::Ok, Status::Singular, Status::Disconnected, Status::Failed];
    for (at, status) in (15..).zip(statuses) {
        counts.add(status, columns.get::<_, i64>(at)?.try_into().unwrap_or(0));
    }
    Ok(StudyInfo {
        number: columns.get(0)?,
        id: columns.get(1)?,
        created_ms: columns.get(2)?,
        updated_ms: columns.get(3)?,
        state: named(4, text(4)?, &StudyState::ALL, StudyState::name)?,
        setup: StudySetup {
            space: space.zip(fingerprint).map(|(id, fingerprint)| SpaceSnapshot {
                id,
                fingerprint,
                text: space_text,
            }),
            job: serde_json::from_str(text(7)?).map_err(|error| malformed(7, error))?,
            seed: text(8)?.parse().map_err(|error| malformed(8, error))?,
            weight_seeds: serde_json::from_str(text(9)?).map_err(|error| malformed(9, error))?,
            batch: columns.get(10)?,
            device: columns.get(11)?,
            driver: columns.get(12)?,
            version: columns.get(13)?,
            score_version: columns.get(14)?,
        },
        counts,
        best: columns.get(19)?,
        name: columns.get(21)?,
        note: columns.get(22)?,
        workers: Vec::new(),
    })
}

/// What happened during a study.
pub(super) fn events(connection: &Connection, study: i64) -> rusqlite::Result<Vec<StudyEvent>> {
    let sql = "SELECT time, kind, text FROM event WHERE study = ?1 ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        let kind = named(1, row.get_ref(1)?.as_str()?, &EventKind::ALL, EventKind::name)?;
        Ok(StudyEvent { time_ms: row.get(0)?, kind, text: row.get(2)? })
    };
    statement.query_map([study], read)?.collect()
}

/// The names of the further scores of a study's results.
pub(super) fn score_names(connection: &Connection, study: i64) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT member.key FROM result, json_each(result.scores) AS member
         WHERE result.study = ?1 AND result.scores IS NOT NULL ORDER BY member.key",
    )?;
    statement.query_map([study], |row| row.get(0))?.collect()
}
