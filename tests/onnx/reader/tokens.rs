//! Sequences of tokens: transposes and reshapes with the images anywhere, products, softmax, layer
//! normalisation, constants among values of the images.

use untrained::graph::{Axis, NodeId, Op, Shape};

use super::model::{Builder, float, int, ints};

/// `[images, 2, 1, 3]` as tokens `[images, 3, 2]`.
fn tokens(opset: i64, images: i64) -> Builder {
    let model = Builder::new(opset, [images, 2, 1, 3]).wholes("r", &[2]);
    let flat = if opset < 13 {
        model.node("Squeeze", "x", "f", &[ints("axes", &[2])])
    } else {
        model.node("Squeeze", "x r", "f", &[])
    };
    flat.node("Transpose", "f", "t", &[ints("perm", &[0, 2, 1])])
}

fn close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-5), "{found:?}, not {expected:?}");
}

#[test]
fn transposes_move_values_only_where_they_must() {
    // Images 1..=6: channels (1, 2, 3) and (4, 5, 6) become tokens (1, 4), (2, 5), (3, 6).
    assert_eq!(tokens(13, 1).output(), [1., 4., 2., 5., 3., 6.]);
    for images in [0, 1, 2] {
        let first = tokens(13, images).node("Transpose", "t", "s", &[ints("perm", &[1, 0, 2])]);
        let back = first.clone().node("Relu", "s", "q", &[]);
        let back = back.node("Transpose", "q", "y", &[ints("perm", &[1, 0, 2])]);
        let order = [1., 4., 2., 5., 3., 6., 7., 10., 8., 11., 9., 12.];
        assert_eq!(back.output_for(2), order, "{images} images");
        let relu = |op: &Op| matches!(op, Op::Activation(_));
        assert!(relu(&back.ops()[0]), "nothing is moved before the ReLU: {:?}", back.ops());
        // Tokens and images as one axis, and a linear layer on it.
        let merged = first.wholes("m", &[-1, 2]).node("Reshape", "s m", "m2", &[]);
        let linear = merged.reals("w", &[2, 1], &[1., 10.]).node("MatMul", "m2 w", "l", &[]);
        let apart = linear.wholes("a", &[3, -1, 1]).node("Reshape", "l a", "p", &[]);
        let apart = apart.node("Transpose", "p", "y", &[ints("perm", &[1, 0, 2])]);
        assert_eq!(apart.output_for(2), [41., 52., 63., 107., 118., 129.], "{images} images");
    }
    tokens(13, 2).node("Transpose", "t", "y", &[ints("perm", &[0, 1])]).fails_at("y", "order of 3");
    tokens(13, 2).node("Transpose", "t", "y", &[ints("perm", &[0, 1, 1])]).fails_at("y", "perm");
}

#[test]
fn images_are_not_taken_apart() {
    let mixed = tokens(13, 2).wholes("s", &[6, 2]).node("Reshape", "t s", "m", &[]);
    let softmax = mixed.clone().node("Softmax", "m", "y", &[int("axis", 0)]);
    softmax.fails_at("y", "over the images");
    let part = mixed.clone().wholes("z", &[0]).wholes("e", &[1]);
    part.node("Slice", "m z e", "y", &[]).fails_at("y", "part of the batch");
    let split = mixed.wholes("q", &[3, 4]).node("Reshape", "m q", "y", &[]);
    split.fails_at("y", "split images across the batch");
    let rows = tokens(13, 2).node("Transpose", "t", "s", &[ints("perm", &[2, 1, 0])]);
    let sums = rows.clone().reals("w", &[2, 1], &[1., 1.]).node("MatMul", "s w", "y", &[]);
    sums.fails_at("y", "mixes images");
    rows.node("MatMul", "s t", "y", &[]).fails_at("y", "do not fit");
    let shifted = tokens(13, 0).wholes("s", &[-1, 2]).node("Reshape", "t s", "a", &[]);
    let shifted = shifted.node("Transpose", "t", "u", &[ints("perm", &[1, 0, 2])]);
    let shifted = shifted.node("Reshape", "u s", "b", &[]);
    shifted.node("Add", "a b", "y", &[]).fails_at("y", "different images");
}

