//! `correlate` and `protocol`: how good a score is. This module finds their scores and accuracies.

pub mod args;
pub mod correlate;
pub mod protocol;
pub(crate) mod text;

use std::path::Path;

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
use untrained::output::{OutputError, check_separate};
use untrained::score::{Components, Ranking, SCORES, ScoreId};
use untrained::space::Space;
use untrained::store::{TableWriter, manifest_path};

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

/// Refuses to write over the files that are read.
fn check_files(source: &Source, plot: Option<&Path>) -> Result<(), OutputError> {
    let manifest = source.out.as_deref().map(manifest_path);
    let written = [
        (source.out.as_deref(), "the table of results"),
        (manifest.as_deref(), "the manifest of the results"),
        (plot, "the plot"),
    ];
    let read = [
        (Some(source.table.as_path()), "the benchmark table"),
        (source.scores.as_deref(), "the table of scores"),
    ];
    let written = written.into_iter().filter_map(|(path, role)| Some((path?, role)));
    let read = read.into_iter().filter_map(|(path, role)| Some((path?, role)));
    check_separate(&written.collect::<Vec<_>>(), &read.collect::<Vec<_>>())
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
            let drawn = sample(
                &table,
                &accuracy,
                source.samples,
                source.options.0.architecture_seed(),
                &going_on,
            )?;
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
    /// What is computed now.
    chosen: Ranking,
    /// Scores that are there already.
    predictions: Option<Vec<Prediction>>,
}

impl Origin {
    fn open(source: &Source) -> anyhow::Result<Self> {
        let usual = Ranking::Score(ScoreId(&SCORES[0]));
        if source.column.is_some() && source.scores.is_none() {
            anyhow::bail!("--column needs --scores: it names a column of that file");
        }
        if let Some(id) = &source.study {
            let StoreLocation::File(store) = source.keep() else {
                anyhow::bail!("--study needs a study database: give one with --store");
            };
            let StudyScores { space, score, predictions } =
                study_scores(&store, id, source.score.as_deref())?;
            return Ok(Self { space, score, chosen: usual, predictions: Some(predictions) });
        }
        let space = source.options.0.open_space()?;
        if let Some(path) = &source.scores {
            let column = source.column.as_deref().unwrap_or("score");
            let predictions = Some(read_scores(path, column)?);
            return Ok(Self { space, score: column.to_owned(), chosen: usual, predictions });
        }
        anyhow::ensure!(
            source.samples >= 2,
            "--samples must be at least 2, because pairs are compared"
        );
        let name = source.score.as_deref().unwrap_or(usual.name());
        let chosen = Ranking::by_name(name, &Components::default())
            .map_err(|why| anyhow::anyhow!("--score {why}"))?;
        Ok(Self { space, score: name.to_owned(), chosen, predictions: None })
    }
}

/// Scores architectures; how that ended.
fn score_now(
    source: &Source,
    overwrite: bool,
    architectures: Vec<String>,
    ranking: Ranking,
) -> anyhow::Result<(Vec<Prediction>, Exit)> {
    let task = Task::Score { architectures };
    let config = JobConfig {
        out: source.out.clone(),
        overwrite,
        store: Some(source.keep()),
        store_is_default: source.store.is_none(),
        command: command_line(),
        listed_by: Some(ranking.clone()),
        ..JobConfig::new(source.options.0.clone(), task)
    };
    let mut records = Vec::new();
    let (summary, result) = progress::run(&config, |record, _| records.push(record.clone()));
    result?;
    let predictions = match ranking {
        Ranking::Score(ScoreId(score)) => {
            records.iter().map(|record| Prediction::from_record(record, score)).collect()
        }
        Ranking::Combined(components) => Prediction::combined(&records, components),
    };
    Ok((predictions, progress::conclude(&summary)))
}
