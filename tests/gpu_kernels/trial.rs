//! One network on one batch, run on the device and by naive loops.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use untrained::backend::gpu::{AdapterChoice, ConvVariant, GpuBackend, Traced};
use untrained::backend::{BackendError, Cancel, Network};
use untrained::data::Batch;
use untrained::graph::{Graph, NodeId, Op, Relu, Shape};
use untrained::plan::{Count, Plan, Step, TensorId};
use untrained::weights::{LayerWeights, Weights};

use crate::reference::{Values, evaluate};

pub const VARIANTS: [ConvVariant; 2] = [ConvVariant::Tiled, ConvVariant::Registers];

/// The device under test; `None`, with a line that says so, where there is no adapter.
pub fn backend() -> Option<GpuBackend> {
    let name = std::env::var("UNTRAINED_TEST_ADAPTER").unwrap_or_else(|_| "llvmpipe".to_owned());
    match GpuBackend::new(&AdapterChoice::Named(name)) {
        Ok(backend) => Some(backend),
        Err(error) if std::env::var("CI").is_ok_and(|value| value == "true") => panic!("{error}"),
        Err(error) => {
            println!("skipped: no GPU adapter ({error})");
            None
        }
    }
}

/// Whole numbers from `-reach` to `reach`.
pub fn whole(random: &mut ChaCha8Rng, count: usize, reach: i32) -> Vec<f32> {
    (0..count).map(|_| random.random_range(-reach..=reach) as f32).collect()
}

pub struct Trial {
    pub graph: Graph,
    pub weights: Weights,
    pub batch: Batch,
}

impl Trial {
    /// A batch of whole numbers from -4 to 4 and weights from -3 to 3 for every layer.
    pub fn new(graph: Graph, images: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let shape = graph.input_shape().unwrap();
        let values = whole(&mut random, images * shape.volume(), 4);
        let batch = Batch { images, shape, values, indices: (0..images).collect() };
        let mut weights = Weights::with_nodes(graph.nodes().len());
        for (id, node) in graph.iter() {
            let (count, outputs) = match node.op {
                Op::Conv(conv) => {
                    let taps = conv.weight_shape(graph.shape(node.inputs[0]).channels);
                    (taps.iter().product(), conv.out_channels)
                }
                Op::Linear(linear) => {
                    let inputs = graph.shape(node.inputs[0]).channels;
                    (inputs * linear.out_features, linear.out_features)
                }
                _ => continue,
            };
            let weight = whole(&mut random, count, 3);
            let bias = whole(&mut random, outputs, 3);
            weights.set(id, LayerWeights { weight, bias, ..LayerWeights::default() });
        }
        Self { graph, weights, batch }
    }

    pub fn plan(&self) -> Plan {
        Plan::new(&self.graph, &self.weights, Count::Paper).unwrap()
    }

    pub fn reference(&self) -> Vec<Values> {
        evaluate(&self.graph, &self.weights, &self.batch)
    }

    pub fn run(
        &self,
        backend: &mut GpuBackend,
        tensors: &[TensorId],
    ) -> Result<Traced, BackendError> {
        let plan = self.plan();
        let network = Network { plan: &plan, weights: &self.weights };
        backend.run_traced(network, &self.batch, tensors, true, &Cancel::new())
    }

    /// Runs the network and compares the tensor with the node, all codes and K, bit for bit.
    pub fn check(&self, backend: &mut GpuBackend, tensor: TensorId, node: NodeId) {
        let traced = self.run(backend, &[tensor]).unwrap();
        let reference = self.reference();
        self.compare(&traced.tensors[0], &reference[node.index()]);
        self.check_codes(&traced, &reference);
    }

    fn compare(&self, found: &[f32], expected: &Values) {
        assert_eq!(found.len(), expected.data.len());
        for (index, (found, expected)) in found.iter().zip(&expected.data).enumerate() {
            let expected = *expected as f32;
            assert!(found == &expected, "value {index}: {found}, expected {expected}");
        }
    }

    pub fn check_codes(&self, traced: &Traced, reference: &[Values]) {
        let plan = self.plan();
        let images = self.batch.images;
        let codes = traced.output.codes.as_ref().unwrap();
        assert_eq!(codes.len(), plan.codes.len());
        let mut distances = vec![0_u64; images * images];
        for (packed, code) in codes.iter().zip(&plan.codes) {
            let values = &reference[self.graph.node(code.node).inputs[0].index()].data;
            let units = code.shape.volume();
            assert_eq!((packed.units, packed.weight), (units, code.weight));
            let on = |image: usize, unit: usize| values[image * units + unit] > 0.0;
            let row = units.div_ceil(32);
            for image in 0..images {
                for bit in 0..row * 32 {
                    let found = packed.words[image * row + bit / 32] >> (bit % 32) & 1 == 1;
                    assert_eq!(found, bit < units && on(image, bit), "image {image}, unit {bit}");
                }
            }
            for i in 0..images {
                for j in 0..images {
                    let differing = (0..units).filter(|&unit| on(i, unit) != on(j, unit)).count();
                    distances[i * images + j] += differing as u64 * u64::from(code.weight);
                }
            }
        }
        let expected: Vec<u64> = distances.iter().map(|distance| plan.units - distance).collect();
        assert_eq!(traced.output.kernel.entries(), expected);
    }
}

/// A graph of one operation on the input with a ReLU behind it; the operation's node is 1.
pub fn single(input: Shape, op: Op) -> Option<Graph> {
    let mut graph = Graph::new();
    let image = graph.input(input);
    let node = graph.add("op", op, &[image]).ok()?;
    graph.add("relu", Op::Relu(Relu::ONCE), &[node]).ok()?;
    Some(graph)
}

/// The tensor that the first step of a kind writes.
pub fn written(plan: &Plan, of_kind: impl Fn(&Step) -> bool) -> TensorId {
    let planned = plan.steps.iter().find(|planned| of_kind(&planned.step)).unwrap();
    planned.step.writes()[0]
}
