//! The arguments and their help texts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::cite::Cite;
use super::evaluate::args::{Correlate, Protocol};
use super::export_args::Export;
use super::job_args::{
    DescribedModel, JobArgs, ScoredModel, SpaceOptions, SpaceOverrides, help, parser,
};
use super::paths::Paths;
use super::report::ReportArguments;
use super::text_table::PrintedTables;
use clap::{Args, Command, Parser, Subcommand, value_parser};

use untrained::input::JOB_ENDING;
use untrained::job::{JobOption, Options, SearchOptions};
use untrained::store::{DEFAULT_FILE, export_columns};
use untrained_plot::FigureWidth;

pub(super) const EXIT_CODES: &str = "Exit codes: 0 success, 1 no usable score, 2 usage error, invalid input, or \
                          a file or device that cannot be used, 3 some architectures failed, \
                          130 interrupted.";

/// Score and search untrained networks without a window.
#[derive(Parser, Debug)]
#[command(
    name = "untrained --batch",
    bin_name = "untrained --batch",
    version,
    about = "Score and search untrained networks without a window; the default command is `search`",
    after_help = EXIT_CODES
)]
pub struct CommandArguments {
    /// How tables are printed
    #[arg(long, global = true, value_enum, default_value_t = PrintedTables::Text, value_name = "FORMAT")]
    pub tables: PrintedTables,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Search a space for its best architectures; by default, rank all of them, or a random sample of a large space
    Search(Box<Search>),
    /// Score given architectures or an ONNX model
    Score(Box<Score>),
    /// Run a job file; `--batch JOB.toml` does the same
    Run(Box<RunFile>),
    /// Write architectures as ONNX models, PyTorch source, drawings or JSON, with the weights they were scored with
    Export(Box<Export>),
    /// Show the canonical form, index, size and layers of an architecture or a model
    Describe(Box<Describe>),
    /// List the GPU adapters with their limits, and the device that `auto` selects
    Devices,
    /// List the search spaces, print the file of a space, or check space files
    Spaces(Spaces),
    /// Inspect a benchmark table of trained accuracies, or convert it to CSV
    Benchmark(Benchmark),
    /// Compare a score and free baselines with trained accuracies
    Correlate(Box<Correlate>),
    /// Repeat the search experiment of the paper: mean accuracy of the highest-scoring of N architectures
    Protocol(Box<Protocol>),
    /// List, show, export, complete, merge and delete stored studies
    Studies(Studies),
    /// Write a report of a study or a table of results: one HTML file that can be sent and printed
    Report(Box<ReportArguments>),
    /// Print the BibTeX entries of the method, spaces, scores and the program
    Cite(Cite),
    /// Print where studies and settings are kept unless options say otherwise
    Paths(Paths),
}

/// `search`.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct Search {
    #[command(flatten)]
    pub search: JobArgs<SearchOptions>,
    #[command(flatten)]
    pub options: JobArgs<Options>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub study: StudyArgs,
}

/// `run`.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct RunFile {
    /// The job file, as --save-job writes it
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    pub file: Option<PathBuf>,
    /// Print the JSON Schema of job files, for editors
    #[arg(long, conflicts_with_all = ["file", "out", "overwrite", "save_job", "store", "resume", "join"])]
    pub schema: bool,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub study: StudyArgs,
}

/// Which study stores the results.
#[derive(Args, Debug)]
pub struct StudyArgs {
    #[arg(long, value_name = "FILE|URL|none", help = help(JobOption::Store), value_parser = value_parser!(PathBuf))]
    pub store: Option<PathBuf>,
    #[arg(long, value_name = "ID", conflicts_with = "join", help = help(JobOption::Resume))]
    pub resume: Option<String>,
    #[arg(long, value_name = "ID", help = help(JobOption::Join))]
    pub join: Option<String>,
    /// Run the training command that a job file or a stored study names; only if you trust it
    #[arg(long)]
    pub allow_trainer: bool,
}

