//! Activations: single operators, and the forms of several nodes that exporters write.

use untrained::graph::{Activation, ActivationKind, Conv, ElementFunction, Op, Resize};
use untrained::onnx::proto::AttributeProto;

use super::model::{Builder, float, int, ints, text, wholes};

fn once(kind: ActivationKind) -> Op {
    Op::Activation(Activation::once(kind))
}

fn images() -> Builder {
    Builder::new(20, [1, 1, 2, 2])
}

#[test]
fn single_operators() {
    let default = ActivationKind::HardSigmoid { slope: 0.2, offset: 0.5 };
    let own = ActivationKind::HardSigmoid { slope: 0.125, offset: 0.25 };
    let cases: [(&str, &[AttributeProto], ActivationKind); 12] = [
        ("Relu", &[], ActivationKind::Relu),
        ("LeakyRelu", &[], ActivationKind::LeakyRelu { slope: 0.01 }),
        ("LeakyRelu", &[float("alpha", 0.3)], ActivationKind::LeakyRelu { slope: 0.3 }),
        ("Sigmoid", &[], ActivationKind::Sigmoid),
        ("HardSigmoid", &[], default),
        ("HardSigmoid", &[float("alpha", 0.125), float("beta", 0.25)], own),
        ("HardSigmoid", &[float("alpha", 1.0 / 6.0)], ActivationKind::HARD_SIGMOID),
        ("HardSwish", &[], ActivationKind::HardSwish),
        ("Gelu", &[], ActivationKind::Gelu),
        ("Gelu", &[text("approximate", "none")], ActivationKind::Gelu),
        ("Gelu", &[text("approximate", "tanh")], ActivationKind::GeluTanh),
        ("Tanh", &[], ActivationKind::Tanh),
    ];
    for (operator, attributes, kind) in cases {
        assert_eq!(images().node(operator, "x", "y", attributes).ops(), [once(kind)], "{operator}");
    }
    // ONNX Runtime 1.32 gives these values.
    let model = Builder::new(13, [1, 1, 1, 4]);
    let attributes = [float("alpha", 0.125), float("beta", 0.25)];
    let hard = model.clone().node("HardSigmoid", "x", "y", &attributes);
    assert_eq!(hard.output(), [0.375, 0.5, 0.625, 0.75]);
    let clip = model.reals("low", &[], &[0.]).reals("high", &[], &[2.5]);
    assert_eq!(clip.node("Clip", "x low high", "y", &[]).output(), [1.0, 2.0, 2.5, 2.5]);
}

#[test]
fn clips_from_zero_are_activations() {
    let bounds =
        images().reals("zero", &[], &[0.]).reals("six", &[1], &[6.]).reals("one", &[], &[1.]);
    let clip = |inputs: &str| bounds.clone().node("Clip", inputs, "y", &[]);
    assert_eq!(clip("x zero six").ops(), [once(ActivationKind::RELU6)]);
    assert_eq!(clip("x zero one").ops(), [once(ActivationKind::ClippedRelu { ceiling: 1.0 })]);
    assert_eq!(clip("x zero").ops(), [once(ActivationKind::Relu)]);
    // Limits of values that are no activations.
    for (inputs, low, high) in [
        ("x one six", 1.0, 6.0),
        ("x _ six", f32::NEG_INFINITY, 6.0),
        ("x one", 1.0, f32::INFINITY),
        ("x zero zero", 0.0, 0.0),
    ] {
        let limit = Op::Map(ElementFunction::Clip { low, high });
        assert_eq!(clip(inputs).ops(), [limit], "{inputs}");
    }
    assert_eq!(clip("x").node("Relu", "y", "z", &[]).ops(), [once(ActivationKind::Relu)]);
    clip("x x six").fails_at("y", "depends on the images");
    let old = Builder::new(9, [1, 1, 2, 2]);
    let old = |attributes: &[_]| old.clone().node("Clip", "x", "y", attributes);
    let six = old(&[float("min", 0.0), float("max", 6.0)]);
    assert_eq!(six.ops(), [once(ActivationKind::RELU6)]);
    assert!(old(&[]).node("Relu", "y", "z", &[]).ops().len() == 1);
}

