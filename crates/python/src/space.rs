//! Search spaces.

use std::path::Path;
use std::sync::Arc;

use pyo3::prelude::*;
use untrained::job::{JobConfig, Options, Task};
use untrained::seed;
use untrained::space::{Space, SpaceOverride};

use super::architecture::PyArchitecture;
use super::errors;

/// A space, and how a job names it.
pub struct SpaceSource {
    /// The space.
    pub space: Space,
    /// A job with its name, its overrides and its text.
    naming: JobConfig,
}

impl SpaceSource {
    /// The space of a job.
    pub fn of_job(config: &JobConfig) -> PyResult<Self> {
        let space = config.open_space().map_err(|error| errors::space(&error))?;
        Ok(Self { space, naming: config.clone() })
    }

    /// Lets a job use the space.
    pub fn choose(&self, config: &mut JobConfig) {
        let Options { space, set, input, classes, .. } = &self.naming.options;
        config.options.space.clone_from(space);
        config.options.set.clone_from(set);
        (config.options.input, config.options.classes) = (*input, *classes);
        config.space_copy.clone_from(&self.naming.space_copy);
    }
}

/// A name for a space without a file, which no file has.
fn unused_name(space: &Space) -> String {
    let names = (1..).map(|number| format!("{}-{number}.untrained-space", space.id()));
    names.into_iter().find(|name| !Path::new(name).exists()).unwrap_or_default()
}

/// Opens a space by its id or file, or reads the text of a space file; `overrides` are `KEY=VALUE`.
#[pyfunction]
#[pyo3(signature = (name, text, overrides))]
pub fn open_space(
    name: Option<&str>,
    text: Option<&str>,
    overrides: Vec<String>,
) -> PyResult<PySpace> {
    let parsed: Result<Vec<SpaceOverride>, String> =
        overrides.iter().map(|text| text.parse()).collect();
    let overrides = parsed.map_err(|why| errors::exception("SpaceError", &why, &[]))?;
    let mut naming = JobConfig::new(Options::default(), Task::default());
    let space = match (name, text) {
        (_, Some(text)) => Space::from_text_with(text, "the space", &overrides),
        (name, None) => Space::open_with(name.unwrap_or_default(), &overrides),
    }
    .map_err(|error| errors::space(&error))?;
    if text.is_some() {
        naming.options.space = unused_name(&space);
        naming.space_copy = Some(space.text().to_owned());
    } else {
        naming.options.space = name.unwrap_or_default().to_owned();
        naming.options.set = overrides;
    }
    Ok(PySpace(Arc::new(SpaceSource { space, naming })))
}

/// The ids of all built-in spaces.
#[pyfunction]
pub fn space_ids() -> Vec<&'static str> {
    Space::builtin_ids().collect()
}

/// A search space: a set of architectures, and how they become networks. Made by `untrained.space`.
#[pyclass(frozen, name = "Space", module = "untrained")]
pub struct PySpace(pub Arc<SpaceSource>);

impl PySpace {
    fn space(&self) -> &Space {
        &self.0.space
    }

    fn architecture(&self, architecture: untrained::Architecture) -> PyArchitecture {
        PyArchitecture { architecture, source: Arc::clone(&self.0) }
    }
}

#[pymethods]
impl PySpace {
    /// The short name under which the space is opened.
    #[getter]
    fn id(&self) -> &str {
        self.space().id()
    }

    /// The title, for people.
    #[getter]
    fn title(&self) -> &str {
        self.space().title()
    }

    /// The publication it comes from; may be empty.
    #[getter]
    fn reference(&self) -> &str {
        self.space().reference()
    }

    /// The kind of space, as in space files: `edge-cell`, `stages`, ...
    #[getter]
    fn topology(&self) -> &'static str {
        self.space().topology()
    }

    /// Shape of one image: (channels, height, width).
    #[getter]
    fn input(&self) -> (usize, usize, usize) {
        let shape = self.space().input();
        (shape.channels, shape.height, shape.width)
    }

    /// Number of classes.
    #[getter]
    fn classes(&self) -> usize {
        self.space().classes()
    }

    /// Number of architectures; 2**128 - 1 if there are more.
    #[getter]
    fn count(&self) -> u128 {
        self.space().count()
    }

    /// The operations that can be chosen, in the order of the space file.
    #[getter]
    fn operations(&self) -> Vec<&str> {
        self.space().operation_names()
    }

    /// The text of the space file, with overridden values.
    #[getter]
    fn text(&self) -> &str {
        self.space().text()
    }

    /// The architecture that a text describes: the space's notation, or the index in the benchmark's order.
    ///
    /// Raises ArchitectureError with the part that is wrong and what was expected.
    fn parse(&self, notation: &str) -> PyResult<PyArchitecture> {
        let parsed = self.space().parse(notation);
        Ok(self.architecture(parsed.map_err(|error| errors::architecture(&error))?))
    }

    /// The architecture of an index in the benchmark's order.
    ///
    /// Raises IndexError if the space has no index, or none as large.
    #[pyo3(name = "from_index")]
    fn at_index(&self, index: u64) -> PyResult<PyArchitecture> {
        let found = self.space().from_index(index).ok_or_else(|| {
            let reason = format!("the space {} has no architecture {index}", self.id());
            pyo3::exceptions::PyIndexError::new_err(reason)
        });
        Ok(self.architecture(found?))
    }

    /// Random architectures, each decision drawn uniformly; the same ones for the same seed. Architectures may
    /// repeat.
    #[pyo3(signature = (count = 1, seed = 0))]
    fn sample(&self, count: usize, seed: u64) -> Vec<PyArchitecture> {
        let mut rng = seed::stream(seed, &["architectures"]);
        (0..count).map(|_| self.architecture(self.space().sample(&mut rng))).collect()
    }

    /// Architectures in the order of the space, each once: `count` of them from the `first` on.
    #[pyo3(signature = (first = 0, count = 1000))]
    fn enumerate(&self, py: Python<'_>, first: usize, count: usize) -> Vec<PyArchitecture> {
        py.detach(|| {
            let chosen = self.space().enumerate().skip(first).take(count);
            chosen.map(|architecture| self.architecture(architecture)).collect()
        })
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.space() == other.space()
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.space().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("Space({:?}, {} architectures)", self.id(), self.count())
    }
}
