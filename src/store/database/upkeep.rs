//! Deletes studies, and copies those of another file.

use std::collections::BTreeMap;
use std::path::Path;

use super::engine::{Connection, EngineResult, params};
use super::writer::{count, device, higher, write_event};
use super::{ScoreKey, Store, StoreError, StudyInfo, remark, row, table, worker};
use crate::store::{Draws, StatusCounts};

/// Scores added to a stored result.
#[derive(Clone, Debug)]
pub struct AddedScores {
    /// The place of the result in its study.
    pub position: u64,
    /// All its further scores, those it had included.
    pub scores: BTreeMap<String, f64>,
    /// All the draws behind its scores, likewise.
    pub draws: Draws,
    /// What the added scores depend on.
    pub key: Option<ScoreKey>,
}

/// The outcome of copying a study from another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedStudy {
    /// Its id there.
    pub from: String,
    /// Its id here: the same one, unless another study has that here.
    pub to: String,
    /// The results that were added; of a study that was here already only those it lacked.
    pub added: u64,
}

impl Store {
    /// Deletes a study with its results and events, and returns the disk space to the system.
    ///
    /// # Errors
    ///
    /// [`StoreError::Running`] if a process is writing to it, or an error if the file cannot be
    /// written.
    pub fn delete(&self, study: &StudyInfo) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let transaction = self.change()?;
        let alive = worker::alive(&transaction, study.number).map_err(failed)?;
        if !alive.is_empty() {
            let names: Vec<String> = alive.into_iter().map(|one| one.name).collect();
            return Err(StoreError::Running { id: study.id.clone(), workers: names.join(", ") });
        }
        // Results, events, workers and claims go with it.
        transaction
            .execute("DELETE FROM study WHERE number = ?1", params![study.number])
            .and_then(|_| transaction.commit())
            .and_then(|()| vacuum(&self.connection))
            .map_err(failed)
    }

    /// Copies all studies from another file, in one transaction. IDs are kept unless another study in
    /// this file has the same one. A study that exists here already (created at the same time with the
    /// same options and images) receives the results it lacks.
    ///
    /// # Errors
    ///
    /// [`StoreError::SameFile`] if both are one file, under whatever names, or if either file fails;
    /// nothing is copied then.
    pub fn merge(&self, other: &Self) -> Result<Vec<MergedStudy>, StoreError> {
        let server = (self.connection.server_identity(), other.connection.server_identity());
        let is_same = match server {
            (None, None) => is_same_file(&self.path, &other.path),
            (one, other) => one == other,
        };
        if is_same {
            return Err(StoreError::SameFile(self.path.clone()));
        }
        let transaction = self.change()?;
        let merge = |study: StudyInfo| merge_study(self, &transaction, other, study);
        let merged = other.list()?.into_iter().map(merge).collect::<Result<_, _>>()?;
        transaction.commit().map_err(|error| self.failed(error))?;
        Ok(merged)
    }
}

impl Store {
    /// Replaces the further scores of results of a study and the draws behind them, in one transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::Gone`] if a result is not there, or if the file cannot be written; nothing is changed
    /// then.
    pub fn set_scores(&self, study: &StudyInfo, added: &[AddedScores]) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let transaction = self.change()?;
        let update = "UPDATE result SET scores = ?3, draws = ?4, key = coalesce(key, ?5),
                          other_key = CASE WHEN key <> ?5 THEN coalesce(other_key, ?5) ELSE other_key END
                      WHERE study = ?1 AND position = ?2";
        for AddedScores { position, scores, draws, key } in added {
            let position = position.cast_signed();
            let (scores, draws) = (row::written_scores(scores), draws.to_json());
            let values = params![study.number, position, scores, draws, *key];
            if transaction.execute(update, values).map_err(failed)? == 0 {
                return Err(StoreError::Gone(study.id.clone()));
            }
        }
        transaction.commit().map_err(failed)
    }
}

/// Whether two paths lead to one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

/// Gives pages that are free back to the system; each step of the statement frees one.
fn vacuum(connection: &Connection) -> EngineResult<()> {
    // A server sees to it by itself.
    let Some(connection) = connection.sqlite() else { return Ok(()) };
    let mut statement = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut pages = statement.query([])?;
    while pages.next()?.is_some() {}
    Ok(())
}

fn merge_study(
    to: &Store,
    connection: &Connection,
    other: &Store,
    study: StudyInfo,
) -> Result<MergedStudy, StoreError> {
    let failed = |error| to.failed(error);
    let there = place(connection, &study).map_err(failed)?;
    if there.is_new {
        for event in other.events(&study)? {
            write_event(connection, there.number, event.time_ms, event.kind, &event.text)
                .map_err(failed)?;
        }
    }
    let mut added = StatusCounts::default();
    let mut best = None;
    for row in other.rows(&study)? {
        let row = row?;
        let record = &row.record;
        let device = device(connection, &record.device, &record.driver, &record.version);
        let inserted =
            device.and_then(|device| row::insert(connection, there.number, device, &row));
        remark::add(connection, there.number, &record.architecture, &row.remark).map_err(failed)?;
        if inserted.map_err(failed)? {
            added.add(record.status, 1);
            best = higher(best, record.rank_score());
        }
    }
    if added.total() > 0 {
        count(connection, there.number, study.updated_ms, added, best).map_err(failed)?;
    }
    Ok(MergedStudy { from: study.id, to: there.id, added: added.total() })
}

/// Where a study of another file goes.
struct MergeTarget {
    number: i64,
    id: String,
    is_new: bool,
}

/// The same study is one that was made at the same moment with the same options and images: its id may
/// have changed when it was merged before.
fn place(connection: &Connection, study: &StudyInfo) -> EngineResult<MergeTarget> {
    let same = "SELECT number, id FROM study
                WHERE created = ?1 AND job = ?2 AND seed = ?3 AND batch = ?4";
    let setup = &study.setup;
    let parameters =
        params![study.created_ms, setup.job.to_string(), setup.seed.to_string(), &setup.batch];
    let same = connection.find(same, parameters, |row| Ok((row.get(0)?, row.get(1)?)), |_| true)?;
    if let Some((number, id)) = same {
        return Ok(MergeTarget { number, id, is_new: false });
    }
    let taken = "SELECT count(*) FROM study WHERE id = ?1";
    let taken: i64 = connection.query_row(taken, params![&study.id], |row| row.get(0))?;
    let id = if taken == 0 { study.id.clone() } else { table::free_id(connection)? };
    let number = table::insert_study(connection, &id, study)?;
    Ok(MergeTarget { number, id, is_new: true })
}