/// Which files are written.
#[derive(Args, Debug)]
pub struct Output {
    #[arg(long, value_name = "FILE", help = help(JobOption::Out))]
    pub out: Option<PathBuf>,
    #[arg(long, help = help(JobOption::Overwrite))]
    pub overwrite: bool,
    #[arg(long, value_name = "warn|refuse|accept", requires = "out", help = help(JobOption::ImagesChanged), value_parser = parser(JobOption::ImagesChanged))]
    pub images_changed: Option<String>,
    /// Also write the complete job to FILE.toml; `--batch FILE.toml` runs it again
    #[arg(long, value_name = "FILE")]
    pub save_job: Option<PathBuf>,
}

/// The architectures or model to score or describe.
#[derive(Args, Debug)]
pub struct Targets {
    /// Architectures in the space's notation
    #[arg(value_name = "ARCH")]
    pub architectures: Vec<String>,
    /// A file with one architecture per line, or - for the standard input; empty lines and lines that
    /// begin with # are ignored
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// An ONNX model
    #[arg(long, value_name = "FILE", conflicts_with_all = ["architectures", "from", "space"])]
    pub onnx: Option<PathBuf>,
}

/// `score`.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct Score {
    #[command(flatten)]
    pub targets: Targets,
    #[command(flatten)]
    pub model: JobArgs<ScoredModel>,
    #[command(flatten)]
    pub options: JobArgs<Options>,
    #[command(flatten)]
    pub output: Output,
    /// Write the kernel matrix K of the architecture to a .npy file, uint32 [n, n]; an existing file
    /// is replaced
    #[arg(long, value_name = "FILE")]
    pub kernel_out: Option<PathBuf>,
    /// Write the binary codes of the architecture to a .npy file, uint8 [n, ceil(V/8)], lowest bit
    /// first; codes that count twice are written twice, and an existing file is replaced
    #[arg(long, value_name = "FILE")]
    pub codes_out: Option<PathBuf>,
    /// Draw the kernel matrices K / V of up to four architectures side by side to FILE.png, FILE.svg
    /// or FILE.pdf
    #[arg(long, value_name = "FILE")]
    pub heat_map: Option<PathBuf>,
    /// With --heat-map: its width on paper, in millimetres, or column (84 mm) or page (174 mm)
    #[arg(long, value_name = "MM|column|page", requires = "heat_map")]
    pub heat_map_width: Option<FigureWidth>,
}

/// `describe`.
#[derive(Args, Debug)]
pub struct Describe {
    #[command(flatten)]
    pub targets: Targets,
    /// Print one JSON object per architecture
    #[arg(long)]
    pub json: bool,
    /// List every layer with its shape
    #[arg(short, long)]
    pub verbose: bool,
    /// Compute the components of the combined rank, with fresh weights and on the default images, and
    /// compare them with those of random architectures of the same built-in space
    #[arg(long)]
    pub scores: bool,
    /// With --scores: the built-in space with whose architectures to compare an ONNX model
    #[arg(long, value_name = "ID", requires = "scores", requires = "onnx")]
    pub among: Option<String>,
    #[command(flatten)]
    pub model: JobArgs<DescribedModel>,
    #[command(flatten)]
    pub space: JobArgs<SpaceOptions>,
    /// Draw the cells in the DOT language of Graphviz
    #[arg(long, conflicts_with_all = ["onnx", "json", "verbose", "scores"])]
    pub dot: bool,
}

/// `spaces`.
#[derive(Args, Debug)]
pub struct Spaces {
    /// What to do with the spaces; by default, list them
    #[command(subcommand)]
    pub action: Option<SpacesAction>,
}

