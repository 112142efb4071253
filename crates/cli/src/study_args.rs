//! The study of a command line: a new one, or one to resume or join.

use std::path::{Path, PathBuf};

use super::args::StudyArgs;
use super::command_line::quoted;
use untrained::format::printable;
use untrained::job::{JobConfig, JobOption, StoreLocation, StudyMode, Task};
use untrained::store::DEFAULT_FILE;

/// Names the study of a job. A search that names no file is kept in the default one in `folder`.
pub fn choose(config: &mut JobConfig, study: StudyArgs, folder: Option<&Path>) {
    let StudyArgs { store, resume, join, allow_trainer: _ } = study;
    config.store = store.map(StoreLocation::from).or(config.store.take());
    if config.store.is_none() && matches!(config.task, Task::Search(_)) {
        config.store = Some(StoreLocation::File(default_file(folder)));
        config.store_is_default = true;
    }
    config.study = match (resume, join) {
        (Some(id), _) => StudyMode::Resume(id),
        (None, Some(id)) => StudyMode::Join(id),
        (None, None) => StudyMode::New,
    };
}

fn default_file(folder: Option<&Path>) -> PathBuf {
    folder.map_or_else(|| DEFAULT_FILE.into(), |folder| folder.join(DEFAULT_FILE))
}

/// The job of a stored study with the options that are given in place of its own: those that may not
/// differ are refused when the job starts.
pub fn job_of_study(given_job: JobConfig, given: &[JobOption]) -> anyhow::Result<JobConfig> {
    let (StudyMode::Resume(_) | StudyMode::Join(_), Some(StoreLocation::File(database))) =
        (&given_job.study, &given_job.store)
    else {
        return Ok(given_job);
    };
    let mut stored = JobConfig::continuing(database, given_job.study.clone())?;
    // Its copy stands for its own file, not for one that is given now.
    if given.contains(&JobOption::Space) {
        stored.space_copy = None;
    }
    let changed: Vec<JobOption> =
        given.iter().copied().filter(|option| option.path().contains('.')).collect();
    let stored = stored.with_options(&given_job, &changed)?;
    let JobConfig { out, overwrite, store_is_default, command, .. } = given_job;
    Ok(JobConfig { out, overwrite, store_is_default, command, ..stored })
}

/// Refuses a training command that comes from a file unless it is allowed: it could be any program.
pub fn check_trainer(config: &JobConfig, source: &str, is_allowed: bool) -> anyhow::Result<()> {
    if let (Some(command), false) = (trainer(config), is_allowed) {
        anyhow::bail!(
            "{source} runs a program of its own for every architecture it trains: {}; if you trust it, add \
             --allow-trainer",
            printable(command)
        );
    }
    Ok(())
}

fn trainer(config: &JobConfig) -> Option<&str> {
    match &config.task {
        Task::Search(search) => search.trainer.as_deref(),
        _ => None,
    }
}

/// How to resume a run that was interrupted.
pub fn how_to_resume(config: &JobConfig, id: &str) -> String {
    let store = match &config.store {
        Some(StoreLocation::File(path))
            if !config.store_is_default || path != Path::new(DEFAULT_FILE) =>
        {
            format!(" --store {}", quoted(&path.to_string_lossy()))
        }
        _ => String::new(),
    };
    let allowed = if trainer(config).is_some() { " --allow-trainer" } else { "" };
    format!("resume with: untrained --batch search{store} --resume {id}{allowed}")
}
