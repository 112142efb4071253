//! Random small networks of all primitives on every device: bit for bit where the network has no
//! batch-norm, else within a stated part of the code bits.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use untrained::data::Batch;
use untrained::graph::{Activation, Graph, NodeId, Op, Shape};
use untrained::plan::{Count, Plan};
use untrained::score::KernelMatrix;
use untrained::weights::{LayerWeights, Weights};

use crate::kernels::close::{codes, differing};
use crate::kernels::random_graph::{Kind, genes, grow};
use crate::kernels::support::trial::{Expected, Found, Trial, layer_size};
use crate::kernels::support::{cases, devices, exact};

/// How far a value may be off, as a part of its tensor's root mean square or of 1, whichever is more;
/// a code bit may differ only where the value is that close to zero. A rounding is 1e-7 of a value;
/// batch-norms of values that hardly vary enlarge it, by up to 1 / sqrt(eps) = 300 each.
const CLOSE: f64 = 2e-4;

/// The part of a kernel matrix's entries by which it may be off. Networks of real size agree within
/// 1e-4; here a single bit is up to 1e-3.
const DEVIATION: f64 = 1e-3;

/// Exponentials end at 1e-38, and products of small numbers a little before.
const UNDERFLOW: f32 = 1e-30;

fn input() -> impl Strategy<Value = Shape> {
    let channels = prop_oneof![3 => 1..=6_usize, 1 => 15..=18_usize];
    let width = prop_oneof![3 => 1..=9_usize, 1 => 16..=19_usize];
    (channels, 1..=9_usize, width).prop_map(|(c, h, w)| Shape::new(c, h, w))
}

fn count() -> impl Strategy<Value = Count> {
    prop_oneof![3 => Just(Count::Paper), 1 => Just(Count::Published), 1 => Just(Count::Live)]
}

/// Which operations the plans of tested networks depended on.
#[derive(Default)]
struct Coverage {
    operations: BTreeMap<&'static str, usize>,
    networks: usize,
    reused: usize,
}

impl Coverage {
    fn note(&mut self, trial: &Trial) {
        let plan = trial.plan();
        self.networks += 1;
        self.reused += usize::from(plan.slots.len() < plan.tensors.len());
        for node in trial.graph.nodes() {
            *self.operations.entry(node.op.name()).or_default() += 1;
        }
    }

    /// Every operation was there in at least a tenth of as many nodes as there were networks.
    fn check(&self, operations: usize) {
        println!("{} networks, {} reuse memory, {:?}", self.networks, self.reused, self.operations);
        assert_eq!(self.operations.len(), operations, "{:?}", self.operations);
        for (operation, &nodes) in &self.operations {
            assert!(nodes * 10 >= self.networks, "only {nodes} of {operation}");
        }
        assert!(self.reused * 2 > self.networks, "memory is reused in {} only", self.reused);
    }
}

#[test]
fn networks_of_whole_numbers_are_exact() {
    let mut devices = devices::all();
    let mut coverage = Coverage::default();
    let strategy = (input(), genes(4..=32), 1..=4_usize, count(), any::<u64>());
    cases::run(100, &strategy, |(input, genes, images, count, seed)| {
        let graph = grow(input, &genes, Kind::Whole);
        let trial = Trial { count, ..Trial::thin(graph, images, seed) };
        if !exact::is_exact(&trial) || Plan::new(&trial.graph, &trial.weights, count).is_err() {
            return Ok(false);
        }
        coverage.note(&trial);
        trial.check(&mut devices, NodeId(0)).map(|()| true)
    });
    coverage.check(18);
}

/// Where every code is known to be zero nothing is computed; the images can be looked at all the same.
#[test]
fn a_network_of_zeros_has_its_images() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(17, 3, 2));
    let none = graph.add("none", Op::Scale(0.0), &[image]).unwrap();
    graph.add("relu", Op::Activation(Activation::RELU), &[none]).unwrap();
    let mut devices = devices::all();
    for seed in 0..2 {
        let trial = Trial::whole(graph.clone(), 3, seed);
        assert!(trial.plan().steps.is_empty());
        trial.check(&mut devices, image).unwrap();
    }
}

#[test]
fn networks_with_norms_agree() {
    let mut devices = devices::all();
    let mut coverage = Coverage::default();
    let strategy = (input(), genes(4..=32), 2..=6_usize, count(), any::<u64>());
    cases::run(100, &strategy, |(input, genes, images, count, seed)| {
        let graph = grow(input, &genes, Kind::Normalised);
        let trial = Trial { count, ..random(graph, images, seed) };
        if Plan::new(&trial.graph, &trial.weights, count).is_err() {
            return Ok(false);
        }
        if ends_in_underflow(&trial) {
            return Ok(false);
        }
        coverage.note(&trial);
        trial.check_with(&mut devices, |_, expected, found| near(&trial, expected, found))?;
        Ok(true)
    });
    coverage.check(25);
}

