//! Benchmark tables that are attached to results, and the comparison of scores with their accuracies: what
//! `correlate --study` computes, by the same functions, on a thread.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::state::{AppState, View};
use crate::tasks::{MessageSender, TaskRunner};
use untrained::backend::Cancel;
use untrained::benchmark::{self, Facts};
use untrained::evaluation::{
    Comparison, CorrelateOptions, Correlation, Coverage, EvaluationError, TopScored, choice,
    compare_study, correlate,
};
use untrained::job::{SearchOptions, Task, chain};
use untrained::score;
use untrained::statistics::{AccuracyFilter, ReportOptions};

/// Something that a thread is at.
pub enum LoadStage<T> {
    /// It is at it.
    Working,
    /// It is done.
    Ready(Arc<T>),
    /// Why there is nothing.
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

/// What a comparison comes to.
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
    /// What became of the scored architectures.
    pub coverage: Coverage,
    /// What is left out of the figures, a line each.
    pub notices: Vec<String>,
    /// What the search would have chosen.
    pub choice: Option<TopScored>,
    /// All architectures that have both.
    pub points: Arc<Vec<BenchmarkPoint>>,
}

/// A table that is attached to results.
pub struct AttachedTable {
    /// The file or folder.
    pub path: PathBuf,
    /// What is in it.
    pub facts: LoadStage<Facts>,
    /// The metric that is the accuracy.
    pub metric: String,
    /// The score; what ranks the results where it is empty.
    pub score: String,
    /// How many results there were when the comparison began.
    pub results: usize,
    /// The comparison, once it was begun.
    pub outcome: Option<LoadStage<BenchmarkOutcome>>,
    /// Whether intervals are still computed.
    pub refines: bool,
    progress: Arc<AtomicU32>,
    cancel: Arc<Cancel>,
    generation: u64,
}

impl AttachedTable {
    fn new(path: PathBuf, metric: String, generation: u64) -> Self {
        Self {
            path,
            facts: LoadStage::Working,
            metric,
            score: String::new(),
            results: 0,
            outcome: None,
            refines: false,
            progress: Arc::default(),
            cancel: Arc::default(),
            generation,
        }
    }

    /// Whether a thread is at it.
    pub fn is_working(&self) -> bool {
        self.refines
            || matches!(self.facts, LoadStage::Working)
            || matches!(self.outcome, Some(LoadStage::Working))
    }

    /// How much of that is done, from 0 to 1.
    pub fn progress(&self) -> f32 {
        self.progress.load(Ordering::Relaxed) as f32 / 1000.0
    }

    /// Whether the axis of scores is logarithmic unless somebody chooses.
    pub fn is_logarithmic(&self) -> bool {
        match &self.outcome {
            Some(LoadStage::Ready(outcome)) => score::has_log_axis(&outcome.score),
            _ => false,
        }
    }

    /// A fresh request to stop and a fresh count of progress.
    fn begin(&mut self) -> ProgressTicket {
        self.cancel.cancel();
        (self.cancel, self.progress) = (Arc::default(), Arc::default());
        ProgressTicket { cancel: self.cancel.clone(), progress: self.progress.clone() }
    }
}

/// What a thread reports to.
#[derive(Clone)]
struct ProgressTicket {
    cancel: Arc<Cancel>,
    progress: Arc<AtomicU32>,
}

impl ProgressTicket {
    fn watch(&self, share: f64) -> bool {
        self.progress.store((share * 1000.0) as u32, Ordering::Relaxed);
        !self.cancel.is_cancelled()
    }
}

/// The tables of all results.
#[derive(Default)]
pub struct BenchmarkTables {
    /// What is typed as the table's path.
    pub path: String,
    /// Whether the axis of scores is logarithmic, where somebody chose.
    pub logarithmic: Option<bool>,
    /// By results; `None` where the table was taken off.
    attached: HashMap<u64, Option<AttachedTable>>,
    generation: u64,
}

impl BenchmarkTables {
    /// The table of results.
    pub fn of(&self, sheet: u64) -> Option<&AttachedTable> {
        self.attached.get(&sheet)?.as_ref()
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, sheet: u64) -> Option<&mut AttachedTable> {
        self.attached.get_mut(&sheet)?.as_mut()
    }

    /// Takes the table off results.
    pub fn detach(&mut self, sheet: u64) {
        self.stop(sheet);
        self.attached.insert(sheet, None);
    }

    /// Stops what is done for results; what is there is kept.
    pub fn stop(&mut self, sheet: u64) {
        let Some(attached) = self.of_mut(sheet) else { return };
        attached.cancel.cancel();
        attached.refines = false;
        let stopped = "it was stopped: read the table again".to_owned();
        if matches!(attached.facts, LoadStage::Working) {
            attached.facts = LoadStage::Failed(stopped);
        } else if matches!(attached.outcome, Some(LoadStage::Working)) {
            attached.outcome = None;
        }
    }

