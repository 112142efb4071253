//! Windows, pooling and changes of shape.

use untrained::graph::{Activation, Op, Padding, Pool, PoolKind, Window};
use untrained::onnx::proto::AttributeProto;

use super::model::{Builder, float, int, ints, text, value, wholes};

fn window(top: isize, left: isize, size: [usize; 2], stride: [usize; 2]) -> Op {
    Op::Window(Window { top, left, height: size[0], width: size[1], stride })
}

/// `Slice` of `[1, 3, 4, 5]` with the given starts, ends, axes and steps.
fn slice(starts: &[i64], ends: &[i64], axes: &[i64], steps: &[i64]) -> Builder {
    let model = Builder::new(13, [1, 3, 4, 5]).wholes("starts", starts).wholes("ends", ends);
    let model = model.wholes("axes", axes).wholes("steps", steps);
    model.node("Slice", "x starts ends axes steps", "y", &[])
}

#[test]
fn slices_cut_channels_rows_and_columns() {
    const END: i64 = i64::MAX;
    assert_eq!(slice(&[1], &[3], &[1], &[1]).ops(), [Op::ChannelSlice { start: 1, len: 2 }]);
    assert_eq!(slice(&[-1], &[END], &[-3], &[1]).ops(), [Op::ChannelSlice { start: 2, len: 1 }]);
    assert_eq!(slice(&[1, 1], &[END, END], &[2, 3], &[1, 1]).ops(), [window(1, 1, [3, 4], [1, 1])]);
    assert_eq!(slice(&[0, 1], &[END, -1], &[2, 3], &[3, 2]).ops(), [window(0, 1, [2, 2], [3, 2])]);
    let chain = slice(&[0, 0, 3], &[2, END, END], &[1, 2, 3], &[1, 2, 1]);
    let expected = [Op::ChannelSlice { start: 0, len: 2 }, window(0, 3, [2, 2], [2, 1])];
    assert_eq!(chain.ops(), expected);
    // Channels 0 and 1, rows 0 and 2, columns 3 and 4 of 1..=60.
    assert_eq!(chain.output(), [4., 5., 14., 15., 24., 25., 34., 35.]);
    let nothing = slice(&[0, 0], &[END, 4], &[0, 2], &[1, 1]);
    assert_eq!(
        nothing.clone().node("Relu", "y", "z", &[]).ops(),
        [Op::Activation(Activation::RELU)]
    );
}

#[test]
fn slices_before_operator_set_10_have_attributes() {
    let attributes =
        [ints("starts", &[1, -2]), ints("ends", &[2, i64::MAX]), ints("axes", &[1, 3])];
    let model = Builder::new(9, [1, 3, 4, 5]).node("Slice", "x", "y", &attributes);
    assert_eq!(model.ops(), [Op::ChannelSlice { start: 1, len: 1 }, window(0, 3, [4, 2], [1, 1])]);
    let no_axes = Builder::new(9, [1, 3, 4, 5]);
    let no_axes =
        no_axes.node("Slice", "x", "y", &[ints("starts", &[0, 1]), ints("ends", &[1, 3])]);
    assert_eq!(no_axes.ops(), [Op::ChannelSlice { start: 1, len: 2 }]);
    let new = Builder::new(10, [1, 3, 4, 5]);
    new.node("Slice", "x", "y", &attributes).fails_at("y", "starts");
}

