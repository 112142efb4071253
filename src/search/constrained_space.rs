//! The architectures that a strategy may propose: those of a space that satisfy the constraints and, where
//! that is wanted, have a path from input to output.

use std::fmt;

use rand::Rng;

use super::constraint::{Constraint, QuantitySource};
use super::latency::{LatencyCache, LatencyMeter};
use super::{NextStep, Unsatisfiable};
use crate::backend::Cancel;
use crate::graph::Graph;
use crate::space::{Architecture, Space};

/// Draws after which a search gives up.
const MAX_DRAWS: u64 = 20_000;

/// Networks measured for one proposal after which a search gives up: at a few passes each, minutes.
const MAX_RUNS: u64 = 500;

/// A space with the constraints that its architectures must satisfy before anything is scored.
pub struct ConstrainedSpace<'m> {
    space: Space,
    constraints: Vec<Constraint>,
    /// By constraint, the least and the largest value that was seen.
    seen: Vec<(f64, f64)>,
    rejected: u64,
    /// Whether disconnected architectures are left out.
    connected_only: bool,
    disconnected: u64,
    measured: LatencyCache<'m>,
    cancel: Option<&'m Cancel>,
}

impl fmt::Debug for ConstrainedSpace<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ConstrainedSpace")
            .field("space", &self.space.id())
            .finish_non_exhaustive()
    }
}

impl<'m> ConstrainedSpace<'m> {
    /// All architectures of a space that satisfy counted constraints; a measured constraint admits
    /// nothing, see [`ConstrainedSpace::measuring`].
    pub fn new(space: &Space, constraints: &[Constraint]) -> Self {
        Self::with(space, constraints, None)
    }

    /// The same, with a function that measures latencies. It is called once for all networks with equal
    /// [`Architecture::code_key`], and only for those within all counted ranges.
    pub fn measuring(space: &Space, constraints: &[Constraint], measure: LatencyMeter<'m>) -> Self {
        Self::with(space, constraints, Some(measure))
    }

    fn with(space: &Space, constraints: &[Constraint], measure: Option<LatencyMeter<'m>>) -> Self {
        Self {
            space: space.clone(),
            constraints: constraints.to_vec(),
            seen: vec![(f64::INFINITY, f64::NEG_INFINITY); constraints.len()],
            rejected: 0,
            connected_only: false,
            disconnected: 0,
            measured: LatencyCache::new(measure),
            cancel: None,
        }
    }

    /// The same without architectures that have no path from input to output.
    #[must_use]
    pub fn connected_only(self) -> Self {
        Self { connected_only: true, ..self }
    }

    /// The same, which draws nothing more once the run is cancelled.
    #[must_use]
    pub fn until(self, cancel: &'m Cancel) -> Self {
        Self { cancel: Some(cancel), ..self }
    }

    /// The space.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Whether there are any constraints.
    pub fn is_constrained(&self) -> bool {
        !self.constraints.is_empty()
    }

    /// Architectures that were rejected.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Disconnected architectures that were left out.
    pub fn disconnected(&self) -> u64 {
        self.disconnected
    }

    /// Whether disconnected architectures are left out.
    pub(super) fn is_connected_only(&self) -> bool {
        self.connected_only
    }

    /// What a strategy does that found nothing more after `proposed` architectures: where only
    /// connectivity limits the space, these were all that it finds.
    pub(super) fn ended(
        &self,
        proposed: u64,
        error: Unsatisfiable,
    ) -> Result<NextStep, Unsatisfiable> {
        if proposed > 0 && !self.is_constrained() && !self.cancelled() {
            return Ok(NextStep::Done);
        }
        Err(error)
    }

