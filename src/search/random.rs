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
/// Disconnected architectures since the last proposal after which nothing new is expected: seconds.
const MAX_DISCONNECTED: u64 = 1_000_000;
/// The largest space whose connected architectures are counted before all of them are proposed.
const MAX_COUNTED: u128 = 50_000;

/// Draws architectures uniformly without replacement; if as many are requested as the space has, or
/// more, it proposes each of them once.
pub struct RandomSearch<'m> {
    source: Source<'m>,
    rng: ChaCha8Rng,
    seen: HashSet<String>,
    ask: Objective,
    samples: u64,
}

/// Where the architectures come from.
enum Source<'m> {
    Drawn(ConstrainedSpace<'m>),
    Whole(ExhaustiveSearch<'m>),
}

impl<'m> RandomSearch<'m> {
    /// `samples` architectures, drawn from the stream `architectures` of the seed.
    pub fn new(space: ConstrainedSpace<'m>, samples: u64, seed: u64, ask: Objective) -> Self {
        let count = space.space().count();
        let is_whole = u128::from(samples) >= count && !space.is_constrained();
        let samples = match is_whole && space.is_connected_only() && count <= MAX_COUNTED {
            true => space.space().enumerate().filter(Architecture::is_connected).count() as u64,
            false => u64::try_from(count).map_or(samples, |count| samples.min(count)),
        };
        let source = match is_whole {
            true => Source::Whole(ExhaustiveSearch::asking(space, ask)),
            false => Source::Drawn(space),
        };
        let rng = seed::stream(seed, &["architectures"]);
        Self { source, rng, seen: HashSet::new(), ask, samples }
    }
}

impl Strategy for RandomSearch<'_> {
    fn next(&mut self) -> Result<NextStep, Unsatisfiable> {
        let space = match &mut self.source {
            Source::Drawn(space) => space,
            Source::Whole(all) => return all.next(),
        };
        let disconnected = space.disconnected();
        let mut repeated = 0;
        while (self.seen.len() as u64) < self.samples
            && repeated < MAX_REPEATED
            && space.disconnected() - disconnected < MAX_DISCONNECTED
        {
            let architecture = match space.draw(&mut self.rng) {
                Ok(architecture) => architecture,
                Err(error) => return space.ended(self.seen.len() as u64, error),
            };
            if self.seen.insert(architecture.identity()) {
                return Ok(NextStep::Propose(architecture, self.ask));
            }
            repeated += 1;
        }
        Ok(NextStep::Done)
    }

    fn observe(&mut self, _architecture: &Architecture, _ask: Objective, _value: &TrialValue) {}

    fn total(&self) -> Option<u64> {
        (self.samples < u64::MAX).then_some(self.samples)
    }

    fn rejected(&self) -> u64 {
        match &self.source {
            Source::Drawn(space) => space.rejected(),
            Source::Whole(all) => all.rejected(),
        }
    }

    fn disconnected(&self) -> u64 {
        match &self.source {
            Source::Drawn(space) => space.disconnected(),
            Source::Whole(all) => all.disconnected(),
        }
    }
}
