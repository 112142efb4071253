//! The description of a job: one structure for command line, files and forms.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    InvalidOption, JobError, JobOption, MiniBatch, Options, OwnNames, SearchOptions, StoreLocation,
    StudyMode,
};
use crate::data::ImageSource;
use crate::graph::Shape;
use crate::onnx::{MergedCalls, NormStatistics, ReadOptions};
use crate::output::{OutputError, check_separate};
use crate::plan::Count;
use crate::score::{Ranking, SCORES, ScoreId, ScoreSet};
use crate::search::Objective;
use crate::space::{Space, SpaceError};
use crate::store::{
    FlushPolicy, Store, StudyInfo, TableWriter, check_store_address, manifest_path,
};

/// The weights with which a model from a file is scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnnxWeights {
    /// Those of the file.
    #[default]
    Keep,
    /// Drawn anew.
    Fresh,
}

impl OnnxWeights {
    /// Both choices.
    pub const ALL: [Self; 2] = [Self::Keep, Self::Fresh];

    /// Its name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Fresh => "fresh",
        }
    }
}

/// What to score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// A search, in which a strategy chooses the architectures.
    Search(Box<SearchOptions>),
    /// A list of architectures.
    Score {
        /// In the space's notation.
        architectures: Vec<String>,
    },
    /// A model file.
    Onnx(ModelOptions),
}

/// A model file and how it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelOptions {
    /// The file.
    pub path: PathBuf,
    /// Which weights to use.
    #[serde(default)]
    pub weights: OnnxWeights,
    /// Which calls of activations count where an exporter may have merged several.
    #[serde(default)]
    pub merged_calls: MergedCalls,
    /// Where the statistics of batch normalisation come from.
    #[serde(default)]
    pub statistics: NormStatistics,
    /// Whether batch normalisation is put back behind convolutions into which it was folded.
    #[serde(default)]
    pub renormalise: bool,
}

impl ModelOptions {
    /// A model file, read with the default options.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    /// How the file is read; `input` is the shape of one image where the file leaves it free.
    pub fn read_options(&self, input: Option<Shape>) -> ReadOptions {
        ReadOptions {
            merged_calls: self.merged_calls,
            statistics: self.statistics,
            renormalise: self.renormalise,
            fresh_weights: self.weights == OnnxWeights::Fresh,
            input,
        }
    }
}

impl Default for Task {
    fn default() -> Self {
        Self::Search(Box::default())
    }
}

/// A complete job: what to score, how, and where to write results. A job file contains one as TOML.
///
/// ```
/// use untrained::job::{JobConfig, JobOption, Options, Task};
///
/// let mut job = JobConfig::new(Options::default(), Task::default());
/// job.set_option(JobOption::Constraint, &["params=..1M"])?;
/// assert!(job.to_text()?.contains("params=..1000000"));
/// // A wrong value names its option.
/// let error = job.set_option(JobOption::BatchSize, &["many"]).unwrap_err();
/// assert_eq!(error.to_string(), "batch-size must be a whole number, 0 or more");
/// # Ok::<(), untrained::job::JobError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JobConfig {
    /// How networks are scored.
    #[serde(default)]
    pub options: Options,
    /// What to score.
    #[serde(default)]
    pub task: Task,
    /// The file to which every record is written as soon as it is ready, .csv or .jsonl, with a
    /// manifest next to it.
    pub out: Option<PathBuf>,
    /// Whether an existing file may be replaced.
    #[serde(default)]
    pub overwrite: bool,
    /// What to do if the images are no longer those of the file that is replaced.
    #[serde(default)]
    pub images_changed: ImagesChanged,
    /// The study database that stores the results; without one, there is no study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreLocation>,
    /// What the program that uses the library brings itself; see [`run_with`](super::run_with).
    #[serde(default, skip_serializing_if = "OwnNames::is_empty")]
    pub own: OwnNames,
    /// Whether that file is only the default, so that a run continues without it if it cannot be
    /// written.
    #[serde(skip)]
    pub store_is_default: bool,
    /// Which study of that file.
    #[serde(skip)]
    pub study: StudyMode,
    /// The space file as a study has it, for one that has vanished.
    #[serde(skip)]
    pub space_copy: Option<String>,
    /// How often the study is written.
    #[serde(skip)]
    pub pace: FlushPolicy,
    /// The score that ranks given architectures; NASWOT by default.
    #[serde(skip)]
    pub listed_by: Option<Ranking>,
    /// Whether events carry kernel matrices and codes.
    #[serde(skip)]
    pub outputs: bool,
    /// The command line that started the job, for the manifest; empty if there was none.
    #[serde(skip)]
    pub command: Vec<String>,
}

/// What to do if a job is repeated with images that have changed: its scores cannot be compared with the
/// earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImagesChanged {
    /// Warn, and replace the table.
    #[default]
    Warn,
    /// Refuse to replace the table.
    Refuse,
    /// Replace the table without a word.
    Accept,
}