    /// Whether an architecture may be proposed; one that may not is counted.
    pub fn admits(&mut self, architecture: &Architecture) -> bool {
        if self.connected_only && !architecture.is_connected() {
            self.disconnected += 1;
            return false;
        }
        if self.constraints.is_empty() {
            return true;
        }
        let admitted = match architecture.build() {
            Ok(graph) => self.within(&graph) && self.measures(architecture, &graph),
            Err(_) => false,
        };
        self.rejected += u64::from(!admitted);
        admitted
    }

    /// Whether what is counted is in its ranges.
    fn within(&mut self, graph: &Graph) -> bool {
        let mut within = true;
        for (constraint, seen) in self.constraints.iter().zip(&mut self.seen) {
            if let Some(value) = constraint.quantity.counted(graph) {
                note(seen, value);
                within &= constraint.holds(value);
            }
        }
        within
    }

    /// Whether what is measured is in its ranges.
    fn measures(&mut self, architecture: &Architecture, graph: &Graph) -> bool {
        for (constraint, seen) in self.constraints.iter().zip(&mut self.seen) {
            if matches!(constraint.quantity.value, QuantitySource::Graph(_)) {
                continue;
            }
            let Some(value) = self.measured.latency(architecture, graph) else {
                return false;
            };
            note(seen, value);
            if !constraint.holds(value) {
                return false;
            }
        }
        true
    }

    /// Whether the run was cancelled, so that nothing more can be admitted.
    pub(super) fn cancelled(&self) -> bool {
        self.measured.cancelled || self.cancel.is_some_and(Cancel::is_cancelled)
    }

    /// A random architecture that may be proposed.
    ///
    /// # Errors
    ///
    /// [`Unsatisfiable`] after many draws.
    pub fn draw(&mut self, rng: &mut dyn Rng) -> Result<Architecture, Unsatisfiable> {
        self.first(&mut |space| space.sample(rng))
    }

    /// A random mutation that may be proposed.
    ///
    /// # Errors
    ///
    /// [`Unsatisfiable`] after many mutations.
    pub fn mutate(
        &mut self,
        parent: &Architecture,
        rng: &mut dyn Rng,
    ) -> Result<Architecture, Unsatisfiable> {
        self.first(&mut |_| parent.mutate(rng))
    }

    /// A random child of two architectures that may be proposed; a mutation of one where they have no child
    /// that differs from both.
    ///
    /// # Errors
    ///
    /// [`Unsatisfiable`] after many children.
    pub fn cross(
        &mut self,
        parents: [&Architecture; 2],
        rng: &mut dyn Rng,
    ) -> Result<Architecture, Unsatisfiable> {
        self.first(&mut |_| {
            let child = parents[0].crossover(parents[1], rng);
            if parents.contains(&&child) { child.mutate(rng) } else { child }
        })
    }

    fn first(
        &mut self,
        propose: &mut dyn FnMut(&Space) -> Architecture,
    ) -> Result<Architecture, Unsatisfiable> {
        let (runs, disconnected, mut draws) = (self.measured.runs, self.disconnected, 0);
        while draws < MAX_DRAWS && self.measured.runs - runs < MAX_RUNS && !self.cancelled() {
            let architecture = propose(&self.space);
            if self.admits(&architecture) {
                return Ok(architecture);
            }
            draws += 1;
        }
        Err(self.unsatisfiable(draws, self.disconnected - disconnected))
    }

    /// What to say where nothing was found among `draws` architectures, `disconnected` of which had no path
    /// from input to output.
    pub(super) fn unsatisfiable(&self, draws: u64, disconnected: u64) -> Unsatisfiable {
        let entry = |(constraint, &(least, most)): (&Constraint, &(f64, f64))| {
            (constraint.clone(), least, most)
        };
        let seen = self.constraints.iter().zip(&self.seen).map(entry).collect();
        Unsatisfiable { draws, disconnected, seen, failure: self.measured.failure.clone() }
    }
}

/// Widens a range by a value.
fn note((least, most): &mut (f64, f64), value: f64) {
    *least = least.min(value);
    *most = most.max(value);
}
