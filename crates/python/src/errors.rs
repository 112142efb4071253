//! Errors of the core as Python's exceptions, which `untrained/_errors.py` defines.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use untrained::job::{InvalidOption, JobError, chain};
use untrained::output::OutputError;
use untrained::space::{ArchitectureError, BuildError, SpaceError};
use untrained::store::StoreError;

/// The exception of that name with a message and further attributes.
pub fn exception(name: &str, message: &str, attributes: &[(&str, Py<PyAny>)]) -> PyErr {
    Python::attach(|py| {
        let make = || {
            let class = py.import("untrained._errors")?.getattr(name)?;
            let keywords = PyDict::new(py);
            for (key, value) in attributes {
                keywords.set_item(key, value)?;
            }
            class.call((message,), Some(&keywords))
        };
        make().map_or_else(|error| error, PyErr::from_value)
    })
}

fn plain(name: &str, error: &dyn std::error::Error) -> PyErr {
    exception(name, &chain(error), &[])
}

/// An error of a space, with the list of its problems.
pub fn space(error: &SpaceError) -> PyErr {
    let SpaceError::Invalid { problems, .. } = error else { return plain("SpaceError", error) };
    let list: Vec<(&str, Option<usize>, &str)> = problems
        .iter()
        .map(|problem| (problem.path.as_str(), problem.line, problem.message.as_str()))
        .collect();
    let list = Python::attach(|py| PyResult::Ok(list.into_pyobject(py)?.into_any().unbind()));
    match list {
        Ok(list) => exception("SpaceError", &chain(error), &[("problems", list)]),
        Err(error) => error,
    }
}

/// A text that is no architecture of a space.
pub fn architecture(error: &ArchitectureError) -> PyErr {
    plain("ArchitectureError", error)
}

/// A network that cannot be built.
pub fn build(error: &BuildError) -> PyErr {
    plain("ModelError", error)
}

/// A file that cannot be written.
pub fn output(error: &OutputError) -> PyErr {
    plain("OutputError", error)
}

/// A study database that cannot be used.
pub fn store(error: &StoreError) -> PyErr {
    plain("StoreError", error)
}

/// An option with its name in Python.
pub fn option(error: &InvalidOption) -> PyErr {
    let name = error.option.key().replace('-', "_");
    let message = format!("{name} {}", error.reason);
    let name = Python::attach(|py| Ok(name.into_pyobject(py)?.into_any().unbind()));
    match name {
        Ok(name) => exception("OptionError", &message, &[("option", name)]),
        Err(never) => never,
    }
}

/// An error of a job, by its kind.
pub fn job(error: &JobError) -> PyErr {
    match error {
        JobError::Space(error) => space(error),
        JobError::Architecture(error) => architecture(error),
        JobError::Invalid(error) => option(error),
        JobError::Store(error) => store(error),
        JobError::Output(error) => output(error),
        JobError::Data(_) => plain("ImageError", error),
        JobError::Backend(_) => plain("DeviceError", error),
        JobError::Benchmark(_) => plain("TableError", error),
        JobError::Onnx(_) | JobError::Unscored { .. } | JobError::Unexported { .. } => {
            plain("ModelError", error)
        }
        JobError::Table(_) | JobError::Write { .. } | JobError::ExportPath(_) => {
            plain("OutputError", error)
        }
        JobError::Unsatisfiable(_) => plain("ConstraintError", error),
        JobError::Study { .. } | JobError::NotASearch { .. } => plain("StoreError", error),
        JobError::Unwritable(_) | JobError::File { .. } | JobError::List { .. } => {
            plain("Error", error)
        }
    }
}