impl ImagesChanged {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Warn, Self::Refuse, Self::Accept];

    /// Its name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Refuse => "refuse",
            Self::Accept => "accept",
        }
    }

    /// What it means.
    pub fn about(self) -> &'static str {
        match self {
            Self::Warn => "replace the table, with a warning",
            Self::Refuse => "an error; the table stays",
            Self::Accept => "replace the table without a warning",
        }
    }
}

impl JobConfig {
    /// A job that writes no files.
    pub fn new(options: Options, task: Task) -> Self {
        Self {
            options,
            task,
            out: None,
            overwrite: false,
            images_changed: ImagesChanged::default(),
            store: None,
            own: OwnNames::default(),
            store_is_default: false,
            study: StudyMode::New,
            space_copy: None,
            pace: FlushPolicy::default(),
            listed_by: None,
            outputs: false,
            command: Vec::new(),
        }
    }

    /// The job of a stored study, with the study's copy of its space.
    ///
    /// # Errors
    ///
    /// [`JobError::Study`] if this version cannot read its options.
    pub fn of_study(study: &StudyInfo) -> Result<Self, JobError> {
        let job: Self = serde_json::from_value(study.setup.job.clone())
            .map_err(|source| JobError::Study { id: study.id.clone(), source })?;
        let space_copy = study.setup.space.as_ref().and_then(|space| space.text.clone());
        Ok(Self { space_copy, ..job })
    }

    /// The job that resumes the search with that id in a database, or joins the processes that work
    /// on it.
    ///
    /// # Errors
    ///
    /// [`JobError`] if there is no such study, this version cannot read its options, or it is not a
    /// search.
    pub fn continuing(database: &Path, study: StudyMode) -> Result<Self, JobError> {
        let id = match &study {
            StudyMode::Resume(id) | StudyMode::Join(id) => id.clone(),
            StudyMode::New => String::new(),
        };
        let stored = Store::read(database)?.find(&id)?;
        let job = Self::of_study(&stored)?;
        if !matches!(job.task, Task::Search(_)) {
            return Err(JobError::NotASearch { id: stored.id });
        }
        Ok(Self { store: Some(StoreLocation::File(database.to_owned())), study, ..job })
    }

