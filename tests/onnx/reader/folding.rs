//! Constant folding: computed shapes, paddings and rearranged weights.

use untrained::graph::{Activation, NodeId, Op};
use untrained::onnx::proto::{AttributeProto, DataType, TensorProto};

use super::model::{Builder, float, int, ints, reals, tensor, wholes};

/// A model that uses `w`, once it is there, as the weights of a 1x1 convolution of 6 channels.
fn weighted(opset: i64) -> Builder {
    Builder::new(opset, [0, 6, 2, 2])
}

/// The weights of the convolution that uses `w`.
fn weights(model: Builder) -> Vec<f32> {
    let read = model.node("Conv", "x w", "y", &[]).read().unwrap();
    read.weights.get(NodeId(1)).unwrap().weight.clone()
}

#[test]
fn rearranged_weights() {
    let numbers = |values: &[i32]| values.iter().map(|&v| v as f32).collect::<Vec<f32>>();
    let source = weighted(13).counting("c", &[6, 2]).wholes("s", &[2, 6, 1, 1]);
    let transposed = source.clone().node("Transpose", "c", "t", &[ints("perm", &[1, 0])]);
    let transposed = transposed.node("Reshape", "t s", "w", &[]);
    assert_eq!(weights(transposed), numbers(&[0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]));
    let backwards =
        source.clone().node("Transpose", "c", "t", &[]).node("Reshape", "t s", "w", &[]);
    assert_eq!(weights(backwards)[..3], [0., 2., 4.]);
    let same = source.clone().node("Identity", "c", "i", &[]).node("Reshape", "i s", "w", &[]);
    assert_eq!(weights(same), numbers(&(0..12).collect::<Vec<_>>()));
    let axes = weighted(13).counting("c", &[1, 6]).wholes("a", &[2, -1]);
    assert_eq!(weights(axes.node("Unsqueeze", "c a", "w", &[])), numbers(&[0, 1, 2, 3, 4, 5]));
    let old = weighted(12).counting("c", &[1, 6, 1]);
    let old = old.node("Unsqueeze", "c", "w", &[ints("axes", &[3])]);
    assert_eq!(weights(old), numbers(&[0, 1, 2, 3, 4, 5]));
    let many = weighted(13).counting("c", &[1, 1, 6, 1, 1]).wholes("a", &[0]);
    assert_eq!(weights(many.node("Squeeze", "c a", "w", &[])), numbers(&[0, 1, 2, 3, 4, 5]));
}

#[test]
fn cut_and_joined_weights() {
    let source = weighted(13).counting("c", &[2, 4, 1, 1]).wholes("two", &[2]).wholes("one", &[1]);
    let source = source.wholes("all", &[-9]).wholes("last", &[-1]).wholes("back", &[-1]);
    let joined = source.clone().node("Slice", "c last all one back", "r", &[]);
    let joined = joined.wholes("zero", &[0]).node("Slice", "c zero two one", "h", &[]);
    let joined = joined.node("Concat", "r h", "w", &[int("axis", 1)]);
    assert_eq!(weights(joined), [3., 2., 1., 0., 0., 1., 7., 6., 5., 4., 4., 5.]);
    let picks = source.wholes("p", &[3, -4, 1, 1, 2, 0]);
    let picks = picks.node("Gather", "c p", "w", &[int("axis", 1)]);
    assert_eq!(weights(picks)[..6], [3., 0., 1., 1., 2., 0.]);
    let odd = weighted(13).counting("c", &[6]).counting("d", &[6, 1]);
    odd.node("Concat", "c d", "w", &[int("axis", 0)]).fails_at("w", "do not fit");
    let mixed = weighted(13).counting("c", &[6]).wholes("d", &[6]);
    mixed.node("Concat", "c d", "w", &[int("axis", 0)]).fails_at("w", "mixes");
}

