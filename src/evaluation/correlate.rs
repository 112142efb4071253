//! The score and the free baselines compared with accuracy.

use rayon::prelude::*;
use serde::Serialize;

use super::{EvaluationError, EvaluationProgress, JoinedRow, JoinedScores, search_experiment};
use crate::score::{SCORES, Score, ScoreInputs};
use crate::statistics::{
    AccuracyFilter, PredictorReport, ProtocolError, ProtocolOptions, ProtocolRow, ReportOptions,
};

/// How the comparison is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct CorrelateOptions {
    /// Of the statistics.
    pub report: ReportOptions,
    /// Repeat all figures on the architectures that this filter keeps. Its accuracy is in per cent;
    /// see [`PaperChoice::accuracy_above`].
    pub filter: Option<AccuracyFilter>,
    /// Compare every available score, not only the baselines, and repeat the search experiment with
    /// each.
    pub all_scores: bool,
}

/// How well a score and the baselines order architectures by accuracy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// First the score, then every available baseline of another name, or every score.
    pub predictors: Vec<PredictorReport>,
    /// The choices of searches of several sizes with each of them; empty unless all scores are
    /// compared.
    pub searches: Vec<Vec<ProtocolRow>>,
    /// Baselines or scores that are not available.
    pub unknown: Vec<&'static str>,
    /// The same on the architectures that the filter keeps.
    pub paper: Option<PaperChoice>,
}

/// Figures on the architectures that a filter keeps by the score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PaperChoice {
    /// Accuracies must exceed this value, in the table's units: accuracies that never exceed 1 are
    /// fractions, others are percentages.
    pub accuracy_above: f64,
    /// Architectures that are kept.
    pub kept: usize,
    /// Architectures whose accuracy is too low.
    pub inaccurate: usize,
    /// Architectures of sufficient accuracy whose score is infinite or missing.
    pub not_finite: usize,
    /// Architectures that were fit but not drawn.
    pub not_drawn: usize,
    /// The score first, then the baselines.
    pub predictors: Vec<PredictorReport>,
}

/// A predictor's values, one for each row.
struct PredictorColumn<'n> {
    name: &'n str,
    values: Vec<f64>,
}

/// Compares the score of this name, and the free baselines, with the accuracies.
///
/// Baselines are computed from the networks of the space; the number of codes comes with the
/// predictions. Each predictor leaves out and counts the architectures for which it has no value.
///
/// # Errors
///
/// [`EvaluationError::Cancelled`].
pub fn correlate(
    name: &str,
    joined: &JoinedScores,
    options: CorrelateOptions,
    watch: EvaluationProgress<'_>,
) -> Result<Correlation, EvaluationError> {
    let rows = &joined.rows;
    let score = rows.iter().map(|row| row.prediction.score).collect();
    let mut columns = vec![PredictorColumn { name, values: score }];
    let inputs: Vec<ScoreInputs> = rows.par_iter().map(inputs).collect();
    let mut unknown = Vec::new();
    let is_compared = |score: &&Score| score.is_baseline || options.all_scores;
    for other in SCORES.iter().filter(is_compared).filter(|score| score.name != name) {
        let value = |(inputs, row): (&ScoreInputs, &JoinedRow)| {
            let computed = || row.prediction.scores.get(other.name).copied();
            (other.compute)(inputs).or_else(computed).unwrap_or(f64::NAN)
        };
        let values: Vec<f64> = inputs.iter().zip(rows).map(value).collect();
        if values.iter().all(|value| value.is_nan()) {
            unknown.push(other.name);
        } else {
            columns.push(PredictorColumn { name: other.name, values });
        }
    }
    let searches = match options.all_scores {
        true => searches(joined, &columns, options.report.seed, watch)?,
        false => Vec::new(),
    };
    let passes = if options.filter.is_some() { 2.0 } else { 1.0 };
    let accuracies: Vec<f64> = rows.iter().map(|row| row.accuracy).collect();
    let everything: Vec<usize> = (0..rows.len()).collect();
    let first = |share: f64| watch(share / passes);
    let predictors = reports(&columns, &accuracies, &everything, options.report, &first)?;
    let second = |share: f64| watch(f64::midpoint(1.0, share));
    let paper = options.filter.map(|filter| {
        let chosen = FilteredRows::new(&columns[0].values, &accuracies, filter);
        let reports = reports(&columns, &accuracies, &chosen.kept, options.report, &second)?;
        Ok::<_, EvaluationError>(PaperChoice { predictors: reports, ..chosen.choice })
    });
    Ok(Correlation { predictors, searches, unknown, paper: paper.transpose()? })
}

