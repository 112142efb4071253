//! Networks written as PyTorch source: what Python builds of it is the same network.
//!
//! PyTorch itself checks it, where it can be imported: `tests/python/check_module.py` counts codes with hooks.
//! `UNTRAINED_PYTHON` names the interpreter, otherwise it is `python3`.

mod odd;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use untrained::data::Batch;
use untrained::graph::{Graph, cost::Cost};
use untrained::onnx;
use untrained::plan::Count;
use untrained::pytorch::{self, PytorchFacts, PytorchModule};
use untrained::space::Space;
use untrained::weights::{Initialisation, Initialiser, Weights};

use crate::support::{data, fixtures, runners};

/// The interpreter.
fn python() -> String {
    std::env::var("UNTRAINED_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Whether PyTorch can be imported; says so if not.
fn has_torch() -> bool {
    let imported = Command::new(python()).args(["-c", "import torch"]).output();
    let has = imported.is_ok_and(|output| output.status.success());
    if !has {
        eprintln!(
            "not checked by PyTorch: `{}` cannot import torch (set UNTRAINED_PYTHON)",
            python()
        );
    }
    has
}

fn drawn(graph: &Graph, name: &str, initialisation: Initialisation) -> Weights {
    let initialiser = Initialiser { initialisation, seed: 3 };
    initialiser.draw(graph, name, graph.iter().map(|(id, _)| id))
}

fn written(graph: &Graph, weights: &Weights, title: &str) -> PytorchModule {
    let facts = PytorchFacts {
        title: title.to_owned(),
        metadata: vec![("architecture".to_owned(), title.to_owned())],
        weights_file: Some("weights.safetensors".to_owned()),
        ..PytorchFacts::default()
    };
    pytorch::export(graph, Some(weights), &facts).unwrap()
}

/// Images of noise.
fn noise(graph: &Graph, images: usize) -> Batch {
    let shape = graph.input_shape().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let values = (0..images * shape.volume()).map(|_| random.random::<f32>() - 0.5).collect();
    Batch { images, shape, values, indices: (0..images).collect() }
}

fn npy(descr: &str, shape: &[usize], values: Vec<u8>) -> Vec<u8> {
    let shape: String = shape.iter().map(|extent| format!("{extent}, ")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.into_bytes());
    bytes.extend(values);
    bytes
}

/// Writes a case for the script: a module, its weights, images, the program's matrix and its parameters.
fn write_case(folder: &Path, name: &str, graph: &Graph, weights: &Weights, batch: &Batch) {
    let case = folder.join(name);
    std::fs::create_dir(&case).unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(case.join(name), bytes).unwrap();
    let module = written(graph, weights, name);
    write("module.py", module.source.as_bytes());
    write("weights.safetensors", &module.weights.unwrap());
    let shape = batch.shape;
    let dims = [batch.images, shape.channels, shape.height, shape.width];
    let images = batch.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    write("images.npy", &npy("<f4", &dims, images));
    let kernel = (runners::all().remove(1).run)(graph, weights, batch, Count::Paper).unwrap();
    let entries = kernel.entries().iter().flat_map(|entry| entry.to_le_bytes()).collect();
    write("kernel.npy", &npy("<u8", &[batch.images; 2], entries));
    write("params.txt", Cost::of(graph).params.to_string().as_bytes());
    // Functions of gates that no count counts.
    let activations = || graph.nodes().iter().filter_map(|node| node.op.activation());
    let counted: Vec<_> =
        activations().filter(|it| it.calls > 0).map(|it| it.kind.title()).collect();
    let kinds = activations().map(|it| it.kind.title());
    let uncounted: BTreeSet<_> = kinds.filter(|title| !counted.contains(title)).collect();
    write("uncounted.txt", Vec::from_iter(uncounted).join("\n").as_bytes());
}

/// Lets the script check all cases of a folder.
fn check(folder: &Path, count: usize) {
    let script = data::repository().join("tests/python/check_module.py");
    let output = Command::new(python()).arg(script).arg(folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{error}");
    assert_eq!(text.lines().count(), count, "{text}");
}

#[test]
fn samples_of_every_space_are_the_same_network_in_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    let checked = has_torch();
    let mut count = 0;
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let examples = ["mobile", "grey-48", "two-operations"];
    let own = examples
        .map(|name| format!("{}/assets/examples/{name}.toml", data::repository().display()));
    for id in Space::builtin_ids().map(str::to_owned).chain(own) {
        let mut space = Space::open(&id).unwrap();
        if space.input().height > 64 {
            let settings = ["input.height=64", "input.width=64"].map(|text| text.parse().unwrap());
            space = space.with(&settings).unwrap();
        }
        let connected = |_: usize| Some(space.sample(&mut random)).filter(|a| a.is_connected());
        let architecture = (0..50).find_map(connected).unwrap();
        let graph = architecture.build().unwrap();
        let name = architecture.to_string();
        let weights = drawn(&graph, &name, space.initialisation());
        let module = written(&graph, &weights, &name);
        let lines = module.source.lines().count();
        let nodes = graph.nodes().len();
        // Cells are loops; where each layer is another, each has its own lines.
        assert!(lines < (5 * nodes / 2).max(480), "{id}: {lines} lines for {nodes} nodes");
        assert_eq!(module.source, written(&graph, &weights, &name).source, "{id}");
        if checked {
            let name = format!("{count:02}-{}", space.id());
            write_case(folder.path(), &name, &graph, &weights, &noise(&graph, 4));
        }
        count += 1;
    }
    if checked {
        check(folder.path(), count);
    }
}

#[test]
fn every_operation_and_any_label_is_the_same_network_in_pytorch() {
    let graph = odd::graph();
    let weights = drawn(&graph, "odd", Initialisation::default());
    let module = written(&graph, &weights, "a\"\"\"\nimport os\n\\");
    for text in ["os.system", "exit()", "assert 0", "SystemExit", "\u{202e}"] {
        assert!(!module.source.contains(text), "{text}");
    }
    assert!(module.source.contains("ARCHITECTURE = \"a\\\"\\\"\\\"\\nimport os\\n\\\\\"\n"));
    if has_torch() {
        let folder = tempfile::tempdir().unwrap();
        write_case(folder.path(), "odd\"\"\"", &graph, &weights, &noise(&graph, 8));
        check(folder.path(), 1);
    }
}

#[test]
fn models_from_files_are_the_same_network_in_pytorch() {
    let checked = has_torch();
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for fixture in fixtures::all() {
        let model = onnx::read(&fixture.model).unwrap();
        let module = written(&model.graph, &model.weights, &fixture.name);
        assert!(module.source.contains("class Network(nn.Module):"), "{}", fixture.name);
        if checked {
            let batch = noise(&model.graph, 4);
            write_case(folder.path(), &fixture.name, &model.graph, &model.weights, &batch);
        }
        count += 1;
    }
    assert!(count > 3, "only {count} fixtures");
    if checked {
        check(folder.path(), count);
    }
}

#[test]
fn equal_cells_are_one_class_and_made_in_a_loop() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let graph = space.from_index(1234).unwrap().build().unwrap();
    let source = written(&graph, &drawn(&graph, "x", space.initialisation()), "x").source;
    assert_eq!(source.matches("class Cell").count(), 1);
    for part in [
        "*(Cell(16) for _ in range(5)),",
        "Reduction(16, 32),",
        "nn.Linear(64, classes)",
        "nn.Conv2d(in_channels, 16, 3, padding=1, bias=False)",
        "def build(classes=10, input=(3, 32, 32), weights=None):",
    ] {
        assert!(source.contains(part), "{part}\n{source}");
    }
    let source = pytorch::export(&graph, None, &PytorchFacts::default()).unwrap();
    assert!(source.weights.is_none() && !source.source.contains("load_weights"));
}

#[test]
fn what_cannot_be_written_is_named() {
    use untrained::graph::{Axis, AxisDigit, Op, Rearrange, Shape};
    use untrained::pytorch::PytorchProblem;
    let facts = PytorchFacts::default();
    let none = pytorch::export(&Graph::new(), None, &facts);
    assert!(matches!(none, Err(PytorchProblem::NoOutput)));
    let mut graph = Graph::new();
    let input = graph.input(Shape::new(300, 1, 1));
    let digit = |to, from, step| AxisDigit { to, extent: 300, from, step };
    let digits = [digit(Axis::Channel, Axis::Channel, 1), digit(Axis::Row, Axis::Column, 0)];
    let repeated = Op::Rearrange(Rearrange::new([0; 3], &digits).unwrap());
    graph.add("/tile/Expand", repeated, &[input]).unwrap();
    let error = pytorch::export(&graph, None, &facts).unwrap_err().to_string();
    assert!(error.contains("/tile/Expand: the operation rearrange"), "{error}");
    let space = Space::builtin("nas-bench-201").unwrap();
    let graph = space.from_index(1234).unwrap().build().unwrap();
    let error = pytorch::export(&graph, Some(&Weights::default()), &facts).unwrap_err();
    assert!(matches!(error, PytorchProblem::NoWeights(label) if label == "stem/0.conv"));
}
