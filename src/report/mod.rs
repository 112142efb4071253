//! A report of one run, as data: what was asked, how it was answered, and what came out. `untrained_plot`
//! writes it as a page.
//!
//! Every text may come from a file of somebody else's (names of operations, notes, messages), so whoever
//! writes a report must escape all of them.

mod error;
mod facts;
mod ranked;
mod run;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use error::ReportError;
pub use facts::FactGroup;
pub use run::ReportedRun;

use crate::backend::Cancel;
use crate::benchmark::{self, MetricLookup};
use crate::citation::Citations;
use crate::evaluation::{
    AccuracyLookups, Comparison, CorrelateOptions, Prediction, correlate, join,
};
use crate::job::Session;
use crate::score::{Placement, Ranking, ScoreId};
use crate::space::{Drawing, Space};
use crate::statistics::PredictorReport;
use crate::store::{Record, Status};
use ranked::RankedRecords;

/// The most architectures that a report shows one by one.
pub const MOST_SHOWN: usize = 100;
/// How many it shows by default.
pub const DEFAULT_SHOWN: usize = 10;
/// The most rows of the Pareto table.
const MOST_ON_FRONT: usize = 40;
/// The most kinds of failures that are listed.
const MOST_FAILURES: usize = 12;

/// What a report contains.
#[derive(Clone, Debug, Default)]
pub struct ReportOptions {
    /// How many of the best architectures it shows, at most [`MOST_SHOWN`].
    pub best: usize,
    /// A benchmark table and one of its metrics to compare the ranking with.
    pub table: Option<(PathBuf, String)>,
    /// Latencies that are known already, in milliseconds by architecture.
    pub latencies: BTreeMap<String, f64>,
    /// Whether to measure the latencies of the architectures it shows, on the device of the job.
    pub measures_latency: bool,
    /// The command line that repeats the run.
    pub command: String,
}

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of the run.
    pub title: String,
    /// The question, in one sentence.
    pub question: String,
    /// What is known of the run.
    pub facts: Vec<FactGroup>,
    /// The name of what ranks.
    pub ranked_by: String,
    /// The names of the operations of its space, whose colours drawings show.
    pub operations: Vec<String>,
    /// How many architectures are ranked.
    pub compared: usize,
    /// The best architectures, best first.
    pub best: Vec<ReportedArchitecture>,
    /// Architectures that no other beats in value, parameters and multiply-adds, best value first.
    pub front: Vec<ReportedArchitecture>,
    /// How many such architectures are left out.
    pub front_left_out: usize,
    /// What a latency is of, where some are known.
    pub latency_of: Option<String>,
    /// Every result that may be chosen.
    pub points: Vec<ReportPoint>,
    /// The comparison with a benchmark table.
    pub correlation: Option<ReportedCorrelation>,
    /// What could not be ranked: why, and how many.
    pub failures: Vec<(String, u64)>,
    /// What a reader should know.
    pub notices: Vec<String>,
    /// The command line that repeats the run.
    pub command: String,
    /// The job file that does.
    pub job_file: String,
    /// The space file, where the space is not built in as it stands.
    pub space_file: Option<String>,
    /// What to cite.
    pub citations: Citations,
}

/// An architecture of a report.
#[derive(Clone, Debug)]
pub struct ReportedArchitecture {
    /// Its rank, from 1.
    pub rank: usize,
    /// Its result, with the value that ranks it.
    pub record: Record,
    /// Its cells.
    pub drawings: Vec<Drawing>,
    /// How it compares with the others in each score.
    pub placement: Placement,
    /// The latency of a mini-batch in milliseconds, if known.
    pub latency_ms: Option<f64>,
}

/// A result as a point of figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReportPoint {
    /// Its position in the order of proposals.
    pub position: usize,
    /// The value that ranks it, which is finite.
    pub value: f64,
    /// Trainable parameters.
    pub params: f64,
}

/// A ranking compared with trained accuracies.
#[derive(Clone, Debug)]
pub struct ReportedCorrelation {
    /// The name of the score.
    pub score: String,
    /// The metric.
    pub metric: String,
    /// The name of the table's file.
    pub table: String,
    /// Scores and accuracies.
    pub pairs: Vec<(f64, f64)>,
    /// The agreement of the score and of free baselines.
    pub predictors: Vec<PredictorReport>,
}

