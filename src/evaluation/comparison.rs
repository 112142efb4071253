//! Scores of one space together with one metric of a benchmark table.

use std::path::Path;

use super::{
    AccuracyLookups, EvaluationError, EvaluationProgress, JoinedScores, Prediction, join,
    study_predictions,
};
use crate::benchmark::{BenchmarkTable, MetricLookup, NamedCount};
use crate::job::{JobConfig, Task};
use crate::score::SCORES;
use crate::space::Space;
use crate::store::{Store, space_fingerprint};

/// Scores and the accuracies they are compared with.
pub struct Comparison {
    /// The space of the scored architectures.
    pub space: Space,
    /// The name of the score.
    pub score: String,
    /// Scores and accuracies.
    pub joined: JoinedScores,
    /// The table's accuracies.
    pub accuracy: MetricLookup,
    /// The table's validation accuracies, where another metric is used for them.
    pub validation: Option<MetricLookup>,
}

impl Comparison {
    /// What the figures leave out, a line each, and what else they must be read with.
    pub fn notices(&self) -> Vec<String> {
        let coverage = &self.joined.coverage;
        let space = self.space.id();
        let counted = |counted: &NamedCount, what: &str| {
            let named = counted.first.first().map(|first| format!(", such as {first}"));
            (counted.count, format!("{what}{}", named.unwrap_or_default()))
        };
        let metric = self.accuracy.metric();
        let all = [
            counted(&coverage.unknown, &format!("not used: not an architecture of {space}")),
            counted(&coverage.duplicates, "not used: duplicate"),
            counted(&coverage.without_accuracy, &format!("not used: no {metric} in the table")),
            (coverage.without_score as u64, "without a score, left out of its ranking".to_owned()),
            (coverage.infinite as u64, "with an infinite score, ranked last or first".to_owned()),
            (coverage.disconnected as u64, "disconnected".to_owned()),
        ];
        let told = all.into_iter().filter(|(count, _)| *count > 0);
        let mut lines = self.accuracy.report().notices(space, metric);
        lines.extend(told.map(|(count, what)| format!("{count} {what}")));
        lines
    }
}

/// The scores of a stored study.
pub struct StudyScores {
    /// The space, as it was when the study was made.
    pub space: Space,
    /// The name of the score.
    pub score: String,
    /// The scores.
    pub predictions: Vec<Prediction>,
}

/// Reads the scores of a study: those of the given name, by default the ones that ranked it.
///
/// # Errors
///
/// The study scored a model file, its space has changed, it has no score of that name, or the file
/// cannot be read.
pub fn study_scores(
    store: &Path,
    id: &str,
    score: Option<&str>,
) -> Result<StudyScores, EvaluationError> {
    let store = Store::read(store)?;
    let study = store.find(id)?;
    if study.setup.space.is_none() {
        return Err(EvaluationError::OfModel { study: study.id });
    }
    let job = JobConfig::of_study(&study)?;
    let space = job.open_space().map_err(|source| EvaluationError::NoSpace {
        study: study.id.clone(),
        source: source.into(),
    })?;
    let stored = study.setup.space.as_ref().map(|space| space.fingerprint.as_str());
    if stored != Some(space_fingerprint(&space).as_str()) {
        let (space, study) = (job.options.space, study.id);
        return Err(EvaluationError::SpaceChanged { space, study });
    }
    let ranked_by = match &job.task {
        Task::Search(search) => search.score_name(),
        Task::Score { .. } | Task::Onnx { .. } => SCORES[0].name,
    };
    let score = score.unwrap_or(ranked_by).to_owned();
    let predictions = study_predictions(&store, &study, &space, &score)?;
    Ok(StudyScores { space, score, predictions })
}

/// Compares scores of a stored study with a metric of a table; see [`study_scores`].
///
/// # Errors
///
/// Why there is no comparison.
pub fn compare_study(
    store: &Path,
    id: &str,
    score: Option<&str>,
    (table, metric): (&BenchmarkTable, &str),
    watch: EvaluationProgress<'_>,
) -> Result<Comparison, EvaluationError> {
    let StudyScores { space, score, predictions } = study_scores(store, id, score)?;
    let accuracy = MetricLookup::watched(table, &space, metric, watch)?;
    let accuracies = AccuracyLookups { accuracy: &accuracy, validation: None };
    let joined = join(predictions, accuracies, watch)?;
    Ok(Comparison { space, score, joined, accuracy, validation: None })
}
