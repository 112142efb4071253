//! Exports and shows networks: of rows, of the model that is set up, of the architecture that the space
//! shows.

use std::path::{Path, PathBuf};

use super::AppState;
use crate::availability::{Exportable, can_export, exportable, what_is_shown};
use crate::export::{ExportForm, ExportState, NetworkExport};
use crate::overlay::Severity;
use crate::overlay::path_field::PathTarget;
use crate::results::result_set::ResultSet;
use crate::view::View;
use untrained::format::thousands;
use untrained::job::{ExportedFile, ExportedNetworks, NetworkToExport, Task};

/// The networks that are exported, one export at a time.
#[derive(Default)]
pub struct Exports {
    current: Option<NetworkExport>,
    is_hidden: bool,
    /// Where files were written last.
    folder: Option<PathBuf>,
}

impl Exports {
    /// What the dialog shows, while it is open.
    pub fn shown(&self) -> Option<&NetworkExport> {
        self.current.as_ref().filter(|_| !self.is_hidden)
    }
}

/// Rows of results with a title.
fn of_rows(set: &ResultSet, rows: &[u32]) -> Option<(String, ExportedNetworks)> {
    let job = set.job.clone().filter(|_| can_export(set))?;
    let first = set.table.architecture(*rows.first()?).to_owned();
    if matches!(job.task, Task::Onnx(_)) {
        return Some((first, ExportedNetworks::of_model(job)));
    }
    let network = |&row: &u32| NetworkToExport {
        architecture: set.table.architecture(row).to_owned(),
        scores: set.table.scores(row),
    };
    let title = match rows.len() {
        1 => first,
        count => format!("{} rows of {}", thousands(count as u64), set.title),
    };
    let networks = rows.iter().map(network).collect();
    Some((title, ExportedNetworks::of_space(job, set.space.clone()?, networks)))
}

impl AppState {
    /// Asks how what this view is about is exported.
    pub(super) fn ask_export(&mut self) {
        let what = exportable(&self.models());
        if let Some((title, networks)) = what.and_then(|what| self.networks(what)) {
            self.ask_export_of(title, networks);
        }
    }

    /// The networks of what a view is about, with a title.
    pub(super) fn networks(&self, what: Exportable) -> Option<(String, ExportedNetworks)> {
        let setup = &self.setup;
        match what {
            Exportable::Network => {
                let shown = self.network.shown()?;
                Some((shown.title.clone(), ExportedNetworks::clone(&shown.networks)))
            }
            Exportable::Rows => {
                let set = self.results.shown()?;
                let selected = set.now.selected.rows();
                let chosen: Vec<u32> = set.chosen_row().into_iter().collect();
                of_rows(set, if selected.is_empty() { &chosen } else { selected })
            }
            Exportable::Model => {
                let job = setup.runnable_job();
                let Task::Onnx(model) = &job.task else { return None };
                let title = model.path.to_string_lossy().into_owned();
                Some((title, ExportedNetworks::of_model(job)))
            }
            Exportable::Sample => {
                let (space, architecture) = (setup.space.clone()?, setup.sample.text.clone());
                let one =
                    NetworkToExport { architecture: architecture.clone(), scores: Vec::new() };
                let job = setup.runnable_job();
                Some((architecture, ExportedNetworks::of_space(job, space, vec![one])))
            }
        }
    }

    /// Shows the network of what this view is about; otherwise that of the chosen row, of the model that is
    /// set up or of the space, unless one is shown already.
    pub(super) fn show_network(&mut self) {
        let models = self.models();
        let chosen =
            self.results.shown().filter(|set| can_export(set)).and_then(ResultSet::chosen_row);
        let here = match what_is_shown(&models) {
            _ if self.view == View::Network => None,
            Some(Exportable::Rows) | None => None,
            other => other,
        };
        let is_shown = self.network.shown().is_some();
        self.go(View::Network);
        match (here, chosen) {
            (Some(what), _) => self.show_networks(what),
            (None, Some(row)) => self.show_network_of_row(row),
            (None, None) if is_shown => {}
            (None, None) if matches!(self.setup.job.task, Task::Onnx(_)) => {
                self.show_networks(Exportable::Model);
            }
            (None, None) if !self.setup.sample.text.is_empty() => {
                self.show_networks(Exportable::Sample);
            }
            (None, None) => {}
        }
    }

    fn show_networks(&mut self, what: Exportable) {
        if let Some(networks) = self.networks(what) {
            self.network.show(&mut self.tasks, networks, None);
        }
    }

    /// Shows the network of a row of the results that are shown.
    pub(super) fn show_network_of_row(&mut self, row: u32) {
        let Some(set) = self.results.shown() else { return };
        let key = set.key(set.table.architecture(row));
        if let Some(networks) = of_rows(set, &[row]) {
            self.go(View::Network);
            self.network.show(&mut self.tasks, networks, Some(key));
        }
    }

    /// Asks how rows of the results that are shown are exported.
    pub(super) fn ask_export_of_rows(&mut self, rows: &[u32]) {
        if let Some((title, networks)) = self.results.shown().and_then(|set| of_rows(set, rows)) {
            self.ask_export_of(title, networks);
        }
    }

    fn ask_export_of(&mut self, title: String, networks: ExportedNetworks) {
        self.export.is_hidden = false;
        // What is under way is shown; the next one waits until it is over.
        if self.export.current.as_ref().is_some_and(NetworkExport::is_running) {
            return;
        }
        let folder = self.export.folder.as_deref();
        self.export.current = Some(NetworkExport::new(title, networks, folder));
    }

    pub(super) fn edit_export(&mut self, form: ExportForm) {
        if let Some(export) = &mut self.export.current {
            export.edit(form);
        }
    }

    pub(super) fn browse_export(&mut self) {
        if let Some(export) = &self.export.current {
            self.overlay.ask(&mut self.tasks, export.question(), PathTarget::Export);
        }
    }

    pub(super) fn on_export_path_chosen(&mut self, path: &Path) {
        if let Some(export) = &mut self.export.current {
            export.on_path_chosen(path);
        }
    }

    pub(super) fn start_export(&mut self) {
        if let Some(export) = &mut self.export.current {
            self.export.folder = export.folder();
            export.start(&mut self.tasks);
        }
    }

    pub(super) fn stop_export(&self) {
        if let Some(export) = &self.export.current {
            export.stop();
        }
    }

    /// Closes the dialog; what is under way goes on.
    pub(super) fn close_export(&mut self) {
        self.export.is_hidden = true;
        self.export.current.take_if(|export| !export.is_running());
    }

    pub(super) fn on_network_exported(&mut self, file: ExportedFile) {
        if let Some(export) = &mut self.export.current {
            export.written.push(file);
        }
    }

    /// The export is over; where its dialog is closed, a notice says so.
    pub(super) fn on_export_ended(&mut self, end: Result<(), String>) {
        let Some(export) = &mut self.export.current else { return };
        export.on_ended(end);
        if !self.export.is_hidden {
            return;
        }
        let (files, path) = (export.written.len() as u64, export.path());
        let (severity, text) = match &export.state {
            ExportState::Failed(why) => (Severity::Error, format!("export failed: {why}")),
            _ => {
                let files = thousands(files);
                (Severity::Info, format!("exported {files} files to {}", path.display()))
            }
        };
        self.overlay.notify(severity, text);
        self.export.current = None;
    }
}
