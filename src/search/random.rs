//! Random search: NASWOT (Mellor et al. 2021, algorithm 1) by score, RS by accuracy.

use std::collections::HashSet;

use rand_chacha::ChaCha8Rng;

use super::{
    ConstrainedSpace, ExhaustiveSearch, NextStep, Objective, Strategy, TrialValue, Unsatisfiable,
};
use crate::seed;
use crate::space::Architecture;

/// Repetitions in a row after which nothing new is expected.
const MAX_REPEATED: u64 = 100_000;

/// Draws architectures uniformly without replacement; if as many are requested as the space has, or
/// more, it proposes each of them once.
pub struct RandomSearch<'m> {
    space: ConstrainedSpace<'m>,
    rng: ChaCha8Rng,
    ask: Objective,
    samples: u64,
    proposed: u64,
    seen: HashSet<String>,
    /// What proposes the whole space, where that is wanted.
    all: Option<ExhaustiveSearch<'m>>,
}

impl<'m> RandomSearch<'m> {
    /// `samples` architectures, drawn from the stream `architectures` of the seed.
    pub fn new(space: ConstrainedSpace<'m>, samples: u64, seed: u64, ask: Objective) -> Self {
        let count = space.space().count();
        let whole = u128::from(samples) >= count && !space.is_constrained();
        let all =
            whole.then(|| ExhaustiveSearch::asking(ConstrainedSpace::new(space.space(), &[]), ask));
        Self {
            space,
            rng: seed::stream(seed, &["architectures"]),
            ask,
            samples: u64::try_from(count).map_or(samples, |count| samples.min(count)),
            proposed: 0,
            seen: HashSet::new(),
            all,
        }
    }
}

impl Strategy for RandomSearch<'_> {
    fn next(&mut self) -> Result<NextStep, Unsatisfiable> {
        if self.proposed == self.samples {
            return Ok(NextStep::Done);
        }
        if let Some(all) = &mut self.all {
            return all.next();
        }
        for _ in 0..MAX_REPEATED {
            let architecture = self.space.draw(&mut self.rng)?;
            if self.seen.insert(architecture.identity()) {
                self.proposed += 1;
                return Ok(NextStep::Propose(architecture, self.ask));
            }
        }
        Ok(NextStep::Done)
    }

    fn observe(&mut self, _architecture: &Architecture, _ask: Objective, _value: &TrialValue) {}

    fn total(&self) -> Option<u64> {
        (self.samples < u64::MAX).then_some(self.samples)
    }

    fn rejected(&self) -> u64 {
        self.space.rejected()
    }
}
