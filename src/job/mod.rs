//! The core that every front end calls: a job goes in, events come out.
//!
//! [`run`] opens the space, the images and the device, asks the strategy for architectures, scores
//! them and hands out a [`Record`] each. It can be cancelled from another thread at any time; what
//! was scored until then is in the table and in the summary.

mod accuracy;
mod config;
mod drive;
mod event;
mod file;
mod latency;
mod scorer;
mod search_options;
mod shared;
mod sink;
mod study;

use std::path::PathBuf;

pub use config::{JobConfig, OnnxWeights, Options, Task, settings};
pub use event::{BEST, Event, Started, Summary};
pub use scorer::{Candidate, Drawing, Scored, Scorer, weight_seeds};
pub use search_options::SearchOptions;
pub use study::{Keep, StudyUse};

use crate::backend::{self, Backend, BackendError, Cancel};
use crate::benchmark::BenchmarkError;
use crate::data::{self, Batch, DataError, Images};
use crate::graph::{Shape, analysis};
use crate::onnx::{self, OnnxError};
use crate::output::OutputError;
use crate::plan::ActivationSites;
use crate::score::{SCORES, Score};
use crate::search::{Ask, Next, Strategy, Unsatisfiable};
use crate::space::{Architecture, ArchitectureError, SpaceError};
pub use crate::store::StatusCounts;
use crate::store::{Record, StoreError, TableError};
use crate::weights::Initialisation;
use accuracy::Accuracies;
use drive::Plan;
use sink::Sink;

