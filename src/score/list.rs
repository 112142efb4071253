//! The scores that can rank networks. A score is one entry of [`SCORES`].

use crate::graph::cost::Cost;

/// What is known of a network without training.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// ln |det K|, the mean over repeats; negative infinity where no forward pass ran.
    pub log_det: f64,
    /// Different codes in the mini-batch, the mean over repeats, where a forward pass ran.
    pub regions: Option<f64>,
    /// What the network costs.
    pub cost: Cost,
    /// Number of convolutions.
    pub layers: u64,
}

/// A score; higher is better.
pub struct Score {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Whether it needs a forward pass.
    pub needs_kernel: bool,
    /// Its value.
    pub of: fn(&Measured) -> f64,
}

/// Every score, the default one first.
pub static SCORES: &[Score] = &[
    Score {
        name: "naswot",
        about: "ln |det K| of the kernel matrix (Mellor et al., ICML 2021)",
        needs_kernel: true,
        of: |measured| measured.log_det,
    },
    Score {
        name: "regions",
        about: "different codes in the mini-batch",
        needs_kernel: true,
        of: |measured| measured.regions.unwrap_or(f64::NEG_INFINITY),
    },
    Score {
        name: "params",
        about: "trainable parameters",
        needs_kernel: false,
        of: |measured| measured.cost.params as f64,
    },
    Score {
        name: "macs",
        about: "multiply-adds per image",
        needs_kernel: false,
        of: |measured| measured.cost.macs as f64,
    },
    Score {
        name: "layers",
        about: "number of convolutions",
        needs_kernel: false,
        of: |measured| measured.layers as f64,
    },
];

/// The score of that name.
pub fn score(name: &str) -> Option<&'static Score> {
    SCORES.iter().find(|score| score.name == name)
}

/// Whether values of the score of that name span orders of magnitude, so that an axis is logarithmic.
pub fn spans_magnitudes(name: &str) -> bool {
    matches!(name, "params" | "macs")
}
