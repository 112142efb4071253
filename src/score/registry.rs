//! The scores that can rank architectures before training, including the free baselines: one entry in
//! [`SCORES`] for each.

use super::components::MomentScores;
use super::path_norm::path_norm;
use crate::graph::Graph;
use crate::graph::cost::Cost;
use crate::graph::extent;
use crate::plan::{ActivationSites, Count};
use crate::weights::{Initialisation, Weights};

/// What is known about a network without training; `None` for anything that was not computed or recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScoreInputs {
    /// ln |det K|, the mean over repeats; negative infinity where K is singular.
    pub log_det: Option<f64>,
    /// Number of distinct binary codes in the mini-batch, the mean over repeats.
    pub regions: Option<f64>,
    /// Trainable parameters.
    pub params: Option<u64>,
    /// Multiply-adds per image.
    pub macs: Option<u64>,
    /// Number of convolutions.
    pub layers: Option<u64>,
    /// Number of calls of activations: the sites at which binary codes are taken.
    pub activation_calls: Option<u64>,
    /// Number of calls of activations that the run counts.
    pub activation_sites: Option<u64>,
    /// The logarithm of the path norm; see [`path_norm`].
    pub path_norm: Option<f64>,
    /// Number of distinct patterns of a unit's states over the mini-batch, the mean over repeats.
    pub unit_patterns: Option<f64>,
    /// The scores of channel moments, the means over repeats.
    pub moments: MomentScores,
}

impl ScoreInputs {
    /// The inputs that a graph determines; the others are `None`.
    pub fn from_graph(graph: &Graph) -> Self {
        let cost = Cost::of(graph);
        Self {
            params: Some(cost.params),
            macs: Some(cost.macs),
            layers: Some(extent::convolutions(graph)),
            activation_calls: Some(cost.activation_calls),
            ..Self::default()
        }
    }

    /// The inputs that a graph and the settings of a run determine; expensive ones only if `wanted`
    /// includes them. Weights missing from `stored` are drawn from `initialisation`.
    pub fn from_settings(
        graph: &Graph,
        stored: &Weights,
        initialisation: Initialisation,
        count: Count,
        wanted: ScoreSet,
    ) -> Self {
        let sites = || ActivationSites::new(graph, stored, count).total();
        Self {
            activation_sites: wanted.names("activation-sites").then(sites),
            path_norm: (wanted.names("path-norm"))
                .then(|| path_norm(graph, stored, initialisation))
                .flatten(),
            ..Self::from_graph(graph)
        }
    }
}

/// The most expensive input of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreNeeds {
    /// The kernel matrix of a mini-batch.
    KernelMatrix,
    /// The binary codes of a mini-batch, compared for equality only.
    BinaryCodes,
    /// The binary codes of a mini-batch, unit by unit.
    UnitPatterns,
    /// Means and covariances of channels at all activation sites, over a mini-batch.
    SiteMoments,
    /// Means and covariances of the channels of the last representation before the head.
    LastMoments,
    /// The outputs of all blocks, and those of a second pass with disturbed images.
    SecondPass,
    /// The graph and the settings of the run, without a forward pass.
    Settings,
    /// The graph alone, without a forward pass.
    Graph,
}

/// A score; higher is better.
#[derive(Debug)]
pub struct Score {
    /// The name on the command line and in files.
    pub name: &'static str,
    /// A description in one line.
    pub about: &'static str,
    /// What a high value says about a network, to complete "a network with ...".
    pub high: &'static str,
    /// What a low value says about it.
    pub low: &'static str,
    /// Its formula, and the paper it comes from, if any.
    pub source: &'static str,
    /// What it needs.
    pub needs: ScoreNeeds,
    /// Whether evaluations show it as a free baseline next to the evaluated score.
    pub is_baseline: bool,
    /// Whether its values span orders of magnitude, so that its axis is logarithmic.
    pub has_log_axis: bool,
    /// Computes its value; `None` if an input is not available.
    pub compute: fn(&ScoreInputs) -> Option<f64>,
}

