//! The list of all job options: name, type, help, label, position in a job file, and what may change
//! when a study is resumed. `--help`, the labels of the window and the JSON Schema of job files are made
//! from this list.

use std::fmt;

use super::option_choices::{
    count, counts, image_orders, images_changed, merged_calls, norm_statistics, onnx_weights,
    scores, seconds, seed, seed_alone, strategies,
};

/// Whether an option may change when a study is resumed or joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOnResume {
    /// It may change: it affects where a job runs and what it writes, but not its results.
    Free,
    /// It may increase.
    MayGrow,
    /// It names a file, which may be replaced by another one with the same content.
    SameContent,
    /// It must not change.
    Fixed,
}

/// The type of an option's values.
#[derive(Clone, Copy, Debug)]
pub enum OptionType {
    /// On or off.
    Switch,
    /// A whole number in a range.
    Integer {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// A number that is no larger than a limit.
    Number {
        /// The largest.
        most: f64,
    },
    /// A text.
    Text,
    /// One of a few names.
    Choice(fn() -> Vec<ChoiceInfo>),
    /// Several numbers, separated by commas.
    Numbers,
    /// Several texts; the option is given once for each.
    Texts,
    /// Several names, separated by commas.
    Names,
}

/// One of the names that an option accepts as its value.
#[derive(Clone, Copy, Debug)]
pub struct ChoiceInfo {
    /// The name.
    pub name: &'static str,
    /// What it means; empty if the option's own help explains it.
    pub about: &'static str,
}

/// Everything about an option except its value.
#[derive(Clone, Copy, Debug)]
pub struct OptionInfo {
    /// Its path in a job file, such as `options.batch-size`.
    pub path: &'static str,
    /// Whether it may change when a study is resumed or joined.
    pub change_on_resume: ChangeOnResume,
    /// Its label in a form.
    pub label: &'static str,
    /// What it does, without a full stop.
    pub help: &'static str,
    /// The type of its values.
    pub values: OptionType,
    /// The placeholder for its value in a usage line.
    pub value_name: &'static str,
    /// Its default in words, if that is not a plain value; empty otherwise.
    pub default: &'static str,
}

/// Declares the options once.
macro_rules! job_options {
    ($($variant:ident {
        path: $path:literal, on_resume: $change:ident, label: $label:literal,
        values: $values:expr, $(value_name: $value_name:literal,)? $(default: $default:literal,)?
        help: $help:literal $(,)?
    })+) => {
        /// An option of a job.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum JobOption {
            $(#[doc = $help] $variant,)+
        }

        impl JobOption {
            /// Every option, in the order in which help and forms show them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Everything about it except its value.
            pub fn info(self) -> OptionInfo {
                match self {
                    $(Self::$variant => OptionInfo {
                        path: $path,
                        change_on_resume: ChangeOnResume::$change,
                        label: $label,
                        help: $help,
                        values: $values,
                        value_name: concat!($($value_name)?),
                        default: concat!($($default)?),
                    },)+
                }
            }
        }
    };
}

job_options! {
    Samples {
        path: "task.search.samples", on_resume: MayGrow, label: "Architectures",
        values: count(1, 1_000_000_000), value_name: "N",
        default: "the whole space if it has at most 20,000 architectures, otherwise 1,000; with a \
                  score other than combined, 100",
        help: "Number of architectures to evaluate; `random` draws them uniformly without \
               replacement. Disconnected ones do not count, except in the paper's algorithms: random with \
               the score naswot, area, rea and rs",
    }
    Strategy {
        path: "task.search.strategy", on_resume: Fixed, label: "Strategy",
        values: OptionType::Choice(strategies), value_name: "NAME",
        help: "How architectures are chosen",
    }
    Score {
        path: "task.search.score", on_resume: Fixed, label: "Score",
        values: OptionType::Choice(scores), value_name: "NAME",
        default: "combined; naswot for area, rea and rs",
        help: "The score that ranks architectures; higher is better",
    }
    Combine {
        path: "task.search.combine", on_resume: Fixed, label: "Components",
        values: OptionType::Names, value_name: "NAME,..",
        default: "macs,path-norm,expressivity,independence,decorrelation,volume",
        help: "The scores that `combined` combines by rank",
    }
    InitialScore {
        path: "task.search.initial-score", on_resume: Fixed, label: "Initial score",
        values: OptionType::Choice(scores), value_name: "NAME", default: "naswot",
        help: "area: the score that selects the first population from the candidates",
    }
    Constraint {
        path: "task.search.constraint", on_resume: Fixed, label: "Constraints",
        values: OptionType::Texts, value_name: "NAME=MIN..MAX",
        help: "Consider only architectures in this range: params=..1M, macs=10M..100M, \
               activations=..2M (bytes), depth=8.., latency=..5ms; or a comparison such as \
               \"params < 1M\". Numbers may end in K, M or G; \
               latencies in us, ms (default) or s. Latency is the measured time of one mini-batch \
               on the chosen device, so a search that limits it may choose different architectures \
               each time",
    }
    Unique {
        path: "task.search.unique", on_resume: Fixed, label: "Duplicates",
        values: OptionType::Switch,
        help: "Score identical networks only once and share the result",
    }
    Population {
        path: "task.search.population", on_resume: Fixed, label: "Population",
        values: count(1, 1_000_000), value_name: "N",
        help: "Evolutionary strategies: population size",
    }
    Tournament {
        path: "task.search.tournament", on_resume: Fixed, label: "Tournament size",
        values: count(1, 1_000_000), value_name: "N",
        help: "Evolutionary strategies: number of random members that compete to become the parent",
    }
    Crossover {
        path: "task.search.crossover", on_resume: Fixed, label: "Crossover",
        values: OptionType::Number { most: 1.0 }, value_name: "SHARE",
        help: "Evolutionary strategies: share of the children that combine the decisions of two parents \
               instead of changing one decision of one parent; 0 as published",
    }
    Candidates {
        path: "task.search.candidates", on_resume: Fixed, label: "Candidates",
        values: count(1, 1_000_000), value_name: "N",
        help: "area: number of architectures to score when selecting the first population",
    }
    Trainer {
        path: "task.search.trainer", on_resume: Fixed, label: "Trainer",
        values: OptionType::Text, value_name: "COMMAND",
        help: "area, rea, rs: the command that trains an architecture. {arch.json} is replaced by the \
               path of a JSON file that describes the architecture, {arch} by its text. The last \
               line that the command prints must be {\"accuracy\": X}",
    }
    Table {
        path: "task.search.table", on_resume: Fixed, label: "Benchmark table",
        values: OptionType::Text, value_name: "FILE",
        help: "area, rea, rs: a benchmark table of trained accuracies to use instead of a trainer",
    }
    Metric {
        path: "task.search.metric", on_resume: Fixed, label: "Metric",
        values: OptionType::Text, value_name: "NAME",
        help: "The metric of the table to use as accuracy",
    }
    Report {
        path: "task.search.report", on_resume: Fixed, label: "Report",
        values: OptionType::Text, value_name: "NAME",
        help: "The metric of the table to report for the winner",
    }
    Time {
        path: "task.search.time", on_resume: Fixed, label: "Training time",
        values: OptionType::Text, value_name: "NAME",
        help: "The metric of the table that holds the training time in seconds",
    }
    Budget {
        path: "task.search.budget", on_resume: Fixed, label: "Time budget",
        values: seconds(), value_name: "SECONDS", default: "unlimited",
        help: "Total training budget in seconds",
    }
    Trainers {
        path: "task.search.trainers", on_resume: Free, label: "Trainers",
        values: count(1, 1_024), value_name: "N",
        help: "Number of trainers to run in parallel",
    }
    TrainerLimit {
        path: "task.search.trainer-limit", on_resume: Free, label: "Trainer timeout",
        values: seconds(), value_name: "SECONDS",
        help: "Stop a trainer after this many seconds",
    }
    TrainerRetries {
        path: "task.search.trainer-retries", on_resume: Free, label: "Retries",
        values: count(0, 1_000), value_name: "N",
        help: "How many times to repeat a failed training",
    }
    Space {
        path: "options.space", on_resume: SameContent, label: "Search space",
        values: OptionType::Text, value_name: "ID|FILE",
        help: "Search space: the ID of a built-in space, or a space file (.toml, .json)",
    }
    BatchSize {
        path: "options.batch-size", on_resume: Fixed, label: "Batch size",
        values: count(2, 65_536), value_name: "N",
        default: "4 for combined and scores of channel moments, 128 for others",
        help: "Number of images in the mini-batch, at least 2",
    }
    Images {
        path: "options.images", on_resume: SameContent, label: "Images",
        values: OptionType::Text, value_name: "SOURCE",
        default: "noise for combined and scores of channel moments, builtin for others",
        help: "Source of the images: builtin, cifar10:DIR or cifar100:DIR (binary or Python \
               version), imagenet16:DIR (train_data_batch_*), folder:DIR (picture files, also in \
               sub-folders, or a .tar or .zip of them), idx:FILE (as of MNIST), stl10:DIR, svhn:FILE, npy:FILE, \
               npz:FILE or npz:FILE:KEY (floating-point [n, c, h, w], used as they are), or noise",
    }
    Mean {
        path: "options.mean", on_resume: Fixed, label: "Mean",
        values: OptionType::Numbers, value_name: "M,..", default: "that of the dataset",
        help: "Per-channel mean to subtract from pixel values between 0 and 1, such as 0.5,0.5,0.5; \
               not for noise, and for npy and npz only with scale",
    }
    Std {
        path: "options.std", on_resume: Fixed, label: "Std",
        values: OptionType::Numbers, value_name: "S,..", default: "that of the dataset",
        help: "Per-channel standard deviation to divide by after subtracting the mean; not for noise, \
               and for npy and npz only with scale",
    }
    Scale {
        path: "options.scale", on_resume: Fixed, label: "Scale",
        values: OptionType::Switch,
        help: "npy and npz only: values are pixels from 0 to 255; divide them by 255, then normalise them \
               by mean and std (those of ImageNet unless given)",
    }
    ImageClasses {
        path: "options.image-classes", on_resume: Fixed, label: "Image classes",
        values: count(1, 1_000), value_name: "N", default: "120",
        help: "imagenet16 only: use only images of the first N classes",
    }
    ImageOrder {
        path: "options.image-order", on_resume: Fixed, label: "Image order",
        values: OptionType::Choice(image_orders), value_name: "file|random",
        default: "file for arrays of exactly as many images as the batch, random for others",
        help: "Which images to take: file (the first ones, in the order of the source) or random (drawn \
               by the seed)",
    }
    Device {
        path: "options.device", on_resume: Free, label: "Device",
        values: OptionType::Text, value_name: "auto|cpu|gpu|NAME",
        help: "Device that scores networks: auto (a discrete, integrated or virtual GPU if there is \
               one, otherwise the CPU), cpu, gpu (the best hardware adapter), or part of the name of \
               an adapter",
    }
    Seed {
        path: "options.seed", on_resume: Fixed, label: "Seed",
        values: seed(), value_name: "S",
        help: "Overall random seed: of the architectures, the images and the weights",
    }
    ArchitectureSeed {
        path: "options.architecture-seed", on_resume: Fixed, label: "Architecture seed",
        values: seed_alone(), value_name: "S", default: "the overall seed",
        help: "Random seed of the architectures only: of sampling and of the choices of strategies",
    }
    ImageSeed {
        path: "options.image-seed", on_resume: Fixed, label: "Image seed",
        values: seed_alone(), value_name: "S", default: "the overall seed",
        help: "Random seed of the images only",
    }
    WeightSeed {
        path: "options.weight-seed", on_resume: Fixed, label: "Weight seed",
        values: seed_alone(), value_name: "S", default: "the overall seed",
        help: "Random seed of the weights only",
    }
    Count {
        path: "options.count", on_resume: Fixed, label: "Count",
        values: OptionType::Choice(counts), value_name: "paper|published|live",
        help: "Which activations count: paper (each call once), published (as the published code \
               does: twice for a ReLU at the start of a ReLUConvBN module), or live (only those on a \
               path from input to output)",
    }
    Repeats {
        path: "options.repeats", on_resume: Fixed, label: "Initialisations per network",
        values: count(1, 100_000), value_name: "R",
        help: "Weight initialisations per network; the score is their mean",
    }
    Initialisation {
        path: "options.initialisation", on_resume: Fixed, label: "Weight initialisation",
        values: OptionType::Text, value_name: "NAME", default: "that of the space; pytorch-default for \
            an ONNX model",
        help: "Distribution of the initial weights: pytorch-default, kaiming-fan-out, kaiming-normal, \
               xavier-normal, orthogonal, uniform:A or normal:S",
    }
    Input {
        path: "options.input", on_resume: Fixed, label: "Image shape",
        values: OptionType::Text, value_name: "CxHxW", default: "that of the space or the model",
        help: "Shape of one image (channels, height, width); for an ONNX model, where its file leaves the \
               shape free",
    }
    Classes {
        path: "options.classes", on_resume: Fixed, label: "Classes",
        values: count(1, 1_000_000), value_name: "N", default: "that of the space",
        help: "Number of classes",
    }
    Set {
        path: "options.set", on_resume: Fixed, label: "Space overrides",
        values: OptionType::Texts, value_name: "KEY=VALUE",
        help: "Override a value of the space file, such as skeleton.cells=1",
    }
    Also {
        path: "options.also", on_resume: Fixed, label: "Further scores",
        values: OptionType::Names, value_name: "NAME,..", default: "none",
        help: "Further scores to compute, each on its own mini-batch, in addition to the one that \
               ranks; each is written to a column of the same name",
    }
    Architectures {
        path: "task.score.architectures", on_resume: Fixed, label: "Architectures",
        values: OptionType::Texts, value_name: "ARCH",
        help: "Architectures to score, in the space's notation",
    }
    Onnx {
        path: "task.onnx.path", on_resume: Fixed, label: "Model",
        values: OptionType::Text, value_name: "FILE",
        help: "The ONNX model to score",
    }
    Weights {
        path: "task.onnx.weights", on_resume: Fixed, label: "Weights",
        values: OptionType::Choice(onnx_weights), value_name: "keep|fresh", default: "keep",
        help: "Weights of the ONNX model: keep those in the file, or draw fresh ones",
    }
    MergedCalls {
        path: "task.onnx.merged-calls", on_resume: Fixed, label: "Merged calls",
        values: OptionType::Choice(merged_calls), value_name: "CHOICE",
        help: "Which calls of an activation count where the exporter of the ONNX model may have merged \
               several into one node",
    }
    Statistics {
        path: "task.onnx.statistics", on_resume: Fixed, label: "Batch-norm statistics",
        values: OptionType::Choice(norm_statistics), value_name: "file|batch",
        help: "Statistics of batch-norm layers of the ONNX model",
    }
    Renormalise {
        path: "task.onnx.renormalise", on_resume: Fixed, label: "Renormalise",
        values: OptionType::Switch,
        help: "Put batch-norm, with the statistics of the mini-batch, back behind convolutions of the \
               ONNX model into which the exporter folded it",
    }
    Out {
        path: "out", on_resume: Free, label: "Results",
        values: OptionType::Text, value_name: "FILE",
        help: "Write each result to FILE (.csv or .jsonl) as soon as it is ready, and a manifest to \
               FILE.manifest.json",
    }
    Overwrite {
        path: "overwrite", on_resume: Free, label: "Overwrite",
        values: OptionType::Switch,
        help: "Replace existing files",
    }
    ImagesChanged {
        path: "images-changed", on_resume: Free, label: "Images changed",
        values: OptionType::Choice(images_changed), value_name: "warn|refuse|accept", default: "warn",
        help: "What to do if the table that is replaced was written with the same options, but other images",
    }
    Store {
        path: "store", on_resume: Free, label: "Study database",
        values: OptionType::Text, value_name: "FILE|URL|none", default: "untrained.db in the current folder, \
            or next to the job file",
        help: "The database that stores results and provides earlier scores: a file, or a PostgreSQL server \
            (postgres://USER@HOST/DATABASE); `none` for no database",
    }
    Resume {
        path: "resume", on_resume: Free, label: "Resume",
        values: OptionType::Text, value_name: "ID",
        help: "Resume an interrupted study with its original options; the number of samples may \
               increase",
    }
    Join {
        path: "join", on_resume: Free, label: "Join",
        values: OptionType::Text, value_name: "ID",
        help: "Work on a study together with the processes that are running it",
    }
}

impl JobOption {
    /// Its path in a job file, such as `options.batch-size`.
    pub fn path(self) -> &'static str {
        self.info().path
    }