/// PyTorch's exporter writes biases of zero in this way unless it optimises.
#[test]
fn expanded_constants() {
    let source = weighted(13).counting("w", &[6, 6, 1, 1]).wholes("s", &[6]);
    let source = source.reals("zero", &[], &[0.5]).node("CastLike", "zero x", "like", &[]);
    let expanded = source.clone().node("Expand", "like s", "b", &[]);
    let read = expanded.node("Conv", "x w b", "y", &[]).read().unwrap();
    assert_eq!(read.weights.get(NodeId(1)).unwrap().bias, [0.5; 6]);
    let rows = weighted(13).counting("c", &[2, 1]).wholes("s", &[1, 6]);
    let rows = rows.node("Expand", "c s", "r", &[]).wholes("t", &[2, 6, 1, 1]);
    let rows = rows.node("Reshape", "r t", "w", &[]);
    assert_eq!(weights(rows)[4..8], [0., 0., 1., 1.]);
    source
        .clone()
        .wholes("odd", &[-1])
        .node("Expand", "like odd", "b", &[])
        .fails_at("b", "an extent is negative");
    let two = source.reals("two", &[2], &[1., 2.]);
    two.clone().node("Expand", "two s", "b", &[]).fails_at("b", "does not expand to");
    two.node("CastLike", "s x", "b", &[]).fails_at("b", "whole numbers");
}

#[test]
fn arithmetic_broadcasts() {
    let source = weighted(13).reals("a", &[1, 6, 1, 1], &[1., 2., 3., 4., 5., 6.]);
    let source = source.reals("b", &[2, 1, 1, 1], &[1., 2.]).reals("one", &[], &[10.]);
    let product = source.clone().node("Mul", "a b", "w", &[]);
    assert_eq!(weights(product), [1., 2., 3., 4., 5., 6., 2., 4., 6., 8., 10., 12.]);
    assert_eq!(weights(source.clone().node("Sub", "one a", "w", &[]))[..2], [9., 8.]);
    assert_eq!(weights(source.clone().node("Div", "a one", "w", &[]))[..2], [0.1, 0.2]);
    assert_eq!(weights(source.clone().node("Add", "a a", "w", &[]))[..2], [2., 4.]);
    let misfit = source.reals("c", &[5], &[0.; 5]).wholes("i", &[1]);
    misfit.clone().reals("d", &[6], &[0.; 6]).node("Add", "c d", "w", &[]).fails_at("w", "fit");
    misfit.node("Mul", "c i", "w", &[]).fails_at("w", "mixes");
    for (operator, values) in [("Div", [1, 0]), ("Add", [i64::MAX, 1]), ("Sub", [i64::MIN, 1])] {
        let [a, b] = values.map(|value| [value]);
        let model = weighted(13).wholes("a", &a).wholes("b", &b);
        model.node(operator, "a b", "w", &[]).fails_at("w", "divides by 0 or is too large");
    }
}

fn constant(attribute: AttributeProto) -> Builder {
    weighted(13).node("Constant", "", "c", &[attribute])
}

#[test]
fn constants_of_every_form() {
    let six = [1., 2., 3., 4., 5., 6.];
    let shaped = constant(tensor("value", reals("", &[1, 6, 1, 1], &six)));
    assert_eq!(weights(shaped.node("Identity", "c", "w", &[])), six);
    let scaled = constant(float("value_float", 2.0)).reals("d", &[1, 6, 1, 1], &six);
    assert_eq!(weights(scaled.node("Mul", "d c", "w", &[]))[5], 12.0);
    let mut floats = float("value_floats", 0.0);
    (floats.f, floats.floats) = (None, six.to_vec());
    let floats = constant(floats).wholes("s", &[1, 6, 1, 1]).node("Reshape", "c s", "w", &[]);
    assert_eq!(weights(floats), six);
    let shape = constant(ints("value_ints", &[1, 6, 1, 1])).reals("d", &[6], &six);
    assert_eq!(weights(shape.node("Reshape", "d c", "w", &[])), six);
    let index = constant(int("value_int", 1)).counting("d", &[2, 1, 6, 1, 1]);
    assert_eq!(weights(index.node("Gather", "d c", "w", &[]))[0], 6.0);
    let filled = constant(ints("value_ints", &[1, 6, 1, 1]));
    let value = tensor("value", reals("", &[1], &[3.0]));
    assert_eq!(weights(filled.clone().node("ConstantOfShape", "c", "w", &[value])), [3.0; 6]);
    assert_eq!(weights(filled.node("ConstantOfShape", "c", "w", &[])), [0.0; 6]);
    let empty = weighted(13).node("Constant", "", "c", &[]);
    empty.fails_at("c", "has no value");
    constant(ints("sparse_value", &[1])).fails_at("c", "sparse_value");
    let broken = TensorProto { dims: vec![5], ..wholes("", &[1]) };
    constant(tensor("value", broken)).fails_at("c", "needs 5 values, has 1");
}

