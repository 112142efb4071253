//! What a job from a file or a study would run and write, which is confirmed before it starts.

use std::path::{Component, Path, PathBuf};

use untrained::job::{JobConfig, StoreLocation, Task};
use untrained::store::manifest_path;

/// What a job would do besides computing, if somebody else wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEffects {
    /// Where the job comes from.
    pub source: JobSource,
    /// The command that trains architectures.
    pub command: Option<String>,
    /// Files that it writes outside the folder of its own file.
    pub files: Vec<PathBuf>,
}

/// Where a job comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobSource {
    /// A job file.
    File(PathBuf),
    /// A stored study.
    Study,
}

/// A job that waits for its confirmation.
pub struct Consent {
    /// What is to be confirmed.
    pub effects: JobEffects,
    /// The job.
    pub job: JobConfig,
    /// Whether it waits for its turn once it is confirmed.
    pub waits: bool,
}

impl JobEffects {
    /// Of a study that is continued or repeated: its file is named by whoever continues it.
    pub fn of_study(job: &JobConfig) -> Self {
        let command = trainer(job).map(str::to_owned);
        Self { source: JobSource::Study, command, files: Vec::new() }
    }

    /// Of a job file.
    pub fn of_file(path: &Path, job: &JobConfig) -> Self {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = absolute.parent().unwrap_or(Path::new(""));
        let outside = |file: &PathBuf| !is_inside(file, folder);
        Self {
            source: JobSource::File(path.to_owned()),
            command: trainer(job).map(str::to_owned),
            files: written(job).into_iter().filter(outside).collect(),
        }
    }

    /// Those that a job still has which was changed since: what its user typed is the user's own.
    pub fn left_in(&self, job: &JobConfig) -> Self {
        let files = written(job);
        Self {
            source: self.source.clone(),
            command: self.command.clone().filter(|command| trainer(job) == Some(command.as_str())),
            files: self.files.iter().filter(|file| files.contains(file)).cloned().collect(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.command.is_none() && self.files.is_empty()
    }
}

fn trainer(job: &JobConfig) -> Option<&str> {
    match &job.task {
        Task::Search(search) => search.trainer.as_deref(),
        Task::Score { .. } | Task::Onnx(_) => None,
    }
}

/// The files that a job names and writes.
fn written(job: &JobConfig) -> Vec<PathBuf> {
    let table = job.out.iter().flat_map(|path| [path.clone(), manifest_path(path)]);
    let store = match &job.store {
        Some(StoreLocation::File(path)) => Some(path.clone()),
        _ => None,
    };
    table.chain(store).collect()
}

/// Whether a file lies in a folder; `..` leads anywhere.
fn is_inside(file: &Path, folder: &Path) -> bool {
    let climbs = file.components().any(|part| part == Component::ParentDir);
    !climbs && std::path::absolute(file).is_ok_and(|file| file.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use untrained::job::{Options, SearchOptions};

    use super::*;

    #[test]
    fn only_what_the_file_says_and_leads_outside_is_confirmed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.toml");
        let search =
            SearchOptions { trainer: Some("train {arch}".to_owned()), ..SearchOptions::default() };
        let task = Task::Search(Box::new(search));
        let mut job = JobConfig::new(Options::default(), task);
        job.out = Some(folder.path().join("sub/out.csv"));
        let effects = JobEffects::of_file(&path, &job);
        assert_eq!((effects.command.as_deref(), effects.files.len()), (Some("train {arch}"), 0));
        for outside in [folder.path().join("../out.csv"), "/elsewhere/out.csv".into()] {
            job.out = Some(outside.clone());
            let effects = JobEffects::of_file(&path, &job);
            assert_eq!(effects.files, [outside.clone(), manifest_path(&outside)]);
            // What is changed in the form is not the file's any more.
            let mut own = job.clone();
            own.out = None;
            if let Task::Search(search) = &mut own.task {
                search.trainer = Some("mine {arch}".to_owned());
            }
            assert!(effects.left_in(&own).is_empty());
            assert_eq!(effects.left_in(&job), effects);
        }
    }
}
