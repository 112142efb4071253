//! The WGSL backend: convolutions and moments by themselves and the heaviest NAS-Bench-201 network.
//!
//! `cargo bench --bench gpu` runs on the adapter named by `UNTRAINED_BENCH_ADAPTER` (a part of its
//! name), llvmpipe unless set. On a software adapter the numbers only show that the kernels run.

use std::time::Instant;

use untrained::backend::gpu::{AdapterChoice, ConvVariant, GpuBackend};
use untrained::backend::{Backend, Cancel, Network};
use untrained::data::{self, Batch, ImageSource};
use untrained::graph::{Activation, Conv, Graph, Op, Shape, Window};
use untrained::plan::{Count, Plan, PlanOutputs, ScheduledStep};
use untrained::space::Space;
use untrained::weights::{Initialisation, Initialiser, Weights};

const IMAGES: usize = 128;
const ROUNDS: usize = 3;
/// Layers of the chains that convolutions are timed in.
const LAYERS: usize = 8;
const VARIANTS: [ConvVariant; 2] = [ConvVariant::Registers, ConvVariant::Tiled];
const HEAVIEST: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|";

fn main() {
    let name = std::env::var("UNTRAINED_BENCH_ADAPTER").unwrap_or_else(|_| "llvmpipe".to_owned());
    let mut backend = match GpuBackend::new(&AdapterChoice::Named(name)) {
        Ok(backend) => backend,
        Err(error) => {
            println!("skipped: {error}");
            return;
        }
    };
    println!("{:?}, batch {IMAGES}", backend.info());
    convolutions(&mut backend);
    moments(&mut backend);
    heaviest(&mut backend);
}

/// GFLOP/s of 3x3 and 1x1 convolutions alone, each dispatch a submit of its own, and what a layer
/// takes in a chain with all around it.
fn convolutions(backend: &mut GpuBackend) {
    for (channels, side) in [(16, 32), (32, 16), (64, 8)] {
        let batch = noise(Shape::new(channels, side, side));
        for variant in VARIANTS {
            backend.set_conv_variant(variant);
            for kernel in [3, 1] {
                let graph = chain(channels, side, kernel);
                let plan = Plan::new(&graph, &Weights::default(), Count::Paper).unwrap();
                let weights = draw(&graph, &plan);
                let network = Network { plan: &plan, weights: &weights };
                let layer = best(backend, network, &batch) / LAYERS as f64;
                println!(
                    "{kernel}x{kernel}, {channels} channels, {side}x{side}, {variant:?}: {:.1} \
                     GFLOP/s, {:.1} ms a layer",
                    operations(&plan) / convolution_seconds(backend, network, &batch) / 1e9,
                    layer * 1e3
                );
            }
        }
    }
}

/// Floating-point operations of a network's convolutions on the batch.
fn operations(plan: &Plan) -> f64 {
    2.0 * (plan.macs() * IMAGES as u64) as f64
}

/// Bytes that the steps read and write if each value is moved once, weights and codes not counted.
fn bytes_moved(plan: &Plan) -> f64 {
    let step = |planned: &ScheduledStep| -> usize {
        let tensors = planned.step.reads().into_iter().chain(planned.step.writes());
        tensors.map(|tensor| plan.shape(tensor).volume()).sum()
    };
    (4 * IMAGES * plan.steps.iter().map(step).sum::<usize>()) as f64
}

/// The least that all convolution dispatches of a network took together.
fn convolution_seconds(backend: &mut GpuBackend, network: Network<'_>, batch: &Batch) -> f64 {
    kernel_seconds(backend, network, batch, "conv")
}

/// The least that all dispatches of kernels whose names begin so took together.
fn kernel_seconds(
    backend: &mut GpuBackend,
    network: Network<'_>,
    batch: &Batch,
    name: &str,
) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..ROUNDS {
        let times = backend.profile(network, batch, &Cancel::new()).unwrap();
        let own = times.iter().filter(|time| time.kernel.source().name.starts_with(name));
        least = least.min(own.map(|time| time.seconds).sum());
    }
    assert!(least > 0.0, "no kernel is named {name}");
    least
}

