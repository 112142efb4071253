//! The score of an architecture, from records and studies.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::job::JobConfig;
use crate::score::{
    COMBINED, Components, Ranking, SCORES, Score, ScoreInputs, ScoreNeeds, ScoreSet, find_score,
};
use crate::space::Space;
use crate::store::{Record, RecordRanks, ResultRow, Status, Store, StoreError, StudyInfo};
use crate::weights::Weights;

use super::EvaluationError;

/// A scored architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// In the space's notation.
    pub architecture: String,
    /// The computed score; higher is better. Negative infinity ranks last, and NaN means that the score
    /// is not available. It need not be finite, and a disconnected architecture may have one.
    pub score: f64,
    /// Its status, if known.
    pub status: Option<Status>,
    /// Different codes in the mini-batch, if they were counted.
    pub regions: Option<f64>,
    /// The seconds spent on the score, if known.
    pub seconds: Option<f64>,
    /// Every other available score of [`SCORES`], by name.
    pub scores: BTreeMap<&'static str, f64>,
}

impl Prediction {
    /// The prediction of a score from a record; not available if the record failed or lacks the inputs
    /// of the score.
    pub fn from_record(record: &Record, score: &Score) -> Self {
        Self::new(record, score, &record.score_inputs())
    }

    /// The combined rank of records within all of them.
    pub fn combined(records: &[Record], components: Components) -> Vec<Self> {
        let ranks = RecordRanks::of(components, records);
        let of = |record| Self::with_score(record, ranks.combined(record));
        records.iter().map(of).collect()
    }

    fn new(record: &Record, score: &Score, inputs: &ScoreInputs) -> Self {
        let further = || record.scores.get(score.name).copied();
        let value = (score.compute)(inputs).or_else(further);
        // A network without a path to its output, or without any unit, runs no forward pass.
        let unscored = match record.status {
            Status::Disconnected | Status::Singular if score.needs_forward_pass() => {
                f64::NEG_INFINITY
            }
            _ => f64::NAN,
        };
        Self::with_score(record, value.unwrap_or(unscored))
    }

    fn with_score(record: &Record, score: f64) -> Self {
        let known = |score: &Score| Some((score.name, record.score_value(score)?));
        Self {
            scores: SCORES.iter().filter_map(known).collect(),
            architecture: record.architecture.clone(),
            score: if record.status == Status::Failed { f64::NAN } else { score },
            status: Some(record.status),
            regions: record.regions,
            seconds: Some(record.seconds),
        }
    }
}

/// The predictions of a score for the architectures of a study: one of its further scores, or one of
/// [`SCORES`]. Values that a record lacks but the graph determines are computed from the network of the
/// space. A score without a forward pass costs the time of its own computation, any other the record's.
///
/// # Errors
///
/// [`EvaluationError::NoScore`] if there is no score of that name, or an error if the file cannot be
/// read.
pub fn study_predictions(
    store: &Store,
    study: &StudyInfo,
    space: &Space,
    name: &str,
) -> Result<Vec<Prediction>, EvaluationError> {
    if name == COMBINED {
        return combined_predictions(store, study);
    }
    let further = store.score_names(study)?;
    let listed = find_score(name);
    if listed.is_none() && !further.iter().any(|other| other == name) {
        let names = SCORES.iter().map(|score| score.name.to_owned());
        let known = names.chain(further).collect();
        let (study, name) = (study.id.clone(), name.to_owned());
        return Err(EvaluationError::NoScore { study, name, known });
    }
    let job = JobConfig::of_study(study).ok();
    let predict = |row: ResultRow| {
        let record = &row.record;
        match (listed, record.scores.get(name)) {
            (Some(score), _) if !score.needs_forward_pass() => {
                without_forward_pass(record, score, space, job.as_ref())
            }
            (Some(score), None) => Prediction::from_record(record, score),
            (_, further) => Prediction::with_score(record, further.copied().unwrap_or(f64::NAN)),
        }
    };
    store.rows(study)?.map(|row| Ok(predict(row?))).collect()
}

/// The combined rank of every architecture within the study: of the components that ranked it, or the
/// usual ones.
fn combined_predictions(
    store: &Store,
    study: &StudyInfo,
) -> Result<Vec<Prediction>, EvaluationError> {
    let ranking = JobConfig::of_study(study)?.ranking();
    let components = match ranking {
        Ok(Ranking::Combined(components)) => components,
        Ok(Ranking::Score(_)) | Err(_) => Components::default(),
    };
    let records: Vec<Record> =
        store.rows(study)?.map(|row| Ok(row?.record)).collect::<Result<_, StoreError>>()?;
    let is_known = |score: &Score| records.iter().any(|record| record.score_value(score).is_some());
    if let Some(missing) = components.iter().find(|score| !is_known(score)) {
        let known =
            SCORES.iter().filter(|score| is_known(score)).map(|score| score.name.to_owned());
        let (study, name) = (study.id.clone(), missing.name.to_owned());
        return Err(EvaluationError::NoScore { study, name, known: known.collect() });
    }
    Ok(Prediction::combined(&records, components))
}

/// A score that the graph and the settings of the job tell costs what it takes to compute it, not the
/// forward pass that made the record.
fn without_forward_pass(
    record: &Record,
    score: &Score,
    space: &Space,
    job: Option<&JobConfig>,
) -> Prediction {
    let begin = Instant::now();
    let compute = || {
        let graph = space.parse(&record.architecture).ok()?.build().ok()?;
        if score.needs == ScoreNeeds::Graph {
            return Some(ScoreInputs::from_graph(&graph));
        }
        let options = &job?.options;
        let initialisation = options.initialisation.unwrap_or(space.initialisation());
        let (stored, wanted) = (Weights::default(), ScoreSet::of(score));
        Some(ScoreInputs::from_settings(&graph, &stored, initialisation, options.count, wanted))
    };
    let computed = compute();
    let seconds = computed.map(|_| begin.elapsed().as_secs_f64());
    let inputs = match record.score_value(score) {
        None => computed.unwrap_or_default(),
        Some(_) => record.score_inputs(),
    };
    Prediction { seconds, ..Prediction::new(record, score, &inputs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(status: Status, repeats: u32) -> Record {
        Record {
            architecture: "a".to_owned(),
            score: f64::NEG_INFINITY,
            sd: None,
            status,
            params: 10,
            macs: 20,
            units: 0,
            seconds: 0.5,
            layers: 3,
            regions: None,
            accuracy: None,
            index: None,
            seed: 0,
            repeats,
            device: String::new(),
            driver: String::new(),
            version: "".into(),
            message: None,
            draws: Default::default(),
            value: 10.0,
            scores: Default::default(),
        }
    }

    /// A search by parameters runs no forward pass: what its records lack is not zero, nor the worst.
    #[test]
    fn a_score_that_a_record_lacks_is_not_available() {
        let score = |name, record: &Record| {
            Prediction::from_record(record, find_score(name).unwrap()).score
        };
        let searched = record(Status::Ok, 0);
        for name in ["naswot", "regions", "relu-layers"] {
            assert!(score(name, &searched).is_nan(), "{name}");
        }
        assert_eq!((score("params", &searched), score("layers", &searched)), (10.0, 3.0));
        let singular = record(Status::Singular, 1);
        assert_eq!(score("naswot", &singular), f64::NEG_INFINITY);
        let disconnected = record(Status::Disconnected, 0);
        assert_eq!(score("regions", &disconnected), f64::NEG_INFINITY);
        assert!(score("params", &record(Status::Failed, 1)).is_nan());
    }
}