#[test]
fn slices_backwards_and_what_is_refused() {
    let channels = slice(&[0], &[3], &[1], &[2]).output();
    assert_eq!((channels[0], channels[20], channels.len()), (1., 41., 40));
    let backwards = slice(&[-1], &[i64::MIN], &[3], &[-1]).output();
    assert_eq!(backwards[..6], [5., 4., 3., 2., 1., 10.]);
    slice(&[0], &[4], &[2], &[0]).fails_at("y", "step of 0");
    for (start, end) in [(1, 6), (0, 5), (-2, 6)] {
        let batch = Builder::new(13, [6, 3, 4, 5]).wholes("s", &[start]).wholes("e", &[end]);
        batch.node("Slice", "x s e", "y", &[]).fails_at("y", "part of the batch");
    }
    slice(&[2], &[2], &[2], &[1]).fails_at("y", "is empty");
    slice(&[0], &[1], &[4], &[1]).fails_at("y", "axis 4");
    slice(&[0, 0], &[1, 1], &[2, -2], &[1, 1]).fails_at("y", "twice");
    slice(&[0, 0], &[1, 1], &[2], &[1]).fails_at("y", "length");
    let moving = Builder::new(13, [1, 3, 4, 5]).wholes("ends", &[1]).node("Flatten", "x", "f", &[]);
    moving.node("Slice", "x f ends", "y", &[]).fails_at("y", "depends on the images");
}

#[test]
fn pads_add_and_crop_zeros() {
    let shifted = window(-1, 0, [4, 4], [1, 1]);
    let input = Builder::new(13, [1, 3, 4, 5]).wholes("p", &[0, 0, 1, 0, 0, 0, -1, -1]);
    assert_eq!(input.node("Pad", "x p", "y", &[]).ops(), [shifted]);
    let attributes = [ints("pads", &[0, 0, 1, 0, 0, 0, -1, -1]), text("mode", "constant")];
    let old = Builder::new(10, [1, 3, 4, 5]).node("Pad", "x", "y", &attributes);
    assert_eq!(old.ops(), [shifted]);
    let axes = Builder::new(18, [1, 3, 4, 5]).wholes("p", &[0, 1, -1, -1]).wholes("a", &[-1, 2]);
    let axes = axes.reals("zero", &[], &[0.0]).node("Pad", "x p zero a", "y", &[]);
    assert_eq!(axes.ops(), [shifted]);
    let nothing = Builder::new(13, [1, 3, 4, 5]).wholes("p", &[0; 8]);
    assert_eq!(nothing.node("Pad", "x p", "y", &[]).node("Relu", "y", "z", &[]).ops().len(), 1);
    let small = Builder::new(13, [1, 1, 2, 2]).wholes("p", &[0, 0, 0, 1, 0, 0, 1, -1]);
    assert_eq!(small.node("Pad", "x p", "y", &[]).output(), [0., 1., 0., 3., 0., 0.]);
}

#[test]
fn pads_of_other_values_and_axes() {
    let pad = |pads: &[i64], attributes: &[AttributeProto]| {
        let model = Builder::new(13, [1, 3, 4, 5]).wholes("p", pads).reals("v", &[], &[1.0]);
        model.node("Pad", "x p", "y", attributes)
    };
    pad(&[0; 8], &[text("mode", "mirror")]).fails_at("y", "reflect");
    let channels = pad(&[0, 1, 0, 0, 0, 0, 0, 0], &[]).output();
    assert_eq!((channels[19], channels[20], channels.len()), (0., 1., 80));
    let free = Builder::new(13, [0, 3, 4, 5]).wholes("p", &[1, 0, 0, 0, 0, 0, 0, 0]);
    free.node("Pad", "x p", "y", &[]).fails_at("y", "pads the batch");
    let row = |mode: &str| {
        let model = Builder::new(13, [1, 1, 1, 3]).wholes("p", &[0, 0, 0, 2, 0, 0, 0, 2]);
        model.node("Pad", "x p", "y", &[text("mode", mode)]).output()
    };
    assert_eq!(row("reflect"), [3., 2., 1., 2., 3., 2., 1.]);
    assert_eq!(row("edge"), [1., 1., 1., 2., 3., 3., 3.]);
    assert_eq!(row("wrap"), [2., 3., 1., 2., 3., 1., 2.]);
    pad(&[0; 6], &[]).fails_at("y", "6 paddings for 4 axes");
    pad(&[0, 0, -4, 0, 0, 0, 0, 0], &[]).fails_at("y", "padded size");
    pad(&[0, 0, i64::MAX, 0, 0, 0, i64::MAX, 0], &[]).fails_at("y", "too large");
    let value = Builder::new(13, [1, 1, 1, 2]).wholes("p", &[0, 0, 1, 0, 0, 0, 0, 1]);
    let value = value.reals("v", &[], &[9.0]).node("Pad", "x p v", "y", &[]);
    assert_eq!(value.output(), [9., 9., 9., 1., 2., 9.]);
    let old = Builder::new(9, [1, 1, 1, 2]);
    let attributes = [ints("pads", &[0, 0, 0, 1, 0, 0, 0, 0]), float("value", 2.0)];
    assert_eq!(old.node("Pad", "x", "y", &attributes).output(), [2., 1., 2.]);
}

