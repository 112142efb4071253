//! Scores that were computed before, in any study of the file.

use super::engine::{Connection, EngineResult, params};
use super::{ResultRow, WantedScores, row};

/// A result with all wanted scores and no others, put together from the earliest rows that have them.
pub(super) fn result(
    connection: &Connection,
    wanted: &[WantedScores],
) -> EngineResult<Option<ResultRow>> {
    assembled(wanted, |wanted| earliest(connection, wanted))
}

/// The same, with rows from anywhere.
pub(super) fn assembled(
    wanted: &[WantedScores],
    mut find: impl FnMut(&WantedScores) -> EngineResult<Option<ResultRow>>,
) -> EngineResult<Option<ResultRow>> {
    let mut result: Option<ResultRow> = None;
    for one in wanted {
        let Some(mut row) = find(one)? else { return Ok(None) };
        row.record = row.record.only(one.scores);
        result = Some(match result {
            None => row,
            Some(first) => ResultRow { record: first.record.joined(row.record), ..first },
        });
    }
    Ok(result)
}

/// The earliest result that did not fail and has the wanted scores.
pub(super) fn earliest(
    connection: &Connection,
    wanted: &WantedScores,
) -> EngineResult<Option<ResultRow>> {
    const WITH_KEY: &str = "WHERE (result.key = ?1 OR result.other_key = ?1)
                            AND result.status <> 'failed'
                            ORDER BY result.study, result.position";
    row::first(connection, WITH_KEY, params![wanted.key], |row| row.record.has(wanted.scores))
}
