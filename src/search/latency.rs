//! Latencies, which are measured rather than counted: once per network, and only if the counted
//! quantities are within their ranges.

use std::collections::HashMap;

use crate::graph::Graph;
use crate::space::Architecture;

/// Why a latency could not be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LatencyError {
    /// The run was cancelled; nothing more is proposed.
    Cancelled,
    /// The network could not be run; it is rejected.
    Failed(String),
}

/// Measures the latency of an architecture's network, in milliseconds. Strategies never run networks
/// themselves, so whoever starts a search hands this in.
pub type LatencyMeter<'m> = Box<dyn FnMut(&Architecture, &Graph) -> Result<f64, LatencyError> + 'm>;

/// The latencies measured so far.
pub(super) struct LatencyCache<'m> {
    measure: Option<LatencyMeter<'m>>,
    /// By [`Space::code_key`]: networks with equal keys do the same work. `None` for failures.
    known: HashMap<String, Option<f64>>,
    /// Networks that were measured.
    pub runs: u64,
    /// Why the last one that failed could not be measured.
    pub failure: Option<String>,
    /// Whether the run was cancelled.
    pub cancelled: bool,
}

impl<'m> LatencyCache<'m> {
    pub(super) fn new(measure: Option<LatencyMeter<'m>>) -> Self {
        Self { measure, known: HashMap::new(), runs: 0, failure: None, cancelled: false }
    }

    /// The latency of an architecture in milliseconds; `None` if it could not be measured.
    pub(super) fn latency(&mut self, architecture: &Architecture, graph: &Graph) -> Option<f64> {
        let Some(measure) = &mut self.measure else {
            self.failure = Some("this search has no device to measure latency on".to_owned());
            return None;
        };
        let key = architecture.code_key();
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let latency = match measure(architecture, graph) {
            Ok(latency) => Some(latency),
            Err(LatencyError::Failed(reason)) => {
                self.failure = Some(reason);
                None
            }
            Err(LatencyError::Cancelled) => {
                self.cancelled = true;
                return None;
            }
        };
        self.runs += 1;
        self.known.insert(key, latency);
        latency
    }
}
