//! `protocol`: the paper's search experiment.

use serde::Serialize;

use super::super::{Exit, log_line, progress, show};
use super::args::Protocol as Arguments;
use super::{Compared, EvaluationFacts, check_files, compare, text};
use untrained::evaluation::search_experiment;
use untrained::statistics::{ProtocolError, ProtocolOptions, ProtocolReport};

/// The JSON object.
#[derive(Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    facts: EvaluationFacts<'a>,
    #[serde(flatten)]
    protocol: &'a ProtocolReport,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let Arguments { source, sizes, runs, .. } = arguments;
    if *runs == 0 || sizes.contains(&0) {
        return Err(ProtocolError::Zero.into());
    }
    check_files(source, None)?;
    let validation = arguments.validation.as_deref();
    let Compared { comparison: compared, exit } =
        match compare(source, validation, arguments.overwrite)? {
            Ok(compared) => compared,
            Err(exit) => return Ok(exit),
        };
    let options =
        ProtocolOptions { sizes: sizes.clone(), runs: *runs, seed: source.options.0.seed };
    // What an interrupted run has scored is reported; a second Ctrl-C ends the process.
    let cancel = progress::cancelled_by_ctrl_c();
    let cancelled = || exit != Exit::Interrupted && cancel.is_cancelled();
    let protocol = match search_experiment(&compared.joined, &options, &cancelled) {
        Err(ProtocolError::Cancelled) => {
            log_line("interrupted");
            return Ok(Exit::Interrupted);
        }
        result => result?,
    };
    show(&if arguments.json {
        let facts = EvaluationFacts::new(&compared, source);
        serde_json::to_string_pretty(&Outcome { facts, protocol: &protocol })? + "\n"
    } else {
        text::protocol(&compared, &protocol)
    })?;
    Ok(exit)
}
