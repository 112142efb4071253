//! The set-up of a study, and whether a job has the same.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::{SCORE_VERSION, StoreError};
use crate::store::StatusCounts;

/// The set-up of a study: everything its results depend on, and where it began.
#[derive(Clone, Debug, PartialEq)]
pub struct StudySetup {
    /// The search space; `None` for a model file.
    pub space: Option<SpaceSnapshot>,
    /// All options of the job, defaults included.
    pub job: Value,
    /// The run's seed.
    pub seed: u64,
    /// The seed of the weights of each repeat.
    pub weight_seeds: Vec<u64>,
    /// SHA-256 of the batch, from [`Batch::fingerprint`](crate::data::Batch::fingerprint).
    pub batch: String,
    /// The device it begins on.
    pub device: String,
    /// The device's driver.
    pub driver: String,
    /// Version of this program.
    pub version: String,
    /// [`SCORE_VERSION`] of the program.
    pub score_version: u32,
}

/// Which search space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceSnapshot {
    /// Its id.
    pub id: String,
    /// [`space_fingerprint`](super::space_fingerprint) of it.
    pub fingerprint: String,
    /// Its file at that time, with overridden values; `None` in studies of old files.
    pub text: Option<String>,
}

impl StudySetup {
    /// The setup of a job by this version of the program, still without space, seeds and device.
    pub fn new(job: Value, batch: &str) -> Self {
        Self {
            space: None,
            job,
            seed: 0,
            weight_seeds: Vec::new(),
            batch: batch.to_owned(),
            device: String::new(),
            driver: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            score_version: SCORE_VERSION,
        }
    }

    /// The differences between a job and this set-up that prevent mixing their results. `free` lists
    /// the paths of options that may differ, such as `options.device`; a path includes everything below
    /// it. Devices and versions may differ.
    pub fn differences(&self, job: &Self, free: &[&str]) -> Vec<OptionDifference> {
        let is_free = |name: &str| {
            free.iter().any(|&path| {
                name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let mut differences = compare(&options(&self.job), &options(&job.job));
        differences.retain(|difference| !is_free(&difference.name));
        let space = |setup: &Self| match &setup.space {
            Some(space) => short(&space.fingerprint),
            None => "none".to_owned(),
        };
        let whole = [
            ("space file", space(self), space(job)),
            ("seeds of the weights", listed(&self.weight_seeds), listed(&job.weight_seeds)),
            ("images", short(&self.batch), short(&job.batch)),
            (
                "version of the scores",
                self.score_version.to_string(),
                job.score_version.to_string(),
            ),
        ];
        let differs = whole.into_iter().filter(|(_, stored, given)| stored != given);
        differences.extend(differs.map(|(name, stored, given)| OptionDifference {
            name: name.to_owned(),
            stored,
            given,
        }));
        differences
    }
}

/// The first digits of a fingerprint.
fn short(fingerprint: &str) -> String {
    fingerprint.chars().take(12).collect()
}

fn listed(seeds: &[u64]) -> String {
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

/// An option that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionDifference {
    /// The option by its path in the job, such as `options.batch-size`.
    pub name: String,
    /// Its value in the study, as JSON; `none` if it has none.
    pub stored: String,
    /// The value that was given.
    pub given: String,
}

impl fmt::Display for OptionDifference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, stored, given } = self;
        let name = name.strip_prefix("options.").unwrap_or(name);
        write!(formatter, "{name} is {stored} there and {given} here")
    }
}

/// All values by their path; lists are one value, and what is null is not there.
fn options(job: &Value) -> BTreeMap<String, &Value> {
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), job)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Null => {}
            Value::Object(map) => open.extend(map.iter().map(|(name, value)| {
                let dot = if path.is_empty() { "" } else { "." };
                (format!("{path}{dot}{name}"), value)
            })),
            _ => {
                found.insert(path, value);
            }
        }
    }
    found
}

fn compare<'v>(
    stored: &BTreeMap<String, &'v Value>,
    given: &BTreeMap<String, &'v Value>,
) -> Vec<OptionDifference> {
    let text = |value: Option<&&Value>| value.map_or_else(|| "none".to_owned(), |v| v.to_string());
    let missing = given.keys().filter(|name| !stored.contains_key(*name));
    let mut names: Vec<&String> = stored.keys().chain(missing).collect();
    names.sort();
    // What an earlier version did not write is not set.
    let is_set =
        |value: &&&Value| !value.is_null() && value.as_array().is_none_or(|a| !a.is_empty());
    let value_of =
        |all: &BTreeMap<String, &'v Value>, name: &String| all.get(name).filter(is_set).copied();
    let differ = names.into_iter().filter(|&name| value_of(stored, name) != value_of(given, name));
    differ
        .map(|name| OptionDifference {
            name: name.clone(),
            stored: text(stored.get(name)),
            given: text(given.get(name)),
        })
        .collect()
}

