//! The job being set up: its space, with a sample and costs, and an estimate of the search.

pub mod devices;
pub mod form_state;
pub mod opened;

use std::path::{Path, PathBuf};

use self::devices::device_names;
use self::form_state::{SetupDraft, SetupProblem, TypedFields};
use self::opened::{LoadError, SampleArchitecture, SpaceCard, open_file, random_costs};
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;
use untrained::backend::Cancel;
use untrained::data::ImageSource;
use untrained::job::{
    JobConfig, JobOption, ModelOptions, NetworkEstimate, Options, Session, StoreLocation, Task,
    chain,
};
use untrained::space::Space;

/// Random architectures of which params and macs are counted.
const COST_SAMPLES: usize = 400;
/// Of those, how many are sent at a time.
const COST_BATCH: usize = 50;

/// What is set up.
pub struct Setup {
    /// The job.
    pub job: JobConfig,
    /// The search space.
    pub space: Option<Space>,
    /// Why it could not be opened.
    pub load_error: Option<LoadError>,
    /// An architecture of it.
    pub sample: SampleArchitecture,
    /// Params and macs of random architectures of it.
    pub costs: Vec<[f64; 2]>,
    /// The built-in spaces.
    pub space_cards: Vec<SpaceCard>,
    /// Devices by name, starting with the one that `auto` selects. Empty until they are known.
    pub devices: Vec<String>,
    /// The estimated cost of a network, if known.
    pub estimate: Option<Result<NetworkEstimate, String>>,
    /// Whether it is being estimated.
    pub is_estimating: bool,
    /// What is typed in the fields of the form.
    pub typed: TypedFields,
    /// The text in the field for pasting an architecture.
    pub pasted: String,
    /// How many samples were drawn: the seed of the next one.
    drawn: u64,
    /// How often an estimate was asked for or became that of another job.
    estimates: u64,
}

impl Setup {
    /// The defaults, with a file of studies.
    pub fn new(store: PathBuf) -> Self {
        let mut job = JobConfig::new(Options::default(), Task::default());
        job.store = Some(StoreLocation::File(store));
        Self {
            job,
            space: None,
            load_error: None,
            sample: SampleArchitecture::default(),
            costs: Vec::new(),
            space_cards: Vec::new(),
            devices: Vec::new(),
            estimate: None,
            is_estimating: false,
            typed: TypedFields::default(),
            pasted: String::new(),
            drawn: 0,
            estimates: 0,
        }
    }

    /// Reads the built-in spaces and the devices.
    pub fn start(tasks: &mut TaskRunner) {
        tasks.start("spaces", |sender| {
            for id in Space::builtin_ids() {
                let message = match SpaceCard::builtin(id) {
                    Ok(card) => Message::BuiltinSpace(Box::new(card)),
                    Err(why) => Message::Failed(why),
                };
                if !sender.send(message) {
                    return;
                }
            }
        });
        tasks.start("devices", |sender| {
            sender.send(Message::Devices(device_names()));
        });
    }

    /// The file of studies.
    pub fn store(&self) -> Option<&Path> {
        match &self.job.store {
            Some(StoreLocation::File(path)) => Some(path),
            Some(StoreLocation::Nowhere) | None => None,
        }
    }

    /// Whether images come from one file, not from a folder.
    pub fn images_are_a_file(&self) -> bool {
        ["npy", "npz", "idx"].contains(&self.image_kind().as_str())
    }

    /// The kind of images that is chosen, which may lack its path yet.
    fn image_kind(&self) -> String {
        let source = || self.job.options.images.clone().unwrap_or_default().to_string();
        let text = self.typed.typed(JobOption::Images).map_or_else(source, str::to_owned);
        text.split(':').next().unwrap_or_default().to_owned()
    }

    /// What keeps the job from running, if anything does.
    pub fn problem(&self) -> Option<SetupProblem> {
        if let (Some(error), true) = (&self.load_error, self.uses_space()) {
            let text = format!("{}: cannot be opened; see Space for what is wrong", error.name);
            return Some(SetupProblem::new(JobOption::Space, text));
        }
        SetupDraft { job: self.runnable_job(), typed: self.typed.clone() }.problem()
    }

    /// Whether the job reads a search space.
    pub fn uses_space(&self) -> bool {
        !matches!(self.job.task, Task::Onnx(_))
    }

    /// Takes the job as it was edited. An estimate of another job is worth nothing.
    pub fn on_edited(&mut self, draft: SetupDraft) {
        if estimated(&draft.job) != estimated(&self.job) {
            self.forget_estimate();
        }
        (self.job, self.typed) = (draft.job, draft.typed);
    }

    fn forget_estimate(&mut self) {
        (self.estimate, self.is_estimating) = (None, false);
        self.estimates += 1;
    }

    /// Opens a space, a job or a benchmark table.
    pub fn open(tasks: &mut TaskRunner, name: &str) {
        let name = name.to_owned();
        tasks.start("open", move |sender| {
            let opened = Box::new(open_file(&name));
            sender.send(Message::FileOpened(name, opened));
        });
    }

    /// Draws another architecture of the space.
    pub fn draw_sample(&mut self, tasks: &mut TaskRunner) {
        let Some(space) = self.space.clone() else { return };
        self.drawn += 1;
        let seed = self.drawn;
        tasks.start("sample", move |sender| {
            sender.send(Message::SampleDrawn(SampleArchitecture::draw(&space, seed)));
        });
    }

