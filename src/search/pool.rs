//! The architectures a strategy may propose: those of a space within constraints.

use std::fmt;

use rand::Rng;

use super::constraint::Constraint;
use crate::graph::Graph;
use crate::space::{Architecture, Space};

/// Draws after which a search gives up.
const MAX_DRAWS: u64 = 20_000;

/// A space and what is asked of its architectures before anything is scored.
pub struct Pool {
    space: Space,
    constraints: Vec<Constraint>,
    /// By constraint, the least and the largest value that was seen.
    seen: Vec<(f64, f64)>,
    rejected: u64,
}

/// No architecture within the constraints was found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("none of {draws} architectures is within the constraints; {}", list(seen))]
pub struct Unsatisfiable {
    /// Architectures that were tried.
    pub draws: u64,
    /// Every constraint with the least and the largest value that was seen.
    pub seen: Vec<(Constraint, f64, f64)>,
}

fn list(seen: &[(Constraint, f64, f64)]) -> String {
    let entry = |(constraint, least, most): &(Constraint, f64, f64)| {
        let name = constraint.quantity.name;
        format!("{constraint} was asked for, {name} from {least} to {most} were seen")
    };
    seen.iter().map(entry).collect::<Vec<_>>().join("; ")
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pool").field("space", &self.space.id()).finish_non_exhaustive()
    }
}

impl Pool {
    /// All architectures of a space within constraints.
    pub fn new(space: &Space, constraints: &[Constraint]) -> Self {
        Self {
            space: space.clone(),
            constraints: constraints.to_vec(),
            seen: vec![(f64::INFINITY, f64::NEG_INFINITY); constraints.len()],
            rejected: 0,
        }
    }

    /// The space.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Whether there is anything to keep to.
    pub fn is_constrained(&self) -> bool {
        !self.constraints.is_empty()
    }

    /// Architectures that were rejected.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Whether an architecture is within the constraints; one that is not is counted.
    pub fn admits(&mut self, architecture: &Architecture) -> bool {
        if self.constraints.is_empty() {
            return true;
        }
        let admitted = match self.space.build(architecture) {
            Ok(graph) => self.within(&graph),
            Err(_) => false,
        };
        self.rejected += u64::from(!admitted);
        admitted
    }

    fn within(&mut self, graph: &Graph) -> bool {
        let mut within = true;
        for (constraint, (least, most)) in self.constraints.iter().zip(&mut self.seen) {
            let value = (constraint.quantity.of)(graph);
            *least = least.min(value);
            *most = most.max(value);
            within &= constraint.holds(value);
        }
        within
    }

    /// A random architecture within the constraints.
    ///
    /// # Errors
    ///
    /// [`Unsatisfiable`] after many draws.
    pub fn draw(&mut self, rng: &mut dyn Rng) -> Result<Architecture, Unsatisfiable> {
        self.first(&mut |space| space.sample(rng))
    }

    /// A random mutation within the constraints.
    ///
    /// # Errors
    ///
    /// [`Unsatisfiable`] after many mutations.
    pub fn mutate(
        &mut self,
        parent: &Architecture,
        rng: &mut dyn Rng,
    ) -> Result<Architecture, Unsatisfiable> {
        self.first(&mut |space| space.mutate(parent, rng))
    }

    fn first(
        &mut self,
        propose: &mut dyn FnMut(&Space) -> Architecture,
    ) -> Result<Architecture, Unsatisfiable> {
        for _ in 0..MAX_DRAWS {
            let architecture = propose(&self.space);
            if self.admits(&architecture) {
                return Ok(architecture);
            }
        }
        Err(self.unsatisfiable(MAX_DRAWS))
    }

    /// What to say where nothing was found.
    pub(super) fn unsatisfiable(&self, draws: u64) -> Unsatisfiable {
        let entry = |(constraint, &(least, most)): (&Constraint, &(f64, f64))| {
            (constraint.clone(), least, most)
        };
        Unsatisfiable { draws, seen: self.constraints.iter().zip(&self.seen).map(entry).collect() }
    }
}