/// The state of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StudyState {
    /// It is being written, or was when its process was killed.
    Running,
    /// Everything is scored.
    Done,
    /// It was stopped and can be resumed.
    Interrupted,
    /// It ended by an error; it can be resumed.
    Failed,
}

impl StudyState {
    /// All variants.
    pub const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Interrupted, Self::Failed];

    /// The word in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        }
    }
}

/// A study as stored in the file.
#[derive(Clone, Debug)]
pub struct StudyInfo {
    /// What the tables call it.
    pub(super) number: i64,
    /// What people call it: eight hexadecimal digits.
    pub id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// When something was last written, likewise.
    pub updated_ms: i64,
    /// Its state.
    pub state: StudyState,
    /// Its set-up.
    pub setup: StudySetup,
    /// Its results by status.
    pub counts: StatusCounts,
    /// The highest value by which it ranks results.
    pub best: Option<f64>,
    /// What its user calls it; empty if it has no name.
    pub name: String,
    /// What its user notes of it.
    pub note: String,
    /// Who writes it now, for people; nobody for a running study means that its process was killed.
    pub workers: Vec<String>,
}

impl StudyInfo {
    /// Its state in one word: [`StudyState::name`], or `killed` for a running study to which no process
    /// writes.
    pub fn standing(&self) -> &'static str {
        match self.state {
            StudyState::Running if self.workers.is_empty() => "killed",
            state => state.name(),
        }
    }

    /// Refuses a job whose results cannot be compared with those of this study; see
    /// [`StudySetup::differences`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Differs`] with every option that differs.
    pub fn check_same(&self, job: &StudySetup, free: &[&str]) -> Result<(), StoreError> {
        let differences = self.setup.differences(job, free);
        if differences.is_empty() {
            return Ok(());
        }
        Err(StoreError::Differs { id: self.id.clone(), differences })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn setup(job: Value) -> StudySetup {
        StudySetup::new(job, "0123456789abcdef")
    }

    #[test]
    fn differing_options_are_named_with_both_values() {
        let stored = setup(json!({ "options": { "batch-size": 128, "set": [], "mean": null },
                                   "task": { "search": { "samples": 10 } }, "out": "a.csv" }));
        let same = setup(json!({ "options": { "set": [], "batch-size": 128 }, "out": "b.csv",
                                 "task": { "search": { "samples": 10 } } }));
        assert_eq!(stored.differences(&same, &["out"]), []);
        let named = |other: &StudySetup, free: &[&str]| {
            let differences = stored.differences(other, free);
            differences.into_iter().map(|one| one.to_string()).collect::<Vec<_>>()
        };
        let out = r#"out is "a.csv" there and "b.csv" here"#;
        assert_eq!(named(&same, &[]), [out]);
        assert_eq!(named(&same, &["ou", "out.x"]), [out], "a free path is a whole path");
        let other = setup(json!({ "options": { "batch-size": 64, "set": ["a=1"] }, "out": "a.csv",
                                  "task": { "score": { "samples": 10 } } }));
        let expected = [
            "batch-size is 128 there and 64 here",
            r#"set is [] there and ["a=1"] here"#,
            "task.score.samples is none there and 10 here",
            "task.search.samples is 10 there and none here",
        ];
        assert_eq!(named(&other, &[]), expected);
        assert_eq!(named(&other, &["task"]), expected[..2]);
    }

    // An option that came with a later version is not set in the studies before it.
    #[test]
    fn what_is_not_set_equals_what_is_not_written() {
        let stored = setup(json!({ "task": { "search": { "samples": 10 } } }));
        let newer = setup(
            json!({ "task": { "search": { "samples": 10, "combine": [], "initial-score": null } } }),
        );
        assert_eq!(
            (stored.differences(&newer, &[]), newer.differences(&stored, &[])),
            (vec![], vec![])
        );
        let other = setup(json!({ "task": { "search": { "samples": 10, "combine": ["macs"] } } }));
        assert_eq!(stored.differences(&other, &[]).len(), 1);
    }

    #[test]
    fn other_images_spaces_and_seeds_differ_though_the_options_are_the_same() {
        let stored = setup(json!({}));
        let mut other = stored.clone();
        other.batch = "fedcba9876543210".to_owned();
        other.weight_seeds = vec![1, 2];
        other.space =
            Some(SpaceSnapshot { id: "x".to_owned(), fingerprint: "00".to_owned(), text: None });
        other.score_version += 1;
        other.device = "another one".to_owned();
        let names: Vec<String> =
            stored.differences(&other, &[]).into_iter().map(|one| one.name).collect();
        let expected = ["space file", "seeds of the weights", "images", "version of the scores"];
        assert_eq!(names, expected);
    }
}