#[test]
fn casts_between_real_and_whole() {
    let to = |kind: DataType| int("to", kind as i64);
    let model = weighted(13).reals("f", &[4], &[1.0, 6.9, 1.0, 1.0]).counting("d", &[6]);
    let model = model.node("Cast", "f", "s", &[to(DataType::Int64)]);
    assert_eq!(weights(model.node("Reshape", "d s", "w", &[])).len(), 6);
    let back = weighted(13).wholes("i", &[1, 2, 3, 4, 5, 6]).wholes("s", &[1, 6, 1, 1]);
    let back = back.node("Cast", "i", "f", &[to(DataType::Float)]).node("Reshape", "f s", "w", &[]);
    assert_eq!(weights(back)[5], 6.0);
    let unknown = weighted(13).wholes("i", &[1]).node("Cast", "i", "w", &[int("to", 8)]);
    unknown.fails_at("w", "type cast to");
}

/// `x.view(x.size(0), -1)` as exporters write it, for a free and for a fixed batch size.
#[test]
fn shapes_computed_from_the_batch() {
    for batch in [0, 5] {
        let model = Builder::new(13, [batch, 3, 2, 2]).wholes("zero", &[0]).wholes("rest", &[-1]);
        let model = model.node("Shape", "x", "s", &[]).node("Gather", "s zero", "n", &[]);
        let model = model.node("Cast", "n", "i", &[int("to", 7)]);
        let computed = model.clone().node("Concat", "i rest", "t", &[int("axis", 0)]);
        let computed = computed.node("Reshape", "x t", "y", &[]);
        assert_eq!(computed.ops(), [Op::Flatten]);
        assert_eq!(computed.read().unwrap().batch, (batch > 0).then_some(5));
        let all = model.clone().node("Slice", "x zero i", "y", &[]);
        assert_eq!(all.node("Relu", "y", "z", &[]).ops(), [Op::Activation(Activation::RELU)]);
        // 3 channels times 2 rows times 2 columns, from the shape itself.
        let product = model.wholes("axes", &[1, 2, 3]).node("Gather", "s axes", "chw", &[]);
        let product = product.wholes("one", &[1]).wholes("two", &[2]).wholes("three", &[3]);
        let product = product.node("Slice", "chw zero one", "c", &[]);
        let product = product.node("Slice", "chw one two", "h", &[]).node("Mul", "c h", "ch", &[]);
        let product =
            product.node("Slice", "chw two three", "v", &[]).node("Mul", "ch v", "p", &[]);
        let product = product.node("Concat", "i p", "t", &[int("axis", 0)]);
        assert_eq!(product.node("Reshape", "x t", "y", &[]).ops(), [Op::Flatten]);
    }
}

