//! The command line: `--batch` and a command.
//!
//! Exit codes: 0 success, 1 no usable score, 2 usage error, invalid input, or a file or device that
//! cannot be used, 3 some architectures failed, 130 interrupted.
#![deny(missing_docs)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::dbg_macro,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines
)]

mod args;
mod benchmark;
mod cite;
mod command_line;
mod describe;
mod described_scores;
mod devices;
mod evaluate;
mod export;
mod export_args;
mod heat_map;
mod job_args;
mod paths;
mod progress;
mod report;
mod score;
mod search;
mod spaces;
mod studies;
mod study_args;
mod text_table;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{CommandArguments, Verb};
pub use command_line::job_command_line;
use untrained::evaluation::EvaluationError;
use untrained::format::printable_lines;
use untrained::input::{InputKind, read_input_text, read_stream_text};
use untrained::job::{JobError, JobOption};
use untrained::output::{OutputError, report_size_limits};
use untrained::space::Space;
use untrained::store::{ExportError, StoreError, TableError, is_server};
use untrained_plot::PlotError;

/// How a run ended, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything succeeded.
    Done = 0,
    /// No usable score.
    Nothing = 1,
    /// Wrong usage or bad input.
    Usage = 2,
    /// Some architectures failed.
    Partial = 3,
    /// Ctrl-C.
    Interrupted = 130,
}

/// Runs the program with its arguments, the program's name first. To be called from `main` before
/// other threads start: it sets an environment variable.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    ExitCode::from(run(arguments) as u8)
}

/// The same for a caller that ends the process itself.
pub fn run(arguments: Vec<OsString>) -> Exit {
    report_size_limits();
    match arguments.get(1) {
        Some(first) if first == "--batch" => batch(&arguments[2..]),
        _ => no_batch(&arguments),
    }
}

/// The file or space ID with which the window should open, if the arguments ask for a window: either
/// there are none, or there is one that is such a name.
pub fn window(arguments: &[OsString]) -> Option<Option<PathBuf>> {
    report_size_limits();
    let is_space = |name: &OsString| Space::builtin_ids().any(|id| name == id);
    match arguments.get(1..) {
        None | Some([]) => Some(None),
        Some([name])
            if Path::new(name).is_file() || is_space(name) || is_server(Path::new(name)) =>
        {
            Some(Some(name.into()))
        }
        Some(_) => None,
    }
}

/// The exit code after a window was closed, or could not be opened, which is reported with what to do
/// instead.
pub fn after_window(result: Result<(), impl std::fmt::Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::from(Exit::Done as u8),
        Err(why) => {
            log_line(&format!("{why}: use `untrained --batch`, see `untrained --help`"));
            ExitCode::from(Exit::Usage as u8)
        }
    }
}

/// Without `--batch` and without a window.
fn no_batch(arguments: &[OsString]) -> Exit {
    let mut command = args::program();
    let first = arguments.get(1);
    if let Some(second) = arguments.get(2)
        && window(&arguments[..2]).is_some()
    {
        let second = second.to_string_lossy();
        log_line(&format!(
            "`{second}`: the window opens one file or space; see `untrained --help`"
        ));
        return Exit::Usage;
    }
    match first.map(|first| first.to_string_lossy()) {
        None => {
            let notice = "This program was built without its desktop application; the command line is available.";
            let _ = writeln!(std::io::stdout(), "{notice}\n\n{}", command.render_help());
            Exit::Done
        }
        Some(flag) if flag == "-h" || flag == "--help" => {
            let _ = writeln!(std::io::stdout(), "{}", command.render_long_help());
            Exit::Done
        }
        Some(flag) if flag == "-V" || flag == "--version" => {
            let _ = writeln!(std::io::stdout(), "untrained {}", env!("CARGO_PKG_VERSION"));
            Exit::Done
        }
        // Whoever asks where the window keeps things need not know of --batch.
        Some(name) if name == "paths" => batch(&arguments[1..]),
        Some(other) => {
            log_line(&format!(
                "`{other}` is not a file, space or option; to run without a window, start with --batch, as in \
                 `untrained --batch search`; see `untrained --help`"
            ));
            Exit::Usage
        }
    }
}

/// Keeps a Vulkan layer of Mesa's from connecting to a window system, which complains on stderr where
/// there is none; adapters are chosen by us, not by the layer.
#[cfg(target_os = "linux")]
fn keep_layers_quiet() {
    // SAFETY: `main` is called when the program starts and has no other thread; see there.
    unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
}

#[cfg(not(target_os = "linux"))]
fn keep_layers_quiet() {}

