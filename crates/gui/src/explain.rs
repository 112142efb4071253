//! What scores and counts are, in a sentence each, with where they come from: the tooltips of every label
//! that names one.

use untrained::plan::Count;

/// The score.
pub const SCORE: &str = "ln |det K| of the kernel matrix K of an untrained network, in which entry (i, j) \
    counts the activation units that agree on images i and j; the higher, the better a network tells \
    images apart (Mellor, Turner, Storkey, Crowley: Neural Architecture Search without Training, ICML \
    2021)";

/// Kendall's rank correlation.
pub const TAU: &str = "Kendall's tau-b: of all pairs of networks, the share that two rankings put in the \
    same order minus the share that they put in opposite orders, corrected for ties; 1 is the same \
    order, 0 none in common (Kendall: The treatment of ties in ranking problems, Biometrika 1945)";

/// Count variants.
pub const COUNT: &str = "Which activations are units of the kernel matrix. Networks rank alike with each, \
    but scores of different counts cannot be compared (Mellor et al., ICML 2021, and the code published \
    with it)";

/// One count variant.
pub fn count(count: Count) -> &'static str {
    match count {
        Count::Paper => {
            "Every call of an activation once, as the paper says (Mellor et al., ICML 2021)"
        }
        Count::Published => {
            "As the code published with the paper: twice where an activation stands in a ReLUConvBN \
             module (Mellor et al., ICML 2021)"
        }
        Count::Live => {
            "Only activations on a path from input to output; others compute what nothing reads \
             (this program's variant of Mellor et al., ICML 2021)"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A tooltip without its source cannot be checked by who reads it.
    #[test]
    fn every_explanation_names_its_source() {
        let counts = [Count::Paper, Count::Published, Count::Live].map(count);
        for text in [SCORE, TAU, COUNT].into_iter().chain(counts) {
            assert!(text.contains("ICML 2021") || text.contains("Biometrika"), "{text}");
            assert!(!text.contains("  "), "{text}");
        }
    }
}
