//! What NAS-Bench-201 and NATS-Bench record for an architecture: training runs by dataset and seed, as
//! dictionaries of `ResultsCount.state_dict` (AutoDL-Projects, `xautodl/../meta_util`).
//!
//! Metrics are named `DATASET.WHAT.EPOCHS`, for example `cifar10-valid.x-valid.200`, and are means over
//! seeds:
//!
//! | WHAT | of a run |
//! |---|---|
//! | `x-valid`, `x-test`, `ori-test` | accuracy in percent after the last epoch, as named by the key |
//! | `train` | training accuracy in percent after the last epoch |
//! | `train-time` | seconds of training, the sum over the epochs |
//! | `latency` | seconds for one batch, if it was measured |
//! | `params`, `flops` | millions |

use super::metrics::mean;
use crate::data::pickle::{PickleValue, number};

/// An architecture with the metrics of its runs.
#[derive(Debug, Default)]
pub(super) struct MeasuredArchitecture {
    pub architecture: String,
    pub index: Option<u64>,
    /// Names and values.
    pub values: Vec<(String, f64)>,
    pub datasets: Vec<String>,
}

/// The longest architecture.
const MAX_ARCHITECTURE_BYTES: usize = 1000;

impl MeasuredArchitecture {
    /// Reads a dictionary of `{arch_str, arch_index, all_results: {(dataset, seed): run}}` for each
    /// way of training; says what is wrong with it.
    pub fn of(ways: &PickleValue) -> Result<Self, String> {
        let ways = ways.entries().ok_or("is not a dictionary by training setup")?;
        let mut measured = Self::default();
        for (name, way) in ways {
            let name = name.text().unwrap_or("?").to_owned();
            measured.add(way).map_err(|problem| format!("`{name}` {problem}"))?;
        }
        if measured.architecture.is_empty() {
            return Err("names no architecture".to_owned());
        }
        Ok(measured)
    }

    fn add(&mut self, way: &PickleValue) -> Result<(), String> {
        let name =
            way.get("arch_str").and_then(PickleValue::text).ok_or("has no text `arch_str`")?;
        if name.len() > MAX_ARCHITECTURE_BYTES {
            return Err("has an `arch_str` that is too long for an architecture".to_owned());
        }
        if !self.architecture.is_empty() && self.architecture != name {
            return Err(format!("is of {name}, but its other entry is of {}", self.architecture));
        }
        name.clone_into(&mut self.architecture);
        let index = way.get("arch_index").and_then(PickleValue::int);
        self.index = index.and_then(|index| u64::try_from(index).ok());
        let results = way.get("all_results").and_then(PickleValue::entries);
        let results = results.ok_or("has no dictionary `all_results`")?;
        for (dataset, epochs, runs) in grouped(results)? {
            self.add_runs(dataset, epochs, &runs);
            if !self.datasets.iter().any(|known| known == dataset) {
                self.datasets.push(dataset.to_owned());
            }
        }
        Ok(())
    }

    /// The means of the runs of one data set and number of epochs.
    fn add_runs(&mut self, dataset: &str, epochs: i64, runs: &[&PickleValue]) {
        let mut add = |what: &str, value: &dyn Fn(&PickleValue) -> Option<f64>| {
            let value = mean(runs.iter().filter_map(|run| value(run)));
            if !value.is_nan() {
                self.values.push((format!("{dataset}.{what}.{epochs}"), value));
            }
        };
        for set in evaluated(runs, epochs) {
            let key = format!("{set}@{}", epochs - 1);
            add(set, &|run| number(run.get("eval_acc1es")?.get(&key)?));
        }
        add("train", &|run| {
            let accuracies = run.get("train_acc1es")?.entries()?;
            let last = accuracies.iter().find(|(epoch, _)| epoch.int() == Some(epochs - 1))?;
            number(&last.1)
        });
        add("train-time", &|run| {
            let times = run.get("train_times")?.entries()?;
            times.iter().map(|(_, time)| number(time)).sum()
        });
        add("latency", &|run| {
            let latencies = run.get("latency")?.sequence()?.iter().filter_map(number);
            Some(mean(latencies.filter(|&seconds| seconds > 0.0)))
        });
        add("params", &|run| number(run.get("params")?));
        add("flops", &|run| number(run.get("flop")?));
    }
}

/// Runs that are averaged: those of one data set and number of epochs.
type TrialGroup<'v> = (&'v str, i64, Vec<&'v PickleValue>);

fn grouped(results: &[(PickleValue, PickleValue)]) -> Result<Vec<TrialGroup<'_>>, String> {
    let mut groups: Vec<TrialGroup<'_>> = Vec::new();
    for (key, run) in results {
        let dataset = key.sequence().and_then(|key| key.first()?.text());
        let dataset = dataset.ok_or("has results under keys other than (dataset, seed)")?;
        let epochs = run.get("epochs").and_then(PickleValue::int).filter(|&epochs| epochs > 0);
        let epochs = epochs.ok_or("has a result without a number of `epochs`")?;
        match groups.iter_mut().find(|group| (group.0, group.1) == (dataset, epochs)) {
            Some(group) => group.2.push(run),
            None => groups.push((dataset, epochs, vec![run])),
        }
    }
    Ok(groups)
}

/// The sets of images on which a run was evaluated after its last epoch.
fn evaluated<'v>(runs: &[&'v PickleValue], epochs: i64) -> Vec<&'v str> {
    let end = format!("@{}", epochs - 1);
    let mut sets: Vec<&str> = Vec::new();
    for run in runs {
        let accuracies = run.get("eval_acc1es").and_then(PickleValue::entries).unwrap_or_default();
        for set in accuracies.iter().filter_map(|(key, _)| key.text()?.strip_suffix(&end)) {
            if !sets.contains(&set) {
                sets.push(set);
            }
        }
    }
    sets
}
