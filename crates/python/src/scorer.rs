//! Scores networks one by one, with images and a device that are opened once.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use untrained::backend::{BackendError, Cancel};
use untrained::job::{Event, JobConfig, JobError, ModelOptions, Options, Session, Task};

use super::errors;
use super::job::{Job, OptionTexts, set_options};
use super::record::PyRecord;
use super::space::PySpace;
use super::wait::{lock, wait};

/// A mini-batch and a device, ready to score architectures of a space, or a model. Made by `untrained.Scorer`.
#[pyclass(frozen, module = "untrained._untrained")]
pub struct PyScorer {
    session: Session,
    job: Arc<Job>,
}

/// Opens images and device for a space or a model.
#[pyfunction]
#[pyo3(signature = (space, model, options))]
pub fn open_scorer(
    py: Python<'_>,
    space: Option<PyRef<'_, PySpace>>,
    model: Option<PathBuf>,
    options: OptionTexts,
) -> PyResult<PyScorer> {
    let task = match model {
        Some(path) => Task::Onnx(ModelOptions::new(path)),
        None => Task::Score { architectures: Vec::new() },
    };
    let mut config = JobConfig::new(Options::default(), task);
    let source = space.map(|space| Arc::clone(&space.0));
    if let Some(source) = &source {
        source.choose(&mut config);
    }
    set_options(&mut config, &options)?;
    // What the check asks of a list of architectures holds for those that come.
    let mut checked = config.clone();
    if let Task::Score { architectures } = &mut checked.task {
        architectures.push(String::new());
    }
    checked.check().map_err(|error| errors::job(&error))?;
    let cancel = Cancel::new();
    let warnings = Mutex::new(Vec::new());
    let open = || {
        Session::open(&config, &cancel, &mut |event| {
            if let Event::Warning(text) = event {
                lock(&warnings).push(text);
            }
        })
    };
    let session = wait(py, &cancel, open, |_| Ok(()))?.map_err(|error| errors::job(&error))?;
    for text in lock(&warnings).drain(..) {
        warn(py, &text)?;
    }
    Ok(PyScorer { session, job: Arc::new(Job { config, source }) })
}

/// Something the user should know, as one of Python's warnings.
pub fn warn(py: Python<'_>, text: &str) -> PyResult<()> {
    py.import("untrained._errors")?.call_method1("notice", (text,)).map(drop)
}

#[pymethods]
impl PyScorer {
    /// The device that networks run on.
    #[getter]
    fn device(&self) -> &str {
        &self.session.device().name
    }

    /// Number of images in the mini-batch.
    #[getter]
    fn images(&self) -> usize {
        self.session.images().batch.images
    }

    /// Scores an architecture in the space's notation; a model whatever the text.
    fn score(&self, py: Python<'_>, architecture: &str) -> PyResult<PyRecord> {
        let cancel = Cancel::new();
        let work = || {
            let candidate = self.session.networks().candidate(architecture)?;
            let scored = self.session.score(vec![candidate], true, &cancel).pop().flatten();
            scored.ok_or(JobError::Backend(BackendError::Cancelled))
        };
        let scored = wait(py, &cancel, work, |_| Ok(()))?.map_err(|error| errors::job(&error))?;
        let (record, output) = (Arc::new(scored.record), scored.output.map(Arc::new));
        Ok(PyRecord { record, output, job: Arc::clone(&self.job) })
    }
}
