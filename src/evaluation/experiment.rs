//! The search experiment of the paper on joined scores and accuracies.

use super::JoinedScores;
use crate::statistics::{
    ProtocolError, ProtocolOptions, ProtocolReport, ScoredCandidate, protocol,
};
use crate::store::Status;

/// Runs the search experiment of Mellor et al. 2021, table 2; see [`protocol`]. Architectures that are
/// known to be disconnected are never preferred, as in a search.
///
/// # Errors
///
/// As [`protocol`].
pub fn search_experiment(
    joined: &JoinedScores,
    options: &ProtocolOptions,
    cancelled: &dyn Fn() -> bool,
) -> Result<ProtocolReport, ProtocolError> {
    let candidates = joined.rows.iter().map(|row| ScoredCandidate {
        score: match row.prediction.status {
            Some(Status::Disconnected) => f64::NEG_INFINITY,
            _ => row.prediction.score,
        },
        accuracy: row.accuracy,
        validation: row.validation,
        seconds: row.prediction.seconds.unwrap_or(f64::NAN),
    });
    protocol(&candidates.collect::<Vec<_>>(), options, cancelled)
}
