//! NASWOT (Mellor et al. 2021, algorithm 1): score random architectures, keep the best.

use std::collections::HashSet;

use rand_chacha::ChaCha8Rng;

use super::Strategy;
use crate::seed;
use crate::space::{Architecture, Space};

/// Draws architectures uniformly and without repetition; asked for as many as the space has, or
/// more, it proposes each of them once.
pub struct Random {
    space: Space,
    rng: ChaCha8Rng,
    samples: u64,
    proposed: u64,
    seen: HashSet<String>,
    /// What is left to propose where the whole space is wanted.
    all: Option<std::vec::IntoIter<Architecture>>,
}

impl Random {
    /// `samples` architectures of a space, drawn from the stream `architectures` of the seed.
    pub fn new(space: &Space, samples: u64, seed: u64) -> Self {
        let whole = u128::from(samples) >= space.count();
        let all = whole.then(|| space.enumerate().collect::<Vec<_>>().into_iter());
        Self {
            space: space.clone(),
            rng: seed::stream(seed, &["architectures"]),
            samples: all.as_ref().map_or(samples, |all| all.len() as u64),
            proposed: 0,
            seen: HashSet::new(),
            all,
        }
    }
}

impl Strategy for Random {
    fn propose(&mut self) -> Option<Architecture> {
        if self.proposed == self.samples {
            return None;
        }
        self.proposed += 1;
        if let Some(all) = &mut self.all {
            return all.next();
        }
        loop {
            let architecture = self.space.sample(&mut self.rng);
            if self.seen.insert(self.space.identity(&architecture)) {
                return Some(architecture);
            }
        }
    }

    fn observe(&mut self, _architecture: &Architecture, _score: f64) {}

    fn total(&self) -> Option<u64> {
        Some(self.samples)
    }
}
