//! Work shared by several processes: each architecture is claimed by one of them.

use rusqlite::{Connection, Transaction, params};

use super::writer::{StudyWriter, at};
use super::{ResultRow, ScoreKey, StoreError, WantedScores, cache, now_ms, worker};

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
    wants.iter().map(|want| one(transaction, writer, want)).collect()
}

fn one(
    transaction: &Transaction<'_>,
    writer: &StudyWriter,
    want: &ClaimRequest<'_>,
) -> Result<ClaimOutcome, StoreError> {
    let failed = |error| StoreError::from_sqlite(&writer.path, error);
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
                release(transaction, writer.study, other.position).map_err(failed)?;
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
) -> rusqlite::Result<Vec<RivalClaim>> {
    let mut statement = connection.prepare_cached(
        "SELECT claim.position, claim.architecture, claim.worker, worker.expires, worker.mark
         FROM claim JOIN worker ON worker.number = claim.worker
         WHERE claim.study = ?1 AND (claim.position = ?2 OR claim.key = ?3)",
    )?;
    let now = now_ms();
    let read = |row: &rusqlite::Row<'_>| {
        let mark: Option<String> = row.get(4)?;
        Ok(RivalClaim {
            position: row.get::<_, i64>(0)? as u64,
            architecture: row.get(1)?,
            worker: row.get(2)?,
            was_killed: worker::was_killed(row.get(3)?, mark.as_deref(), now),
        })
    };
    statement.query_map(params![study, want.position as i64, want.key()], read)?.collect()
}

fn insert(
    connection: &Connection,
    writer: &StudyWriter,
    want: &ClaimRequest<'_>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO claim (study, position, architecture, key, worker)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            writer.study,
            want.position as i64,
            want.architecture,
            want.key(),
            writer.worker
        ])
        .map(|_| ())
}

/// Takes a place's claim away: its result is there, or its process was killed.
pub(super) fn release(connection: &Connection, study: i64, position: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM claim WHERE study = ?1 AND position = ?2")?
        .execute(params![study, position as i64])
        .map(|_| ())
}