/// Whether a code hangs on a number that single precision hardly holds, such as a product with the
/// tail of a GELU.
pub fn ends_in_underflow(trial: &Trial) -> bool {
    let expected = trial.expected();
    expected.plan.codes.iter().any(|code| {
        let values = expected.values.of(trial.graph.node(code.node).inputs[0]);
        values.iter().any(|&value| value != 0.0 && value.abs() < UNDERFLOW)
    })
}

/// Weights of another seed give codes that are not near.
#[test]
fn other_weights_are_noticed() {
    let mut devices = devices::all();
    let (mut networks, mut noticed) = (0, 0);
    let strategy = (input(), genes(8..=24), 2..=6_usize, any::<u64>());
    cases::run(20, &strategy, |(input, genes, images, seed)| {
        let trial = random(grow(input, &genes, Kind::Normalised), images, seed);
        let layers = trial.graph.nodes().iter().filter(|node| matches!(node.op, Op::Conv(_)));
        if layers.count() < 2 {
            return Ok(false);
        }
        let expected = trial.expected();
        let weights = random(trial.graph.clone(), images, !seed).weights;
        let other = Trial { weights, ..trial.clone() };
        for device in &mut devices {
            let found = other.run(device, &other.expected())?;
            networks += 1;
            noticed += usize::from(near(&trial, &expected, &found).is_err());
        }
        Ok(true)
    });
    // Some networks count only ReLUs of the images themselves.
    assert!(noticed * 10 >= networks * 8, "{noticed} of {networks} are noticed");
}

/// Images, weights, norms and stored statistics of no special numbers.
pub fn random(graph: Graph, images: usize, seed: u64) -> Trial {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = |count: usize, from: f32, to: f32| -> Vec<f32> {
        (0..count).map(|_| random.random_range(from..to)).collect()
    };
    let shape = graph.input_shape().unwrap();
    let values = draw(images * shape.volume(), -2.0, 2.0);
    let batch = Batch { images, shape, values, indices: (0..images).collect() };
    let mut weights = Weights::with_nodes(graph.nodes().len());
    for (id, node) in graph.iter() {
        if let Some((count, outputs)) = layer_size(&graph, node) {
            let reach = (3.0 * outputs as f32 / count as f32).sqrt();
            let (weight, bias) = (draw(count, -reach, reach), draw(outputs, -0.5, 0.5));
            weights.set(id, LayerWeights { weight, bias, ..LayerWeights::default() });
        }
        let channels = node.shape.channels;
        if matches!(node.op, Op::BatchNorm(_)) {
            let layer = LayerWeights {
                weight: draw(channels, -2.0, 2.0),
                bias: draw(channels, -1.0, 1.0),
                mean: draw(channels, -1.0, 1.0),
                variance: draw(channels, 0.1, 2.0),
            };
            weights.set(id, layer);
        }
    }
    Trial { graph, weights, batch, count: Count::Paper }
}

/// Whether values are close, codes differ only next to zero and the kernel matrix hardly.
fn near(trial: &Trial, expected: &Expected, found: &Found) -> Result<(), String> {
    for (&(id, _), values) in expected.stored.iter().zip(&found.tensors) {
        let reference = expected.values.of(id);
        assert_eq!(values.len(), reference.len(), "{}", trial.graph.node(id).label);
        let limit = limit(reference);
        for (&value, &reference) in values.iter().zip(reference) {
            let error = (f64::from(value) - f64::from(reference)).abs();
            if error.is_nan() || error > limit {
                let label = &trial.graph.node(id).label;
                return Err(format!("{label}: {value}, expected {reference} +- {limit:.1e}"));
            }
        }
    }
    for (index, (code, reference)) in codes(expected, found)?.enumerate() {
        let relu = trial.graph.node(expected.plan.codes[index].node);
        let values = expected.values.of(relu.inputs[0]);
        let limit = limit(values);
        for (image, unit) in differing(code, reference) {
            let value = values[image * reference.units + unit];
            if f64::from(value.abs()) > limit {
                return Err(format!("{}: a bit differs where the value is {value}", relu.label));
            }
        }
    }
    let deviation = deviation(found.kernel(), &expected.kernel);
    if deviation > DEVIATION {
        return Err(format!("{deviation} of the bits behind K differ"));
    }
    Ok(())
}

pub fn limit(values: &[f32]) -> f64 {
    let squares: f64 = values.iter().map(|&value| f64::from(value).powi(2)).sum();
    CLOSE * (squares / values.len() as f64).sqrt().max(1.0)
}

/// The sum of `|dK|` over `n * n * V`.
fn deviation(found: &KernelMatrix, expected: &KernelMatrix) -> f64 {
    assert_eq!((found.images(), found.units()), (expected.images(), expected.units()));
    let pairs = found.entries().iter().zip(expected.entries());
    let sum: u64 = pairs.map(|(found, expected)| found.abs_diff(*expected)).sum();
    sum as f64 / (expected.entries().len() as f64 * expected.units() as f64)
}
