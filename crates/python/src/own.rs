//! Strategies and scores of Python as those of the core. They are called on the thread of the search.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use untrained::backend::Cancel;
use untrained::job::{OwnScore, ScoredNetwork};
use untrained::search::{NextStep, Objective, ObservedValues, Strategy, TrialValue, Unsatisfiable};
use untrained::{Architecture, Space};

use super::architecture::PyArchitecture;
use super::errors;
use super::job::Job;
use super::record::PyRecord;
use super::space::SpaceSource;
use super::wait::lock;

/// The first exception that was raised in a search, which ends it.
#[derive(Clone)]
pub struct Failure {
    cancel: Arc<Cancel>,
    error: Arc<Mutex<Option<PyErr>>>,
}

impl Failure {
    /// None yet; one cancels the search.
    pub fn new(cancel: &Arc<Cancel>) -> Self {
        Self { cancel: Arc::clone(cancel), error: Arc::default() }
    }

    /// Takes it, if there is one.
    pub fn take(&self) -> Option<PyErr> {
        lock(&self.error).take()
    }

    /// The value, or nothing and the end of the search.
    fn caught<T>(&self, result: PyResult<T>) -> Option<T> {
        let error = match result {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        lock(&self.error).get_or_insert(error);
        self.cancel.cancel();
        None
    }
}

/// A strategy in Python: an object with `propose()` and `observe(architecture, value)`.
pub struct PyStrategy {
    pub strategy: Py<PyAny>,
    pub source: Arc<SpaceSource>,
    /// How many architectures may be proposed in all.
    pub samples: Option<u64>,
    /// How many may be without a value at a time.
    pub parallel: u64,
    pub failure: Failure,
    pub proposed: u64,
    pub observed: u64,
    pub values: ObservedValues,
}

impl PyStrategy {
    fn space(&self) -> &Space {
        &self.source.space
    }

    /// Asks Python; `None` for no more.
    fn propose(&self, py: Python<'_>) -> PyResult<Option<Architecture>> {
        let proposed = self.strategy.bind(py).call_method0("propose")?;
        if proposed.is_none() {
            return Ok(None);
        }
        if let Ok(own) = proposed.cast::<PyArchitecture>()
            && own.get().architecture.space() == self.space()
        {
            return Ok(Some(own.get().architecture.clone()));
        }
        let parsed = self.space().parse(&proposed.str()?.to_cow()?);
        Ok(Some(parsed.map_err(|error| errors::architecture(&error))?))
    }
}

impl Strategy for PyStrategy {
    fn next(&mut self) -> Result<NextStep, Unsatisfiable> {
        if self.samples.is_some_and(|samples| self.proposed >= samples) {
            return Ok(NextStep::Done);
        }
        if self.proposed - self.observed >= self.parallel {
            return Ok(NextStep::Wait);
        }
        let proposed = Python::attach(|py| self.failure.caught(self.propose(py)));
        Ok(match proposed.flatten() {
            Some(architecture) => {
                self.proposed += 1;
                NextStep::Propose(architecture, Objective::Score)
            }
            None => NextStep::Done,
        })
    }

    fn observe(&mut self, architecture: &Architecture, _objective: Objective, value: &TrialValue) {
        self.observed += 1;
        self.values.add(architecture, value);
        let value = self.values.number(value);
        let (architecture, source) = (architecture.clone(), Arc::clone(&self.source));
        Python::attach(|py| {
            let told = (PyArchitecture { architecture, source }, value);
            let result = self.strategy.bind(py).call_method1("observe", told);
            self.failure.caught(result.map(drop));
        });
    }

    fn total(&self) -> Option<u64> {
        self.samples
    }
}

/// A score in Python: a function of a `Result` that returns a number.
pub struct PyScore {
    pub function: Py<PyAny>,
    pub job: Arc<Job>,
    pub failure: Failure,
}

impl OwnScore for PyScore {
    fn value(&mut self, _architecture: &Architecture, network: &ScoredNetwork) -> Option<f64> {
        let record = PyRecord {
            record: Arc::new(network.record.clone()),
            output: network.output.clone().map(Arc::new),
            job: Arc::clone(&self.job),
        };
        Python::attach(|py| {
            let value = self.function.bind(py).call1((record,));
            self.failure.caught(value.and_then(|value| value.extract::<f64>()))
        })
    }
}
