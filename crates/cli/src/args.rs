//! The arguments and their help texts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::evaluate::args::{Correlate, Protocol};
use clap::{Args, Command, Parser, Subcommand};

use untrained::job::{OnnxWeights, Options, SearchOptions};
use untrained::space::Setting;
use untrained::store::{DEFAULT_FILE, export_columns};

pub(super) const EXIT_CODES: &str = "Exit codes: 0 done, 1 nothing usable was scored, 2 wrong usage, bad input, \
                          or a file or device that cannot be used, 3 some architectures failed, \
                          130 interrupted.";

/// Score and search untrained networks without a window.
#[derive(Parser, Debug)]
#[command(
    name = "untrained --batch",
    bin_name = "untrained --batch",
    version,
    about = "Score and search untrained networks without a window. `search` is the default verb.",
    after_help = EXIT_CODES
)]
pub struct Batch {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Look for the best architectures of a space, by default NASWOT: score random ones
    Search(Box<Search>),
    /// Score given architectures or an ONNX model
    Score(Box<Score>),
    /// Run a job file; a name that ends in .toml in the place of a verb does the same
    Run(Box<RunFile>),
    /// Show an architecture's canonical form, index, sizes and layers
    Describe(Describe),
    /// List the adapters with their limits, and what `auto` takes
    Devices,
    /// List the search spaces, print the file of one, or check a file
    Spaces(Spaces),
    /// Look into a benchmark table of trained accuracies, or write it as CSV
    Benchmark(Benchmark),
    /// Compare a score and free baselines with trained accuracies
    Correlate(Box<Correlate>),
    /// Repeat the paper's search experiment: mean accuracy of what a score chooses of N architectures
    Protocol(Box<Protocol>),
    /// List, show, export, delete and merge stored studies
    Studies(Studies),
}

/// `search`.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct Search {
    #[command(flatten)]
    pub search: SearchOptions,
    #[command(flatten)]
    pub options: Options,
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
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub study: StudyArgs,
}

/// Where a search is kept.
#[derive(Args, Debug)]
pub struct StudyArgs {
    /// The file of studies that keeps the results and knows earlier scores, or none [default:
    /// untrained.db here, or beside a job file]
    #[arg(long, value_name = "FILE|none")]
    pub store: Option<String>,
    /// Go on with a study that was interrupted, with its options; --samples may grow
    #[arg(long, value_name = "ID", conflicts_with = "join")]
    pub resume: Option<String>,
    /// Take part in a study that other processes are working on
    #[arg(long, value_name = "ID")]
    pub join: Option<String>,
}

/// Where records go.
#[derive(Args, Debug)]
pub struct Output {
    /// Write every architecture as it comes to FILE.csv or FILE.jsonl, and FILE.manifest.json beside
    /// it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace existing files
    #[arg(long)]
    pub overwrite: bool,
    /// Write the whole job to FILE.toml as well; `--batch FILE.toml` repeats it
    #[arg(long, value_name = "FILE")]
    pub save_job: Option<PathBuf>,
}

/// What is scored or described.
#[derive(Args, Debug)]
pub struct Targets {
    /// Architectures in the space's notation
    #[arg(value_name = "ARCH")]
    pub architectures: Vec<String>,
    /// A file with one architecture a line; empty lines and lines that begin with # do not count
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
    /// Weights of the ONNX model: those of the file, or fresh ones
    #[arg(long, default_value = "keep", requires = "onnx", value_name = "keep|fresh")]
    pub weights: OnnxWeights,
    #[command(flatten)]
    pub options: Options,
    #[command(flatten)]
    pub output: Output,
    /// Write the kernel matrix K of the one architecture to a .npy file, uint32 [n,n]; an
    /// existing file is replaced
    #[arg(long, value_name = "FILE")]
    pub kernel_out: Option<PathBuf>,
    /// Write the binary codes of the one architecture to a .npy file, uint8 [n, ceil(V/8)], lowest
    /// bit first; a code that counts twice stands there twice; an existing file is replaced
    #[arg(long, value_name = "FILE")]
    pub codes_out: Option<PathBuf>,
    /// Draw the kernel matrices K / V of up to four architectures side by side to FILE.png or
    /// FILE.svg
    #[arg(long, value_name = "FILE")]
    pub heat_map: Option<PathBuf>,
}

/// `describe`.
#[derive(Args, Debug)]
pub struct Describe {
    #[command(flatten)]
    pub targets: Targets,
    /// One JSON object per architecture
    #[arg(long)]
    pub json: bool,
    /// Every layer with its shape
    #[arg(short, long)]
    pub verbose: bool,
    /// Search space: the id of a built-in one or a space file
    #[arg(long, default_value = "nas-bench-201", value_name = "ID|FILE")]
    pub space: String,
    /// Shape of one image, CxHxW [default: the space's]
    #[arg(long, value_name = "CxHxW", conflicts_with = "onnx")]
    pub input: Option<untrained::graph::Shape>,
    /// Number of classes [default: the space's]
    #[arg(long, value_name = "N", conflicts_with = "onnx")]
    pub classes: Option<usize>,
    /// Replace a value of the space's file, such as skeleton.cells=1; may be repeated
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "onnx")]
    pub set: Vec<Setting>,
    /// A drawing of the cells in the DOT language of Graphviz
    #[arg(long, conflicts_with_all = ["onnx", "json", "verbose"])]
    pub dot: bool,
}

