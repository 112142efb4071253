//! Networks written as ONNX models: what is read back is the same network.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use untrained::data::Batch;
use untrained::graph::{Activation, ActivationKind, Conv, Graph, Linear, Op, Shape, cost::Cost};
use untrained::onnx::{self, ExportFacts, ExportProblem, NormMode};
use untrained::plan::Count;
use untrained::score::KernelMatrix;
use untrained::space::Space;
use untrained::weights::{Initialisation, Initialiser, Weights};

use crate::support::{self, runners};

fn drawn(graph: &Graph, name: &str) -> Weights {
    let initialiser = Initialiser { initialisation: Initialisation::default(), seed: 3 };
    initialiser.draw(graph, name, graph.iter().map(|(id, _)| id))
}

fn kernel(graph: &Graph, weights: &Weights, batch: &Batch) -> KernelMatrix {
    let mut native = runners::all().remove(1);
    (native.run)(graph, weights, batch, Count::Paper).unwrap()
}

/// Four images of noise.
fn noise(shape: Shape) -> Batch {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let images = 4;
    let values = (0..images * shape.volume()).map(|_| random.random::<f32>() - 0.5).collect();
    Batch { images, shape, values, indices: (0..images).collect() }
}

#[test]
fn samples_of_every_space_come_back_as_they_were() {
    for id in Space::builtin_ids() {
        // Large images take seconds each, and show nothing else.
        let space = support::small::builtin(id);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..3 {
            let architecture = space.sample(&mut rng);
            let graph = architecture.build().unwrap();
            let name = architecture.to_string();
            let weights = drawn(&graph, &name);
            if space.topology() == "transformer" {
                let refused = onnx::export(&graph, &weights, &ExportFacts::default());
                assert!(matches!(refused, Err(ExportProblem::Operation { .. })), "{id}");
                break;
            }
            let bytes = onnx::export(&graph, &weights, &ExportFacts::default()).unwrap();
            let model = onnx::parse(&bytes, std::path::Path::new(".")).unwrap();
            assert!(model.notices.is_empty(), "{id}, {name}: {:?}", model.notices);
            assert_eq!((model.batch, model.opset, model.input), (None, 20, space.input()));
            let (there, here) = (Cost::of(&model.graph), Cost::of(&graph));
            assert_eq!(
                (there.params, there.macs, there.units),
                (here.params, here.macs, here.units),
                "{id}: {name}"
            );
            let batch = noise(space.input());
            let (there, here) =
                (kernel(&model.graph, &model.weights, &batch), kernel(&graph, &weights, &batch));
            assert_eq!(there.units(), here.units(), "{id}: {name}");
            assert_eq!(there.entries(), here.entries(), "{id}: {name}");
        }
    }
}

