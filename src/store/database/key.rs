//! Everything a score depends on, as one key, so that no score is computed twice.

use std::borrow::Cow;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::engine::{self, FromValue};
use crate::plan::Count;
use crate::score::ScoreSet;
use crate::space::{Architecture, Space};
use crate::weights::Initialisation;

/// Raised whenever the same network and images get another score than before: kernel matrices,
/// weights, images of a seed, or built-in operations have changed. Scores of different versions are
/// never reused for each other, nor is a study resumed with another one.
pub const SCORE_VERSION: u32 = 1;

/// Everything that a score depends on: 128 bits of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScoreKey([u8; 16]);

/// Scores on one mini-batch that need not be computed if a result has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedScores {
    /// What they depend on.
    pub key: ScoreKey,
    /// Which they are.
    pub scores: ScoreSet,
}

/// The keys of one run on one mini-batch: of all that its architectures have in common, and of each of
/// them. Which scores are computed is no part of them.
#[derive(Clone, Debug)]
pub struct ScoreKeys {
    common: Sha256,
    count: Count,
}

impl ScoreKeys {
    /// The keys of a run on a space: `batch` is the batch's fingerprint, `weight_seeds` holds the
    /// seed of each repeat.
    pub fn new(
        space: &Space,
        batch: &str,
        weight_seeds: &[u64],
        count: Count,
        initialisation: Initialisation,
    ) -> Self {
        let mut common = Sha256::new();
        common.update(b"untrained score\0");
        common.update(SCORE_VERSION.to_le_bytes());
        let seeds: Vec<u8> = weight_seeds.iter().flat_map(|seed| seed.to_le_bytes()).collect();
        let initialisation = String::from(initialisation);
        for part in [
            space_fingerprint(space).as_bytes(),
            batch.as_bytes(),
            &seeds,
            count.name().as_bytes(),
            initialisation.as_bytes(),
        ] {
            common.update((part.len() as u64).to_le_bytes());
            common.update(part);
        }
        Self { common, count }
    }

    /// The key of an architecture: equal for all architectures that the counted units of this run
    /// cannot distinguish.
    pub fn of(&self, architecture: &Architecture) -> ScoreKey {
        let network = match self.count {
            Count::Live => architecture.live_key(),
            Count::Paper | Count::Published => architecture.code_key(),
        };
        let mut hash = self.common.clone();
        hash.update(network);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        ScoreKey(bytes)
    }
}

impl From<ScoreKey> for engine::Value<'_> {
    fn from(key: ScoreKey) -> Self {
        Self::Bytes(Cow::Owned(key.0.to_vec()))
    }
}

impl FromValue for ScoreKey {
    fn from_value(value: engine::Value<'_>) -> Result<Self, String> {
        <[u8; 16]>::from_value(value).map(Self)
    }
}

/// A fingerprint (SHA-256, hexadecimal) of the values in a space file: comments, the order of keys,
/// white space, and the choice between TOML and JSON make no difference.
pub fn space_fingerprint(space: &Space) -> String {
    let text = space.text().trim_start_matches('\u{feff}');
    let value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).ok()
    } else {
        toml::from_str(text).ok()
    };
    let mut hash = Sha256::new();
    hash.update(b"untrained space\0");
    match &value {
        Some(value) => hash.update(sorted(value).to_string()),
        None => hash.update(text),
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same value with the keys of every object in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            Value::Object(entries.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::SpaceOverride;

    fn space() -> Space {
        Space::builtin("nas-bench-201").unwrap()
    }

    #[test]
    fn a_fingerprint_is_of_the_values_not_of_the_text() {
        let toml = space();
        let values: Value = toml::from_str(toml.text()).unwrap();
        let commented = format!("# a comment\n{}\n", toml.text());
        for text in [values.to_string(), sorted(&values).to_string(), commented] {
            let other = Space::from_text(&text, "test").unwrap();
            assert_eq!(space_fingerprint(&other), space_fingerprint(&toml));
        }
        let smaller = toml.with(&[SpaceOverride::new("skeleton.channels", 8)]).unwrap();
        assert_ne!(space_fingerprint(&smaller), space_fingerprint(&toml));
    }

    #[test]
    fn every_part_changes_the_key() {
        let space = space();
        let smaller = space.with(&[SpaceOverride::new("skeleton.channels", 8)]).unwrap();
        let law = Initialisation::PytorchDefault;
        let all = [
            ScoreKeys::new(&space, "a", &[1], Count::Paper, law),
            ScoreKeys::new(&smaller, "a", &[1], Count::Paper, law),
            ScoreKeys::new(&space, "b", &[1], Count::Paper, law),
            ScoreKeys::new(&space, "a", &[2], Count::Paper, law),
            ScoreKeys::new(&space, "a", &[1, 2], Count::Paper, law),
            ScoreKeys::new(&space, "a", &[1], Count::Published, law),
            ScoreKeys::new(&space, "a", &[1], Count::Live, law),
            ScoreKeys::new(&space, "a", &[1], Count::Paper, Initialisation::Uniform(0.5)),
        ];
        let architecture = space.from_index(1000).unwrap();
        let mut keys: Vec<_> = all.iter().map(|keys| keys.of(&architecture)).collect();
        keys.extend([all[0].of(&space.from_index(2000).unwrap())]);
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
    }

    /// Two architectures that differ in a dead edge only: one network to `live`, two to `paper`.
    #[test]
    fn dead_ends_matter_where_they_are_counted() {
        let space = space();
        let parse = |dead: &str| {
            let text = format!("|{dead}~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|");
            space.parse(&text).unwrap()
        };
        let (one, other) = (parse("nor_conv_3x3"), parse("nor_conv_1x1"));
        let equal = |count| {
            let keys = ScoreKeys::new(&space, "a", &[1], count, Initialisation::default());
            keys.of(&one) == keys.of(&other)
        };
        assert!(equal(Count::Live));
        assert!(!equal(Count::Paper) && !equal(Count::Published));
    }
}
