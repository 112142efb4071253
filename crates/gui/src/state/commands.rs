//! Carries out commands.

use super::AppState;
use crate::availability::is_possible;
use crate::command::Command;
use crate::compare::{COMPARED, ComparedNetwork, extremes};
use crate::overlay::dialogs::{ExportedRows, FilePurpose};
use crate::overlay::{HelpPage, PaletteState, Severity};
use crate::results::Results;
use crate::results::report::ReportRequest;
use crate::results::result_set::{ResultSet, TableView};
use crate::runner::{extending_job, resuming_job};
use crate::view::View;

impl AppState {
    /// Carries out a command, if it is available.
    pub fn run_command(&mut self, command: Command, window: &egui::Context) {
        if !is_possible(command, &self.models()) {
            return;
        }
        match command {
            Command::Open => self.choose_file(FilePurpose::Open),
            Command::NewSpace => self.choose_space_start(),
            Command::EditSpace => self.edit_open_space(),
            Command::SaveSpace => self.save_space_now(false),
            Command::SaveSpaceAs => self.save_space_now(true),
            Command::SaveJob if self.view == View::Editor => self.save_space_now(false),
            Command::ChooseStudies => self.choose_file(FilePurpose::Studies),
            Command::Go(View::Network) => self.show_network(),
            Command::Go(view) => self.go(view),
            Command::SaveJob => self.choose_file(FilePurpose::SaveJob),
            Command::Export => self.choose_file(FilePurpose::Export(ExportedRows::All)),
            Command::ExportShown => self.choose_file(FilePurpose::Export(ExportedRows::Shown)),
            Command::ExportMarked => self.choose_file(FilePurpose::Export(ExportedRows::Marked)),
            Command::ExportSelected => {
                self.choose_file(FilePurpose::Export(ExportedRows::Selected));
            }
            Command::ExportNetworks => self.ask_export(),
            Command::SavePicture => self.overlay.captures.want_main(window),
            Command::CopyCommandLine => self.copy_command_line(window),
            Command::CopyArchitecture => self.copy_architecture(window),
            Command::Quit => window.send_viewport_cmd(egui::ViewportCommand::Close),
            Command::SwitchTheme => {
                let dark = window.theme() == egui::Theme::Dark;
                window.set_theme(if dark { egui::Theme::Light } else { egui::Theme::Dark });
            }
            Command::ZoomIn => egui::gui_zoom::zoom_in(window),
            Command::ZoomOut => egui::gui_zoom::zoom_out(window),
            Command::ZoomReset => window.set_zoom_factor(1.0),
            Command::ToggleInspector => self.preferences.inspector ^= true,
            Command::Palette => self.overlay.palette = Some(PaletteState::default()),
            Command::Shortcuts => self.overlay.help = Some(HelpPage::Shortcuts),
            Command::Glossary => self.overlay.help = Some(HelpPage::Glossary),
            Command::Scores => self.overlay.help = Some(HelpPage::Scores),
            Command::About => self.overlay.help = Some(HelpPage::About),
            Command::Licences => self.overlay.help = Some(HelpPage::Licences),
            Command::Start => self.start_set_up(false),
            Command::Stop => self.runner.stop(),
            Command::Pause => {
                if let Some(live) = self.runner.live_mut() {
                    live.pause(!live.is_paused());
                }
            }
            Command::Enqueue => self.start_set_up(true),
            Command::Resume => {
                if let Some(job) = self.results.shown().and_then(resuming_job) {
                    self.start_stored(job, false);
                }
            }
            Command::Extend => {
                let extends_by = self.runner.extends_by;
                let set = self.results.shown();
                if let Some(job) = set.and_then(|set| extending_job(set, extends_by)) {
                    self.start_stored(job, false);
                }
            }
            Command::Measure => self.measure(),
            Command::SelectFront => {
                if let (Some(cloud), Some(set)) =
                    (self.results.scatter.cloud().cloned(), self.results.shown_mut())
                {
                    set.select(cloud.front_rows.iter().copied(), false);
                }
            }
            Command::RandomArchitecture => self.setup.draw_sample(&mut self.tasks),
            Command::Compare => {
                self.add_compared(self.results.shown().and_then(|set| set.now.row));
            }
            Command::CompareExtremes => self.compare_extremes(),
            Command::ComputeKernels => {
                let entries = self.compare.entries.iter();
                let asked =
                    entries.map(|entry| (entry.key.clone(), entry.origin.job.clone())).collect();
                self.inspect.compute(&mut self.tasks, asked);
            }
            Command::Detail => self.inspect.is_window_open ^= true,
            Command::Undo if self.view == View::Compare => self.compare.undo(),
            Command::Redo if self.view == View::Compare => self.compare.redo(),
            Command::Undo if self.view == View::Editor => self.editor.step(false),
            Command::Redo if self.view == View::Editor => self.editor.step(true),
            Command::Undo => self.results.shown_mut().into_iter().for_each(ResultSet::undo),
            Command::Redo => self.results.shown_mut().into_iter().for_each(ResultSet::redo),
            Command::ClearFilter => {
                if let Some(set) = self.results.shown_mut() {
                    set.change(|now| {
                        let (sort, selected) = (now.sort.clone(), now.selected.clone());
                        *now = TableView { sort, selected, row: now.row, ..TableView::default() };
                    });
                }
            }
        }
    }