impl Report {
    /// Makes the report of a run.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if nothing can be ranked, a benchmark table cannot be read or has no architecture of the
    /// run, a latency cannot be measured, or it was cancelled.
    pub fn new(
        run: &ReportedRun,
        options: ReportOptions,
        cancel: &Cancel,
    ) -> Result<Self, ReportError> {
        let ranked = RankedRecords::new(run);
        if ranked.records.is_empty() {
            return Err(ReportError::Empty(run.name.clone()));
        }
        let placements = ranked.placements();
        let reported = |at: usize| {
            let record = ranked.records[at].clone();
            let placement = placements.place(&record.component_values(&ranked.components));
            let latency_ms = options.latencies.get(&record.architecture).copied();
            let drawings = run.space.as_ref().map(|space| drawings(space, &record.architecture));
            let drawings = drawings.unwrap_or_default();
            ReportedArchitecture { rank: at + 1, record, drawings, placement, latency_ms }
        };
        let shown = options.best.clamp(1, MOST_SHOWN).min(ranked.records.len());
        let front = ranked.front();
        let mut notices = run.warnings.clone();
        notices.extend(run.followed_count());
        let values = ranked.values.iter().enumerate().filter(|(_, value)| value.is_finite());
        let points = values.map(|(position, &value)| ReportPoint {
            position,
            value,
            params: run.records[position].params as f64,
        });
        let correlation = match &options.table {
            Some((path, metric)) => {
                let (correlation, more) = correlation(run, (path, metric), cancel)?;
                notices.extend(more);
                Some(correlation)
            }
            None => None,
        };
        let mut report = Self {
            title: run.name.clone(),
            question: facts::question(run, ranked.records.len()),
            facts: facts::groups(run),
            ranked_by: run.job.ranked_by().to_owned(),
            operations: operations(run.space.as_ref()),
            compared: ranked.records.len(),
            best: (0..shown).map(reported).collect(),
            front: front.iter().take(MOST_ON_FRONT).map(|&at| reported(at)).collect(),
            front_left_out: front.len().saturating_sub(MOST_ON_FRONT),
            latency_of: None,
            points: points.collect(),
            correlation,
            failures: failures(&run.records),
            notices,
            command: options.command,
            job_file: run.job.to_text()?,
            space_file: run.space.as_ref().and_then(own_space_file),
            citations: citations(run)?,
        };
        if options.measures_latency {
            report.measure_latencies(run, cancel)?;
        }
        let is_known = report.shown().any(|shown| shown.latency_ms.is_some());
        report.latency_of = is_known.then(|| format!("one mini-batch on {}", run.device));
        Ok(report)
    }

    fn shown(&self) -> impl Iterator<Item = &ReportedArchitecture> {
        self.best.iter().chain(&self.front)
    }

    /// Measures each architecture that is shown, once.
    fn measure_latencies(&mut self, run: &ReportedRun, cancel: &Cancel) -> Result<(), ReportError> {
        let Some(space) = &run.space else { return Ok(()) };
        let session = Session::open(&run.job, cancel, &mut |_| {})?;
        let mut meter = session.latency_meter(space, cancel)?;
        let mut known: BTreeMap<String, f64> = BTreeMap::new();
        for shown in self.best.iter_mut().chain(&mut self.front) {
            let name = &shown.record.architecture;
            if shown.latency_ms.is_none() && !known.contains_key(name) {
                let architecture = space.parse(name).map_err(crate::job::JobError::from)?;
                let unbuilt = |error: crate::space::BuildError| ReportError::Latency {
                    architecture: name.clone(),
                    reason: crate::job::chain(&error),
                };
                let graph = architecture.build().map_err(unbuilt)?;
                let measured = meter(&architecture, &graph);
                let latency = measured.map_err(|error| ReportError::latency(name, error))?;
                known.insert(name.clone(), latency);
            }
            shown.latency_ms = shown.latency_ms.or(known.get(name).copied());
        }
        Ok(())
    }

    /// The best architectures as a table for papers: a header and a row for each.
    pub fn best_table(&self) -> (Vec<String>, Vec<Vec<String>>) {
        table(&self.best, &self.ranked_by)
    }

    /// The Pareto front, likewise.
    pub fn front_table(&self) -> (Vec<String>, Vec<Vec<String>>) {
        table(&self.front, &self.ranked_by)
    }
}

