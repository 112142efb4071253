//! The combined rank of records, computed from the components stored in them.

use std::collections::HashSet;

use super::{Record, Status};
use crate::score::{ComponentRanks, Components};

/// The records that are compared by the combined rank. An architecture counts once, however often it was
/// scored; one that may not be chosen does not count.
#[derive(Clone, Debug)]
pub struct RecordRanks {
    components: Components,
    ranks: ComponentRanks,
    seen: HashSet<String>,
}

impl RecordRanks {
    /// No record yet.
    pub fn new(components: Components) -> Self {
        let ranks = ComponentRanks::new(components.len());
        Self { components, ranks, seen: HashSet::new() }
    }

    /// Of many records at once.
    pub fn of<'r>(components: Components, records: impl IntoIterator<Item = &'r Record>) -> Self {
        let mut seen = HashSet::new();
        let new = |record: &&Record| {
            record.status == Status::Ok && seen.insert(record.architecture.clone())
        };
        let values: Vec<Vec<f64>> = records
            .into_iter()
            .filter(new)
            .map(|record| record.component_values(&components))
            .collect();
        let ranks = ComponentRanks::of(components.len(), values.iter().map(Vec::as_slice));
        Self { components, ranks, seen }
    }

    /// Adds a record; whether it counts.
    pub fn add(&mut self, record: &Record) -> bool {
        let counts = record.status == Status::Ok && self.seen.insert(record.architecture.clone());
        if counts {
            self.ranks.add(&record.component_values(&self.components));
        }
        counts
    }

    /// The components.
    pub fn components(&self) -> &Components {
        &self.components
    }

    /// How many architectures are compared.
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    /// The combined rank of a record within them; negative infinity for one that may not be chosen.
    pub fn combined(&self, record: &Record) -> f64 {
        if record.status != Status::Ok || self.is_empty() {
            return f64::NEG_INFINITY;
        }
        self.ranks.combined(&record.component_values(&self.components))
    }

    /// The rank of a record in each component as a share of the architectures, 1 for the best.
    pub fn shares(&self, record: &Record) -> Vec<f64> {
        let values = record.component_values(&self.components);
        let share = |(at, &value): (usize, &f64)| self.ranks.share(at, value);
        values.iter().enumerate().map(share).collect()
    }
}