impl Score {
    /// Whether it needs a forward pass.
    pub fn needs_forward_pass(&self) -> bool {
        match self.needs {
            ScoreNeeds::KernelMatrix
            | ScoreNeeds::BinaryCodes
            | ScoreNeeds::UnitPatterns
            | ScoreNeeds::SiteMoments
            | ScoreNeeds::LastMoments
            | ScoreNeeds::SecondPass => true,
            ScoreNeeds::Settings | ScoreNeeds::Graph => false,
        }
    }

    /// Whether it depends on which activations are counted.
    pub fn depends_on_count(&self) -> bool {
        match self.needs {
            ScoreNeeds::KernelMatrix | ScoreNeeds::BinaryCodes | ScoreNeeds::UnitPatterns => true,
            ScoreNeeds::Settings => self.name == "activation-sites",
            ScoreNeeds::SiteMoments
            | ScoreNeeds::LastMoments
            | ScoreNeeds::SecondPass
            | ScoreNeeds::Graph => false,
        }
    }

    /// Whether it is a statistic over images and positions for which a few images of noise are enough.
    pub fn takes_few_images(&self) -> bool {
        match self.needs {
            ScoreNeeds::SiteMoments | ScoreNeeds::LastMoments => true,
            // In images of noise, a disturbance of noise grows as the images do.
            ScoreNeeds::SecondPass
            | ScoreNeeds::KernelMatrix
            | ScoreNeeds::BinaryCodes
            | ScoreNeeds::UnitPatterns
            | ScoreNeeds::Settings
            | ScoreNeeds::Graph => false,
        }
    }

    /// Whether results have a column for it, or the graph determines it.
    pub fn has_column(&self) -> bool {
        self.is_recorded() || self.needs == ScoreNeeds::Graph
    }

    /// Whether every record of a run with a kernel matrix contains its value, so that it need not be
    /// computed again for an architecture that has a record.
    pub fn is_recorded(&self) -> bool {
        matches!(self.needs, ScoreNeeds::KernelMatrix | ScoreNeeds::BinaryCodes)
    }
}

/// A subset of the [`SCORES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScoreSet(u32);

impl ScoreSet {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The set of one score.
    pub fn of(score: &Score) -> Self {
        Self::NONE.with(score)
    }

    /// All scores.
    pub fn all() -> Self {
        SCORES.iter().fold(Self::NONE, Self::with)
    }

    /// This set with another score added.
    pub fn with(self, score: &Score) -> Self {
        let place = SCORES.iter().position(|other| other.name == score.name);
        Self(self.0 | place.map_or(0, |place| 1 << place))
    }

    /// The union of both sets.
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// The scores, in the order of [`SCORES`].
    pub fn iter(self) -> impl Iterator<Item = &'static Score> {
        let is_in = move |(place, _): &(usize, _)| self.0 >> place & 1 == 1;
        SCORES.iter().enumerate().filter(is_in).map(|(_, score)| score)
    }

    /// Whether it contains the score of that name.
    pub fn names(self, name: &str) -> bool {
        self.iter().any(|score| score.name == name)
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether one of the scores has that as its most expensive input.
    pub fn needs(self, needs: ScoreNeeds) -> bool {
        self.iter().any(|score| score.needs == needs)
    }

    /// Whether one of the scores needs a forward pass.
    pub fn needs_forward_pass(self) -> bool {
        self.iter().any(Score::needs_forward_pass)
    }
}

/// The values of some scores for one architecture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScoreValues([Option<f64>; SCORES.len()]);

impl ScoreValues {
    /// The values of the wanted scores that can be computed from the inputs.
    pub fn new(inputs: &ScoreInputs, wanted: ScoreSet) -> Self {
        let mut values = Self::default();
        for (value, score) in values.0.iter_mut().zip(&SCORES) {
            if wanted.names(score.name) {
                *value = (score.compute)(inputs);
            }
        }
        values
    }

    /// The value of a score; `None` if it was not requested, or is not available for the network.
    pub fn get(&self, score: &Score) -> Option<f64> {
        let place = SCORES.iter().position(|other| other.name == score.name)?;
        self.0[place]
    }

    /// The scores that have a value, in the order of [`SCORES`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static Score, f64)> {
        SCORES.iter().zip(self.0).filter_map(|(score, value)| Some((score, value?)))
    }
}

