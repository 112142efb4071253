//! The combined rank: several scores of the same architectures, combined by rank.
//!
//! `combined = sum over components of ln(rank / N)` over the `N` architectures that are compared, as in
//! AZ-NAS (Lee and Ham, CVPR 2024). It has no units and no fitted constants, and is relative to the
//! set: in another set of architectures, the same architecture has another value.

use std::fmt;

use super::{SCORES, Score, ScoreSet, find_score};
use crate::nearest;

/// The name of the combined rank, among the names of [`SCORES`](super::SCORES).
pub const COMBINED: &str = "combined";

/// The components that are combined by default.
pub const DEFAULT_COMPONENTS: [&str; 6] =
    ["macs", "path-norm", "expressivity", "independence", "decorrelation", "volume"];

/// What architectures are ranked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ranking {
    /// One score.
    Score(ScoreId),
    /// Several scores, combined by rank.
    Combined(Components),
}

/// One of the [`SCORES`](super::SCORES), compared by its name.
#[derive(Clone, Copy, Debug)]
pub struct ScoreId(pub &'static Score);

impl PartialEq for ScoreId {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for ScoreId {}

impl Ranking {
    /// The ranking of that name, with `components` if it is the combined rank.
    ///
    /// # Errors
    ///
    /// Similar names, if the name is unknown.
    pub fn by_name(name: &str, components: &Components) -> Result<Self, String> {
        if name == COMBINED {
            return Ok(Self::Combined(components.clone()));
        }
        let score = find_score(name).map(|score| Self::Score(ScoreId(score)));
        score.ok_or_else(|| unknown(name, std::iter::once(COMBINED)))
    }

    /// Its name on the command line and in files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Score(score) => score.0.name,
            Self::Combined(_) => COMBINED,
        }
    }

    /// The scores that it needs of every architecture.
    pub fn scores(&self) -> ScoreSet {
        match self {
            Self::Score(score) => ScoreSet::of(score.0),
            Self::Combined(components) => components.scores(),
        }
    }
}

/// The scores that are combined: at least one, without duplicates.
#[derive(Clone, PartialEq, Eq)]
pub struct Components(Vec<ScoreId>);

impl Default for Components {
    /// [`DEFAULT_COMPONENTS`].
    fn default() -> Self {
        Self(DEFAULT_COMPONENTS.into_iter().filter_map(find_score).map(ScoreId).collect())
    }
}

impl fmt::Debug for Components {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.names()).finish()
    }
}

impl Components {
    /// The components of these names.
    ///
    /// # Errors
    ///
    /// The problem: an unknown name, with similar ones; a duplicate; or no name at all.
    pub fn from_names<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, String> {
        let mut components: Vec<ScoreId> = Vec::new();
        for name in names {
            let score = ScoreId(find_score(name).ok_or_else(|| unknown(name, std::iter::empty()))?);
            if components.contains(&score) {
                return Err(format!("`{name}` is listed twice"));
            }
            components.push(score);
        }
        if components.is_empty() {
            return Err("lists no component".to_owned());
        }
        Ok(Self(components))
    }

    /// The components, in the order in which they were given.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'static Score> {
        self.0.iter().map(|component| component.0)
    }

    /// Their names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.iter().map(|component| component.name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Always `false`: there is at least one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The components as a set.
    pub fn scores(&self) -> ScoreSet {
        self.iter().fold(ScoreSet::NONE, ScoreSet::with)
    }
}

fn unknown(name: &str, more: impl Iterator<Item = &'static str>) -> String {
    let known = SCORES.iter().map(|score| score.name).chain(more);
    format!("`{name}` is unknown; {}", nearest::hint(name, known))
}

/// The components of the compared architectures, each in ascending order.
///
/// Values that are not finite rank last. Any order of arrival gives the same ranks.
#[derive(Clone, Debug, Default)]
pub struct ComponentRanks {
    sorted: Vec<Vec<f64>>,
}

impl ComponentRanks {
    /// Of `components` components, without an architecture.
    pub fn new(components: usize) -> Self {
        Self { sorted: vec![Vec::new(); components] }
    }

