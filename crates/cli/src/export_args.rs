//! The arguments of `export` and their help texts.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValue;

use super::job_args::{DescribedModel, JobArgs, NetworkOptions};
use untrained::job::{BEST, ExportFormat};

/// `export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Architectures in the space's notation
    #[arg(value_name = "ARCH", conflicts_with = "study")]
    pub architectures: Vec<String>,
    /// A file with one architecture per line, or - for the standard input
    #[arg(long, value_name = "FILE", conflicts_with = "study")]
    pub from: Option<PathBuf>,
    /// Export the best architectures of this study, with its options
    #[arg(long, value_name = "ID")]
    pub study: Option<String>,
    /// With --study: how many of its best architectures, from 1 to 10 [default: 1]
    #[arg(long, value_name = "K", value_parser = best_count)]
    pub best: Option<usize>,
    /// With --study: the study database [default: untrained.db]
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Export the network of an ONNX model, with the weights of the file; not as ONNX
    #[arg(long, value_name = "FILE", conflicts_with_all = ["architectures", "from", "study", "space"])]
    pub onnx: Option<PathBuf>,
    /// What is written [default: by the ending of --out, onnx for a folder]
    #[arg(long, value_enum)]
    pub format: Option<FormatArgument>,
    /// The file; a folder for several architectures
    #[arg(short, long, value_name = "FILE|FOLDER", required_unless_present = "schema")]
    pub out: Option<PathBuf>,
    /// Print the JSON Schema of --format json files
    #[arg(long, exclusive = true)]
    pub schema: bool,
    /// Replace existing files
    #[arg(long)]
    pub overwrite: bool,
    /// For ONNX, how batch normalisation is written: with the statistics of the mini-batch, as networks are
    /// scored (the default), or with stored statistics (mean 0, variance 1), as trained networks are used
    #[arg(long, value_enum)]
    pub mode: Option<ExportMode>,
    /// For PyTorch, the weights in FILE.safetensors next to the module [default: scored]
    #[arg(id = "exported_weights", long = "weights", value_enum)]
    pub weights: Option<ExportWeights>,
    /// For PyTorch, also write train.py, a program that trains the module, for use by itself or as --trainer
    #[arg(long)]
    pub with_training: bool,
    #[command(flatten)]
    pub model: JobArgs<DescribedModel>,
    #[command(flatten)]
    pub options: JobArgs<NetworkOptions>,
}

/// What `export` writes.
#[derive(Clone, Copy, Debug)]
pub struct FormatArgument(pub ExportFormat);

impl clap::ValueEnum for FormatArgument {
    fn value_variants<'a>() -> &'a [Self] {
        const FORMATS: [FormatArgument; ExportFormat::ALL.len()] = {
            let mut formats = [FormatArgument(ExportFormat::Onnx); ExportFormat::ALL.len()];
            let mut at = 0;
            while at < formats.len() {
                formats[at] = FormatArgument(ExportFormat::ALL[at]);
                at += 1;
            }
            formats
        };
        &FORMATS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.about()))
    }
}

/// Which weights are written next to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportWeights {
    /// Those it was scored with
    Scored,
    /// None: the module draws its own
    None,
}

fn best_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=BEST).contains(&count) => Ok(count),
        Ok(count) if count > BEST => Err(format!("must be at most {BEST}")),
        _ => Err(format!("must be a whole number from 1 to {BEST}")),
    }
}

/// The form of batch normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportMode {
    /// The statistics of the mini-batch
    Train,
    /// Stored statistics
    Inference,
}