    fn attach(&mut self, work: &mut TaskRunner, sheet: u64, path: &Path, metric: String) {
        self.stop(sheet);
        self.generation += 1;
        let generation = self.generation;
        let mut attached = AttachedTable::new(path.to_owned(), metric, generation);
        let ticket = attached.begin();
        self.attached.insert(sheet, Some(attached));
        path.to_string_lossy().as_ref().clone_into(&mut self.path);
        let path = path.to_owned();
        work.start("benchmark", move |post| {
            let read = benchmark::open(&path);
            let facts = read.and_then(|table| table.facts(&|share| ticket.watch(share)));
            let facts = facts.map_err(|error| chain(&error));
            post.change(move |state: &mut AppState| state.take_facts(sheet, generation, facts));
        });
    }
}

/// The metric that is most likely meant: the one that was used, else one of accuracies on test images.
fn likely(facts: &Facts, used: &str) -> String {
    let names: Vec<&str> = facts.metrics.iter().map(|metric| metric.name.as_str()).collect();
    let is_accuracy = |name: &&&str| {
        let name = name.to_lowercase();
        !["loss", "time", "param", "flop", "index"].iter().any(|word| name.contains(word))
    };
    let holds = |word: &str| {
        let found =
            names.iter().filter(is_accuracy).find(|name| name.to_lowercase().contains(word));
        found.copied()
    };
    let known = names.iter().find(|name| **name == used).copied();
    let likely = known.or_else(|| holds("test")).or_else(|| holds("acc"));
    likely.or_else(|| names.first().copied()).unwrap_or_default().to_owned()
}

/// The table that a search was set up with, and its metric.
pub fn of_job(task: &Task) -> Option<(PathBuf, String)> {
    let Task::Search(search) = task else { return None };
    let SearchOptions { table, metric, .. } = search.as_ref();
    Some((table.clone()?, metric.clone().unwrap_or_default()))
}

/// What is compared.
#[derive(Clone)]
struct ComparisonRequest {
    store: PathBuf,
    study: String,
    score: Option<String>,
    table: PathBuf,
    metric: String,
}

impl ComparisonRequest {
    fn compared(&self, ticket: &ProgressTicket) -> Result<Comparison, EvaluationError> {
        let table = benchmark::open(&self.table)?;
        let watch = |share: f64| ticket.watch(share);
        let score = self.score.as_deref();
        compare_study(&self.store, &self.study, score, (&table, &self.metric), &watch)
    }
}

/// Statistics as the command line computes them unless told otherwise.
fn options(resamples: u32) -> CorrelateOptions {
    CorrelateOptions {
        report: ReportOptions { resamples, ..ReportOptions::default() },
        filter: Some(AccuracyFilter::default()),
    }
}