fn table(shown: &[ReportedArchitecture], ranked_by: &str) -> (Vec<String>, Vec<Vec<String>>) {
    use crate::format::{score, thousands};
    let (mut header, mut rows) = (vec!["rank".to_owned(), ranked_by.to_owned()], Vec::new());
    let has_sd = ranked_by == "score" && shown.iter().any(|one| one.record.sd.is_some());
    let has_latency = shown.iter().any(|one| one.latency_ms.is_some());
    let has_accuracy =
        ranked_by != "accuracy" && shown.iter().any(|one| one.record.accuracy.is_some());
    let optional = [
        (has_sd, "sd"),
        (true, "params"),
        (true, "multiply-adds"),
        (has_latency, "latency (ms)"),
        (has_accuracy, "accuracy"),
        (true, "architecture"),
    ];
    header.extend(
        optional.iter().filter(|(is_there, _)| *is_there).map(|(_, name)| (*name).to_owned()),
    );
    let decimals =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    for one in shown {
        let record = &one.record;
        let sd = record.sd.map_or_else(|| "-".to_owned(), |sd| format!("{sd:.4}"));
        let mut row = vec![one.rank.to_string(), score(record.value)];
        row.extend(has_sd.then_some(sd));
        row.extend([thousands(record.params), thousands(record.macs)]);
        row.extend(has_latency.then(|| decimals(one.latency_ms)));
        row.extend(has_accuracy.then(|| decimals(record.accuracy)));
        row.push(record.architecture.clone());
        rows.push(row);
    }
    (header, rows)
}

/// The drawings of an architecture; none of one that the space no longer knows.
fn drawings(space: &Space, architecture: &str) -> Vec<Drawing> {
    space.parse(architecture).map(|architecture| architecture.drawings()).unwrap_or_default()
}

fn operations(space: Option<&Space>) -> Vec<String> {
    let names = space.map(Space::operation_names).unwrap_or_default();
    names.into_iter().map(str::to_owned).collect()
}

/// The text of a space that cannot be opened by its id.
fn own_space_file(space: &Space) -> Option<String> {
    let is_builtin = Space::builtin_text(space.id()).is_ok_and(|text| text == space.text());
    (!is_builtin).then(|| space.text().to_owned())
}

/// Why results cannot be ranked, the most frequent reason first.
fn failures(records: &[Record]) -> Vec<(String, u64)> {
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for record in records.iter().filter(|record| record.status != Status::Ok) {
        let reason = match record.status {
            Status::Disconnected => "disconnected: no path from input to output".to_owned(),
            Status::Singular => "singular: two images have the same code".to_owned(),
            Status::Failed | Status::Ok => {
                let why = record.message.as_deref().unwrap_or("unknown reason");
                format!("failed: {why}")
            }
        };
        *reasons.entry(reason).or_default() += 1;
    }
    let mut failures: Vec<(String, u64)> = reasons.into_iter().collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.1));
    let rest = failures.split_off(failures.len().min(MOST_FAILURES));
    if !rest.is_empty() {
        let sum = rest.iter().map(|(_, count)| count).sum();
        failures.push((format!("{} other reasons", rest.len()), sum));
    }
    failures
}

fn citations(run: &ReportedRun) -> Result<Citations, ReportError> {
    let mut citations = Citations::default();
    citations.add_method();
    if let Some(space) = &run.space {
        citations.add_space(space.id());
    }
    citations.add_job(&run.job)?;
    citations.add_program();
    Ok(citations)
}

/// Compares the ranking with a metric of a table; also says what that leaves out.
fn correlation(
    run: &ReportedRun,
    (path, metric): (&PathBuf, &str),
    cancel: &Cancel,
) -> Result<(ReportedCorrelation, Vec<String>), ReportError> {
    let Some(space) = run.space.clone() else {
        return Err(crate::evaluation::EvaluationError::OfModel { study: run.name.clone() }.into());
    };
    let going_on = |_: f64| !cancel.is_cancelled();
    let ranking = run.job.ranking()?;
    let predictions = match &ranking {
        Ranking::Combined(components) => Prediction::combined(&run.records, components.clone()),
        Ranking::Score(ScoreId(score)) => {
            run.records.iter().map(|record| Prediction::from_record(record, score)).collect()
        }
    };
    let table = benchmark::open(path)?;
    let accuracy = MetricLookup::watched(&table, &space, metric, &going_on)?;
    let lookups = AccuracyLookups { accuracy: &accuracy, validation: None };
    let joined = join(predictions, lookups, &going_on)?;
    let score = ranking.name().to_owned();
    let comparison = Comparison { space, score, joined, accuracy, validation: None };
    let options = CorrelateOptions::default();
    let found = correlate(&comparison.score, &comparison.joined, options, &going_on)?;
    let correlation = ReportedCorrelation {
        metric: comparison.accuracy.metric().to_owned(),
        table: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        pairs: comparison.joined.pairs(),
        predictors: found.predictors,
        score: comparison.score.clone(),
    };
    Ok((correlation, comparison.notices()))
}
