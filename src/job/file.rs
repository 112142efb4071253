//! Job files: a complete job as TOML.

use std::path::Path;

use super::{InvalidOption, JobConfig, JobError, JobOption, StoreLocation, Task, file_problem};
use crate::input::{InputKind, read_input_text};
use crate::output::write_output;
use crate::store::check_store_address;

impl JobConfig {
    /// The job as text. Options missing from it have their default values when it is read back.
    ///
    /// # Errors
    ///
    /// [`JobError::Unwritable`] if a value cannot be written.
    pub fn to_text(&self) -> Result<String, JobError> {
        Ok(toml::to_string_pretty(self)?)
    }

    /// Reads the text of a job; `origin` names it in messages.
    ///
    /// # Errors
    ///
    /// [`JobError::File`] with line and column, and the valid keys there.
    pub fn from_text(text: &str, origin: &Path) -> Result<Self, JobError> {
        if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
            let message = "is JSON: a job file is TOML, as --save-job writes it".to_owned();
            return Err(JobError::File { path: origin.to_owned(), message });
        }
        toml::from_str(text).map_err(|error| JobError::File {
            path: origin.to_owned(),
            message: file_problem::explain(text, &error),
        })
    }

    /// Reads a job file.
    ///
    /// # Errors
    ///
    /// [`JobError::File`].
    pub fn load(path: &Path) -> Result<Self, JobError> {
        let wrong = |message: String| JobError::File { path: path.to_owned(), message };
        let text =
            read_input_text(path, InputKind::Job).map_err(|error| wrong(error.to_string()))?;
        Self::from_text(&text, path)
    }

    /// Writes a job file.
    ///
    /// # Errors
    ///
    /// [`JobError::Output`] if it exists and may not be replaced, or cannot be written; [`JobError::Invalid`] if
    /// the job names a file that text cannot name.
    pub fn save(&self, path: &Path, overwrite: bool) -> Result<(), JobError> {
        self.check_paths_are_text()?;
        if let Some(StoreLocation::File(path)) = &self.store {
            check_store_address(path)?;
        }
        Ok(write_output(path, self.to_text()?.as_bytes(), overwrite)?)
    }
}

impl JobConfig {
    /// Refuses paths that are not UTF-8, which a job file cannot hold.
    fn check_paths_are_text(&self) -> Result<(), InvalidOption> {
        let task = match &self.task {
            Task::Search(search) => search.table.as_deref().map(|path| (JobOption::Table, path)),
            Task::Onnx(model) => Some((JobOption::Onnx, model.path.as_path())),
            Task::Score { .. } => None,
        };
        let store = match &self.store {
            Some(StoreLocation::File(path)) => Some((JobOption::Store, path.as_path())),
            _ => None,
        };
        let out = self.out.as_deref().map(|path| (JobOption::Out, path));
        match out.into_iter().chain(store).chain(task).find(|(_, path)| path.to_str().is_none()) {
            Some((option, path)) => {
                let reason = format!(
                    "cannot be saved in a job file, because the name of {} is not UTF-8: rename it",
                    path.display()
                );
                Err(InvalidOption::new(option, reason))
            }
            None => Ok(()),
        }
    }
}

/// Seeds beyond 63 bits do not fit TOML's numbers and are written as texts.
pub(super) mod seed {
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u64),
        Text(String),
    }

    pub fn serialize<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(*seed) {
            Ok(small) => serializer.serialize_i64(small),
            Err(_) => serializer.collect_str(seed),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(seed) => Ok(seed),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Options, SearchOptions, Task};

    #[test]
    fn jobs_are_read_as_they_are_written() {
        let mut options = Options { seed: u64::MAX, ..Options::default() };
        options.set.push("skeleton.cells=1".parse().unwrap());
        options.mean = Some(vec![0.5; 3]);
        let mut search = SearchOptions { samples: Some(7), ..SearchOptions::default() };
        search.constraint.push("params=..1M".parse().unwrap());
        let score = Task::Score { architectures: vec!["a|b".to_owned()] };
        for task in [Task::Search(Box::new(search)), score] {
            let mut job = JobConfig::new(options.clone(), task);
            job.out = Some("a.csv".into());
            let text = job.to_text().unwrap();
            let again = JobConfig::from_text(&text, Path::new("job.toml")).unwrap();
            assert_eq!(again.to_text().unwrap(), text);
            assert_eq!(again.options.seed, u64::MAX);
        }
    }

    #[test]
    fn an_empty_file_is_the_default_job_and_unknown_keys_are_told() {
        let read = |text: &str| JobConfig::from_text(text, Path::new("job.toml"));
        let job = read("").unwrap();
        assert_eq!(job.to_text().unwrap(), read("[task.search]\n").unwrap().to_text().unwrap());
        assert_eq!(read("[options]\nseed = 4\n").unwrap().options.seed, 4);
        for (text, part) in [
            ("[options]\nsead = 4", "line 2: options.sead: unknown key; did you mean `seed`?"),
            (
                "[task.search]\nsampels = 4",
                "task.search.sampels: unknown key; did you mean `samples`",
            ),
            ("[task.dance]\n", "task.dance: unknown key; valid: "),
            ("seed = 4", "line 1: seed: unknown key; "),
            ("[options]\n\nseed = \"x\"", "line 3: options.seed: must be a whole number"),
            (
                "[task.search]\nsamples = -3",
                "task.search.samples: must be a whole number, 0 or more",
            ),
            ("[task.search]\nsamples = \"3\"", "samples: must be a whole number, without quotes"),
            (
                "[task.search]\nstrategy = \"evolutoin\"",
                "strategy: `evolutoin` is unknown; did you mean",
            ),
            ("[task.search]\nunique = 1", "task.search.unique: must be true or false"),
            ("[options]\nmean = 0.5", "options.mean: must be a list of numbers"),
            ("[options]\nbatch-size = 2.5", "options.batch-size: must be a whole number"),
            ("options = 3", "options: must be a table, as in [options]"),
            ("[options]\nseed = ", "line 2"),
            ("null", "is JSON: a job file is TOML"),
            ("[]", "is JSON"),
            ("{}", "is JSON"),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(part) && message.contains("job.toml"), "{text}: {message}");
        }
    }
}