fn pool(operator: &str, attributes: &[AttributeProto]) -> Builder {
    Builder::new(19, [1, 1, 5, 5]).node(operator, "x", "y", attributes)
}

#[test]
fn pools_take_every_geometry() {
    let geometry =
        [ints("kernel_shape", &[3, 2]), ints("strides", &[2, 1]), ints("pads", &[1, 0, 2, 1])];
    let expected = |kind| {
        let padding = Padding { top: 1, left: 0, bottom: 2, right: 1 };
        [Op::Pool(Pool { kind, kernel: [3, 2], stride: [2, 1], padding })]
    };
    assert_eq!(pool("MaxPool", &geometry).ops(), expected(PoolKind::Max));
    let average = |count_padding| PoolKind::Average { count_padding };
    assert_eq!(pool("AveragePool", &geometry).ops(), expected(average(false)));
    for (flag, count_padding) in [(0, false), (1, true)] {
        let attributes = [&geometry[..], &[int("count_include_pad", flag)]].concat();
        assert_eq!(pool("AveragePool", &attributes).ops(), expected(average(count_padding)));
    }
}

#[test]
fn pools_round_up() {
    let kernel = ints("kernel_shape", &[3, 3]);
    let ceil = int("ceil_mode", 1);
    let exact = pool("MaxPool", &[kernel.clone(), ints("strides", &[2, 2]), ceil.clone()]);
    assert_eq!(exact.output(), [13., 15., 23., 25.]);
    let other = ints("kernel_shape", &[2, 2]);
    let attributes = [other, ints("strides", &[2, 2]), ceil];
    for operator in ["MaxPool", "AveragePool"] {
        let [Op::Pool(pool)] = pool(operator, &attributes).ops()[..] else { panic!() };
        assert_eq!(pool.padding, Padding { bottom: 1, right: 1, ..Padding::default() });
    }
    let counting = [&attributes[..], &[int("count_include_pad", 1)]].concat();
    // What the last window reaches beyond the image does not count.
    let means = [4., 6., 7.5, 14., 16., 17.5, 21.5, 23.5, 25.];
    assert_eq!(pool("AveragePool", &counting).output(), means);
    let gaps = pool("MaxPool", &[kernel.clone(), ints("dilations", &[2, 2])]);
    assert_eq!(gaps.output(), [25.]);
    let gaps = [ints("kernel_shape", &[2, 2]), ints("dilations", &[2, 2]), ints("pads", &[1; 4])];
    let [first, second] = [0, 1].map(|at| pool("MaxPool", &gaps).output()[at]);
    assert_eq!((first, second), (7., 8.));
    let dilated = [kernel.clone(), ints("dilations", &[2, 2])];
    pool("AveragePool", &dilated).fails_at("y", "dilation");
    pool("MaxPool", &[]).fails_at("y", "kernel_shape is missing");
    pool("MaxPool", &[kernel, ints("pads", &[3, 0, 0, 0])]).fails_at("y", "past the window");
    pool("GlobalAveragePool", &[int("axis", 1)]).fails_at("y", "supported: none");
}

