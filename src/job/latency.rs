//! Measures how long networks take, for constraints.

use std::time::Instant;

use super::{JobError, Options, chain};
use crate::backend::{self, Backend, BackendError, Cancel, Network};
use crate::data::{self, Batch, ImageSource};
use crate::graph::Graph;
use crate::plan::{Count, Plan};
use crate::search::{Measure, Unmeasured};
use crate::space::Space;
use crate::weights::{Initialisation, Initialiser, Weights};

/// Passes before the clock runs: memory grows and kernels are compiled in the first.
const WARM_UP: usize = 2;

/// Passes whose median is the latency.
const PASSES: usize = 5;

/// What measures on the device of the options: the median of a few forward passes of a mini-batch of
/// noise through the whole network with random weights, its output and its codes included, in
/// milliseconds. It opens a device of its own; nothing else runs while it measures.
pub(super) fn meter<'c>(
    options: &Options,
    space: &Space,
    cancel: &'c Cancel,
) -> Result<Measure<'c>, JobError> {
    let (mut backend, _) = backend::open(&options.device)?;
    let batch = data::load(&ImageSource::Noise, space.input(), options.batch_size, options.seed)?;
    let seed = options.seed;
    Ok(Box::new(move |_, graph| median_ms(backend.as_mut(), &batch, graph, seed, cancel)))
}

fn median_ms(
    backend: &mut dyn Backend,
    batch: &Batch,
    graph: &Graph,
    seed: u64,
    cancel: &Cancel,
) -> Result<f64, Unmeasured> {
    let output: Vec<_> = graph.output().into_iter().collect();
    let plan = Plan::keeping(graph, &Weights::default(), Count::Paper, &output)
        .map_err(|error| Unmeasured::Failed(chain(&error)))?;
    let law = Initialiser { initialisation: Initialisation::PytorchDefault, seed };
    let weights = law.draw(graph, "latency", plan.weighted_nodes());
    let networks = [Network { plan: &plan, weights: &weights }];
    let mut times = Vec::with_capacity(PASSES);
    for pass in 0..WARM_UP + PASSES {
        let begin = Instant::now();
        for output in backend.run(&networks, batch, false, cancel) {
            output.map_err(|error| match error {
                BackendError::Cancelled => Unmeasured::Stopped,
                error => Unmeasured::Failed(chain(&error)),
            })?;
        }
        if pass >= WARM_UP {
            times.push(begin.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times[PASSES / 2])
}
