//! What a score says of an architecture, from records and studies.

use crate::graph::cost::Cost;
use crate::score::{Measured, SCORES, Score, score};
use crate::store::{Record, Row, Status, Store, StudyInfo};

use super::EvaluationError;

/// A scored architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// In the space's notation.
    pub architecture: String,
    /// The score, higher is better, as it was computed: negative infinity ranks last, NaN says
    /// nothing. It need not be finite, and a disconnected architecture may have one.
    pub score: f64,
    /// What became of it, if that is known.
    pub status: Option<Status>,
    /// Different codes in the mini-batch, if they were counted.
    pub regions: Option<f64>,
    /// Seconds that the score took, if they are known.
    pub seconds: Option<f64>,
}

impl Prediction {
    /// What a score says by a record. A record that failed says nothing.
    pub fn of_record(record: &Record, score: &Score) -> Self {
        let cost = Cost {
            params: record.params,
            macs: record.macs,
            units: record.units,
            ..Cost::default()
        };
        let measured = Measured {
            log_det: record.score,
            regions: record.regions,
            cost,
            layers: record.layers,
        };
        Self::new(record, (score.of)(&measured))
    }

    fn new(record: &Record, score: f64) -> Self {
        Self {
            architecture: record.architecture.clone(),
            score: if record.status == Status::Failed { f64::NAN } else { score },
            status: Some(record.status),
            regions: record.regions,
            seconds: Some(record.seconds),
        }
    }
}

/// What a score of that name says of the architectures of a study: one of its further scores, or one
/// of [`SCORES`].
///
/// # Errors
///
/// [`EvaluationError::NoScore`] if there is none of that name, or if the file cannot be read.
pub fn of_study(
    store: &Store,
    study: &StudyInfo,
    name: &str,
) -> Result<Vec<Prediction>, EvaluationError> {
    let further = store.score_names(study)?;
    let known = score(name);
    if known.is_none() && !further.iter().any(|other| other == name) {
        let listed = SCORES.iter().map(|score| score.name.to_owned());
        let known = listed.chain(further).collect();
        let (study, name) = (study.id.clone(), name.to_owned());
        return Err(EvaluationError::NoScore { study, name, known });
    }
    let of = |row: Row| match (known, row.scores.get(name)) {
        (Some(score), None) => Prediction::of_record(&row.record, score),
        (_, further) => Prediction::new(&row.record, further.copied().unwrap_or(f64::NAN)),
    };
    store.rows(study)?.map(|row| Ok(of(row?))).collect()
}
