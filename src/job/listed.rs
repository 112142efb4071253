//! A given list of architectures, presented as the proposals of a strategy.

use crate::search::{NextStep, Objective, Strategy, TrialValue, Unsatisfiable};
use crate::space::Architecture;

/// Proposes architectures given by hand.
pub(super) struct ListedArchitectures {
    left: std::vec::IntoIter<Architecture>,
    total: u64,
}

impl ListedArchitectures {
    pub(super) fn new(architectures: Vec<Architecture>) -> Self {
        let total = architectures.len() as u64;
        Self { left: architectures.into_iter(), total }
    }
}

impl Strategy for ListedArchitectures {
    fn next(&mut self) -> Result<NextStep, Unsatisfiable> {
        let propose = |architecture| NextStep::Propose(architecture, Objective::Score);
        Ok(self.left.next().map_or(NextStep::Done, propose))
    }

    fn observe(
        &mut self,
        _architecture: &Architecture,
        _objective: Objective,
        _value: &TrialValue,
    ) {
    }

    fn total(&self) -> Option<u64> {
        Some(self.total)
    }
}
