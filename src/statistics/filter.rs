//! The subset of architectures on which a published correlation is computed.

use rand::RngExt;

use crate::seed;

/// Which pairs are kept, and how many of them. The default is that of Mellor et al. 2021 for
/// NAS-Bench-201 and NDS: accuracies above 15 %, a thousand architectures. (Their figure for
/// NAS-Bench-101 keeps accuracies above 50 % instead.)
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccuracyFilter {
    /// Accuracies must be above this, in per cent as the pairs are.
    pub accuracy_above: f64,
    /// Draw this many of the remaining pairs, if there are more; `None` keeps all.
    pub sample: Option<usize>,
    /// Seed of the drawing.
    pub seed: u64,
}

impl Default for AccuracyFilter {
    fn default() -> Self {
        Self { accuracy_above: 15.0, sample: Some(1000), seed: 0 }
    }
}

/// The pairs that a filter keeps, and why the others are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilteredPairs {
    /// Places of the pairs that are kept, ascending.
    pub kept: Vec<usize>,
    /// The number of pairs whose accuracy is too low or NaN.
    pub inaccurate: usize,
    /// Pairs of sufficient accuracy whose score is infinite or NaN.
    pub not_finite: usize,
    /// Pairs that were fit but not drawn.
    pub not_drawn: usize,
}

impl AccuracyFilter {
    /// Applies the filter to pairs `(score, accuracy)`, accuracies in per cent: first the accuracy,
    /// then the score, then the drawing without replacement.
    pub fn apply(&self, pairs: &[(f64, f64)]) -> FilteredPairs {
        let accurate: Vec<usize> =
            (0..pairs.len()).filter(|&place| pairs[place].1 > self.accuracy_above).collect();
        let inaccurate = pairs.len() - accurate.len();
        let mut kept: Vec<usize> =
            accurate.iter().copied().filter(|&place| pairs[place].0.is_finite()).collect();
        let not_finite = accurate.len() - kept.len();
        let not_drawn = kept.len() - self.sample.unwrap_or(kept.len()).min(kept.len());
        self.draw(&mut kept, not_drawn);
        FilteredPairs { kept, inaccurate, not_finite, not_drawn }
    }

    /// Takes out `excess` places at random: a Fisher-Yates shuffle as far as it is needed.
    fn draw(&self, places: &mut Vec<usize>, excess: usize) {
        let mut rng = seed::stream(self.seed, &["statistics", "filter"]);
        for _ in 0..excess {
            let place = rng.random_range(0..places.len() as u64) as usize;
            places.swap_remove(place);
        }
        places.sort_unstable();
    }
}
