//! Arguments made from the core's list of job options.

use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use untrained::job::{
    JobConfig, JobOption, ModelOptions, OptionInfo, OptionType, Options, SearchOptions, Task,
};
use untrained::space::SpaceOverride;

/// Some options of a job that a verb takes together.
pub trait OptionGroup: Sized {
    /// The options.
    fn options() -> Vec<JobOption>;

    /// Their values in a job.
    fn of(job: JobConfig) -> Self;

    /// The same; `given` are those that were given.
    fn of_given(job: JobConfig, _given: &[JobOption]) -> Self {
        Self::of(job)
    }

    /// A job that has these options, none of them set.
    fn plain_job() -> JobConfig {
        plain_job()
    }
}

impl OptionGroup for Options {
    fn options() -> Vec<JobOption> {
        options_below("options.")
    }

    fn of(job: JobConfig) -> Self {
        job.options
    }
}

impl OptionGroup for SearchOptions {
    fn options() -> Vec<JobOption> {
        options_below("task.search.")
    }

    fn of(job: JobConfig) -> Self {
        match job.task {
            Task::Search(search) => *search,
            Task::Score { .. } | Task::Onnx(_) => Self::default(),
        }
    }
}

/// The options that say which space is meant.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceOptions(pub Options);

impl OptionGroup for SpaceOptions {
    fn options() -> Vec<JobOption> {
        vec![JobOption::Space, JobOption::Input, JobOption::Classes, JobOption::Set]
    }

    fn of(job: JobConfig) -> Self {
        Self(job.options)
    }
}

/// The options that decide which network an architecture is, and with which weights.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkOptions(pub Options);

impl OptionGroup for NetworkOptions {
    fn options() -> Vec<JobOption> {
        let weights = [JobOption::Seed, JobOption::WeightSeed, JobOption::Initialisation];
        SpaceOptions::options().into_iter().chain(weights).collect()
    }

    fn of(job: JobConfig) -> Self {
        Self(job.options)
    }
}

/// The values of a space file that are overridden.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceOverrides(pub Vec<SpaceOverride>);

impl OptionGroup for SpaceOverrides {
    fn options() -> Vec<JobOption> {
        vec![JobOption::Set]
    }

    fn of(job: JobConfig) -> Self {
        Self(job.options.set)
    }
}

/// The options of a model that is scored, but its path.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredModel {
    options: ModelOptions,
    /// The first of them that was given.
    given: Option<JobOption>,
}

/// The options of a model that is described, but its path.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedModel(pub ScoredModel);

impl OptionGroup for ScoredModel {
    fn options() -> Vec<JobOption> {
        let mut options = options_below(MODEL_PATH);
        options.retain(|option| *option != JobOption::Onnx);
        options
    }

    fn of(job: JobConfig) -> Self {
        let options = match job.task {
            Task::Onnx(model) => model,
            Task::Search(_) | Task::Score { .. } => ModelOptions::default(),
        };
        Self { options, given: None }
    }

    fn of_given(job: JobConfig, given: &[JobOption]) -> Self {
        Self { given: given.first().copied(), ..Self::of(job) }
    }

    fn plain_job() -> JobConfig {
        model_job()
    }
}

impl OptionGroup for DescribedModel {
    fn options() -> Vec<JobOption> {
        let mut options = ScoredModel::options();
        options.retain(|option| *option != JobOption::Weights);
        options
    }

    fn of(job: JobConfig) -> Self {
        Self(ScoredModel::of(job))
    }

    fn of_given(job: JobConfig, given: &[JobOption]) -> Self {
        Self(ScoredModel::of_given(job, given))
    }

    fn plain_job() -> JobConfig {
        model_job()
    }
}

impl ScoredModel {
    /// The options for a file.
    pub fn at(&self, path: PathBuf) -> ModelOptions {
        ModelOptions { path, ..self.options.clone() }
    }

    /// Refuses options where there is no model.
    pub fn check_unused(&self) -> anyhow::Result<()> {
        match self.given {
            Some(option) => {
                anyhow::bail!("--{} needs an ONNX model: give one with --onnx", option.key())
            }
            None => Ok(()),
        }
    }
}

/// Where a job file has the options of a model.
const MODEL_PATH: &str = "task.onnx.";

fn options_below(path: &str) -> Vec<JobOption> {
    let options = JobOption::ALL.iter().copied();
    options.filter(|option| option.path().starts_with(path)).collect()
}

/// A group of options as arguments of a verb.
#[derive(Clone, Debug, PartialEq)]
pub struct JobArgs<G>(pub G);

