//! How news and commands change the state.

use std::path::Path;

use crate::command::{Command, is_possible};
use crate::results::result_set::TableView;
use crate::runner::live::LiveSearch;
use crate::state::{AppState, View};
use crate::tasks::jobs;
use crate::tasks::message::{ExportedRows, FilePurpose, Message};
use untrained::job::StoreLocation;

impl AppState {
    /// Takes what came since the last frame.
    pub fn take_news(&mut self) {
        for news in self.work.news() {
            self.take(news);
        }
    }

    fn take(&mut self, news: Message) {
        match news {
            Message::Change(change) => change(self),
            Message::Card(card) => self.cards.push(*card),
            Message::Space(Ok(space), name) => self.take_space(*space, &name),
            Message::Space(Err(faults), _) => self.take_faults(faults),
            Message::Job(job, space) => self.take_job(*job, space),
            Message::Costs(id, costs) => {
                if self.space.as_ref().is_some_and(|space| space.id() == id) {
                    self.costs.extend(costs);
                }
            }
            Message::Devices(devices) => self.devices = devices,
            Message::Studies(studies) => self.studies = studies,
            Message::Study(Ok(loaded)) => self.take_study(*loaded),
            Message::Chosen(purpose, path) => self.take_path(purpose, &path),
            Message::Done(text) => self.tell(text, false),
            Message::Error(text) | Message::Study(Err(text)) => self.tell(text, true),
            Message::Over { name, panic } => self.take_end(name, panic),
            Message::Started(_) | Message::Scored(_) | Message::Warning(_) | Message::Ended(_) => {
                self.take_run(news);
            }
        }
    }

    fn take_run(&mut self, news: Message) {
        let Some(live) = &mut self.live else { return };
        match news {
            Message::Started(started) => {
                live.note(format!("on {} ({})", started.device.name, started.device.api));
                if let Some(sheet) = &mut self.running {
                    sheet.study.clone_from(&started.study);
                }
                live.started = Some(*started);
            }
            Message::Warning(text) => live.note(text),
            Message::Scored(record) => {
                let position = live.counts.total();
                live.take(&record);
                if let Some(sheet) = &mut self.running {
                    sheet.push(position, record, Default::default());
                }
            }
            Message::Ended(end) => self.take_search_end(end.map(|summary| *summary)),
            _ => {}
        }
    }

    /// A thread is over. One that broke down is told; a run that did is a failed one.
    fn take_end(&mut self, name: &str, panic: Option<String>) {
        self.work.open = self.work.open.saturating_sub(1);
        let Some(why) = panic else { return };
        let text = format!("{name} broke down: {why}; results up to then are kept");
        match name {
            "run" => self.take_search_end(Err(text)),
            _ => self.tell(text, true),
        }
    }

    /// Writes results of the study that is shown.
    pub fn export(&mut self, which: ExportedRows, to: &Path) {
        let Some(sheet) = self.sheet() else { return };
        let (Some(store), Some(study)) = (sheet.store.clone(), sheet.study.clone()) else { return };
        let (to, positions) = (to.to_owned(), sheet.positions(which));
        self.work.start("export", move |post| {
            jobs::export_study(post, (&store, &study), positions.as_ref(), &to);
        });
    }

    /// Has stars and notes written that are not yet.
    pub fn keep_remarks(&mut self) {
        for sheet in [&mut self.running, &mut self.stored].into_iter().flatten() {
            let Some(study) = sheet.store.clone().zip(sheet.study.clone()) else { continue };
            if !sheet.unsaved.is_empty() {
                let remarks = sheet.take_unsaved();
                self.work.start("remarks", move |post| {
                    jobs::keep_remarks(post, (&study.0, &study.1), &remarks);
                });
            }
        }
    }

    /// Does what a command says, if it is possible.
    pub fn apply(&mut self, command: Command, window: &egui::Context) {
        if !is_possible(command, self) {
            return;
        }
        match command {
            Command::Open => self.choose(FilePurpose::Open),
            Command::ChooseStudies => self.choose(FilePurpose::Studies),
            Command::Go(view) => self.go(view),
            Command::SaveJob => self.choose(FilePurpose::SaveJob),
            Command::Export => self.choose(FilePurpose::Export(ExportedRows::All)),
            Command::ExportShown => self.choose(FilePurpose::Export(ExportedRows::Shown)),
            Command::ExportMarked => self.choose(FilePurpose::Export(ExportedRows::Marked)),
            Command::SavePicture => self.pictures.want_main(window),
            Command::ExportSelected => self.choose(FilePurpose::Export(ExportedRows::Selected)),
            Command::CopyCommandLine => {
                if let Some(write) = self.command_line {
                    window.copy_text(write(&self.job));
                }
            }
            Command::CopyArchitecture => {
                if let Some(text) = self.chosen() {
                    window.copy_text(text.to_owned());
                }
            }
            Command::Quit => window.send_viewport_cmd(egui::ViewportCommand::Close),
            Command::SwitchTheme => {
                let dark = window.theme() == egui::Theme::Dark;
                window.set_theme(if dark { egui::Theme::Light } else { egui::Theme::Dark });
            }
            Command::ZoomIn => egui::gui_zoom::zoom_in(window),
            Command::ZoomOut => egui::gui_zoom::zoom_out(window),
            Command::ZoomReset => window.set_zoom_factor(1.0),
            Command::ToggleInspector => self.remembered.inspector ^= true,
            Command::Palette => self.palette = Some(String::new()),
            Command::About => self.shows_about = true,
            _ => self.apply_to_study(command),
        }
    }

    fn apply_to_study(&mut self, command: Command) {
        match command {
            Command::Start => self.start(self.job.clone()),
            Command::Stop => self.live.iter_mut().for_each(LiveSearch::stop),
            Command::Pause => {
                if let Some(live) = &mut self.live {
                    live.pause(!live.is_paused());
                }
            }
            Command::Enqueue => self.enqueue(self.job.clone()),
            Command::Resume => {
                if let Some(job) = self.resumable() {
                    self.start(job);
                }
            }
            Command::Extend => {
                if let Some(job) = self.extended() {
                    self.start(job);
                }
            }
            Command::Another => self.another(),
            Command::Compare => self.compare_chosen(),
            Command::CompareExtremes => self.compare_extremes(),
            Command::ComputeKernels => self.compute_compared(),
            Command::Detail => self.details.wide ^= true,
            Command::Undo => {
                if let Some(sheet) = self.sheet_mut() {
                    sheet.undo();
                }
            }
            Command::ClearFilter => {
                if let Some(sheet) = self.sheet_mut() {
                    sheet.change(|now| {
                        let (sort, selected) = (now.sort.clone(), now.selected.clone());
                        *now = TableView { sort, selected, row: now.row, ..TableView::default() };
                    });
                }
            }
            _ => {}
        }
    }

    fn go(&mut self, view: View) {
        self.view = view;
        if view == View::Studies {
            self.list_studies();
        }
    }
}

/// The file of studies where none is named: `untrained.db` here, or in the home folder where the
/// program was not started in a folder of somebody's.
pub fn default_store() -> StoreLocation {
    let here = std::env::current_dir().ok().filter(|path| path.parent().is_some());
    let folder = here.or_else(std::env::home_dir).unwrap_or_default();
    StoreLocation::File(folder.join(untrained::store::DEFAULT_FILE))
}
