//! Option values as text: parsed from a command line, and written as one.

use std::num::{IntErrorKind, ParseIntError};
use std::path::PathBuf;

use serde_json::{Number, Value};

use super::{
    ChoiceInfo, InvalidOption, JobConfig, JobOption, ModelOptions, OptionType, Options, Task,
};
use crate::nearest;

impl JobConfig {
    /// Sets an option to the values given on a command line: no value for a switch, several for a list.
    ///
    /// # Errors
    ///
    /// [`InvalidOption`] if they cannot be parsed, or if the job's task does not have this option.
    pub fn set_option(&mut self, option: JobOption, values: &[&str]) -> Result<(), InvalidOption> {
        let value = option.read(values).map_err(|reason| InvalidOption::new(option, reason))?;
        self.replace(option, value)
    }

    /// This job with some options taken from another job.
    ///
    /// # Errors
    ///
    /// [`InvalidOption`] if an option does not apply to the task of this job.
    pub fn with_options(
        mut self,
        other: &Self,
        options: &[JobOption],
    ) -> Result<Self, InvalidOption> {
        let mut tree = tree(other);
        for &option in options {
            let value = place(&mut tree, option).map(|value| value.take());
            self.replace(option, value.unwrap_or_default())?;
        }
        Ok(self)
    }

    fn replace(&mut self, option: JobOption, value: Value) -> Result<(), InvalidOption> {
        let refuse = |reason: String| InvalidOption::new(option, reason);
        let mut tree = tree(self);
        let Some(place) = place(&mut tree, option) else {
            return Err(refuse("does not apply to the task of this job".to_owned()));
        };
        *place = value;
        let job: Self = serde_json::from_value(tree).map_err(|error| refuse(error.to_string()))?;
        let Self { options, mut task, out, overwrite, images_changed, store, .. } = job;
        // Paths that are not Unicode are not whole in the tree.
        match (&mut task, &self.task) {
            (Task::Onnx(model), Task::Onnx(own)) if option != JobOption::Onnx => {
                model.path.clone_from(&own.path);
            }
            (Task::Search(search), Task::Search(own)) if option != JobOption::Table => {
                search.table.clone_from(&own.table);
            }
            _ => {}
        }
        (self.options, self.task) = (options, task);
        match option {
            JobOption::Out => self.out = out,
            JobOption::Overwrite => self.overwrite = overwrite,
            JobOption::ImagesChanged => self.images_changed = images_changed,
            JobOption::Store => self.store = store,
            _ => {}
        }
        Ok(())
    }

    /// The values of an option in the form used on a command line; none if it is not set, is an empty
    /// list, or is a switch that is off.
    pub fn option_texts(&self, option: JobOption) -> Vec<String> {
        let mut tree = tree(self);
        place(&mut tree, option).map(|value| option.write(value)).unwrap_or_default()
    }

    /// The value of an option as a job file has it; none where it is not set.
    pub(super) fn option_value(&self, option: JobOption) -> Option<Value> {
        let mut tree = tree(self);
        place(&mut tree, option).map(Value::take).filter(|value| !value.is_null())
    }

    /// Refuses numbers beyond the limits of their options, however the job was made.
    pub(super) fn check_limits(&self) -> Result<(), InvalidOption> {
        let mut tree = tree(self);
        for &option in JobOption::ALL {
            let value = place(&mut tree, option);
            let is_beyond = value.is_some_and(|value| match option.info().values {
                OptionType::Integer { most, .. } => value.as_u64().is_some_and(|it| it > most),
                OptionType::Number { most } => value.as_f64().is_some_and(|it| it > most),
                _ => false,
            });
            if let (true, Some(limit)) = (is_beyond, option.limit()) {
                return Err(InvalidOption::new(option, format!("must be at most {limit}")));
            }
        }
        Ok(())
    }

    /// The options that differ from the defaults for a job with the same kind of task.
    pub fn changed_options(&self) -> Vec<JobOption> {
        let (mut own, mut plain) = (tree(self), tree(&Self::plain(&self.task)));
        let is_changed = |option: &JobOption| {
            let texts = |tree| place(tree, *option).map(|value| option.write(value));
            texts(&mut own).unwrap_or_default() != texts(&mut plain).unwrap_or_default()
        };
        JobOption::ALL.iter().copied().filter(is_changed).collect()
    }
}

impl JobConfig {
    /// A job of the same kind of task with nothing set.
    fn plain(task: &Task) -> Self {
        let task = match task {
            Task::Search(_) => Task::default(),
            Task::Score { .. } => Task::Score { architectures: Vec::new() },
            Task::Onnx(_) => Task::Onnx(ModelOptions::default()),
        };
        Self::new(Options::default(), task)
    }

    /// The value of an option in a job that has it and sets nothing.
    pub(super) fn default_value(option: JobOption) -> Option<Value> {
        let tasks = [Task::default(), Task::Onnx(ModelOptions::default())];
        tasks.iter().find_map(|task| {
            let value = Self::plain(task).option_value(option)?;
            (value != Value::String(String::new())).then_some(value)
        })
    }
}

