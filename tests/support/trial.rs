//! One network on one batch: what the reference says of it and what a device gives.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use untrained::backend::{Backend, Cancel, Network, PackedCode, RunOutput};
use untrained::data::Batch;
use untrained::graph::{Activation, Graph, Node, NodeId, Op, Shape, Window};
use untrained::plan::{Count, Plan, TensorId};
use untrained::score::KernelMatrix;
use untrained::weights::{LayerWeights, Weights};

use super::devices::Device;
use super::exact;
use super::reference::{self, Values};

/// Whole numbers from `-reach` to `reach`.
pub fn whole(random: &mut ChaCha8Rng, count: usize, reach: i32) -> Vec<f32> {
    (0..count).map(|_| random.random_range(-reach..=reach) as f32).collect()
}

/// Values and outputs of a layer's weight: `(weights, outputs)`; `None` for nodes without weights
/// that must be given.
pub fn layer_size(graph: &Graph, node: &Node) -> Option<(usize, usize)> {
    match node.op {
        Op::Conv(conv) => {
            let taps = conv.weight_shape(graph.shape(node.inputs[0]).channels);
            Some((taps.iter().product(), conv.out_channels))
        }
        Op::Linear(linear) => {
            let inputs = graph.shape(node.inputs[0]).channels;
            Some((inputs * linear.out_features, linear.out_features))
        }
        Op::LayerNorm(_) => Some((node.shape.channels, node.shape.channels)),
        Op::Parameter(shape) => Some((shape.volume(), 1)),
        Op::Input
        | Op::BatchNorm(_)
        | Op::Activation(_)
        | Op::Pool(_)
        | Op::Add
        | Op::Mul
        | Op::Concat
        | Op::ChannelSlice { .. }
        | Op::Window(_)
        | Op::Resize(_)
        | Op::Scale(_)
        | Op::GlobalAvgPool
        | Op::Flatten
        | Op::Map(_)
        | Op::Pair(_)
        | Op::Resample(_)
        | Op::Rearrange(_)
        | Op::Softmax
        | Op::MatMul => None,
    }
}

/// A graph of one operation on the input (node 1) with a ReLU behind it, if the shapes fit.
pub fn single(input: Shape, op: Op) -> Option<Graph> {
    let mut graph = Graph::new();
    let image = graph.input(input);
    let node = graph.add("op", op, &[image]).ok()?;
    graph.add("relu", Op::Activation(Activation::RELU), &[node]).ok()?;
    Some(graph)
}

/// Adds a counted reader that needs the node's value in memory.
pub fn add_reader(graph: &mut Graph, node: NodeId) -> NodeId {
    let Shape { height, width, .. } = graph.shape(node);
    let whole = Window { top: 0, left: 0, height, width, stride: [1, 1] };
    let label = format!("reader {}", graph.nodes().len());
    let copy = graph.add(format!("{label} copy"), Op::Window(whole), &[node]).unwrap();
    graph.add(label, Op::Activation(Activation::RELU), &[copy]).unwrap()
}

/// A network with its weights and images.
#[derive(Clone)]
pub struct Trial {
    /// The network.
    pub graph: Graph,
    /// Its weights.
    pub weights: Weights,
    /// The images.
    pub batch: Batch,
    /// Which ReLUs count.
    pub count: Count,
}

impl Trial {
    /// Images of whole numbers from -4 to 4, weights and biases from -3 to 3: in a network of few
    /// layers sums are exact in whatever order they are added.
    pub fn whole(graph: Graph, images: usize, seed: u64) -> Self {
        Self::new(graph, images, seed, |random, count, _| whole(random, count, 3))
    }

    /// The same, but only about two weights of each output are not zero, and these are 1 or -1: for
    /// networks of many layers.
    pub fn thin(graph: Graph, images: usize, seed: u64) -> Self {
        Self::new(graph, images, seed, |random, count, outputs| {
            let mut weight = vec![0.0; count];
            for row in weight.chunks_exact_mut(count / outputs) {
                for sign in [1.0, -1.0] {
                    row[random.random_range(0..row.len())] = sign;
                }
            }
            weight
        })
    }