/// Every score, the default one first.
pub static SCORES: [Score; 15] = [
    Score {
        name: "naswot",
        high: "clearly distinct responses to different images",
        low: "similar responses to different images",
        about: "ln |det K| of the kernel matrix (Mellor et al., ICML 2021)",
        source: "ln |det K|, K[i][j] = V - hamming(code_i, code_j); Mellor et al., ICML 2021",
        needs: ScoreNeeds::KernelMatrix,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.log_det,
    },
    Score {
        name: "params",
        high: "many parameters",
        low: "few parameters",
        about: "trainable parameters",
        source: "number of trainable parameters",
        needs: ScoreNeeds::Graph,
        is_baseline: true,
        has_log_axis: true,
        compute: |inputs| inputs.params.map(|params| params as f64),
    },
    Score {
        name: "macs",
        high: "much computation",
        low: "little computation",
        about: "multiply-adds per image",
        source: "multiply-adds of convolutions and linear layers per image, without biases",
        needs: ScoreNeeds::Graph,
        is_baseline: true,
        has_log_axis: true,
        compute: |inputs| inputs.macs.map(|macs| macs as f64),
    },
    Score {
        name: "layers",
        high: "many convolutions",
        low: "few convolutions",
        about: "number of convolutions",
        source: "number of convolutions",
        needs: ScoreNeeds::Graph,
        is_baseline: true,
        has_log_axis: false,
        compute: |inputs| inputs.layers.map(|layers| layers as f64),
    },
    Score {
        name: "relu-layers",
        high: "many activations",
        low: "few activations",
        about: "number of ReLU layers: calls of activations",
        source: "number of calls of activations, each counted once",
        needs: ScoreNeeds::Graph,
        is_baseline: true,
        has_log_axis: false,
        compute: |inputs| inputs.activation_calls.map(|calls| calls as f64),
    },
    Score {
        name: "regions",
        high: "a distinct code for every image",
        low: "codes shared by several images",
        about: "number of distinct binary codes in the mini-batch",
        source: "number of distinct binary codes in the mini-batch, that is, of the linear regions it falls into",
        needs: ScoreNeeds::BinaryCodes,
        is_baseline: true,
        has_log_axis: false,
        compute: |inputs| inputs.regions,
    },
    Score {
        name: "activation-sites",
        high: "many activations",
        low: "few activations",
        about: "number of counted calls of activations",
        source: "number of calls of activations that the counting method counts",
        needs: ScoreNeeds::Settings,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.activation_sites.map(|sites| sites as f64),
    },
    Score {
        name: "path-norm",
        high: "many or wide paths",
        low: "few or narrow paths",
        about: "ln of the path norm: width, depth and number of paths (Neyshabur et al., COLT 2015)",
        source: "ln of the mean output of the network for an input of ones, with every weight replaced by \
                 its expected absolute value, without biases, normalisation and activations; after \
                 Neyshabur et al., COLT 2015, and Tanaka et al., NeurIPS 2020",
        needs: ScoreNeeds::Settings,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.path_norm,
    },
    Score {
        name: "expressivity",
        high: "features that span many directions",
        low: "features that span few directions",
        about: "how many directions features span, summed over activations (Lee and Ham, CVPR 2024)",
        source: "sum, over the tensors that live activations read, of the entropy of the eigenvalues of the \
                 channel correlations; after Lee and Ham, CVPR 2024",
        needs: ScoreNeeds::SiteMoments,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.moments.expressivity,
    },
    Score {
        name: "independence",
        high: "independent channels throughout",
        low: "channels that nearly duplicate others",
        about: "smallest eigenvalue of channel correlations, summed over activations (Jiang et al., \
                NeurIPS 2023)",
        source: "sum, over the tensors that live activations read, of the smallest eigenvalue of the channel \
                 correlations; after Jiang et al., NeurIPS 2023",
        needs: ScoreNeeds::SiteMoments,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.moments.independence,
    },
    Score {
        name: "decorrelation",
        high: "little redundancy in the final features",
        low: "redundant final features",
        about: "how little redundancy the classifier's input has",
        source: "ln det of the channel correlations of the last representation before the head, divided by \
                 the number of channels",
        needs: ScoreNeeds::LastMoments,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.moments.decorrelation,
    },
    Score {
        name: "volume",
        high: "widely spread final features",
        low: "narrowly spread final features",
        about: "information that reaches the classifier (Sun et al., ICML 2022)",
        source: "ln det of the channel covariance of the last representation before the head, divided by \
                 the number of channels; after Sun et al., ICML 2022",
        needs: ScoreNeeds::LastMoments,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.moments.volume,
    },
    Score {
        name: "growth",
        high: "many branches that reach the end",
        low: "few branches that reach the end",
        about: "how many normalised branches reach the end in parallel",
        source: "ln of the mean square of the last representation before the head; only if that is a sum \
                 of normalised branches",
        needs: ScoreNeeds::LastMoments,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.moments.growth,
    },
    Score {
        name: "swap",
        high: "units that behave in many ways",
        low: "units that behave alike",
        about: "number of distinct patterns of a unit over the mini-batch (Peng et al., ICLR 2024)",
        source: "number of distinct patterns of states that counted units show over the mini-batch; Peng et \
                 al., ICLR 2024",
        needs: ScoreNeeds::UnitPatterns,
        is_baseline: false,
        has_log_axis: true,
        compute: |inputs| inputs.unit_patterns,
    },
    Score {
        name: "trainability",
        high: "disturbances that grow evenly",
        low: "disturbances that grow by leaps",
        about: "how evenly a disturbance grows from block to block; takes a second pass (Lee and Ham, CVPR \
                2024)",
        source: "minus the standard deviation, over blocks, of the steps of ln(mean square change of a \
                 block's output / its variance) when noise of 0.01 is added to the images, by a second \
                 forward pass; after Lee and Ham, CVPR 2024",
        needs: ScoreNeeds::SecondPass,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.moments.trainability,
    },
];