#[test]
fn gather_and_split_take_parts_of_an_axis() {
    let index = |values: &[i64]| tokens(13, 2).wholes("i", values);
    let second = index(&[1]).node("Gather", "t i", "y", &[int("axis", 1)]);
    assert_eq!(second.output_for(2), [2., 5., 8., 11.]);
    let mut class = index(&[-1]).node("Gather", "t i", "y", &[int("axis", 1)]);
    class.graph().initializer.last_mut().unwrap().dims.clear();
    assert_eq!(class.clone().output_for(2), [3., 6., 9., 12.]);
    let vector = class.reals("w", &[2, 1], &[1., 10.]).node("Gemm", "y w", "z", &[]);
    assert_eq!(vector.output_for(2), [63., 129.]);
    let ends = index(&[0, 2]).node("Gather", "t i", "y", &[int("axis", 1)]);
    assert_eq!(ends.output_for(1), [1., 4., 3., 6.]);
    let swapped = index(&[2, 0]).node("Gather", "t i", "y", &[int("axis", 1)]);
    assert_eq!(swapped.output_for(1), [3., 6., 1., 4.]);
    index(&[3]).node("Gather", "t i", "y", &[int("axis", 1)]).fails_at("y", "0..3");
    index(&[0]).node("Gather", "t i", "y", &[]).fails_at("y", "part of the batch");
    let halves = |opset, sizes: Option<&[i64]>, attributes: &[_]| {
        let mut model = tokens(opset, 2);
        let inputs = if sizes.is_some() { "t s" } else { "t" };
        model = model.wholes("s", sizes.unwrap_or(&[0]));
        model = model.node("Split", inputs, "a", attributes);
        let last = model.graph().node.len() - 1;
        model.graph().node[last].output = vec!["a".to_owned(), "b".to_owned()];
        model.node("Sub", "b a", "y", &[])
    };
    let axis = || int("axis", -1);
    let differences = [3., 3., 3., 3., 3., 3.];
    assert_eq!(halves(13, Some(&[1, 1]), &[axis()]).output_for(2), differences);
    assert_eq!(halves(13, None, &[axis()]).output_for(2), differences);
    assert_eq!(halves(18, None, &[axis(), int("num_outputs", 2)]).output_for(2), differences);
    assert_eq!(halves(11, None, &[axis(), ints("split", &[1, 1])]).output_for(2), differences);
    halves(13, Some(&[2, 1]), &[axis()]).fails_at("a", "for 2 values");
    halves(13, Some(&[1, 1]), &[]).fails_at("a", "splits the batch");
}

/// `softmax(t t^T) t` of two heads of one channel, as fused projections and as merged heads.
#[test]
fn products_of_activations_by_head() {
    let expected = |a: [f32; 3]| -> Vec<f32> {
        a.iter()
            .map(|query| {
                let weights = a.map(|key| (query * key * 0.1).exp());
                let sum: f32 = weights.iter().sum();
                a.iter().zip(weights).map(|(value, weight)| value * weight / sum).sum()
            })
            .collect()
    };
    let (low, high) = (expected([1., 2., 3.]), expected([4., 5., 6.]));
    let interleaved: Vec<f32> = low.iter().zip(&high).flat_map(|(&a, &b)| [a, b]).collect();
    let heads = |model: Builder| {
        model
            .node("Transpose", "h", "k", &[ints("perm", &[0, 1, 3, 2])])
            .node("MatMul", "h k", "s", &[])
            .reals("scale", &[1], &[0.1])
            .node("Mul", "s scale", "s2", &[])
            .node("Softmax", "s2", "p", &[int("axis", -1)])
            .node("MatMul", "p h", "o", &[])
            .node("Transpose", "o", "o2", &[ints("perm", &[0, 2, 1, 3])])
            .wholes("joined", &[-1, 3, 2])
            .node("Reshape", "o2 joined", "y", &[])
    };
    for images in [0, 1] {
        let split = tokens(13, images).wholes("apart", &[-1, 3, 2, 1]);
        let split = split.node("Reshape", "t apart", "q", &[]);
        let split = split.node("Transpose", "q", "h", &[ints("perm", &[0, 2, 1, 3])]);
        close(&heads(split).output(), &interleaved);
    }
    // Images and heads as one axis, tokens first.
    let merged = tokens(13, 2).node("Transpose", "t", "u", &[ints("perm", &[1, 0, 2])]);
    let merged = merged.wholes("merge", &[3, 4, 1]).node("Reshape", "u merge", "q", &[]);
    let merged = merged.node("Transpose", "q", "v", &[ints("perm", &[1, 0, 2])]);
    let merged = merged.wholes("apart", &[2, 2, 3, 1]).node("Reshape", "v apart", "h", &[]);
    close(&heads(merged.clone()).output_for(2)[..6], &interleaved);
    let products = heads(merged).ops().iter().filter(|op| **op == Op::MatMul).count();
    assert_eq!(products, 2);
    // A constant as the left factor.
    let left = tokens(13, 1).reals("c", &[1, 3], &[1., 10., 100.]).node("MatMul", "c t", "y", &[]);
    assert_eq!(left.output(), [321., 654.]);
}

