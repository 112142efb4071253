//! The tables of studies and events.

use super::engine::{Connection, EngineError, EngineResult, Row, Value, malformed, params};
use super::row::named;
use super::writer::device;
use super::{
    EventKind, SpaceSnapshot, StudyEvent, StudyInfo, StudySetup, StudyState, now_ms, worker,
};
use crate::store::{Status, StatusCounts};

/// Adds a study that begins now; its number.
pub(super) fn add_study(connection: &Connection, setup: &StudySetup) -> EngineResult<i64> {
    let (id, now) = (free_id(connection)?, now_ms());
    insert(connection, &id, [now, now], StudyState::Running, setup)
}

/// Adds a study of another file under some id; its number. Its results are still to come.
pub(super) fn insert_study(
    connection: &Connection,
    id: &str,
    study: &StudyInfo,
) -> EngineResult<i64> {
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
) -> EngineResult<bool> {
    let update = "UPDATE study SET name = ?2, note = ?3 WHERE number = ?1";
    Ok(connection.execute(update, params![study, name, note])? > 0)
}

/// An id that no study has.
pub(super) fn free_id(connection: &Connection) -> EngineResult<String> {
    loop {
        let random = connection.dialect().random_id;
        let id: String = connection.query_row(random, &[], |row| row.get(0))?;
        let taken = "SELECT count(*) FROM study WHERE id = ?1";
        let taken: i64 = connection.query_row(taken, params![&id], |row| row.get(0))?;
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
) -> EngineResult<i64> {
    let device = device(connection, &setup.device, &setup.driver, &setup.version)?;
    let seeds = setup.weight_seeds.iter().copied().map(serde_json::Value::from).collect();
    connection.query_row(
        "INSERT INTO study (id, created, updated, state, space, space_fingerprint, job, seed,
                            weight_seeds, batch, device, score_version, space_text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         RETURNING number",
        params![
            id,
            created,
            updated,
            state.name(),
            setup.space.as_ref().map(|space| &space.id),
            setup.space.as_ref().map(|space| &space.fingerprint),
            setup.job.to_string(),
            setup.seed.to_string(),
            serde_json::Value::Array(seeds).to_string(),
            &setup.batch,
            device,
            setup.score_version,
            setup.space.as_ref().and_then(|space| space.text.as_ref()),
        ],
        |row| row.get(0),
    )
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
    parameters: &[Value<'_>],
) -> EngineResult<Vec<StudyInfo>> {
    let mut studies = connection.query(&format!("{SELECT} {condition}"), parameters, read)?;
    for study in &mut studies {
        let alive = worker::alive(connection, study.number)?;
        study.workers = alive.into_iter().map(|worker| worker.name).collect();
    }
    Ok(studies)
}

/// The study of a number.
pub(super) fn study(connection: &Connection, number: i64) -> EngineResult<StudyInfo> {
    let found = studies(connection, "WHERE study.number = ?1", params![number])?;
    found.into_iter().next().ok_or(EngineError::NoRow)
}

fn read(columns: &Row<'_>) -> EngineResult<StudyInfo> {
    let space: Option<String> = columns.get(5)?;
    let fingerprint: Option<String> = columns.get(6)?;
    let space_text: Option<String> = columns.get(20)?;
    let text = |at: usize| columns.get::<String>(at);
    let mut counts = StatusCounts::default();
    let statuses = [Status::Ok, Status::Singular, Status::Disconnected, Status::Failed];
    for (at, status) in (15..).zip(statuses) {
        counts.add(status, columns.get::<i64>(at)?.try_into().unwrap_or(0));
    }
    Ok(StudyInfo {
        number: columns.get(0)?,
        id: columns.get(1)?,
        created_ms: columns.get(2)?,
        updated_ms: columns.get(3)?,
        state: named(4, &text(4)?, &StudyState::ALL, StudyState::name)?,
        setup: StudySetup {
            space: space.zip(fingerprint).map(|(id, fingerprint)| SpaceSnapshot {
                id,
                fingerprint,
                text: space_text,
            }),
            job: serde_json::from_str(&text(7)?).map_err(|error| malformed(7, error))?,
            seed: text(8)?.parse().map_err(|error| malformed(8, error))?,
            weight_seeds: serde_json::from_str(&text(9)?).map_err(|error| malformed(9, error))?,
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
pub(super) fn events(connection: &Connection, study: i64) -> EngineResult<Vec<StudyEvent>> {
    let sql = "SELECT time, kind, text FROM event WHERE study = ?1 ORDER BY number";
    let read = |row: &Row<'_>| {
        let kind = named(1, &row.get::<String>(1)?, &EventKind::ALL, EventKind::name)?;
        Ok(StudyEvent { time_ms: row.get(0)?, kind, text: row.get(2)? })
    };
    connection.query(sql, params![study], read)
}

/// The names of the further scores of a study's results.
pub(super) fn score_names(connection: &Connection, study: i64) -> EngineResult<Vec<String>> {
    let names = connection.dialect().score_names;
    let mut names: Vec<String> = connection.query(names, params![study], |row| row.get(0))?;
    names.sort();
    Ok(names)
}
