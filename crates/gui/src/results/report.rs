//! Reports of studies, written on request.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::benchmark::AttachedTable;
use crate::results::result_set::ResultSet;
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;
use untrained::backend::Cancel;
use untrained::job::{JobConfig, chain};
use untrained::output::write_output;
use untrained::report::{DEFAULT_SHOWN, Report, ReportOptions, ReportedRun};
use untrained::store::Store;
use untrained_plot::report_html;

/// A report that waits for the name of its file.
#[derive(Clone, Debug)]
pub struct ReportRequest {
    store: PathBuf,
    study: String,
    options: ReportOptions,
}

impl ReportRequest {
    /// Of a study in a file.
    pub fn of_study(store: &Path, study: &str) -> Self {
        let options = ReportOptions { best: DEFAULT_SHOWN, ..ReportOptions::default() };
        Self { store: store.to_owned(), study: study.to_owned(), options }
    }

    /// Of results, with the latencies that were measured of them and the table that is attached to them. `None`
    /// if no study keeps them.
    pub fn of_results(set: &ResultSet, attached: Option<&AttachedTable>) -> Option<Self> {
        let (store, study) = set.study_location()?;
        let mut request = Self::of_study(&store, &study);
        let rows = 0..set.table.len() as u32;
        let measured =
            rows.map(|row| (set.table.architecture(row), set.table.value("latency", row)));
        let measured = measured.filter(|(_, latency)| latency.is_finite());
        let latencies: BTreeMap<String, f64> =
            measured.map(|(name, latency)| (name.to_owned(), latency)).collect();
        let table = attached.filter(|table| !table.metric.is_empty());
        request.options.latencies = latencies;
        request.options.table = table.map(|table| (table.path.clone(), table.metric.clone()));
        Some(request)
    }

    /// Writes the report in the background; `command_line` writes a job as a command.
    pub fn start(
        self,
        tasks: &mut TaskRunner,
        to: &Path,
        command_line: Option<fn(&JobConfig) -> String>,
    ) {
        let to = to.to_owned();
        tasks.start("report", move |sender| {
            sender.send(match self.write(&to, command_line) {
                Ok(()) => Message::Done(format!("wrote the report to {}", to.display())),
                Err(why) => Message::Failed(why),
            });
        });
    }

    fn write(
        mut self,
        to: &Path,
        command_line: Option<fn(&JobConfig) -> String>,
    ) -> Result<(), String> {
        let run = self.run()?;
        self.options.command = command_line.map(|write| write(&run.job)).unwrap_or_default();
        let report = Report::new(&run, self.options, &Cancel::new());
        let page = report_html(&report.map_err(|error| chain(&error))?);
        // The dialog has already asked whether to overwrite.
        write_output(to, page.as_bytes(), true).map_err(|error| chain(&error))
    }

    fn run(&self) -> Result<ReportedRun, String> {
        let store = Store::read(&self.store).map_err(|error| chain(&error))?;
        let study = store.find(&self.study).map_err(|error| chain(&error))?;
        ReportedRun::of_study(&store, &study).map_err(|error| chain(&error))
    }
}
