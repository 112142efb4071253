//! `correlate` and `protocol`: how good a score is. Here: where their scores and accuracies come from.

pub mod args;
pub mod correlate;
pub mod protocol;
pub(crate) mod text;

use std::path::Path;

use anyhow::Context;
use indicatif::ProgressBar;
use serde::Serialize;

use super::benchmark::{BAR_STEPS, progress_bar};
use super::{Exit, command_line, complain, watch};
use crate::benchmark::{self, BenchmarkError, Counted, Lookup};
use crate::evaluation::{
    Accuracies, Coverage, EvaluationError, Joined, Prediction, join, of_study, read_scores, sample,
};
use crate::job::{JobConfig, Keep, Task};
use crate::score::{SCORES, Score};
use crate::space::Space;
use crate::store::{Store, StudyInfo, TableWriter, space_fingerprint};
use args::Source;

/// What both verbs compare.
pub(crate) struct Compared {
    /// The space of the scored architectures.
    pub space: Space,
    /// The name of the score.
    pub score: String,
    /// Scores and accuracies.
    pub joined: Joined,
    /// The table's accuracies.
    pub accuracy: Lookup,
    validation: Option<Lookup>,
    /// How scoring ended, where that was done now.
    exit: Exit,
}

/// What both verbs say of their sources in JSON.
#[derive(Serialize)]
struct Facts<'a> {
    space: &'a str,
    table: String,
    metric: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation: Option<&'a str>,
    score: &'a str,
    architectures: &'a Coverage,
    table_rows: &'a benchmark::Report,
}

impl Compared {
    fn facts<'a>(&'a self, source: &Source) -> Facts<'a> {
        Facts {
            space: self.space.id(),
            table: source.table.display().to_string(),
            metric: self.accuracy.metric(),
            validation: self.validation.as_ref().map(Lookup::metric),
            score: &self.score,
            architectures: &self.joined.coverage,
            table_rows: self.accuracy.report(),
        }
    }

    /// What is left out of figures, a line each; and what else the figures must be read with.
    pub fn notices(&self) -> Vec<String> {
        let coverage = &self.joined.coverage;
        let space = self.space.id();
        let counted = |counted: &Counted, what: &str| {
            let named = counted.first.first().map(|first| format!(", such as {first}"));
            (counted.count, format!("{what}{}", named.unwrap_or_default()))
        };
        let metric = self.accuracy.metric();
        let all = [
            counted(&coverage.unknown, &format!("not used: no architecture of {space}")),
            counted(&coverage.duplicates, "not used: given before"),
            counted(&coverage.without_accuracy, &format!("not used: no {metric} in the table")),
            (coverage.without_score as u64, "without a score, left out where it ranks".to_owned()),
            (
                coverage.infinite as u64,
                "with an infinite score, which ranks last or first".to_owned(),
            ),
            (coverage.disconnected as u64, "disconnected".to_owned()),
        ];
        let told = all.into_iter().filter(|(count, _)| *count > 0);
        let mut lines = self.accuracy.report().notices(space, metric);
        lines.extend(told.map(|(count, what)| format!("{count} {what}")));
        lines
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
            complain("interrupted");
            Ok(Err(Exit::Interrupted))
        }
        Err(error) => match error.downcast::<Unscored>() {
            Ok(unscored) => {
                complain(&unscored.why.to_string());
                Ok(Err(unscored.exit))
            }
            Err(error) => Err(error),
        },
        Ok(compared) => Ok(Ok(compared)),
    }
}

/// Compares the scores of a stored study, by default those that ranked it, with a metric of a table: what
/// `correlate --study` does.
///
/// # Errors
///
/// Why there is no comparison; [`is_cancelled`] where `watch` said so.
#[cfg(feature = "gui")]
pub(crate) fn compare_study(
    (store, id): (&Path, &str),
    score: Option<&str>,
    (table, metric): (&benchmark::Table, &str),
    watch: crate::evaluation::Watch<'_>,
) -> anyhow::Result<Compared> {
    let Origin { space, score, predictions, .. } = Origin::of_study(store, id, score)?;
    let accuracy = Lookup::watched(table, &space, metric, watch)?;
    let accuracies = Accuracies { accuracy: &accuracy, validation: None };
    let joined = join(predictions.unwrap_or_default(), accuracies, watch)?;
    Ok(Compared { space, score, joined, accuracy, validation: None, exit: Exit::Done })
}

