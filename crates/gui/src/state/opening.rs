//! Opens spaces, jobs, models, study databases, and files chosen in dialogs.

use std::path::Path;

use super::AppState;
use crate::overlay::Severity;
use crate::overlay::dialogs::FilePurpose;
use crate::overlay::path_field::PathTarget;
use crate::runner::consent::JobEffects;
use crate::setup::Setup;
use crate::setup::opened::{LoadError, OpenedFile};
use crate::tasks::message::Message;
use crate::view::View;
use untrained::input::{JOB_ENDING, SPACE_ENDING, STUDY_ENDING};
use untrained::job::{StoreLocation, Task, chain};
use untrained::space::Space;
use untrained::store::{check_store_address, is_server};

impl AppState {
    /// Opens a space by id or file, a job file, a model or a file of studies.
    pub(super) fn open(&mut self, name: &str) {
        let path = Path::new(name);
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "db" | "sqlite" | "sqlite3" | STUDY_ENDING => {
                self.use_store(path);
                self.view = View::Studies;
                self.preferences.add_recent(name);
            }
            _ if is_server(path) => {
                if let Err(error) = check_store_address(path) {
                    return self.overlay.notify(Severity::Error, chain(&error));
                }
                self.use_store(path);
                self.view = View::Studies;
                self.preferences.add_recent(name);
            }
            "onnx" => self.open_model(path),
            _ => Setup::open(&mut self.tasks, name),
        }
    }

    /// Opens a file that was dropped on the window: in the view of benchmarks it is a table, unless its
    /// name says that it is something else.
    pub fn on_file_dropped(&mut self, path: &Path) {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let others =
            ["toml", "db", "sqlite", "sqlite3", "onnx", SPACE_ENDING, JOB_ENDING, STUDY_ENDING];
        if self.view == View::Benchmark && !others.contains(&ending) {
            self.attach_table(path);
        } else {
            self.open(&path.to_string_lossy());
        }
    }

    /// Uses another file of studies.
    fn use_store(&mut self, path: &Path) {
        self.setup.job.store = Some(StoreLocation::File(path.to_owned()));
        self.studies.watch.watch_store(Some(path));
        self.list_studies();
    }

    /// Sets up a job that scores a model.
    fn open_model(&mut self, path: &Path) {
        if !path.is_file() {
            let text = format!("{}: file not found", path.display());
            return self.overlay.notify(Severity::Error, text);
        }
        self.setup.set_model(path);
        self.preferences.add_recent(&path.to_string_lossy());
        self.view = View::Setup;
    }

    /// Takes a file or name that was opened.
    pub(super) fn on_file_opened(&mut self, name: &str, opened: OpenedFile) {
        match opened {
            OpenedFile::Space(space) => self.on_space_loaded(*space, name),
            OpenedFile::Job(job, space) => {
                if let (Err(why), Task::Search(_) | Task::Score { .. }) = (&space, &job.task) {
                    self.overlay.notify(Severity::Error, why.clone());
                }
                self.runner.opened = Some(JobEffects::of_file(Path::new(name), &job));
                self.setup.on_job_loaded(&mut self.tasks, *job, space.ok().map(|space| *space));
                self.studies.watch.watch_store(self.setup.store());
                self.studies.watch.watch_space(&self.setup.job.options.space);
                self.view = View::Setup;
            }
            OpenedFile::BenchmarkTable(path) => self.attach_table(&path),
            OpenedFile::Failed(error) => self.on_load_error(error),
        }
    }

    fn on_space_loaded(&mut self, space: Space, name: &str) {
        self.setup.on_space_loaded(&mut self.tasks, space, name);
        self.studies.watch.watch_space(name);
        self.preferences.add_recent(name);
        self.view = View::Space;
    }

    /// The file of the space that is set up was changed and read again; what is shown stays.
    pub(super) fn on_space_reloaded(&mut self, space: Result<Box<Space>, LoadError>) {
        match space {
            Ok(space) => {
                let text = format!("read {} again", self.setup.job.options.space);
                self.overlay.notify(Severity::Info, text);
                self.setup.on_space_reloaded(&mut self.tasks, *space);
            }
            Err(error) => {
                if self.setup.load_error.is_none() {
                    let text = format!("{} has become faulty; Space lists why", error.name);
                    self.overlay.notify(Severity::Error, text);
                }
                self.setup.on_load_error(error);
            }
        }
    }

    /// A space could not be opened; its file is read again when it changes.
    fn on_load_error(&mut self, error: LoadError) {
        self.studies.watch.watch_space(&error.name);
        self.setup.on_load_error(error);
        self.view = View::Space;
    }

    /// Attaches a benchmark table to the results that are shown, or remembers its path until there are
    /// some.
    pub(super) fn attach_table(&mut self, path: &Path) {
        self.view = View::Benchmark;
        path.to_string_lossy().as_ref().clone_into(&mut self.benchmark.path);
        if let Some(set) = self.results.shown() {
            self.benchmark.attach(&mut self.tasks, set.id, path);
        }
    }

    /// A path was named.
    pub(super) fn on_path_chosen(&mut self, target: PathTarget, path: &Path) {
        match target {
            PathTarget::Purpose(purpose) => self.on_file_chosen(purpose, path),
            PathTarget::Space => self.write_space(path),
            PathTarget::Export => self.on_export_path_chosen(path),
            PathTarget::Picture(picture) => {
                let path = path.to_owned();
                self.tasks.start("picture", move |sender| {
                    sender.send(match picture.write(&path) {
                        Ok(path) => Message::Done(format!("saved picture to {}", path.display())),
                        Err(why) => Message::Failed(why),
                    });
                });
            }
        }
    }

    fn on_file_chosen(&mut self, purpose: FilePurpose, path: &Path) {
        match purpose {
            FilePurpose::Open => self.open(&path.to_string_lossy()),
            FilePurpose::Images => self.setup.on_images_chosen(path),
            FilePurpose::Studies => self.use_store(path),
            FilePurpose::Benchmark => self.attach_table(path),
            FilePurpose::SearchTable => {
                if let Task::Search(search) = &mut self.setup.job.task {
                    search.table = Some(path.to_owned());
                }
            }
            FilePurpose::SaveJob => {
                let (job, path) = (self.setup.runnable_job(), path.to_owned());
                self.tasks.start("save", move |sender| {
                    // The dialog has already asked whether to overwrite.
                    sender.send(match job.save(&path, true) {
                        Ok(()) => Message::Done(format!("saved {}", path.display())),
                        Err(error) => Message::Failed(chain(&error)),
                    });
                });
            }
            FilePurpose::Report => {
                if let Some(request) = self.reported.take() {
                    request.start(&mut self.tasks, path, self.command_line);
                }
            }
            FilePurpose::Export(rows) => self.results.export(&mut self.tasks, rows, path),
        }
    }
}
