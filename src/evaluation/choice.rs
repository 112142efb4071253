//! What a search by a score would have chosen, by the accuracies of a table.

use serde::Serialize;

use super::{Joined, JoinedRow};
use crate::benchmark::Lookup;
use crate::store::Status;

/// The architecture that a score prefers, and how good it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// In the space's notation.
    pub architecture: String,
    /// Its score: the highest.
    pub score: f64,
    /// Its accuracy, in the table's units.
    pub accuracy: f64,
    /// The best accuracy among the scored architectures.
    pub best_scored: f64,
    /// The best accuracy in the table.
    pub best_in_table: f64,
    /// The place of its accuracy in the table, from 1.
    pub rank: usize,
    /// Architectures of the table with an accuracy.
    pub of: usize,
}

/// What a search that saw these architectures would have chosen: the highest finite score of those that
/// are connected and did not fail, the first of equal ones. `None` where there is none.
pub fn choice(joined: &Joined, accuracy: &Lookup) -> Option<Choice> {
    let may = |row: &&JoinedRow| {
        let is_left_out =
            matches!(row.prediction.status, Some(Status::Disconnected | Status::Failed));
        row.prediction.score.is_finite() && !is_left_out
    };
    let score = |row: &JoinedRow| row.prediction.score;
    let better = |best: &'_ JoinedRow, other: &JoinedRow| score(other) > score(best);
    let rows = joined.rows.iter().filter(may);
    let chosen = rows.reduce(|best, other| if better(best, other) { other } else { best })?;
    let highest = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
    Some(Choice {
        architecture: chosen.prediction.architecture.clone(),
        score: score(chosen),
        accuracy: chosen.accuracy,
        best_scored: highest(&mut joined.rows.iter().map(|row| row.accuracy)),
        best_in_table: highest(&mut accuracy.values()),
        rank: 1 + accuracy.values().filter(|value| *value > chosen.accuracy).count(),
        of: accuracy.values().count(),
    })
}