/// Why a job could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The space.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// An architecture given by hand.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// The images.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The device.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A benchmark table.
    #[error(transparent)]
    Benchmark(#[from] BenchmarkError),
    /// A model file.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// The table could not be created.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The job file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A record could not be written. Rows written before are complete.
    #[error("a result could not be written; the {written} rows before it are kept")]
    Write {
        /// Rows that are complete.
        written: u64,
        /// What went wrong.
        source: TableError,
    },
    /// Options that do not go together.
    #[error("{0}")]
    Options(String),
    /// The study cannot be opened or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No architecture is within the constraints.
    #[error(transparent)]
    Unsatisfiable(#[from] Unsatisfiable),
    /// A job file cannot be read or written.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and what is known there.
        message: String,
    },
    /// The options of a stored study are those of another version, or damaged.
    #[error("the options of study {id} cannot be read")]
    Study {
        /// The study.
        id: String,
        /// What is wrong with them.
        source: serde_json::Error,
    },
    /// A list of architectures could not be read.
    #[error("cannot read {}", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Runs a job to its end or until it is cancelled, and tells `events` what happens. A job that is
/// cancelled while its images are loaded begins no table.
///
/// # Errors
///
/// [`JobError`] before the first architecture if something cannot be opened, and later if results
/// cannot be written. An architecture that fails is a record, not an error.
pub fn run(
    config: &JobConfig,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Summary, JobError> {
    config.check()?;
    match run_task(config, cancel, events) {
        Err(JobError::Data(DataError::Cancelled)) => {
            Ok(Summary { interrupted: true, ..Summary::default() })
        }
        result => result,
    }
}

fn run_task(
    config: &JobConfig,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Summary, JobError> {
    match &config.task {
        Task::Search(search) => {
            let space = config.open_space()?;
            let strategy = search.start(&config.options, &space, cancel)?;
            let (score, unique) = (search.chosen_score()?, search.unique);
            let accuracies = Accuracies::open(search, &space, cancel)?;
            for notice in accuracies.iter().flat_map(Accuracies::notices) {
                events(Event::Warning(notice));
            }
            let drive = search.kind()?.drive;
            let plan = Plan { space, strategy, score, drive, accuracies, unique };
            drive::run(config, plan, cancel, events)
        }
        Task::Score { architectures } => {
            let space = config.open_space()?;
            let parsed = architectures.iter().map(|text| space.parse(text));
            let strategy = Box::new(Listed::new(parsed.collect::<Result<_, _>>()?));
            let (score, drive) = (&SCORES[0], Ask::Score);
            let plan = Plan { space, strategy, score, drive, accuracies: None, unique: false };
            drive::run(config, plan, cancel, events)
        }
        Task::Onnx { path, weights } => run_model(config, path, *weights, cancel, events),
    }
}

/// Proposes architectures given by hand.
struct Listed(std::vec::IntoIter<Architecture>, u64);

impl Listed {
    fn new(architectures: Vec<Architecture>) -> Self {
        let total = architectures.len() as u64;
        Self(architectures.into_iter(), total)
    }
}

impl Strategy for Listed {
    fn next(&mut self) -> Result<Next, Unsatisfiable> {
        Ok(self.0.next().map_or(Next::Done, |architecture| Next::Try(architecture, Ask::Score)))
    }

    fn observe(&mut self, _architecture: &Architecture, _ask: Ask, _value: f64) {}

    fn total(&self) -> Option<u64> {
        Some(self.1)
    }
}

/// What both kinds of job open first.
struct Opened {
    images: Images,
    backend: Box<dyn Backend>,
}

fn open(
    options: &Options,
    shape: Shape,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Opened, JobError> {
    let images = data::open(&data::Request {
        source: &options.images,
        shape,
        batch_size: options.batch_size,
        seed: options.seed,
        overrides: &options.image_overrides(),
        cancelled: &|| cancel.is_cancelled(),
    })?;
    let (backend, warning) = backend::open(&options.device)?;
    for warning in images.facts.notices.iter().cloned().chain(warning) {
        events(Event::Warning(warning));
    }
    Ok(Opened { images, backend })
}

/// The architecture's network, or why there is none.
pub fn candidate(architecture: &Architecture) -> Candidate {
    Candidate {
        name: architecture.to_string(),
        index: architecture.index(),
        connected: architecture.is_connected(),
        network: architecture.build().map_err(|error| chain(&error)),
        drawing: Drawing::Fresh { architecture: architecture.canonical() },
    }
}

fn run_model(
    config: &JobConfig,
    path: &std::path::Path,
    weights: OnnxWeights,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Summary, JobError> {
    let model = onnx::read(path)?;
    let options = &config.options;
    let Opened { images, mut backend } = open(options, model.input, cancel, events)?;
    let batch = &images.batch;
    let points = ActivationSites::new(&model.graph, &model.weights, options.count);
    let mut run = Run::start(
        config,
        &SCORES[0],
        &images,
        backend.as_mut(),
        (Some(1), None),
        Some(points),
        events,
    )?;
    let name = path.display().to_string();
    let connected = analysis::connected(&model.graph);
    let drawing = match weights {
        OnnxWeights::Keep => Drawing::Stored(model.weights),
        OnnxWeights::Fresh => Drawing::Fresh { architecture: file_stem(path) },
    };
    let candidate = Candidate { name, index: None, connected, network: Ok(model.graph), drawing };
    let initialisation = options.initialisation.unwrap_or_default();
    let mut scorer = run.scorer(backend.as_mut(), batch, initialisation, cancel);
    for (record, output) in scorer.score(vec![candidate], config.outputs).into_iter().flatten() {
        run.take(record, output, events);
    }
    run.check_written()?;
    run.finish(cancel)
}

fn file_stem(path: &std::path::Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// An error with its causes, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The state of one running job.
struct Run<'c> {
    config: &'c JobConfig,
    score: &'static Score,
    weight_seeds: Vec<u64>,
    sink: Sink,
    summary: Summary,
    /// What kept a record from being written.
    failure: Option<JobError>,
}

impl<'c> Run<'c> {
    fn start(
        config: &'c JobConfig,
        score: &'static Score,
        images: &Images,
        backend: &mut dyn Backend,
        (total, study): (Option<u64>, Option<String>),
        code_points: Option<ActivationSites>,
        events: &mut dyn FnMut(Event),
    ) -> Result<Self, JobError> {
        let weight_seeds = weight_seeds(config.options.seed, config.options.repeats);
        let device = backend.info().clone();
        let sink = Sink::open(config, images, &device, &weight_seeds, code_points.as_ref())?;
        let batch = images.batch.fingerprint();
        let summary = Summary { study: study.clone(), ..Summary::default() };
        events(Event::Started(Started { device, total, batch, code_points, study }));
        Ok(Self { config, score, weight_seeds, sink, summary, failure: None })
    }

    fn scorer<'r>(
        &'r self,
        backend: &'r mut dyn Backend,
        batch: &'r Batch,
        initialisation: Initialisation,
        cancel: &'r Cancel,
    ) -> Scorer<'r> {
        Scorer {
            backend,
            batch,
            count: self.config.options.count,
            seed: self.config.options.seed,
            weight_seeds: &self.weight_seeds,
            initialisation,
            score: self.score,
            cancel,
        }
    }

    /// Writes a record and hands it out; after a record that could not be written, only the latter.
    fn take(
        &mut self,
        record: Record,
        output: Option<backend::RunOutput>,
        events: &mut dyn FnMut(Event),
    ) {
        if self.failure.is_none()
            && let Err(source) = self.sink.append(&record)
        {
            let written = self.summary.counts.total();
            self.failure = Some(JobError::Write { written, source });
        }
        self.summary.add(&record);
        events(Event::Scored { record: Box::new(record), output: output.map(Box::new) });
    }

    /// Ends the run if a record could not be written; the manifest then says so, if it can.
    fn check_written(&mut self) -> Result<(), JobError> {
        match self.failure.take() {
            Some(failure) => {
                // The disk that refused the record may refuse the manifest as well.
                let _ = self.sink.finish("failed");
                Err(failure)
            }
            None => Ok(()),
        }
    }

    fn finish(mut self, cancel: &Cancel) -> Result<Summary, JobError> {
        self.summary.interrupted = cancel.is_cancelled();
        self.sink.finish(if self.summary.interrupted { "interrupted" } else { "done" })?;
        Ok(self.summary)
    }
}