fn outcome(
    compared: &Comparison,
    resamples: u32,
    ticket: &ProgressTicket,
) -> Result<BenchmarkOutcome, EvaluationError> {
    let Comparison { score, joined, accuracy, .. } = compared;
    let watch = |share: f64| ticket.watch(share);
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

/// First without intervals, which take long, then with them.
fn compare(
    post: &MessageSender,
    (sheet, generation): (u64, u64),
    order: &ComparisonRequest,
    ticket: &ProgressTicket,
) {
    let tell = |result: Result<BenchmarkOutcome, String>, refines: bool| {
        post.change(move |state: &mut AppState| {
            state.take_outcome(sheet, generation, result, refines)
        });
    };
    let compared = match order.compared(ticket) {
        Ok(compared) => compared,
        Err(EvaluationError::Cancelled) => return,
        Err(error) => return tell(Err(chain(&error)), false),
    };
    for resamples in [0, ReportOptions::default().resamples] {
        match outcome(&compared, resamples, ticket) {
            Ok(outcome) => tell(Ok(outcome), resamples == 0),
            Err(EvaluationError::Cancelled) => return,
            Err(error) => return tell(Err(chain(&error)), false),
        }
    }
}

impl AppState {
    /// Attaches a table to the results that are shown, or notes it until there are some.
    pub fn attach_table(&mut self, path: &Path) {
        self.view = View::Benchmark;
        path.to_string_lossy().as_ref().clone_into(&mut self.benchmarks.path);
        let Some(sheet) = self.sheet().map(|sheet| sheet.id) else { return };
        let used = self.benchmarks.of(sheet).map(|attached| attached.metric.clone());
        let used = used.unwrap_or_default();
        self.benchmarks.attach(&mut self.work, sheet, path, used);
    }

    /// Takes a file or folder that was dropped on the window: in the view of benchmarks it is a table,
    /// unless its name says that it is something else.
    pub fn take_dropped(&mut self, path: &Path) {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let others = ["toml", "db", "sqlite", "sqlite3", "onnx"];
        if self.view == View::Benchmark && !others.contains(&ending) {
            self.attach_table(path);
        } else {
            self.open(&path.to_string_lossy());
        }
    }

    /// Attaches the table that the search was set up with, unless one was attached before.
    pub fn attach_table_of_job(&mut self) {
        let Some(sheet) = self.sheet() else { return };
        let id = sheet.id;
        if self.benchmarks.attached.contains_key(&id) {
            return;
        }
        let table = sheet.job.as_ref().and_then(|job| of_job(&job.task));
        if let Some((path, metric)) = table {
            self.benchmarks.attach(&mut self.work, id, &path, metric);
        }
    }

    fn take_facts(&mut self, sheet: u64, generation: u64, facts: Result<Facts, String>) {
        let Some(attached) = self.benchmarks.of_mut(sheet) else { return };
        if attached.generation != generation || attached.cancel.is_cancelled() {
            return;
        }
        match facts {
            Ok(facts) => {
                attached.metric = likely(&facts, &attached.metric);
                attached.facts = LoadStage::Ready(Arc::new(facts));
                self.compare_with_table(sheet);
            }
            Err(why) => attached.facts = LoadStage::Failed(why),
        }
    }

    /// Compares the scores of the results that are shown with their table.
    pub fn compare_with_table(&mut self, id: u64) {
        let all = [&self.stored, &self.running];
        let Some(sheet) = all.into_iter().flatten().find(|sheet| sheet.id == id) else { return };
        let (study, results) = (sheet.store.clone().zip(sheet.study.clone()), sheet.table.len());
        let Some(attached) = self.benchmarks.of_mut(id) else { return };
        let Some((store, study)) = study else {
            let why = "these results are kept in no file of studies: choose one in Set up and run the \
                       search again";
            attached.outcome = Some(LoadStage::Failed(why.to_owned()));
            return;
        };
        let score = Some(attached.score.clone()).filter(|score| !score.is_empty());
        let (table, metric) = (attached.path.clone(), attached.metric.clone());
        let order = ComparisonRequest { store, study, score, table, metric };
        let ticket = attached.begin();
        self.benchmarks.generation += 1;
        let generation = self.benchmarks.generation;
        let Some(attached) = self.benchmarks.of_mut(id) else { return };
        (attached.generation, attached.results) = (generation, results);
        (attached.outcome, attached.refines) = (Some(LoadStage::Working), false);
        let of = (id, generation);
        self.work.start("benchmark", move |post| compare(post, of, &order, &ticket));
    }

    fn take_outcome(
        &mut self,
        sheet: u64,
        generation: u64,
        outcome: Result<BenchmarkOutcome, String>,
        refines: bool,
    ) {
        let Some(attached) = self.benchmarks.of_mut(sheet) else { return };
        if attached.generation != generation || attached.cancel.is_cancelled() {
            return;
        }
        attached.refines = refines;
        attached.outcome = Some(match outcome {
            Ok(outcome) => LoadStage::Ready(Arc::new(outcome)),
            Err(why) => LoadStage::Failed(why),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::benchmark::MetricFacts;

    fn facts(names: &[&str]) -> Facts {
        let metric = |name: &&str| MetricFacts {
            name: (*name).to_owned(),
            count: 1,
            missing: 0,
            min: None,
            max: None,
        };
        Facts {
            format: "CSV",
            spaces: Vec::new(),
            rows: 1,
            datasets: Vec::new(),
            metrics: names.iter().map(metric).collect(),
        }
    }

    #[test]
    fn the_likely_metric_is_the_one_used_else_one_of_test_accuracy() {
        let all = facts(&["params", "valid-acc", "test_loss", "test-accuracy"]);
        assert_eq!(likely(&all, "valid-acc"), "valid-acc");
        assert_eq!(likely(&all, "other"), "test-accuracy");
        assert_eq!(likely(&facts(&["params", "accuracy"]), ""), "accuracy");
        assert_eq!(likely(&facts(&["x"]), ""), "x");
        assert_eq!(likely(&facts(&[]), ""), "");
    }

    #[test]
    fn the_table_of_a_search_by_accuracy_is_found() {
        let mut search = SearchOptions::default();
        assert_eq!(of_job(&Task::Search(Box::new(search.clone()))), None);
        (search.table, search.metric) = (Some("t.csv".into()), Some("acc".to_owned()));
        let found = of_job(&Task::Search(Box::new(search)));
        assert_eq!(found, Some(("t.csv".into(), "acc".to_owned())));
    }

    // An answer for a table that was replaced must not be taken for the new one's.
    #[test]
    fn a_late_answer_is_not_taken() {
        let window = egui::Context::default();
        let mut benchmarks = BenchmarkTables::default();
        let mut work = TaskRunner::new(window);
        benchmarks.attach(&mut work, 1, Path::new("/no/such/table.csv"), String::new());
        let first = benchmarks.of(1).unwrap().cancel.clone();
        benchmarks.attach(&mut work, 1, Path::new("/no/other.csv"), String::new());
        assert!(first.is_cancelled());
        assert_eq!(benchmarks.path, "/no/other.csv");
        assert_eq!(benchmarks.of(1).unwrap().generation, 2);
        benchmarks.stop(1);
        assert!(matches!(benchmarks.of(1).unwrap().facts, LoadStage::Failed(_)));
        benchmarks.detach(1);
        assert!(benchmarks.of(1).is_none() && benchmarks.attached.contains_key(&1));
    }
}