#[test]
fn softmax_before_and_after_operator_set_13() {
    let parts = |all: &[f32]| -> Vec<f32> {
        let sum: f32 = all.iter().map(|value| value.exp()).sum();
        all.iter().map(|value| value.exp() / sum).collect()
    };
    let by_token = [parts(&[1., 4.]), parts(&[2., 5.]), parts(&[3., 6.])].concat();
    close(&tokens(13, 1).node("Softmax", "t", "y", &[]).output(), &by_token);
    let last = tokens(11, 1).node("Softmax", "t", "y", &[int("axis", 2)]);
    close(&last.output(), &by_token);
    let all = tokens(11, 1).node("Softmax", "t", "y", &[]);
    close(&all.output(), &parts(&[1., 4., 2., 5., 3., 6.]));
    let (first, second) = (parts(&[1., 2., 3.]), parts(&[4., 5., 6.]));
    let by_channel: Vec<f32> = first.iter().zip(&second).flat_map(|(&a, &b)| [a, b]).collect();
    close(&tokens(13, 1).node("Softmax", "t", "y", &[int("axis", 1)]).output(), &by_channel);
}

/// Tokens (1, 4), (2, 5), (3, 6) are -1 and 1 when normalised.
#[test]
fn layer_normalisation_as_one_node_and_as_many() {
    let affine = |model: Builder| {
        model.reals("g", &[2], &[2., 3.]).reals("b", &[2], &[10., 20.]).reals("e", &[], &[0.])
    };
    let expected = [8., 23., 8., 23., 8., 23.];
    let one = affine(tokens(17, 2));
    let whole = one.clone().node("LayerNormalization", "t g b", "y", &[float("epsilon", 0.)]);
    close(&whole.output_for(2)[..6], &expected);
    let alone = one.clone().reals("h", &[2], &[1., 1.]);
    let alone = alone.node("LayerNormalization", "t h", "y", &[float("epsilon", 0.)]);
    close(&alone.output_for(2)[..4], &[-1., 1., -1., 1.]);
    one.clone()
        .reals("h", &[3], &[1.; 3])
        .node("LayerNormalization", "t h", "y", &[])
        .fails_at("y", "does not fit");
    one.node("LayerNormalization", "t g b", "y", &[int("axis", 0)]).fails_at("y", "does not fit");
    let many = |opset: i64, square: &str| {
        let mean = |model: Builder, inputs: &str, output: &str| {
            if opset < 18 {
                model.node("ReduceMean", inputs, output, &[ints("axes", &[-1])])
            } else {
                model.wholes("last", &[-1]).node(
                    "ReduceMean",
                    &format!("{inputs} last"),
                    output,
                    &[],
                )
            }
        };
        let mut model = mean(affine(tokens(opset, 2)), "t", "m").node("Sub", "t m", "d", &[]);
        model = if square == "Pow" {
            model.reals("two", &[], &[2.]).node("Pow", "d two", "q", &[])
        } else {
            model.node("Mul", "d d", "q", &[])
        };
        if opset >= 18 {
            model.graph().initializer.retain(|tensor| tensor.name != "last");
        }
        let model = mean(model, "q", "v").node("Add", "e v", "w", &[]).node("Sqrt", "w", "s", &[]);
        model.node("Div", "d s", "n", &[])
    };
    for (opset, square) in [(13, "Pow"), (16, "Mul"), (18, "Pow")] {
        let many = many(opset, square);
        let norms = |model: &Builder| {
            model.ops().iter().filter(|op| matches!(op, Op::LayerNorm(_))).count()
        };
        assert_eq!((norms(&many), many.ops().len()), (1, 2), "{:?}", many.ops());
        close(&many.output_for(2)[..4], &[-1., 1., -1., 1.]);
        let weighted = many.clone().node("Mul", "n g", "z", &[]).node("Add", "b z", "y", &[]);
        assert_eq!(weighted.ops().len(), many.ops().len());
        close(&weighted.output_for(2)[..6], &expected);
        let bias = weighted.read().unwrap();
        assert_eq!(bias.weights.get(NodeId(1)).unwrap().bias, [10., 20.]);
        // Something else reads what is inside, so it is not one operation.
        let read = many.node("Add", "n s", "y", &[]);
        assert_eq!(norms(&read), 0, "{:?}", read.ops());
    }
}