/// `spaces`.
#[derive(Args, Debug)]
pub struct Spaces {
    /// What to do with the spaces; lists them by default
    #[command(subcommand)]
    pub action: Option<SpacesAction>,
}

/// What to do with the spaces.
#[derive(Subcommand, Debug)]
pub enum SpacesAction {
    /// List the built-in spaces
    List,
    /// Print the file of a space, to be edited and loaded back
    Show {
        /// The id of a built-in space, or a space file
        #[arg(value_name = "ID|FILE")]
        id: String,
        /// Replace a value of the file, such as skeleton.cells=1; may be repeated
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<Setting>,
    },
    /// Check space files and list everything that is wrong with them
    Check {
        /// Space files, TOML or JSON
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print the built-in operations, which every space file can name
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
    /// Show its format, search space, rows, data sets and metrics
    #[command(after_help = super::benchmark::formats())]
    Info {
        /// The table: a file, or a folder where the benchmark is one
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write it as CSV, an architecture a line, which is a benchmark table again
    #[command(after_help = super::benchmark::formats())]
    Convert {
        /// The table: a file, or a folder where the benchmark is one
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
    /// The file that holds the studies
    #[arg(long, global = true, default_value = DEFAULT_FILE, value_name = "FILE")]
    pub store: PathBuf,
    /// What to do with the studies; lists them by default
    #[command(subcommand)]
    pub action: Option<StudiesAction>,
}

/// What to do with the studies.
#[derive(Subcommand, Debug)]
pub enum StudiesAction {
    /// List the studies, the oldest first
    List,
    /// Show a study: its options, what happened, its best results
    Show {
        /// The study's id or its first digits
        #[arg(value_name = "ID")]
        id: String,
        /// Print its job file instead, which repeats it: studies show ID --job > job.toml
        #[arg(long)]
        job: bool,
        /// Print its space file instead, as it was: studies show ID --space > space.toml
        #[arg(long, conflicts_with = "job")]
        space: bool,
    },
    /// Write a study's results to a file for other programs
    #[command(after_help = columns_help())]
    Export {
        /// The study's id or its first digits
        #[arg(value_name = "ID")]
        id: String,
        /// The file: .csv, .jsonl (JSON Lines) or .parquet
        #[arg(value_name = "OUT")]
        out: PathBuf,
        /// Replace an existing file
        #[arg(long)]
        overwrite: bool,
    },
    /// Delete a study with its results
    Delete {
        /// The study's id or its first digits
        #[arg(value_name = "ID")]
        id: String,
        /// Delete it without asking
        #[arg(long)]
        yes: bool,
    },
    /// Copy all studies of another file into this one
    Merge {
        /// The other file, which stays as it is
        #[arg(value_name = "OTHER")]
        other: PathBuf,
    },
}

/// The columns of exported files.
fn columns_help() -> String {
    let lines =
        export_columns().map(|column| format!("  {:<13} {}", column.name, column.explanation));
    let lines: Vec<String> = lines.collect();
    format!("Columns:\n{}\n  scores.NAME   further scores, a column each", lines.join("\n"))
}

/// The arguments behind `--batch` with the program's name before them, and `search` where no verb
/// is named.
pub fn with_default_verb(rest: &[OsString]) -> Vec<OsString> {
    let mut arguments = vec![OsString::from("untrained --batch")];
    let named = match rest.first().map(|first| first.to_string_lossy()) {
        None => false,
        Some(first) => {
            !first.starts_with('-') || ["-h", "--help", "-V", "--version"].contains(&&*first)
        }
    };
    let job_file =
        rest.first().is_some_and(|first| Path::new(first).extension() == Some("toml".as_ref()));
    if job_file {
        arguments.push(OsString::from("run"));
    } else if !named {
        arguments.push(OsString::from("search"));
    }
    arguments.extend_from_slice(rest);
    arguments
}

/// The program as it is called without `--batch`, for its help.
pub fn program() -> Command {
    Command::new("untrained")
        .about("Finds good neural networks before any of them is trained")
        .override_usage(
            "untrained [SPACE|FILE]\n       untrained --batch [search] [OPTIONS]\n       untrained --batch <VERB> [OPTIONS]\n       \
             untrained --batch JOB.toml\n       untrained --batch --help",
        )
        .arg(clap::arg!([FILE] "Opens the desktop application with a space, a job file, a file of studies or an ONNX model; without it, with its start screen").value_name("SPACE|FILE"))
        .arg(clap::arg!(--batch "Work without a window; verbs: search (default), score, run, describe, devices, spaces, benchmark, correlate, protocol, studies").required(false))
        .arg(clap::arg!(-V --version "Print version").required(false))
        .after_help(EXIT_CODES)
}
