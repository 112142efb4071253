//! Latency and memory of chosen networks, measured on request.

use std::sync::Arc;

use crate::results::result_set::ResultSet;
use crate::results::sheet::{MEASURED, Measured};
use crate::tasks::message::Message;
use crate::tasks::{MessageSender, TaskRunner};
use untrained::backend::Cancel;
use untrained::graph::extent::peak_activation_bytes;
use untrained::job::{JobConfig, Session, chain};
use untrained::search::LatencyError;
use untrained::space::Space;

/// Measurements that are under way.
#[derive(Default)]
pub struct Measurements {
    running: Option<(Arc<Cancel>, usize, usize)>,
}

impl Measurements {
    /// How many are done and how many there are, while some are under way.
    pub fn progress(&self) -> Option<(usize, usize)> {
        self.running.as_ref().map(|(_, done, all)| (*done, *all))
    }

    /// Begins to measure rows of results, each architecture once.
    pub fn start(&mut self, tasks: &mut TaskRunner, set: &ResultSet, rows: &[u32]) {
        let (Some(job), Some(space)) = (set.job.clone(), set.space.clone()) else { return };
        if self.running.is_some() {
            return;
        }
        let mut names: Vec<String> =
            rows.iter().map(|&row| set.table.architecture(row).to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        let cancel = Arc::new(Cancel::new());
        self.running = Some((cancel.clone(), 0, names.len()));
        let results = set.id;
        tasks.start("latency", move |sender| {
            let end = measure(sender, results, (&job, &space), &names, &cancel);
            sender.send(Message::MeasuringEnded(end));
        });
    }

    /// Counts one that is done.
    pub fn on_measured(&mut self) {
        if let Some((_, done, _)) = &mut self.running {
            *done += 1;
        }
    }

    /// All are done, or stopped.
    pub fn on_ended(&mut self) {
        self.running = None;
    }

    /// Requests that the rest be left out.
    pub fn stop(&self) {
        if let Some((cancel, ..)) = &self.running {
            cancel.cancel();
        }
    }
}

fn measure(
    sender: &MessageSender,
    results: u64,
    (job, space): (&JobConfig, &Space),
    names: &[String],
    cancel: &Cancel,
) -> Result<(), String> {
    let session = Session::open(job, cancel, &mut |_| {}).map_err(|error| chain(&error))?;
    let mut meter = session.latency_meter(space, cancel).map_err(|error| chain(&error))?;
    for name in names {
        let architecture = space.parse(name).map_err(|error| error.to_string())?;
        let graph = architecture.build().map_err(|error| chain(&error))?;
        let latency_ms = match meter(&architecture, &graph) {
            Ok(latency) => latency,
            Err(LatencyError::Cancelled) => return Ok(()),
            Err(LatencyError::Failed(why)) => return Err(format!("{name}: {why}")),
        };
        let activation_bytes = peak_activation_bytes(&graph) as f64;
        let architecture = name.clone();
        let measured = Measured { architecture, latency_ms, activation_bytes };
        if !sender.send(Message::Measured(results, measured)) {
            break;
        }
    }
    Ok(())
}

impl ResultSet {
    /// Takes what was measured of an architecture; it waits while a thread holds the table.
    pub fn on_measured(&mut self, measured: Measured) {
        self.measured.push(measured);
        self.add_measured();
    }

    /// Writes what waits into the table.
    pub(super) fn add_measured(&mut self) {
        if self.measured.is_empty() {
            return;
        }
        let Some(table) = Arc::get_mut(&mut self.table) else { return };
        for one in self.measured.drain(..) {
            let values = [one.latency_ms, one.activation_bytes];
            for (column, value) in MEASURED.iter().zip(values) {
                table.set_number(column.name, &one.architecture, value);
            }
        }
        // A filter, an order or an axis may be by it.
        self.asked = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sheet::samples::table;

    #[test]
    fn what_is_measured_is_a_column_of_all_rows_of_the_architecture() {
        let mut set =
            ResultSet::new(String::new(), table(&[("a", 1.0, 1), ("b", 2.0, 1), ("a", 1.0, 1)]));
        let mut tasks = TaskRunner::new(egui::Context::default());
        set.refresh(&mut tasks);
        let held = set.table.clone();
        let architecture = "a".to_owned();
        set.on_measured(Measured { architecture, latency_ms: 2.5, activation_bytes: 4096.0 });
        assert!(set.table.column("latency").is_none());
        drop(held);
        set.change(|now| now.filter = "latency < 3 and activations = 4K..5K".to_owned());
        set.refresh(&mut tasks);
        assert_eq!((set.rows.len(), set.table.value("latency", 2)), (2, 2.5));
        assert!(set.table.value("latency", 1).is_nan());
        assert_eq!(set.table.range("activations"), Some([4096.0, 4096.0]));
    }
}