/// The score of that name.
pub fn find_score(name: &str) -> Option<&'static Score> {
    SCORES.iter().find(|score| score.name == name)
}

/// Whether the axis of the score of that name is logarithmic; `false` for unknown names.
pub fn has_log_axis(name: &str) -> bool {
    find_score(name).is_some_and(|score| score.has_log_axis)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// A score is computed exactly where what it needs is there.
    #[test]
    fn what_is_not_available_is_never_a_number() {
        let graph = ScoreInputs {
            params: Some(0),
            macs: Some(0),
            layers: Some(0),
            activation_calls: Some(0),
            ..ScoreInputs::default()
        };
        let settings = ScoreInputs {
            activation_sites: Some(1),
            path_norm: Some(1.0),
            ..ScoreInputs::default()
        };
        let pass = ScoreInputs {
            log_det: Some(1.0),
            regions: Some(1.0),
            unit_patterns: Some(1.0),
            moments: MomentScores {
                expressivity: Some(1.0),
                independence: Some(1.0),
                decorrelation: Some(1.0),
                volume: Some(1.0),
                growth: Some(1.0),
                trainability: Some(1.0),
            },
            ..ScoreInputs::default()
        };
        for score in &SCORES {
            assert_eq!((score.compute)(&ScoreInputs::default()), None, "{}", score.name);
            let from = [&graph, &settings, &pass].map(|inputs| (score.compute)(inputs).is_some());
            let needs = [ScoreNeeds::Graph, ScoreNeeds::Settings].map(|needs| score.needs == needs);
            assert_eq!(from, [needs[0], needs[1], score.needs_forward_pass()], "{}", score.name);
        }
    }

    #[test]
    fn every_name_is_there_once_and_the_first_is_not_its_own_baseline() {
        let names: HashSet<_> = SCORES.iter().map(|score| score.name).collect();
        assert_eq!(names.len(), SCORES.len());
        assert!(!SCORES[0].is_baseline);
        let baselines: Vec<_> =
            SCORES.iter().filter(|score| score.is_baseline).map(|score| score.name).collect();
        assert_eq!(baselines, ["params", "macs", "layers", "relu-layers", "regions"]);
        let some = ScoreSet::of(&SCORES[0]).with(&SCORES[3]);
        let names: Vec<_> = some.iter().map(|score| score.name).collect();
        assert_eq!(names, ["naswot", "layers"]);
        assert!(some.needs(ScoreNeeds::KernelMatrix) && !some.needs(ScoreNeeds::SiteMoments));
        assert!(has_log_axis("macs") && !has_log_axis("naswot") && !has_log_axis("magic"));
    }
}
