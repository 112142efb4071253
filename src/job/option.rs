//! The options of a job by name: what each is called in job files, and what may change when a study is
//! resumed.

use std::fmt;

/// What may become of an option when a study is resumed or joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOnResume {
    /// It says where a job runs and what it writes, not what comes out of it.
    Free,
    /// It may grow when the study is resumed.
    MayGrow,
    /// It names a file, which may be another one with the same content.
    SameContent,
    /// It stays as it is.
    Fixed,
}

/// Declares the options once: variant, place in a job file, what may change on resume.
macro_rules! job_options {
    ($($(#[$doc:meta])* $variant:ident, $path:literal, $change:ident;)+) => {
        /// An option of a job.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum JobOption {
            $($(#[$doc])* $variant,)+
        }

        impl JobOption {
            /// Every option.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Where a job file has it, as in `options.batch-size`.
            pub const fn path(self) -> &'static str {
                match self { $(Self::$variant => $path,)+ }
            }

            /// What may become of it when a study is resumed or joined.
            pub const fn change_on_resume(self) -> ChangeOnResume {
                match self { $(Self::$variant => ChangeOnResume::$change,)+ }
            }
        }
    };
}

job_options! {
    /// The search space.
    Space, "options.space", SameContent;
    /// Images in the mini-batch.
    BatchSize, "options.batch-size", Fixed;
    /// The image source.
    Images, "options.images", SameContent;
    /// The mean subtracted from pixels.
    Mean, "options.mean", Fixed;
    /// The standard deviation that pixels are divided by.
    Std, "options.std", Fixed;
    /// How many classes of ImageNet16 are used.
    ImageClasses, "options.image-classes", Fixed;
    /// The device.
    Device, "options.device", Free;
    /// The seed of everything random.
    Seed, "options.seed", Fixed;
    /// Which activations count.
    Count, "options.count", Fixed;
    /// Initialisations per network.
    Repeats, "options.repeats", Fixed;
    /// The distribution of random weights.
    Initialisation, "options.initialisation", Fixed;
    /// The shape of one image.
    Input, "options.input", Fixed;
    /// The number of classes.
    Classes, "options.classes", Fixed;
    /// Values of the space file that are replaced.
    Set, "options.set", Fixed;
    /// How many architectures a search looks at.
    Samples, "task.search.samples", MayGrow;
    /// How a search chooses architectures.
    Strategy, "task.search.strategy", Fixed;
    /// What ranks architectures.
    Score, "task.search.score", Fixed;
    /// Ranges that architectures must lie in.
    Constraint, "task.search.constraint", Fixed;
    /// Whether equal networks are scored once.
    Unique, "task.search.unique", Fixed;
    /// The size of the population.
    Population, "task.search.population", Fixed;
    /// The size of a tournament.
    Tournament, "task.search.tournament", Fixed;
    /// Architectures scored to select the first population.
    Candidates, "task.search.candidates", Fixed;
    /// The training command.
    Trainer, "task.search.trainer", Fixed;
    /// The benchmark table in place of a training command.
    Table, "task.search.table", Fixed;
    /// The table's metric that is the accuracy.
    Metric, "task.search.metric", Fixed;
    /// The table's metric that is reported for the winner.
    Report, "task.search.report", Fixed;
    /// The table's metric that is the training time.
    Time, "task.search.time", Fixed;
    /// The total training budget.
    Budget, "task.search.budget", Fixed;
    /// Training programs that run at a time.
    Trainers, "task.search.trainers", Free;
    /// The longest time a training program may take.
    TrainerLimit, "task.search.trainer-limit", Free;
    /// How often a failed training is repeated.
    TrainerRetries, "task.search.trainer-retries", Free;
    /// Architectures given by hand.
    Architectures, "task.score.architectures", Fixed;
    /// The model file.
    Onnx, "task.onnx.path", Fixed;
    /// Whose weights a model is scored with.
    Weights, "task.onnx.weights", Fixed;
    /// The table of results.
    Out, "out", Free;
    /// Whether existing files may be replaced.
    Overwrite, "overwrite", Free;
    /// The study database.
    Store, "store", Free;
    /// The study that is resumed; not part of a job file.
    Resume, "resume", Free;
    /// The study that is joined; not part of a job file.
    Join, "join", Free;
}

impl JobOption {
    /// Its name, as job files spell it: the last part of its path.
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

/// An option whose value cannot be used, alone or beside the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidOption {
    /// The option.
    pub option: JobOption,
    /// What is wrong and what to do, without the option's name: `must be at least 2`.
    pub reason: String,
}

impl InvalidOption {
    /// Refuses a value.
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
    use crate::job::{JobConfig, OnnxWeights, Options, SearchOptions, Task};

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
        let onnx = Task::Onnx { path: "m.onnx".into(), weights: OnnxWeights::Keep };
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

    #[test]
    fn keys_are_unique_and_lead_back() {
        for &option in JobOption::ALL {
            assert_eq!(JobOption::by_key(option.key()), Some(option));
        }
        assert_eq!(JobOption::by_key("batch_size"), None);
    }
}
