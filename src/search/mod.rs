//! Strategies choose the architectures that a search evaluates. A strategy proposes and observes; it
//! never calls the scorer, and does not know where accuracies come from.
//!
//! Each strategy is one file here and one variant of [`StrategyKind`].

mod constrained_space;
mod constraint;
mod evolution;
mod exhaustive;
mod latency;
mod local;
mod random;
mod strategy_kind;
mod trial_value;
mod unsatisfiable;

pub use constrained_space::ConstrainedSpace;
pub use constraint::{Constraint, QUANTITIES, Quantity, QuantitySource};
pub use evolution::{Evolution, InitialPopulation};
pub use exhaustive::ExhaustiveSearch;
pub use latency::{LatencyError, LatencyMeter};
pub use local::LocalSearch;
pub use random::RandomSearch;
pub use strategy_kind::{StrategyInfo, StrategyKind, StrategyOption, UnknownStrategy};
pub use trial_value::{ObservedValues, TrialValue};
pub use unsatisfiable::Unsatisfiable;

use serde::{Deserialize, Serialize};

use crate::space::Architecture;

/// What a strategy maximises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Objective {
    /// The score, without training.
    Score,
    /// The accuracy after training, from a table or a trainer.
    Accuracy,
}

/// The next step of a strategy.
#[derive(Clone, Debug, PartialEq)]
pub enum NextStep {
    /// It proposes an architecture and requests this value for it.
    Propose(Architecture, Objective),
    /// It waits for the values of earlier proposals.
    Wait,
    /// It has no more proposals.
    Done,
}

/// A search strategy. The same seed and the same values lead to the same proposals, regardless of how
/// many are answered at a time.
pub trait Strategy {
    /// The next step.
    ///
    /// # Errors
    ///
    /// [`Unsatisfiable`] if no architecture that may be proposed is found.
    fn next(&mut self) -> Result<NextStep, Unsatisfiable>;

    /// Receives the value of one proposal, in the order in which proposals were made.
    fn observe(&mut self, architecture: &Architecture, objective: Objective, value: &TrialValue);

    /// The total number of architectures it will propose, if known.
    fn total(&self) -> Option<u64>;

    /// Architectures that were drawn and rejected by constraints.
    fn rejected(&self) -> u64 {
        0
    }

    /// Disconnected architectures that were drawn and left out.
    fn disconnected(&self) -> u64 {
        0
    }
}

/// The sizes of a search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchSizes {
    /// Architectures that are proposed; fewer if the space has fewer.
    pub samples: u64,
    /// Size of the population.
    pub population: usize,
    /// Members drawn for a tournament, the best of which becomes a parent.
    pub tournament: usize,
    /// Share of the children that have two parents (crossover) instead of one (mutation), from 0 to 1.
    pub crossover: f64,
    /// Architectures that are scored for the first population of AREA.
    pub candidates: usize,
}
