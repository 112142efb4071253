//! Values of every type and form, and operators whose results another implementation computed.

use untrained::graph::NodeId;
use untrained::onnx::proto::{DataType, TensorProto};

use super::model::{Builder, int, ints, text};

/// The weights of a convolution over two channels as the reader sees them.
fn read(data: TensorProto) -> Vec<f32> {
    let data = TensorProto { name: "w".to_owned(), dims: vec![1, 2, 1, 1], ..data };
    let model = Builder::new(13, [1, 2, 1, 1]).tensor(data).node("Conv", "x w", "y", &[]);
    let read = model.read().unwrap_or_else(|problem| panic!("{problem}"));
    read.weights.get(NodeId(1)).unwrap().weight.clone()
}

fn raw(kind: DataType, bytes: &[u8]) -> TensorProto {
    let raw_data = Some(bytes.to_vec());
    TensorProto { data_type: kind as i32, raw_data, ..TensorProto::default() }
}

#[test]
fn real_values_of_every_type() {
    let values = [1.5_f32, -2.0];
    let doubles = values.map(f64::from);
    let of = |kind: DataType| TensorProto { data_type: kind as i32, ..TensorProto::default() };
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let double_bytes: Vec<u8> = doubles.iter().flat_map(|value| value.to_le_bytes()).collect();
    for tensor in [
        raw(DataType::Float, &bytes),
        raw(DataType::Double, &double_bytes),
        raw(DataType::Float16, &[0x00, 0x3e, 0x00, 0xc0]),
        raw(DataType::Bfloat16, &[0xc0, 0x3f, 0x00, 0xc0]),
        TensorProto { float_data: values.to_vec(), ..of(DataType::Float) },
        TensorProto { double_data: doubles.to_vec(), ..of(DataType::Double) },
        TensorProto { int32_data: vec![0x3e00, 0xc000], ..of(DataType::Float16) },
        TensorProto { int32_data: vec![0x3fc0, 0xc000], ..of(DataType::Bfloat16) },
    ] {
        assert_eq!(read(tensor), values);
    }
}

#[test]
fn whole_values_of_every_type() {
    let of = |kind: DataType| TensorProto { data_type: kind as i32, ..TensorProto::default() };
    let longs: Vec<u8> = [1_i64, 4].iter().flat_map(|value| value.to_le_bytes()).collect();
    for shape in [
        raw(DataType::Int64, &longs),
        raw(DataType::Int32, &[1, 0, 0, 0, 4, 0, 0, 0]),
        TensorProto { int32_data: vec![1, 4], ..of(DataType::Int32) },
        TensorProto { int64_data: vec![1, 4], ..of(DataType::Int64) },
    ] {
        let shape = TensorProto { name: "s".to_owned(), dims: vec![2], ..shape };
        let model = Builder::new(13, [1, 1, 2, 2]).tensor(shape);
        assert_eq!(model.node("Reshape", "x s", "y", &[]).ops().len(), 1);
    }
    let flags = raw(DataType::Bool, &[0]);
    let flags = TensorProto { name: "off".to_owned(), dims: vec![1], ..flags };
    let model = Builder::new(13, [1, 1, 2, 2]).tensor(flags).reals("r", &[], &[0.5]);
    model.node("Dropout", "x r off", "y", &[]).read().unwrap();
}

#[test]
fn values_that_do_not_fit_their_shape() {
    let problem = |tensor: TensorProto| {
        let tensor = TensorProto { name: "bad".to_owned(), ..tensor };
        let model = Builder::new(13, [1, 2, 1, 1]).tensor(tensor).node("Relu", "x", "y", &[]);
        let message = model.problem().to_string();
        assert!(message.contains("`bad`"), "{message}");
        message
    };
    let floats = TensorProto {
        data_type: DataType::Float as i32,
        float_data: vec![1.0],
        ..TensorProto::default()
    };
    let shaped = |dims: &[i64]| TensorProto { dims: dims.to_vec(), ..floats.clone() };
    assert!(problem(shaped(&[3])).contains("needs 3 values, has 1"));
    assert!(problem(shaped(&[-1])).contains("impossible shape"));
    assert!(problem(shaped(&[i64::MAX, i64::MAX])).contains("impossible shape"));
    assert!(problem(shaped(&[i64::MAX])).contains("impossible shape"));
    assert!(problem(shaped(&[1; 40])).contains("40 axes"));
    let bytes = TensorProto { dims: vec![2], ..raw(DataType::Float, &[0; 7]) };
    assert!(problem(bytes).contains("needs 8 bytes, has 7"));
    let text = TensorProto { data_type: 8, ..TensorProto::default() };
    assert!(problem(text).contains("type number 8"));
}

