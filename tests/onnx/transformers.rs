//! Vision transformers exported by both of PyTorch's exporters: units, costs, kernel matrix and score
//! must be those PyTorch itself gives. `tests/fixtures/onnx/transformers.py` makes them.

use crate::support;

use std::path::{Path, PathBuf};

use support::fixtures::{BIT_TOLERANCE, Fixture, SCORE_TOLERANCE};
use support::runners::{self, Runner};
use untrained::data::Batch;
use untrained::graph::cost::Cost;
use untrained::graph::{NodeId, Op};
use untrained::onnx::{self, Model};
use untrained::plan::{Count, Plan};
use untrained::weights::Weights;

/// How many transformers there are.
const COUNT: usize = 11;

/// What `expected.json` says beyond what every fixture's says.
#[derive(serde::Deserialize)]
struct Export {
    /// The batch size the file names; none if it is free.
    batch: Option<u64>,
    /// Version of the operator set.
    opset: i64,
}

fn found() -> Vec<(Fixture, Model)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/onnx");
    let entries = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let is_transformer = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vit-"))
    };
    let mut folders: Vec<PathBuf> = entries.filter(is_transformer).collect();
    folders.sort();
    assert_eq!(folders.len(), COUNT);
    let read = |folder: &PathBuf| {
        let fixture = Fixture::read(folder);
        let model = onnx::read(&fixture.model).unwrap_or_else(|error| panic!("{error}"));
        (fixture, model)
    };
    folders.iter().map(read).collect()
}

#[test]
fn structure_is_as_expected() {
    for (fixture, model) in found() {
        let (name, expected) = (&fixture.name, &fixture.expected);
        let text = std::fs::read_to_string(fixture.model.with_file_name("expected.json")).unwrap();
        let export: Export = serde_json::from_str(&text).unwrap();
        let cost = Cost::of(&model.graph);
        assert_eq!(cost.units, expected.units, "{name}: units");
        assert_eq!(cost.params, expected.params, "{name}: parameters");
        assert_eq!(cost.macs, expected.macs, "{name}: multiply-adds");
        // Two layers of two heads: scores and mixtures of 17 tokens of 6 channels.
        assert_eq!(cost.product_macs, 2 * 2 * 2 * 17 * 17 * 6, "{name}: products");
        assert_eq!((model.batch, model.opset), (export.batch, export.opset), "{name}");
        let plan = Plan::new(&model.graph, &model.weights, Count::Paper).unwrap();
        assert_eq!(plan.units, expected.units, "{name}: units of the plan");
        let norms = model.graph.nodes().iter().filter(|node| matches!(node.op, Op::LayerNorm(_)));
        assert_eq!(norms.count(), 5, "{name}: layer normalisations");
    }
}

#[test]
fn kernel_matrices_are_as_expected() {
    let fixtures = found();
    for mut runner in runners::all() {
        for (fixture, model) in &fixtures {
            let name = format!("{} on {}", fixture.name, runner.name);
            let run = (runner.run)(&model.graph, &model.weights, &fixture.batch, Count::Paper);
            let kernel = run.unwrap_or_else(|reason| panic!("{name}: {reason}"));
            let (deviation, error) =
                (fixture.deviation(&kernel), kernel.score() - fixture.expected.score);
            println!("{name}: {deviation:.1e} of the bits differ, score off by {error:+.1e}");
            assert!(deviation <= BIT_TOLERANCE, "{name}: {deviation} of the bits differ");
            assert!(error.abs() <= SCORE_TOLERANCE, "{name}: score off by {error}");
        }
    }
}

/// A file that names a batch size, and one that leaves it free, can be run with any: every image is
/// computed alone.
#[test]
fn any_batch_size_gives_the_same_codes() {
    const IMAGES: usize = 3;
    for (fixture, model) in found() {
        let all = &fixture.batch;
        let values = all.values[..IMAGES * all.shape.volume()].to_vec();
        let batch = Batch { images: IMAGES, shape: all.shape, values, indices: vec![0, 1, 2] };
        for mut runner in runners::all() {
            let run = (runner.run)(&model.graph, &model.weights, &batch, Count::Paper).unwrap();
            for (index, &entry) in run.entries().iter().enumerate() {
                let expected = fixture.kernel[index / IMAGES * all.images + index % IMAGES];
                let name = format!("{} on {}", fixture.name, runner.name);
                assert!(entry.abs_diff(expected) <= 1, "{name}: {entry}, not {expected}");
            }
        }
    }
}

/// The comparison must fail for a network that differs in a single value of any kind.
#[test]
fn another_value_is_noticed() {
    type Kind = fn(&Op) -> bool;
    let kinds: [(&str, Kind); 3] = [
        ("linear layer", |op| matches!(op, Op::Conv(conv) if conv.kernel == [1, 1])),
        ("layer normalisation", |op| matches!(op, Op::LayerNorm(_))),
        ("parameter", |op| matches!(op, Op::Parameter(_))),
    ];
    let native = |runner: &Runner| runner.name.starts_with("cpu");
    for mut runner in runners::all().into_iter().filter(native) {
        for (fixture, model) in found() {
            for (kind, is_kind) in kinds {
                let weights = with_another_value(&model, is_kind);
                let run = (runner.run)(&model.graph, &weights, &fixture.batch, Count::Paper);
                let deviation = fixture.deviation(&run.unwrap());
                assert!(deviation > BIT_TOLERANCE, "{}: {kind} {deviation}", fixture.name);
            }
        }
    }
}

/// The model's weights but for one value of the first node of a kind.
fn with_another_value(model: &Model, is_kind: fn(&Op) -> bool) -> Weights {
    let mut nodes = model.graph.iter();
    let (id, _): (NodeId, _) = nodes.find(|(_, node)| is_kind(&node.op)).unwrap();
    let mut layer = model.weights.get(id).unwrap().clone();
    layer.weight[0] += 1.0;
    let mut weights = model.weights.clone();
    weights.set(id, layer);
    weights
}