/// A graph of all that spaces have not, and its output.
fn odd_graph() -> Graph {
    let mut graph = Graph::new();
    let input = graph.input(Shape::new(3, 9, 9));
    let mut value = graph.add("conv", Op::Conv(Conv::square(4, 3, 1)), &[input]).unwrap();
    for (number, kind) in [
        ActivationKind::RELU6,
        ActivationKind::Silu,
        ActivationKind::LeakyRelu { slope: 0.25 },
        ActivationKind::HARD_SIGMOID,
        ActivationKind::HardSwish,
        ActivationKind::Gelu,
        ActivationKind::GeluTanh,
        ActivationKind::Elu { alpha: 0.5 },
        ActivationKind::Mish,
        ActivationKind::Softsign,
        ActivationKind::HardTanh { low: -1.0, high: 2.0 },
        ActivationKind::Sigmoid,
        ActivationKind::Tanh,
    ]
    .into_iter()
    .enumerate()
    {
        let activation = Op::Activation(Activation::once(kind));
        // Labels need not be unique, nor names in any language.
        let name = if number % 2 == 0 { "act" } else { "a/b \"c\"\n" };
        value = graph.add(name, activation, &[value]).unwrap();
        value = graph.add(format!("c{number}"), Op::Conv(Conv::square(4, 1, 1)), &[value]).unwrap();
    }
    let twice = Activation { calls: 2, ..Activation::RELU };
    let relu = graph.add("twice", Op::Activation(twice), &[value]).unwrap();
    let one = graph.add("one", Op::Conv(Conv::square(4, 1, 1)), &[relu]).unwrap();
    let two =
        graph.add("two", Op::Conv(Conv { bias: true, ..Conv::square(4, 3, 1) }), &[relu]).unwrap();
    let sum = graph.add("sum", Op::Add, &[one, two, relu]).unwrap();
    let slice = graph.add("slice", Op::ChannelSlice { start: 1, len: 2 }, &[sum]).unwrap();
    let scale = graph.add("scale", Op::Scale(0.5), &[slice]).unwrap();
    let pooled = graph.add("mean", Op::GlobalAvgPool, &[scale]).unwrap();
    let hidden = Linear { out_features: 2, bias: true };
    let gate = graph.add("gate", Op::Linear(hidden), &[pooled]).unwrap();
    let gate = graph.add("act", Op::Activation(Activation::RELU), &[gate]).unwrap();
    let gated = graph.add("gated", Op::Mul, &[scale, gate]).unwrap();
    let flat = graph.add("flat", Op::Flatten, &[gated]).unwrap();
    let last = Linear { out_features: 5, bias: false };
    let output = graph.add("head", Op::Linear(last), &[flat]).unwrap();
    graph.set_output(output);
    graph
}

#[test]
fn every_activation_merged_calls_and_gates_come_back() {
    let graph = odd_graph();
    let weights = drawn(&graph, "odd");
    let bytes = onnx::export(&graph, &weights, &ExportFacts::default()).unwrap();
    let model = onnx::parse(&bytes, std::path::Path::new(".")).unwrap();
    let batch = noise(Shape::new(3, 9, 9));
    let (there, here) =
        (kernel(&model.graph, &model.weights, &batch), kernel(&graph, &weights, &batch));
    assert_eq!((there.units(), there.entries()), (here.units(), here.entries()));
    // The control: other weights have other codes.
    let other = onnx::export(&graph, &drawn(&graph, "other"), &ExportFacts::default()).unwrap();
    let other = onnx::parse(&other, std::path::Path::new(".")).unwrap();
    assert_ne!(kernel(&other.graph, &other.weights, &batch).entries(), here.entries());
}

#[test]
fn inference_form_has_stored_statistics_and_what_cannot_be_written_is_named() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let graph = space.from_index(1234).unwrap().build().unwrap();
    let facts = ExportFacts { norm_mode: NormMode::Inference, ..ExportFacts::default() };
    let bytes = onnx::export(&graph, &drawn(&graph, "x"), &facts).unwrap();
    let model = onnx::parse(&bytes, std::path::Path::new(".")).unwrap();
    let norms = model.graph.iter().filter_map(|(_, node)| match node.op {
        Op::BatchNorm(norm) => Some(norm.statistics),
        _ => None,
    });
    let norms: Vec<_> = norms.collect();
    assert!(!norms.is_empty());
    assert!(norms.iter().all(|norm| *norm == untrained::graph::Statistics::Running));
    let mut attention = Graph::new();
    let input = attention.input(Shape::new(3, 4, 4));
    let output = attention.add("soft", Op::Softmax, &[input]).unwrap();
    attention.set_output(output);
    let error = onnx::export(&attention, &Weights::default(), &facts).unwrap_err();
    assert!(
        matches!(&error, ExportProblem::Operation { label, op: "softmax" } if label == "soft"),
        "{error}"
    );
    assert!(matches!(
        onnx::export(&Graph::new(), &Weights::default(), &facts),
        Err(ExportProblem::NoOutput)
    ));
}
