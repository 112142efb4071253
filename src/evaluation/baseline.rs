//! What is known of a network for free: a score is worth its time only if it ranks better.

use crate::graph::Graph;
use crate::graph::cost::Cost;
use crate::graph::extent;

/// What baselines look at.
#[derive(Clone, Copy, Debug)]
pub struct NetworkFacts {
    /// What the network costs.
    pub cost: Cost,
    /// Number of convolutions.
    pub layers: u64,
}

impl NetworkFacts {
    /// The facts of a network.
    pub fn of(graph: &Graph) -> Self {
        Self { cost: Cost::of(graph), layers: extent::convolutions(graph) }
    }
}

/// A predictor that costs no training.
pub struct Baseline {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Its value; NaN where it is not known. The network is `None` where it cannot be built; the
    /// other argument is the number of different codes in the mini-batch, where it was counted.
    pub of: fn(Option<&NetworkFacts>, Option<f64>) -> f64,
}

fn known(facts: Option<&NetworkFacts>, value: fn(&NetworkFacts) -> u64) -> f64 {
    facts.map_or(f64::NAN, |facts| value(facts) as f64)
}

/// Every baseline.
pub static BASELINES: &[Baseline] = &[
    Baseline {
        name: "params",
        about: "trainable parameters",
        of: |facts, _| known(facts, |facts| facts.cost.params),
    },
    Baseline {
        name: "macs",
        about: "multiply-adds per image",
        of: |facts, _| known(facts, |facts| facts.cost.macs),
    },
    Baseline {
        name: "layers",
        about: "number of convolutions",
        of: |facts, _| known(facts, |facts| facts.layers),
    },
    Baseline {
        name: "relu-layers",
        about: "number of ReLU layers: calls of activations",
        of: |facts, _| known(facts, |facts| facts.cost.activation_calls),
    },
    Baseline {
        name: "regions",
        about: "different codes in the mini-batch",
        of: |_, regions| regions.unwrap_or(f64::NAN),
    },
];
