//! Every architecture of a space, in the order of its index.

use super::{ConstrainedSpace, NextStep, Objective, Strategy, TrialValue, Unsatisfiable};
use crate::space::Architecture;

/// Proposes every architecture once.
pub struct ExhaustiveSearch<'m> {
    space: ConstrainedSpace<'m>,
    ask: Objective,
    at: u64,
    proposed: bool,
    /// The architectures of a space without index.
    listed: Option<std::vec::IntoIter<Architecture>>,
}

impl<'m> ExhaustiveSearch<'m> {
    /// All architectures, by score.
    pub fn new(space: ConstrainedSpace<'m>) -> Self {
        Self::asking(space, Objective::Score)
    }

    /// All architectures.
    pub fn asking(space: ConstrainedSpace<'m>, ask: Objective) -> Self {
        Self { space, ask, at: 0, proposed: false, listed: None }
    }

    fn following(&mut self) -> Option<Architecture> {
        let position = self.at;
        self.at += 1;
        if position == 0 && self.space.space().from_index(0).is_none() {
            self.listed = Some(self.space.space().enumerate().collect::<Vec<_>>().into_iter());
        }
        match &mut self.listed {
            Some(listed) => listed.next(),
            None => self.space.space().from_index(position),
        }
    }
}

impl Strategy for ExhaustiveSearch<'_> {
    fn next(&mut self) -> Result<NextStep, Unsatisfiable> {
        while let Some(architecture) = self.following() {
            if self.space.admits(&architecture) {
                self.proposed = true;
                return Ok(NextStep::Propose(architecture, self.ask));
            }
            if self.space.cancelled() {
                break;
            }
        }
        let (rejected, disconnected) = (self.space.rejected(), self.space.disconnected());
        if !self.proposed && rejected + disconnected > 0 {
            return Err(self.space.unsatisfiable(rejected + disconnected, disconnected));
        }
        Ok(NextStep::Done)
    }

    fn observe(&mut self, _architecture: &Architecture, _ask: Objective, _value: &TrialValue) {}

    fn total(&self) -> Option<u64> {
        u64::try_from(self.space.space().count()).ok()
    }

    fn rejected(&self) -> u64 {
        self.space.rejected()
    }

    fn disconnected(&self) -> u64 {
        self.space.disconnected()
    }
}
