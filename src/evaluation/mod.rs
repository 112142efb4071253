//! How good is a score? This module compares scores of architectures with their trained accuracies.
//!
//! [`Prediction`]s come from a table ([`read_scores`]), a study ([`study_predictions`]) or the records
//! of a job. [`join`] finds their accuracies and counts those without one. [`correlate`] compares the
//! score and the free baselines of [`SCORES`](crate::score::SCORES) with them. [`choice`] computes what
//! a search would have chosen, and [`search_experiment`] repeats the search experiment of Mellor et al.
//! 2021. No forward pass runs here.

mod choice;
mod comparison;
mod correlate;
mod error;
mod experiment;
mod join;
mod prediction;
mod reference;
mod sample;
mod scores;

pub use choice::{TopScored, choice};
pub use comparison::{Comparison, StudyScores, compare_study, study_scores};
pub use correlate::{CorrelateOptions, Correlation, PaperChoice, correlate};
pub use error::{EvaluationError, ScoresError};
pub use experiment::search_experiment;
pub use join::{AccuracyLookups, Coverage, JoinedRow, JoinedScores, join};
pub use prediction::{Prediction, study_predictions};
pub use reference::{NaswotStanding, ReferenceSet};
pub use sample::sample;
pub use scores::read_scores;

/// Called with the fraction of work that is done, from 0 to 1; returns whether to continue.
pub type EvaluationProgress<'w> = &'w dyn Fn(f64) -> bool;
