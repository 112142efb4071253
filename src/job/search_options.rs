//! The options of a search, besides how networks are scored.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{InvalidOption, JobError, JobOption, Session};
use crate::backend::Cancel;
use crate::score::{COMBINED, Components, Ranking, SCORES};
use crate::search::{
    ConstrainedSpace, Constraint, Objective, QuantitySource, SearchSizes, Strategy, StrategyKind,
    StrategyOption,
};
use crate::space::Space;

/// How architectures are chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SearchOptions {
    /// Number of architectures to evaluate; `random` draws them uniformly without replacement. Disconnected
    /// ones do not count, except in the paper's algorithms: random with the score naswot, area, rea and rs.
    /// See [`SearchOptions::samples_of`]
    pub samples: Option<u64>,
    /// How architectures are chosen
    pub strategy: StrategyKind,
    /// The score that ranks architectures; see [`SearchOptions::score_name`]
    pub score: Option<String>,
    /// The components of the combined rank; the default ones if the list is empty
    pub combine: Vec<String>,
    /// AREA: the score that selects the first population from the candidates
    pub initial_score: Option<String>,
    /// Ranges to which the search is limited: params=..1M, macs=10M..100M, activations=..2M (bytes),
    /// depth=8.., latency=..5ms, or comparisons such as `params < 1M`. Latency is the measured time of one
    /// mini-batch on the chosen device, so a search that limits it is only as reproducible as its timings
    pub constraint: Vec<Constraint>,
    /// Score identical networks only once and share the result
    pub unique: bool,
    /// Evolutionary strategies: population size
    pub population: usize,
    /// Evolutionary strategies: number of random members that compete to become the parent
    pub tournament: usize,
    /// Evolutionary strategies: share of the children that combine two parents instead of mutating one; 0 as
    /// published
    pub crossover: f64,
    /// AREA: number of architectures to score when selecting the first population
    pub candidates: usize,
    /// AREA, REA, RS: the command that trains an architecture. {arch.json} is replaced by the path of a
    /// JSON file that describes the architecture, {arch} by its text. The last line that the command
    /// prints must be {"accuracy": X}
    pub trainer: Option<String>,
    /// AREA, REA, RS: a benchmark table to use instead of a trainer (see `benchmark info`)
    pub table: Option<PathBuf>,
    /// The metric of the table to use as accuracy
    pub metric: Option<String>,
    /// The metric of the table to report for the winner
    pub report: Option<String>,
    /// The metric of the table that holds the training time in seconds
    pub time: Option<String>,
    /// Total training budget in seconds; without it, the number of samples ends the search
    pub budget: Option<f64>,
    /// Number of trainers to run in parallel
    pub trainers: usize,
    /// Seconds after which a trainer is stopped
    pub trainer_limit: f64,
    /// How many times a failed training is repeated
    pub trainer_retries: u32,
}

impl Default for SearchOptions {
    /// The sizes of AREA and REA are those of the paper on NAS-Bench-201.
    fn default() -> Self {
        Self {
            samples: None,
            strategy: StrategyKind::default(),
            score: None,
            combine: Vec::new(),
            initial_score: None,
            constraint: Vec::new(),
            unique: false,
            population: 10,
            tournament: 3,
            crossover: 0.0,
            candidates: 20,
            trainer: None,
            table: None,
            metric: None,
            report: None,
            time: None,
            budget: None,
            trainers: 1,
            trainer_limit: 86_400.0,
            trainer_retries: 0,
        }
    }
}

/// By default, spaces of at most this size are ranked as a whole.
const WHOLE_SPACE: u128 = 20_000;

impl SearchOptions {
    /// The name of the score that ranks architectures without training. The default is the combined
    /// rank, or NASWOT for strategies that learn from accuracies, as in the paper.
    pub fn score_name(&self) -> &str {
        let usual = match self.strategy.objective() {
            Objective::Score => COMBINED,
            Objective::Accuracy => SCORES[0].name,
        };
        self.initial_score.as_deref().or(self.score.as_deref()).unwrap_or(usual)
    }

