//! Scores of activation moments against an independent program, and what must not change them.

use serde::Deserialize;
use untrained::backend::{Cancel, Network, RunOutput};
use untrained::data::{self, Batch};
use untrained::graph::{Conv, Graph, NodeId, Op, Shape};
use untrained::onnx;
use untrained::plan::{Count, Plan, PlanOutputs};
use untrained::score::{MomentScores, ScoreSet, TensorMoments};
use untrained::space::Space;
use untrained::weights::{Initialiser, Weights};

use crate::support;
use support::devices::{self, Device};
use support::fixtures::Fixture;

/// How far a figure may be off, as a part of it, and absolutely.
const RELATIVE: f64 = 1e-3;
const ABSOLUTE: f64 = 1e-4;

/// All that moments tell, and nothing else.
const MOMENTS: PlanOutputs<'static> =
    PlanOutputs { kernel: false, sites: true, last: true, keep: &[] };

/// What ONNX's reference evaluator and numpy say of the tensors that the Relu nodes of a model read.
#[derive(Deserialize)]
struct Components {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    tensor: String,
    channels: usize,
    mean_square: f64,
    spectral_entropy: f64,
    correlation_entropy: f64,
    correlation_logdet: f64,
    least_correlation_eigenvalue: f64,
}

fn run(device: &mut Device, plan: &Plan, weights: &Weights, batch: &Batch) -> RunOutput {
    let network = Network { plan, weights };
    let mut results = device.backend().run(&[network], batch, true, &Cancel::new());
    results.pop().unwrap().unwrap_or_else(|error| panic!("{}: {error}", device.name))
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= ABSOLUTE.max(RELATIVE * expected.abs())
}

/// The figures of a tensor that differ from the expected ones. The logarithm of a determinant is that of
/// the least eigenvalues, so it takes moments from values.
fn differing(moments: &TensorMoments, precise: bool, layer: &Layer) -> Vec<String> {
    assert_eq!(layer.channels, moments.channels, "{}", layer.tensor);
    let (correlation, covariance) = (moments.correlation_spectrum(), moments.covariance_spectrum());
    let rank = layer.channels.min(moments.positions - 1) as f64;
    // The other program divides by the channels, and counts eigenvalues that are zero whatever the network.
    let zeros = (layer.channels as f64 - rank) * 1e-10_f64.ln();
    let mean_log = (layer.correlation_logdet * layer.channels as f64 - zeros) / rank;
    let figures = [
        ("ln det", correlation.mean_log().unwrap(), mean_log),
        ("mean square", moments.mean_square(), layer.mean_square),
        ("spectral entropy", covariance.entropy(), layer.spectral_entropy),
        ("correlation entropy", correlation.entropy(), layer.correlation_entropy),
        ("least eigenvalue", correlation.least(), layer.least_correlation_eigenvalue),
    ];
    let figures = figures.into_iter().skip(usize::from(!precise));
    let differs = |(_, found, expected): &(&str, f64, f64)| !close(*found, *expected);
    let text =
        |(name, found, expected)| format!("{}: {name} {found}, expected {expected}", layer.tensor);
    figures.filter(differs).map(text).collect()
}

/// What a fixture expects of the tensor that a node gives. A concatenation of one tensor is no node.
fn figures_of<'l>(layers: &'l [Layer], label: &str) -> Option<&'l Layer> {
    let (scope, _) = label.rsplit_once('/').unwrap_or_default();
    let names = [format!("{label}_output_0"), format!("{scope}/Concat_output_0")];
    names.iter().find_map(|name| layers.iter().find(|layer| layer.tensor == *name))
}

