//! Accuracies from the user's own training program.
//!
//! A command is run for each architecture. The last line of its standard output that is a JSON object
//! with a number `accuracy` is the result. If a program fails, hangs or prints no such line, the error
//! contains the end of its output, after the allowed retries.

mod process;

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::leftovers::{Leftover, register, remove_stale, temporary_prefix};

/// How a training program is run.
#[derive(Clone, Debug)]
pub struct Trainer {
    program: String,
    arguments: Vec<String>,
    /// How many run at a time.
    pub parallel: usize,
    /// How long one run may take.
    pub limit: Duration,
    /// How often a failed run is repeated.
    pub retries: u32,
}

/// What the file of an architecture tells the program.
#[derive(Clone, Debug, Serialize)]
pub struct TrainingRequest {
    /// The id of the space.
    pub space: String,
    /// The architecture in the space's notation.
    pub architecture: String,
    /// Its index in the order of the benchmark.
    pub index: Option<u64>,
    /// Every decision with what was chosen: a number where it is one.
    pub choices: Vec<TrainingChoice>,
    /// Every node of the network, with its operation and the shape of its output for one image.
    pub layers: Vec<crate::graph::Layer>,
    /// The PyTorch source of the network, with a function `build(classes, input)`; `None` where no path leads
    /// from its input to its output.
    pub module: Option<String>,
    /// The text of the space file.
    pub space_file: String,
    /// Shape of one image, `[c, h, w]`.
    pub input: [usize; 3],
    /// Number of classes.
    pub classes: usize,
    /// The run's seed.
    pub seed: u64,
}

/// What was chosen at one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingChoice {
    /// The place.
    pub name: String,
    /// What was chosen.
    pub value: serde_json::Value,
}

impl From<crate::space::Decision> for TrainingChoice {
    fn from(decision: crate::space::Decision) -> Self {
        let crate::space::Decision { name, value } = decision;
        let value = match value.parse::<serde_json::Number>() {
            Ok(number) => number.into(),
            Err(_) => value.into(),
        };
        Self { name, value }
    }
}

/// Stands for the path of a JSON file that holds the [`TrainingRequest`].
const FILE: &str = "{arch.json}";
/// The beginning of the names of these files.
const PREFIX: &str = "untrained-arch";
/// Stands for the architecture in the space's notation.
const TEXT: &str = "{arch}";

