//! `search`: the architectures a strategy chooses, the best ten.

use super::args::{Output, RunFile, Search};
use super::{Exit, command_line, format, score, show, watch};
use crate::job::{JobConfig, Options, Task};

/// Runs the verb.
pub fn run(arguments: Search) -> anyhow::Result<Exit> {
    let task = Task::Search(Box::new(arguments.search));
    let config = JobConfig { outputs: false, ..job(arguments.options, task, arguments.output)? };
    run_job(&config)
}

/// Runs a job file.
pub fn run_file(arguments: RunFile) -> anyhow::Result<Exit> {
    let mut config = JobConfig::load(&arguments.file)?;
    let Output { out, overwrite, save_job } = arguments.output;
    config.out = out.or(config.out);
    config.overwrite |= overwrite;
    config.command = command_line();
    if let Some(path) = save_job {
        config.save(&path, overwrite)?;
    }
    run_job(&config)
}

/// A job of the command line, written to a file if that was asked for.
pub fn job(options: Options, task: Task, output: Output) -> anyhow::Result<JobConfig> {
    let Output { out, overwrite, save_job } = output;
    let idle = overwrite && out.is_none() && save_job.is_none();
    anyhow::ensure!(!idle, "--overwrite replaces nothing: give --out or --save-job with it");
    let command = command_line();
    let config = JobConfig { out, overwrite, command, ..JobConfig::new(options, task) };
    if let Some(path) = save_job {
        config.save(&path, overwrite)?;
    }
    Ok(config)
}

fn run_job(config: &JobConfig) -> anyhow::Result<Exit> {
    if !matches!(config.task, Task::Search(_)) {
        return score::run_job(config, |_, _| {});
    }
    let (summary, result) = watch::run(config, |_, _| {});
    if !summary.best.is_empty() {
        let by = config.ranked_by();
        show(&format::ranking(&summary.best, by))?;
    }
    if let Some((name, value)) = &summary.reported {
        show(&format!("{name} of the first: {value:.4}\n"))?;
    }
    result?;
    Ok(watch::conclude(&summary))
}
