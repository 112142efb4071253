//! The core that all front ends call: a job goes in, events come out.
//!
//! [`run`] opens the space, the images and the device, asks the strategy for architectures, scores them
//! and delivers a [`Record`](crate::store::Record) for each. It can be cancelled from another thread at
//! any time; everything scored until then is in the table and in the summary. [`Session`] opens the
//! same resources for work that is not a job, such as computing the kernel matrix of one architecture.

mod accuracy;
mod complete;
mod config;
mod error;
mod event;
mod export;
mod file;
mod file_problem;
mod followed_count;
mod job_files;
mod latency;
mod leaderboard;
mod listed;
mod networks;
mod option;
mod option_choices;
mod option_schema;
mod option_value;
mod options;
mod own_parts;
mod proposal;
mod recorder;
mod repeats;
mod result_keys;
mod scorer;
mod search_loop;
mod search_options;
mod session;
mod shared_results;
mod study_session;

pub use complete::{CompletedStudy, complete_study};
pub use config::{ImagesChanged, JobConfig, ModelOptions, OnnxWeights, Task};
pub use error::JobError;
pub use event::{BEST, Event, ModelFacts, Started, Summary};
pub use export::{
    DrawingWriter, ExportFormat, ExportPathError, ExportSettings, ExportedContent, ExportedFile,
    ExportedNetwork, ExportedNetworks, NetworkToExport,
};
pub use followed_count::FollowedCount;
pub use leaderboard::Leaderboard;
pub use networks::{ModelNetwork, NetworkSource, candidate};
pub use option::{ChangeOnResume, ChoiceInfo, InvalidOption, JobOption, OptionInfo, OptionType};
pub use options::{MiniBatch, Options};
pub use own_parts::{OwnNames, OwnParts, OwnScore};
pub use scorer::{Candidate, ScoredNetwork, WeightSource};
pub use search_options::SearchOptions;
pub use session::{ESTIMATE_SAMPLES, KernelOutput, NetworkEstimate, Session};
pub use study_session::{StoreLocation, StudyMode};

use crate::backend::Cancel;
use crate::data::DataError;
use crate::plan::ActivationSites;
use crate::search::Objective;
pub use crate::store::StatusCounts;
use accuracy::AccuracySource;
use listed::ListedArchitectures;
use recorder::Recorder;
use search_loop::SearchSetup;

/// Runs a job to its end or until it is cancelled, and reports to `events`. A job that is cancelled
/// while its images are loaded does not create a table.
///
/// ```
/// use untrained::backend::Cancel;
/// use untrained::job::{self, Event, JobConfig, Options, SearchOptions, Task};
///
/// let options = Options { device: "cpu".to_owned(), ..Options::default() };
/// let search = SearchOptions { samples: Some(3), ..SearchOptions::default() };
/// let job = JobConfig::new(options, Task::Search(Box::new(search)));
/// let mut scored = 0;
/// let summary = job::run(&job, &Cancel::new(), &mut |event| {
///     if let Event::Scored { record, .. } = event {
///         scored += 1;
///         println!("{}: {:?}", record.architecture, record.scores);
///     }
/// })?;
/// assert_eq!((scored, summary.counts.total()), (3, 3));
/// # Ok::<(), untrained::job::JobError>(())
/// ```
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
    run_with(config, OwnParts::default(), cancel, events)
}

/// Runs a job with a strategy or a score of the calling program, which [`JobConfig::own`] names.
///
/// # Errors
///
/// As [`run`], and [`JobError::Invalid`] where the job names what is not given.
pub fn run_with(
    config: &JobConfig,
    own: OwnParts<'_>,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Summary, JobError> {
    config.check()?;
    own.check(config)?;
    match run_task(config, own, cancel, events) {
        Err(JobError::Data(DataError::Cancelled)) => {
            Ok(Summary { interrupted: true, ..Summary::default() })
        }
        result => result,
    }
}

fn run_task(
    config: &JobConfig,
    own: OwnParts<'_>,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Summary, JobError> {
    match &config.task {
        Task::Search(search) => {
            let space = config.open_space()?;
            let accuracies = AccuracySource::open(search, &space, cancel)?;
            for notice in accuracies.iter().flat_map(AccuracySource::notices) {
                events(Event::Warning(notice));
            }
            let networks = space.clone().into();
            let config = &config.with_samples(&space);
            let ranking = search.ranking()?;
            let session =
                Session::with_networks(networks, &config.options, ranking, cancel, events)?;
            let strategy = match own.strategy {
                Some(strategy) => strategy,
                None => search.start(&session, &space, cancel)?,
            };
            let objective = search.strategy.objective();
            let unique = search.unique;
            let own_score = own.score;
            let setup = SearchSetup { space, strategy, objective, accuracies, unique, own_score };
            search_loop::run(config, &session, setup, cancel, events)
        }
        Task::Score { architectures } => {
            let space = config.open_space()?;
            let parsed = architectures.iter().map(|text| space.parse(text));
            let strategy = ListedArchitectures::new(parsed.collect::<Result<_, _>>()?);
            let networks = space.clone().into();
            let ranking = config.ranking()?;
            let session =
                Session::with_networks(networks, &config.options, ranking, cancel, events)?;
            let setup = SearchSetup {
                space,
                strategy: Box::new(strategy),
                objective: Objective::Score,
                accuracies: None,
                unique: false,
                own_score: None,
            };
            search_loop::run(config, &session, setup, cancel, events)
        }
        Task::Onnx(model) => {
            let model = ModelNetwork::read(model, &config.options)?;
            run_model(config, model, cancel, events)
        }
    }
}

fn run_model(
    config: &JobConfig,
    model: ModelNetwork,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Summary, JobError> {
    let points = ActivationSites::new(model.graph(), model.stored(), config.options.count);
    let candidate = model.candidate();
    let (batch_norm, notices) = (model.batch_norm(), model.notices().join("; "));
    let networks = NetworkSource::Model(Box::new(model));
    let ranking = config.ranking()?;
    let session = Session::with_networks(networks, &config.options, ranking, cancel, events)?;
    let facts = ModelFacts { code_points: points, batch_norm };
    let mut recorder = Recorder::start(config, &session, (Some(1), None), Some(facts), events)?;
    let scored = session.score(vec![candidate], config.outputs, cancel);
    for ScoredNetwork { mut record, output, .. } in scored.into_iter().flatten() {
        if !notices.is_empty() {
            record.message.get_or_insert(notices.clone());
        }
        recorder.record(record, output, false, events);
    }
    recorder.check_written()?;
    recorder.finish(cancel)
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
