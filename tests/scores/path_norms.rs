//! The path norm against a plain walk over the same network.

use std::path::{Path, PathBuf};

use untrained::graph::{Activation, Conv, Graph, Linear, NodeId, Op, Shape};
use untrained::onnx::{self, Model};
use untrained::score::path_norm;
use untrained::seed;
use untrained::space::{Architecture, Space};
use untrained::weights::{Initialisation, Initialiser, Weights};

use crate::support;
use support::path_walk::{self, PathTrial, ln_mean_output};

/// How far two walks may differ, as a part of the path norm: sums of doubles in another order.
const RELATIVE: f64 = 1e-9;

/// Every law of weights that the program offers.
const INITIALISATIONS: [&str; 7] = [
    "pytorch-default",
    "kaiming-fan-out",
    "kaiming-normal",
    "xavier-normal",
    "orthogonal",
    "uniform:0.3",
    "normal:0.2",
];

fn initialisation(name: &str) -> Initialisation {
    name.parse().unwrap()
}

fn close(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => {
            (found - expected).abs() <= RELATIVE * expected.abs().max(1.0)
        }
        (found, expected) => found == expected,
    }
}

/// Architectures of a space, the same ones in every run.
fn samples(space: &Space) -> impl Iterator<Item = Architecture> {
    let mut rng = seed::stream(11, &["path norms", space.id()]);
    std::iter::repeat_with(move || space.sample(&mut rng)).filter(Architecture::is_connected)
}

