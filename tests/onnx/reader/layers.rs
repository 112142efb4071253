//! Layers with weights, and the operators that join them.

use untrained::graph::{Activation, BatchNorm, Conv, Linear, NodeId, Op, Padding, Statistics};
use untrained::onnx::proto::NodeProto;

use super::model::{Builder, float, int, ints, text};

/// A model of one convolution of `[1, 2, 5, 6]` with the given attributes.
fn conv(weight: [i64; 4], attributes: &[untrained::onnx::proto::AttributeProto]) -> Builder {
    Builder::new(13, [1, 2, 5, 6]).counting("w", &weight).node("Conv", "x w", "y", attributes)
}

#[test]
fn conv_takes_every_geometry() {
    let attributes = [
        ints("kernel_shape", &[3, 2]),
        ints("strides", &[2, 1]),
        ints("pads", &[1, 0, 2, 3]),
        ints("dilations", &[1, 2]),
        int("group", 2),
    ];
    let model = conv([4, 1, 3, 2], &attributes);
    let expected = Conv {
        out_channels: 4,
        kernel: [3, 2],
        stride: [2, 1],
        padding: Padding { top: 1, left: 0, bottom: 2, right: 3 },
        dilation: [1, 2],
        groups: 2,
        bias: false,
    };
    assert_eq!(model.ops(), [Op::Conv(expected)]);
    let read = model.read().unwrap();
    let layer = read.weights.get(NodeId(1)).unwrap();
    assert_eq!(layer.weight, (0..24).map(|value| value as f32).collect::<Vec<_>>());
    assert!(layer.bias.is_empty());
}

#[test]
fn conv_pads_automatically() {
    let padding = |mode: &str, stride: i64| {
        let model = conv([1, 2, 2, 4], &[text("auto_pad", mode), ints("strides", &[1, stride])]);
        let [Op::Conv(conv)] = model.ops()[..] else { panic!() };
        let Padding { top, left, bottom, right } = conv.padding;
        [top, left, bottom, right]
    };
    assert_eq!(padding("NOTSET", 1), [0, 0, 0, 0]);
    assert_eq!(padding("VALID", 1), [0, 0, 0, 0]);
    assert_eq!(padding("SAME_UPPER", 1), [0, 1, 1, 2]);
    assert_eq!(padding("SAME_LOWER", 1), [1, 2, 0, 1]);
    assert_eq!(padding("SAME_UPPER", 4), [0, 1, 1, 1]);
    conv([1, 2, 2, 4], &[text("auto_pad", "SAME")]).fails_at("y", "SAME_LOWER");
}

#[test]
fn conv_refuses_what_does_not_fit() {
    conv([1, 2, 3, 3], &[ints("kernel_shape", &[2, 3])]).fails_at("y", "kernel_shape");
    conv([1, 2, 3, 3], &[int("group", 2)]).fails_at("y", "do not fit 2 channels");
    conv([1, 2, 3, 3], &[int("group", 0)]).fails_at("y", "group");
    conv([1, 2, 3, 3], &[ints("pads", &[1, 1])]).fails_at("y", "four numbers");
    conv([1, 2, 3, 3], &[ints("pads", &[-1, 0, 0, 0])]).fails_at("y", "-1");
    conv([1, 2, 3, 3], &[ints("strides", &[1, 1, 1])]).fails_at("y", "two numbers");
    conv([1, 2, 3, 3], &[ints("strides", &[1, i64::MAX])]).fails_at("y", "1048576");
    conv([1, 2, 3, 3], &[ints("dilations", &[1 << 20, 1])]).fails_at("y", "span");
    conv([1, 2, 9, 9], &[]).fails_at("y", "does not fit");
    conv([1, 2, 3, 3], &[int("new_attribute", 1)]).fails_at("y", "new_attribute");
    conv([1, 2, 3, 3], &[int("strides", 1)]).fails_at("y", "strides");
    let flat = Builder::new(13, [1, 2, 5, 6]).counting("w", &[1, 2, 3]);
    flat.node("Conv", "x w", "y", &[]).fails_at("y", "[n, c, l]");
    let bias =
        Builder::new(13, [1, 2, 5, 6]).counting("w", &[1, 2, 3, 3]).reals("b", &[2], &[1., 2.]);
    bias.node("Conv", "x w b", "y", &[]).fails_at("y", "bias");
}

