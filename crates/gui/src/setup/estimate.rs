//! How long a search takes and how much memory it needs, from scoring a few architectures.

use std::collections::HashSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use untrained::backend::Cancel;
use untrained::graph::cost::Cost;
use untrained::job::{JobConfig, Task, chain, run};
use untrained::plan::Plan;
use untrained::store::Status;
use untrained::weights::Weights;

/// What a network takes, from scoring a few.
#[derive(Clone, Copy, Debug)]
pub struct CostEstimate {
    /// Mean time.
    pub seconds: f64,
    /// Weights, activations and codes of the largest.
    pub bytes: u64,
}

/// Architectures that are scored for an estimate.
pub const ESTIMATE_SAMPLES: usize = 4;

/// Scores a few architectures as a job would, to say what a network takes.
///
/// # Errors
///
/// Why none can be scored.
pub fn estimate_cost(job: &JobConfig) -> Result<CostEstimate, String> {
    let space = job.open_space().map_err(|error| chain(&error))?;
    let architectures: Vec<String> = match &job.task {
        Task::Score { architectures } => {
            architectures.iter().take(ESTIMATE_SAMPLES).cloned().collect()
        }
        Task::Search(_) | Task::Onnx { .. } => {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let names: HashSet<String> =
                (0..ESTIMATE_SAMPLES).map(|_| space.sample(&mut rng).to_string()).collect();
            names.into_iter().collect()
        }
    };
    let mut bytes = 0;
    for text in &architectures {
        let architecture = space.parse(text).map_err(|error| chain(&error))?;
        let graph = architecture.build().map_err(|error| chain(&error))?;
        if let Ok(plan) = Plan::new(&graph, &Weights::default(), job.options.count) {
            let weights = 4 * Cost::of(&graph).params;
            bytes = bytes.max(weights + plan.activation_bytes(job.options.batch_size));
        }
    }
    let few = JobConfig {
        space_copy: job.space_copy.clone(),
        ..JobConfig::new(job.options.clone(), Task::Score { architectures })
    };
    let (mut seconds, mut count, mut failure) = (0.0, 0.0, None);
    run(&few, &Cancel::new(), &mut |event| {
        if let untrained::job::Event::Scored { record, .. } = event {
            (seconds, count) = (seconds + record.seconds, count + 1.0);
            failure = record.message.filter(|_| record.status == Status::Failed).or(failure.take());
        }
    })
    .map_err(|error| chain(&error))?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    Ok(CostEstimate { seconds: seconds / f64::max(count, 1.0), bytes })
}
