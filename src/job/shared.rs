//! Results that equal architectures share.

use std::collections::HashMap;

use super::scorer::Scored;
use crate::plan::Count;
use crate::space::{Architecture, Space};
use crate::store::Record;

/// Results by what they depend on, where sharing is wanted.
pub(super) struct Shared {
    /// What is counted decides which architectures are equal; `None` where nothing is shared.
    count: Option<Count>,
    known: HashMap<String, Option<Record>>,
}

impl Shared {
    pub(super) fn new(count: Option<Count>) -> Self {
        Self { count, known: HashMap::new() }
    }

    /// Architectures with equal keys have equal results, see [`Space::code_key`].
    fn key(&self, space: &Space, architecture: &Architecture) -> Option<String> {
        self.count.map(|count| match count {
            Count::Live => space.live_key(architecture),
            Count::Paper | Count::Published => space.code_key(architecture),
        })
    }

    /// Those that must be scored: the first of each set of equal ones that is not known.
    pub(super) fn fresh(&mut self, space: &Space, asked: &[Architecture]) -> Vec<Architecture> {
        let mut fresh = Vec::new();
        for architecture in asked {
            match self.key(space, architecture) {
                Some(key) if self.known.contains_key(&key) => continue,
                Some(key) => drop(self.known.insert(key, None)),
                None => {}
            }
            fresh.push(architecture.clone());
        }
        fresh
    }

    /// Remembers what was scored.
    pub(super) fn keep(
        &mut self,
        space: &Space,
        fresh: &[Architecture],
        scored: &[Option<Scored>],
    ) {
        for (architecture, scored) in fresh.iter().zip(scored) {
            if let Some(key) = self.key(space, architecture) {
                self.known.insert(key, scored.as_ref().map(|(record, _)| record.clone()));
            }
        }
    }

    /// The result of an architecture: its own, or that of an equal one under its name.
    pub(super) fn take(
        &self,
        space: &Space,
        architecture: &Architecture,
        name: &str,
        scored: &mut dyn Iterator<Item = Option<Scored>>,
    ) -> Option<Scored> {
        let Some(key) = self.key(space, architecture) else { return scored.next()? };
        let mut record = self.known.get(&key)?.clone()?;
        if record.architecture != name {
            record.index = space.index(architecture);
            name.clone_into(&mut record.architecture);
            record.seconds = 0.0;
        }
        Some((record, None))
    }
}