#[test]
fn a_constant_behind_a_layer_is_its_bias() {
    let images = Builder::new(13, [1, 2, 5, 6]).counting("w", &[2, 2, 1, 1]);
    let with_input = images.clone().reals("b", &[2], &[5.0, -7.0]).node("Conv", "x w b", "y", &[]);
    for dims in [&[2, 1, 1][..], &[1, 2, 1, 1]] {
        let added = images.clone().reals("b", dims, &[5.0, -7.0]);
        let added = added.node("Conv", "x w", "c", &[]).node("Add", "b c", "y", &[]);
        assert_eq!(added.ops(), with_input.ops());
        assert_eq!(added.output(), with_input.output());
    }
    let other = images.clone().reals("b", &[1], &[5.0]).node("Conv", "x w", "c", &[]);
    let other = other.node("Add", "c b", "y", &[]);
    let parameter = Op::Parameter(untrained::graph::Shape::new(1, 1, 1));
    assert!(other.ops().contains(&parameter), "{:?}", other.ops());
    let plain = images.clone().node("Conv", "x w", "y", &[]).output();
    let more: Vec<f32> = plain.iter().map(|value| value + 5.0).collect();
    assert_eq!(other.output(), more);
    let twice = images.reals("b", &[2, 1, 1], &[5.0, -7.0]).node("Conv", "x w", "c", &[]);
    let twice = twice.node("Add", "c b", "d", &[]).node("Add", "d c", "y", &[]);
    let sum: Vec<f32> = plain.iter().zip(with_input.output()).map(|(a, b)| a + b).collect();
    assert_eq!(twice.output(), sum);
}

#[test]
fn gemm_and_mat_mul_are_linear() {
    let vectors = Builder::new(13, [1, 3, 1, 1]).node("Flatten", "x", "f", &[]);
    let columns = vectors.clone().reals("w", &[2, 3], &[1., 2., 3., 4., 5., 6.]);
    let rows = vectors.reals("w", &[3, 2], &[1., 4., 2., 5., 3., 6.]);
    let bias = |model: &Builder, dims: &[i64]| model.clone().reals("b", dims, &[100., 200.]);
    let plain = [Op::Linear(Linear { out_features: 2, bias: false })];
    let biased = [Op::Linear(Linear { out_features: 2, bias: true })];
    for (model, op, output) in [
        (columns.clone().node("Gemm", "f w", "y", &[int("transB", 1)]), plain, [14., 32.]),
        (rows.clone().node("Gemm", "f w", "y", &[]), plain, [14., 32.]),
        (rows.clone().node("MatMul", "f w", "y", &[]), plain, [14., 32.]),
        (
            bias(&columns, &[2]).node("Gemm", "f w b", "y", &[int("transB", 1)]),
            biased,
            [114., 232.],
        ),
        (bias(&rows, &[1, 2]).node("Gemm", "f w b", "y", &[]), biased, [114., 232.]),
        (
            bias(&rows, &[2]).node("MatMul", "f w", "m", &[]).node("Add", "m b", "y", &[]),
            biased,
            [114., 232.],
        ),
    ] {
        assert_eq!(model.ops(), op);
        assert_eq!(model.output(), output);
    }
    rows.clone().node("Gemm", "f w", "y", &[float("alpha", 0.5)]).fails_at("y", "alpha");
    rows.clone().node("Gemm", "f w", "y", &[int("transA", 1)]).fails_at("y", "transA");
    rows.clone().node("Gemm", "x w", "y", &[]).fails_at("y", "flatten");
    columns
        .clone()
        .node("MatMul", "f w", "y", &[])
        .fails_at("y", "takes 2 values, but was given 3");
    rows.node("MatMul", "w f", "y", &[]).fails_at("y", "inner axes differ");
    bias(&columns, &[2, 1]).node("Gemm", "f w b", "y", &[int("transB", 1)]).fails_at("y", "[2, 1]");
}