/// Scoring left nothing to compare.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
struct Unscored {
    why: EvaluationError,
    exit: Exit,
}

/// Whether somebody asked to stop.
pub(crate) fn is_cancelled(error: &anyhow::Error) -> bool {
    match error.downcast_ref() {
        Some(EvaluationError::Cancelled) => true,
        Some(EvaluationError::Benchmark(BenchmarkError::Cancelled)) => true,
        _ => matches!(error.downcast_ref(), Some(BenchmarkError::Cancelled)),
    }
}

fn prepare(
    source: &Source,
    validation: Option<&str>,
    overwrite: bool,
    bar: &ProgressBar,
) -> anyhow::Result<Compared> {
    let cancel = watch::cancelled_by_ctrl_c();
    let going_on = |share: f64| {
        bar.set_position((share * BAR_STEPS) as u64);
        !cancel.is_cancelled()
    };
    let origin = Origin::open(source)?;
    let table = benchmark::open(&source.table)?;
    let read = |metric: &str| Lookup::watched(&table, &origin.space, metric, &going_on);
    let accuracy = read(&source.metric)?;
    let validation = validation.map(read).transpose()?;
    let accuracies = Accuracies { accuracy: &accuracy, validation: validation.as_ref() };
    let (predictions, exit) = match origin.predictions {
        Some(predictions) => (predictions, Exit::Done),
        None => {
            let drawn = sample(&table, &accuracy, source.samples, source.options.seed, &going_on)?;
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
    Ok(Compared { space, score, joined, accuracy, validation, exit })
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
        if let Some(id) = &source.study {
            let Keep::File(store) = source.keep() else {
                anyhow::bail!("--study needs the file that holds it: give it by --store");
            };
            return Self::of_study(&store, id, source.score.as_deref());
        }
        let space = source.options.open_space()?;
        if let Some(path) = &source.scores {
            let predictions = Some(read_scores(path, &source.column)?);
            return Ok(Self { space, score: source.column.clone(), chosen, predictions });
        }
        anyhow::ensure!(source.samples >= 2, "--samples must be at least 2: pairs are compared");
        let name = source.score.as_deref().unwrap_or(chosen.name);
        let known = SCORES.iter().map(|score| score.name).collect::<Vec<_>>().join(", ");
        let chosen = crate::score::score(name)
            .with_context(|| format!("--score {name}: there are {known}"))?;
        Ok(Self { space, score: name.to_owned(), chosen, predictions: None })
    }

    fn of_study(store: &Path, id: &str, score: Option<&str>) -> anyhow::Result<Self> {
        let store = Store::read(store)?;
        let study = store.find(id)?;
        let (job, ranked_by) = job_of(&study)?;
        let space = job.open_space().with_context(|| {
            format!("the space of study {} cannot be opened any more", study.id)
        })?;
        let stored = study.setup.space.as_ref().map(|space| space.fingerprint.as_str());
        anyhow::ensure!(
            stored == Some(space_fingerprint(&space).as_str()),
            "the space {} is not what it was when study {} was made: give the study's table by \
             `studies export` and --scores",
            job.options.space,
            study.id
        );
        let name = score.unwrap_or(&ranked_by).to_owned();
        let predictions = Some(of_study(&store, &study, &name)?);
        Ok(Self { space, score: name, chosen: &SCORES[0], predictions })
    }
}

/// A study's job, and the score that it computes.
fn job_of(study: &StudyInfo) -> anyhow::Result<(JobConfig, String)> {
    anyhow::ensure!(
        study.setup.space.is_some(),
        "study {} is of a model file, which no table knows: give one of a search space",
        study.id
    );
    let job: JobConfig = serde_json::from_value(study.setup.job.clone())
        .with_context(|| format!("the options of study {} cannot be read", study.id))?;
    let space_copy = study.setup.space.as_ref().and_then(|space| space.text.clone());
    let job = JobConfig { space_copy, ..job };
    let score = match &job.task {
        Task::Search(search) => search.score.clone(),
        Task::Score { .. } | Task::Onnx { .. } => SCORES[0].name.to_owned(),
    };
    Ok((job, score))
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
        ..JobConfig::new(source.options.clone(), task)
    };
    let mut predictions = Vec::new();
    let (summary, result) = watch::run(&config, |record, _| {
        predictions.push(Prediction::of_record(record, score));
    });
    result?;
    Ok((predictions, watch::conclude(&summary)))
}
