//! What earlier results of the same networks are found by.

use crate::score::ScoreSet;
use crate::space::Architecture;
use crate::store::{ScoreKeys, WantedScores};

/// What results are found again by.
#[derive(Clone, Debug)]
pub(super) struct ResultKeys(Vec<(ScoreKeys, ScoreSet)>);

impl ResultKeys {
    /// The keys of each mini-batch, with the scores computed on it.
    pub(super) fn new(keys: impl Iterator<Item = (ScoreKeys, ScoreSet)>) -> Self {
        Self(keys.collect())
    }

    /// What an architecture's scores depend on, for each mini-batch.
    pub(super) fn of(&self, architecture: &Architecture) -> Vec<WantedScores> {
        let wanted = |(keys, scores): &(ScoreKeys, ScoreSet)| WantedScores {
            key: keys.of(architecture),
            scores: *scores,
        };
        self.0.iter().map(wanted).collect()
    }
}
