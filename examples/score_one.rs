//! Scores one NAS-Bench-201 architecture through the library, step by step.
//!
//! `cargo run --release --example score_one`

use untrained::backend::{self, Cancel, Network};
use untrained::data;
use untrained::plan::{Count, Plan};
use untrained::space::Space;
use untrained::weights::{Initialiser, Weights};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let space = Space::builtin("nas-bench-201")?;
    let architecture = space
        .parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|nor_conv_3x3~2|")?;
    let graph = architecture.build()?;
    let plan = Plan::new(&graph, &Weights::default(), Count::Paper)?;
    let batch = data::load(&"builtin".parse()?, space.input(), 32, 0)?;
    let (mut device, _) = backend::open("cpu")?;
    for seed in 0..3 {
        let initialiser = Initialiser { initialisation: space.initialisation(), seed };
        let canonical = architecture.canonical();
        let weights = initialiser.draw(&graph, &canonical, plan.weighted_nodes());
        let network = Network { plan: &plan, weights: &weights };
        for output in device.run(&[network], &batch, false, &Cancel::new()) {
            let Some(kernel) = output?.kernel else { continue };
            println!(
                "seed {seed}: ln |det K| = {:.4}, K[0][1] = {} of {} units",
                kernel.score(),
                kernel.entries()[1],
                kernel.units()
            );
        }
    }
    Ok(())
}