#[test]
fn every_space_and_law_of_weights_gives_the_value_of_a_plain_walk() {
    let spaces: Vec<Space> = Space::builtin_ids().map(support::small::builtin).collect();
    assert!(spaces.len() >= 22, "only {} spaces", spaces.len());
    let stored = Weights::default();
    let mut compared = 0;
    for space in &spaces {
        let laws = INITIALISATIONS.iter().map(|name| initialisation(name));
        for (law, architecture) in laws.zip(samples(space)) {
            let graph = architecture.build().unwrap();
            for initialisation in [law, space.initialisation()] {
                let found = path_norm(&graph, &stored, initialisation);
                let trial =
                    PathTrial { graph: &graph, stored: &stored, initialisation, exchanged: None };
                let expected = ln_mean_output(trial);
                // Attention has none.
                let has_one = space.topology() != "transformer";
                // A gate squares what it multiplies: soon more than the numbers of a plain walk can hold.
                let is_huge =
                    expected.is_none() && found.is_some_and(|found| found > f64::MAX.ln());
                assert!(
                    found.is_some() == has_one && (is_huge || close(found, expected)),
                    "{} {initialisation} {architecture}: {found:?}, expected {expected:?}",
                    space.id()
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 2 * 7 * spaces.len());
}

/// Which nodes carry something of the images to the output, by the values of a plain walk.
fn carriers(graph: &Graph, values: &[Vec<f64>]) -> Vec<bool> {
    let carries = |id: usize| values[id].iter().any(|&value| value != 0.0);
    let mut reaches = vec![false; graph.nodes().len()];
    reaches[graph.output().unwrap().index()] = true;
    for (index, node) in graph.nodes().iter().enumerate().rev() {
        if reaches[index] && carries(index) {
            node.inputs.iter().for_each(|input| reaches[input.index()] = true);
        }
    }
    (0..reaches.len()).map(|index| reaches[index] && carries(index)).collect()
}

/// Another operation for a node, such that the path norm of a network whose node carries anything differs:
/// one group instead of several, more taps, one term of a sum.
fn exchanges(graph: &Graph, values: &[Vec<f64>]) -> Vec<(&'static str, NodeId, Op)> {
    let carriers = carriers(graph, values);
    let mut exchanges = Vec::new();
    for (id, node) in graph.iter().filter(|(id, _)| carriers[id.index()]) {
        let carrying = node.inputs.iter().filter(|input| carriers[input.index()]);
        match node.op {
            Op::Conv(conv) => {
                if conv.groups > 1 {
                    exchanges.push(("one group", id, Op::Conv(Conv { groups: 1, ..conv })));
                }
                let kernel = [conv.kernel[0] + 1, conv.kernel[1]];
                exchanges.push(("a row of taps more", id, Op::Conv(Conv { kernel, ..conv })));
                let is_square = graph.shape(node.inputs[0]).channels == conv.out_channels;
                if is_square {
                    exchanges.push(("nothing for a layer", id, Op::Activation(Activation::RELU)));
                }
            }
            Op::Add if carrying.count() > 1 => {
                exchanges.push(("the first term of a sum", id, Op::Activation(Activation::RELU)));
            }
            _ => {}
        }
    }
    exchanges
}

/// Networks of which a single node is walked over wrongly; a few of every kind in every space. In deep
/// networks some nodes carry less than the tolerance, so most must be found; the first convolution always.
#[test]
fn a_walk_with_one_group_or_tap_or_layer_exchanged_differs() {
    const OF_A_KIND: usize = 4;
    const KINDS: [&str; 4] =
        ["one group", "a row of taps more", "nothing for a layer", "the first term of a sum"];
    let stored = Weights::default();
    let (mut found, mut tried) = ([0; KINDS.len()], [0; KINDS.len()]);
    let spaces = Space::builtin_ids().map(support::small::builtin);
    for space in spaces.filter(|space| space.topology() != "transformer") {
        let architecture = samples(&space).next().unwrap();
        let graph = architecture.build().unwrap();
        let initialisation = space.initialisation();
        let trial = PathTrial { graph: &graph, stored: &stored, initialisation, exchanged: None };
        let norm = path_norm(&graph, &stored, initialisation);
        if ln_mean_output(trial).is_none() {
            continue;
        }
        let every = exchanges(&graph, &path_walk::walk(trial).unwrap());
        let differs = |&(_, id, op): &(&str, NodeId, Op)| {
            !close(norm, ln_mean_output(PathTrial { exchanged: Some((id, op)), ..trial }))
        };
        let first = every.iter().find(|exchange| exchange.0 == KINDS[1]).unwrap();
        assert!(differs(first), "{}: another first convolution, and still {norm:?}", space.id());
        for (at, kind) in KINDS.iter().enumerate() {
            let of_kind: Vec<_> = every.iter().filter(|exchange| exchange.0 == *kind).collect();
            let step = of_kind.len().div_ceil(OF_A_KIND).max(1);
            for exchange in of_kind.into_iter().step_by(step) {
                tried[at] += 1;
                found[at] += usize::from(differs(exchange));
            }
        }
    }
    println!("found {found:?} of {tried:?}");
    for (at, kind) in KINDS.iter().enumerate() {
        assert!(tried[at] >= 20, "{kind}: only {} were tried", tried[at]);
        assert!(10 * found[at] >= 9 * tried[at], "{kind}: {} of {}", found[at], tried[at]);
    }
}

/// The models of the shared data and of the repository, with the names of their folders.
fn models() -> Vec<(String, Model)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/onnx");
    let roots = support::shared("fixtures/onnx").into_iter().chain([own]);
    let folders = roots.flat_map(|root| std::fs::read_dir(root).unwrap());
    let files = folders.map(|folder| folder.unwrap().path().join("model.onnx"));
    let mut files: Vec<PathBuf> = files.filter(|path| path.is_file()).collect();
    files.sort();
    files.iter().map(|path| (path.display().to_string(), onnx::read(path).unwrap())).collect()
}

/// Models with weights of their own; attention has no path norm. Another weight has another one.
#[test]
fn stored_weights_give_the_value_of_a_plain_walk() {
    let initialisation = Initialisation::default();
    let (mut compared, mut without) = (0, 0);
    for (name, model) in models() {
        let (graph, stored) = (&model.graph, &model.weights);
        let found = path_norm(graph, stored, initialisation);
        let trial = PathTrial { graph, stored, initialisation, exchanged: None };
        let expected = ln_mean_output(trial);
        assert!(close(found, expected), "{}: {found:?}, expected {expected:?}", name);
        if found.is_none() {
            let has_attention = graph.nodes().iter().any(|node| matches!(node.op, Op::MatMul));
            assert!(has_attention, "{} has no path norm", name);
            without += 1;
            continue;
        }
        compared += 1;
        let is_conv = |id: &NodeId| matches!(graph.node(*id).op, Op::Conv(_));
        let first = graph.iter().map(|(id, _)| id).find(is_conv).unwrap();
        let mut layer = stored.get(first).unwrap().clone();
        layer.weight[0] = layer.weight[0].abs() + 1.0;
        let mut other = stored.clone();
        other.set(first, layer);
        let other = ln_mean_output(PathTrial { stored: &other, ..trial });
        assert!(!close(found, other), "{}: another weight, and still {found:?}", name);
        let drawn = path_norm(graph, &Weights::default(), initialisation);
        assert!(!close(found, drawn), "{}: drawn weights, and still {found:?}", name);
        let trial = PathTrial { stored: &Weights::default(), ..trial };
        assert!(close(drawn, ln_mean_output(trial)), "{}: drawn weights", name);
    }
    assert!(compared >= 30 && without >= 1, "{compared} models, {without} with attention");
}

/// The means of absolute values that the walks go by are those of the weights that are drawn: in groups,
/// tall and wide layers.
#[test]
fn the_expected_absolute_weight_is_that_of_drawn_weights() {
    let convs = [
        Conv { groups: 4, ..Conv::square(8, 3, 1) },
        Conv { groups: 12, ..Conv::square(12, 3, 1) },
        Conv::square(40, 1, 1),
        Conv { kernel: [1, 5], ..Conv::square(6, 1, 1) },
    ];
    for name in INITIALISATIONS {
        for conv in convs {
            let mut graph = Graph::new();
            let input = graph.input(Shape::new(12, 6, 6));
            let conv_id = graph.add("conv", Op::Conv(conv), &[input]).unwrap();
            let pool = graph.add("pool", Op::GlobalAvgPool, &[conv_id]).unwrap();
            let linear = Op::Linear(Linear { out_features: 30, bias: true });
            let linear_id = graph.add("linear", linear, &[pool]).unwrap();
            let rows = conv.out_channels;
            let layers = [
                (conv_id, 12 / conv.groups, rows, conv.kernel[0] * conv.kernel[1]),
                (linear_id, rows, 30, 1),
            ];
            for (id, inputs, outputs, taps) in layers {
                let (mut sum, mut count) = (0.0, 0);
                for seed in 0..40 {
                    let initialisation = initialisation(name);
                    let initialiser = Initialiser { initialisation, seed };
                    let weights = initialiser.draw(&graph, "means", [id].into_iter());
                    let weights = &weights.get(id).unwrap().weight;
                    sum += weights.iter().map(|weight| f64::from(weight.abs())).sum::<f64>();
                    count += weights.len();
                }
                let found = sum / f64::from(u32::try_from(count).unwrap());
                let mean = path_walk::mean_absolute(initialisation(name), inputs, outputs, taps);
                // The deviation of an absolute value is at most 0.76 of its mean.
                let tolerance = 5.0 * 0.76 / (count as f64).sqrt();
                let off = (found / mean - 1.0).abs();
                assert!(off < tolerance, "{name} {conv:?}: {found}, expected {mean}");
            }
        }
    }
}