impl<G: OptionGroup> Args for JobArgs<G> {
    fn augment_args(command: Command) -> Command {
        command.args(G::options().into_iter().map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<G: OptionGroup> FromArgMatches for JobArgs<G> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut job = G::plain_job();
        let mut options = given(matches);
        options.retain(|option| G::options().contains(option));
        for &option in &options {
            if let (JobOption::Table, Task::Search(search)) = (option, &mut job.task) {
                // Its path need not be Unicode.
                search.table = matches.get_one::<PathBuf>(option.key()).cloned();
                continue;
            }
            let values: Vec<&str> = match option.info().values {
                OptionType::Switch => Vec::new(),
                _ => {
                    let values = matches.get_many::<String>(option.key());
                    values.unwrap_or_default().map(String::as_str).collect()
                }
            };
            job.set_option(option, &values).map_err(|error| {
                Error::raw(clap::error::ErrorKind::ValueValidation, format!("--{error}\n"))
            })?;
        }
        Ok(Self(G::of_given(job, &options)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The options of a job that a verb was given.
pub fn given(verb: &ArgMatches) -> Vec<JobOption> {
    let is_given =
        |name: &&clap::Id| verb.value_source(name.as_str()) == Some(ValueSource::CommandLine);
    verb.ids().filter(is_given).filter_map(|name| JobOption::by_key(name.as_str())).collect()
}

fn plain_job() -> JobConfig {
    JobConfig::new(Options::default(), Task::default())
}

fn model_job() -> JobConfig {
    JobConfig::new(Options::default(), Task::Onnx(ModelOptions::default()))
}

/// A job that has an option.
fn job_with(option: JobOption) -> JobConfig {
    if option.path().starts_with(MODEL_PATH) { model_job() } else { plain_job() }
}

/// The argument of an option.
pub fn argument(option: JobOption) -> Arg {
    let OptionInfo { values, value_name, .. } = option.info();
    let argument = Arg::new(option.key()).long(option.key()).help(help(option));
    let argument = match long_help(option) {
        Some(text) => argument.long_help(text),
        None => argument,
    };
    if let OptionType::Switch = values {
        return argument.action(ArgAction::SetTrue);
    }
    // So that `--samples -1` is refused for its value.
    let is_number = matches!(values, OptionType::Integer { .. } | OptionType::Number { .. });
    let argument = argument
        .value_name(value_name)
        .value_parser(parser(option))
        .allow_negative_numbers(is_number);
    if option == JobOption::Table {
        return argument.value_parser(clap::value_parser!(PathBuf));
    }
    match values {
        OptionType::Texts => argument.action(ArgAction::Append),
        // Means may be negative.
        OptionType::Names => argument.action(ArgAction::Append),
        OptionType::Numbers => argument.action(ArgAction::Append).allow_hyphen_values(true),
        _ => match job_with(option).option_texts(option).first() {
            Some(default) => argument.default_value(default.clone()),
            None => argument,
        },
    }
}

/// The explanation of an option.
pub fn help(option: JobOption) -> String {
    let OptionInfo { help, values, default, .. } = option.info();
    let mut text = help.to_owned();
    if let Some(command) = see_also(option) {
        text.push_str(&format!("; see `{command}`"));
    }
    if let OptionType::Texts = values {
        text.push_str(" (may be repeated)");
    }
    if let (Some(limit), false) = (option.limit(), option.key().ends_with("seed")) {
        text.push_str(&format!("; at most {limit}"));
    }
    if !default.is_empty() {
        text.push_str(&format!(" [default: {default}]"));
    }
    text
}

/// The command that tells more.
fn see_also(option: JobOption) -> Option<&'static str> {
    match option {
        JobOption::Space => Some("spaces"),
        JobOption::Set => Some("spaces show"),
        JobOption::Device => Some("devices"),
        JobOption::Table | JobOption::Metric => Some("benchmark info"),
        _ => None,
    }
}

/// The explanation with a line for each value, where they have explanations of their own.
fn long_help(option: JobOption) -> Option<String> {
    let OptionType::Choice(choices) = option.info().values else { return None };
    let choices = choices();
    if choices.iter().any(|choice| choice.about.is_empty()) {
        return None;
    }
    let width = choices.iter().map(|choice| choice.name.len()).max().unwrap_or_default();
    let mut text = format!("{}:", help(option));
    for choice in choices {
        text.push_str(&format!("\n  {:<width$}  {}", choice.name, choice.about));
    }
    Some(text)
}

/// Refuses what the option cannot be while the command line is read.
pub fn parser(option: JobOption) -> ValueParser {
    ValueParser::new(move |text: &str| match job_with(option).set_option(option, &[text]) {
        Ok(()) => Ok(text.to_owned()),
        Err(error) => Err(error.reason),
    })
}

/// Reads a whole number up to `most`; larger ones are refused as those of job options are.
pub fn count_up_to<N: TryFrom<u64>>(
    most: u64,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static {
    move |text: &str| {
        let number = text.parse::<u64>().map_err(|error| match error.kind() {
            std::num::IntErrorKind::PosOverflow => format!("must be at most {most}"),
            _ => "must be a whole number, 0 or more".to_owned(),
        })?;
        let within = Some(number).filter(|&number| number <= most);
        let number = within.and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| format!("must be at most {most}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_into_their_options() {
        let command = JobArgs::<Options>::augment_args(Command::new("verb"));
        let read = |words: &[&str]| {
            let matches = command.clone().try_get_matches_from([&["verb"], words].concat())?;
            JobArgs::<Options>::from_arg_matches(&matches)
        };
        let JobArgs(options) =
            read(&["--mean=-0.5,0.25,1", "--set", "a.b=1", "--set", "c=2", "--seed", "7"]).unwrap();
        assert_eq!(options.mean, Some(vec![-0.5, 0.25, 1.0]));
        assert_eq!((options.set.len(), options.seed), (2, 7));
        assert_eq!(read(&[]).unwrap().0, Options::default());
        let error = read(&["--seed", "x"]).unwrap_err().to_string();
        assert!(error.contains("'x' for '--seed <S>': must be a whole number"), "{error}");
    }
}
