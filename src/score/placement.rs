//! Where an architecture stands in each of several scores among others, and what that says in words.

use super::{ComponentRanks, Components, Score, ScoreId};

/// From this share on a value is called high, and up to its complement low.
const HIGH: f64 = 0.75;

/// High values, or low ones, that are put into words.
const SPOKEN: usize = 2;

/// Where an architecture stands in one score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScorePlacement {
    /// The score.
    pub score: ScoreId,
    /// Its value; none if it is not available, which ranks last.
    pub value: Option<f64>,
    /// Its rank as a share of the architectures it is compared with: above 0, and 1 for the best.
    pub share: f64,
}

/// Where an architecture stands among others.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// In each component.
    pub scores: Vec<ScorePlacement>,
    /// By the combined rank, likewise a share.
    pub combined: f64,
    /// Architectures that it is compared with.
    pub compared: usize,
}

/// Architectures among which others are placed.
#[derive(Clone, Debug)]
pub struct PlacementSet {
    components: Components,
    ranks: ComponentRanks,
    /// The combined ranks of the architectures, in ascending order.
    combined: Vec<f64>,
}

impl PlacementSet {
    /// Of architectures with a value for each component; NaN for what is not available.
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

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.combined.is_empty()
    }

    /// Places an architecture, which need not be one of the set, by a value for each component.
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

/// A share as a reader says it: `top 3 %`, or `lowest 12 %` in the lower half.
pub fn standing(share: f64) -> String {
    let percent = |share: f64| (share * 100.0).ceil().clamp(1.0, 100.0);
    match share >= 0.5 {
        true => format!("top {} %", percent(1.0 - share)),
        false => format!("lowest {} %", percent(share)),
    }
}

impl Placement {
    /// What the placement says, in words: its highest and its lowest scores, and where it is most
    /// remarkable.
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
            ([], []) => "nothing that stands out".to_owned(),
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
        let words =
            "few or narrow paths, but hardly redundant final features: top 2 % in decorrelation";
        assert_eq!(placed.words(), words);
        assert_eq!(
            set.place(&[50.0, 50.0]).words().split(':').next(),
            Some("nothing that stands out")
        );
        assert_eq!(
            set.place(&[3.0, f64::NAN]).words(),
            "few or narrow paths: lowest 4 % in path-norm"
        );
        assert_eq!(set.place(&[f64::NAN; 2]).words(), "no score is available");
    }

    #[test]
    fn the_best_of_all_is_at_the_top() {
        let set = set();
        assert_eq!(set.place(&[1000.0, 1000.0]).combined, 1.0);
        assert_eq!(set.place(&[-1.0, -1.0]).combined, 0.0);
        assert_eq!((standing(1.0), standing(0.004)), ("top 1 %".into(), "lowest 1 %".into()));
    }
}
