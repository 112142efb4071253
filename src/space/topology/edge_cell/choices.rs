//! The operations on a cell's edges as choices: counted, drawn, changed, listed.

use rand::{Rng, RngExt};

use super::EdgeDecisions;
use super::cell::{CellEdge, EdgeCellGraph};
use super::expression::CellExpressions;
use crate::space::operations::Operation;
use crate::space::topology::Decision;

impl EdgeCellGraph {
    /// The number of cells; `u128::MAX` if it is larger.
    pub(super) fn count(&self) -> u128 {
        (self.operations.len() as u128).saturating_pow(self.edges.len() as u32)
    }

    /// The number of a cell, the last edge fastest; `None` beyond 64 bits.
    pub(super) fn rank(&self, decisions: &EdgeDecisions) -> Option<u64> {
        let base = self.operations.len() as u64;
        decisions.operations.iter().try_fold(0_u64, |rank, &operation| {
            rank.checked_mul(base)?.checked_add(u64::from(operation))
        })
    }

    /// The cell of that number; `None` where there is none.
    pub(super) fn unrank(&self, mut rank: u64) -> Option<EdgeDecisions> {
        let base = self.operations.len() as u64;
        let mut operations = vec![0; self.edges.len()];
        for operation in operations.iter_mut().rev() {
            *operation = (rank % base) as u8;
            rank /= base;
        }
        (rank == 0).then_some(EdgeDecisions { operations })
    }

    /// Every edge uniformly.
    pub(super) fn sample(&self, rng: &mut dyn Rng) -> EdgeDecisions {
        let count = self.operations.len() as u32;
        let operations = self.edges.iter().map(|_| rng.random_range(0..count) as u8).collect();
        EdgeDecisions { operations }
    }

    fn with(decisions: &EdgeDecisions, edge: usize, operation: u8) -> EdgeDecisions {
        let mut changed = decisions.clone();
        changed.operations[edge] = operation;
        changed
    }

    /// All cells with another operation on one edge.
    pub(super) fn neighbours(&self, decisions: &EdgeDecisions) -> Vec<EdgeDecisions> {
        let mut neighbours = Vec::new();
        for (edge, &current) in decisions.operations.iter().enumerate() {
            for operation in (0..self.operations.len() as u8).filter(|&other| other != current) {
                neighbours.push(Self::with(decisions, edge, operation));
            }
        }
        neighbours
    }

    /// One of them; the same cell if there is none.
    pub(super) fn mutate(&self, decisions: &EdgeDecisions, rng: &mut dyn Rng) -> EdgeDecisions {
        let others = self.operations.len() as u32 - 1;
        if others == 0 {
            return decisions.clone();
        }
        let edge = rng.random_range(0..self.edges.len() as u32) as usize;
        let draw = rng.random_range(0..others) as u8;
        let operation = draw + u8::from(draw >= decisions.operations[edge]);
        Self::with(decisions, edge, operation)
    }

    /// The cell with zero, if there is such an operation, on every edge that does not matter.
    pub(super) fn reduced(&self, decisions: &EdgeDecisions) -> EdgeDecisions {
        let Some(zero) = self.operations.iter().position(|operation| operation.zero) else {
            return decisions.clone();
        };
        let live = CellExpressions::new(self, decisions).live;
        let keep = |(&operation, live)| if live { operation } else { zero as u8 };
        EdgeDecisions { operations: decisions.operations.iter().zip(live).map(keep).collect() }
    }

    /// The operation on every edge.
    pub(super) fn decisions(&self, decisions: &EdgeDecisions) -> Vec<Decision> {
        let choice = |(edge, operation): (CellEdge, &Operation)| Decision {
            name: format!("edge {}-{}", edge.source, edge.target),
            value: operation.name.clone(),
        };
        self.iter(decisions).map(choice).collect()
    }
}