/// The figures of a fixture that differ, and how many tensors were compared: every one that an activation
/// reads, from its values; those on a path to the output as the backend measures them.
fn compared(
    fixture: &Fixture,
    weights: Option<&Weights>,
    device: &mut Device,
) -> (usize, Vec<String>) {
    let model = onnx::read(&fixture.model).unwrap();
    let text = std::fs::read_to_string(fixture.model.with_file_name("components.json")).unwrap();
    let Components { layers } = serde_json::from_str(&text).unwrap();
    let weights = weights.unwrap_or(&model.weights);
    let graph = &model.graph;
    let activations = graph.nodes().iter().filter(|node| node.op.activation().is_some());
    let mut keep: Vec<NodeId> = activations.map(|node| node.inputs[0]).collect();
    keep.sort_unstable();
    keep.dedup();
    let outputs = PlanOutputs { keep: &keep, ..MOMENTS };
    let plan = Plan::with_outputs(graph, weights, Count::Paper, outputs).unwrap();
    let output = run(device, &plan, weights, &fixture.batch);
    assert!(output.kernel.is_none() && output.codes.is_none() && plan.codes.is_empty());
    assert_eq!(keep.len(), layers.len(), "{}", fixture.name);
    let mut problems = Vec::new();
    for kept in &output.kept {
        let label = &graph.node(kept.node).label;
        let layer = figures_of(&layers, label).unwrap_or_else(|| panic!("no figures of {label}"));
        let moments = TensorMoments::from_values(kept.node, kept.shape, &kept.values);
        problems.extend(differing(&moments, true, layer));
    }
    for (measured, moments) in plan.measured.iter().zip(&output.sites) {
        assert_eq!(measured.node, moments.node);
        let layer = figures_of(&layers, &graph.node(measured.node).label).unwrap();
        problems.extend(differing(moments, false, layer));
    }
    let live = layers.iter().filter(|layer| layer.mean_square > 0.0).count();
    assert!(4 * output.sites.len() >= 3 * live, "{}: too few live tensors", fixture.name);
    (output.kept.len() + output.sites.len(), problems)
}

/// The fixtures that have figures: those of the shared data.
fn with_figures() -> Vec<Fixture> {
    let Some(root) = support::shared("fixtures/onnx") else { return Vec::new() };
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> =
        folders.filter(|folder| folder.join("components.json").is_file()).collect();
    folders.sort();
    assert!(folders.len() >= 27, "only {} fixtures have figures", folders.len());
    folders.iter().map(|folder| Fixture::read(folder)).collect()
}

#[test]
fn moments_are_those_of_an_independent_program() {
    let fixtures = with_figures();
    let mut problems = Vec::new();
    for mut device in devices::all() {
        for fixture in &fixtures {
            let (count, differing) = compared(fixture, None, &mut device);
            assert!(count > 0, "{}: nothing was compared", fixture.name);
            println!("{} on {}: {count} tensors", fixture.name, device.name);
            let named = |text| format!("{} on {}: {text}", fixture.name, device.name);
            problems.extend(differing.into_iter().map(named));
        }
    }
    assert!(problems.is_empty(), "{} figures differ:\n{}", problems.len(), problems.join("\n"));
}

/// The comparison above must fail for a network with another weight, on either backend.
#[test]
fn another_weight_changes_the_moments() {
    let mut every = devices::all();
    let last = every.len() - 1;
    every.swap(1, last);
    every.truncate(2);
    for mut device in every {
        for fixture in with_figures().iter().take(3) {
            let model = onnx::read(&fixture.model).unwrap();
            let is_conv =
                |(_, node): &(NodeId, &untrained::graph::Node)| matches!(node.op, Op::Conv(_));
            let (id, _) = model.graph.iter().find(is_conv).unwrap();
            let mut layer = model.weights.get(id).unwrap().clone();
            layer.weight[0] += 1.0;
            let mut weights = model.weights.clone();
            weights.set(id, layer);
            let (_, problems) = compared(fixture, Some(&weights), &mut device);
            assert!(!problems.is_empty(), "{} on {}", fixture.name, device.name);
        }
    }
}

