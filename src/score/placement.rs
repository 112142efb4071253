//! How an architecture ranks among others in each of several scores, as numbers and in words.

use super::{ComponentRanks, Components, Score, ScoreId};

/// Shares of at least this much are called high, and shares of at most its complement low.
const HIGH: f64 = 0.75;

/// The most high values, and the most low ones, that the words mention.
const SPOKEN: usize = 2;

/// How an architecture ranks in one score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScorePlacement {
    /// The score.
    pub score: ScoreId,
    /// Its value; `None` if it is not available, which ranks last.
    pub value: Option<f64>,
    /// Its rank as a share of the architectures it is compared with: above 0, and 1 for the best.
    pub share: f64,
}

/// How an architecture ranks among others.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// In each component.
    pub scores: Vec<ScorePlacement>,
    /// By the combined rank, also as a share.
    pub combined: f64,
    /// How many architectures it is compared with.
    pub compared: usize,
}

/// Architectures with which others are compared.
#[derive(Clone, Debug)]
pub struct PlacementSet {
    components: Components,
    ranks: ComponentRanks,
    /// The combined ranks of the architectures, in ascending order.
    combined: Vec<f64>,
}

impl PlacementSet {
    /// A set of architectures with a value for each component; NaN for values that are not available.
    pub fn new(components: Components, values: &[Vec<f64>]) -> Self {
        let ranks = ComponentRanks::of(components.len(), values.iter().map(Vec::as_slice));
        let mut combined: Vec<f64> = values.iter().map(|values| ranks.combined(values)).collect();
        combined.sort_unstable_by(f64::total_cmp);
        Self { components, ranks, combined }
    }

    /// The components.
    pub fn components(&self) -> &Components {
        &self.components
    }

    /// How many architectures there are.
    pub fn len(&self) -> usize {
        self.combined.len()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.combined.is_empty()
    }

    /// Places an architecture, which need not be in the set, by its values of the components.
    pub fn place(&self, values: &[f64]) -> Placement {
        let placed = |(at, score): (usize, &'static Score)| ScorePlacement {
            score: ScoreId(score),
            value: Some(values[at]).filter(|value| value.is_finite()),
            share: self.ranks.share(at, values[at]).min(1.0),
        };
        let own = self.ranks.combined(values);
        let worse = self.combined.partition_point(|other| *other <= own);
        Placement {
            scores: self.components.iter().enumerate().map(placed).collect(),
            combined: worse as f64 / self.len().max(1) as f64,
            compared: self.len(),
        }
    }
}

/// A share in words: `top 3 %`, or `bottom 12 %` in the lower half.
pub fn standing(share: f64) -> String {
    let percent = |share: f64| (share * 100.0).ceil().clamp(1.0, 100.0);
    match share >= 0.5 {
        true => format!("top {} %", percent(1.0 - share)),
        false => format!("bottom {} %", percent(share)),
    }
}

impl Placement {
    /// The placement in words: its highest and lowest scores, and the most remarkable one.
    pub fn words(&self) -> String {
        let mut ranked: Vec<&ScorePlacement> =
            self.scores.iter().filter(|placed| placed.value.is_some()).collect();
        ranked.sort_by(|a, b| b.share.total_cmp(&a.share));
        let is_high = |placed: &&&ScorePlacement| placed.share >= HIGH;
        let is_low = |placed: &&&ScorePlacement| placed.share <= 1.0 - HIGH;
        let high: Vec<&ScorePlacement> =
            ranked.iter().filter(is_high).take(SPOKEN).copied().collect();
        let low: Vec<&ScorePlacement> =
            ranked.iter().rev().filter(is_low).take(SPOKEN).copied().collect();
        let list = |all: &[&ScorePlacement], say: fn(&Score) -> &'static str| {
            all.iter().map(|placed| say(placed.score.0)).collect::<Vec<_>>().join(" and ")
        };
        let said = match (high.as_slice(), low.as_slice()) {
            ([], []) => "no score that stands out".to_owned(),
            ([], low) => list(low, |score| score.low),
            (high, []) => list(high, |score| score.high),
            (high, low) => {
                format!("{}, but {}", list(low, |score| score.low), list(high, |score| score.high))
            }
        };
        let Some(most) = high.first().or(low.first()).or(ranked.first()) else {
            return "no score is available".to_owned();
        };
        format!("{said}: {} in {}", standing(most.share), most.score.0.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> PlacementSet {
        let components = Components::from_names(["path-norm", "decorrelation"]).unwrap();
        let values: Vec<Vec<f64>> =
            (0..100).map(|at| vec![f64::from(at), f64::from((at * 37) % 100)]).collect();
        PlacementSet::new(components, &values)
    }

    #[test]
    fn values_are_placed_among_others_and_said_in_words() {
        let set = set();
        let placed = set.place(&[2.0, 97.5]);
        assert!((placed.scores[0].share - 0.03).abs() < 1e-12, "{placed:?}");
        assert_eq!(standing(placed.scores[1].share), "top 2 %");
        let words = "few or narrow paths, but little redundancy in the final features: top 2 % in decorrelation";
        assert_eq!(placed.words(), words);
        assert_eq!(
            set.place(&[50.0, 50.0]).words().split(':').next(),
            Some("no score that stands out")
        );
        assert_eq!(
            set.place(&[3.0, f64::NAN]).words(),
            "few or narrow paths: bottom 4 % in path-norm"
        );
        assert_eq!(set.place(&[f64::NAN; 2]).words(), "no score is available");
    }

    #[test]
    fn the_best_of_all_is_at_the_top() {
        let set = set();
        assert_eq!(set.place(&[1000.0, 1000.0]).combined, 1.0);
        assert_eq!(set.place(&[-1.0, -1.0]).combined, 0.0);
        assert_eq!((standing(1.0), standing(0.004)), ("top 1 %".into(), "bottom 1 %".into()));
    }
}
