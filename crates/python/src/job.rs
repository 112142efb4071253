//! Options of Python as options of a job: the same names, with underscores.

use std::sync::Arc;

use pyo3::prelude::*;
use untrained::job::{JobConfig, JobOption, Task};
use untrained::score::{COMBINED, SCORES};

use super::errors;
use super::space::SpaceSource;

/// What results come from.
pub struct Job {
    /// The job.
    pub config: JobConfig,
    /// Its space; none for a model.
    pub source: Option<Arc<SpaceSource>>,
}

/// Options by name, each with its values as texts; a switch that is on has none.
pub type OptionTexts = Vec<(String, Vec<String>)>;

/// Sets options of a job; returns which.
pub fn set_options(config: &mut JobConfig, options: &OptionTexts) -> PyResult<Vec<JobOption>> {
    let mut given = Vec::new();
    for (name, values) in options {
        let Some(option) = JobOption::by_key(&name.replace('_', "-")) else {
            let message = format!("there is no option {name}");
            return Err(errors::exception("OptionError", &message, &[]));
        };
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        config.set_option(option, &values).map_err(|error| errors::option(&error))?;
        given.push(option);
    }
    if let Task::Search(search) = &config.task {
        search.check_given(&given).map_err(|error| errors::job(&error))?;
    }
    Ok(given)
}

/// The names of all options of a task ("search", "score" or "onnx"), with what they do.
#[pyfunction]
pub fn option_names(task: &str) -> Vec<(String, &'static str)> {
    let of_task = format!("task.{task}.");
    let is_of_task = |option: &&JobOption| {
        let path = option.path();
        path.starts_with("options.") || path.starts_with(&of_task)
    };
    let named = |option: &JobOption| (option.key().replace('-', "_"), option.info().help);
    JobOption::ALL.iter().filter(is_of_task).map(named).collect()
}

/// The names of all scores that can rank a search, with what they are.
#[pyfunction]
pub fn score_names() -> Vec<(&'static str, &'static str)> {
    let combined = (COMBINED, "the sum of the logarithms of the ranks in several scores");
    let each = SCORES.iter().map(|score| (score.name, score.about));
    std::iter::once(combined).chain(each).collect()
}
