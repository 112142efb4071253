//! Quantities that are measured on a network instead of counted: asked for once per network, and only
//! where the counted ones are within their ranges.

use std::collections::HashMap;

use crate::graph::Graph;
use crate::space::Architecture;

/// Why there is no measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmeasured {
    /// Somebody asked to stop; nothing more is proposed.
    Stopped,
    /// The network could not be run; it is rejected.
    Failed(String),
}

/// Measures the latency of an architecture's network, in milliseconds. Strategies never run networks
/// themselves, so whoever starts a search hands this in.
pub type Measure<'m> = Box<dyn FnMut(&Architecture, &Graph) -> Result<f64, Unmeasured> + 'm>;

/// What was measured so far.
pub(super) struct Measured<'m> {
    measure: Option<Measure<'m>>,
    /// By [`Space::code_key`]: networks with equal keys do the same work. `None` for what failed.
    known: HashMap<String, Option<f64>>,
    /// Networks that were run.
    pub runs: u64,
    /// Why the last one that failed could not be measured.
    pub failure: Option<String>,
    /// Whether somebody asked to stop.
    pub stopped: bool,
}

impl<'m> Measured<'m> {
    pub(super) fn new(measure: Option<Measure<'m>>) -> Self {
        Self { measure, known: HashMap::new(), runs: 0, failure: None, stopped: false }
    }

    /// The latency of an architecture in milliseconds; `None` if it could not be measured.
    pub(super) fn latency(&mut self, architecture: &Architecture, graph: &Graph) -> Option<f64> {
        let Some(measure) = &mut self.measure else {
            self.failure = Some("this search was given nothing to measure with".to_owned());
            return None;
        };
        let key = architecture.code_key();
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let latency = match measure(architecture, graph) {
            Ok(latency) => Some(latency),
            Err(Unmeasured::Failed(reason)) => {
                self.failure = Some(reason);
                None
            }
            Err(Unmeasured::Stopped) => {
                self.stopped = true;
                return None;
            }
        };
        self.runs += 1;
        self.known.insert(key, latency);
        latency
    }
}
