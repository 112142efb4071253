//! A strategy's proposal, until its value is known.

use crate::backend::RunOutput;
use crate::search::{Objective, TrialValue};
use crate::space::Architecture;
use crate::store::{Record, WantedScores};

/// A proposal of the strategy; positions count them in the order in which they were made.
pub(super) struct Proposal {
    pub position: u64,
    pub architecture: Architecture,
    pub name: String,
    pub objective: Objective,
    /// What earlier results may have of it.
    pub wanted: Vec<WantedScores>,
    pub state: ProposalState,
}

/// How far a proposal is.
pub(super) enum ProposalState {
    /// It is not claimed yet.
    Unclaimed,
    /// Another process works on it, or this one on an equal network.
    ClaimedElsewhere,
    /// This process works on it.
    Claimed,
    /// It has its value.
    Answered(Box<ProposalAnswer>),
}

/// The value that the strategy observes, and the record.
pub(super) struct ProposalAnswer {
    pub value: TrialValue,
    pub record: Record,
    pub output: Option<RunOutput>,
    /// Whether nothing was computed for it.
    pub reused: bool,
}
