//! Hill climbing: moves from a random architecture to its best neighbour as long as that is better,
//! then starts again from another random one.

use std::collections::{HashMap, VecDeque};

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{
    ConstrainedSpace, NextStep, Objective, ObservedValues, Strategy, TrialValue, Unsatisfiable,
};
use crate::seed;
use crate::space::Architecture;

/// Restarts in a row that lead to nothing new, after which the search ends.
const MAX_IDLE: u64 = 1_000;

/// Hill climbing with restarts.
pub struct LocalSearch<'m> {
    space: ConstrainedSpace<'m>,
    rng: ChaCha8Rng,
    samples: u64,
    asked: u64,
    /// Restarts since something was last asked.
    idle: u64,
    in_flight: usize,
    /// What was observed, by [`crate::space::Space::identity`].
    known: HashMap<String, TrialValue>,
    observed: ObservedValues,
    /// Where the climb stands; `None` before its start is known.
    summit: Option<(Architecture, TrialValue)>,
    start: Option<Architecture>,
    /// Neighbours that are not asked about yet.
    left: VecDeque<Architecture>,
    /// Neighbours whose values are known.
    around: Vec<(Architecture, TrialValue)>,
}

impl<'m> LocalSearch<'m> {
    /// Climbs that ask about `samples` architectures in all; random numbers come from the stream
    /// `local` of the seed.
    pub fn new(space: ConstrainedSpace<'m>, samples: u64, seed: u64) -> Self {
        Self {
            space,
            rng: seed::stream(seed, &["local"]),
            samples,
            asked: 0,
            idle: 0,
            in_flight: 0,
            known: HashMap::new(),
            observed: ObservedValues::default(),
            summit: None,
            start: None,
            left: VecDeque::new(),
            around: Vec::new(),
        }
    }

    fn identity(&self, architecture: &Architecture) -> String {
        architecture.identity()
    }

    fn ask(&mut self, architecture: Architecture) -> NextStep {
        self.asked += 1;
        self.idle = 0;
        self.in_flight += 1;
        NextStep::Propose(architecture, Objective::Score)
    }

    /// Stands on an architecture and looks around.
    fn climb(&mut self, architecture: Architecture, value: TrialValue) {
        let mut neighbours = architecture.neighbours();
        neighbours.shuffle(&mut self.rng);
        self.left = neighbours.into();
        self.summit = Some((architecture, value));
        self.around.clear();
    }

    /// The best neighbour, the first of equal ones, if it is better than where the climb stands.
    fn best(&mut self) -> Option<(Architecture, TrialValue)> {
        let here = self.summit.take();
        let mut highest = here.map_or(f64::NEG_INFINITY, |(_, value)| self.observed.number(&value));
        let mut best = None;
        for (architecture, value) in self.around.drain(..) {
            let number = self.observed.number(&value);
            if number > highest {
                (highest, best) = (number, Some((architecture, value)));
            }
        }
        best
    }

    /// The next neighbour that is not known yet.
    fn neighbour(&mut self) -> Option<Architecture> {
        while let Some(neighbour) = self.left.pop_front() {
            match self.known.get(&self.identity(&neighbour)).cloned() {
                Some(value) => self.around.push((neighbour, value)),
                None if self.space.admits(&neighbour) => return Some(neighbour),
                None => {}
            }
        }
        None
    }
}

impl Strategy for LocalSearch<'_> {
    fn next(&mut self) -> Result<NextStep, Unsatisfiable> {
        loop {
            if self.asked >= self.samples || self.idle > MAX_IDLE {
                return Ok(NextStep::Done);
            }
            if self.summit.is_none() {
                if self.start.is_some() {
                    return Ok(NextStep::Wait);
                }
                let start = match self.space.draw(&mut self.rng) {
                    Ok(start) => start,
                    Err(error) => return self.space.ended(self.asked, error),
                };
                if let Some(value) = self.known.get(&self.identity(&start)).cloned() {
                    self.climb(start, value);
                    continue;
                }
                self.start = Some(start.clone());
                return Ok(self.ask(start));
            }
            if let Some(neighbour) = self.neighbour() {
                return Ok(self.ask(neighbour));
            }
            if self.in_flight > 0 {
                return Ok(NextStep::Wait);
            }
            if let Some((architecture, value)) = self.best() {
                self.climb(architecture, value);
            } else {
                self.idle += 1;
            }
        }
    }

    fn observe(&mut self, architecture: &Architecture, _ask: Objective, value: &TrialValue) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.known.insert(self.identity(architecture), value.clone());
        self.observed.add(architecture, value);
        if self.start.as_ref() == Some(architecture) {
            self.start = None;
            self.climb(architecture.clone(), value.clone());
        } else {
            self.around.push((architecture.clone(), value.clone()));
        }
    }

    fn total(&self) -> Option<u64> {
        Some(self.samples)
    }

    fn rejected(&self) -> u64 {
        self.space.rejected()
    }

    fn disconnected(&self) -> u64 {
        self.space.disconnected()
    }
}