/// A network of NAS-Bench-201 and its scores on a batch.
fn scores_of(device: &mut Device, graph: &Graph, weights: &Weights, batch: &Batch) -> MomentScores {
    let plan = Plan::with_outputs(graph, weights, Count::Paper, MOMENTS).unwrap();
    let output = run(device, &plan, weights, batch);
    MomentScores::new(graph, &output.sites, output.last.as_ref(), ScoreSet::all())
}

const CELL: &str = "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_3x3~0|avg_pool_3x3~1|nor_conv_3x3~2|";

fn nas_bench_201() -> (Graph, Weights, Batch) {
    let space = Space::builtin("nas-bench-201").unwrap();
    let architecture = space.parse(CELL).unwrap();
    let graph = architecture.build().unwrap();
    let law = Initialiser { initialisation: space.initialisation(), seed: 5 };
    let all = (0..graph.nodes().len() as u32).map(NodeId);
    let weights = law.draw(&graph, &architecture.canonical(), all);
    let batch = data::load(&"noise".parse().unwrap(), space.input(), 4, 0).unwrap();
    (graph, weights, batch)
}

/// The number of threads changes no bit.
#[test]
fn the_number_of_threads_does_not_matter() {
    let (graph, weights, batch) = nas_bench_201();
    let isa = untrained::backend::cpu::simd::Isa::detect();
    let one = scores_of(&mut Device::native(1, isa), &graph, &weights, &batch);
    assert_eq!(one, scores_of(&mut Device::native(3, isa), &graph, &weights, &batch));
    assert!(one.growth.is_some());
}

/// K and its codes are the same bits whether moments are asked for or not.
#[test]
fn moments_change_no_bit_of_the_kernel_matrix() {
    let (graph, weights, batch) = nas_bench_201();
    for mut device in devices::all() {
        let bare = Plan::new(&graph, &weights, Count::Paper).unwrap();
        let both = PlanOutputs { kernel: true, ..MOMENTS };
        let both = Plan::with_outputs(&graph, &weights, Count::Paper, both).unwrap();
        assert_eq!(bare.units, both.units);
        let found = run(&mut device, &both, &weights, &batch);
        let bare = run(&mut device, &bare, &weights, &batch);
        assert!(bare.sites.is_empty() && !found.sites.is_empty() && found.last.is_some());
        assert!(bare.kernel == found.kernel && bare.codes == found.codes, "{}", device.name);
    }
}

/// More channels than positions, and more than the largest matrix.
#[test]
fn wide_tensors_are_measured_at_some_positions() {
    for (channels, extent) in [(40, 3), (700, 20)] {
        let mut graph = Graph::new();
        let shape = Shape::new(4, extent, extent);
        let input = graph.input(shape);
        let conv = graph.add("conv", Op::Conv(Conv::square(channels, 1, 1)), &[input]).unwrap();
        let relu = untrained::graph::Activation::RELU;
        graph.add("relu", Op::Activation(relu), &[conv]).unwrap();
        let law = Initialiser { initialisation: "kaiming-normal".parse().unwrap(), seed: 2 };
        let weights = law.draw(&graph, "wide", [conv].into_iter());
        let batch = data::load(&"noise".parse().unwrap(), shape, 3, 0).unwrap();
        let plan = Plan::with_outputs(&graph, &weights, Count::Live, MOMENTS).unwrap();
        for mut device in devices::all() {
            let output = run(&mut device, &plan, &weights, &batch);
            let spectrum = output.sites[0].correlation_spectrum();
            let positions = output.sites[0].positions;
            assert_eq!(positions, (3 * extent * extent).min(512 / 3 * 3), "{}", device.name);
            assert_eq!(spectrum.least(), 0.0, "fewer positions than channels");
            // Four channels of images make four directions.
            let large = spectrum.eigenvalues.iter().filter(|&&value| value > 1e-3).count();
            assert_eq!((spectrum.eigenvalues.len(), large), (positions, 4), "{}", device.name);
            let total: f64 = spectrum.eigenvalues.iter().sum();
            assert!((total / channels as f64 - 1.0).abs() < 1e-3, "{}: {total}", device.name);
        }
    }
}