/// What to do with the spaces.
#[derive(Subcommand, Debug)]
pub enum SpacesAction {
    /// List the built-in spaces
    List,
    /// Print the file of a space, for editing and loading again
    Show {
        /// The ID of a built-in space, or a space file
        #[arg(value_name = "ID|FILE")]
        id: String,
        #[command(flatten)]
        overrides: JobArgs<SpaceOverrides>,
    },
    /// Write a space file with comments to begin a space of your own with
    #[command(group = clap::ArgGroup::new("start").required(true))]
    New {
        /// Begin with this built-in space
        #[arg(long, value_name = "ID", group = "start")]
        from: Option<String>,
        /// Begin with the smallest space of this kind of topology
        #[arg(long, value_name = "KIND", group = "start", value_parser = clap::builder::PossibleValuesParser::new(untrained::Space::topology_kinds()))]
        kind: Option<String>,
        /// The file to write [default: my-ID.toml]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Replace an existing file
        #[arg(long)]
        overwrite: bool,
    },
    /// Check space files and list all problems in them
    Check {
        /// Space files, TOML or JSON
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print the built-in operations that every space file can use
    Operations,
    /// Print the JSON Schema of space files, for editors
    Schema,
}

/// `benchmark`.
#[derive(Args, Debug)]
#[command(after_help = super::benchmark::formats())]
pub struct Benchmark {
    /// What to do with the table
    #[command(subcommand)]
    pub action: BenchmarkAction,
}

/// What to do with a benchmark table.
#[derive(Subcommand, Debug)]
pub enum BenchmarkAction {
    /// Show the format, search space, rows, datasets and metrics of a table
    #[command(after_help = super::benchmark::formats())]
    Info {
        /// The table: a file, or a folder for benchmarks that consist of one
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Convert a table to CSV with one architecture per line, which is also a valid benchmark table
    #[command(after_help = super::benchmark::formats())]
    Convert {
        /// The table: a file, or a folder for benchmarks that consist of one
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The file to write
        #[arg(value_name = "OUT.csv")]
        out: PathBuf,
        /// Replace an existing OUT.csv
        #[arg(long)]
        overwrite: bool,
    },
}

/// `studies`.
#[derive(Args, Debug)]
pub struct Studies {
    /// The study database: a file, or a PostgreSQL server (postgres://USER@HOST/DATABASE)
    #[arg(long, global = true, default_value = DEFAULT_FILE, value_name = "FILE")]
    pub store: PathBuf,
    /// What to do with the studies; by default, list them
    #[command(subcommand)]
    pub action: Option<StudiesAction>,
}

/// What to do with the studies.
#[derive(Subcommand, Debug)]
pub enum StudiesAction {
    /// List the studies, oldest first
    List,
    /// Show a study: its options, its events and its best results
    Show {
        /// The ID of the study, or its first digits
        #[arg(value_name = "ID")]
        id: String,
        /// Print instead the job file that runs the study again: studies show ID --job > job.toml
        #[arg(long)]
        job: bool,
        /// Print instead the study's copy of its space file: studies show ID --space > space.toml
        #[arg(long, conflicts_with = "job")]
        space: bool,
    },
    /// Export the results of a study to a file for other programs
    #[command(after_help = columns_help())]
    Export {
        /// The ID of the study, or its first digits
        #[arg(value_name = "ID")]
        id: String,
        /// The file: .csv, .jsonl (JSON Lines), .parquet, .tex (LaTeX) or .md (Markdown)
        #[arg(value_name = "OUT")]
        out: PathBuf,
        /// Replace an existing file
        #[arg(long)]
        overwrite: bool,
    },
    /// Compute the scores missing from the results of a study, and keep those already there
    #[command(after_help = EXIT_CODES)]
    Complete {
        /// The ID of the study, or its first digits
        #[arg(value_name = "ID")]
        id: String,
        /// The scores to compute (see `search --help`) [default: the components of combined]
        #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
        scores: Vec<String>,
    },
    /// Delete a study with its results
    Delete {
        /// The ID of the study, or its first digits
        #[arg(value_name = "ID")]
        id: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Copy all studies from another database into this one
    Merge {
        /// The other database, which is left unchanged
        #[arg(value_name = "OTHER")]
        other: PathBuf,
    },
}

/// Help on the columns of exported files.
fn columns_help() -> String {
    let lines =
        export_columns().map(|column| format!("  {:<13} {}", column.name, column.explanation));
    let lines: Vec<String> = lines.collect();
    format!("Columns:\n{}\n  scores.NAME   further scores, one column each", lines.join("\n"))
}

/// The arguments after `--batch`, preceded by the program's name, and by `search` if no verb is given.
pub fn with_default_verb(rest: &[OsString]) -> Vec<OsString> {
    let mut arguments = vec![OsString::from("untrained --batch")];
    let named = match rest.first().map(|first| first.to_string_lossy()) {
        None => false,
        Some(first) => {
            !first.starts_with('-') || ["-h", "--help", "-V", "--version"].contains(&&*first)
        }
    };
    let ending = rest.first().and_then(|first| Path::new(first).extension());
    let job_file = ending.is_some_and(|ending| ending == "toml" || ending == JOB_ENDING);
    if job_file {
        arguments.push(OsString::from("run"));
    } else if !named {
        arguments.push(OsString::from("search"));
    }
    arguments.extend_from_slice(rest);
    arguments
}

/// The program without `--batch`, for its help.
pub fn program() -> Command {
    Command::new("untrained")
        .about("Finds good neural network architectures without training any of them")
        .override_usage(
            "untrained [SPACE|FILE]\n       untrained --batch [search] [OPTIONS]\n       untrained --batch <COMMAND> [OPTIONS]\n       \
             untrained --batch JOB.toml\n       untrained --batch --help\n       untrained paths",
        )
        .arg(clap::arg!([FILE] "Open a space, a job file, a study database or an ONNX model in the desktop application; without this argument, its start screen").value_name("SPACE|FILE"))
        .arg(clap::arg!(--batch "Run without a window; commands: search (default), score, run, describe, devices, spaces, export, benchmark, correlate, protocol, studies, report, cite, paths").required(false))
        .arg(clap::arg!(-V --version "Print version").required(false))
        .after_help(EXIT_CODES)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    /// The error about a value of an argument, if it is refused.
    fn refusal(path: &[&str], argument: &str, value: &str) -> Option<String> {
        let words = [&["untrained"], path, &[argument, value]].concat();
        let error = CommandArguments::command().try_get_matches_from(words).err()?;
        let is_refused =
            matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
        is_refused.then(|| error.to_string())
    }

    /// The numbers of a command and those below it that have no limit; how many have one is counted.
    fn unlimited(command: &Command, path: &[&str], limited: &mut usize) -> Vec<String> {
        let mut found = Vec::new();
        for argument in command.get_arguments() {
            let Some(name) = argument.get_long().filter(|_| argument.get_action().takes_values())
            else {
                continue;
            };
            let flag = format!("--{name}");
            let is_number =
                refusal(path, &flag, "x").is_some() && refusal(path, &flag, "3").is_none();
            // Means have no limit that would save memory or time.
            if !is_number
                || ["mean", "std"].contains(&name)
                || name.trim_end_matches('s').ends_with("seed")
            {
                continue;
            }
            match refusal(path, &flag, "99999999999999") {
                Some(message) if message.contains("must be at most") => *limited += 1,
                _ => found.push(format!("{path:?} {flag}")),
            }
        }
        for inner in command.get_subcommands() {
            let path = [path, &[inner.get_name()]].concat();
            found.extend(unlimited(inner, &path, limited));
        }
        found
    }

    // What is not limited ends in an allocation that fails, or does not end.
    #[test]
    fn every_count_has_a_limit_that_is_named() {
        let mut limited = 0;
        let found = unlimited(&CommandArguments::command(), &[], &mut limited);
        assert_eq!(found, Vec::<String>::new());
        assert!(limited > 15, "only {limited} counts found");
        for [verb, flag] in [["protocol", "--runs"], ["correlate", "--resamples"]] {
            assert!(refusal(&[verb], flag, "4294967295").is_some(), "{flag}");
        }
    }
}
