//! Applies the messages of tasks to the models.

use std::time::Instant;

use super::AppState;
use crate::overlay::Severity;
use crate::results::sheet::MEASURED;
use crate::tasks::message::Message;
use crate::view::View;

impl AppState {
    /// Handles messages that came since the last frame.
    pub fn handle_messages(&mut self) {
        let begun = Instant::now();
        while let Some(message) = self.tasks.next_message(begun) {
            self.on_message(message);
        }
    }

    fn on_message(&mut self, message: Message) {
        match message {
            Message::BuiltinSpace(card) => self.setup.space_cards.push(*card),
            Message::Devices(devices) => self.setup.devices = devices,
            Message::FileOpened(name, opened) => self.on_file_opened(&name, *opened),
            Message::PathChosen(target, path) => self.on_path_chosen(target, &path),
            Message::NoDialogs(question, target) => {
                self.overlay.on_no_dialogs(&mut self.tasks, question, target);
            }
            Message::PathCompleted(text, names) => self.overlay.on_path_completed(&text, names),
            Message::SpaceFileChanged(path) => self.setup.reload(&mut self.tasks, &path),
            Message::SpaceReloaded(space) => self.on_space_reloaded(space),
            Message::SpacePreviewed { number, looked_at, preview } => {
                self.editor.on_previewed(number, looked_at, preview);
            }
            Message::SpaceSaved(saved) => self.on_space_saved(*saved),
            Message::SampleDrawn(sample) => self.setup.sample = sample,
            Message::CostsCounted(id, costs) => self.setup.on_costs_counted(&id, costs),
            Message::CostEstimated(number, estimate) => {
                self.setup.on_cost_estimated(number, estimate);
            }
            Message::StudiesListed(studies) => self.studies.on_listed(studies),
            Message::CurveRead(id, curve) => self.studies.on_curve_read(&id, curve),
            Message::StudyLoaded(Ok(loaded)) => {
                let set = self.results.on_study_loaded(*loaded);
                self.studies.watch.watch_study(set);
                self.view = View::Results;
            }
            Message::StudyJobRead(Ok(job)) => self.start_stored(*job, true),
            Message::Inspected(key, inspection) => self.inspect.on_inspected(key, inspection),
            Message::KernelComputed(key, kernel) => self.inspect.on_kernel_computed(key, kernel),
            Message::BenchmarkRead { results, generation, facts } => {
                if self.benchmark.on_read(results, generation, facts)
                    && let Some(set) = self.results.by_id(results)
                {
                    self.benchmark.compare(&mut self.tasks, set);
                }
            }
            Message::BenchmarkCompared { results, generation, outcome, refines } => {
                self.benchmark.on_compared(results, generation, outcome, refines);
            }
            Message::NetworkBuilt(id, graph) => self.network.on_built(&mut self.tasks, id, graph),
            Message::NetworkLaidOut(id, generation, layout) => {
                self.network.on_laid_out(id, generation, layout);
            }
            Message::NodesTimed(id, times) => self.network.on_timed(id, times),
            Message::NetworkExported(file) => self.on_network_exported(file),
            Message::ExportEnded(end) => self.on_export_ended(end),
            Message::Done(text) => self.overlay.notify(Severity::Info, text),
            Message::Failed(why)
            | Message::StudyLoaded(Err(why))
            | Message::StudyJobRead(Err(why)) => self.overlay.notify(Severity::Error, why),
            Message::TaskEnded { name, panic } => self.on_task_ended(name, panic),
            Message::RunStarted(_)
            | Message::RunScored(..)
            | Message::RunWarning(_)
            | Message::RunPrepared { .. }
            | Message::RunEnded(_) => self.on_run_message(message),
            Message::RowsArrived(..)
            | Message::RowsOrdered { .. }
            | Message::DecisionsRead { .. }
            | Message::CloudMade(..)
            | Message::Measured(..)
            | Message::MeasuringEnded(_)
            | Message::AreaSearched { .. } => self.on_results_message(message),
        }
    }

    fn on_run_message(&mut self, message: Message) {
        if let Message::RunPrepared { results, space, remarks } = message {
            if let Some(set) = self.results.by_id_mut(results) {
                set.space = space.map(|space| *space);
                for (architecture, remark) in remarks {
                    set.add_remark(&architecture, remark);
                }
            }
            return;
        }
        let Some(live) = self.runner.live_mut() else { return };
        match message {
            Message::RunStarted(started) => {
                let device = &started.device;
                live.log_line(format!("running on {} ({})", device.name, device.api));
                if let Some(set) = self.results.running_mut() {
                    set.study.clone_from(&started.study);
                }
                live.on_started(*started);
            }
            Message::RunWarning(text) => live.log_line(text),
            Message::RunScored(record, reused) => {
                let position = live.counts.total();
                live.on_scored(&record, reused);
                if let Some(set) = self.results.running_mut() {
                    set.push(position, record);
                }
            }
            Message::RunEnded(end) => self.on_run_ended(end.map(|summary| *summary)),
            _ => {}
        }
    }

    fn on_results_message(&mut self, message: Message) {
        match message {
            Message::RowsArrived(results, rows) => {
                if let Some(set) = self.results.by_id_mut(results) {
                    for row in rows {
                        set.push(row.position, Box::new(row.record));
                    }
                }
            }
            // The token is dropped here: from now on the task is over.
            Message::RowsOrdered { results, rows, table_rows, token: _ } => {
                if let Some(set) = self.results.by_id_mut(results) {
                    set.on_rows_ordered(rows, table_rows);
                }
            }
            Message::DecisionsRead { results, decisions, token: _ } => {
                if let Some(set) = self.results.by_id_mut(results) {
                    set.on_decisions_read(decisions);
                }
            }
            Message::CloudMade(cloud, _) => self.results.scatter.on_cloud_made(cloud),
            Message::Measured(results, measured) => {
                self.results.measurements.on_measured();
                if let Some(set) = self.results.by_id_mut(results) {
                    set.on_measured(measured);
                }
            }
            Message::MeasuringEnded(end) => {
                self.results.measurements.on_ended();
                match end {
                    Ok(()) => {
                        let text = "measured: latency and activations are columns and axes now";
                        self.overlay.notify(Severity::Info, text);
                        for column in MEASURED.iter().map(|column| column.name.to_owned()) {
                            if !self.preferences.columns.contains(&column) {
                                self.preferences.columns.push(column);
                            }
                        }
                    }
                    Err(why) => self.overlay.notify(Severity::Error, why),
                }
            }
            Message::AreaSearched { results, rows, adds } => {
                if let Some(set) = self.results.by_id_mut(results) {
                    set.select(rows, adds);
                }
            }
            _ => {}
        }
    }

    /// A task ended. A panic is shown; that of a run makes it a failed one.
    fn on_task_ended(&mut self, name: &'static str, panic: Option<String>) {
        self.tasks.open = self.tasks.open.saturating_sub(1);
        let Some(why) = panic else { return };
        let text = format!("internal error in {name}: {why}; results so far are kept");
        match name {
            "run" => self.on_run_ended(Err(text)),
            "space preview" => {
                self.editor.on_preview_failed();
                self.overlay.notify(Severity::Error, text);
            }
            "export" => self.on_export_ended(Err(text)),
            _ => self.overlay.notify(Severity::Error, text),
        }
    }
}