/// A class token before the tokens and a table of positions, for fixed and free batch sizes.
#[test]
fn constants_become_parameters() {
    let expected = [
        100., 201., 102., 205., 103., 207., 104., 209., 100., 201., 108., 211., 109., 213., 110.,
        215.,
    ];
    let table = |model: Builder| {
        let positions = [0., 1., 101., 201., 101., 202., 101., 203.];
        model.reals("positions", &[1, 4, 2], &positions).node("Add", "c positions", "y", &[])
    };
    let join = |model: Builder| table(model.node("Concat", "token t", "c", &[int("axis", 1)]));
    let fixed = join(tokens(13, 2).reals("token", &[2, 1, 2], &[100., 200., 100., 200.]));
    let free = tokens(13, 0).reals("one", &[1, 1, 2], &[100., 200.]).wholes("ones", &[1, 1]);
    let free = free.node("Shape", "x", "all", &[]).wholes("zero", &[0]);
    let free = free.node("Gather", "all zero", "n", &[]);
    let free = free.node("Concat", "n ones", "s", &[int("axis", 0)]);
    let free = join(free.node("Expand", "one s", "token", &[]));
    let single = join(tokens(13, 1).reals("token", &[1, 1, 2], &[100., 200.]));
    for model in [fixed, free, single] {
        assert_eq!(model.output_for(2), expected);
        let of_parameters = model.ops().into_iter().filter_map(|op| match op {
            Op::Parameter(shape) => Some(shape),
            _ => None,
        });
        let shapes: Vec<Shape> = of_parameters.collect();
        assert_eq!(shapes, [Shape::new(2, 1, 1), Shape::new(2, 1, 4)]);
    }
    let differing = join(tokens(13, 2).reals("token", &[2, 1, 2], &[1., 2., 1., 3.]));
    differing.fails_at("c", "differs by image");
    let three = join(tokens(13, 2).reals("token", &[3, 1, 2], &[1.; 6]));
    three.fails_at("c", "along the axis of the images");
    let open = join(tokens(13, 0).reals("token", &[2, 1, 2], &[1.; 4]));
    open.fails_at("c", "along the axis of the images");
}

#[test]
fn constants_in_any_arithmetic() {
    let model = tokens(13, 2).reals("c", &[2], &[10., 20.]).reals("d", &[3, 1], &[1., 2., 3.]);
    let shifted = model.clone().node("Sub", "t c", "y", &[]);
    assert_eq!(shifted.output_for(1), [-9., -16., -8., -15., -7., -14.]);
    let turned = model.clone().node("Sub", "d t", "y", &[]);
    assert_eq!(turned.output_for(1), [0., -3., 0., -3., 0., -3.]);
    let half = model.clone().reals("two", &[], &[2.]).node("Div", "t two", "y", &[]);
    assert_eq!(half.output_for(1), [0.5, 2., 1., 2.5, 1.5, 3.]);
    model.reals("e", &[5], &[1.; 5]).node("Add", "t e", "y", &[]).fails_at("y", "do not fit");
}

/// A shuffle of channels: two groups of three become three of two.
#[test]
fn channels_are_shuffled() {
    let model =
        Builder::new(13, [0, 6, 1, 2]).wholes("a", &[-1, 2, 3, 1, 2]).wholes("b", &[0, 6, 1, 2]);
    let model = model.node("Reshape", "x a", "r", &[]);
    let model = model.node("Transpose", "r", "t", &[ints("perm", &[0, 2, 1, 3, 4])]);
    let model = model.node("Reshape", "t b", "y", &[]);
    assert_eq!(model.output(), [1., 2., 7., 8., 3., 4., 9., 10., 5., 6., 11., 12.]);
    let [Op::Rearrange(shuffle)] = model.ops()[..] else { panic!("{:?}", model.ops()) };
    assert!(shuffle.digits().iter().all(|digit| digit.from == digit.to));
    assert_eq!(shuffle.digits().iter().filter(|digit| digit.to == Axis::Channel).count(), 2);
}