/// What is known of an architecture: its network, if the space can build it, and its codes, if they
/// were counted.
fn inputs(row: &JoinedRow) -> ScoreInputs {
    let graph = row.architecture.build();
    let graph = graph.as_ref().map(ScoreInputs::from_graph).unwrap_or_default();
    ScoreInputs { regions: row.prediction.regions, ..graph }
}

/// The search experiment by each of the predictors, with the same draws.
fn searches(
    joined: &JoinedScores,
    columns: &[PredictorColumn<'_>],
    seed: u64,
    watch: EvaluationProgress<'_>,
) -> Result<Vec<Vec<ProtocolRow>>, EvaluationError> {
    let options = ProtocolOptions { seed, ..ProtocolOptions::default() };
    let by = |column: &PredictorColumn<'_>| {
        let mut joined = joined.clone();
        for (row, &value) in joined.rows.iter_mut().zip(&column.values) {
            row.prediction.score = value;
        }
        match search_experiment(&joined, &options, &|| !watch(0.0)) {
            Ok(report) => Ok(report.rows),
            Err(ProtocolError::Cancelled) => Err(EvaluationError::Cancelled),
            // Joined scores hold at least two architectures.
            Err(ProtocolError::NoCandidates { .. } | ProtocolError::Zero) => Ok(Vec::new()),
        }
    };
    columns.iter().map(by).collect()
}

/// A report for each predictor on some of the rows.
fn reports(
    columns: &[PredictorColumn<'_>],
    accuracies: &[f64],
    places: &[usize],
    options: ReportOptions,
    watch: EvaluationProgress<'_>,
) -> Result<Vec<PredictorReport>, EvaluationError> {
    let report = |(at, column): (usize, &PredictorColumn<'_>)| {
        let cancelled = || !watch(at as f64 / columns.len() as f64);
        if cancelled() {
            return Err(EvaluationError::Cancelled);
        }
        let pairs: Vec<(f64, f64)> =
            places.iter().map(|&place| (column.values[place], accuracies[place])).collect();
        PredictorReport::new(column.name, &pairs, options, &cancelled)
            .ok_or(EvaluationError::Cancelled)
    };
    columns.iter().enumerate().map(report).collect()
}

/// What a filter keeps.
struct FilteredRows {
    kept: Vec<usize>,
    choice: PaperChoice,
}

impl FilteredRows {
    fn new(scores: &[f64], accuracies: &[f64], filter: AccuracyFilter) -> Self {
        let unit = if accuracies.iter().all(|&accuracy| accuracy <= 1.0) { 100.0 } else { 1.0 };
        let in_percent: Vec<(f64, f64)> = scores
            .iter()
            .zip(accuracies)
            .map(|(&score, &accuracy)| (score, accuracy * unit))
            .collect();
        let filtered = filter.apply(&in_percent);
        let choice = PaperChoice {
            accuracy_above: filter.accuracy_above / unit,
            kept: filtered.kept.len(),
            inaccurate: filtered.inaccurate,
            not_finite: filtered.not_finite,
            not_drawn: filtered.not_drawn,
            predictors: Vec::new(),
        };
        Self { kept: filtered.kept, choice }
    }
}
