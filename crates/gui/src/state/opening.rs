//! What is opened: spaces, jobs, models, files of studies, and files that dialogs name.

use std::path::Path;

use crate::results::result_set::ResultSet;
use crate::state::{AppState, View};
use crate::tasks::jobs;
use crate::tasks::message::{FilePurpose, LoadError, LoadedStudy};
use untrained::job::{JobConfig, OnnxWeights, StoreLocation, StudyMode, Task, chain};
use untrained::space::Space;
use untrained::store::ResultRow;

impl AppState {
    /// Opens a space by id or file, a job file, a model or a file of studies.
    pub fn open(&mut self, name: &str) {
        let path = Path::new(name);
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "db" | "sqlite" | "sqlite3" => {
                self.keep_in(path);
                self.view = View::Studies;
                self.remembered.recent(name);
            }
            "onnx" => self.take_model(path),
            _ => {
                let name = name.to_owned();
                self.work.start("open", move |post| jobs::open(post, &name));
            }
        }
    }

    /// Uses another file of studies.
    pub fn keep_in(&mut self, path: &Path) {
        self.job.store = Some(StoreLocation::File(path.to_owned()));
        self.watch.store(Some(path));
        self.list_studies();
    }

    /// Sets up a job that scores a model.
    fn take_model(&mut self, path: &Path) {
        if !path.is_file() {
            self.tell(format!("{} is no file: choose another model", path.display()), true);
            return;
        }
        self.job.task = Task::Onnx { path: path.to_owned(), weights: OnnxWeights::Keep };
        let options = &mut self.job.options;
        (options.input, options.classes) = (None, None);
        options.set.clear();
        self.remembered.recent(&path.to_string_lossy());
        self.measured = None;
        self.view = View::Setup;
    }

    /// A space was opened.
    pub fn take_space(&mut self, space: Space, name: &str) {
        self.job.options.space = name.to_owned();
        self.job.options.set.clear();
        self.job.space_copy = None;
        if !matches!(self.job.task, Task::Search(_)) {
            self.job.task = Task::default();
        }
        self.faults = None;
        self.watch.faulty(None);
        self.costs.clear();
        self.measured = None;
        self.remembered.recent(name);
        let counted = space.clone();
        self.work.start("costs", move |post| jobs::costs(post, &counted));
        self.space = Some(space);
        self.view = View::Space;
        self.another();
    }

    /// A space could not be opened; its file is read again when it changes.
    pub fn take_faults(&mut self, faults: LoadError) {
        self.watch.faulty(Some(Path::new(&faults.name)));
        self.faults = Some(faults);
        self.view = View::Space;
    }

    /// A job was opened.
    pub fn take_job(&mut self, job: JobConfig, space: Option<Space>) {
        let store = job.store.clone().or_else(|| self.job.store.clone());
        self.space = space;
        self.faults = None;
        self.measured = None;
        self.job = JobConfig { store, ..job };
        self.watch.store(self.store().map(Path::to_owned).as_deref());
        self.view = View::Setup;
        self.another();
    }

    /// A study was read.
    pub fn take_study(&mut self, loaded: LoadedStudy) {
        let LoadedStudy { store, info, job, space, table, remarks } = loaded;
        let mut sheet = ResultSet::new(format!("study {}", info.id), table);
        (sheet.store, sheet.study) = (Some(store), Some(info.id));
        (sheet.job, sheet.space) = (job, space);
        for (architecture, remark) in remarks {
            sheet.take_remark(&architecture, remark);
        }
        self.watch.study(&sheet);
        self.stored = Some(sheet);
        self.shows_stored = true;
        self.view = View::Results;
    }

    /// Other processes added results to the study that a sheet shows.
    pub fn take_arrivals(&mut self, sheet: u64, rows: Vec<ResultRow>) {
        if let Some(sheet) = self.sheet_of(sheet) {
            for row in rows {
                sheet.push(row.position, Box::new(row.record), row.scores);
            }
        }
    }

    /// Goes on with a study of the list: alone, or beside the processes that write it.
    pub fn go_on_with(&mut self, id: &str, joins: bool) {
        let Some(path) = self.store().map(Path::to_owned) else { return };
        let id = id.to_owned();
        self.work.start("study", move |post| {
            let job = jobs::job_of(&path, &id).map(|job| {
                let study = if joins { StudyMode::Join(id) } else { StudyMode::Resume(id) };
                JobConfig { store: Some(StoreLocation::File(path)), study, ..job }
            });
            post.change(move |state| match job {
                Ok(job) => state.enqueue(job),
                Err(why) => state.tell(why, true),
            });
        });
    }

    /// A dialog named a file.
    pub fn take_path(&mut self, purpose: FilePurpose, path: &Path) {
        match purpose {
            FilePurpose::Open => self.open(&path.to_string_lossy()),
            FilePurpose::Images => self.take_images(path),
            FilePurpose::Studies => self.keep_in(path),
            FilePurpose::Benchmark => self.attach_table(path),
            FilePurpose::Table => {
                if let Task::Search(search) = &mut self.job.task {
                    search.table = Some(path.to_owned());
                }
            }
            FilePurpose::SaveJob => {
                let (job, path) = (self.job.clone(), path.to_owned());
                self.work.start("save", move |post| {
                    // The dialog has asked already.
                    let result = job.save(&path, true).map_err(|error| chain(&error));
                    post.change(move |state| match result {
                        Ok(()) => state.tell(format!("written to {}", path.display()), false),
                        Err(why) => state.tell(why, true),
                    });
                });
            }
            FilePurpose::Export(part) => self.export(part, path),
        }
    }

    /// Images of the kind that is set up come from another place.
    fn take_images(&mut self, path: &Path) {
        let text = format!("{}:{}", self.images_kind, path.display());
        match text.parse() {
            Ok(images) => self.job.options.images = images,
            Err(_) => {
                self.job.options.images = untrained::data::ImageSource::Folder(path.to_owned())
            }
        }
    }
}
