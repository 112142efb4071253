//! Searches.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use untrained::backend::Cancel;
use untrained::job::{
    self, Event, JobConfig, JobError, Options, OwnParts, StoreLocation, StudyMode, Summary, Task,
};
use untrained::search::ObservedValues;
use untrained::store::Record;

use super::errors::{self, exception};
use super::job::{Job, OptionTexts, set_options};
use super::own::{Failure, PyScore, PyStrategy};
use super::scorer::warn;
use super::space::{PySpace, SpaceSource};
use super::studies::PyStudy;
use super::wait::{lock, wait};

/// What Python brings to a search; the names are those by which a study knows them.
#[derive(FromPyObject)]
pub struct OwnObjects {
    strategy: Option<(String, Py<PyAny>)>,
    score: Option<(String, Py<PyAny>)>,
    /// How many proposals of the strategy may be without a value at a time.
    parallel: u64,
    /// Called with the number of results, how many there will be, and the best value.
    progress: Option<Py<PyAny>>,
}

/// What a running search has told.
#[derive(Default)]
struct Told {
    records: Vec<Record>,
    total: Option<u64>,
    best: Option<f64>,
    study: Option<String>,
    warnings: Vec<String>,
}

/// Runs a search.
#[pyfunction]
pub fn run_search(
    py: Python<'_>,
    space: PyRef<'_, PySpace>,
    options: OptionTexts,
    store: Option<PathBuf>,
    own: OwnObjects,
) -> PyResult<PyStudy> {
    let mut config = JobConfig::new(Options::default(), Task::default());
    space.0.choose(&mut config);
    set_options(&mut config, &options)?;
    config.store = store.map(StoreLocation::File);
    config.own.strategy = own.strategy.as_ref().map(|(name, _)| name.clone());
    config.own.score = own.score.as_ref().map(|(name, _)| name.clone());
    run(py, config, Arc::clone(&space.0), own)
}

/// Resumes or joins a study.
#[pyfunction]
pub fn resume_search(
    py: Python<'_>,
    store: PathBuf,
    study: (String, bool),
    options: OptionTexts,
    own: OwnObjects,
    allow_trainer: bool,
) -> PyResult<PyStudy> {
    let (id, joins) = study;
    let mode = if joins { StudyMode::Join(id) } else { StudyMode::Resume(id) };
    let mut config = JobConfig::continuing(&store, mode).map_err(|error| errors::job(&error))?;
    set_options(&mut config, &options)?;
    if let Task::Search(search) = &config.task
        && let (Some(command), false) = (&search.trainer, allow_trainer)
    {
        let message = format!(
            "the study runs a program of its own for every architecture it trains: {command}; if you trust it, \
             add allow_trainer=True"
        );
        return Err(exception("OptionError", &message, &[]));
    }
    let source = Arc::new(SpaceSource::of_job(&config)?);
    run(py, config, source, own)
}

fn run(
    py: Python<'_>,
    config: JobConfig,
    source: Arc<SpaceSource>,
    own: OwnObjects,
) -> PyResult<PyStudy> {
    let OwnObjects { strategy, score, parallel, progress } = own;
    let job = Arc::new(Job { config, source: Some(source) });
    let cancel = Arc::new(Cancel::new());
    let (failure, told) = (Failure::new(&cancel), Mutex::new(Told::default()));
    let parts = Parts { strategy, score, parallel };
    let work = || parts.run(&job, &cancel, &failure, &told);
    let mut shown = 0;
    let result = wait(py, &cancel, work, |py| {
        let (done, total, best, warnings) = {
            let mut told = lock(&told);
            (told.records.len(), told.total, told.best, std::mem::take(&mut told.warnings))
        };
        for text in warnings {
            warn(py, &text)?;
        }
        match &progress {
            Some(progress) if done > shown => {
                shown = done;
                progress.bind(py).call1((done, total, best)).map(drop)
            }
            _ => Ok(()),
        }
    });
    let told = told.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let stored = job.config.store.as_ref().zip(told.study.as_ref());
    if let (Err(_), Some((StoreLocation::File(path), id))) = (&result, stored) {
        warn(py, &format!("stopped: go on with untrained.resume({:?}, {id:?})", path))?;
    }
    let result = match failure.take() {
        Some(error) => return Err(error),
        None => result?,
    };
    let summary = result.map_err(|error| errors::job(&error))?;
    Ok(PyStudy::new(job, told.records, told.study, &summary))
}

/// What a search is started with on its own thread.
struct Parts {
    strategy: Option<(String, Py<PyAny>)>,
    score: Option<(String, Py<PyAny>)>,
    parallel: u64,
}

impl Parts {
    fn run(
        self,
        job: &Arc<Job>,
        cancel: &Arc<Cancel>,
        failure: &Failure,
        told: &Mutex<Told>,
    ) -> Result<Summary, JobError> {
        let Task::Search(search) = &job.config.task else { return Ok(Summary::default()) };
        let mut parts = OwnParts::default();
        if let (Some((_, strategy)), Some(source)) = (self.strategy, &job.source) {
            parts.strategy = Some(Box::new(PyStrategy {
                strategy,
                source: Arc::clone(source),
                samples: search.samples,
                parallel: self.parallel.max(1),
                failure: failure.clone(),
                proposed: 0,
                observed: 0,
                values: ObservedValues::default(),
            }));
        }
        if let Some((_, function)) = self.score {
            let (job, failure) = (Arc::clone(job), failure.clone());
            parts.score = Some(Box::new(PyScore { function, job, failure }));
        }
        job::run_with(&job.config, parts, cancel, &mut |event| {
            let mut told = lock(told);
            match event {
                Event::Started(started) => {
                    (told.total, told.study) = (started.total, started.study);
                }
                Event::Warning(text) => told.warnings.push(text),
                Event::Scored { record, .. } => {
                    let best = told.best.unwrap_or(f64::NEG_INFINITY).max(record.rank_score());
                    told.best = Some(best).filter(|best| best.is_finite());
                    told.records.push(*record);
                }
            }
        })
    }
}
