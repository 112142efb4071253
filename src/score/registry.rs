//! The scores that can rank architectures before training: one entry of [`SCORES`] each, the free
//! baselines among them.

use crate::graph::Graph;
use crate::graph::cost::Cost;
use crate::graph::extent;

/// What is known of a network without training; `None` for what was not computed or not recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScoreInputs {
    /// ln |det K|, the mean over repeats; negative infinity where K is singular.
    pub log_det: Option<f64>,
    /// Different binary codes in the mini-batch, the mean over repeats.
    pub regions: Option<f64>,
    /// Trainable parameters.
    pub params: Option<u64>,
    /// Multiply-adds per image.
    pub macs: Option<u64>,
    /// Number of convolutions.
    pub layers: Option<u64>,
    /// Calls of activations: the sites at which a binary code is taken.
    pub activation_calls: Option<u64>,
}

impl ScoreInputs {
    /// What a graph tells; the rest is left `None`.
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
}

/// The most expensive thing that a score needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreNeeds {
    /// The kernel matrix of a mini-batch.
    KernelMatrix,
    /// The binary codes of a mini-batch, compared for equality only.
    BinaryCodes,
    /// The graph alone, without a forward pass.
    Graph,
}

/// A score; higher is better.
#[derive(Debug)]
pub struct Score {
    /// The name on the command line and in files.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Its formula, and the paper it comes from where there is one.
    pub source: &'static str,
    /// What it needs.
    pub needs: ScoreNeeds,
    /// Whether an evaluation shows it as a free baseline beside the score that is evaluated.
    pub is_baseline: bool,
    /// Whether its values span orders of magnitude, so that its axis is logarithmic.
    pub has_log_axis: bool,
    /// Its value; `None` if an input it needs is not available.
    pub compute: fn(&ScoreInputs) -> Option<f64>,
}

impl Score {
    /// Whether it takes a forward pass, or is known from the graph.
    pub fn needs_forward_pass(&self) -> bool {
        self.needs != ScoreNeeds::Graph
    }
}

/// Every score, the default one first.
pub static SCORES: &[Score] = &[
    Score {
        name: "naswot",
        about: "ln |det K| of the kernel matrix (Mellor et al., ICML 2021)",
        source: "ln |det K|, K[i][j] = V - hamming(code_i, code_j); Mellor et al., ICML 2021",
        needs: ScoreNeeds::KernelMatrix,
        is_baseline: false,
        has_log_axis: false,
        compute: |inputs| inputs.log_det,
    },
    Score {
        name: "params",
        about: "trainable parameters",
        source: "number of trainable parameters",
        needs: ScoreNeeds::Graph,
        is_baseline: true,
        has_log_axis: true,
        compute: |inputs| inputs.params.map(|params| params as f64),
    },
    Score {
        name: "macs",
        about: "multiply-adds per image",
        source: "multiply-adds of convolutions and linear layers per image, without biases",
        needs: ScoreNeeds::Graph,
        is_baseline: true,
        has_log_axis: true,
        compute: |inputs| inputs.macs.map(|macs| macs as f64),
    },
    Score {
        name: "layers",
        about: "number of convolutions",
        source: "number of convolutions",
        needs: ScoreNeeds::Graph,
        is_baseline: true,
        has_log_axis: false,
        compute: |inputs| inputs.layers.map(|layers| layers as f64),
    },
    Score {
        name: "relu-layers",
        about: "number of ReLU layers: calls of activations",
        source: "calls of activations, every call once",
        needs: ScoreNeeds::Graph,
        is_baseline: true,
        has_log_axis: false,
        compute: |inputs| inputs.activation_calls.map(|calls| calls as f64),
    },
    Score {
        name: "regions",
        about: "different codes in the mini-batch",
        source: "number of different binary codes in the mini-batch: the linear regions it falls into",
        needs: ScoreNeeds::BinaryCodes,
        is_baseline: true,
        has_log_axis: false,
        compute: |inputs| inputs.regions,
    },
];

/// The score of that name.
pub fn find_score(name: &str) -> Option<&'static Score> {
    SCORES.iter().find(|score| score.name == name)
}

/// Whether the axis of the score of that name is logarithmic; linear for names that are not known.
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
        let pass = ScoreInputs { log_det: Some(1.0), regions: Some(1.0), ..ScoreInputs::default() };
        for score in SCORES {
            assert_eq!((score.compute)(&ScoreInputs::default()), None, "{}", score.name);
            let needs_pass = score.needs_forward_pass();
            assert_eq!((score.compute)(&graph).is_some(), !needs_pass, "{}", score.name);
            assert_eq!((score.compute)(&pass).is_some(), needs_pass, "{}", score.name);
        }
    }

    #[test]
    fn every_name_is_there_once_and_the_first_is_not_its_own_baseline() {
        let names: HashSet<_> = SCORES.iter().map(|score| score.name).collect();
        assert_eq!(names.len(), SCORES.len());
        assert!(!SCORES[0].is_baseline && SCORES[1..].iter().all(|score| score.is_baseline));
        assert!(has_log_axis("macs") && !has_log_axis("naswot") && !has_log_axis("magic"));
    }
}
