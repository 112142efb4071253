//! Measurements, not tests: `cargo test --test gpu_speed -- --ignored --nocapture`.
//!
//! The adapter is the one named by `UNTRAINED_TEST_ADAPTER`, `llvmpipe` unless set.
#![cfg(feature = "gpu")]

use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use untrained::backend::gpu::{AdapterChoice, ConvVariant, GpuBackend};
use untrained::backend::{Backend, Cancel, Network};
use untrained::data::Batch;
use untrained::graph::{BatchNorm, Conv, Graph, NodeId, Op, Padding, Pool, PoolKind, Relu, Shape};
use untrained::plan::{Count, Plan};
use untrained::weights::{Initialisation, Initialiser, Weights};

const VARIANTS: [ConvVariant; 2] = [ConvVariant::Tiled, ConvVariant::Registers];
const IMAGES: usize = 128;

fn backend() -> Option<GpuBackend> {
    let name = std::env::var("UNTRAINED_TEST_ADAPTER").unwrap_or_else(|_| "llvmpipe".to_owned());
    match GpuBackend::new(&AdapterChoice::Named(name)) {
        Ok(backend) => Some(backend),
        Err(error) => {
            println!("skipped: no GPU adapter ({error})");
            None
        }
    }
}

fn noise(shape: Shape) -> Batch {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let values = (0..IMAGES * shape.volume()).map(|_| random.random_range(-1.0..1.0)).collect();
    Batch { images: IMAGES, shape, values, indices: (0..IMAGES).collect() }
}

fn draw(graph: &Graph, plan: &Plan) -> Weights {
    Initialiser { initialisation: Initialisation::PytorchDefault, seed: 1 }.draw(
        graph,
        "speed",
        plan.weighted_nodes(),
    )
}

/// The best of some runs, in seconds.
fn best(backend: &mut GpuBackend, graph: &Graph, batch: &Batch, runs: usize) -> f64 {
    let plan = Plan::new(graph, &Weights::default(), Count::Paper).unwrap();
    let weights = draw(graph, &plan);
    let network = Network { plan: &plan, weights: &weights };
    let mut best = f64::INFINITY;
    for _ in 0..runs {
        let start = Instant::now();
        let output = backend.run(&[network], batch, false, &Cancel::new());
        best = best.min(start.elapsed().as_secs_f64());
        let kernel = &output[0].as_ref().unwrap().kernel;
        assert!(kernel.score().is_finite() || plan.units < 10_000);
    }
    best
}

/// A chain of convolutions of one size, each behind a ReLU.
fn chain(channels: usize, side: usize, kernel: usize) -> Graph {
    let mut graph = Graph::new();
    let mut node = graph.input(Shape::new(channels, side, side));
    for layer in 0..8 {
        let conv = Op::Conv(Conv::square(channels, kernel, 1));
        let conv = graph.add(format!("conv {layer}"), conv, &[node]).unwrap();
        node = graph.add(format!("relu {layer}"), Op::Relu(Relu::ONCE), &[conv]).unwrap();
    }
    graph
}

#[test]
#[ignore = "a measurement"]
fn convolutions() {
    let Some(mut backend) = backend() else { return };
    for (channels, side) in [(16, 32), (32, 16), (64, 8)] {
        let batch = noise(Shape::new(channels, side, side));
        let operations = 2.0 * (8 * IMAGES * side * side * channels * channels) as f64;
        for variant in VARIANTS {
            backend.set_conv_variant(variant);
            let large = best(&mut backend, &chain(channels, side, 3), &batch, 5);
            let small = best(&mut backend, &chain(channels, side, 1), &batch, 5);
            println!(
                "{channels} x {side}x{side} {variant:?}: 3x3 {:.1} GFLOP/s alone ({:.0} ms a layer \
                 with all around it; 1x1 {:.0} ms)",
                8.0 * operations / (large - small) / 1e9,
                large * 125.0,
                small * 125.0
            );
        }
    }
}

fn cell_graph() -> Graph {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 32, 32));
    let mut net = Net { graph };
    let stem = net.add(Op::Conv(Conv::square(16, 3, 1)), &[image]);
    let mut node = net.norm(stem);
    for stage in 0..3 {
        if stage > 0 {
            node = net.reduction(node, 16 << stage);
        }
        for _ in 0..5 {
            node = net.cell(node, 16 << stage);
        }
    }
    let last = net.norm(node);
    net.add(Op::Relu(Relu::ONCE), &[last]);
    net.graph
}

struct Net {
    graph: Graph,
}

impl Net {
    fn add(&mut self, op: Op, inputs: &[NodeId]) -> NodeId {
        let label = format!("{} {}", op.name(), self.graph.nodes().len());
        self.graph.add(label, op, inputs).unwrap()
    }

    fn norm(&mut self, node: NodeId) -> NodeId {
        self.add(Op::BatchNorm(BatchNorm::default()), &[node])
    }

    fn unit(&mut self, node: NodeId, channels: usize, stride: usize) -> NodeId {
        let relu = self.add(Op::Relu(Relu::OPENS_MODULE), &[node]);
        let conv = self.add(Op::Conv(Conv::square(channels, 3, stride)), &[relu]);
        self.norm(conv)
    }

    /// The heaviest cell: a 3x3 convolution on each of the six edges.
    fn cell(&mut self, node: NodeId, channels: usize) -> NodeId {
        let mut nodes = vec![node];
        for _ in 0..3 {
            let edges: Vec<NodeId> =
                nodes.iter().map(|&node| self.unit(node, channels, 1)).collect();
            let sum = self.add(Op::Add, &edges);
            nodes.push(sum);
        }
        nodes[3]
    }

    fn reduction(&mut self, node: NodeId, channels: usize) -> NodeId {
        let first = self.unit(node, channels, 2);
        let second = self.unit(first, channels, 1);
        let pool = Pool {
            kind: PoolKind::Average { count_padding: false },
            kernel: [2, 2],
            stride: [2, 2],
            padding: Padding::default(),
        };
        let pool = self.add(Op::Pool(pool), &[node]);
        let shortcut = self.add(Op::Conv(Conv::square(channels, 1, 1)), &[pool]);
        self.add(Op::Add, &[second, shortcut])
    }
}

#[test]
#[ignore = "a measurement"]
fn heaviest_network_of_nas_bench_201() {
    let Some(mut backend) = backend() else { return };
    let graph = cell_graph();
    let batch = noise(Shape::new(3, 32, 32));
    for variant in VARIANTS {
        backend.set_conv_variant(variant);
        let seconds = best(&mut backend, &graph, &batch, 3);
        println!("{variant:?}: {seconds:.2} s, {:?}", backend.last_cost());
        let plan = Plan::new(&graph, &Weights::default(), Count::Paper).unwrap();
        let weights = draw(&graph, &plan);
        let network = Network { plan: &plan, weights: &weights };
        for time in backend.profile(network, &batch, &Cancel::new()).unwrap() {
            println!(
                "  {:16} {:4} dispatches {:8.1} ms {:6.2} G operations/s",
                time.kernel.source().name,
                time.dispatches,
                time.seconds * 1e3,
                time.work / time.seconds / 1e9
            );
        }
    }
}
