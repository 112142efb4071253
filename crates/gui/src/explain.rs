//! Explanations of scores and counts, with their sources: the tooltips of all labels that name one.

use untrained::plan::Count;

/// The score.
pub const SCORE: &str = "ln |det K| of the kernel matrix K of an untrained network, in which entry (i, j) \
    counts the activation units that agree on images i and j; the higher it is, the better the network \
    distinguishes the images (Mellor, Turner, Storkey, Crowley: Neural Architecture Search without \
    Training, ICML 2021)";

/// Kendall's rank correlation.
pub const TAU: &str = "Kendall's tau-b: of all pairs of networks, the share that two rankings put in the \
    same order minus the share that they put in opposite orders, corrected for ties; 1 means the same \
    order, 0 no relation (Kendall: The treatment of ties in ranking problems, Biometrika 1945)";

/// The ways of counting.
pub const COUNT: &str = "Which activations are units of the kernel matrix. Each choice ranks networks \
    similarly, but their scores cannot be compared with each other (Mellor et al., ICML 2021, and the \
    code published with it)";

/// One way of counting.
pub fn count(count: Count) -> &'static str {
    match count {
        Count::Paper => {
            "Each call of an activation once, as in the paper (Mellor et al., ICML 2021)"
        }
        Count::Published => {
            "As in the code published with the paper: twice for an activation in a ReLUConvBN module \
             (Mellor et al., ICML 2021)"
        }
        Count::Live => {
            "Only activations on a path from input to output; the others do not affect the output (a \
             variant of Mellor et al., ICML 2021, made for this program)"
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
