//! The strategies by name, with the options that belong to each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    ConstrainedSpace, Evolution, ExhaustiveSearch, InitialPopulation, LocalSearch, Objective,
    RandomSearch, SearchSizes, Strategy,
};

/// A strategy by name.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum StrategyKind {
    /// Random search, ranked by score.
    #[default]
    Random,
    /// Every architecture, by score.
    Exhaustive,
    /// Regularised evolution by score.
    Evolution,
    /// Hill climbing by score.
    Local,
    /// Regularised evolution by accuracy, from a first population chosen by score.
    Area,
    /// Regularised evolution by accuracy.
    Rea,
    /// Random search by accuracy.
    Rs,
}

/// An option that only some strategies have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrategyOption {
    /// [`SearchSizes::population`].
    Population,
    /// [`SearchSizes::tournament`].
    Tournament,
    /// [`SearchSizes::crossover`].
    Crossover,
    /// [`SearchSizes::candidates`].
    Candidates,
}

/// Everything about a strategy.
pub struct StrategyInfo {
    /// Its name in files and on the command line.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// What it maximises.
    pub objective: Objective,
    /// Its options, besides the number of samples.
    pub options: &'static [StrategyOption],
}

/// There is no strategy of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown strategy `{name}`; the strategies are {}", StrategyKind::names().join(", "))]
pub struct UnknownStrategy {
    name: String,
}

impl StrategyKind {
    /// Every strategy, in the order of lists.
    pub const ALL: [Self; 7] = [
        Self::Random,
        Self::Exhaustive,
        Self::Evolution,
        Self::Local,
        Self::Area,
        Self::Rea,
        Self::Rs,
    ];

    /// Everything about it.
    pub const fn info(self) -> &'static StrategyInfo {
        const EVOLUTION: &[StrategyOption] =
            &[StrategyOption::Population, StrategyOption::Tournament, StrategyOption::Crossover];
        const AREA: &[StrategyOption] = &[
            StrategyOption::Population,
            StrategyOption::Tournament,
            StrategyOption::Crossover,
            StrategyOption::Candidates,
        ];
        match self {
            Self::Random => &StrategyInfo {
                name: "random",
                about: "random architectures, ranked by score (with NASWOT, algorithm 1 of Mellor et al.)",
                objective: Objective::Score,
                options: &[],
            },
            Self::Exhaustive => &StrategyInfo {
                name: "exhaustive",
                about: "every architecture of the space, ranked by score",
                objective: Objective::Score,
                options: &[],
            },
            Self::Evolution => &StrategyInfo {
                name: "evolution",
                about: "regularised evolution by score (Real et al.)",
                objective: Objective::Score,
                options: EVOLUTION,
            },
            Self::Local => &StrategyInfo {
                name: "local",
                about: "hill climbing by score, over neighbours, with random restarts",
                objective: Objective::Score,
                options: &[],
            },
            Self::Area => &StrategyInfo {
                name: "area",
                about: "regularised evolution by accuracy, from a first population chosen by score (AREA, Mellor et al.)",
                objective: Objective::Accuracy,
                options: AREA,
            },
            Self::Rea => &StrategyInfo {
                name: "rea",
                about: "regularised evolution by accuracy (REA, Real et al.)",
                objective: Objective::Accuracy,
                options: EVOLUTION,
            },
            Self::Rs => &StrategyInfo {
                name: "rs",
                about: "random architectures, ranked by accuracy (RS)",
                objective: Objective::Accuracy,
                options: &[],
            },
        }
    }

    /// Its name in files and on the command line.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// What it maximises.
    pub const fn objective(self) -> Objective {
        self.info().objective
    }

    /// Whether it has an option.
    pub fn has_option(self, option: StrategyOption) -> bool {
        self.info().options.contains(&option)
    }

    /// The names of the strategies for which `holds` is true, as a list for people.
    pub fn names_where(holds: impl Fn(Self) -> bool) -> String {
        let names: Vec<&str> =
            Self::ALL.into_iter().filter(|kind| holds(*kind)).map(Self::name).collect();
        names.join(", ")
    }

    /// Every name, in the order of [`StrategyKind::ALL`].
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|kind| kind.name()).collect()
    }

    /// Begins a search; its random numbers come from its own stream of the seed.
    pub fn start<'m>(
        self,
        space: ConstrainedSpace<'m>,
        sizes: SearchSizes,
        seed: u64,
    ) -> Box<dyn Strategy + 'm> {
        let objective = self.objective();
        let evolution = |space, first| Evolution::new(space, sizes, seed, objective, first);
        match self {
            Self::Random | Self::Rs => {
                Box::new(RandomSearch::new(space, sizes.samples, seed, objective))
            }
            Self::Exhaustive => Box::new(ExhaustiveSearch::new(space)),
            Self::Evolution | Self::Rea => Box::new(evolution(space, InitialPopulation::Random)),
            Self::Local => Box::new(LocalSearch::new(space, sizes.samples, seed)),
            Self::Area => Box::new(evolution(space, InitialPopulation::BestByScore)),
        }
    }
}

impl fmt::Display for StrategyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for StrategyKind {
    type Err = UnknownStrategy;

    fn from_str(name: &str) -> Result<Self, UnknownStrategy> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| UnknownStrategy { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Names in files must not change, and are those of the table.
    #[test]
    fn names_in_files_are_those_of_the_table() {
        let names = ["random", "exhaustive", "evolution", "local", "area", "rea", "rs"];
        assert_eq!(StrategyKind::names(), names);
        for kind in StrategyKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        let wrong = "rondom".parse::<StrategyKind>().unwrap_err().to_string();
        assert!(wrong.contains("rondom") && wrong.contains("random, exhaustive"), "{wrong}");
    }
}
