//! Scores and accuracies of the same architectures.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;

use super::{EvaluationError, EvaluationProgress, Prediction};
use crate::benchmark::{MetricLookup, NamedCount};
use crate::space::Architecture;
use crate::store::Status;

/// Architectures between two questions whether to go on.
const WATCHED: usize = 256;

/// Trained accuracies.
#[derive(Clone, Copy, Debug)]
pub struct AccuracyLookups<'a> {
    /// The accuracy that scores are compared with.
    pub accuracy: &'a MetricLookup,
    /// The accuracy that the optimal choice maximises, if it is a different one.
    pub validation: Option<&'a MetricLookup>,
}

/// How many predictions were used and ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Predictions.
    pub given: usize,
    /// Different architectures with an accuracy.
    pub used: usize,
    /// Predictions whose architecture does not belong to the space.
    pub unknown: NamedCount,
    /// Predictions of an architecture that came before; the first with a score counts.
    pub duplicates: NamedCount,
    /// Different architectures without an accuracy.
    pub without_accuracy: NamedCount,
    /// Of those used, architectures without a score, which the score's figures leave out.
    pub without_score: usize,
    /// Of those used, architectures whose score is infinite; they rank first or last.
    pub infinite: usize,
    /// Of those used, architectures without a path from input to output, as far as known.
    pub disconnected: usize,
}

/// An architecture with a prediction and an accuracy.
#[derive(Clone, Debug)]
pub struct JoinedRow {
    /// The architecture.
    pub architecture: Architecture,
    /// Its prediction.
    pub prediction: Prediction,
    /// Its accuracy, in the table's units.
    pub accuracy: f64,
    /// Its validation accuracy; the accuracy again where there is no other.
    pub validation: f64,
}

/// Predictions with their accuracies.
#[derive(Clone, Debug)]
pub struct JoinedScores {
    /// In the order of the predictions.
    pub rows: Vec<JoinedRow>,
    /// How many predictions were used and ignored.
    pub coverage: Coverage,
}

impl JoinedScores {
    /// Pairs `(score, accuracy)`.
    pub fn pairs(&self) -> Vec<(f64, f64)> {
        self.rows.iter().map(|row| (row.prediction.score, row.accuracy)).collect()
    }
}

/// Finds the accuracies of predictions. Architectures are distinguished in the same way as by the
/// table's lookup.
///
/// # Errors
///
/// [`EvaluationError::Foreign`] if no prediction belongs to the space, [`EvaluationError::TooFew`] if
/// fewer than two architectures have both a score and an accuracy, [`EvaluationError::Cancelled`].
pub fn join(
    predictions: Vec<Prediction>,
    accuracies: AccuracyLookups<'_>,
    watch: EvaluationProgress<'_>,
) -> Result<JoinedScores, EvaluationError> {
    let space = accuracies.accuracy.space();
    let mut coverage = Coverage { given: predictions.len(), ..Coverage::default() };
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut different: Vec<(Architecture, Prediction)> = Vec::new();
    let mut reason = None;
    for (at, prediction) in predictions.into_iter().enumerate() {
        if at % WATCHED == 0 && !watch(at as f64 / coverage.given as f64) {
            return Err(EvaluationError::Cancelled);
        }
        let text = &prediction.architecture;
        let architecture = match space.parse_row(text) {
            Ok(architecture) => architecture,
            Err(why) => match accuracies.accuracy.architecture_of_hash(text) {
                Some(architecture) => architecture,
                None => {
                    coverage.unknown.add(text);
                    reason.get_or_insert_with(|| why.to_string());
                    continue;
                }
            },
        };
        match places.entry(architecture.identity()) {
            Entry::Occupied(known) => {
                coverage.duplicates.add(&prediction.architecture);
                let first = &mut different[*known.get()].1;
                if first.score.is_nan() {
                    *first = prediction;
                }
            }
            Entry::Vacant(free) => {
                free.insert(different.len());
                different.push((architecture, prediction));
            }
        }
    }
    if different.is_empty() && coverage.given > 0 {
        return Err(EvaluationError::Foreign {
            rows: coverage.given,
            example: coverage.unknown.first.first().cloned().unwrap_or_default(),
            space: space.id().to_owned(),
            reason: reason.unwrap_or_default(),
        });
    }
    look_up(different, accuracies, coverage)
}

fn look_up(
    different: Vec<(Architecture, Prediction)>,
    AccuracyLookups { accuracy, validation }: AccuracyLookups<'_>,
    mut coverage: Coverage,
) -> Result<JoinedScores, EvaluationError> {
    let mut rows = Vec::with_capacity(different.len());
    for (architecture, prediction) in different {
        let known = accuracy.get(&architecture);
        let other = match validation {
            Some(validation) => validation.get(&architecture),
            None => known,
        };
        let (Some(accuracy), Some(validation)) = (known, other) else {
            coverage.without_accuracy.add(&prediction.architecture);
            continue;
        };
        coverage.without_score += usize::from(prediction.score.is_nan());
        coverage.infinite += usize::from(prediction.score.is_infinite());
        coverage.disconnected += usize::from(prediction.status == Some(Status::Disconnected));
        rows.push(JoinedRow { architecture, prediction, accuracy, validation });
    }
    coverage.used = rows.len();
    let common = coverage.used - coverage.without_score;
    if common < 2 {
        let (given, metric) = (coverage.given, accuracy.metric().to_owned());
        return Err(EvaluationError::TooFew { common, given, metric });
    }
    Ok(JoinedScores { rows, coverage })
}