/// The sums of channel products against the device's own bounds: the rate of a 3x3 convolution with
/// tiles in workgroup memory, and that of a copy, which reads and writes each value once.
fn moments(backend: &mut GpuBackend) {
    backend.set_conv_variant(ConvVariant::Tiled);
    let graph = chain(64, 16, 3);
    let plan = Plan::new(&graph, &Weights::default(), Count::Paper).unwrap();
    let weights = draw(&graph, &plan);
    let network = Network { plan: &plan, weights: &weights };
    let batch = noise(Shape::new(64, 16, 16));
    let arithmetic = operations(&plan) / convolution_seconds(backend, network, &batch);
    let memory = copy_rate(backend);
    println!("bounds: {:.1} GFLOP/s, {:.1} GB/s", arithmetic / 1e9, memory / 1e9);
    for (channels, side) in [(16, 32), (32, 16), (64, 8), (64, 32), (128, 16), (256, 16), (512, 8)]
    {
        let mut graph = Graph::new();
        let image = graph.input(Shape::new(channels, side, side));
        graph.add("relu", Op::Activation(Activation::RELU), &[image]).unwrap();
        let outputs = PlanOutputs { kernel: false, sites: true, last: false, keep: &[] };
        let weights = Weights::default();
        let plan = Plan::with_outputs(&graph, &weights, Count::Paper, outputs).unwrap();
        let network = Network { plan: &plan, weights: &weights };
        let batch = noise(Shape::new(channels, side, side));
        let seconds = kernel_seconds(backend, network, &batch, "moments");
        let positions = IMAGES * side * side;
        let products = (positions * channels * (channels + 1)) as f64;
        let bytes = (4 * positions * channels) as f64;
        let (computing, reading) = (products / arithmetic, bytes / memory);
        println!(
            "moments, {channels} channels, {side}x{side}: {:.2} ms, {:.1} GFLOP/s of pairs counted \
             once; bound by {} at {:.2} ms: {:.0} %",
            seconds * 1e3,
            products / seconds / 1e9,
            if computing > reading { "arithmetic" } else { "memory" },
            computing.max(reading) * 1e3,
            100.0 * computing.max(reading) / seconds
        );
    }
}

/// Bytes per second that a copy of a large tensor reads and writes.
fn copy_rate(backend: &mut GpuBackend) -> f64 {
    let shape = Shape::new(64, 32, 32);
    let mut graph = Graph::new();
    let image = graph.input(shape);
    let whole = Window { top: 0, left: 0, height: 32, width: 32, stride: [1, 1] };
    let copy = graph.add("copy", Op::Window(whole), &[image]).unwrap();
    graph.add("relu", Op::Activation(Activation::RELU), &[copy]).unwrap();
    let weights = Weights::default();
    let plan = Plan::new(&graph, &weights, Count::Paper).unwrap();
    let network = Network { plan: &plan, weights: &weights };
    let seconds = kernel_seconds(backend, network, &noise(shape), "window");
    (2 * 4 * IMAGES * shape.volume()) as f64 / seconds
}

fn heaviest(backend: &mut GpuBackend) {
    let space = Space::builtin("nas-bench-201").unwrap();
    let architecture = space.parse(HEAVIEST).unwrap();
    let graph = architecture.build().unwrap();
    let plan = Plan::new(&graph, &Weights::default(), Count::Paper).unwrap();
    let weights = draw(&graph, &plan);
    let network = Network { plan: &plan, weights: &weights };
    let batch = data::load(&ImageSource::Builtin, space.input(), IMAGES, 0).unwrap();
    println!(
        "heaviest network: {:.1} GFLOP, {:.2} GB read and written by its steps",
        operations(&plan) / 1e9,
        bytes_moved(&plan) / 1e9
    );
    for variant in VARIANTS {
        backend.set_conv_variant(variant);
        let seconds = best(backend, network, &batch);
        println!("{variant:?}: {seconds:.3} s, {:?}", backend.last_cost());
        for time in backend.profile(network, &batch, &Cancel::new()).unwrap() {
            println!(
                "  {:16} {:4} dispatches {:8.1} ms {:7.2} G operations/s",
                time.kernel.source().name,
                time.dispatches,
                time.seconds * 1e3,
                time.work / time.seconds / 1e9
            );
        }
    }
}

fn noise(shape: Shape) -> Batch {
    data::load(&ImageSource::Noise, shape, IMAGES, 0).unwrap()
}

fn draw(graph: &Graph, plan: &Plan) -> Weights {
    let initialiser = Initialiser { initialisation: Initialisation::PytorchDefault, seed: 0 };
    initialiser.draw(graph, "bench", plan.weighted_nodes())
}

/// Seconds of the fastest of some runs, after one that compiles the kernels.
fn best(backend: &mut GpuBackend, network: Network<'_>, batch: &Batch) -> f64 {
    let mut least = f64::INFINITY;
    for round in 0..=ROUNDS {
        let begin = Instant::now();
        let output = backend.run(&[network], batch, false, &Cancel::new());
        assert!(output[0].is_ok());
        if round > 0 {
            least = least.min(begin.elapsed().as_secs_f64());
        }
    }
    least
}

/// A chain of convolutions of one size, each behind a ReLU.
fn chain(channels: usize, side: usize, kernel: usize) -> Graph {
    let mut graph = Graph::new();
    let mut node = graph.input(Shape::new(channels, side, side));
    for layer in 0..LAYERS {
        let conv = Op::Conv(Conv::square(channels, kernel, 1));
        let conv = graph.add(format!("conv {layer}"), conv, &[node]).unwrap();
        node =
            graph.add(format!("relu {layer}"), Op::Activation(Activation::RELU), &[conv]).unwrap();
    }
    graph
}
