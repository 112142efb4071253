//! Random search: NASWOT (Mellor et al. 2021, algorithm 1) by score, RS by accuracy.

use std::collections::HashSet;

use rand_chacha::ChaCha8Rng;

use super::{Ask, Exhaustive, Next, Pool, Strategy, Unsatisfiable};
use crate::seed;
use crate::space::Architecture;

/// Repetitions in a row after which nothing new is expected.
const MAX_REPEATED: u64 = 100_000;

/// Draws architectures uniformly and without repetition; asked for as many as the space has, or
/// more, it proposes each of them once.
pub struct Random<'m> {
    pool: Pool<'m>,
    rng: ChaCha8Rng,
    ask: Ask,
    samples: u64,
    proposed: u64,
    seen: HashSet<String>,
    /// What proposes the whole space, where that is wanted.
    all: Option<Exhaustive<'m>>,
}

impl<'m> Random<'m> {
    /// `samples` architectures, drawn from the stream `architectures` of the seed.
    pub fn new(pool: Pool<'m>, samples: u64, seed: u64, ask: Ask) -> Self {
        let count = pool.space().count();
        let whole = u128::from(samples) >= count && !pool.is_constrained();
        let all = whole.then(|| Exhaustive::asking(Pool::new(pool.space(), &[]), ask));
        Self {
            pool,
            rng: seed::stream(seed, &["architectures"]),
            ask,
            samples: u64::try_from(count).map_or(samples, |count| samples.min(count)),
            proposed: 0,
            seen: HashSet::new(),
            all,
        }
    }
}

impl Strategy for Random<'_> {
    fn next(&mut self) -> Result<Next, Unsatisfiable> {
        if self.proposed == self.samples {
            return Ok(Next::Done);
        }
        if let Some(all) = &mut self.all {
            return all.next();
        }
        for _ in 0..MAX_REPEATED {
            let architecture = self.pool.draw(&mut self.rng)?;
            if self.seen.insert(architecture.identity()) {
                self.proposed += 1;
                return Ok(Next::Try(architecture, self.ask));
            }
        }
        Ok(Next::Done)
    }

    fn observe(&mut self, _architecture: &Architecture, _ask: Ask, _value: f64) {}

    fn total(&self) -> Option<u64> {
        (self.samples < u64::MAX).then_some(self.samples)
    }

    fn rejected(&self) -> u64 {
        self.pool.rejected()
    }
}
