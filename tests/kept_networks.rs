//! Activations kept from networks of real families: those of spaces and of exported models, on every
//! device, against the plain evaluation.

use crate::support;

use support::devices::{self, Device};
use support::fixtures;
use support::reference::{self, Values};
use support::trial::run_alone;
use untrained::backend::{Network, RunOutput};
use untrained::data::{self, Batch};
use untrained::graph::{Graph, NodeId, extent};
use untrained::onnx;
use untrained::plan::{Count, Plan};
use untrained::seed;
use untrained::space::{Architecture, Space, SpaceOverride};
use untrained::weights::{Initialiser, Weights};

/// How far a node's values may be off, as a part of their root mean square: the root of the mean
/// squared difference. A rounding is 6e-8 of a value; each batch-norm of values whose spread is
/// small against their mean enlarges it.
const CLOSE: f64 = 1e-4;

/// Images of networks that a space builds.
const IMAGES: usize = 6;

/// Spaces of every topology.
const SPACES: [&str; 6] =
    ["nas-bench-101", "nas-bench-201", "nats-size", "nds-darts", "nds-resnext-a", "nds-vanilla"];

/// A network, its weights and images.
struct Case {
    name: String,
    graph: Graph,
    weights: Weights,
    batch: Batch,
}

/// The shallowest of some architectures at 16x16 pixels: a plain stack enlarges every difference by a
/// fifth per layer.
fn of_space(id: &str, weight_seed: u64) -> Case {
    let settings = ["input.height", "input.width"].map(|key| SpaceOverride::new(key, 16));
    let space = Space::open_with(id, &settings).unwrap();
    let mut rng = seed::stream(3, &["kept"]);
    let samples = std::iter::repeat_with(|| space.sample(&mut rng));
    let connected = samples.filter(|architecture| architecture.is_connected());
    let depth = |architecture: &Architecture| extent::depth(&architecture.build().unwrap());
    let architecture = connected.take(40).min_by_key(depth).unwrap();
    let graph = architecture.build().unwrap();
    let law = Initialiser { initialisation: space.initialisation(), seed: weight_seed };
    let all = (0..graph.nodes().len() as u32).map(NodeId);
    let weights = law.draw(&graph, &architecture.canonical(), all);
    let batch = data::load(&"noise".parse().unwrap(), space.input(), IMAGES, 0).unwrap();
    Case { name: id.to_owned(), graph, weights, batch }
}

fn spaces() -> impl Iterator<Item = Case> {
    SPACES.into_iter().map(|id| of_space(id, 1))
}

fn models() -> impl Iterator<Item = Case> {
    fixtures::families().into_iter().map(|fixture| {
        let model = onnx::read(&fixture.model).unwrap();
        let (graph, weights) = (model.graph, model.weights);
        Case { name: fixture.name, graph, weights, batch: fixture.batch }
    })
}

impl Case {
    fn run(&self, device: &mut Device, plan: &Plan) -> RunOutput {
        let network = Network { plan, weights: &self.weights };
        run_alone(device.backend(), network, &self.batch)
            .unwrap_or_else(|error| panic!("{} on {}: {error}", self.name, device.name))
    }

    fn expected(&self) -> Values {
        reference::evaluate(&self.graph, &self.weights, &self.batch)
    }

    /// What a score would ask for: what the activation sites read and what the network returns; and all
    /// nodes that are known to be zero.
    fn keep(&self, bare: &Plan, expected: &Values) -> Vec<NodeId> {
        let code_inputs = bare.codes.iter().map(|code| self.graph.node(code.node).inputs[0]);
        let zero = |id: &NodeId| expected.of(*id).iter().all(|&value| value == 0.0);
        let zeros = (0..self.graph.nodes().len() as u32).map(NodeId).filter(zero);
        code_inputs.chain(self.graph.output()).chain(zeros).collect()
    }

    fn plans(&self, expected: &Values) -> [Plan; 2] {
        let bare = Plan::new(&self.graph, &self.weights, Count::Paper).unwrap();
        let keep = self.keep(&bare, expected);
        [Plan::keeping(&self.graph, &self.weights, Count::Paper, &keep).unwrap(), bare]
    }
}

/// The root of the mean squared difference, as a part of the root mean square.
fn distance(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let square = |value: f64| value * value;
    let pairs = found.iter().zip(expected);
    let error: f64 = pairs.map(|(a, b)| square(f64::from(*a) - f64::from(*b))).sum();
    let whole: f64 = expected.iter().map(|&value| square(value.into())).sum();
    if whole == 0.0 { error } else { (error / whole).sqrt() }
}

/// Compares one case on all devices; returns how many of its kept nodes are zero.
fn check(case: &Case, devices: &mut [Device]) -> usize {
    let expected = case.expected();
    let [plan, bare] = case.plans(&expected);
    assert!(plan.kept.len() > 2, "{}", case.name);
    for device in devices {
        let name = format!("{} on {}", case.name, device.name);
        let output = case.run(device, &plan);
        let alone = case.run(device, &bare);
        assert_eq!(output.kernel, alone.kernel, "{name}: K");
        assert_eq!(output.codes, alone.codes, "{name}: codes");
        let of = |kept: &untrained::backend::NodeActivations| {
            distance(&kept.values, expected.of(kept.node))
        };
        let worst = output.kept.iter().map(of).fold(0.0, f64::max);
        println!("{name}: {} nodes, {worst:.1e} off", output.kept.len());
        assert!(worst < CLOSE, "{name}: {worst}");
    }
    plan.kept.iter().filter(|kept| kept.tensor.is_none()).count()
}

#[test]
fn kept_activations_of_spaces_are_those_of_the_reference() {
    let mut devices = devices::all();
    let zeros: usize = spaces().map(|case| check(&case, &mut devices)).sum();
    assert!(zeros > 0, "no space gave a node that is known to be zero");
}

#[test]
fn kept_activations_of_models_are_those_of_the_reference() {
    let mut devices = devices::all();
    let models: Vec<usize> = models().map(|case| check(&case, &mut devices)).collect();
    assert!(models.len() >= 13, "only {} models", models.len());
}

/// Weights of another seed give values that are not close, nor do another node's.
#[test]
fn other_weights_and_other_nodes_are_noticed() {
    let mut device = devices::all().swap_remove(0);
    for (id, case) in SPACES.into_iter().zip(spaces()) {
        let expected = case.expected();
        let [plan, _] = case.plans(&expected);
        let other = of_space(id, 2).run(&mut device, &plan).kept;
        let output = case.run(&mut device, &plan).kept;
        let last = plan.codes.len() - 1;
        let node = output[last].node;
        assert!(distance(&output[last].values, expected.of(node)) < CLOSE);
        assert!(distance(&other[last].values, expected.of(node)) > 100.0 * CLOSE, "{id}");
        let same_shape = |id: &NodeId| *id != node && case.graph.shape(*id) == output[last].shape;
        let neighbour = (0..node.0).rev().map(NodeId).find(same_shape).unwrap();
        assert!(distance(&output[last].values, expected.of(neighbour)) > 100.0 * CLOSE, "{id}");
    }
}