    /// Its name in job files: the last part of its path.
    pub fn key(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            _ => self.path().rsplit('.').next().unwrap_or_default(),
        }
    }

    /// The option of that name.
    pub fn by_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|option| option.key() == key)
    }
}

/// An option whose value is invalid, by itself or together with the other options.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidOption {
    /// The option.
    pub option: JobOption,
    /// What is wrong and what to do, without the option's name, such as `must be at least 2`.
    pub reason: String,
}

impl InvalidOption {
    /// An invalid value of an option, with the reason.
    pub fn new(option: JobOption, reason: impl Into<String>) -> Self {
        Self { option, reason: reason.into() }
    }
}

impl fmt::Display for InvalidOption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.option.key(), self.reason)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::job::{JobConfig, ModelOptions, Options, SearchOptions, Task};

    /// The paths of all values of a job; a list is one value.
    fn paths(prefix: &str, value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    let dot = if prefix.is_empty() { "" } else { "." };
                    paths(&format!("{prefix}{dot}{name}"), value, found);
                }
            }
            _ => drop(found.insert(prefix.to_owned())),
        }
    }

    // An option that a job file has and the list lacks could not be named, and would count as fixed.
    #[test]
    fn the_list_has_every_option_of_a_job_file() {
        let search = Task::Search(Box::<SearchOptions>::default());
        let score = Task::Score { architectures: vec!["a".to_owned()] };
        let onnx = Task::Onnx(ModelOptions::new("m.onnx"));
        let mut written = BTreeSet::new();
        for task in [search, score, onnx] {
            let mut job = JobConfig::new(Options::default(), task);
            job.store = Some("none".to_owned().into());
            paths("", &serde_json::to_value(job).unwrap(), &mut written);
        }
        let listed: BTreeSet<String> =
            JobOption::ALL.iter().map(|option| option.path().to_owned()).collect();
        let outside = ["resume", "join"].map(str::to_owned);
        let expected: BTreeSet<String> = written.into_iter().chain(outside).collect();
        assert_eq!(listed, expected);
    }
}