/// A batch normalisation, with as many outputs as `outputs` has names.
fn norm(opset: i64, training: Option<i64>, outputs: &[&str]) -> Builder {
    let mut model = Builder::new(opset, [2, 2, 1, 1]);
    for (name, values) in [("s", [2., 1.]), ("b", [0., 1.]), ("m", [1., 2.]), ("v", [4., 1.])] {
        model = model.reals(name, &[2], &values);
    }
    let mut attributes = vec![float("epsilon", 0.0), float("momentum", 0.9)];
    attributes.extend(training.map(|mode| int("training_mode", mode)));
    let mut model = model.node("BatchNormalization", "x s b m v", "y", &attributes);
    model.graph().node[0].output = outputs.iter().map(|&name| name.to_owned()).collect();
    model
}

#[test]
fn batch_norm_uses_the_right_statistics() {
    let stored = [Op::BatchNorm(BatchNorm { eps: 0.0, statistics: Statistics::Running })];
    let batch = [Op::BatchNorm(BatchNorm { eps: 0.0, statistics: Statistics::Batch })];
    for model in [
        norm(20, None, &["y"]),
        norm(15, Some(0), &["y"]),
        norm(13, None, &["y"]),
        norm(9, None, &["y", ""]),
    ] {
        assert_eq!(model.ops(), stored);
        // Images (1, 2) and (3, 4): (x - mean) / sqrt(variance) * weight + bias.
        assert_eq!(model.output_for(2), [0., 1., 2., 3.]);
    }
    for model in
        [norm(14, Some(1), &["y", "mean", "var"]), norm(9, None, &["y", "a", "b", "c", "d"])]
    {
        assert_eq!(model.ops(), batch);
        assert_eq!(model.output_for(2), [-2., 0., 2., 2.]);
    }
    let layer = norm(20, None, &["y"]).read().unwrap().weights.get(NodeId(1)).unwrap().clone();
    assert_eq!(
        (layer.weight, layer.bias, layer.mean, layer.variance),
        (vec![2., 1.], vec![0., 1.], vec![1., 2.], vec![4., 1.])
    );
}

#[test]
fn batch_norm_refuses_what_does_not_fit() {
    let mut model = norm(20, None, &["y"]);
    model.graph().initializer[0].dims = vec![2, 1];
    model.fails_at("y", "2 values are needed");
    let mut model = norm(20, None, &["y"]);
    model.graph().node[0].attribute[0] = float("epsilon", f32::NAN);
    model.fails_at("y", "epsilon");
    let mut model = norm(14, Some(1), &["y", "mean", "var"]);
    model = model.node("Relu", "mean", "z", &[]);
    model.fails_at("z", "`mean`");
}

#[test]
fn sums_and_concatenations_join() {
    let model = Builder::new(13, [1, 2, 1, 2]).node("Relu", "x", "r", &[]);
    let relu = Op::Activation(Activation::RELU);
    let add = model.clone().node("Add", "x r", "y", &[]);
    assert_eq!((add.ops(), add.output()), (vec![relu, Op::Add], vec![2., 4., 6., 8.]));
    let sum = model.clone().node("Sum", "x r r", "y", &[]);
    assert_eq!((sum.ops(), sum.output()), (vec![relu, Op::Add], vec![3., 6., 9., 12.]));
    assert_eq!(model.clone().node("Sum", "r", "y", &[]).ops(), [relu]);
    for axis in [1, -3] {
        let concat = model.clone().node("Concat", "x r", "y", &[int("axis", axis)]);
        assert_eq!(concat.ops(), [relu, Op::Concat]);
        assert_eq!(concat.output(), [1., 2., 3., 4., 1., 2., 3., 4.]);
    }
    let rows = model.clone().node("Concat", "x r x", "y", &[int("axis", 2)]);
    assert_eq!(rows.output(), [1., 2., 1., 2., 1., 2., 3., 4., 3., 4., 3., 4.]);
    let columns = model.clone().node("Concat", "r x", "y", &[int("axis", -1)]);
    assert_eq!(columns.output(), [1., 2., 1., 2., 3., 4., 3., 4.]);
    model.clone().node("Concat", "x r", "y", &[]).fails_at("y", "axis is missing");
    let mixed = model.node("Flatten", "r", "f", &[]);
    mixed.clone().node("Add", "x f", "y", &[]).fails_at("y", "do not fit");
    mixed.node("Sum", "", "y", &[]).fails_at("y", "is missing");
}

