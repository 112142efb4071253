//! Hundreds of small models of one operator or a few, on values and on constants, against ONNX's own
//! reference evaluator; `fixtures/operators/operators.py` wrote them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use untrained::data::Batch;
use untrained::onnx;

use crate::support::reference;

/// How far a value may be off, as a part of 1 or of itself: outputs are written with seven digits, and the
/// evaluator adds in single precision.
const CLOSE: f64 = 5e-5;

#[derive(serde::Deserialize)]
struct OperatorCase {
    shape: Vec<usize>,
    positive: bool,
    model: String,
    output: Vec<f64>,
}

fn cases() -> BTreeMap<String, OperatorCase> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/operators/operators.json.gz");
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The model's output for the input that the script makes.
fn output(case: &OperatorCase) -> Result<Vec<f32>, String> {
    let bytes = BASE64_STANDARD.decode(&case.model).unwrap();
    let model = onnx::parse(&bytes, Path::new(".")).map_err(|problem| problem.to_string())?;
    let images = case.shape[0];
    let value = |index: usize| {
        let value = (((index * 37 + 11) % 101) as f64 - 50.0) / 23.0;
        if case.positive { (value.abs() + 0.2) as f32 } else { value as f32 }
    };
    let count = case.shape.iter().product();
    let values = (0..count).map(value).collect();
    assert_eq!(model.input.volume() * images, count);
    let batch = Batch { images, shape: model.input, values, indices: (0..images).collect() };
    let values = reference::evaluate(&model.graph, &model.weights, &batch);
    Ok(values.of(model.graph.output().unwrap()).to_vec())
}

fn differ(found: &[f32], expected: &[f64]) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!("{} values, expected {}", found.len(), expected.len()));
    }
    let pairs = found.iter().map(|&value| f64::from(value)).zip(expected.iter().copied());
    let far = |(found, expected): &(f64, f64)| {
        let error = (found - expected).abs();
        error.is_nan() || error > CLOSE * expected.abs().max(1.0)
    };
    let index = pairs.clone().position(|pair| far(&pair))?;
    let (found, expected) = (found[index], expected[index]);
    Some(format!("value {index} is {found}, expected {expected}"))
}

#[test]
fn operators_compute_what_onnx_defines() {
    let cases = cases();
    assert!(cases.len() > 250, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for (name, case) in &cases {
        match output(case) {
            Err(problem) => wrong.push(format!("{name}: {problem}")),
            Ok(found) => {
                wrong
                    .extend(differ(&found, &case.output).map(|reason| format!("{name}: {reason}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// One value that is off is noticed.
#[test]
fn other_outputs_are_noticed() {
    for name in ["resize_linear_half_pixel_up", "conv_transpose_stride", "fold_unary_Exp"] {
        let case = cases().remove(name).unwrap();
        let found = output(&case).unwrap();
        assert!(differ(&found, &case.output).is_none(), "{name}");
        let mut other = case.output.clone();
        let last = other.len() - 1;
        other[last] += 1e-3;
        assert!(differ(&found, &other).is_some(), "{name}");
    }
}

/// Changed bytes anywhere in any of the models: an error or another network, never a panic, and no long
/// computation.
#[test]
fn damaged_models_never_panic() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut read = 0;
    for case in cases().values() {
        let bytes = BASE64_STANDARD.decode(&case.model).unwrap();
        for _ in 0..40 {
            let mut damaged = bytes.clone();
            for _ in 0..random.random_range(1..4) {
                let place = random.random_range(0..damaged.len());
                damaged[place] = match random.random_range(0..4) {
                    0 => 0xff,
                    1 => 0x7f,
                    2 => 0,
                    _ => random.random_range(0..=255),
                };
            }
            read += u32::from(onnx::parse(&damaged, Path::new(".")).is_ok());
        }
    }
    assert!(read > 1000, "only {read} were read");
}