/// The expected values were computed with ONNX Runtime 1.32 (CPU) from images that count 1, 2, 3...
#[test]
fn results_of_another_implementation() {
    let pair = |name: &str, values: [i64; 2]| ints(name, &values);
    let conv = |shape, weight: [i64; 4], attributes: &[_]| {
        Builder::new(13, shape).counting("w", &weight).node("Conv", "x w", "y", attributes)
    };
    let same = [text("auto_pad", "SAME_UPPER"), pair("strides", [2, 2])];
    let same = conv([1, 1, 3, 4], [2, 1, 2, 2], &same);
    assert_eq!(same.output(), [30., 42., 10., 12., 86., 130., 86., 104.]);
    let lower = conv([1, 1, 3, 3], [1, 1, 2, 2], &[text("auto_pad", "SAME_LOWER")]);
    assert_eq!(lower.output(), [3., 8., 13., 13., 25., 31., 25., 43., 49.]);
    let grouped = [
        pair("dilations", [1, 2]),
        int("group", 2),
        ints("pads", &[0, 1, 1, 0]),
        pair("strides", [2, 1]),
    ];
    let grouped = conv([1, 2, 3, 4], [2, 1, 2, 2], &grouped);
    let expected = [20., 34., 40., 10., 11., 12., 196., 362., 384., 110., 199., 208.];
    assert_eq!(grouped.output(), expected);
    let pool = |operator, attributes: &[_]| {
        Builder::new(13, [1, 1, 3, 4]).node(operator, "x", "y", attributes).output()
    };
    let geometry =
        [pair("kernel_shape", [2, 3]), pair("strides", [2, 2]), ints("pads", &[1, 1, 0, 1])];
    assert_eq!(pool("MaxPool", &geometry), [2., 4., 10., 12.]);
    let geometry =
        [pair("kernel_shape", [2, 2]), pair("strides", [2, 2]), ints("pads", &[1, 1, 1, 1])];
    assert_eq!(pool("AveragePool", &geometry), [1., 2.5, 4., 7., 8.5, 10.]);
    let counting = [&geometry[..], &[int("count_include_pad", 1)]].concat();
    assert_eq!(pool("AveragePool", &counting), [0.25, 1.25, 1., 3.5, 8.5, 5.]);
    let ceil = |operator: &str, shape, kernel, stride, pad: i64| {
        let attributes = [
            pair("kernel_shape", [kernel; 2]),
            pair("strides", [stride; 2]),
            ints("pads", &[pad; 4]),
            int("ceil_mode", 1),
        ];
        Builder::new(19, shape).node(operator, "x", "y", &attributes).output()
    };
    let square = [1, 1, 4, 4];
    assert_eq!(ceil("MaxPool", square, 3, 2, 0), [11., 12., 15., 16.]);
    let padded = [6., 8., 8., 14., 16., 16., 14., 16., 16.];
    assert_eq!(ceil("MaxPool", square, 3, 2, 1), padded);
    assert_eq!(ceil("AveragePool", square, 3, 2, 0), [6., 7.5, 12., 13.5]);
    let padded = [3.5, 5., 6., 9.5, 11., 12., 13.5, 15., 16.];
    assert_eq!(ceil("AveragePool", square, 3, 2, 1), padded);
    assert_eq!(ceil("MaxPool", [1, 1, 3, 4], 2, 3, 0), [6., 8.]);
    let slice = Builder::new(13, [1, 2, 4, 4]).wholes("s", &[-1, 0, 1]).wholes("e", &[9, -1, 9]);
    let slice = slice.wholes("a", &[1, 2, 3]).wholes("t", &[1, 2, 2]);
    assert_eq!(slice.node("Slice", "x s e a t", "y", &[]).output(), [18., 20., 26., 28.]);
    let pad = Builder::new(13, [1, 1, 2, 3]).wholes("p", &[0, 0, 1, -1, 0, 0, -1, 1]);
    assert_eq!(pad.node("Pad", "x p", "y", &[]).output(), [0., 0., 0., 2., 3., 0.]);
}
