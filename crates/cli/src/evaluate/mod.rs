//! `correlate` and `protocol`: how good a score is. Here: where their scores and accuracies come from.

pub mod args;
pub mod correlate;
pub mod protocol;
pub(crate) mod text;

use anyhow::Context;
use indicatif::ProgressBar;
use serde::Serialize;

use super::benchmark::{BAR_STEPS, progress_bar};
use super::{Exit, command_line, log_line, progress};
use args::Source;
use untrained::benchmark::{self, BenchmarkError, MetricLookup};
use untrained::evaluation::{
    AccuracyLookups, Comparison, Coverage, EvaluationError, Prediction, StudyScores, join,
    read_scores, sample, study_scores,
};
use untrained::job::{JobConfig, StoreLocation, Task};
use untrained::score::{SCORES, Score};
use untrained::space::Space;
use untrained::store::TableWriter;

/// What both verbs compare.
pub(super) struct Compared {
    comparison: Comparison,
    /// How scoring ended, where that was done now.
    exit: Exit,
}

/// What both verbs say of their sources in JSON.
#[derive(Serialize)]
struct EvaluationFacts<'a> {
    space: &'a str,
    table: String,
    metric: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation: Option<&'a str>,
    score: &'a str,
    architectures: &'a Coverage,
    table_rows: &'a benchmark::LookupReport,
}

impl<'a> EvaluationFacts<'a> {
    fn new(comparison: &'a Comparison, source: &Source) -> Self {
        Self {
            space: comparison.space.id(),
            table: source.table.display().to_string(),
            metric: comparison.accuracy.metric(),
            validation: comparison.validation.as_ref().map(MetricLookup::metric),
            score: &comparison.score,
            architectures: &comparison.joined.coverage,
            table_rows: comparison.accuracy.report(),
        }
    }
}

/// Reads accuracies and obtains scores; the exit code alone where that was interrupted too early, or
/// nothing usable was scored.
fn compare(
    source: &Source,
    validation: Option<&str>,
    overwrite: bool,
) -> anyhow::Result<Result<Compared, Exit>> {
    if let Some(out) = &source.out {
        TableWriter::check(out, overwrite)?;
    }
    let bar = progress_bar();
    let result = prepare(source, validation, overwrite, &bar);
    bar.finish_and_clear();
    match result {
        Err(error) if is_cancelled(&error) => {
            log_line("interrupted");
            Ok(Err(Exit::Interrupted))
        }
        Err(error) => match error.downcast::<Unscored>() {
            Ok(unscored) => {
                log_line(&unscored.why.to_string());
                Ok(Err(unscored.exit))
            }
            Err(error) => Err(error),
        },
        Ok(compared) => Ok(Ok(compared)),
    }
}

/// Scoring left nothing to compare.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
struct Unscored {
    why: EvaluationError,
    exit: Exit,
}

/// Whether somebody asked to stop.
fn is_cancelled(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(EvaluationError::Cancelled))
        || matches!(error.downcast_ref(), Some(BenchmarkError::Cancelled))
}

fn prepare(
    source: &Source,
    validation: Option<&str>,
    overwrite: bool,
    bar: &ProgressBar,
) -> anyhow::Result<Compared> {
    let cancel = progress::cancelled_by_ctrl_c();
    let going_on = |share: f64| {
        bar.set_position((share * BAR_STEPS) as u64);
        !cancel.is_cancelled()
    };
    let origin = Origin::open(source)?;
    let table = benchmark::open(&source.table)?;
    let read = |metric: &str| MetricLookup::watched(&table, &origin.space, metric, &going_on);
    let accuracy = read(&source.metric)?;
    let validation = validation.map(read).transpose()?;
    let accuracies = AccuracyLookups { accuracy: &accuracy, validation: validation.as_ref() };
    let (predictions, exit) = match origin.predictions {
        Some(predictions) => (predictions, Exit::Done),
        None => {
            let drawn =
                sample(&table, &accuracy, source.samples, source.options.0.seed, &going_on)?;
            bar.finish_and_clear();
            score_now(source, overwrite, drawn, origin.chosen)?
        }
    };
    // What was scored before Ctrl-C is compared; a second one ends the process.
    let joined = match exit {
        Exit::Done => join(predictions, accuracies, &going_on)?,
        exit => join(predictions, accuracies, &|_| true).map_err(|why| Unscored { why, exit })?,
    };
    let Origin { space, score, .. } = origin;
    let comparison = Comparison { space, score, joined, accuracy, validation };
    Ok(Compared { comparison, exit })
}

/// What is known before the table is read.
struct Origin {
    space: Space,
    /// The name of the score.
    score: String,
    /// The score that is computed now.
    chosen: &'static Score,
    /// Scores that are there already.
    predictions: Option<Vec<Prediction>>,
}

impl Origin {
    fn open(source: &Source) -> anyhow::Result<Self> {
        let chosen = &SCORES[0];
        if source.column.is_some() && source.scores.is_none() {
            anyhow::bail!("--column belongs to a file of scores: give one by --scores");
        }
        if let Some(id) = &source.study {
            let StoreLocation::File(store) = source.keep() else {
                anyhow::bail!("--study needs the file that holds it: give it by --store");
            };
            let StudyScores { space, score, predictions } =
                study_scores(&store, id, source.score.as_deref())?;
            return Ok(Self { space, score, chosen, predictions: Some(predictions) });
        }
        let space = source.options.0.open_space()?;
        if let Some(path) = &source.scores {
            let column = source.column.as_deref().unwrap_or("score");
            let predictions = Some(read_scores(path, column)?);
            return Ok(Self { space, score: column.to_owned(), chosen, predictions });
        }
        anyhow::ensure!(source.samples >= 2, "--samples must be at least 2: pairs are compared");
        let name = source.score.as_deref().unwrap_or(chosen.name);
        let known = SCORES.iter().map(|score| score.name).collect::<Vec<_>>().join(", ");
        let chosen = untrained::score::find_score(name)
            .with_context(|| format!("--score {name}: there are {known}"))?;
        Ok(Self { space, score: name.to_owned(), chosen, predictions: None })
    }
}

/// Scores architectures; how that ended.
fn score_now(
    source: &Source,
    overwrite: bool,
    architectures: Vec<String>,
    score: &Score,
) -> anyhow::Result<(Vec<Prediction>, Exit)> {
    let task = Task::Score { architectures };
    let config = JobConfig {
        out: source.out.clone(),
        overwrite,
        store: Some(source.keep()),
        store_is_default: source.store.is_none(),
        command: command_line(),
        ..JobConfig::new(source.options.0.clone(), task)
    };
    let mut predictions = Vec::new();
    let (summary, result) = progress::run(&config, |record, _| {
        predictions.push(Prediction::from_record(record, score));
    });
    result?;
    Ok((predictions, progress::conclude(&summary)))
}
