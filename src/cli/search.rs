//! `search`: the architectures a strategy chooses, the best ten.

use super::args::Search;
use super::{Exit, command_line, format, show, watch};
use crate::job::{JobConfig, Task};

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
        show(&format::ranking(&summary.best, config.options.repeats > 1))?;
    }
    result?;
    Ok(watch::conclude(&summary))
}
