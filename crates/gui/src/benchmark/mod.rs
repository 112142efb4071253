//! Benchmark tables attached to results, and the comparison of scores with their accuracies.

pub mod outcome;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::outcome::{BenchmarkOutcome, ComparisonRequest, LoadStage, ProgressTicket, evaluate};
use crate::results::result_set::ResultSet;
use crate::tasks::message::Message;
use crate::tasks::{MessageSender, TaskRunner};
use untrained::benchmark::{self, BenchmarkFacts};
use untrained::evaluation::EvaluationError;
use untrained::job::{SearchOptions, Task, chain};
use untrained::score;
use untrained::statistics::ReportOptions;

/// A table that is attached to results.
pub struct AttachedTable {
    /// The file or folder.
    pub path: PathBuf,
    /// What is in it.
    pub facts: LoadStage<BenchmarkFacts>,
    /// The metric that is the accuracy.
    pub metric: String,
    /// The score; if empty, the one that ranks the results.
    pub score: String,
    /// How many results there were when the comparison began.
    pub results: usize,
    /// The comparison, once it was begun.
    pub outcome: Option<LoadStage<BenchmarkOutcome>>,
    /// Whether intervals are still computed.
    pub refines: bool,
    ticket: ProgressTicket,
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
            ticket: ProgressTicket::default(),
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
        self.ticket.share()
    }

    /// Whether the axis of scores is logarithmic by default.
    pub fn is_logarithmic(&self) -> bool {
        match &self.outcome {
            Some(LoadStage::Ready(outcome)) => score::has_log_axis(&outcome.score),
            _ => false,
        }
    }

    /// A fresh request to stop and a fresh count of progress.
    fn renew_ticket(&mut self) -> ProgressTicket {
        self.ticket.cancel.cancel();
        self.ticket = ProgressTicket::default();
        self.ticket.clone()
    }
}

/// The tables of all results.
#[derive(Default)]
pub struct BenchmarkTables {
    /// The text in the field for the table's path.
    pub path: String,
    /// Whether the axis of scores is logarithmic, if the user chose.
    pub logarithmic: Option<bool>,
    /// By results; `None` if the table was detached.
    attached: HashMap<u64, Option<AttachedTable>>,
    generation: u64,
}

impl BenchmarkTables {
    /// The table of results.
    pub fn of(&self, results: u64) -> Option<&AttachedTable> {
        self.attached.get(&results)?.as_ref()
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, results: u64) -> Option<&mut AttachedTable> {
        self.attached.get_mut(&results)?.as_mut()
    }

    /// Takes the table off results.
    pub fn detach(&mut self, results: u64) {
        self.stop(results);
        self.attached.insert(results, None);
    }

    /// Stops the work for some results; existing output is kept.
    pub fn stop(&mut self, results: u64) {
        let Some(attached) = self.of_mut(results) else { return };
        attached.ticket.cancel.cancel();
        attached.refines = false;
        let stopped = "stopped; reload the table to continue".to_owned();
        if matches!(attached.facts, LoadStage::Working) {
            attached.facts = LoadStage::Failed(stopped);
        } else if matches!(attached.outcome, Some(LoadStage::Working)) {
            attached.outcome = None;
        }
    }

    fn attach_with_metric(
        &mut self,
        tasks: &mut TaskRunner,
        results: u64,
        path: &Path,
        metric: String,
    ) {
        self.stop(results);
        self.generation += 1;
        let generation = self.generation;
        let mut attached = AttachedTable::new(path.to_owned(), metric, generation);
        let ticket = attached.renew_ticket();
        self.attached.insert(results, Some(attached));
        path.to_string_lossy().as_ref().clone_into(&mut self.path);
        let path = path.to_owned();
        tasks.start("benchmark", move |sender| {
            let read = benchmark::open(&path);
            let facts = read.and_then(|table| table.facts(&|share| ticket.report(share)));
            let facts = facts.map_err(|error| chain(&error));
            sender.send(Message::BenchmarkRead { results, generation, facts });
        });
    }
}