#[test]
fn means_over_images() {
    let mean = [Op::GlobalAvgPool];
    let global = Builder::new(9, [1, 2, 2, 2]).node("GlobalAveragePool", "x", "y", &[]);
    assert_eq!((&global.ops()[..], global.output()), (&mean[..], vec![2.5, 6.5]));
    let axes = |axes: &[i64]| Builder::new(18, [1, 2, 2, 2]).wholes("a", axes);
    for model in [
        Builder::new(17, [1, 2, 2, 2]).node("ReduceMean", "x", "y", &[ints("axes", &[-1, 2])]),
        axes(&[2, 3]).node("ReduceMean", "x a", "y", &[int("noop_with_empty_axes", 0)]),
        axes(&[3, -2]).node("ReduceMean", "x a", "y", &[int("keepdims", 0)]),
    ] {
        assert_eq!((&model.ops()[..], model.output()), (&mean[..], vec![2.5, 6.5]));
    }
    let vectors = axes(&[2, 3]).node("ReduceMean", "x a", "m", &[int("keepdims", 0)]);
    vectors.reals("w", &[2, 1], &[1., 1.]).node("MatMul", "m w", "y", &[]).read().unwrap();
    let images = axes(&[2, 3]).node("ReduceMean", "x a", "m", &[]);
    images
        .reals("w", &[2, 1], &[1., 1.])
        .node("MatMul", "m w", "y", &[])
        .fails_at("y", "was given 1");
    assert_eq!(axes(&[1, 2, 3]).node("ReduceMean", "x a", "y", &[]).output(), [4.5]);
    assert_eq!(axes(&[1]).node("ReduceMean", "x a", "y", &[]).output(), [3., 4., 5., 6.]);
    let batch = Builder::new(18, [2, 2, 2, 2]).wholes("a", &[0, 1]);
    batch.node("ReduceMean", "x a", "y", &[]).fails_at("y", "axes of one image");
    axes(&[2, 2]).node("ReduceMean", "x a", "y", &[]).fails_at("y", "twice");
    assert_eq!(axes(&[]).node("ReduceMean", "x", "y", &[]).output(), [4.5]);
    let free = Builder::new(18, [0, 2, 2, 2]);
    free.node("ReduceMean", "x", "y", &[]).fails_at("y", "axes of one image");
}

#[test]
fn flattening() {
    let model = Builder::new(13, [1, 2, 2, 2]);
    assert_eq!(model.clone().node("Flatten", "x", "y", &[]).ops(), [Op::Flatten]);
    assert_eq!(model.clone().node("Flatten", "x", "y", &[int("axis", -3)]).ops(), [Op::Flatten]);
    for axis in [0, 2, 4] {
        let other = model.clone().node("Flatten", "x", "y", &[int("axis", axis)]);
        assert_eq!(other.output(), (1..=8).map(|value| value as f32).collect::<Vec<_>>());
    }
    model.clone().node("Flatten", "x", "y", &[int("axis", 5)]).fails_at("y", "axis 5");
    let twice = model.node("Flatten", "x", "f", &[]).node("Flatten", "f", "y", &[]);
    assert_eq!(twice.ops(), [Op::Flatten]);
}

