//! The arguments of `correlate` and `protocol`.

use std::path::PathBuf;

use clap::{Args, Id};

use crate::job_args::{JobArgs, OptionGroup, count_up_to};

use untrained::job::{JobOption, Options, StoreLocation};
use untrained::statistics::{ProtocolOptions, ReportOptions};
use untrained::store::DEFAULT_FILE;
use untrained_plot::FigureWidth;

/// Where accuracies and scores come from.
#[derive(Args, Debug)]
pub struct Source {
    /// The benchmark table of trained accuracies (see `benchmark info`)
    #[arg(long, value_name = "FILE")]
    pub table: PathBuf,
    /// The metric of the table to use as accuracy
    #[arg(long, value_name = "NAME")]
    pub metric: String,
    /// Read scores from a file: a table written by --out, or any .csv or .jsonl file with the columns
    /// architecture and score (status, regions and seconds are read as well)
    #[arg(long, value_name = "FILE", conflicts_with_all = not_with_scores())]
    pub scores: Option<PathBuf>,
    /// The column of --scores that holds the score [default: score]
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
    /// Read scores from a stored study, given by its ID or the first digits of it (see `studies`)
    #[arg(long, value_name = "ID", conflicts_with_all = not_with_study())]
    pub study: Option<String>,
    /// The database that provides earlier scores and stores new ones: a file, a PostgreSQL server
    /// (postgres://USER@HOST/DATABASE) or none [default: untrained.db]
    #[arg(long, value_name = "FILE|URL|none", conflicts_with = "scores")]
    pub store: Option<PathBuf>,
    /// Without --scores and --study: number of architectures to score now, drawn uniformly from the
    /// table without replacement
    #[arg(long, default_value_t = 1000, value_parser = count_up_to::<usize>(1_000_000_000), value_name = "N")]
    pub samples: usize,
    /// The score that ranks architectures (see `search --help`) [default: the score of the study,
    /// otherwise naswot]
    #[arg(long, value_name = "NAME")]
    pub score: Option<String>,
    /// Write every architecture scored now to FILE (.csv or .jsonl), and a manifest to
    /// FILE.manifest.json
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub options: JobArgs<Options>,
}

impl Source {
    /// The study database, or none.
    pub fn keep(&self) -> StoreLocation {
        StoreLocation::from(self.store.clone().unwrap_or_else(|| DEFAULT_FILE.into()))
    }
}

/// Options that say which space, and how anything random is drawn.
const SPACE_AND_SEED: [JobOption; 5] =
    [JobOption::Space, JobOption::Input, JobOption::Classes, JobOption::Set, JobOption::Seed];

/// Every option of scoring but those.
fn scoring_but(kept: &[JobOption]) -> Vec<Id> {
    let options = Options::options().into_iter().filter(|option| !kept.contains(option));
    options.map(|option| option.key().into()).collect()
}

/// Scores that are there are not computed.
fn not_with_scores() -> Vec<Id> {
    let others = ["study", "samples", "score", "out"].map(Id::from);
    scoring_but(&SPACE_AND_SEED).into_iter().chain(others).collect()
}

/// A study knows its space as well.
fn not_with_study() -> Vec<Id> {
    let others = ["scores", "samples", "out"].map(Id::from);
    scoring_but(&[JobOption::Seed]).into_iter().chain(others).collect()
}

/// `correlate`.
#[derive(Args, Debug)]
#[command(after_help = super::super::args::EXIT_CODES)]
pub struct Correlate {
    #[command(flatten)]
    pub source: Source,
    /// Resamples for the 95 % bootstrap intervals, at most 100,000; 0 omits them
    #[arg(long, default_value_t = ReportOptions::default().resamples, value_parser = count_up_to::<u32>(100_000), value_name = "N")]
    pub resamples: u32,
    /// Compare all scores and combined in one table, with the accuracy that a search by each of them
    /// reaches. From a study or file, the scores it contains are compared; if architectures are scored
    /// now, all scores, or the components of combined and those of --also
    #[arg(long, conflicts_with_all = ["score", "paper_filter"])]
    pub all: bool,
    /// With --all: score the same architectures with each of these seeds of images and weights, and report
    /// means and ranges
    #[arg(long, value_name = "S,..", value_delimiter = ',', requires = "all", conflicts_with_all = not_repeated())]
    pub seeds: Vec<u64>,
    /// With --all: score on each of these mini-batches, such as noise:4,builtin:32
    #[arg(long, value_name = "IMAGES:N,..", value_delimiter = ',', requires = "all", conflicts_with_all = not_repeated())]
    pub batches: Vec<String>,
    /// Also report results on the subset used in the paper: 1,000 architectures, drawn without
    /// replacement from those with an accuracy above 15 % and a finite score
    #[arg(long)]
    pub paper_filter: bool,
    /// Plot score against accuracy to FILE.png, FILE.svg or FILE.pdf
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// With --plot: its width on paper, in millimetres, or column (84 mm) or page (174 mm); letters have
    /// 8 points at every width
    #[arg(long, value_name = "MM|column|page", requires = "plot")]
    pub width: Option<FigureWidth>,
    /// Replace existing files
    #[arg(long)]
    pub overwrite: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// What belongs to one run of scoring.
fn not_repeated() -> [&'static str; 4] {
    ["scores", "study", "out", "plot"]
}

/// The default sizes as they are written on a command line.
fn default_sizes() -> String {
    let sizes = ProtocolOptions::default().sizes;
    sizes.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// `protocol`.
#[derive(Args, Debug)]
#[command(after_help = super::super::args::EXIT_CODES)]
pub struct Protocol {
    #[command(flatten)]
    pub source: Source,
    /// The metric of the table that the optimal choice maximises, usually a validation accuracy
    /// [default: the accuracy]
    #[arg(long, value_name = "NAME")]
    pub validation: Option<String>,
    /// Numbers of architectures to draw in a run, with replacement; each at most 10,000,000
    #[arg(long, default_value = default_sizes(), value_parser = count_up_to::<u32>(10_000_000), value_delimiter = ',', value_name = "N,..")]
    pub sizes: Vec<u32>,
    /// Number of runs for each of --sizes, at most 1,000,000
    #[arg(long, default_value_t = ProtocolOptions::default().runs, value_parser = count_up_to::<u32>(1_000_000), value_name = "N")]
    pub runs: u32,
    /// Replace existing files of --out
    #[arg(long, requires = "out")]
    pub overwrite: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