/// The metric that is most likely meant: the one that was used, else one of accuracies on test images.
fn likely_metric(facts: &BenchmarkFacts, used: &str) -> String {
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

/// First without intervals, which take long, then with them.
fn compare(
    sender: &MessageSender,
    (results, generation): (u64, u64),
    request: &ComparisonRequest,
    ticket: &ProgressTicket,
) {
    let send = |outcome: Result<Box<BenchmarkOutcome>, String>, refines: bool| {
        sender.send(Message::BenchmarkCompared { results, generation, outcome, refines });
    };
    let compared = match request.compare(ticket) {
        Ok(compared) => compared,
        Err(EvaluationError::Cancelled) => return,
        Err(error) => return send(Err(chain(&error)), false),
    };
    for resamples in [0, ReportOptions::default().resamples] {
        match evaluate(&compared, resamples, ticket) {
            Ok(outcome) => send(Ok(Box::new(outcome)), resamples == 0),
            Err(EvaluationError::Cancelled) => return,
            Err(error) => return send(Err(chain(&error)), false),
        }
    }
}

impl BenchmarkTables {
    /// Attaches a table to results; the metric that was used before is kept, if the table has it.
    pub fn attach(&mut self, tasks: &mut TaskRunner, results: u64, path: &Path) {
        let metric = self.of(results).map(|attached| attached.metric.clone()).unwrap_or_default();
        self.attach_with_metric(tasks, results, path, metric);
    }

    /// Attaches the table that the search was set up with, unless one was attached before.
    pub fn attach_table_of_job(&mut self, tasks: &mut TaskRunner, set: &ResultSet) {
        if self.attached.contains_key(&set.id) {
            return;
        }
        let table = set.job.as_ref().and_then(|job| of_job(&job.task));
        if let Some((path, metric)) = table {
            self.attach_with_metric(tasks, set.id, &path, metric);
        }
    }

    /// The table of results, if the answer to a request is still wanted.
    fn requested(&mut self, results: u64, generation: u64) -> Option<&mut AttachedTable> {
        let attached = self.of_mut(results)?;
        let is_wanted = attached.generation == generation && !attached.ticket.cancel.is_cancelled();
        is_wanted.then_some(attached)
    }

    /// Takes the contents of a table. Returns whether scores can now be compared with it.
    pub fn on_read(
        &mut self,
        results: u64,
        generation: u64,
        facts: Result<BenchmarkFacts, String>,
    ) -> bool {
        let Some(attached) = self.requested(results, generation) else { return false };
        match facts {
            Ok(facts) => {
                attached.metric = likely_metric(&facts, &attached.metric);
                attached.facts = LoadStage::Ready(Arc::new(facts));
                true
            }
            Err(why) => {
                attached.facts = LoadStage::Failed(why);
                false
            }
        }
    }

    /// Compares the scores of results with their table.
    pub fn compare(&mut self, tasks: &mut TaskRunner, set: &ResultSet) {
        self.generation += 1;
        let (id, generation) = (set.id, self.generation);
        let Some(attached) = self.of_mut(id) else { return };
        let Some((store, study)) = set.study_location() else {
            let why = "these results are not stored: choose a study database in Set up and run the \
                       search again";
            attached.outcome = Some(LoadStage::Failed(why.to_owned()));
            return;
        };
        let score = Some(attached.score.clone()).filter(|score| !score.is_empty());
        let (table, metric) = (attached.path.clone(), attached.metric.clone());
        let request = ComparisonRequest { store, study, score, table, metric };
        let ticket = attached.renew_ticket();
        (attached.generation, attached.results) = (generation, set.table.len());
        (attached.outcome, attached.refines) = (Some(LoadStage::Working), false);
        tasks.start("benchmark", move |sender| {
            compare(sender, (id, generation), &request, &ticket);
        });
    }

    /// Takes a comparison, or why it failed; `refines` while intervals are still being computed.
    pub fn on_compared(
        &mut self,
        results: u64,
        generation: u64,
        outcome: Result<Box<BenchmarkOutcome>, String>,
        refines: bool,
    ) {
        let Some(attached) = self.requested(results, generation) else { return };
        attached.refines = refines;
        attached.outcome = Some(match outcome {
            Ok(outcome) => LoadStage::Ready(Arc::from(outcome)),
            Err(why) => LoadStage::Failed(why),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::benchmark::MetricFacts;

    fn facts(names: &[&str]) -> BenchmarkFacts {
        let metric = |name: &&str| MetricFacts {
            name: (*name).to_owned(),
            count: 1,
            missing: 0,
            min: None,
            max: None,
        };
        BenchmarkFacts {
            format: "CSV",
            spaces: Vec::new(),
            rows: 1,
            datasets: Vec::new(),
            metrics: names.iter().map(metric).collect(),
            left_out: Vec::new(),
        }
    }

    #[test]
    fn the_likely_metric_is_the_one_used_else_one_of_test_accuracy() {
        let all = facts(&["params", "valid-acc", "test_loss", "test-accuracy"]);
        assert_eq!(likely_metric(&all, "valid-acc"), "valid-acc");
        assert_eq!(likely_metric(&all, "other"), "test-accuracy");
        assert_eq!(likely_metric(&facts(&["params", "accuracy"]), ""), "accuracy");
        assert_eq!(likely_metric(&facts(&["x"]), ""), "x");
        assert_eq!(likely_metric(&facts(&[]), ""), "");
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
        benchmarks.attach(&mut work, 1, Path::new("/no/such/table.csv"));
        let first = benchmarks.of(1).unwrap().ticket.cancel.clone();
        benchmarks.attach(&mut work, 1, Path::new("/no/other.csv"));
        assert!(first.is_cancelled());
        assert_eq!(benchmarks.path, "/no/other.csv");
        assert_eq!(benchmarks.of(1).unwrap().generation, 2);
        benchmarks.stop(1);
        assert!(matches!(benchmarks.of(1).unwrap().facts, LoadStage::Failed(_)));
        benchmarks.detach(1);
        assert!(benchmarks.of(1).is_none() && benchmarks.attached.contains_key(&1));
    }
}