#[test]
fn reshapes_to_vectors_and_back() {
    let reshape = |batch: i64, shape: &[i64]| {
        Builder::new(13, [batch, 3, 2, 2]).wholes("s", shape).node("Reshape", "x s", "y", &[])
    };
    for shape in [&[0, -1][..], &[-1, 12], &[7, 12], &[7, -1], &[0, 12]] {
        assert_eq!(reshape(7, shape).ops(), [Op::Flatten], "{shape:?}");
    }
    for shape in [&[7, 3, 2, 2][..], &[-1, 3, 2, 2], &[0, 0, 0, 0], &[0, 3, -1, 2]] {
        assert!(reshape(7, shape).node("Relu", "y", "z", &[]).ops().len() == 1, "{shape:?}");
    }
    for shape in [&[-1, -1][..], &[8, 12], &[7, 11], &[7, -1, 5], &[7, 13, 1], &[12, 7], &[]] {
        reshape(7, shape).fails_at("y", "cannot become");
    }
    // Rows of 4 end inside a channel, so the values are put in order first.
    for shape in [&[7, 4, 3][..], &[84], &[0, 3, 4, 1], &[1, 7, 12]] {
        let all: Vec<f32> = (1..=84).map(|value| value as f32).collect();
        assert_eq!(reshape(7, shape).output_for(7), all, "{shape:?}");
    }
    reshape(0, &[7, 12]).fails_at("y", "cannot become");
    assert_eq!(reshape(0, &[0, -1]).ops(), [Op::Flatten]);
    let strict = Builder::new(14, [7, 3, 2, 2]).wholes("s", &[0, -1]);
    strict.node("Reshape", "x s", "y", &[int("allowzero", 1)]).fails_at("y", "cannot become");
    let back = Builder::new(13, [7, 3, 1, 1]).wholes("s", &[-1, 3, 1, 1]);
    let back = back.node("Flatten", "x", "f", &[]).node("Reshape", "f s", "r", &[]);
    let back = back.counting("w", &[1, 3, 1, 1]).node("Conv", "r w", "y", &[]);
    assert_eq!(back.ops().len(), 1);
}

#[test]
fn squeezing_makes_vectors() {
    let pooled = |opset| {
        let model = Builder::new(opset, [1, 2, 2, 2]).reals("w", &[2, 1], &[1., 1.]);
        model.node("GlobalAveragePool", "x", "m", &[])
    };
    let axes = wholes("a", &[3, 2]);
    let input = pooled(13).tensor(axes).node("Squeeze", "m a", "s", &[]);
    assert_eq!(input.node("MatMul", "s w", "y", &[]).output(), [9.0]);
    let attribute = pooled(12).node("Squeeze", "m", "s", &[ints("axes", &[-1, -2])]);
    assert_eq!(attribute.node("MatMul", "s w", "y", &[]).output(), [9.0]);
    assert_eq!(pooled(12).node("Squeeze", "m", "y", &[]).output(), [2.5, 6.5]);
    pooled(12).node("Squeeze", "x", "y", &[ints("axes", &[2, 3])]).fails_at("y", "not all 1");
}

#[test]
fn channels_become_squares_of_pixels() {
    let model = Builder::new(13, [1, 8, 1, 1]);
    let shuffled = |mode: &str| {
        let attributes = [int("blocksize", 2), text("mode", mode)];
        model.clone().node("DepthToSpace", "x", "y", &attributes)
    };
    assert_eq!(shuffled("CRD").output(), [1., 2., 3., 4., 5., 6., 7., 8.]);
    assert_eq!(shuffled("DCR").output(), [1., 3., 5., 7., 2., 4., 6., 8.]);
    shuffled("other").fails_at("y", "DCR and CRD");
    model.node("DepthToSpace", "x", "y", &[int("blocksize", 3)]).fails_at("y", "blocksize of 3");
}

/// The shapes that a file declares are an independent check of what was read.
#[test]
fn declared_shapes_are_compared() {
    let notices = |dims: &[i64]| {
        let mut model = Builder::new(13, [0, 2, 4, 4]).counting("w", &[3, 2, 1, 1]);
        model = model.node("Conv", "x w", "c", &[]).node("Relu", "c", "y", &[]);
        model.graph().value_info = vec![value("c", dims)];
        model.read().unwrap().notices
    };
    for right in [&[0, 3, 4, 4][..], &[0, 0, 0, 0], &[7, 3, 4, 4], &[]] {
        assert!(notices(right).is_empty(), "{right:?}");
    }
    for wrong in [&[0, 3, 4, 5][..], &[0, 3, 16], &[0, 2, 4, 4]] {
        let notices = notices(wrong);
        let told = |notice: &String| notice.contains("`c` is") && notice.contains("declares");
        assert!(notices.iter().any(told), "{wrong:?}: {notices:?}");
    }
}
