//! The values by which strategies compare proposals.

use std::collections::HashSet;

use crate::score::ComponentRanks;
use crate::space::Architecture;

/// The value of a proposal; more is better.
#[derive(Clone, Debug, PartialEq)]
pub enum TrialValue {
    /// A number; negative infinity for an architecture that may not be chosen.
    Number(f64),
    /// The components of the combined rank, which compares within everything observed so far.
    Components(Vec<f64>),
}

/// Everything that a strategy has observed, to compare values within it.
#[derive(Debug, Default)]
pub struct ObservedValues {
    ranks: Option<ComponentRanks>,
    seen: HashSet<String>,
}

impl ObservedValues {
    /// Adds the value of an architecture; a repeated architecture is already known.
    pub fn add(&mut self, architecture: &Architecture, value: &TrialValue) {
        let TrialValue::Components(components) = value else { return };
        if self.seen.insert(architecture.identity()) {
            let none = || ComponentRanks::new(components.len());
            self.ranks.get_or_insert_with(none).add(components);
        }
    }

    /// A value as a number: that of components within everything observed so far.
    pub fn number(&self, value: &TrialValue) -> f64 {
        match (value, &self.ranks) {
            (TrialValue::Number(number), _) => *number,
            (TrialValue::Components(components), Some(ranks)) => ranks.combined(components),
            (TrialValue::Components(_), None) => f64::NEG_INFINITY,
        }
    }
}
