//! What a study is, in few words.

use untrained::job::{JobConfig, JobOption, Task};
use untrained::store::StudyInfo;

/// What a study is about.
#[derive(Clone, Debug, PartialEq)]
pub struct StudySummary {
    /// The space; `-` for a model file.
    pub space: String,
    /// What its best is the best by.
    pub ranked_by: String,
    /// What its user noted of it.
    pub note: String,
    /// Its options that matter, in the order in which they are told.
    pub facts: Vec<String>,
}

impl StudySummary {
    /// Of a study; one of another version, whose options cannot be read, has no facts.
    pub fn new(study: &StudyInfo) -> Self {
        let space = study.setup.space.as_ref().map_or("-", |space| &space.id).to_owned();
        let note = study.note.clone();
        match JobConfig::of_study(study) {
            Ok(job) => {
                let ranked_by = job.ranked_by().to_owned();
                Self { space, ranked_by, note, facts: facts(&job) }
            }
            Err(_) => Self { space, ranked_by: "value".to_owned(), note, facts: Vec::new() },
        }
    }

    /// When it was created, and its facts.
    pub fn second_line(&self, created: &str) -> String {
        let mut parts = vec![created.to_owned()];
        if !self.note.is_empty() {
            parts.insert(0, self.note.clone());
        }
        parts.extend(self.facts.iter().cloned());
        parts.join("  ·  ")
    }

    /// The label of an option by its path in a job, where it has one.
    pub fn option_label(path: &str) -> String {
        let known = JobOption::ALL.iter().find(|option| option.info().path == path);
        known.map_or_else(|| path.to_owned(), |option| option.info().label.to_owned())
    }
}

fn facts(job: &JobConfig) -> Vec<String> {
    let mut facts = Vec::new();
    match &job.task {
        Task::Search(search) => {
            let own = &job.own;
            facts.push(own.strategy.clone().unwrap_or_else(|| search.strategy.name().to_owned()));
            facts.push(format!("score {}", own.score.as_deref().unwrap_or(search.score_name())));
            facts.push(format!("seed {}", job.options.seed));
            if !search.constraint.is_empty() {
                let constraints = search.constraint.iter().map(ToString::to_string);
                facts.push(constraints.collect::<Vec<_>>().join(", "));
            }
        }
        Task::Score { architectures } => {
            facts.push(format!("{} given architectures", architectures.len()));
            facts.push(format!("seed {}", job.options.seed));
        }
        Task::Onnx(model) => facts.push(model.path.display().to_string()),
    }
    if let Some(size) = job.options.batch_size {
        facts.push(format!("batch size {size}"));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::job::Options;

    #[test]
    fn strategy_score_seed_and_constraints_are_told() {
        let mut job = JobConfig::new(Options { seed: 7, ..Options::default() }, Task::default());
        job.set_option(JobOption::Constraint, &["params=..1M"]).unwrap();
        assert_eq!(facts(&job), ["random", "score combined", "seed 7", "params=..1000000"]);
        assert_eq!(StudySummary::option_label("options.batch-size"), "Batch size");
        assert_eq!(StudySummary::option_label("images"), "images");
    }
}
