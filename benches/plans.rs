//! What stands before the first convolution: from an architecture to its graph and its plan.
//!
//! `cargo bench --bench plans` prints, for every built-in space, the median time of both on one core,
//! with the number of steps, over random architectures and for the largest one drawn.

use std::time::Instant;

use untrained::plan::{Count, Plan};
use untrained::seed;
use untrained::space::{Architecture, Space};
use untrained::weights::Weights;

const SAMPLES: usize = 60;
const ROUNDS: usize = 9;

/// One architecture: milliseconds for the graph, milliseconds for the plan, steps.
struct Timing {
    build_ms: f64,
    plan_ms: f64,
    steps: usize,
}

fn main() {
    println!(
        "space: median ms of graph + plan; of the one with the most steps: graph, plan, steps"
    );
    for space in Space::builtins().unwrap() {
        let mut rng = seed::stream(0, &["bench"]);
        let samples = (0..SAMPLES).map(|_| space.sample(&mut rng));
        let timings: Vec<Timing> = samples.map(|sample| timing(&sample)).collect();
        let both = median(timings.iter().map(|one| one.build_ms + one.plan_ms).collect());
        let largest = timings.iter().max_by_key(|one| one.steps).unwrap();
        let Timing { build_ms, plan_ms, steps } = largest;
        println!("{}: {both:.2}; {build_ms:.2}, {plan_ms:.2}, {steps}", space.id());
    }
}

fn timing(architecture: &Architecture) -> Timing {
    let (mut builds, mut plans, mut steps) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let graph = architecture.build().unwrap();
        builds.push(begin.elapsed().as_secs_f64() * 1e3);
        let begin = Instant::now();
        let plan = Plan::new(&graph, &Weights::default(), Count::Paper).unwrap();
        plans.push(begin.elapsed().as_secs_f64() * 1e3);
        steps = plan.steps.len();
    }
    Timing { build_ms: median(builds), plan_ms: median(plans), steps }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
