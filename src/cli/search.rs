//! `search`: the architectures a strategy chooses, the best ten.

use super::args::Search;
use super::{Exit, command_line, format, show, watch};
use crate::job::{JobConfig, Task};
use crate::score::SCORES;

/// Runs the verb.
pub fn run(arguments: Search) -> anyhow::Result<Exit> {
    let config = JobConfig {
        options: arguments.options,
        task: Task::Search(arguments.search),
        out: arguments.output.out,
        overwrite: arguments.output.overwrite,
        outputs: false,
        command: command_line(),
    };
    let (summary, result) = watch::run(&config, |_, _| {});
    if !summary.best.is_empty() {
        let (by, with_sd) = ranked_by(&config);
        show(&format::ranking(&summary.best, by, with_sd))?;
    }
    result?;
    Ok(watch::conclude(&summary))
}

/// What the best are the best by, and whether it has a deviation.
fn ranked_by(config: &JobConfig) -> (&str, bool) {
    match &config.task {
        Task::Search(search) if search.trainer.is_some() => ("accuracy", false),
        Task::Search(search) if search.score != SCORES[0].name => (&search.score, false),
        _ => ("score", config.options.repeats > 1),
    }
}
