//! The choice that a search by a score would have made, according to the accuracies of a table.

use serde::Serialize;

use super::{JoinedRow, JoinedScores};
use crate::benchmark::MetricLookup;
use crate::store::Status;

/// The architecture that a score prefers, and how good it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopScored {
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

/// The choice of a search that evaluated these architectures: the highest finite score of those that
/// are connected and did not fail, and the first of equal ones. `None` if there is none.
pub fn choice(joined: &JoinedScores, accuracy: &MetricLookup) -> Option<TopScored> {
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
    Some(TopScored {
        architecture: chosen.prediction.architecture.clone(),
        score: score(chosen),
        accuracy: chosen.accuracy,
        best_scored: highest(&mut joined.rows.iter().map(|row| row.accuracy)),
        best_in_table: highest(&mut accuracy.values()),
        rank: 1 + accuracy.values().filter(|value| *value > chosen.accuracy).count(),
        of: accuracy.values().count(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::benchmark::{self, NEVER_CANCEL};
    use crate::evaluation::{AccuracyLookups, Prediction, join};
    use crate::space::Space;

    fn prediction(architecture: &str, score: f64, status: Status) -> Prediction {
        let status = Some(status);
        let architecture = architecture.to_owned();
        Prediction {
            architecture,
            score,
            status,
            regions: None,
            seconds: None,
            scores: Default::default(),
        }
    }

    /// The choice among the first architectures of a table, given scores and statuses in its order.
    fn chosen(scores: &[(f64, Status)]) -> Option<TopScored> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/evaluation");
        let table = benchmark::open(&folder.join("table.csv")).unwrap();
        let space = Space::builtin("nas-bench-201").unwrap();
        let accuracy = MetricLookup::new(&table, &space, "accuracy").unwrap();
        let rows = table.rows(NEVER_CANCEL).unwrap().map(|row| row.unwrap());
        let predictions = rows
            .zip(scores)
            .map(|(row, &(score, status))| prediction(&row.architecture, score, status));
        let accuracies = AccuracyLookups { accuracy: &accuracy, validation: None };
        let joined = join(predictions.collect(), accuracies, NEVER_CANCEL).unwrap();
        choice(&joined, &accuracy)
    }

    // The first two accuracies of the table are 81.01 and 86.753333 (see the file).
    #[test]
    fn the_highest_score_that_may_be_chosen_is() {
        let ok = Status::Ok;
        let one = chosen(&[(1.0, ok), (2.0, ok)]).unwrap();
        assert_eq!((one.score, one.accuracy, one.best_scored), (2.0, 86.753333, 86.753333));
        assert_eq!(one.of, 60);
        assert!(one.best_in_table > one.accuracy && one.rank > 1);
        let other = chosen(&[(3.0, ok), (2.0, ok)]).unwrap();
        assert_eq!((other.accuracy, other.best_scored), (81.01, 86.753333));
        assert!(other.rank > one.rank);
        // The first of equal ones, and none that is cut off or without a finite score.
        assert_eq!(chosen(&[(2.0, ok), (2.0, ok)]).unwrap().accuracy, 81.01);
        let cut_off = [(9.0, Status::Disconnected), (2.0, ok)];
        assert_eq!(chosen(&cut_off).unwrap().accuracy, 86.753333);
        let singular = [(f64::NEG_INFINITY, Status::Singular); 2];
        assert_eq!(chosen(&singular), None);
    }
}