    fn new(
        graph: Graph,
        images: usize,
        seed: u64,
        draw: impl Fn(&mut ChaCha8Rng, usize, usize) -> Vec<f32>,
    ) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let shape = graph.input_shape().unwrap();
        let values = whole(&mut random, images * shape.volume(), 4);
        let batch = Batch { images, shape, values, indices: (0..images).collect() };
        let mut weights = Weights::with_nodes(graph.nodes().len());
        for (id, node) in graph.iter() {
            let Some((count, outputs)) = layer_size(&graph, node) else { continue };
            let weight = draw(&mut random, count, outputs);
            let bias = whole(&mut random, outputs, 3);
            weights.set(id, LayerWeights { weight, bias, ..LayerWeights::default() });
        }
        Self { graph, weights, batch, count: Count::Paper }
    }

    /// The network's plan.
    pub fn plan(&self) -> Plan {
        Plan::new(&self.graph, &self.weights, self.count).unwrap()
    }

    /// Everything the reference says.
    pub fn expected(&self) -> Expected {
        let plan = self.plan();
        let values = reference::evaluate(&self.graph, &self.weights, &self.batch);
        let stored = |(id, _): (NodeId, &Node)| plan.stored[id.index()].map(|tensor| (id, tensor));
        let code = |code: &untrained::plan::BinaryCode| PackedCode {
            multiplicity: code.multiplicity,
            ..values.code(&self.graph, code.node)
        };
        Expected {
            stored: self.graph.iter().filter_map(stored).collect(),
            codes: plan.codes.iter().map(code).collect(),
            kernel: values.kernel(&self.graph, &self.weights, self.count),
            plan,
            values,
        }
    }

    /// Runs the network once with all tensors kept and once as usual, with memory reused; both must
    /// give the same codes.
    pub fn run(&self, device: &mut Device, expected: &Expected) -> Result<Found, String> {
        let network = Network { plan: &expected.plan, weights: &self.weights };
        let tensors: Vec<TensorId> = expected.stored.iter().map(|&(_, tensor)| tensor).collect();
        let traced = device.run_traced(network, &self.batch, &tensors);
        let (traced, tensors) = traced.map_err(|error| error.to_string())?;
        let output = run_alone(device.backend(), network, &self.batch)?;
        if traced.codes != output.codes || traced.kernel != output.kernel {
            return Err("codes depend on whether tensors are kept".to_owned());
        }
        Ok(Found { tensors, output })
    }

    /// Compares every device with the reference, bit for bit; `node`'s value must be among what is
    /// compared.
    pub fn check(&self, devices: &mut [Device], node: NodeId) -> Result<(), String> {
        assert!(exact::is_exact(self), "sums of this network depend on the order of their terms");
        self.check_with(devices, |_, expected, found| {
            if !expected.stored.iter().any(|&(stored, _)| stored == node) {
                return Err(format!("the value of {} is not stored", self.graph.node(node).label));
            }
            expected.same(&self.graph, found)
        })
    }

    /// The network in words, for messages.
    fn listing(&self) -> String {
        let line = |(id, node): (NodeId, &Node)| {
            let inputs: Vec<u32> = node.inputs.iter().map(|input| input.0).collect();
            format!("{}: {} {:?} of {inputs:?}\n", id.0, node.shape, node.op)
        };
        self.graph.iter().map(line).collect()
    }

    /// Runs every device and applies a comparison to what it gives.
    pub fn check_with(
        &self,
        devices: &mut [Device],
        mut compare: impl FnMut(&Device, &Expected, &Found) -> Result<(), String>,
    ) -> Result<(), String> {
        assert!(!devices.is_empty(), "no device to compare");
        let expected = self.expected();
        for device in devices {
            let found = self.run(device, &expected);
            let result = found.and_then(|found| compare(device, &expected, &found));
            result.map_err(|reason| format!("{}: {reason}\n{}", device.name, self.listing()))?;
        }
        Ok(())
    }
}

/// Runs one network on a backend, with its codes.
pub fn run_alone(
    backend: &mut dyn Backend,
    network: Network<'_>,
    batch: &Batch,
) -> Result<RunOutput, String> {
    let mut results = backend.run(&[network], batch, true, &Cancel::new());
    assert_eq!(results.len(), 1);
    results.pop().unwrap().map_err(|error| error.to_string())
}

/// What a device gave.
pub struct Found {
    /// The values of [`Expected::stored`], in that order.
    pub tensors: Vec<Vec<f32>>,
    /// Codes and kernel matrix.
    pub output: RunOutput,
}

impl Found {
    /// The kernel matrix.
    pub fn kernel(&self) -> &KernelMatrix {
        self.output.kernel.as_ref().unwrap()
    }
}

/// What the reference says of a trial.
pub struct Expected {
    /// The plan whose tensors are named.
    pub plan: Plan,
    /// The values of all nodes.
    pub values: Values,
    /// The nodes whose values the plan stores, and where.
    pub stored: Vec<(NodeId, TensorId)>,
    /// The codes in the plan's order.
    pub codes: Vec<PackedCode>,
    /// The kernel matrix.
    pub kernel: KernelMatrix,
}

impl Expected {
    /// Whether values, codes and kernel matrix are equal to the last bit.
    pub fn same(&self, graph: &Graph, found: &Found) -> Result<(), String> {
        for (&(node, _), values) in self.stored.iter().zip(&found.tensors) {
            same_values(&graph.node(node).label, values, self.values.of(node))?;
        }
        self.same_output(&found.output)
    }

    /// Whether codes and kernel matrix are equal.
    pub fn same_output(&self, found: &RunOutput) -> Result<(), String> {
        let codes = found.codes.as_ref().ok_or("no codes")?;
        if codes.len() != self.codes.len() {
            return Err(format!("{} codes, expected {}", codes.len(), self.codes.len()));
        }
        for (index, (code, expected)) in codes.iter().zip(&self.codes).enumerate() {
            if code != expected {
                let layout = [code.units, expected.units, code.words.len(), expected.words.len()];
                let differing = differing_bits(code, expected);
                return Err(format!("code {index}: {differing} bits differ; sizes {layout:?}"));
            }
        }
        if found.kernel.as_ref() != Some(&self.kernel) {
            return Err(format!("K is {:?}, expected {:?}", found.kernel, self.kernel));
        }
        Ok(())
    }
}

/// The bits in which two codes differ.
pub fn differing_bits(a: &PackedCode, b: &PackedCode) -> u64 {
    let words = a.words.iter().zip(&b.words);
    words.map(|(a, b)| u64::from((a ^ b).count_ones())).sum()
}

/// Whether values are equal to the last bit; zeros of both signs are.
pub fn same_values(label: &str, found: &[f32], expected: &[f32]) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!("{label}: {} values, expected {}", found.len(), expected.len()));
    }
    let mut pairs = found.iter().zip(expected).enumerate();
    match pairs.find(|(_, (found, expected))| found != expected) {
        Some((index, (found, expected))) => {
            Err(format!("{label}: value {index} is {found}, expected {expected}"))
        }
        None => Ok(()),
    }
}