impl Trainer {
    /// Reads a command, whose words are separated as in a shell.
    ///
    /// # Errors
    ///
    /// What is wrong, to be read after the name of the option.
    pub fn new(command: &str) -> Result<Self, String> {
        let words = shlex::split(command)
            .ok_or_else(|| format!("`{command}`: a quotation mark is not closed"))?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(
                "is empty: give a command, such as \"python train.py {arch.json}\"".to_owned()
            );
        };
        if !arguments.iter().any(|word| word.contains(FILE) || word.contains(TEXT)) {
            return Err(format!(
                "`{command}` does not say where the architecture goes: write {FILE} for the \
                 path of a JSON file, or {TEXT} for its text"
            ));
        }
        // Those of runs that were killed.
        remove_stale(&std::env::temp_dir(), PREFIX);
        Ok(Self {
            program: program.clone(),
            arguments: arguments.to_vec(),
            parallel: 1,
            limit: Duration::from_secs(24 * 3600),
            retries: 0,
        })
    }

    /// Trains architectures, several at a time if allowed. By position, the accuracy or why there is
    /// none; `None` for what was not finished before the run was cancelled.
    pub fn train(
        &self,
        requests: &[TrainingRequest],
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Vec<Option<Result<f64, String>>> {
        let answers = Mutex::new(vec![None; requests.len()]);
        let following = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.parallel.clamp(1, requests.len().max(1)) {
                scope.spawn(|| {
                    while let Some(request) =
                        requests.get(following.fetch_add(1, Ordering::Relaxed))
                    {
                        let answer = self.run_with_retries(request, cancelled);
                        let position =
                            requests.iter().position(|known| std::ptr::eq(known, request));
                        let mut answers = answers.lock().unwrap_or_else(|held| held.into_inner());
                        if let Some(position) = position {
                            answers[position] = answer;
                        }
                    }
                });
            }
        });
        answers.into_inner().unwrap_or_else(|held| held.into_inner())
    }

    /// Runs the program until it answers or has failed too often.
    fn run_with_retries(
        &self,
        request: &TrainingRequest,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Result<f64, String>> {
        let mut attempt = 0;
        loop {
            if cancelled() {
                return None;
            }
            match self.run_once(request, cancelled) {
                Ok(accuracy) => return Some(Ok(accuracy)),
                Err(_) if cancelled() => return None,
                Err(reason) if attempt == self.retries => {
                    let times = match attempt {
                        0 => String::new(),
                        repeated => format!(" ({} attempts)", repeated + 1),
                    };
                    return Some(Err(format!("the trainer {reason}{times}")));
                }
                Err(_) => attempt += 1,
            }
        }
    }

    fn run_once(
        &self,
        request: &TrainingRequest,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<f64, String> {
        let cannot =
            |error: &dyn std::fmt::Display| format!("could not be given its input file: {error}");
        let mut file = tempfile::Builder::new()
            .prefix(&temporary_prefix(PREFIX))
            .suffix(".json")
            .tempfile()
            .map_err(|error| cannot(&error))?;
        let _registration = register(Leftover::File(file.path().to_owned()));
        let text = serde_json::to_string_pretty(request).map_err(|error| cannot(&error))?;
        writeln!(file, "{text}").map_err(|error| cannot(&error))?;
        file.flush().map_err(|error| cannot(&error))?;
        let path = file.path().display().to_string();
        let fill = |word: &String| word.replace(FILE, &path).replace(TEXT, &request.architecture);
        let arguments: Vec<String> = self.arguments.iter().map(fill).collect();
        let written = process::run(&self.program, &arguments, self.limit, cancelled)?;
        accuracy(&written.stdout).ok_or_else(|| {
            format!(
                "did not end with a line such as {{\"accuracy\": 91.2}}, but with: {}",
                written.ending()
            )
        })
    }
}

/// The number `accuracy` of the last line that has one.
fn accuracy(text: &str) -> Option<f64> {
    text.lines().rev().find_map(|line| {
        let value: serde_json::Value = serde_json::from_str(line.trim()).ok()?;
        value.get("accuracy")?.as_f64().filter(|accuracy| accuracy.is_finite())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_accuracy_counts() {
        assert_eq!(
            accuracy("epoch 1\n{\"accuracy\": 10}\n{\"accuracy\": 91.5}\ndone\n"),
            Some(91.5)
        );
        for none in ["", "91.5", "{\"accuracy\": null}", "{\"accuracy\": NaN}", "{\"loss\": 1}"] {
            assert_eq!(accuracy(none), None, "{none}");
        }
    }

    #[test]
    fn numbers_among_the_choices_are_numbers() {
        let value = |value: &str| {
            let (name, value) = ("x".to_owned(), value.to_owned());
            TrainingChoice::from(crate::space::Decision { name, value }).value.to_string()
        };
        assert_eq!(
            ["64", "0.25", "-1", "nor_conv_3x3", "3x3", ""].map(value),
            ["64", "0.25", "-1", "\"nor_conv_3x3\"", "\"3x3\"", "\"\""]
        );
    }

    #[test]
    fn commands_are_checked() {
        assert!(Trainer::new("python 'my train.py' {arch.json} --seed 3").is_ok());
        for (wrong, part) in [
            ("", "empty"),
            ("python train.py", "where the architecture goes"),
            ("a 'b {arch}", "not closed"),
        ] {
            assert!(Trainer::new(wrong).unwrap_err().contains(part), "{wrong}");
        }
    }
}
