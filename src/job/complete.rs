//! Computes the scores missing from a stored study, and keeps those already there.

use std::path::Path;

use super::networks::NetworkSource;
use super::{Event, JobConfig, JobError, Session};
use crate::backend::Cancel;
use crate::score::{Components, Ranking, Score};
use crate::space::Space;
use crate::store::{AddedScores, ResultRow, Status, Store, StoreAccess, StoreError, StudyInfo};

/// What completing a study came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompletedStudy {
    /// Results that got scores.
    pub completed: u64,
    /// Results that were complete, or can never be chosen.
    pub complete: u64,
    /// Results whose networks could not be scored.
    pub failed: u64,
    /// It was cancelled; scores computed before that are stored.
    pub interrupted: bool,
}

/// Computes the scores missing from the results of a study, with the options of the study, and stores
/// them there. `events` receives warnings; `progress` receives the number of results that are done, and
/// the number of all that lack a score.
///
/// # Errors
///
/// [`JobError`] if there is no such study, it is of a model file or of another version, its images or its
/// device cannot be opened, or the file cannot be written. What was stored before is kept.
pub fn complete_study(
    database: &Path,
    id: &str,
    wanted: &Components,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
    progress: &mut dyn FnMut(u64, u64),
) -> Result<CompletedStudy, JobError> {
    let store = Store::open_with(database, StoreAccess::Write, Store::BUSY_TIMEOUT)?;
    let study = store.find(id)?;
    let rows: Vec<ResultRow> = store.rows(&study)?.collect::<Result<_, StoreError>>()?;
    let all = rows.len() as u64;
    let lacks = |row: &ResultRow| {
        let is_missing = |score: &Score| row.record.score_value(score).is_none();
        row.record.status == Status::Ok && wanted.iter().any(is_missing)
    };
    let rows: Vec<ResultRow> = rows.into_iter().filter(lacks).collect();
    let total = rows.len() as u64;
    let mut done = CompletedStudy { complete: all - total, ..CompletedStudy::default() };
    if rows.is_empty() {
        return Ok(done);
    }
    let session = session(&study, wanted, cancel, events)?;
    // Later searches find the scores as if one of them had computed them.
    let keys = match session.networks() {
        NetworkSource::Space(space) => Some((space, session.result_keys(space))),
        NetworkSource::Model(_) => None,
    };
    let key = |architecture: &str| {
        let (space, keys) = keys.as_ref()?;
        keys.of(&space.parse(architecture).ok()?).first().map(|wanted| wanted.key)
    };
    for rows in rows.chunks(session.group_size().max(1)) {
        let candidates =
            rows.iter().map(|row| session.networks().candidate(&row.record.architecture));
        let candidates = candidates.collect::<Result<_, _>>()?;
        let mut added: Vec<AddedScores> = Vec::new();
        for (row, scored) in rows.iter().zip(session.score(candidates, false, cancel)) {
            let Some(scored) = scored else {
                done.interrupted = true;
                break;
            };
            if scored.record.status != Status::Ok {
                done.failed += 1;
                continue;
            }
            let mut own = row.record.scores.clone();
            let new = wanted.iter().filter(|score| row.record.score_value(score).is_none());
            own.extend(new.filter_map(|score| {
                Some((score.name.to_owned(), scored.record.score_value(score)?))
            }));
            let mut draws = scored.record.draws;
            draws.0.extend(row.record.draws.0.clone());
            let key = key(&row.record.architecture);
            added.push(AddedScores { position: row.position, scores: own, draws, key });
        }
        store.set_scores(&study, &added)?;
        done.completed += added.len() as u64;
        progress(done.completed + done.failed, total);
        if done.interrupted || cancel.is_cancelled() {
            done.interrupted = done.completed + done.failed < total;
            break;
        }
    }
    Ok(done)
}

/// A session on the space of a study as it was then, with its options.
fn session(
    study: &StudyInfo,
    wanted: &Components,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Session, JobError> {
    let mut job = JobConfig::of_study(study)?;
    if study.setup.space.is_none() {
        return Err(JobError::NotASearch { id: study.id.clone() });
    }
    let space = match &job.space_copy {
        Some(text) => Space::from_text(text, &format!("space of study {}", study.id))?,
        None => job.open_space()?,
    };
    job.options.also.clear();
    let ranking = Ranking::Combined(wanted.clone());
    Session::with_networks(NetworkSource::from(space), &job.options, ranking, cancel, events)
}
