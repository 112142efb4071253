//! The study that a command line names: a new one, or one that is resumed or joined.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

use super::args::StudyArgs;
use untrained::job::{JobConfig, StoreLocation, StudyMode, Task};
use untrained::store::{DEFAULT_FILE, Store};

/// The names of the options that a command line gives, as clap calls them.
pub type Given = Vec<String>;

/// The names of the options that were given to a verb.
pub fn given(verb: &clap::ArgMatches) -> Given {
    let is_given = |name: &&clap::Id| {
        verb.value_source(name.as_str()) == Some(clap::parser::ValueSource::CommandLine)
    };
    verb.ids().filter(is_given).map(|name| name.as_str().to_owned()).collect()
}

/// Names the study of a job. A search that names no file is kept in the default one in `folder`.
pub fn choose(config: &mut JobConfig, study: StudyArgs, folder: Option<&Path>) {
    let StudyArgs { store, resume, join } = study;
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

/// The job of a stored study with the options that are given in their place: those that may not
/// differ are refused when the job starts.
pub fn job_of_study(given_job: JobConfig, given: &Given) -> anyhow::Result<JobConfig> {
    let (StudyMode::Resume(id) | StudyMode::Join(id)) = &given_job.study else {
        return Ok(given_job);
    };
    let Some(StoreLocation::File(path)) = &given_job.store else { return Ok(given_job) };
    let stored_study = Store::read(path)?.find(id)?;
    let mut merged = stored_study.setup.job.clone();
    replace(&mut merged, &serde_json::to_value(&given_job)?, given);
    let stored: JobConfig = serde_json::from_value(merged).with_context(|| {
        format!("study {} holds no job that this version can take up again", stored_study.id)
    })?;
    anyhow::ensure!(
        matches!(stored.task, Task::Search(_)),
        "study {} is no search: only searches are resumed and joined",
        stored_study.id
    );
    let JobConfig { out, overwrite, store, store_is_default, study, command, .. } = given_job;
    let space_copy = stored_study.setup.space.and_then(|space| space.text);
    Ok(JobConfig { out, overwrite, store, store_is_default, study, space_copy, command, ..stored })
}

/// Puts every value of `from` that was given in the place of the one in `into`.
fn replace(into: &mut Value, from: &Value, given: &Given) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else { return };
    for (name, value) in from {
        if value.is_object() {
            if let Some(inner) = into.get_mut(name) {
                replace(inner, value, given);
            }
        } else if given.contains(&name.replace('-', "_")) {
            into.insert(name.clone(), value.clone());
        }
    }
}

/// How a run that was interrupted is gone on with.
pub fn how_to_resume(config: &JobConfig, id: &str) -> String {
    let store = match &config.store {
        Some(StoreLocation::File(path)) if !config.store_is_default => {
            format!(" --store {}", path.display())
        }
        Some(StoreLocation::File(path)) if path != Path::new(DEFAULT_FILE) => {
            format!(" --store {}", path.display())
        }
        _ => String::new(),
    };
    format!("go on with: untrained --batch search{store} --resume {id}")
}