#[test]
fn mul_scales_by_numbers_and_multiplies_tensors() {
    let model = Builder::new(13, [1, 1, 1, 2]).reals("c", &[], &[0.5]).reals("d", &[1], &[0.0]);
    for inputs in ["x c", "c x"] {
        let scaled = model.clone().node("Mul", inputs, "y", &[]);
        assert_eq!((scaled.ops(), scaled.output()), (vec![Op::Scale(0.5)], vec![0.5, 1.0]));
    }
    assert_eq!(model.clone().node("Mul", "x d", "y", &[]).ops(), [Op::Scale(0.0)]);
    let other = model.reals("e", &[2], &[3., 4.]).reals("f", &[], &[f32::INFINITY]);
    assert_eq!(other.clone().node("Mul", "e x", "y", &[]).output(), [3., 8.]);
    assert_eq!(other.clone().node("Div", "x e", "y", &[]).output(), [1. / 3., 0.5]);
    assert_eq!(other.clone().node("Mul", "x x", "y", &[]).output(), [1., 4.]);
    other.clone().node("Mul", "x f", "y", &[]).fails_at("y", "finite numbers");
    other.clone().node("Div", "x d", "y", &[]).fails_at("y", "finite numbers");
    assert_eq!(other.node("Div", "e x", "y", &[]).output(), [3., 2.]);
}

/// A factor per channel, computed or constant, is not repeated for every pixel.
#[test]
fn factors_of_one_pixel_stay_small() {
    let model = Builder::new(13, [2, 2, 1, 2]).node("GlobalAveragePool", "x", "m", &[]);
    let gated = model.clone().node("Mul", "m x", "y", &[]);
    assert_eq!(gated.ops(), [Op::GlobalAvgPool, Op::Mul]);
    assert_eq!(gated.output_for(1), [1.5, 3., 10.5, 14.]);
    let gains = model.reals("g", &[1, 2, 1, 1], &[10., 100.]).node("Mul", "x g", "y", &[]);
    assert_eq!(gains.output_for(1), [10., 20., 300., 400.]);
    assert!(!gains.ops().iter().any(|op| matches!(op, Op::Rearrange(_))), "{:?}", gains.ops());
}

#[test]
fn identity_and_dropout_vanish() {
    let model = Builder::new(13, [1, 1, 1, 2]).reals("ratio", &[], &[0.5]);
    let model = model.node("Relu", "x", "r", &[]).node("Identity", "r", "i", &[]);
    let dropout = model.clone().node("Dropout", "i ratio", "y", &[]);
    assert_eq!(dropout.ops(), [Op::Activation(Activation::RELU)]);
    let old = Builder::new(9, [1, 1, 1, 2]).node("Relu", "x", "r", &[]);
    let old = old.node("Dropout", "r", "y", &[float("ratio", 0.1)]);
    assert_eq!(old.ops(), [Op::Activation(Activation::RELU)]);
    assert!(dropout.read().unwrap().notices.is_empty());
    // One that drops values at random is left out as well, and that is said.
    let training = model.wholes("flag", &[1]).node("Dropout", "i ratio flag", "y", &[]);
    assert_eq!(training.ops(), dropout.ops());
    let notices = training.read().unwrap().notices;
    assert!(notices.len() == 1 && notices[0].contains("Dropout in training mode"), "{notices:?}");
}

#[test]
fn nodes_without_or_with_equal_names_get_labels_of_their_own() {
    let mut model = Builder::new(13, [1, 1, 1, 2]);
    for output in ["a", "b", "c"] {
        model = model.node("Relu", "x", output, &[]);
    }
    let names = ["", "b", "b"];
    let rename = |(node, name): (&mut NodeProto, &str)| node.name = name.to_owned();
    model.graph().node.iter_mut().zip(names).for_each(rename);
    let read = model.read().unwrap();
    let labels: Vec<&str> = read.graph.nodes().iter().map(|node| node.label.as_str()).collect();
    assert_eq!(labels, ["input", "a", "b", "b#2"]);
}