    /// The score that ranks architectures without training.
    ///
    /// # Errors
    ///
    /// [`InvalidOption`] with the nearest names.
    pub fn ranking(&self) -> Result<Ranking, InvalidOption> {
        let refuse = |option, reason: String| InvalidOption::new(option, reason);
        let components = match self.combine.is_empty() {
            true => Components::default(),
            false => Components::from_names(self.combine.iter().map(String::as_str))
                .map_err(|reason| refuse(JobOption::Combine, reason))?,
        };
        let of =
            if self.initial_score.is_some() { JobOption::InitialScore } else { JobOption::Score };
        Ranking::by_name(self.score_name(), &components).map_err(|reason| refuse(of, reason))
    }

    /// The number of architectures to evaluate in a space. The default for the combined rank is all of
    /// them if there are at most 20,000, otherwise 1,000; for other scores it is 100.
    pub fn samples_of(&self, space: &Space) -> u64 {
        let is_combined =
            self.strategy.objective() == Objective::Score && self.score_name() == COMBINED;
        self.samples.unwrap_or_else(|| match u64::try_from(space.count()) {
            _ if !is_combined => 100,
            Ok(count) if space.count() <= WHOLE_SPACE => count,
            _ => 1_000,
        })
    }

    /// Whether disconnected architectures are passed over instead of being results. They are results of the
    /// paper's algorithms (random search by NASWOT, and AREA, REA and RS, which train them) and where
    /// every architecture is asked for.
    fn leaves_out_disconnected(&self) -> bool {
        match self.strategy {
            StrategyKind::Random => self.score_name() != SCORES[0].name,
            StrategyKind::Evolution | StrategyKind::Local => true,
            StrategyKind::Exhaustive
            | StrategyKind::Area
            | StrategyKind::Rea
            | StrategyKind::Rs => false,
        }
    }

    /// Whether constraints are measured, so that other runs may propose other architectures.
    pub(super) fn measures_latency(&self) -> bool {
        self.constraint.iter().any(|range| matches!(range.quantity.value, QuantitySource::Latency))
    }

    /// Checks what can be checked without opening anything.
    pub(super) fn check(&self) -> Result<(), JobError> {
        let refuse = |option, reason: &str| Err(JobError::from(InvalidOption::new(option, reason)));
        self.ranking()?;
        match self {
            Self { combine, .. } if !combine.is_empty() && self.score_name() != COMBINED => {
                refuse(JobOption::Combine, "needs the score `combined`")
            }
            Self { initial_score: Some(_), strategy, .. }
                if !strategy.has_option(StrategyOption::Candidates) =>
            {
                refuse(JobOption::InitialScore, "needs the strategy area")
            }
            Self { initial_score: Some(_), score: Some(_), .. } => refuse(
                JobOption::InitialScore,
                "has the same meaning for area as score: give only one of them",
            ),
            Self { samples: Some(0), .. } => refuse(JobOption::Samples, "must be at least 1"),
            Self { population: 0, .. } => refuse(JobOption::Population, "must be at least 1"),
            Self { tournament: 0, .. } => refuse(JobOption::Tournament, "must be at least 1"),
            Self { crossover, .. } if !(0.0..=1.0).contains(crossover) => {
                refuse(JobOption::Crossover, "must be a share from 0 to 1")
            }
            Self { candidates, population, .. }
                if self.strategy.has_option(StrategyOption::Candidates)
                    && candidates < population =>
            {
                refuse(
                    JobOption::Candidates,
                    "must be at least the population: the best candidates are its first members",
                )
            }
            Self { trainers: 0, .. } => refuse(JobOption::Trainers, "must be at least 1"),
            Self { trainer_limit, .. } if !(*trainer_limit > 0.0 && *trainer_limit < 1e9) => {
                refuse(JobOption::TrainerLimit, "must be a number of seconds above 0")
            }
            _ => self.check_accuracies(self.strategy.objective()),
        }
    }

