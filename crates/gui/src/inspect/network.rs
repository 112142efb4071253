//! Inspected networks, each with the results it belongs to.

use untrained::job::JobConfig;
use untrained::space::Space;

/// The results that a network belongs to: what it is built from and scored again with.
#[derive(Clone, Debug)]
pub struct NetworkOrigin {
    /// What they are results of.
    pub title: String,
    /// Their job, if it can be read.
    pub job: Option<JobConfig>,
    /// Their space, if it can be opened.
    pub space: Option<Space>,
}

/// A network of a result set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NetworkKey {
    /// The id of the result set.
    pub results: u64,
    /// In the notation of their space.
    pub architecture: String,
}