#[test]
fn a_free_batch_size_is_not_a_number() {
    let model = Builder::new(15, [0, 3, 2, 2]).node("Shape", "x", "n", &[int("end", 1)]);
    let one = model.clone().wholes("one", &[1]).wholes("zero", &[0]).wholes("rest", &[-1]);
    let neutral = one.clone().node("Mul", "one n", "a", &[]).node("Add", "a zero", "b", &[]);
    let neutral = neutral.node("Sub", "b zero", "c", &[]).node("Div", "c one", "d", &[]);
    let neutral = neutral.node("Concat", "d rest", "t", &[int("axis", 0)]);
    assert_eq!(neutral.node("Reshape", "x t", "y", &[]).ops(), [Op::Flatten]);
    let twice = one.clone().node("Add", "n n", "a", &[]).wholes("two", &[2]);
    let twice =
        twice.node("Div", "a two", "d", &[]).node("Concat", "d rest", "t", &[int("axis", 0)]);
    assert_eq!(twice.node("Reshape", "x t", "y", &[]).ops(), [Op::Flatten]);
    one.clone().node("Mul", "n n", "y", &[]).fails_at("y", "size of the batch");
    one.clone().node("Equal", "n one", "y", &[]).fails_at("y", "size of the batch");
    one.clone().node("Add", "n one", "y", &[]).fails_at("y", "size of the batch");
    let squared = one.clone().node("Concat", "n n", "m", &[int("axis", 0)]);
    squared.node("ConstantOfShape", "m", "y", &[]).fails_at("y", "size of the batch");
    one.clone().node("Gather", "one n", "y", &[]).fails_at("y", "size of the batch");
    one.node("Slice", "x zero n n", "y", &[]).fails_at("y", "size of the batch");
    let inner = model.wholes("zero", &[0]).wholes("two", &[2]);
    inner.node("Slice", "x zero n two", "y", &[]).fails_at("y", "size of the batch");
}

#[test]
fn shape_of_vectors_and_parts() {
    let model = Builder::new(15, [4, 3, 2, 2]).node("Flatten", "x", "f", &[]);
    let model = model.node("Shape", "f", "s", &[]).node("Reshape", "x s", "y", &[]);
    assert_eq!(model.ops(), [Op::Flatten]);
    let part = Builder::new(15, [4, 6, 2, 2]).counting("d", &[7, 6, 1, 1]);
    let part = part.node("Shape", "x", "s", &[int("start", -3), int("end", -2)]);
    assert_eq!(weights(part.node("Gather", "d s", "w", &[]))[..2], [36., 37.]);
}

#[test]
fn small_files_cannot_ask_for_much() {
    let huge = weighted(13).wholes("s", &[1 << 20, 1 << 20]);
    huge.node("ConstantOfShape", "s", "y", &[]).fails_at("y", "too large to fold");
    let empty = weighted(13).wholes("s", &[1 << 40, 0]);
    empty.node("ConstantOfShape", "s", "y", &[]).fails_at("y", "too large to fold");
    let overflow = weighted(13).wholes("s", &[i64::MAX, i64::MAX, 4]);
    overflow.node("ConstantOfShape", "s", "y", &[]).fails_at("y", "too large to fold");
    let mut doubling = weighted(13).wholes("v0", &[1, 2, 3]);
    for step in 0..60 {
        let inputs = format!("v{step} v{step}");
        doubling = doubling.node("Concat", &inputs, &format!("v{}", step + 1), &[int("axis", 0)]);
    }
    assert!(doubling.problem().to_string().contains("too large to fold"));
    let mut shared = Builder::new(13, [1, 1, 1, 1]).reals("w", &[1 << 17, 1, 1, 1], &[0.; 1 << 17]);
    for step in 0..100 {
        shared = shared.node("Conv", "x w", &format!("y{step}"), &[]);
    }
    assert!(shared.problem().to_string().contains("shared by too many"));
    let mut wide = Builder::new(13, [1, 1 << 10, 1 << 9, 1 << 9]).node("Relu", "x", "r", &[]);
    assert!(wide.read().is_ok());
    wide = wide.node("Concat", "r r", "y", &[int("axis", 1)]);
    wide.fails_at("y", "too large");
    let mut deep = Builder::new(13, [1, 1 << 10, 1 << 9, 1 << 9]);
    for step in 0..64 {
        deep = deep.node("Relu", "x", &format!("y{step}"), &[]);
    }
    assert!(deep.problem().to_string().contains("network is too large"));
}
