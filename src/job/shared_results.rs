//! Results shared by identical architectures.

use std::collections::HashMap;

use super::accuracy::reused;
use super::scorer::ScoredNetwork;
use crate::plan::Count;
use crate::score::Score;
use crate::space::Architecture;

/// Results by what they depend on, where sharing is wanted.
pub(super) struct SharedResults {
    /// What is counted decides which architectures are equal; `None` where nothing is shared.
    count: Option<Count>,
    score: Option<&'static Score>,
    known: HashMap<String, Option<ScoredNetwork>>,
}

impl SharedResults {
    pub(super) fn new(count: Option<Count>, score: Option<&'static Score>) -> Self {
        Self { count, score, known: HashMap::new() }
    }

    /// Architectures with equal keys have equal results, see [`Architecture::code_key`].
    fn key(&self, architecture: &Architecture) -> Option<String> {
        self.count.map(|count| match count {
            Count::Live => architecture.live_key(),
            Count::Paper | Count::Published => architecture.code_key(),
        })
    }

    /// Whether an equal architecture was scored before.
    pub(super) fn knows(&self, architecture: &Architecture) -> bool {
        !self.known.is_empty()
            && self.key(architecture).is_some_and(|key| self.known.contains_key(&key))
    }

    /// Those that must be scored: the first of each set of equal ones that is not known.
    pub(super) fn unscored(&mut self, wanted: &[Architecture]) -> Vec<Architecture> {
        let mut unscored = Vec::new();
        for architecture in wanted {
            match self.key(architecture) {
                Some(key) if self.known.contains_key(&key) => continue,
                Some(key) => drop(self.known.insert(key, None)),
                None => {}
            }
            unscored.push(architecture.clone());
        }
        unscored
    }

    /// By architecture its own result, or that of an equal one under its name.
    pub(super) fn spread(
        &mut self,
        wanted: &[Architecture],
        unscored: &[Architecture],
        scored: Vec<Option<ScoredNetwork>>,
    ) -> Vec<Option<ScoredNetwork>> {
        if self.count.is_none() {
            return scored;
        }
        for (architecture, scored) in unscored.iter().zip(&scored) {
            if let Some(key) = self.key(architecture) {
                self.known.insert(
                    key,
                    scored.clone().map(|scored| ScoredNetwork { output: None, ..scored }),
                );
            }
        }
        wanted.iter().map(|architecture| self.known_result(architecture)).collect()
    }

    fn known_result(&self, architecture: &Architecture) -> Option<ScoredNetwork> {
        let known = self.known.get(&self.key(architecture)?)?.as_ref()?;
        let record = reused(architecture, self.score, known.record.seed, &known.record);
        Some(ScoredNetwork { record, output: None })
    }
}