    /// Estimates the cost of a search.
    pub fn start_estimate(&mut self, tasks: &mut TaskRunner) {
        self.forget_estimate();
        self.is_estimating = true;
        let (job, number) = (self.job.clone(), self.estimates);
        tasks.start("estimate", move |sender| {
            let cancel = Cancel::new();
            let estimate = Session::open(&job, &cancel, &mut |_| {})
                .and_then(|session| session.estimate(&job.task, &cancel));
            sender.send(Message::CostEstimated(number, estimate.map_err(|error| chain(&error))));
        });
    }

    /// Takes an estimate, or why it failed, unless the job has become another one since.
    pub fn on_cost_estimated(&mut self, number: u64, estimate: Result<NetworkEstimate, String>) {
        if number == self.estimates {
            (self.estimate, self.is_estimating) = (Some(estimate), false);
        }
    }

    /// Sets up the scoring of a model.
    pub fn set_model(&mut self, path: &Path) {
        self.job.task = Task::Onnx(ModelOptions::new(path));
        let options = &mut self.job.options;
        (options.input, options.classes) = (None, None);
        options.set.clear();
        self.typed = TypedFields::default();
        self.forget_estimate();
    }

    /// The job as it is run, saved and copied: a model has no use for the open space and the studies.
    pub fn runnable_job(&self) -> JobConfig {
        let mut job = self.job.clone();
        if let Task::Onnx(_) = job.task {
            job.options.space = Options::default().space;
            job.store = None;
        }
        job
    }

    /// Takes a space that was opened.
    pub fn on_space_loaded(&mut self, tasks: &mut TaskRunner, space: Space, name: &str) {
        self.job.options.space = name.to_owned();
        self.job.options.set.clear();
        self.job.space_copy = None;
        if !matches!(self.job.task, Task::Search(_)) {
            self.job.task = Task::default();
        }
        self.typed = TypedFields::default();
        self.on_space_reloaded(tasks, space);
    }

    /// Reads the file of the space again, with the values that the job overrides, if it is still that of
    /// the job.
    pub fn reload(&self, tasks: &mut TaskRunner, path: &Path) {
        let job = self.job.clone();
        if Path::new(&job.options.space) != path {
            return;
        }
        tasks.start("open", move |sender| {
            let name = &job.options.space;
            let space = job.options.open_space().map(Box::new);
            let space = space.map_err(|error| LoadError::new(name, error));
            sender.send(Message::SpaceReloaded(space));
        });
    }

    /// Takes a space that was read again: the job stays as it is.
    pub fn on_space_reloaded(&mut self, tasks: &mut TaskRunner, space: Space) {
        self.load_error = None;
        self.costs.clear();
        self.forget_estimate();
        let counted = space.clone();
        tasks.start("costs", move |sender| {
            let mut samples = random_costs(&counted).take(COST_SAMPLES).peekable();
            while samples.peek().is_some() {
                let batch = samples.by_ref().take(COST_BATCH).flatten().collect();
                if !sender.send(Message::CostsCounted(counted.id().to_owned(), batch)) {
                    return;
                }
            }
        });
        self.space = Some(space);
        self.draw_sample(tasks);
    }

    /// A space could not be opened. What is set up is about this one, not the one before it.
    pub fn on_load_error(&mut self, error: LoadError) {
        if self.job.options.space != error.name {
            self.job.options.space.clone_from(&error.name);
            self.job.options.set.clear();
            self.typed = TypedFields::default();
        }
        self.job.space_copy = None;
        (self.space, self.sample) = (None, SampleArchitecture::default());
        self.costs.clear();
        self.forget_estimate();
        self.load_error = Some(error);
    }

    /// Takes costs of random architectures of the space of an id.
    pub fn on_costs_counted(&mut self, id: &str, costs: Vec<[f64; 2]>) {
        if self.space.as_ref().is_some_and(|space| space.id() == id) {
            self.costs.extend(costs);
        }
    }

    /// Takes a job that was opened; if it does not name a study database, the current one is kept.
    pub fn on_job_loaded(&mut self, tasks: &mut TaskRunner, job: JobConfig, space: Option<Space>) {
        let store = job.store.clone().or_else(|| self.job.store.clone());
        (self.space, self.load_error) = (space, None);
        self.typed = TypedFields::default();
        self.forget_estimate();
        self.job = JobConfig { store, ..job };
        self.draw_sample(tasks);
    }

    /// Takes the path of images of the kind that is chosen.
    pub fn on_images_chosen(&mut self, path: &Path) {
        let text = format!("{}:{}", self.image_kind(), path.display());
        let images = text.parse().unwrap_or_else(|_| ImageSource::Folder(path.to_owned()));
        self.job.options.images = Some(images);
    }
}

/// A job without what the cost of a network does not depend on.
fn estimated(job: &JobConfig) -> JobConfig {
    let mut job = JobConfig { store: None, ..job.clone() };
    if let Task::Search(search) = &mut job.task {
        search.samples = None;
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;

    // What belongs to a space would be refused, in fields that a model does not show.
    #[test]
    fn a_model_is_set_up_whatever_space_was_open() {
        let mut setup = Setup::new("untrained.db".into());
        let options = &mut setup.job.options;
        options.space = "nds-darts".to_owned();
        options.set.push("skeleton.cells=1".parse().unwrap());
        options.classes = Some(3);
        setup.set_model(Path::new("model.onnx"));
        let check = setup.runnable_job().check();
        assert!(check.is_ok(), "{check:?}");
        // The space is still open.
        assert_eq!(setup.job.options.space, "nds-darts");
    }
}
