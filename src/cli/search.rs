//! `search`: random architectures, the best ten.

use std::io::Write;

use super::args::Search;
use super::{Exit, format, watch};
use crate::job::{JobConfig, Task};

/// Runs the verb.
pub fn run(arguments: Search) -> anyhow::Result<Exit> {
    let config = JobConfig {
        options: arguments.options,
        task: Task::Search { samples: arguments.samples },
        out: arguments.output.out,
        overwrite: arguments.output.overwrite,
        outputs: false,
    };
    let (summary, result) = watch::run(&config, |_, _| {});
    if !summary.best.is_empty() {
        let text = format::ranking(&summary.best, config.options.repeats > 1);
        std::io::stdout().write_all(text.as_bytes())?;
    }
    result?;
    Ok(watch::conclude(&summary))
}
