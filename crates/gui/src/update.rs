//! How news and commands change the state.

use std::path::Path;

use super::command::{Command, is_possible};
use super::live::Live;
use super::news::{Exported, News, Purpose};
use super::sheet_state::Choice;
use super::state::{State, View};
use super::tasks;
use untrained::job::Keep;

impl State {
    /// Takes what came since the last frame.
    pub fn take_news(&mut self) {
        for news in self.work.news() {
            self.take(news);
        }
    }

    fn take(&mut self, news: News) {
        match news {
            News::Change(change) => change(self),
            News::Card(card) => self.cards.push(*card),
            News::Space(Ok(space), name) => self.take_space(*space, &name),
            News::Space(Err(faults), _) => self.take_faults(faults),
            News::Job(job, space) => self.take_job(*job, space),
            News::Costs(id, costs) => {
                if self.space.as_ref().is_some_and(|space| space.id() == id) {
                    self.costs.extend(costs);
                }
            }
            News::Devices(devices) => self.devices = devices,
            News::Studies(studies) => self.studies = studies,
            News::Study(Ok(loaded)) => self.take_study(*loaded),
            News::Chosen(purpose, path) => self.take_path(purpose, &path),
            News::Done(text) => self.tell(text, false),
            News::Error(text) | News::Study(Err(text)) => self.tell(text, true),
            News::Over { name, panic } => self.take_end(name, panic),
            News::Started(_) | News::Scored(_) | News::Warning(_) | News::Ended(_) => {
                self.take_run(news);
            }
        }
    }

    fn take_run(&mut self, news: News) {
        let Some(live) = &mut self.live else { return };
        match news {
            News::Started(started) => {
                live.note(format!("on {} ({})", started.device.name, started.device.api));
                if let Some(sheet) = &mut self.running {
                    sheet.study.clone_from(&started.study);
                }
                live.started = Some(*started);
            }
            News::Warning(text) => live.note(text),
            News::Scored(record) => {
                let position = live.counts.total();
                live.take(&record);
                if let Some(sheet) = &mut self.running {
                    sheet.push(position, record, Default::default());
                }
            }
            News::Ended(end) => self.take_search_end(end.map(|summary| *summary)),
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
    pub fn export(&mut self, which: Exported, to: &Path) {
        let Some(sheet) = self.sheet() else { return };
        let (Some(store), Some(study)) = (sheet.store.clone(), sheet.study.clone()) else { return };
        let (to, positions) = (to.to_owned(), sheet.positions(which));
        self.work.start("export", move |post| {
            tasks::export_study(post, (&store, &study), positions.as_ref(), &to);
        });
    }

    /// Has stars and notes written that are not yet.
    pub fn keep_remarks(&mut self) {
        for sheet in [&mut self.running, &mut self.stored].into_iter().flatten() {
            let Some(study) = sheet.store.clone().zip(sheet.study.clone()) else { continue };
            if !sheet.unsaved.is_empty() {
                let remarks = sheet.take_unsaved();
                self.work.start("remarks", move |post| {
                    tasks::keep_remarks(post, (&study.0, &study.1), &remarks);
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
            Command::Open => self.choose(Purpose::Open),
            Command::ChooseStudies => self.choose(Purpose::Studies),
            Command::Go(view) => self.go(view),
            Command::SaveJob => self.choose(Purpose::SaveJob),
            Command::Export => self.choose(Purpose::Export(Exported::All)),
            Command::ExportShown => self.choose(Purpose::Export(Exported::Shown)),
            Command::ExportMarked => self.choose(Purpose::Export(Exported::Marked)),
            Command::SavePicture => self.pictures.want_main(window),
            Command::ExportSelected => self.choose(Purpose::Export(Exported::Selected)),
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
            Command::Stop => self.live.iter_mut().for_each(Live::stop),
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
                        *now = Choice { sort, selected, row: now.row, ..Choice::default() };
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
pub fn default_store() -> Keep {
    let here = std::env::current_dir().ok().filter(|path| path.parent().is_some());
    let folder = here.or_else(std::env::home_dir).unwrap_or_default();
    Keep::File(folder.join(untrained::store::DEFAULT_FILE))
}