/// The job as a job file has it; paths that are not Unicode as far as they are.
pub(super) fn tree(job: &JobConfig) -> Value {
    let lossy = |path: &mut PathBuf| *path = path.to_string_lossy().into_owned().into();
    let mut job = job.clone();
    job.out.as_mut().map(lossy);
    match &mut job.task {
        Task::Search(search) => drop(search.table.as_mut().map(lossy)),
        Task::Onnx(model) => lossy(&mut model.path),
        Task::Score { .. } => {}
    }
    // All else is plain data, which JSON can hold.
    serde_json::to_value(job).unwrap_or_default()
}

/// Where the tree of a job has the value of an option; what is not set is null there.
fn place(tree: &mut Value, option: JobOption) -> Option<&mut Value> {
    let (parents, name) = option.path().rsplit_once('.').unwrap_or(("", option.path()));
    let mut members = tree;
    for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
        members = members.as_object_mut()?.get_mut(parent)?;
    }
    Some(members.as_object_mut()?.entry(name).or_insert(Value::Null))
}

impl JobOption {
    /// The largest value of a number, in digits.
    pub fn limit(self) -> Option<String> {
        match self.info().values {
            OptionType::Integer { most, .. } => Some(most.to_string()),
            OptionType::Number { most } => Some(most.to_string()),
            _ => None,
        }
    }

    /// The value that a command line gives.
    fn read(self, values: &[&str]) -> Result<Value, String> {
        let one = || match values {
            [value] => Ok(*value),
            _ => Err("takes one value".to_owned()),
        };
        match self.info().values {
            OptionType::Switch => Ok(Value::Bool(true)),
            OptionType::Integer { most, .. } => {
                let number: Result<u64, ParseIntError> = one()?.parse();
                match number {
                    Ok(number) if number <= most => Ok(number.into()),
                    Err(error) if *error.kind() != IntErrorKind::PosOverflow => {
                        Err("must be a whole number, 0 or more".to_owned())
                    }
                    _ => Err(format!("must be at most {most}")),
                }
            }
            OptionType::Number { most } => {
                let value = number(one()?)?;
                match value.as_f64() {
                    Some(number) if number > most => Err(format!("must be at most {most}")),
                    _ => Ok(value),
                }
            }
            OptionType::Text => Ok(one()?.into()),
            OptionType::Choice(choices) => choice(one()?, &choices()),
            OptionType::Numbers => {
                let words = values.iter().flat_map(|text| text.split(','));
                words.map(|word| number(word.trim())).collect()
            }
            OptionType::Texts => Ok(values.iter().copied().collect()),
            OptionType::Names => {
                let names = values.iter().flat_map(|text| text.split(','));
                Ok(names.map(str::trim).filter(|name| !name.is_empty()).collect())
            }
        }
    }

    /// A value as a command line gives it.
    fn write(self, value: &Value) -> Vec<String> {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number_text(number)),
            Value::Bool(true) => Some("true".to_owned()),
            _ => None,
        };
        match (self.info().values, value) {
            (OptionType::Numbers | OptionType::Names, Value::Array(list)) => {
                let list: Vec<String> = list.iter().filter_map(text).collect();
                vec![list.join(",")]
            }
            (_, Value::Array(list)) => list.iter().filter_map(text).collect(),
            (_, value) => text(value).into_iter().collect(),
        }
    }
}

/// A number without the point that a whole one has in JSON.
fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

fn number(text: &str) -> Result<Value, String> {
    let number = text.parse().ok().and_then(Number::from_f64);
    number.map(Value::Number).ok_or_else(|| "must be a finite number".to_owned())
}

