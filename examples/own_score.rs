//! A custom score: unit codes, activations and kernel matrix from one forward pass.
//!
//! For every layer that has a code, it prints the share of active units and the size of their
//! pre-activations; from the logits, it prints how much they differ between images.
//!
//! `cargo run --release --example own_score`

use untrained::backend::{self, Cancel, Network, NodeActivations, RunOutput};
use untrained::data;
use untrained::graph::NodeId;
use untrained::plan::{Count, Plan};
use untrained::space::Space;
use untrained::weights::{Initialiser, Weights};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let space = Space::builtin("nas-bench-201")?;
    let architecture = space
        .parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|nor_conv_3x3~2|")?;
    let graph = architecture.build()?;

    // The inputs of the activation sites, in the order of the codes, and last the output of the network.
    let (weights, count) = (Weights::default(), Count::Paper);
    let codes = Plan::new(&graph, &weights, count)?.codes;
    let mut keep: Vec<NodeId> = codes.iter().map(|code| graph.node(code.node).inputs[0]).collect();
    keep.extend(graph.output());
    let plan = Plan::keeping(&graph, &weights, count, &keep)?;

    let batch = data::load(&"builtin".parse()?, space.input(), 32, 0)?;
    let initialiser = Initialiser { initialisation: space.initialisation(), seed: 0 };
    let canonical = architecture.canonical();
    let weights = initialiser.draw(&graph, &canonical, plan.weighted_nodes());
    let (mut device, _) = backend::open("cpu")?;
    let network = Network { plan: &plan, weights: &weights };
    for output in device.run(&[network], &batch, true, &Cancel::new()) {
        let RunOutput { kernel: Some(kernel), codes, kept, .. } = output? else { continue };
        for (code, values) in codes.iter().flatten().zip(&kept) {
            let on: u32 = code.words.iter().map(|word| word.count_ones()).sum();
            println!(
                "{:<44} {:>6} units, {:>5.1} % on, norm {:8.3}",
                graph.node(values.node).label,
                code.units,
                100.0 * f64::from(on) / (code.units * kernel.images()) as f64,
                mean_norm(values, kernel.images()),
            );
        }
        let logits = kept.last().ok_or("the network returns nothing")?;
        println!("standard deviation of the logits over images: {:.4}", spread(logits));
        println!("ln |det K| = {:.4}", kernel.score());
    }
    Ok(())
}

/// The Euclidean norm of an image's values, the mean over images.
fn mean_norm(values: &NodeActivations, images: usize) -> f64 {
    let squares = |image| values.image(image).iter().map(|&value| f64::from(value).powi(2));
    (0..images).map(|image| squares(image).sum::<f64>().sqrt()).sum::<f64>() / images as f64
}

/// The standard deviation over images, the mean over values.
fn spread(values: &NodeActivations) -> f64 {
    let (count, images) = (values.shape.volume(), values.values.len() / values.shape.volume());
    let of_value = |index: usize| {
        let column = values.values.iter().skip(index).step_by(count).map(|&value| f64::from(value));
        let mean = column.clone().sum::<f64>() / images as f64;
        (column.map(|value| (value - mean).powi(2)).sum::<f64>() / images as f64).sqrt()
    };
    (0..count).map(of_value).sum::<f64>() / count as f64
}