#[test]
fn attributes_that_are_not_supported() {
    let one = |operator: &str, attribute: AttributeProto, part: &str| {
        images().node(operator, "x", "y", &[attribute]).fails_at("y", part);
    };
    one("Gelu", text("approximate", "erf"), "none and tanh");
    one("LeakyRelu", float("alpha", -0.5), "0 to 1");
    one("LeakyRelu", float("alpha", f32::NAN), "finite");
    one("HardSigmoid", float("beta", f32::INFINITY), "finite");
    one("HardSigmoid", int("alpha", 1), "not a number");
    one("Relu", float("alpha", 1.0), "alpha");
}

/// A model with the constants that these forms use.
fn form() -> Builder {
    let constants = [
        ("half", 0.5),
        ("one", 1.0),
        ("three", 3.0),
        ("six", 6.0),
        ("zero", 0.0),
        ("sixth", 1.0 / 6.0),
        ("root", std::f32::consts::SQRT_2),
        ("inverse", std::f32::consts::FRAC_1_SQRT_2),
        ("cubic", 0.044_715),
        ("scale", 0.797_884_6),
    ];
    constants.iter().fold(images(), |model, (name, value)| model.reals(name, &[], &[*value]))
}

/// A form of several nodes, one a line: operator, inputs, output.
fn written(nodes: &[(&str, &str, &str)]) -> Builder {
    let add = |model: Builder, (operator, inputs, output): &(&str, &str, &str)| {
        model.node(operator, inputs, output, &[])
    };
    nodes.iter().fold(form(), add)
}

