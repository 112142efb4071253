//! Scores compared with the accuracies of a benchmark table: the same as `correlate --study`, computed
//! by the same functions.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use untrained::backend::Cancel;
use untrained::benchmark;
use untrained::evaluation::{
    Comparison, CorrelateOptions, Correlation, Coverage, EvaluationError, TopScored, choice,
    compare_study, correlate,
};
use untrained::statistics::{AccuracyFilter, ReportOptions};

/// What a task computes.
pub enum LoadStage<T> {
    /// The task runs.
    Working,
    /// It is done.
    Ready(Arc<T>),
    /// Why there is no result.
    Failed(String),
}

/// An architecture with a score and an accuracy.
#[derive(Clone, Debug)]
pub struct BenchmarkPoint {
    /// In the space's notation.
    pub architecture: String,
    /// Its score, which need not be finite.
    pub score: f64,
    /// Its accuracy, in the table's units.
    pub accuracy: f64,
}

/// The outcome of a comparison.
#[derive(Debug)]
pub struct BenchmarkOutcome {
    /// The name of the score.
    pub score: String,
    /// The metric that is the accuracy.
    pub metric: String,
    /// Statistics of the score and of the free baselines.
    pub correlation: Correlation,
    /// Whether they have intervals yet.
    pub has_intervals: bool,
    /// How many scored architectures were used and left out.
    pub coverage: Coverage,
    /// What the figures leave out, one line each.
    pub notices: Vec<String>,
    /// The top-scored architecture.
    pub choice: Option<TopScored>,
    /// All architectures that have both.
    pub points: Arc<Vec<BenchmarkPoint>>,
}

/// What a thread reports to.
#[derive(Clone, Default)]
pub struct ProgressTicket {
    /// Asks the task to stop.
    pub cancel: Arc<Cancel>,
    progress: Arc<AtomicU32>,
}

impl ProgressTicket {
    /// How much is done, from 0 to 1.
    pub fn share(&self) -> f32 {
        self.progress.load(Ordering::Relaxed) as f32 / 1000.0
    }

    /// Takes how much is done, from 0 to 1; `false` where the task is to stop.
    pub fn report(&self, share: f64) -> bool {
        self.progress.store((share * 1000.0) as u32, Ordering::Relaxed);
        !self.cancel.is_cancelled()
    }
}

/// What is compared.
#[derive(Clone)]
pub struct ComparisonRequest {
    /// The file of studies.
    pub store: PathBuf,
    /// The study.
    pub study: String,
    /// The score; if there is none, the one that ranks the results.
    pub score: Option<String>,
    /// The benchmark table.
    pub table: PathBuf,
    /// Its metric.
    pub metric: String,
}

impl ComparisonRequest {
    /// Joins the scores with the accuracies.
    ///
    /// # Errors
    ///
    /// Why that is not possible.
    pub fn compare(&self, ticket: &ProgressTicket) -> Result<Comparison, EvaluationError> {
        let table = benchmark::open(&self.table)?;
        let watch = |share: f64| ticket.report(share);
        let score = self.score.as_deref();
        compare_study(&self.store, &self.study, score, (&table, &self.metric), &watch)
    }
}

/// Statistics as the command line computes them unless told otherwise.
fn options(resamples: u32) -> CorrelateOptions {
    CorrelateOptions {
        report: ReportOptions { resamples, ..ReportOptions::default() },
        filter: Some(AccuracyFilter::default()),
        all_scores: false,
    }
}

/// The statistics of a comparison; without `resamples`, there are no intervals.
///
/// # Errors
///
/// Why there are none.
pub fn evaluate(
    compared: &Comparison,
    resamples: u32,
    ticket: &ProgressTicket,
) -> Result<BenchmarkOutcome, EvaluationError> {
    let Comparison { score, joined, accuracy, .. } = compared;
    let watch = |share: f64| ticket.report(share);
    let point = |row: &untrained::evaluation::JoinedRow| BenchmarkPoint {
        architecture: row.prediction.architecture.clone(),
        score: row.prediction.score,
        accuracy: row.accuracy,
    };
    Ok(BenchmarkOutcome {
        score: score.clone(),
        metric: accuracy.metric().to_owned(),
        correlation: correlate(score, joined, options(resamples), &watch)?,
        has_intervals: resamples > 0,
        coverage: joined.coverage.clone(),
        notices: compared.notices(),
        choice: choice(joined, accuracy),
        points: Arc::new(joined.rows.iter().map(point).collect()),
    })
}