    /// Of all architectures at once, each with a value per component.
    pub fn of<'v>(components: usize, all: impl Iterator<Item = &'v [f64]>) -> Self {
        let mut ranks = Self::new(components);
        for values in all {
            for (sorted, &value) in ranks.sorted.iter_mut().zip(values) {
                sorted.push(ranked(value));
            }
        }
        ranks.sorted.iter_mut().for_each(|sorted| sorted.sort_unstable_by(f64::total_cmp));
        ranks
    }

    /// Adds an architecture.
    pub fn add(&mut self, values: &[f64]) {
        for (sorted, &value) in self.sorted.iter_mut().zip(values) {
            let value = ranked(value);
            let place = sorted.partition_point(|other| *other < value);
            sorted.insert(place, value);
        }
    }

    /// How many architectures are compared.
    pub fn len(&self) -> usize {
        self.sorted.first().map_or(0, Vec::len)
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rank of a value in one component, as a share of the architectures: above 0, and 1 for the
    /// best; ties share their mean rank. A value that belongs to none of the architectures is placed
    /// between them.
    pub fn share(&self, component: usize, value: f64) -> f64 {
        let value = ranked(value);
        let sorted = &self.sorted[component];
        let below = sorted.partition_point(|other| *other < value);
        let equal = sorted[below..].partition_point(|other| *other <= value);
        let rank = match equal {
            0 => below as f64 + 0.5,
            _ => below as f64 + f64::midpoint(1.0, equal as f64),
        };
        rank / self.len().max(1) as f64
    }

    /// The combined rank of an architecture with these values: at most 0, higher is better.
    pub fn combined(&self, values: &[f64]) -> f64 {
        (0..self.sorted.len()).map(|at| self.share(at, values[at]).ln()).sum()
    }
}

/// A value as it is ranked: last if it is not finite. Both zeros are one.
fn ranked(value: f64) -> f64 {
    if value.is_finite() { value + 0.0 } else { f64::NEG_INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn combined(rows: &[[f64; 2]]) -> Vec<f64> {
        let ranks = ComponentRanks::of(2, rows.iter().map(<[f64; 2]>::as_slice));
        rows.iter().map(|row| ranks.combined(row)).collect()
    }

    // By hand: ranks 1, 2.5, 2.5, 4 of the first, 4, 3, 2, 1 of the second.
    #[test]
    fn ties_share_their_mean_rank() {
        let all = combined(&[[1.0, 9.0], [2.0, 8.0], [2.0, 7.0], [5.0, 1.0]]);
        let ln = |rank: f64| (rank / 4.0).ln();
        let expected = [ln(1.0) + ln(4.0), ln(2.5) + ln(3.0), ln(2.5) + ln(2.0), ln(4.0) + ln(1.0)];
        for (value, expected) in all.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-12, "{all:?}");
        }
    }

    #[test]
    fn what_is_not_finite_ranks_last_and_alike() {
        let all = combined(&[
            [f64::NAN, 1.0],
            [f64::INFINITY, 1.0],
            [f64::NEG_INFINITY, 1.0],
            [-1e300, 1.0],
        ]);
        assert!(all[0] == all[1] && all[1] == all[2] && all[2] < all[3], "{all:?}");
        assert_eq!(combined(&[[-0.0, 0.0], [0.0, -0.0]]), [0.75_f64.ln() * 2.0; 2]);
    }

    #[test]
    fn one_architecture_ranks_first() {
        assert_eq!(combined(&[[3.0, f64::NAN]]), [0.0]);
        assert!(ComponentRanks::new(2).is_empty());
    }

    #[test]
    fn any_order_of_arrival_gives_the_same() {
        let rows: Vec<[f64; 2]> =
            (0..50_u32).map(|at| [f64::from(at * 37 % 11), f64::from(at * 17 % 50)]).collect();
        let at_once = combined(&rows);
        let mut ranks = ComponentRanks::new(2);
        rows.iter().rev().for_each(|row| ranks.add(row));
        let one_by_one: Vec<f64> = rows.iter().map(|row| ranks.combined(row)).collect();
        assert_eq!(at_once, one_by_one);
        // A value that nobody has stands between two ranks.
        assert!((ranks.share(1, 48.5) - 49.5 / 50.0).abs() < 1e-12);
    }

    #[test]
    fn lists_of_components_are_checked() {
        assert_eq!(Components::default().len(), DEFAULT_COMPONENTS.len());
        let error = |names: &[&str]| Components::from_names(names.iter().copied()).unwrap_err();
        assert!(error(&["path-norn"]).contains("did you mean `path-norm`"));
        assert!(error(&["macs", "macs"]).contains("twice"));
        assert!(error(&[]).contains("no component"));
        assert!(error(&["combined"]).contains("unknown"));
        assert!(
            Ranking::by_name("combind", &Components::default()).unwrap_err().contains("`combined`")
        );
    }
}