#[test]
fn forms_of_several_nodes() {
    let cube = ("Pow", "x three", "c");
    let tail = [
        ("Mul", "c cubic", "d"),
        ("Add", "x d", "e"),
        ("Mul", "e scale", "f"),
        ("Tanh", "f", "g"),
        ("Add", "g one", "h"),
    ];
    let with_tail = |first: &[(&'static str, &'static str, &'static str)],
                     last: &[(&'static str, &'static str, &'static str)]| {
        [first, &tail[..], last].concat()
    };
    let erf = [("Erf", "a", "b"), ("Add", "b one", "c")];
    let with_erf = |first: (&'static str, &'static str, &'static str),
                    last: &[(&'static str, &'static str, &'static str)]| {
        [&[first], &erf[..], last].concat()
    };
    let (div, mul) = (("Div", "x root", "a"), ("Mul", "inverse x", "a"));
    let hard = [("Add", "three x", "a"), ("Clip", "a zero six", "b")];
    let with_clip =
        |last: &[(&'static str, &'static str, &'static str)]| [&hard[..], last].concat();
    for (kind, nodes) in [
        (ActivationKind::Silu, vec![("Sigmoid", "x", "s"), ("Mul", "x s", "y")]),
        (ActivationKind::Silu, vec![("Sigmoid", "x", "s"), ("Mul", "s x", "y")]),
        (ActivationKind::HardSwish, with_clip(&[("Mul", "x b", "c"), ("Div", "c six", "y")])),
        (ActivationKind::HardSwish, with_clip(&[("Div", "b six", "c"), ("Mul", "x c", "y")])),
        (ActivationKind::HardSwish, with_clip(&[("Mul", "b sixth", "c"), ("Mul", "c x", "y")])),
        (ActivationKind::HARD_SIGMOID, with_clip(&[("Div", "b six", "y")])),
        (ActivationKind::Gelu, with_erf(div, &[("Mul", "x c", "d"), ("Mul", "d half", "y")])),
        (ActivationKind::Gelu, with_erf(mul, &[("Mul", "x half", "d"), ("Mul", "d c", "y")])),
        (ActivationKind::Gelu, with_erf(div, &[("Mul", "half c", "d"), ("Mul", "x d", "y")])),
        (
            ActivationKind::GeluTanh,
            with_tail(&[cube], &[("Mul", "x h", "i"), ("Mul", "half i", "y")]),
        ),
        (
            ActivationKind::GeluTanh,
            with_tail(
                &[("Mul", "x x", "b"), ("Mul", "b x", "c")],
                &[("Mul", "half x", "i"), ("Mul", "i h", "y")],
            ),
        ),
    ] {
        assert_eq!(written(&nodes).ops(), [once(kind)], "{nodes:?}");
    }
    // The slope of PyTorch's HardSigmoid as a file has it.
    let torch = images().node("HardSigmoid", "x", "h", &[float("alpha", 0.166_666_67)]);
    assert_eq!(torch.node("Mul", "x h", "y", &[]).ops(), [once(ActivationKind::HardSwish)]);
}

/// What only looks like one of the forms is lowered node by node, or refused.
#[test]
fn other_functions_stay_what_they_are() {
    let (sigmoid, relu) = (once(ActivationKind::Sigmoid), once(ActivationKind::Relu));
    let scaled = [("Mul", "x three", "a"), ("Sigmoid", "a", "s"), ("Mul", "x s", "y")];
    assert_eq!(written(&scaled).ops(), [Op::Scale(3.0), sigmoid, Op::Mul]);
    let twice = [("Relu", "x", "a"), ("Relu", "a", "y")];
    assert_eq!(written(&twice).ops(), [relu, relu]);
    let nested = [("Relu", "x", "a"), ("Clip", "a zero six", "y")];
    assert_eq!(written(&nested).ops(), [relu, once(ActivationKind::RELU6)]);
    let halves =
        [("Relu", "x", "a"), ("Relu", "x", "b"), ("Add", "a b", "c"), ("Mul", "c half", "y")];
    assert_eq!(written(&halves).ops(), [relu, relu, Op::Add, Op::Scale(0.5)]);
    let residual = [("Relu", "x", "a"), ("Add", "x a", "y")];
    assert_eq!(written(&residual).ops(), [relu, Op::Add]);
    let square = [("Mul", "x x", "y")];
    assert_eq!(written(&square).ops(), [Op::Mul]);
    let doubled = [("Sigmoid", "x", "s"), ("Mul", "s three", "y")];
    assert_eq!(written(&doubled).ops(), [sigmoid, Op::Scale(3.0)]);
    for sum in ["Add", "Sub"] {
        let ops = written(&[(sum, "x three", "y")]).ops();
        assert!(matches!(ops[..], [Op::Parameter(_), .., Op::Add]), "{ops:?}");
    }
    assert_eq!(written(&[("Erf", "x", "y")]).ops(), [Op::Map(ElementFunction::Erf)]);
    let cube = Op::Map(ElementFunction::Power(3.0));
    assert_eq!(written(&[("Pow", "x three", "y")]).ops(), [cube]);
    written(&[("Div", "x zero", "y")]).fails_at("y", "finite");
    // Not far from the error function's GELU, but no GELU.
    let near =
        [("Mul", "x half", "a"), ("Erf", "a", "b"), ("Add", "b one", "c"), ("Mul", "x c", "y")];
    let near = written(&near).read().unwrap();
    assert_eq!(untrained::graph::cost::Cost::of(&near.graph).activation_calls, 0);
    assert!(near.notices[0].contains("not counted"), "{:?}", near.notices);
}

/// A value that is part of a form and read besides is a separate activation site.
#[test]
fn a_part_that_is_read_twice_is_kept() {
    let both = [("Sigmoid", "x", "s"), ("Mul", "x s", "m"), ("Concat", "m s", "y")];
    let mut model = written(&both[..2]);
    model = model.node("Concat", "m s", "y", &[int("axis", 1)]);
    let expected = [once(ActivationKind::Silu), once(ActivationKind::Sigmoid), Op::Concat];
    assert_eq!(model.ops(), expected);
}

/// An activation that nothing reads is an activation site as well.
#[test]
fn loose_ends_count() {
    let model = images().node("Sigmoid", "x", "s", &[]).node("Relu", "x", "y", &[]);
    assert_eq!(model.ops(), [once(ActivationKind::Sigmoid), once(ActivationKind::Relu)]);
}

/// Long chains are cut: neither the reader's stack nor its numbers overflow.
#[test]
fn long_chains_are_read() {
    let chain = |operator: &str, inputs: &dyn Fn(usize) -> String| {
        let mut model = form();
        for index in 0..3000 {
            model = model.node(operator, &inputs(index), &format!("v{}", index + 1), &[]);
        }
        model
    };
    let before = |index: usize| if index == 0 { "x".to_owned() } else { format!("v{index}") };
    let doubled = chain("Mul", &|index| format!("{} three", before(index)));
    assert_eq!(doubled.ops(), vec![Op::Scale(3.0); 3000]);
    let squared = chain("Mul", &|index| format!("{0} {0}", before(index)));
    assert_eq!(squared.ops(), vec![Op::Mul; 3000]);
    let clipped = chain("Relu", &before);
    assert_eq!(clipped.ops(), vec![once(ActivationKind::Relu); 3000]);
}

/// Squeeze and excitation: a product with one value per channel, in the forms of two frameworks.
#[test]
fn gates_multiply_channels() {
    let model = Builder::new(13, [1, 2, 1, 2]).counting("w", &[2, 2, 1, 1]);
    let pooled = model.node("GlobalAveragePool", "x", "p", &[]);
    let gate = pooled.clone().node("Conv", "p w", "c", &[]).node("HardSigmoid", "c", "g", &[]);
    let conv = Op::Conv(Conv::square(2, 1, 1));
    let hard = once(ActivationKind::HardSigmoid { slope: 0.2, offset: 0.5 });
    for inputs in ["x g", "g x"] {
        let gated = gate.clone().node("Mul", inputs, "y", &[]);
        assert_eq!(gated.ops(), [Op::GlobalAvgPool, conv, hard, Op::Mul]);
    }
    // ONNX Runtime 1.32 gives these values.
    let product = pooled.clone().node("Mul", "p x", "y", &[]);
    assert_eq!(product.output(), [1.5, 3.0, 10.5, 14.0]);
    let vectors = pooled.wholes("axes", &[2, 3]).node("Squeeze", "p axes", "v", &[]);
    let back = vectors.node("Sigmoid", "v", "s", &[]).node("Unsqueeze", "s axes", "u", &[]);
    let gated = back.clone().node("Mul", "x u", "y", &[]);
    assert_eq!(gated.ops(), [Op::GlobalAvgPool, once(ActivationKind::Sigmoid), Op::Mul]);
    let other = Builder::new(13, [1, 2, 1, 2]).counting("w", &[3, 2, 1, 1]);
    let other = other.node("GlobalAveragePool", "x", "p", &[]).node("Conv", "p w", "c", &[]);
    other.node("Mul", "x c", "y", &[]).fails_at("y", "do not fit");
}

#[test]
fn differences_are_sums() {
    let model = Builder::new(13, [1, 2, 1, 2]).counting("w", &[2, 2, 1, 1]);
    let model = model.node("Conv", "x w", "c", &[]).node("Sub", "x c", "y", &[]);
    let conv = Op::Conv(Conv::square(2, 1, 1));
    assert_eq!(model.ops(), [conv, Op::Scale(-1.0), Op::Add]);
    assert_eq!(model.output(), [1. - 3., 2. - 4., 3. - 11., 4. - 16.]);
}

/// The expected values are those of ONNX Runtime 1.32.
#[test]
fn enlargements_repeat_pixels() {
    let model = Builder::new(13, [1, 1, 2, 2]).reals("s", &[4], &[1., 1., 3., 2.]);
    let resize = |attributes: &[AttributeProto]| {
        model.clone().node(
            "Resize",
            "x _ s",
            "y",
            &[&[text("mode", "nearest")], attributes].concat(),
        )
    };
    let mode = |place: &str, rounding: &str| {
        resize(&[text("coordinate_transformation_mode", place), text("nearest_mode", rounding)])
    };
    let rows = [[1., 1., 2., 2.], [3., 3., 4., 4.]];
    let expected = [rows[0], rows[0], rows[0], rows[1], rows[1], rows[1]].concat();
    for model in [
        mode("asymmetric", "floor"),
        mode("half_pixel", "round_prefer_floor"),
        mode("half_pixel", "round_prefer_ceil"),
        mode("pytorch_half_pixel", "round_prefer_floor"),
        resize(&[]),
    ] {
        assert_eq!(model.ops(), [Op::Resize(Resize { factors: [3, 2] })]);
        assert_eq!(model.output(), expected);
    }
    mode("tf_crop_and_resize", "floor").fails_at("y", "align_corners");
    mode("asymmetric", "up").fails_at("y", "round_prefer_ceil");
    resize(&[ints("axes", &[1, 2])]).fails_at("y", "4 scales");
    model.clone().node("Resize", "x _ s", "y", &[text("mode", "area")]).fails_at("y", "cubic");
    let floor =
        [text("nearest_mode", "floor"), text("coordinate_transformation_mode", "asymmetric")];
    let sized = Builder::new(13, [1, 1, 1, 2]).wholes("z", &[1, 1, 2, 4]);
    let sized = sized.node("Resize", "x _ _ z", "y", &floor);
    assert_eq!(sized.output(), [1., 1., 2., 2., 1., 1., 2., 2.]);
    let old = Builder::new(10, [1, 1, 1, 2]).reals("s", &[4], &[1., 1., 2., 3.]);
    let old = old.node("Resize", "x s", "y", &[]);
    assert_eq!(old.output(), [1., 1., 1., 2., 2., 2., 1., 1., 1., 2., 2., 2.]);
}

#[test]
fn enlargements_that_are_none() {
    let floor =
        [text("nearest_mode", "floor"), text("coordinate_transformation_mode", "asymmetric")];
    let scaled = |scales: &[f32]| {
        let model = images().reals("s", &[scales.len() as i64], scales);
        model.node("Resize", "x _ s", "y", &floor)
    };
    assert_eq!(scaled(&[1., 1., 1., 1.]).node("Relu", "y", "r", &[]).ops().len(), 1);
    assert_eq!(scaled(&[1., 1., 1.5, 1.]).output(), [1., 2., 1., 2., 3., 4.]);
    assert_eq!(scaled(&[1., 1., 0.5, 0.5]).output(), [1.]);
    assert_eq!(scaled(&[1., 2., 1., 1.]).output(), [1., 2., 3., 4., 1., 2., 3., 4.]);
    scaled(&[1., 1., f32::NAN, 1.]).fails_at("y", "above 0");
    scaled(&[1., 1., 0.1, 1.]).fails_at("y", "between 1 and");
    scaled(&[1., 1., 1e30, 1.]).fails_at("y", "between 1 and");
    let sized = |sizes: &[i64]| {
        let model = images().tensor(wholes("z", sizes));
        model.node("Resize", "x _ _ z", "y", &floor)
    };
    assert_eq!(sized(&[1, 1, 3, 2]).output(), [1., 2., 1., 2., 3., 4.]);
    sized(&[1, 1, i64::MAX, 4]).fails_at("y", "between 1 and");
    sized(&[4]).fails_at("y", "1 scales or sizes");
    images().node("Resize", "x", "y", &floor).fails_at("y", "neither scales nor sizes");
}

/// Functions with parameters, written as several nodes.
#[test]
fn functions_with_parameters_are_recognised_as_a_whole() {
    let numbers = images().reals("zero", &[], &[0.]).reals("one", &[], &[1.]);
    let numbers = numbers.reals("tenth", &[], &[0.125]).reals("two", &[], &[2.]);
    let numbers = numbers.reals("minus", &[], &[-1.5]);
    let leaky = numbers.clone().node("Mul", "x tenth", "a", &[]).node("Max", "x a", "y", &[]);
    assert_eq!(leaky.ops(), [once(ActivationKind::LeakyRelu { slope: 0.125 })]);
    let chosen = numbers.clone().node("Greater", "x zero", "g", &[]);
    let chosen = chosen.node("Mul", "x tenth", "a", &[]).node("Where", "g x a", "y", &[]);
    assert_eq!(chosen.ops(), [once(ActivationKind::LeakyRelu { slope: 0.125 })]);
    let elu = numbers.clone().node("Exp", "x", "e", &[]).node("Sub", "e one", "f", &[]);
    let elu = elu.node("Mul", "f two", "m", &[]).node("Greater", "x zero", "g", &[]);
    assert_eq!(
        elu.node("Where", "g x m", "y", &[]).ops(),
        [once(ActivationKind::Elu { alpha: 2.0 })]
    );
    let hard = numbers.clone().node("Max", "x minus", "a", &[]).node("Min", "a two", "y", &[]);
    assert_eq!(hard.ops(), [once(ActivationKind::HardTanh { low: -1.5, high: 2.0 })]);
    let soft = numbers.clone().node("Abs", "x", "s", &[]).node("Sub", "s one", "d", &[]);
    let soft = soft.node("Relu", "d", "r", &[]).node("Sign", "x", "g", &[]);
    let shrink = ActivationKind::Shrink { width: 1.0, bias: 1.0 };
    assert_eq!(soft.node("Mul", "r g", "y", &[]).ops(), [once(shrink)]);
    let logistic = numbers.clone().node("Neg", "x", "n", &[]).node("Exp", "n", "e", &[]);
    let logistic = logistic.node("Add", "e one", "d", &[]).node("Reciprocal", "d", "y", &[]);
    assert_eq!(logistic.ops(), [once(ActivationKind::Sigmoid)]);
    // A bend that is none of these is computed and not counted.
    let bent = numbers.node("Abs", "x", "a", &[]).node("Min", "a two", "y", &[]).read().unwrap();
    assert_eq!(untrained::graph::cost::Cost::of(&bent.graph).activation_calls, 0);
    assert!(bent.notices[0].contains("not counted"), "{:?}", bent.notices);
}

/// The hard sigmoid of Keras 2, and a hard swish of a scaled value: the whole form counts, not its clip.
#[test]
fn look_alikes_of_clips() {
    let numbers =
        images().reals("zero", &[], &[0.]).reals("one", &[], &[1.]).reals("six", &[], &[6.]);
    let numbers = numbers.reals("fifth", &[], &[0.2]).reals("half", &[], &[0.5]);
    let numbers = numbers.reals("three", &[], &[3.]);
    let line = numbers.clone().node("Mul", "x fifth", "a", &[]).node("Add", "a half", "b", &[]);
    let ops = line.clone().node("Clip", "b zero one", "y", &[]).ops();
    let [Op::Activation(Activation { kind: ActivationKind::HardSigmoid { slope, offset }, .. })] =
        ops[..]
    else {
        panic!("{ops:?}")
    };
    assert!((slope - 0.2).abs() < 1e-6 && (offset - 0.5).abs() < 1e-6, "{slope} {offset}");
    let scaled = numbers.clone().node("Mul", "x fifth", "s", &[]).node("Add", "s three", "a", &[]);
    let scaled = scaled.node("Clip", "a zero six", "c", &[]).node("Mul", "s c", "p", &[]);
    let swish = scaled.clone().node("Div", "p six", "y", &[]).ops();
    assert_eq!(swish, [Op::Scale(0.2), once(ActivationKind::HardSwish)]);
    // Neither is a part of anything that is known.
    scaled.node("Mul", "p fifth", "y", &[]).fails_at("c", "clips a shifted value");
    line.node("Clip", "b zero six", "y", &[]).fails_at("y", "clips a shifted value");
}

#[test]
fn functions_by_their_definition() {
    let elu = |alpha| once(ActivationKind::Elu { alpha });
    let ops = |operator: &str, attributes: &[AttributeProto]| {
        images().node(operator, "x", "y", attributes).ops()
    };
    assert_eq!(ops("Elu", &[]), [elu(1.0)]);
    assert_eq!(ops("Elu", &[float("alpha", 0.5)]), [elu(0.5)]);
    assert_eq!(ops("Selu", &[]), [elu(1.673_263_2), Op::Scale(1.050_701)]);
    assert_eq!(ops("Celu", &[float("alpha", 2.0)]), [Op::Scale(0.5), elu(1.0), Op::Scale(2.0)]);
    assert_eq!(ops("Mish", &[]), [once(ActivationKind::Mish)]);
    assert_eq!(ops("Softsign", &[]), [once(ActivationKind::Softsign)]);
    images().node("Elu", "x", "y", &[float("alpha", -1.0)]).fails_at("y", "above 0");
    let mish = images().node("Softplus", "x", "a", &[]).node("Tanh", "a", "b", &[]);
    assert_eq!(mish.node("Mul", "x b", "y", &[]).ops(), [once(ActivationKind::Mish)]);
    assert_eq!(ops("Softplus", &[]), [once(ActivationKind::Softplus)]);
    let shrink = ActivationKind::Shrink { width: 0.5, bias: 0.25 };
    assert_eq!(ops("Shrink", &[float("lambd", 0.5), float("bias", 0.25)]), [once(shrink)]);
    let threshold = ActivationKind::Threshold { limit: 1.5, value: 0.0 };
    assert_eq!(ops("ThresholdedRelu", &[float("alpha", 1.5)]), [once(threshold)]);
    let bounds = images().reals("low", &[], &[-1.]).reals("high", &[], &[2.]);
    let hard = ActivationKind::HardTanh { low: -1.0, high: 2.0 };
    assert_eq!(bounds.node("Clip", "x low high", "y", &[]).ops(), [once(hard)]);
}

#[test]
fn slopes_of_channels() {
    // Values 1, 2, 3, 4 less 2.5: -1.5, -0.5, 0.5, 1.5 in two channels.
    let model =
        Builder::new(20, [1, 2, 1, 2]).reals("shift", &[], &[2.5]).node("Sub", "x shift", "a", &[]);
    let slopes = model.clone().reals("slopes", &[2, 1, 1], &[2.0, 7.0]);
    assert_eq!(slopes.node("PRelu", "a slopes", "y", &[]).output(), [-3.0, -1.0, 0.5, 1.5]);
    let one = images().reals("slopes", &[1, 1, 1], &[0.25]);
    let leaky = once(ActivationKind::LeakyRelu { slope: 0.25 });
    assert_eq!(one.node("PRelu", "x slopes", "y", &[]).ops(), [leaky]);
}

#[test]
fn the_larger_of_a_value_and_zero() {
    let model = images().reals("zero", &[], &[0.]).reals("one", &[], &[1.]);
    for inputs in ["x zero", "zero x"] {
        let relu = model.clone().node("Max", inputs, "y", &[]);
        assert_eq!(relu.ops(), [once(ActivationKind::Relu)], "{inputs}");
    }
    for inputs in ["x one", "x x"] {
        let larger = model.clone().node("Max", inputs, "y", &[]).read().unwrap();
        assert_eq!(untrained::graph::cost::Cost::of(&larger.graph).activation_calls, 0);
        assert!(larger.notices[0].contains("not counted"), "{:?}", larger.notices);
    }
}
