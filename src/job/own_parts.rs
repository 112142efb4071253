//! What a program that uses the library brings to a search itself: a strategy, or a score.

use serde::{Deserialize, Serialize};

use super::{InvalidOption, JobConfig, JobOption, ScoredNetwork, Task};
use crate::search::{Objective, Strategy};
use crate::space::Architecture;
use crate::store::Status;

/// The names of a program's own strategy and score. A job with one is run by [`run_with`](super::run_with).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct OwnNames {
    /// Of the strategy; none if the search has one of [`StrategyKind`](crate::search::StrategyKind).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// Of the score; none if the search is ranked by one of [`SCORES`](crate::score::SCORES) or by the
    /// combined rank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
}

impl OwnNames {
    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.strategy.is_none() && self.score.is_none()
    }
}

/// A program's own score.
pub trait OwnScore {
    /// The value of a network, higher is better; its kernel matrix and its codes are in the output. A value
    /// that is not finite keeps the architecture from being chosen. Networks that failed, and those whose input
    /// does not reach their output, are not asked about. `None` leaves a network without a result, as if the
    /// search had been cancelled before: what cannot go on also cancels the search.
    fn value(&mut self, architecture: &Architecture, network: &ScoredNetwork) -> Option<f64>;
}

/// A program's own strategy and score; those that [`JobConfig::own`] names, and no others.
#[derive(Default)]
pub struct OwnParts<'p> {
    /// The strategy.
    pub strategy: Option<Box<dyn Strategy + 'p>>,
    /// The score.
    pub score: Option<Box<dyn OwnScore + 'p>>,
}

impl OwnParts<'_> {
    /// Refuses a job that names what is not given, and parts that cannot be used.
    pub(super) fn check(&self, config: &JobConfig) -> Result<(), InvalidOption> {
        let OwnNames { strategy, score } = &config.own;
        let parts = [
            (JobOption::Strategy, "strategy", strategy, self.strategy.is_some()),
            (JobOption::Score, "score", score, self.score.is_some()),
        ];
        for (option, what, name, is_given) in parts {
            let reason = match (name, is_given) {
                (Some(name), false) => format!(
                    "is `{name}`, a {what} of the program that made the job: only that program can run it"
                ),
                (None, true) => {
                    format!("is the program's own: it needs a name, as the {what} of the job")
                }
                _ => continue,
            };
            return Err(InvalidOption::new(option, reason));
        }
        if config.own.is_empty() {
            return Ok(());
        }
        let refuse = |option, reason: &str| Err(InvalidOption::new(option, reason));
        let Task::Search(search) = &config.task else {
            return refuse(JobOption::Strategy, "is the program's own: only searches have one");
        };
        if search.strategy.objective() == Objective::Accuracy {
            return refuse(
                JobOption::Strategy,
                "learns from accuracies: it cannot be combined with own ones",
            );
        }
        if strategy.is_some() && !search.constraint.is_empty() {
            return refuse(
                JobOption::Constraint,
                "is for built-in strategies: an own one proposes what it likes",
            );
        }
        if score.is_some() && search.unique {
            return refuse(JobOption::Unique, "cannot be combined with a program's own score");
        }
        Ok(())
    }
}

/// Ranks a network by a program's own score; `None` where the score gives none.
pub(super) fn ranked_by_own(
    own: &mut dyn OwnScore,
    name: &str,
    architecture: &Architecture,
    mut network: ScoredNetwork,
) -> Option<ScoredNetwork> {
    if matches!(network.record.status, Status::Failed | Status::Disconnected) {
        return Some(ScoredNetwork { output: None, ..network });
    }
    let value = own.value(architecture, &network)?;
    network.record.scores.insert(name.to_owned(), value);
    network.record.value = if value.is_finite() { value } else { f64::NEG_INFINITY };
    network.output = None;
    Some(network)
}