fn choice(text: &str, choices: &[ChoiceInfo]) -> Result<Value, String> {
    let names = || choices.iter().map(|choice| choice.name);
    if names().any(|name| name == text) {
        return Ok(text.into());
    }
    Err(format!("`{text}` is unknown; {}", nearest::hint(text, names())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{OnnxWeights, SearchOptions};

    fn search() -> JobConfig {
        JobConfig::new(Options::default(), Task::Search(Box::<SearchOptions>::default()))
    }

    fn onnx() -> JobConfig {
        JobConfig::new(Options::default(), Task::Onnx(ModelOptions::new("m.onnx")))
    }

    // Every option of every kind: what is written is read back.
    #[test]
    fn values_are_read_as_they_are_written() {
        let values: &[(JobOption, &[&str])] = &[
            (JobOption::Samples, &["7"]),
            (JobOption::Combine, &["macs,path-norm"]),
            (JobOption::Also, &["naswot"]),
            (JobOption::Strategy, &["area"]),
            (JobOption::Score, &["params"]),
            (JobOption::Constraint, &["params=..1000000", "macs=10000000..100000000"]),
            (JobOption::Unique, &["true"]),
            (JobOption::Trainer, &["python t.py {arch}"]),
            (JobOption::Budget, &["0.5"]),
            (JobOption::TrainerLimit, &["60"]),
            (JobOption::Mean, &["-0.5,0.25"]),
            (JobOption::Seed, &["18446744073709551615"]),
            (JobOption::ImageSeed, &["3"]),
            (JobOption::Input, &["3x16x16"]),
            (JobOption::Images, &["folder:some where"]),
            (JobOption::Set, &["skeleton.cells=1"]),
            (JobOption::Out, &["a.csv"]),
            (JobOption::Store, &["none"]),
        ];
        let mut job = search();
        for (option, values) in values {
            assert!(!job.changed_options().contains(option), "{option:?}");
            job.set_option(*option, values).unwrap();
            assert_eq!(job.option_texts(*option), *values, "{option:?}");
        }
        let changed: Vec<JobOption> = values.iter().map(|(option, _)| *option).collect();
        assert!(job.changed_options().iter().all(|option| changed.contains(option)));
        assert_eq!(job.changed_options().len(), changed.len());
        let again = search().with_options(&job, &changed).unwrap();
        assert_eq!(again, job);
    }

    #[test]
    fn wrong_values_say_what_is_expected() {
        for (option, value, part) in [
            (JobOption::Samples, "-1", "must be a whole number"),
            (JobOption::Budget, "soon", "must be a finite number"),
            (JobOption::Budget, "inf", "must be a finite number"),
            (JobOption::Repeats, "5000000000", "must be at most 100000"),
            (JobOption::Seed, "18446744073709551616", "must be at most 18446744073709551615"),
            (JobOption::Strategy, "evolutoin", "did you mean `evolution`"),
            (JobOption::Count, "all", "valid: "),
            (JobOption::Input, "3x16", "3x16"),
            (JobOption::Weights, "keep", "does not apply"),
        ] {
            let error = search().set_option(option, &[value]).unwrap_err();
            assert_eq!(error.option, option);
            assert!(error.reason.contains(part), "{error}");
        }
        assert!(onnx().set_option(JobOption::Weights, &["fresh"]).is_ok());
    }

    // What is not limited ends in an allocation that fails, or does not end.
    #[test]
    fn every_count_and_time_has_a_limit_that_is_named() {
        let mut counts = 0;
        for &option in JobOption::ALL {
            let (most, beyond) = match option.info().values {
                OptionType::Integer { most, .. } => (most as f64, (most as u128 + 1).to_string()),
                OptionType::Number { most } => (most, (most * 2.0).to_string()),
                _ => continue,
            };
            let is_seed = option.key().ends_with("seed");
            assert!(is_seed || most <= 1e9, "{option:?} may be {most}");
            counts += usize::from(!is_seed);
            let expected = format!("must be at most {}", option.limit().unwrap());
            let mut job = JobConfig::new(Options::default(), Task::default());
            assert_eq!(job.set_option(option, &[&beyond]).unwrap_err().reason, expected);
            if is_seed {
                continue;
            }
            // The same in a job file.
            let (table, key) = option.path().rsplit_once('.').unwrap();
            let read = |value: &str| {
                let text = format!("[{table}]\n{key} = {value}\n");
                JobConfig::from_text(&text, "job.toml".as_ref())
            };
            let error = read(&beyond).unwrap().check().unwrap_err();
            assert_eq!(error.to_string(), format!("{} {expected}", option.key()));
            // The limit itself is no such error.
            let limit = option.limit().unwrap();
            job.set_option(option, &[&limit]).unwrap();
            if let Err(error) = read(&limit).unwrap().check() {
                assert!(!error.to_string().contains("must be at most"), "{error}");
            }
        }
        assert!(counts > 10, "only {counts} counts and times");
    }

    #[test]
    fn keys_are_unique_and_lead_back() {
        for &option in JobOption::ALL {
            assert_eq!(JobOption::by_key(option.key()), Some(option));
        }
        assert_eq!(JobOption::by_key("batch_size"), None);
    }

    // Systems have names of files that are not Unicode, and a job with one keeps it whole.
    #[cfg(unix)]
    #[test]
    fn paths_that_are_not_unicode_outlive_other_options() {
        use std::os::unix::ffi::OsStrExt;
        let odd: PathBuf = std::ffi::OsStr::from_bytes(b"a\xff.csv").into();
        let mut job = onnx();
        job.out = Some(odd.clone());
        if let Task::Onnx(model) = &mut job.task {
            model.path.clone_from(&odd);
        }
        job.set_option(JobOption::Weights, &["fresh"]).unwrap();
        job.set_option(JobOption::Seed, &["7"]).unwrap();
        assert_eq!((job.out.as_ref(), job.options.seed), (Some(&odd), 7));
        let weights = OnnxWeights::Fresh;
        assert_eq!(job.task, Task::Onnx(ModelOptions { weights, ..ModelOptions::new(odd) }));
        assert!(job.changed_options().contains(&JobOption::Out));
    }
}
