//! The arguments of `correlate` and `protocol`.

use std::path::PathBuf;

use clap::{Args, Command, Id};

use untrained::job::{Options, StoreLocation};
use untrained::statistics::{ProtocolOptions, ReportOptions};
use untrained::store::DEFAULT_FILE;

/// Where accuracies and scores come from.
#[derive(Args, Debug)]
pub struct Source {
    /// The benchmark table of trained accuracies (see `benchmark info`)
    #[arg(long, value_name = "FILE")]
    pub table: PathBuf,
    /// The table's metric that is the accuracy
    #[arg(long, value_name = "NAME")]
    pub metric: String,
    /// Scores from a file: a table that --out wrote, or any .csv or .jsonl with the columns
    /// architecture and score (also read: status, regions, seconds)
    #[arg(long, value_name = "FILE", conflicts_with_all = not_with_scores())]
    pub scores: Option<PathBuf>,
    /// The column of --scores that is the score
    #[arg(long, default_value = "score", value_name = "NAME", requires = "scores")]
    pub column: String,
    /// Scores from a stored study: its id or its first digits (see `studies`)
    #[arg(long, value_name = "ID", conflicts_with_all = not_with_study())]
    pub study: Option<String>,
    /// The file that holds the studies, which also knows earlier scores and keeps new ones; none for
    /// neither [default: untrained.db]
    #[arg(long, value_name = "FILE|none", conflicts_with = "scores")]
    pub store: Option<String>,
    /// Without --scores and --study: score so many architectures now, drawn from those of the table
    /// uniformly and without repetition
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub samples: usize,
    /// What ranks architectures [default: naswot, or what ranks the study]; see `search --help`
    #[arg(long, value_name = "NAME")]
    pub score: Option<String>,
    /// Write every architecture that is scored now to FILE.csv or FILE.jsonl, and FILE.manifest.json
    /// beside it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub options: Options,
}

impl Source {
    /// The file of studies, or none.
    pub fn keep(&self) -> StoreLocation {
        StoreLocation::from(self.store.clone().unwrap_or_else(|| DEFAULT_FILE.to_owned()))
    }
}

/// Options that say which space, and how anything random is drawn.
const SPACE: [&str; 4] = ["space", "input", "classes", "set"];
const SEED: &str = "seed";

/// Every option of scoring but those.
fn scoring(kept: &[&str]) -> Vec<Id> {
    let options = Options::augment_args(Command::new("options"));
    let ids = options.get_arguments().map(|argument| argument.get_id().clone());
    ids.filter(|id| !kept.contains(&id.as_str())).collect()
}

/// Scores that are there are not computed.
fn not_with_scores() -> Vec<Id> {
    let kept = [&SPACE[..], &[SEED]].concat();
    let others = ["study", "samples", "score", "out"].map(Id::from);
    scoring(&kept).into_iter().chain(others).collect()
}

/// A study knows its space as well.
fn not_with_study() -> Vec<Id> {
    let others = ["scores", "samples", "out"].map(Id::from);
    scoring(&[SEED]).into_iter().chain(others).collect()
}

/// `correlate`.
#[derive(Args, Debug)]
#[command(after_help = super::super::args::EXIT_CODES)]
pub struct Correlate {
    #[command(flatten)]
    pub source: Source,
    /// Resamples of the 95 % bootstrap intervals; 0 leaves them out
    #[arg(long, default_value_t = ReportOptions::default().resamples, value_name = "N")]
    pub resamples: u32,
    /// Repeat the figures on the paper's choice: accuracy above 15 %, finite scores, 1,000 of them
    /// drawn without replacement
    #[arg(long)]
    pub paper_filter: bool,
    /// Draw score against accuracy to FILE.png or FILE.svg
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// Replace existing files
    #[arg(long)]
    pub overwrite: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `protocol`.
#[derive(Args, Debug)]
#[command(after_help = super::super::args::EXIT_CODES)]
pub struct Protocol {
    #[command(flatten)]
    pub source: Source,
    /// The table's metric that the optimal choice looks at, usually on validation images [default:
    /// the accuracy]
    #[arg(long, value_name = "NAME")]
    pub validation: Option<String>,
    /// Architectures drawn in a run, with replacement
    #[arg(long, default_values_t = ProtocolOptions::default().sizes, value_delimiter = ',', value_name = "N,..")]
    pub sizes: Vec<u32>,
    /// Runs of each size
    #[arg(long, default_value_t = ProtocolOptions::default().runs, value_name = "N")]
    pub runs: u32,
    /// Replace existing files of --out
    #[arg(long, requires = "out")]
    pub overwrite: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}