fn batch(rest: &[OsString]) -> Exit {
    keep_layers_quiet();
    let matches = CommandArguments::command().try_get_matches_from(args::with_default_verb(rest));
    let parsed =
        matches.and_then(|matches| Ok((CommandArguments::from_arg_matches(&matches)?, matches)));
    let (parsed, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.kind() == clap::error::ErrorKind::InvalidUtf8 => {
            log_line(&not_text(rest));
            return Exit::Usage;
        }
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    text_table::set_format(parsed.tables);
    let result = match parsed.verb {
        Verb::Search(arguments) => {
            let given = matches.subcommand().map(|(_, verb)| job_args::given(verb));
            search::run(*arguments, &given.unwrap_or_default())
        }
        Verb::Score(arguments) => score::run(*arguments),
        Verb::Run(arguments) => search::run_file(*arguments),
        Verb::Export(arguments) => {
            let given = matches.subcommand().map(|(_, verb)| job_args::given(verb));
            export::run(&arguments, &given.unwrap_or_default())
        }
        Verb::Describe(arguments) => describe::run(&arguments),
        Verb::Devices => devices::run(),
        Verb::Spaces(arguments) => spaces::run(&arguments),
        Verb::Benchmark(arguments) => benchmark::run(&arguments),
        Verb::Correlate(arguments) => evaluate::correlate::run(*arguments),
        Verb::Protocol(arguments) => evaluate::protocol::run(&arguments),
        Verb::Studies(arguments) => studies::run(&arguments),
        Verb::Report(arguments) => report::run(&arguments),
        Verb::Cite(arguments) => cite::run(&arguments),
        Verb::Paths(arguments) => paths::run(&arguments),
    };
    match result {
        Ok(exit) => exit,
        Err(error) => {
            log_line(&with_flags(&error));
            Exit::Usage
        }
    }
}

/// What to say of an argument that is not UTF-8 although it is kept as text: the first without which the
/// others can be read.
fn not_text(rest: &[OsString]) -> String {
    let mut readable = rest.to_vec();
    let mut found = String::new();
    for (at, argument) in rest.iter().enumerate() {
        if argument.to_str().is_some() {
            continue;
        }
        found = argument.to_string_lossy().into_owned();
        let option = at.checked_sub(1).and_then(|before| rest[before].to_str());
        if let Some(option) = option.filter(|text| text.starts_with("--") && !text.contains('=')) {
            found = format!("{option} {found}");
        }
        readable[at] = "x".into();
        let again =
            CommandArguments::command().try_get_matches_from(args::with_default_verb(&readable));
        let is_still_wrong =
            |error: clap::Error| error.kind() == clap::error::ErrorKind::InvalidUtf8;
        if !again.is_err_and(is_still_wrong) {
            break;
        }
    }
    format!(
        "`{found}` is not UTF-8, but jobs keep it as text: rename the file or folder, or use a link with \
         such a name"
    )
}

/// Writes to stdout. A reader that closes the pipe (`| head`) is no error and hides none.
fn show(text: &str) -> std::io::Result<()> {
    match std::io::stdout().write_all(printable_lines(text).as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// The command line, for manifests.
fn command_line() -> Vec<String> {
    std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// A message on stderr. Lines after the first are indented, so that none looks like another message.
fn log_line(message: &str) {
    let message = printable_lines(message).replace('\n', "\n  ");
    let _ = writeln!(std::io::stderr(), "untrained: {message}");
}

/// An error with the flag that helps, where there is one.
fn with_flags(error: &anyhow::Error) -> String {
    if output_error(error).is_some_and(OutputError::is_exists) {
        return format!("{error:#} (--overwrite)");
    }
    if store_error(error).is_some_and(StoreError::is_wrong_file) {
        return format!("{error:#} (--store)");
    }
    // The core names options as job files do; here they are flags.
    let is_option = match error.downcast_ref() {
        Some(error @ JobError::Invalid(_) | error @ JobError::Data(_)) => {
            // Architectures are named without one.
            error.option().is_some_and(|option| option != JobOption::Architectures)
        }
        _ => false,
    };
    if is_option { format!("--{error:#}") } else { format!("{error:#}") }
}

/// The file of studies that cannot be used, if that is what went wrong.
fn store_error(error: &anyhow::Error) -> Option<&StoreError> {
    let job = error.downcast_ref().and_then(|error| match error {
        JobError::Store(error) => Some(error),
        _ => None,
    });
    let evaluation = error.downcast_ref().and_then(|error| match error {
        EvaluationError::Store(error) => Some(error),
        _ => None,
    });
    let export = error.downcast_ref().and_then(|error| match error {
        ExportError::Store(error) => Some(error),
        _ => None,
    });
    error.downcast_ref().or(job).or(evaluation).or(export)
}

/// The file that could not be written, if that is what went wrong.
fn output_error(error: &anyhow::Error) -> Option<&OutputError> {
    let job = error.downcast_ref().and_then(|error| match error {
        JobError::Output(error) | JobError::Table(TableError::Output(error)) => Some(error),
        _ => None,
    });
    let table = error.downcast_ref().and_then(|error| match error {
        TableError::Output(error) => Some(error),
        TableError::Format(_) | TableError::ImagesChanged(_) => None,
    });
    let export = error.downcast_ref().and_then(|error| match error {
        ExportError::Output(error) => Some(error),
        _ => None,
    });
    let plot = error.downcast_ref().and_then(|error| match error {
        PlotError::Output(error) => Some(error),
        _ => None,
    });
    error.downcast_ref().or(job).or(table).or(export).or(plot)
}

/// The architectures of a command line: given ones, then those of a file, one a line.
fn architectures(targets: &args::Targets) -> anyhow::Result<Vec<String>> {
    let list = architectures_of(&targets.architectures, targets.from.as_deref())?;
    if list.is_empty() {
        anyhow::bail!(
            "no architecture given: give one or more, a file with one per line (--from), or a model (--onnx)"
        );
    }
    Ok(list)
}

/// Architectures that are given, and those of a file with one per line.
fn architectures_of(given: &[String], from: Option<&Path>) -> anyhow::Result<Vec<String>> {
    let mut list = given.to_vec();
    if let Some(path) = from {
        let text = match path.as_os_str() == "-" {
            true => read_stream_text(std::io::stdin(), InputKind::ArchitectureList),
            false => read_input_text(path, InputKind::ArchitectureList),
        }
        .map_err(|error| JobError::List { path: path.to_owned(), source: error.into() })?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        list.extend(lines.filter(|line| !line.starts_with('#')).map(str::to_owned));
    }
    Ok(list)
}

/// The command of `--batch`, for tests and documentation.
pub fn command() -> clap::Command {
    CommandArguments::command()
}