    /// Refuses options that were given and that the search does not use, since their user would not
    /// know that they have no effect.
    ///
    /// # Errors
    ///
    /// [`JobError::Invalid`] with the strategies that use the option.
    pub fn check_given(&self, given: &[JobOption]) -> Result<(), JobError> {
        for &option in given {
            let is_used = |kind: StrategyKind| match option {
                JobOption::Samples => kind != StrategyKind::Exhaustive,
                JobOption::Population => kind.has_option(StrategyOption::Population),
                JobOption::Tournament => kind.has_option(StrategyOption::Tournament),
                JobOption::Crossover => kind.has_option(StrategyOption::Crossover),
                JobOption::Candidates => kind.has_option(StrategyOption::Candidates),
                JobOption::Trainers | JobOption::TrainerLimit | JobOption::TrainerRetries => {
                    kind.objective() == Objective::Accuracy
                }
                _ => true,
            };
            if !is_used(self.strategy) {
                let reason = format!(
                    "is not used by the strategy {}; the strategies that use it: {}",
                    self.strategy,
                    StrategyKind::names_where(is_used)
                );
                return Err(InvalidOption::new(option, reason).into());
            }
            let is_of_trainer = matches!(
                option,
                JobOption::Trainers | JobOption::TrainerLimit | JobOption::TrainerRetries
            );
            if is_of_trainer && self.trainer.is_none() {
                let reason = "needs a training command, but none is given";
                return Err(InvalidOption::new(option, reason).into());
            }
        }
        Ok(())
    }

    /// Whether accuracies are given where they are needed, and only there.
    fn check_accuracies(&self, objective: Objective) -> Result<(), JobError> {
        let refuse = |option, reason: &str| Err(JobError::from(InvalidOption::new(option, reason)));
        let given = match (&self.trainer, &self.table) {
            (Some(_), _) => Some(JobOption::Trainer),
            (None, Some(_)) => Some(JobOption::Table),
            (None, None) => None,
        };
        let of_table = [
            (JobOption::Metric, self.metric.is_some()),
            (JobOption::Report, self.report.is_some()),
            (JobOption::Time, self.time.is_some()),
            (JobOption::Budget, self.budget.is_some()),
        ];
        let of_table = of_table.into_iter().find(|(_, is_given)| *is_given);
        if let (Some(option), Objective::Score) = (given, objective) {
            return refuse(
                option,
                "needs one of the strategies area, rea and rs; this one trains nothing",
            );
        }
        if let (None, Some((option, _))) = (&self.table, of_table) {
            return refuse(option, "needs a benchmark table, but none is given");
        }
        match self {
            Self { trainer: Some(_), table: Some(_), .. } => refuse(
                JobOption::Trainer,
                "cannot be combined with a benchmark table: give only one of them",
            ),
            Self { table: Some(_), metric: None, .. } => refuse(
                JobOption::Table,
                "needs a metric to use as accuracy: see `benchmark info FILE`",
            ),
            Self { time: Some(_), budget: None, .. } => {
                refuse(JobOption::Time, "needs a budget in seconds")
            }
            Self { time: None, budget: Some(_), .. } => {
                refuse(JobOption::Budget, "needs a time: the metric that holds training times")
            }
            Self { budget: Some(budget), .. } if !budget.is_finite() || *budget <= 0.0 => {
                refuse(JobOption::Budget, "must be a number of seconds above 0")
            }
            _ if given.is_none() && objective == Objective::Accuracy => refuse(
                JobOption::Trainer,
                "or a benchmark table is needed, because this strategy learns from accuracies: give \
                 the command that trains an architecture, such as \"python train.py {arch.json}\", or \
                 a table and its metric",
            ),
            _ => Ok(()),
        }
    }

    /// Begins the strategy on a space.
    pub(super) fn start<'s>(
        &self,
        session: &'s Session,
        space: &Space,
        cancel: &'s Cancel,
    ) -> Result<Box<dyn Strategy + 's>, JobError> {
        let Self { population, tournament, crossover, candidates, .. } = *self;
        // A training budget alone ends the search.
        let samples = if self.budget.is_some() { u64::MAX } else { self.samples_of(space) };
        let sizes = SearchSizes { samples, population, tournament, crossover, candidates };
        let within = if self.measures_latency() {
            let meter = session.latency_meter(space, cancel)?;
            ConstrainedSpace::measuring(space, &self.constraint, meter)
        } else {
            ConstrainedSpace::new(space, &self.constraint)
        };
        let within = within.until(cancel);
        let within = if self.leaves_out_disconnected() { within.connected_only() } else { within };
        Ok(self.strategy.start(within, sizes, session.architecture_seed()))
    }
}
