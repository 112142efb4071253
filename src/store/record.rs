//! One scored architecture.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::Draws;
use crate::score::{Components, SCORES, Score, ScoreInputs, ScoreNeeds, ScoreSet};

/// The status of an architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Scored.
    Ok,
    /// Two images have the same code, so the score is negative infinity.
    Singular,
    /// There is no path from the input to the output; it is never chosen, whatever its score.
    Disconnected,
    /// It could not be built or run.
    Failed,
}

impl Status {
    /// All variants.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Singular, Self::Disconnected, Self::Failed];

    /// The word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Singular => "singular",
            Self::Disconnected => "disconnected",
            Self::Failed => "failed",
        }
    }
}

/// Records by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusCounts([u64; 4]);

impl StatusCounts {
    /// How many records have a status.
    pub fn get(self, status: Status) -> u64 {
        self.0[status as usize]
    }

    /// Counts records of one status.
    pub fn add(&mut self, status: Status, records: u64) {
        self.0[status as usize] += records;
    }

    /// All records.
    pub fn total(self) -> u64 {
        self.0.iter().sum()
    }
}

/// A row of results. Its serialised fields are the columns of the table of a run, in the order of
/// [`run_table_columns`](super::run_table_columns).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// In the space's notation, or the name of a model file.
    pub architecture: String,
    /// ln |det K|, the mean over repeats; empty or null if it was not computed or is not finite.
    #[serde(serialize_with = "finite")]
    pub score: f64,
    /// Standard deviation over repeats (n - 1); empty for one repeat.
    pub sd: Option<f64>,
    /// Its status.
    pub status: Status,
    /// Trainable parameters.
    pub params: u64,
    /// Multiply-adds per image.
    pub macs: u64,
    /// Counted units.
    pub units: u64,
    /// Time spent on it: plan, weights, forward passes and score; its share of the time if several
    /// networks ran together. For a reused result, the original time.
    pub seconds: f64,
    /// Number of convolutions.
    pub layers: u64,
    /// Number of distinct codes in the mini-batch, the mean over repeats; empty if no pass ran.
    pub regions: Option<f64>,
    /// Accuracy after training in percent, if the search uses it.
    pub accuracy: Option<f64>,
    /// Its index in the order of the benchmark.
    pub index: Option<u64>,
    /// The run's seed.
    pub seed: u64,
    /// Number of weight initialisations that the score averages over.
    pub repeats: u32,
    /// The device it ran on.
    pub device: String,
    /// The driver and its version.
    pub driver: String,
    /// Version of this program.
    pub version: Cow<'static, str>,
    /// Why it failed.
    pub message: Option<String>,
    /// Every draw behind the means, by score; empty for one repeat.
    pub draws: Draws,
    /// The value that drives the search: the chosen score, or the accuracy.
    #[serde(skip)]
    pub value: f64,
    /// Further scores by name, and accuracies if known. All values are kept, including infinities; NaN is
    /// what a network cannot have.
    #[serde(skip)]
    pub scores: BTreeMap<String, f64>,
}

fn finite<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() { serializer.serialize_some(value) } else { serializer.serialize_none() }
}

impl Record {
    /// What the record says of the inputs of scores. It holds no calls of activations; a search by a score
    /// that needs no forward pass has no ln |det K|.
    pub fn score_inputs(&self) -> ScoreInputs {
        ScoreInputs {
            log_det: Some(self.score).filter(|score| self.repeats > 0 && !score.is_nan()),
            regions: self.regions,
            params: Some(self.params),
            macs: Some(self.macs),
            layers: Some(self.layers),
            activation_calls: None,
            ..ScoreInputs::default()
        }
    }

    /// The value of a score, from the columns or the further scores; none where neither tells it.
    pub fn score_value(&self, score: &Score) -> Option<f64> {
        let further = || self.scores.get(score.name).copied();
        (score.compute)(&self.score_inputs()).or_else(further)
    }

    /// The scores whose values are finite, as files of networks keep them.
    pub fn finite_scores(&self) -> Vec<(&'static str, f64)> {
        let value = |score: &'static Score| {
            Some((score.name, self.score_value(score).filter(|value| value.is_finite())?))
        };
        SCORES.iter().filter_map(value).collect()
    }

    /// Whether the record tells all these scores; NaN tells that the network cannot have one.
    pub fn has(&self, scores: ScoreSet) -> bool {
        // Without units there is no forward pass.
        let has_no_codes = self.status == Status::Disconnected && self.score == f64::NEG_INFINITY;
        scores
            .iter()
            .all(|score| self.score_value(score).is_some() || score.is_recorded() && has_no_codes)
    }

    /// The record of a pass that computed these scores alone.
    pub fn only(mut self, scores: ScoreSet) -> Self {
        let has_codes =
            [ScoreNeeds::KernelMatrix, ScoreNeeds::BinaryCodes, ScoreNeeds::UnitPatterns]
                .into_iter()
                .any(|needs| scores.needs(needs));
        if !has_codes {
            (self.score, self.sd, self.regions) = (f64::NAN, None, None);
        }
        self.status = match self.status {
            Status::Ok | Status::Singular if has_codes && !self.score.is_finite() => {
                Status::Singular
            }
            Status::Singular => Status::Ok,
            status => status,
        };
        self.scores.retain(|name, _| scores.names(name));
        self.draws.0.retain(|name, _| scores.names(name));
        self
    }

    /// This record with the scores of another mini-batch.
    pub fn joined(mut self, other: Self) -> Self {
        if !other.score.is_nan() && other.status != Status::Failed {
            self.score = other.score;
            self.sd = other.sd;
            self.regions = other.regions;
            self.repeats = other.repeats;
            self.units = other.units;
        }
        self.scores.extend(other.scores);
        self.draws.0.extend(other.draws.0);
        self.seconds += other.seconds;
        self.message = self.message.take().or(other.message);
        self
    }

    /// The values of components; NaN for what is not available.
    pub fn component_values(&self, components: &Components) -> Vec<f64> {
        components.iter().map(|score| self.score_value(score).unwrap_or(f64::NAN)).collect()
    }

    /// The value by which records are ranked: negative infinity unless the record may be chosen.
    pub fn rank_score(&self) -> f64 {
        if self.status == Status::Ok && self.value.is_finite() {
            self.value
        } else {
            f64::NEG_INFINITY
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_fields() {
        let record = Record {
            architecture: String::new(),
            score: f64::NEG_INFINITY,
            sd: None,
            status: Status::Singular,
            params: 0,
            macs: 0,
            units: 0,
            layers: 0,
            regions: None,
            accuracy: None,
            seconds: 0.0,
            index: None,
            seed: 0,
            repeats: 1,
            device: String::new(),
            driver: String::new(),
            version: Cow::Borrowed(""),
            message: None,
            draws: Draws::default(),
            value: f64::NEG_INFINITY,
            scores: BTreeMap::new(),
        };
        let json = serde_json::to_value(&record).unwrap();
        let fields: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let columns: Vec<&str> =
            crate::store::run_table_columns().map(|column| column.name).collect();
        assert_eq!(fields, columns);
        assert!(json["score"].is_null());
    }
}
