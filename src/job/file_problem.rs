//! What is wrong with a job file: the line, the path of the key, and the values that are allowed.

use toml::{Table, Value};

use super::{JobConfig, JobOption, ModelOptions, OptionType, Options, Task};
use crate::nearest;

/// Says why a text is no job. What only the reader of TOML can say stays in its words.
pub(super) fn explain(text: &str, error: &toml::de::Error) -> String {
    let found = text.parse::<Table>().ok().and_then(|table| problem(&table, ""));
    let Some((key, reason)) = found else { return error.to_string().trim_end().to_owned() };
    let line = error.span().map(|span| text[..span.start].matches('\n').count());
    let name = key.rsplit('.').next().unwrap_or_default();
    // The reader may have met another problem first.
    let line = line.filter(|&line| text.lines().nth(line).is_some_and(|line| line.contains(name)));
    match line {
        Some(line) => format!("line {}: {key}: {reason}", line + 1),
        None => format!("{key}: {reason}"),
    }
}

/// The names below a table's path in a job file, in their order.
fn names_below(path: &str) -> Vec<&'static str> {
    let is_in_files = |option: &&JobOption| !matches!(option, JobOption::Resume | JobOption::Join);
    let rest = |option: &JobOption| option.path().strip_prefix(path);
    let names = JobOption::ALL.iter().filter(is_in_files).filter_map(rest);
    let mut names: Vec<&str> = names.map(|rest| rest.split('.').next().unwrap_or(rest)).collect();
    names.dedup();
    names
}

/// The first key of a table that is unknown or has a wrong value, with the reason.
fn problem(table: &Table, path: &str) -> Option<(String, String)> {
    for (name, value) in table {
        let key = format!("{path}{name}");
        let option = JobOption::ALL.iter().find(|option| option.path() == key);
        let names = names_below(path);
        match (option, value) {
            _ if !names.contains(&name.as_str()) => {
                return Some((key, format!("unknown key; {}", nearest::hint(name, names))));
            }
            (Some(&option), value) => {
                if let Some(reason) = wrong_value(option, value) {
                    return Some((key, reason));
                }
            }
            (None, Value::Table(table)) => {
                if let Some(found) = problem(table, &format!("{key}.")) {
                    return Some(found);
                }
            }
            (None, _) => return Some((key.clone(), format!("must be a table, as in [{key}]"))),
        }
    }
    None
}

/// Why an option cannot have a value.
fn wrong_value(option: JobOption, value: &Value) -> Option<String> {
    let is_text = value.is_str();
    let is_number = value.is_integer() || value.is_float();
    let has = |is: fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(is));
    // A seed of more than 63 bits is a text.
    let is_seed = option == JobOption::Seed && is_text;
    let expected = match option.info().values {
        OptionType::Switch => (!value.is_bool()).then_some("must be true or false"),
        OptionType::Integer { .. } => {
            (!value.is_integer() && !is_seed).then_some("must be a whole number, without quotes")
        }
        OptionType::Number { .. } => (!is_number).then_some("must be a number, without quotes"),
        OptionType::Text | OptionType::Choice(_) => (!is_text).then_some("must be text in quotes"),
        OptionType::Numbers => (!has(|value| value.is_integer() || value.is_float()))
            .then_some("must be a list of numbers, as in [0.5, 0.5]"),
        OptionType::Texts | OptionType::Names => (!has(Value::is_str))
            .then_some("must be a list of texts in quotes, as in [\"A\", \"B\"]"),
    };
    if let Some(expected) = expected {
        return Some(expected.to_owned());
    }
    let texts: Vec<String> = match value {
        Value::Array(list) => list.iter().map(plain_text).collect(),
        value => vec![plain_text(value)],
    };
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let task = match option.path().split('.').nth(1) {
        Some("onnx") => Task::Onnx(ModelOptions::default()),
        Some("score") => Task::Score { architectures: Vec::new() },
        _ => Task::default(),
    };
    JobConfig::new(Options::default(), task).set_option(option, &texts).err().map(|e| e.reason)
}

/// A value as a command line gives it.
fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
