//! A job as the command line that runs it.

use std::path::Path;

use serde_json::{Map, Value};

use untrained::job::{JobConfig, Options, SearchOptions, StoreLocation, StudyMode, Task};

/// The options that take several values in one argument.
const JOINED: [&str; 2] = ["mean", "std"];

/// The command line of a job, quoted for a POSIX shell: what is not said has its default.
pub fn job_command_line(config: &JobConfig) -> String {
    let mut words = vec!["untrained".to_owned(), "--batch".to_owned()];
    match &config.task {
        Task::Search(search) => {
            words.push("search".to_owned());
            add(&mut words, &**search, &SearchOptions::default());
        }
        Task::Score { .. } | Task::Onnx { .. } => words.push("score".to_owned()),
    }
    add(&mut words, &config.options, &Options::default());
    match &config.task {
        Task::Search(_) => {}
        Task::Score { architectures } => words.extend(architectures.iter().cloned()),
        Task::Onnx { path, weights } => {
            words.extend(["--onnx".to_owned(), text(path)]);
            if let Some(word) = word(&serde_json::to_value(weights).unwrap_or_default()) {
                words.extend(["--weights".to_owned(), word]);
            }
        }
    }
    if let Some(out) = &config.out {
        words.extend(["--out".to_owned(), text(out)]);
    }
    if config.overwrite {
        words.push("--overwrite".to_owned());
    }
    add_study(&mut words, config);
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn add_study(words: &mut Vec<String>, config: &JobConfig) {
    if let (Some(keep), false) = (&config.store, config.store_is_default) {
        let file = match keep {
            StoreLocation::Nowhere => "none".to_owned(),
            StoreLocation::File(path) => text(path),
        };
        words.extend(["--store".to_owned(), file]);
    }
    match &config.study {
        StudyMode::New => {}
        StudyMode::Resume(id) => words.extend(["--resume".to_owned(), id.clone()]),
        StudyMode::Join(id) => words.extend(["--join".to_owned(), id.clone()]),
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), Into::into)
}

/// Adds every option that is not the default one, under the name it has in job files, which is its
/// flag.
fn add<T: serde::Serialize>(words: &mut Vec<String>, given: &T, default: &T) {
    let (given, default) = (members(given), members(default));
    for (name, value) in given {
        if default.get(&name) != Some(&value) {
            add_option(words, &name, &value);
        }
    }
}

fn members<T: serde::Serialize>(options: &T) -> Map<String, Value> {
    match serde_json::to_value(options) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn add_option(words: &mut Vec<String>, name: &str, value: &Value) {
    let flag = format!("--{name}");
    match value {
        Value::Bool(true) => words.push(flag),
        Value::Array(list) if JOINED.contains(&name) => {
            let list: Vec<String> = list.iter().filter_map(word).collect();
            words.push(format!("{flag}={}", list.join(",")));
        }
        Value::Array(list) => {
            for word in list.iter().filter_map(word) {
                words.extend([flag.clone(), word]);
            }
        }
        other => words.extend(word(other).into_iter().flat_map(|word| [flag.clone(), word])),
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::*;
    use crate::args::{Batch, Verb};
    use untrained::store::DEFAULT_FILE;

    /// What the command line makes of a text.
    fn read(text: &str) -> JobConfig {
        let words = shlex::split(text).unwrap();
        let matches = Batch::command().try_get_matches_from(&words[1..]).unwrap();
        let Verb::Search(search) = Batch::from_arg_matches(&matches).unwrap().verb else {
            panic!("{text} is no search")
        };
        let mut job = JobConfig::new(search.options, Task::Search(Box::new(search.search)));
        crate::stored::choose(&mut job, search.study, None);
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
        job.options.images = "folder:some where".parse().unwrap();
        job.options.mean = Some(vec![-0.5, 0.25]);
        job.options.seed = u64::MAX;
        job.options.set = vec!["skeleton.cells=1".parse().unwrap()];
        job.options.input = Some("3x16x16".parse().unwrap());
        job.options.count = untrained::plan::Count::Live;
        let Task::Search(search) = &mut job.task else { panic!() };
        search.constraint = vec!["params=..1M".parse().unwrap(), "macs=10M..100M".parse().unwrap()];
        search.unique = true;
        search.samples = 7;
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
