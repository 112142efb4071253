//! Work shared by several processes: each architecture is claimed by one of them.

use super::engine::{Connection, EngineResult, Row, Transaction, Value, params};
use super::writer::{StudyWriter, at};
use super::{ResultRow, ScoreKey, StoreError, WantedScores, cache, worker};

/// An architecture that a process would score.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRequest<'a> {
    /// Its place in the study.
    pub position: u64,
    /// The architecture, in the space's notation.
    pub architecture: &'a str,
    /// The scores it lacks, one entry for each mini-batch; none if scores are not to be reused.
    pub wanted: &'a [WantedScores],
}

impl ClaimRequest<'_> {
    /// What tells that another process works on the same network.
    fn key(&self) -> Option<ScoreKey> {
        self.wanted.first().map(|wanted| wanted.key)
    }
}

/// Who scores an architecture.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimOutcome {
    /// The caller must score and append it.
    Mine,
    /// It, or one with the same key, is being scored by another process, or for another claim of this
    /// one: try again later. Once the claim of a killed process has expired, the next caller gets it.
    Taken,
    /// The place has its result.
    Done(Box<ResultRow>),
    /// Results at other places or in other studies have all the wanted scores; nobody computes them
    /// again. Whoever uses them appends them for this place as well.
    Cached(Box<ResultRow>),
}

/// Claims of another process or another place that are in the way.
struct RivalClaim {
    position: u64,
    architecture: String,
    worker: i64,
    was_killed: bool,
}

/// Claims what is wanted, in one transaction.
pub(super) fn all(
    transaction: &Transaction<'_>,
    writer: &StudyWriter,
    wants: &[ClaimRequest<'_>],
) -> Result<Vec<ClaimOutcome>, StoreError> {
    let failed = |error| StoreError::from_engine(&writer.path, error);
    // Between the check of a place and its claim, nobody else may claim or fill it.
    worker::lock_study(transaction, writer.study).map_err(failed)?;
    wants.iter().map(|want| one(transaction, writer, want)).collect()
}

fn one(
    transaction: &Transaction<'_>,
    writer: &StudyWriter,
    want: &ClaimRequest<'_>,
) -> Result<ClaimOutcome, StoreError> {
    let failed = |error| StoreError::from_engine(&writer.path, error);
    if let Some(row) = at(transaction, writer.study, want.position).map_err(failed)? {
        same(writer, want, &row.record.architecture)?;
        return Ok(ClaimOutcome::Done(Box::new(row)));
    }
    if let Some(row) = cache::result(transaction, want.wanted).map_err(failed)? {
        return Ok(ClaimOutcome::Cached(Box::new(row)));
    }
    let mut mine = false;
    for other in others(transaction, writer.study, want).map_err(failed)? {
        let place = other.position == want.position;
        if place {
            same(writer, want, &other.architecture)?;
        }
        match other.worker == writer.worker {
            true if place => mine = true,
            false if other.was_killed => {
                if !take_away(transaction, writer.study, &other).map_err(failed)? {
                    return Ok(ClaimOutcome::Taken);
                }
            }
            _ => return Ok(ClaimOutcome::Taken),
        }
    }
    if !mine {
        insert(transaction, writer, want).map_err(failed)?;
    }
    Ok(ClaimOutcome::Mine)
}

/// Refuses an architecture in the place of another one.
fn same(writer: &StudyWriter, want: &ClaimRequest<'_>, stored: &str) -> Result<(), StoreError> {
    if stored == want.architecture {
        return Ok(());
    }
    Err(StoreError::PositionTaken {
        id: writer.id.clone(),
        position: want.position,
        stored: stored.to_owned(),
        given: want.architecture.to_owned(),
    })
}

fn others(
    connection: &Connection,
    study: i64,
    want: &ClaimRequest<'_>,
) -> EngineResult<Vec<RivalClaim>> {
    let rivals = format!(
        "SELECT claim.position, claim.architecture, claim.worker,
                {}, worker.mark
         FROM claim JOIN worker ON worker.number = claim.worker
         WHERE claim.study = ?1 AND (claim.position = ?2 OR claim.key = ?3)",
        connection.dialect().lasts
    );
    let read = |row: &Row<'_>| {
        let mark: Option<String> = row.get(4)?;
        Ok(RivalClaim {
            position: row.get::<i64>(0)? as u64,
            architecture: row.get(1)?,
            worker: row.get(2)?,
            was_killed: worker::was_killed(row.get::<i64>(3)? <= 0, mark.as_deref()),
        })
    };
    connection.query(&rivals, params![study, want.position as i64, want.key()], read)
}

fn insert(
    connection: &Connection,
    writer: &StudyWriter,
    want: &ClaimRequest<'_>,
) -> EngineResult<()> {
    let insert = "INSERT INTO claim (study, position, architecture, key, worker)
                  VALUES (?1, ?2, ?3, ?4, ?5)";
    let position = want.position as i64;
    let parameters = params![writer.study, position, want.architecture, want.key(), writer.worker];
    connection.execute(insert, parameters).map(|_| ())
}

/// Takes the claim of a killed process away; `false` if that process is back and at it right now.
fn take_away(connection: &Connection, study: i64, rival: &RivalClaim) -> EngineResult<bool> {
    let select = format!(
        "SELECT position FROM claim WHERE study = ?1 AND position = ?2 AND worker = ?3{}",
        connection.dialect().lock_free
    );
    let position = rival.position as i64;
    let found: Vec<i64> =
        connection.query(&select, params![study, position, rival.worker], |row| row.get(0))?;
    if found.is_empty() {
        return Ok(false);
    }
    release(connection, study, &[rival.position])?;
    Ok(true)
}

/// Takes the claims of places away: their results are there, or their process was killed.
pub(super) fn release(connection: &Connection, study: i64, positions: &[u64]) -> EngineResult<()> {
    for part in positions.chunks(connection.dialect().rows_at_once) {
        // A few statements for any number of places; the last place fills up.
        let places = part.len().next_power_of_two();
        let numbers: Vec<String> = (2..places + 2).map(|number| format!("?{number}")).collect();
        let delete =
            format!("DELETE FROM claim WHERE study = ?1 AND position IN ({})", numbers.join(", "));
        let last = part.last().copied().unwrap_or_default();
        let filled = part.iter().copied().chain(std::iter::repeat(last)).take(places);
        let mut parameters = vec![Value::from(study)];
        parameters.extend(filled.map(|position| Value::from(position as i64)));
        connection.execute(&delete, &parameters)?;
    }
    Ok(())
}