    fn copy_command_line(&mut self, window: &egui::Context) {
        if let Some(write) = self.command_line {
            window.copy_text(write(&self.setup.runnable_job()));
            self.overlay.notify(Severity::Info, "copied the command line");
        }
    }

    fn copy_architecture(&mut self, window: &egui::Context) {
        if let Some(text) = self.results.chosen() {
            window.copy_text(text.to_owned());
            let told = format!("copied {text}");
            self.overlay.notify(Severity::Info, told);
        }
    }

    /// Asks where to write a report of the study with that id, or of the results that are shown.
    pub(super) fn ask_for_report(&mut self, study: Option<&str>) {
        self.reported = match (study, self.setup.store()) {
            (Some(id), Some(store)) => Some(ReportRequest::of_study(store, id)),
            (Some(_), None) => None,
            (None, _) => self
                .results
                .shown()
                .and_then(|set| ReportRequest::of_results(set, self.benchmark.of(set.id))),
        };
        if self.reported.is_some() {
            self.choose_file(FilePurpose::Report);
        }
    }

    /// Measures what is selected, otherwise the chosen row.
    fn measure(&mut self) {
        let Results { measurements, .. } = &mut self.results;
        let mut measurements = std::mem::take(measurements);
        if let Some(set) = self.results.shown() {
            let selected = set.now.selected.rows();
            let chosen: Vec<u32> = set.now.row.into_iter().collect();
            let rows = if selected.is_empty() { &chosen } else { selected };
            measurements.start(&mut self.tasks, set, rows);
        }
        self.results.measurements = measurements;
    }

    /// Shows a view.
    pub(super) fn go(&mut self, view: View) {
        self.view = view;
        if view == View::Studies {
            self.list_studies();
        }
    }

    /// Opens a dialog for a file.
    pub(super) fn choose_file(&mut self, purpose: FilePurpose) {
        self.overlay.choose_file(&mut self.tasks, purpose, self.setup.images_are_a_file());
    }

    /// Adds a row of the results that are shown to the comparison, and tells so.
    pub(super) fn add_compared(&mut self, row: Option<u32>) {
        let (Some(set), Some(row)) = (self.results.shown(), row) else { return };
        let text = if self.compare.add(set, row) {
            format!("added to the comparison: {} of {COMPARED}", self.compare.entries.len())
        } else {
            "this architecture is in the comparison already".to_owned()
        };
        self.overlay.notify(Severity::Info, text);
    }

    /// Compares the architectures of the highest and the lowest finite score of the rows that are shown.
    fn compare_extremes(&mut self) {
        let Some(set) = self.results.shown() else { return };
        match extremes(&set.table, &set.rows) {
            Some(rows) => {
                let extremes = rows.map(|row| ComparedNetwork::new(set, row)).to_vec();
                if !self.compare.entries.is_empty() {
                    let text = "replaced the comparison; Undo brings it back";
                    self.overlay.notify(Severity::Info, text);
                }
                self.compare.replace(extremes);
                self.view = View::Compare;
            }
            None => self.overlay.notify(
                Severity::Error,
                "the filtered rows do not have two different scores: relax the filter",
            ),
        }
    }
}
