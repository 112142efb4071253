//! Measures the latency of networks, for constraints.

use std::time::Instant;

use super::chain;
use crate::backend::{Backend, BackendError, Cancel, Network};
use crate::data::Batch;
use crate::graph::Graph;
use crate::plan::{Count, Plan};
use crate::search::LatencyError;
use crate::weights::{Initialisation, Initialiser, Weights};

/// Passes before the clock runs: memory grows and kernels are compiled in the first.
const WARM_UP: usize = 2;

/// Passes whose median is the latency.
const PASSES: usize = 5;

/// The latency of a network in milliseconds: the median of a few forward passes of a mini-batch through
/// the whole network with random weights, its output and its codes included.
pub(super) fn median_ms(
    backend: &mut dyn Backend,
    batch: &Batch,
    graph: &Graph,
    seed: u64,
    cancel: &Cancel,
) -> Result<f64, LatencyError> {
    let output: Vec<_> = graph.output().into_iter().collect();
    let plan = Plan::keeping(graph, &Weights::default(), Count::Paper, &output)
        .map_err(|error| LatencyError::Failed(chain(&error)))?;
    let initialiser = Initialiser { initialisation: Initialisation::PytorchDefault, seed };
    let weights = initialiser.draw(graph, "latency", plan.weighted_nodes());
    let networks = [Network { plan: &plan, weights: &weights }];
    let mut times = Vec::with_capacity(PASSES);
    for pass in 0..WARM_UP + PASSES {
        let begin = Instant::now();
        for output in backend.run(&networks, batch, false, cancel) {
            output.map_err(|error| match error {
                BackendError::Cancelled => LatencyError::Cancelled,
                error => LatencyError::Failed(chain(&error)),
            })?;
        }
        if pass >= WARM_UP {
            times.push(begin.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times[PASSES / 2])
}
