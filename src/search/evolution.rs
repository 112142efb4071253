//! Regularised evolution (Real et al., AAAI 2019): the best of a random tournament is mutated, the
//! child joins the population, and the oldest member leaves it. Beyond the publication, a share of the
//! children may have two such parents.
//!
//! AREA (Mellor et al. 2021, section 5.3) does the same with accuracies, but its first population
//! consists of the highest-scoring members of a larger random sample, which needs no training.

use std::collections::VecDeque;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{
    ConstrainedSpace, NextStep, Objective, ObservedValues, SearchSizes, Strategy, TrialValue,
    Unsatisfiable,
};
use crate::seed;
use crate::space::Architecture;

/// Where the first population comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialPopulation {
    /// Random architectures.
    Random,
    /// The best by score of [`SearchSizes::candidates`] random ones.
    BestByScore,
}

/// Regularised evolution.
pub struct Evolution<'m> {
    space: ConstrainedSpace<'m>,
    rng: ChaCha8Rng,
    drive: Objective,
    sizes: SearchSizes,
    /// Scored candidates of the first population; `None` once it is chosen.
    candidates: Option<Vec<(Architecture, TrialValue)>>,
    candidates_asked: usize,
    /// The chosen first population, as far as it was not asked about.
    first: VecDeque<Architecture>,
    population: VecDeque<(Architecture, TrialValue)>,
    observed: ObservedValues,
    asked: u64,
    in_flight: usize,
}

impl<'m> Evolution<'m> {
    /// An evolution that is driven by scores or accuracies; random numbers come from the stream
    /// `evolution` of the seed.
    pub fn new(
        space: ConstrainedSpace<'m>,
        sizes: SearchSizes,
        seed: u64,
        drive: Objective,
        start: InitialPopulation,
    ) -> Self {
        Self {
            space,
            rng: seed::stream(seed, &["evolution"]),
            drive,
            sizes,
            candidates: (start == InitialPopulation::BestByScore).then(Vec::new),
            candidates_asked: 0,
            first: VecDeque::new(),
            population: VecDeque::new(),
            observed: ObservedValues::default(),
            asked: 0,
            in_flight: 0,
        }
    }

    fn ask(&mut self, architecture: Architecture) -> NextStep {
        self.asked += 1;
        self.in_flight += 1;
        NextStep::Propose(architecture, self.drive)
    }

    /// The next candidate of an assisted start; `None` once all are known.
    fn candidate(&mut self) -> Result<Option<NextStep>, Unsatisfiable> {
        let Some(known) = &mut self.candidates else { return Ok(None) };
        if self.candidates_asked < self.sizes.candidates {
            self.candidates_asked += 1;
            let architecture = self.space.draw(&mut self.rng)?;
            return Ok(Some(NextStep::Propose(architecture, Objective::Score)));
        }
        if known.len() < self.sizes.candidates {
            return Ok(Some(NextStep::Wait));
        }
        // Of equal scores the one drawn first.
        known.sort_by(|(_, a), (_, b)| self.observed.number(b).total_cmp(&self.observed.number(a)));
        known.truncate(self.sizes.population);
        let chosen = self.candidates.take().unwrap_or_default();
        self.first.extend(chosen.into_iter().map(|(architecture, _)| architecture));
        Ok(None)
    }

    /// The best of a random tournament, drawn with replacement as in the authors' code.
    fn parent(&mut self) -> Option<Architecture> {
        let members = self.population.len() as u32;
        let mut best: Option<usize> = None;
        for _ in 0..self.sizes.tournament.max(1) {
            let member = self.rng.random_range(0..members) as usize;
            let value = |member: usize| self.observed.number(&self.population[member].1);
            let better = |best: usize| value(member) > value(best);
            if best.is_none_or(better) {
                best = Some(member);
            }
        }
        best.map(|best| self.population[best].0.clone())
    }
}

impl Strategy for Evolution<'_> {
    fn next(&mut self) -> Result<NextStep, Unsatisfiable> {
        if let Some(next) = self.candidate()? {
            return Ok(next);
        }
        if self.asked >= self.sizes.samples {
            return Ok(NextStep::Done);
        }
        if let Some(architecture) = self.first.pop_front() {
            return Ok(self.ask(architecture));
        }
        if self.asked < self.sizes.population as u64 {
            return match self.space.draw(&mut self.rng) {
                Ok(architecture) => Ok(self.ask(architecture)),
                Err(error) => self.space.ended(self.asked, error),
            };
        }
        if self.in_flight > 0 || self.population.is_empty() {
            return Ok(NextStep::Wait);
        }
        let Some(parent) = self.parent() else { return Ok(NextStep::Done) };
        let crosses = self.sizes.crossover > 0.0 && self.rng.random_bool(self.sizes.crossover);
        let other = if crosses { self.parent() } else { None };
        let child = match other {
            Some(other) => self.space.cross([&parent, &other], &mut self.rng),
            None => self.space.mutate(&parent, &mut self.rng),
        };
        match child {
            Ok(child) => Ok(self.ask(child)),
            Err(error) => self.space.ended(self.asked, error),
        }
    }

    fn observe(&mut self, architecture: &Architecture, ask: Objective, value: &TrialValue) {
        self.observed.add(architecture, value);
        if let Some(candidates) = &mut self.candidates
            && ask == Objective::Score
        {
            candidates.push((architecture.clone(), value.clone()));
            return;
        }
        self.in_flight = self.in_flight.saturating_sub(1);
        self.population.push_back((architecture.clone(), value.clone()));
        if self.population.len() > self.sizes.population {
            self.population.pop_front();
        }
    }

    fn total(&self) -> Option<u64> {
        let candidates =
            if self.drive == Objective::Accuracy { self.sizes.candidates as u64 } else { 0 };
        let assisted = self.candidates.is_some() || self.candidates_asked > 0;
        (self.sizes.samples < u64::MAX)
            .then(|| self.sizes.samples + if assisted { candidates } else { 0 })
    }

    fn rejected(&self) -> u64 {
        self.space.rejected()
    }

    fn disconnected(&self) -> u64 {
        self.space.disconnected()
    }
}