/// Windows of an image on the axis of the images: a convolution sees each by itself.
#[test]
fn parts_of_images_on_the_batch_axis() {
    let model = Builder::new(13, [0, 2, 4, 2]).wholes("parts", &[-1, 2, 2, 2]);
    let parts = model.node("Reshape", "x parts", "p", &[]).counting("w", &[1, 2, 1, 1]);
    let sums = parts.clone().node("Conv", "p w", "y", &[]);
    // Channels 0 and 1 with weights 0 and 1: the second channel of every part.
    assert_eq!(sums.output(), [5., 6., 7., 8., 13., 14., 15., 16.]);
    // The mean of each is one of the image's values.
    let means = parts.node("GlobalAveragePool", "p", "y", &[]);
    assert_eq!(means.output(), [2.5, 6.5, 10.5, 14.5]);
}

#[test]
fn instances_are_normalised_by_themselves() {
    let model =
        Builder::new(13, [1, 2, 1, 2]).reals("one", &[2], &[1., 1.]).reals("zero", &[2], &[0., 0.]);
    let model = model.reals("two", &[2], &[2., 4.]).reals("three", &[2], &[3., 5.]);
    let plain = [float("epsilon", 0.0)];
    let same = model.clone().node("InstanceNormalization", "x one zero", "y", &plain);
    assert_eq!(same.output(), [-1., 1., -1., 1.]);
    let affine = model.clone().node("InstanceNormalization", "x two three", "y", &plain);
    assert_eq!(affine.output(), [1., 5., 1., 9.]);
    let wrong = model.reals("four", &[4], &[0.; 4]);
    wrong.node("InstanceNormalization", "x one four", "y", &plain).fails_at("y", "for 2 channels");
}

#[test]
fn casts_between_real_types_change_nothing() {
    let model = Builder::new(13, [1, 1, 1, 2]);
    let half = model.clone().node("Cast", "x", "h", &[int("to", 10)]);
    assert_eq!(half.node("Relu", "h", "y", &[]).output(), [1., 2.]);
    let whole = model.node("Cast", "x", "h", &[int("to", 7)]);
    whole.node("Relu", "h", "y", &[]).fails_at("h", "another kind");
}

/// What no activation depends on need not be known; anything before an activation must be.
#[test]
fn what_follows_the_last_activation() {
    let relu = Builder::new(13, [1, 2, 1, 1]).node("Relu", "x", "r", &[]);
    let tail = relu.clone().node("ArgMax", "r", "a", &[int("axis", 1)]).node(
        "Cast",
        "a",
        "y",
        &[int("to", 1)],
    );
    let model = tail.read().unwrap();
    assert_eq!((model.graph.nodes().len(), model.notices.len()), (2, 1));
    assert!(model.notices[0].contains("ArgMax"), "{:?}", model.notices);
    let before = relu.node("ArgMax", "r", "a", &[]).node("Relu", "a", "y", &[]);
    assert!(before.problem().to_string().contains("ArgMax"));
}

#[test]
fn nodes_in_any_order() {
    let mut model = Builder::new(13, [1, 1, 1, 2]).reals("one", &[], &[1.]);
    model = model.node("Add", "x one", "a", &[]).node("Relu", "a", "y", &[]);
    let straight = model.output();
    model.graph().node.reverse();
    assert_eq!(model.output(), straight);
}

#[test]
fn branches_of_constants_are_taken() {
    use untrained::onnx::proto::{AttributeProto, TensorProto};
    let branch = |name: &str, operator: &str| {
        let mut inner = Builder::new(13, [1, 1, 1, 1]).node(operator, "x", name, &[]);
        inner.graph().input.clear();
        inner.graph().clone()
    };
    for (flag, expected) in [(1, "relu"), (0, "sigmoid")] {
        let graph = |name: &str, graph| AttributeProto {
            name: name.to_owned(),
            g: Some(graph),
            ..AttributeProto::default()
        };
        let attributes = [
            graph("then_branch", branch("t", "Relu")),
            graph("else_branch", branch("e", "Sigmoid")),
        ];
        let condition = TensorProto {
            name: "flag".to_owned(),
            data_type: 9,
            int32_data: vec![flag],
            ..TensorProto::default()
        };
        let model = Builder::new(13, [1, 1, 1, 1]).tensor(condition);
        let ops = model.node("If", "flag", "y", &attributes).ops();
        assert_eq!(ops.iter().map(Op::name).collect::<Vec<_>>(), [expected]);
    }
    let open = Builder::new(13, [1, 1, 1, 1]).node("If", "x", "y", &[]);
    assert!(open.problem().to_string().contains("operator If"));
}
