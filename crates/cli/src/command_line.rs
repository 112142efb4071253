//! A job as the command line that runs it.

use untrained::job::{JobConfig, JobOption, OptionType, StudyMode, Task};

/// The command line of a job, quoted for a POSIX shell: an option that is left out has its default. There is none for
/// a job with a strategy or a score of another program, which a comment says.
pub fn job_command_line(config: &JobConfig) -> String {
    let own = [&config.own.strategy, &config.own.score];
    let own: Vec<&str> = own.into_iter().flatten().map(String::as_str).collect();
    if !own.is_empty() {
        let names = own.join(", ");
        let names = untrained::format::printable(&names);
        return format!("# only the program that made this job can run it: {names} is its own");
    }
    let verb = match config.task {
        Task::Search(_) => "search",
        Task::Score { .. } | Task::Onnx(_) => "score",
    };
    let mut words = ["untrained", "--batch", verb].map(str::to_owned).to_vec();
    for option in config.changed_options() {
        let is_told = match option {
            JobOption::Store => verb == "search" && !config.store_is_default,
            _ => true,
        };
        if is_told {
            add_option(&mut words, option, config.option_texts(option));
        }
    }
    match &config.study {
        StudyMode::New => {}
        StudyMode::Resume(id) => words.extend(["--resume".to_owned(), id.clone()]),
        StudyMode::Join(id) => words.extend(["--join".to_owned(), id.clone()]),
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn add_option(words: &mut Vec<String>, option: JobOption, values: Vec<String>) {
    let flag = format!("--{}", option.key());
    match option.info().values {
        OptionType::Switch => words.push(flag),
        // Means may be negative.
        OptionType::Numbers => {
            words.extend(values.into_iter().map(|value| format!("{flag}={value}")));
        }
        _ if option == JobOption::Architectures => words.extend(values),
        _ => words.extend(values.into_iter().flat_map(|value| [flag.clone(), value])),
    }
}

/// A word for a POSIX shell.
pub fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::*;
    use crate::args::{CommandArguments, Verb};
    use untrained::job::{Options, StoreLocation};
    use untrained::store::DEFAULT_FILE;

    /// What the command line makes of a text.
    fn read(text: &str) -> JobConfig {
        let words = shlex::split(text).unwrap();
        let matches = CommandArguments::command().try_get_matches_from(&words[1..]).unwrap();
        let Verb::Search(search) = CommandArguments::from_arg_matches(&matches).unwrap().verb
        else {
            panic!("{text} is no search")
        };
        let mut job = JobConfig::new(search.options.0, Task::Search(Box::new(search.search.0)));
        crate::study_args::choose(&mut job, search.study, None);
        (job.out, job.overwrite) = (search.output.out, search.output.overwrite);
        job
    }

    #[test]
    fn a_job_is_the_same_after_its_command_line() {
        let mut job = JobConfig::new(Options::default(), Task::default());
        job.store = Some(StoreLocation::File(DEFAULT_FILE.into()));
        job.store_is_default = true;
        assert_eq!(job_command_line(&job), "untrained --batch search");
        job.options.space = "my space.toml".to_owned();
        job.options.images = Some("folder:some where".parse().unwrap());
        job.options.mean = Some(vec![-0.5, 0.25]);
        job.options.seed = u64::MAX;
        job.options.set = vec!["skeleton.cells=1".parse().unwrap()];
        job.options.input = Some("3x16x16".parse().unwrap());
        job.options.count = untrained::plan::Count::Live;
        let Task::Search(search) = &mut job.task else { panic!() };
        search.constraint = vec!["params=..1M".parse().unwrap(), "macs=10M..100M".parse().unwrap()];
        search.unique = true;
        search.samples = Some(7);
        search.trainer = Some("python train.py {arch.json}".to_owned());
        search.budget = Some(0.5);
        (job.out, job.overwrite) = (Some("a.csv".into()), true);
        (job.store, job.store_is_default) = (Some(StoreLocation::Nowhere), false);
        job.study = StudyMode::Resume("3fa9".to_owned());
        let written = job_command_line(&job);
        let again = read(&written);
        assert_eq!(again.to_text().unwrap(), job.to_text().unwrap(), "{written}");
        assert_eq!(again.study, job.study);
        // The comparison sees a value that is lost.
        let lost = read(&written.replace("--unique ", ""));
        assert_ne!(lost.to_text().unwrap(), job.to_text().unwrap());
    }

    #[test]
    fn given_architectures_are_quoted() {
        let task = Task::Score { architectures: vec!["|a~0|+|b~0|".to_owned()] };
        let text = job_command_line(&JobConfig::new(Options::default(), task));
        assert_eq!(text, "untrained --batch score '|a~0|+|b~0|'");
    }
}
