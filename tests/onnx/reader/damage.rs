//! Damaged files are errors or other networks, never a panic.

use std::path::Path;

use untrained::graph::Op;
use untrained::graph::cost::Cost;
use untrained::onnx;

use super::model::{Builder, float, int, ints, tensor, text, wholes};
use super::support::fixtures;

/// Positions at which a real model is cut.
const CUT_STEP: usize = 97;

/// A small model with one of everything that takes numbers from the file.
fn model() -> Builder {
    let mut model = Builder::new(20, [0, 2, 6, 6]).counting("w", &[4, 1, 3, 3]);
    for name in ["s", "b", "m", "v"] {
        model = model.reals(name, &[4], &[1.0, 2.0, 3.0, 4.0]);
    }
    let geometry = [
        ints("kernel_shape", &[3, 3]),
        ints("pads", &[1, 1, 1, 1]),
        ints("strides", &[1, 1]),
        int("group", 2),
    ];
    let pads = tensor("value", wholes("", &[0, 0, 0, 0, 0, 0, 1, 1]));
    model
        .node("Conv", "x w", "c", &geometry)
        .node("BatchNormalization", "c s b m v", "n", &[float("epsilon", 1e-5)])
        .node("Relu", "n", "r", &[])
        .node("Constant", "", "pads", &[pads])
        .node("Pad", "r pads", "p", &[])
        .wholes("starts", &[0, 1, 1])
        .wholes("ends", &[3, i64::MAX, i64::MAX])
        .wholes("axes", &[1, 2, 3])
        .node("Slice", "p starts ends axes", "l", &[])
        .reals("zero", &[], &[0.0])
        .reals("six", &[], &[6.0])
        .node("Clip", "l zero six", "k", &[])
        .node("Resize", "k _ times", "z", &[text("mode", "nearest")])
        .reals("times", &[4], &[1.0, 1.0, 2.0, 1.0])
        .node("GlobalAveragePool", "z", "a", &[])
        .node("HardSigmoid", "a", "h", &[float("alpha", 0.25)])
        .node("Mul", "z h", "o", &[])
        .node("Div", "o root", "i", &[])
        .reals("root", &[], &[std::f32::consts::SQRT_2])
        .node("Erf", "i", "e", &[])
        .node("Add", "e one", "j", &[])
        .reals("one", &[], &[1.0])
        .node("Mul", "o j", "t", &[])
        .node("Mul", "t half", "u", &[])
        .reals("half", &[], &[0.5])
        .node("MaxPool", "u", "q", &[ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .node("Shape", "q", "shape", &[int("end", 1)])
        .wholes("rest", &[-1])
        .node("Concat", "shape rest", "target", &[int("axis", 0)])
        .node("Reshape", "q target", "f", &[])
        .counting("g", &[2, 54])
        .node("Gemm", "f g", "y", &[int("transB", 1)])
}

/// A small transformer: one of everything that has to do with tokens.
fn transformer() -> Builder {
    let mut model = Builder::new(17, [0, 2, 2, 2]).reals("token", &[1, 1, 2], &[1., 2.]);
    model = model.counting("positions", &[1, 5, 2]).reals("gain", &[2], &[2., 3.]);
    model = model.counting("w", &[2, 6]).reals("scale", &[], &[0.5]).counting("v", &[1, 2]);
    for (name, values) in [
        ("flat", &[0, 2, -1][..]),
        ("ones", &[1, 1]),
        ("zero", &[0]),
        ("apart", &[-1, 5, 3, 2, 1]),
        ("axis", &[0]),
        ("joined", &[-1, 2]),
        ("back", &[5, -1, 1]),
    ] {
        model = model.wholes(name, values);
    }
    model = model
        .node("Reshape", "x flat", "f", &[])
        .node("Transpose", "f", "t", &[ints("perm", &[0, 2, 1])])
        .node("Shape", "x", "s", &[])
        .node("Gather", "s zero", "n", &[int("axis", 0)])
        .node("Concat", "n ones", "e", &[int("axis", 0)])
        .node("Expand", "token e", "c", &[])
        .node("Concat", "c t", "j", &[int("axis", 1)])
        .node("Add", "j positions", "p", &[])
        .node("LayerNormalization", "p gain", "l", &[float("epsilon", 1e-5), int("axis", -1)])
        .node("MatMul", "l w", "m", &[])
        .node("Reshape", "m apart", "h", &[])
        .node("Transpose", "h", "h2", &[ints("perm", &[2, 0, 3, 1, 4])])
        .node("Split", "h2", "q", &[int("axis", 0)]);
    let last = model.graph().node.len() - 1;
    model.graph().node[last].output = ["q", "k", "u"].map(str::to_owned).to_vec();
    model
        .node("Squeeze", "q axis", "q1", &[])
        .node("Gather", "k zero", "k1", &[int("axis", 0)])
        .node("Transpose", "k1", "k2", &[ints("perm", &[0, 1, 2, 4, 3])])
        .node("Unsqueeze", "q1 axis", "q2", &[])
        .node("MatMul", "q2 k2", "a", &[])
        .node("Mul", "a scale", "a2", &[])
        .node("Softmax", "a2", "a3", &[int("axis", -1)])
        .node("MatMul", "a3 u", "o", &[])
        .node("Transpose", "o", "o2", &[ints("perm", &[3, 1, 2, 0, 4])])
        .node("Reshape", "o2 joined", "o3", &[])
        .node("Gemm", "o3 v", "g", &[int("transB", 1)])
        .node("Reshape", "g back", "b", &[])
        .node("Relu", "b", "r", &[])
        .node("ReduceMean", "r", "y", &[ints("axes", &[0]), int("keepdims", 0)])
}

/// Whether the bytes can be read; what can be read can be counted as well.
fn read(bytes: &[u8]) -> bool {
    match onnx::parse(bytes, Path::new(".")) {
        Ok(model) => Cost::of(&model.graph).units > 0 || !model.graph.nodes().is_empty(),
        Err(problem) => {
            assert!(!problem.to_string().is_empty());
            false
        }
    }
}

#[test]
fn the_whole_model_is_read() {
    assert!(read(&model().bytes()));
    assert_eq!(model().read().unwrap().graph.nodes().len(), 16);
    let products = transformer().ops().into_iter().filter(|op| *op == Op::MatMul).count();
    assert_eq!(products, 2);
}

#[test]
fn files_cut_short() {
    for bytes in [model().bytes(), transformer().bytes()] {
        let whole = (0..bytes.len()).filter(|&length| read(&bytes[..length])).count();
        // The operator set comes last, so no part of the file is a model.
        assert_eq!(whole, 0);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nats-size-0/model.onnx");
    let bytes = std::fs::read(path).unwrap();
    assert!(read(&bytes));
    let cuts = (0..bytes.len()).step_by(CUT_STEP);
    assert_eq!(cuts.filter(|&length| read(&bytes[..length])).count(), 0);
}

/// Exported networks of many families, cut short and with single bytes changed.
#[test]
fn damaged_networks_of_many_families() {
    let fixtures = fixtures::families();
    assert!(!fixtures.is_empty());
    let (mut refused, mut changed) = (0, 0);
    for fixture in fixtures {
        let bytes = std::fs::read(&fixture.model).unwrap();
        assert!(read(&bytes), "{}", fixture.name);
        for position in (0..bytes.len()).step_by(CUT_STEP) {
            assert!(!read(&bytes[..position]), "{} cut at {position}", fixture.name);
            for value in [0x00, 0x7f, 0xff] {
                let mut other = bytes.clone();
                other[position] = value;
                changed += 1;
                refused += usize::from(!read(&other));
            }
        }
    }
    println!("{refused} of {changed} models with a changed byte are refused");
    assert!(refused > 0 && refused < changed);
}

#[test]
fn flipped_bits() {
    flip(&model().bytes());
    flip(&transformer().bytes());
}

fn flip(bytes: &[u8]) {
    let mut changed = bytes.to_vec();
    let mut read_still = 0;
    for position in 0..bytes.len() {
        for bit in 0..8 {
            changed[position] ^= 1 << bit;
            read_still += usize::from(read(&changed));
            changed[position] = bytes[position];
        }
    }
    let all = 8 * bytes.len();
    println!("{read_still} of {all} models with a flipped bit can be read");
    assert!(read_still > 0 && read_still < all);
}

#[test]
fn bytes_replaced_by_extremes() {
    replace(&model().bytes());
    replace(&transformer().bytes());
}

fn replace(bytes: &[u8]) {
    for value in [0x00, 0x7f, 0x80, 0xff] {
        for position in 0..bytes.len() {
            for length in [1, 2, 9] {
                let mut changed = bytes.to_vec();
                let end = (position + length).min(bytes.len());
                changed[position..end].fill(value);
                read(&changed);
            }
        }
    }
}