    /// The space with overridden values; the study's copy if the file no longer exists.
    ///
    /// # Errors
    ///
    /// [`SpaceError`] as [`Options::open_space`] gives it.
    pub fn open_space(&self) -> Result<Space, SpaceError> {
        match (self.options.open_space(), &self.space_copy) {
            (Err(SpaceError::Read { source, path }), Some(text))
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                // Its values are those that were replaced already.
                Space::from_text(text, &path.display().to_string())
            }
            (result, _) => result,
        }
    }

    /// The job with the number of architectures that its search looks at on a space, and the name of what
    /// ranks them, so that a later version with other defaults resumes the same search.
    pub(super) fn with_samples(&self, space: &Space) -> Self {
        let mut job = self.clone();
        if let Task::Search(search) = &mut job.task {
            search.samples = Some(search.samples_of(space));
            if search.initial_score.is_none() {
                search.score = Some(search.score_name().to_owned());
            }
        }
        job
    }

    /// Whether the job proposes the same architectures again when it is repeated.
    pub fn repeats_exactly(&self) -> bool {
        !matches!(&self.task, Task::Search(search) if search.measures_latency())
    }

    /// The name of what the best are the best by.
    pub fn ranked_by(&self) -> &str {
        match &self.task {
            Task::Search(search) if search.trainer.is_some() || search.table.is_some() => {
                "accuracy"
            }
            Task::Search(_) if self.own.score.is_some() => {
                self.own.score.as_deref().unwrap_or_default()
            }
            Task::Search(search) if search.score_name() != SCORES[0].name => search.score_name(),
            _ => "score",
        }
    }

    /// What architectures are ranked by, without training.
    ///
    /// # Errors
    ///
    /// [`InvalidOption`] that lists the nearest names.
    pub fn ranking(&self) -> Result<Ranking, InvalidOption> {
        match &self.task {
            Task::Search(search) => search.ranking(),
            Task::Score { .. } | Task::Onnx(_) => {
                let naswot = || Ranking::Score(ScoreId(&SCORES[0]));
                Ok(self.listed_by.clone().unwrap_or_else(naswot))
            }
        }
    }

    /// What its records are ranked by, unless by their accuracies or by a program's own score.
    ///
    /// # Errors
    ///
    /// As [`JobConfig::ranking`].
    pub fn ranked_without_training(&self) -> Result<Option<Ranking>, InvalidOption> {
        match &self.task {
            Task::Search(search) if search.strategy.objective() == Objective::Accuracy => Ok(None),
            Task::Search(_) if self.own.score.is_some() => Ok(None),
            _ => self.ranking().map(Some),
        }
    }

    /// All scores that are computed.
    ///
    /// # Errors
    ///
    /// As [`JobConfig::ranking`] and [`Options::also`].
    pub fn scores(&self) -> Result<ScoreSet, InvalidOption> {
        Ok(self.ranking()?.scores().and(self.options.also()?))
    }

    /// Refuses outputs that are files which the job reads, or one another; the manifest is one of them.
    /// `written` and `read` are further files of the same call with what they are.
    ///
    /// # Errors
    ///
    /// [`OutputError`] with the file, and what it is.
    pub fn check_files(
        &self,
        written: &[(&Path, &'static str)],
        read: &[(&Path, &'static str)],
    ) -> Result<(), OutputError> {
        let mut inputs = read.to_vec();
        inputs.push((Path::new(&self.options.space), "the space file"));
        if let Some(ImageSource::Npy(file) | ImageSource::Npz { file, .. }) = &self.options.images {
            inputs.push((file, "the file of the images"));
        }
        match &self.task {
            Task::Search(search) => {
                inputs.extend(search.table.as_deref().map(|path| (path, "the benchmark table")));
            }
            Task::Onnx(model) => inputs.push((&model.path, "the model")),
            Task::Score { .. } => {}
        }
        let store = match &self.store {
            Some(StoreLocation::File(path)) => StoreLocation::files(path),
            _ => Vec::new(),
        };
        inputs.extend(store.iter().map(|path| (path.as_path(), "the study database")));
        let manifest = self.out.as_deref().map(manifest_path);
        let table = self.out.as_deref().map(|path| (path, "the table of results"));
        let manifest = manifest.as_deref().map(|path| (path, "the manifest of the results"));
        let own = table.into_iter().chain(manifest);
        let outputs: Vec<_> = own.chain(written.iter().copied()).collect();
        check_separate(&outputs, &inputs)
    }

    /// Checks what can be checked without opening anything.
    ///
    /// # Errors
    ///
    /// [`JobError::Invalid`] with the option, or an error about images or output files.
    pub fn check(&self) -> Result<(), JobError> {
        let refuse = |option, reason: &str| Err(JobError::from(InvalidOption::new(option, reason)));
        self.check_limits()?;
        let options = &self.options;
        if options.batch_size.is_some_and(|size| size < 2) {
            return refuse(JobOption::BatchSize, "must be at least 2: K compares pairs of images");
        }
        self.scores()?;
        if options.device.trim().is_empty() {
            return refuse(
                JobOption::Device,
                "is empty: use auto, cpu, gpu or part of the name of an adapter",
            );
        }
        let batch = MiniBatch::of(self.ranking()?.scores());
        options.image_overrides().check(&options.images(batch))?;
        self.check_files(&[], &[])?;
        if let Some(path) = &self.out {
            TableWriter::check(path, self.overwrite)?;
        }
        let stored = matches!(self.store, Some(StoreLocation::File(_)));
        if let Some(StoreLocation::File(path)) = &self.store {
            check_store_address(path)?;
        }
        let continued = match self.study {
            StudyMode::New => None,
            StudyMode::Resume(_) => Some(JobOption::Resume),
            StudyMode::Join(_) => Some(JobOption::Join),
        };
        if let Some(option) = continued {
            if !stored {
                return refuse(option, "needs the database with the study");
            }
            if !self.repeats_exactly() {
                return refuse(
                    option,
                    "needs a search that proposes the same architectures again, and a search with a \
                     latency constraint may not: start a new search, which reuses known scores",
                );
            }
        }
        if options.repeats == 0 {
            return refuse(JobOption::Repeats, "must be at least 1");
        }
        match &self.task {
            Task::Search(search) => search.check(),
            Task::Score { architectures } if architectures.is_empty() => {
                refuse(JobOption::Architectures, "is empty: give at least one")
            }
            Task::Onnx(_) if stored => {
                refuse(JobOption::Store, "stores only searches; a model is scored without a study")
            }
            Task::Onnx(model) => Ok(self.check_model(model)?),
            Task::Score { .. } => Ok(()),
        }
    }

    /// Checks the options of a model file.
    fn check_model(&self, model: &ModelOptions) -> Result<(), InvalidOption> {
        let refuse = |option, reason: &str| Err(InvalidOption::new(option, reason));
        let options = &self.options;
        let keeps = model.weights == OnnxWeights::Keep;
        if keeps && options.repeats > 1 {
            let reason = "needs fresh weights: those of the file are always the same";
            return refuse(JobOption::Repeats, reason);
        }
        if keeps && options.initialisation.is_some() {
            let reason = "needs fresh weights: those of the file are kept";
            return refuse(JobOption::Initialisation, reason);
        }
        if options.count == Count::Published {
            let reason = "published: a model file does not show which ReLUs begin a ReLUConvBN module; \
                          use paper or live";
            return refuse(JobOption::Count, reason);
        }
        let of_spaces = [
            (JobOption::Space, options.space != Options::default().space),
            (JobOption::Classes, options.classes.is_some()),
            (JobOption::Set, !options.set.is_empty()),
        ];
        match of_spaces.into_iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => refuse(option, "applies to search spaces, not to ONNX models"),
            None => Ok(()),
        }
    }
}
