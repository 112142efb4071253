//! Views checked against plain lists of values.

use super::*;
use crate::onnx::constant::StridedRange;

const BATCH: SymbolicInt = SymbolicInt::Known(2);

/// A tensor of a model with the images first: extents and, row-major, where in `[c, h, w]` of which
/// image each value comes from.
#[derive(Clone, Debug, PartialEq)]
struct PlainArray {
    dims: Vec<usize>,
    values: Vec<usize>,
}

/// All values of a view in the model's order, as `image * volume + position`.
fn plain(view: &TensorView, shape: Shape) -> PlainArray {
    let SymbolicInt::Known(images) = BATCH else { panic!() };
    let extent = |factor: &AxisFactor| factor.part().map_or(images as usize, |part| part.extent);
    let mut all = vec![(0, view.start)];
    for factor in view.axes.iter().flatten() {
        all = all
            .into_iter()
            .flat_map(|(image, at)| {
                (0..extent(factor)).map(move |position| match factor {
                    AxisFactor::Images => (image + position, at),
                    AxisFactor::Part(part) => {
                        let mut at = at;
                        at[part.from.index()] += position * part.step;
                        (image, at)
                    }
                })
            })
            .collect();
    }
    let place = |(image, [c, y, x]): (usize, [usize; 3])| {
        ((image * shape.channels + c) * shape.height + y) * shape.width + x
    };
    let dims = view.axes.iter().map(|axis| axis.iter().map(extent).product()).collect();
    PlainArray { dims, values: all.into_iter().map(place).collect() }
}

/// The plain tensor with its axes in another order.
fn transposed(tensor: &PlainArray, order: &[usize]) -> PlainArray {
    let dims: Vec<usize> = order.iter().map(|&axis| tensor.dims[axis]).collect();
    let step = |axis: usize| tensor.dims[axis + 1..].iter().product::<usize>();
    let mut places = vec![0];
    for &axis in order {
        places = places
            .into_iter()
            .flat_map(|at| (0..tensor.dims[axis]).map(move |k| (at, k)))
            .map(|(at, k)| at + k * step(axis))
            .collect();
    }
    PlainArray { dims, values: places.into_iter().map(|at| tensor.values[at]).collect() }
}

/// What a rearrangement of every image gives, by the places its values come from.
fn moved(rearrange: Option<crate::graph::Rearrange>, shape: Shape) -> (Shape, Vec<usize>) {
    let Some(rearrange) = rearrange else {
        return (shape, (0..2 * shape.volume()).collect());
    };
    let out = rearrange.shape;
    let mut values = Vec::new();
    for image in 0..2 {
        for index in 0..out.volume() {
            let at = [index / out.plane(), index / out.width % out.height, index % out.width];
            let mut from = rearrange.start;
            for axis in Axis::ALL {
                let offset = rearrange.offset(axis, at[axis.index()]);
                (0..3).for_each(|k| from[k] += offset[k]);
            }
            let [c, y, x] = from;
            values.push(((image * shape.channels + c) * shape.height + y) * shape.width + x);
        }
    }
    (out, values)
}

fn known(dims: &[i64]) -> Vec<SymbolicInt> {
    dims.iter().copied().map(SymbolicInt::Known).collect()
}

/// The projections of two heads as PyTorch's multi-head attention exports them: tokens first, images
/// and heads merged.
fn attention() -> (Shape, Vec<TensorView>) {
    let shape = Shape::new(12, 1, 5);
    let view = TensorView::images(shape, true).without(&[2]);
    let tokens = view.transposed(&[2, 0, 1]);
    let split = tokens.reshaped(&known(&[5, 2, 3, 4]), true, BATCH).unwrap();
    let parts = (0..3).map(|part| {
        let range = StridedRange { first: part, step: 1, count: 1 };
        let one = split.sliced(2, range).unwrap().without(&[2]);
        let merged = one.reshaped(&known(&[5, 4, 2]), true, BATCH).unwrap().transposed(&[1, 0, 2]);
        merged.reshaped(&known(&[2, 2, 5, 2]), true, BATCH).unwrap()
    });
    (shape, parts.collect())
}

#[test]
fn views_follow_the_values() {
    let (shape, views) = attention();
    let whole = plain(&TensorView::images(shape, true).without(&[2]), shape);
    let tokens = transposed(&whole, &[2, 0, 1]);
    for (part, view) in views.iter().enumerate() {
        // The same with plain lists: [5, 2, 3, 4], part, [5, 4, 2], [4, 5, 2].
        let picked = (0..40).map(|index| tokens.values[index / 4 * 12 + part * 4 + index % 4]);
        let one = PlainArray { dims: vec![5, 4, 2], values: picked.collect() };
        let expected = PlainArray { dims: vec![2, 2, 5, 2], ..transposed(&one, &[1, 0, 2]) };
        assert_eq!(plain(view, shape), expected, "part {part}");
        assert_eq!(view.describe(BATCH), "[2, 2, 5, 2]");
    }
}

/// Whatever the layout, the view of what was moved sees the same values.
#[test]
fn arrangements_keep_the_values() {
    let (shape, views) = attention();
    let layouts: [AxisLayout; 3] =
        [[vec![3], vec![1], vec![2]], [vec![1, 3], vec![], vec![2]], [vec![2], vec![3], vec![1]]];
    for view in &views {
        let expected = plain(view, shape);
        let mut arranged: Vec<ArrangedView> =
            layouts.iter().map(|layout| view.arranged(shape, layout).unwrap()).collect();
        arranged.push(view.compacted(shape).unwrap());
        for axis in 0..4 {
            arranged.push(view.arranged(shape, &view.layout_around(axis)).unwrap());
        }
        for ArrangedView { rearrange, view } in arranged {
            let (to, values) = moved(rearrange, shape);
            let found = plain(&view, to);
            let found: Vec<usize> = found.values.iter().map(|&at| values[at]).collect();
            assert_eq!(found, expected.values, "{rearrange:?}");
            assert!(view.is_whole(to));
        }
    }
    // The channels of a part, taken as they lie, need no other order.
    let first = views[0].compacted(shape).unwrap().rearrange.unwrap();
    assert_eq!((first.shape, first.digits().len()), (Shape::new(4, 1, 5), 2));
}

#[test]
fn what_lies_in_order_is_not_moved() {
    let shape = Shape::new(3, 4, 5);
    let view = TensorView::images(shape, true);
    let layout = [vec![1], vec![2], vec![3]];
    assert_eq!(view.arranged(shape, &layout).unwrap().rearrange, None);
    let flat = view.reshaped(&known(&[2, -1]), true, BATCH).unwrap();
    let vector = flat.arranged(shape, &[vec![1], vec![], vec![]]).unwrap();
    assert_eq!(moved(vector.rearrange, shape).1, (0..120).collect::<Vec<_>>());
    let back = flat.reshaped(&known(&[0, 3, 4, 5]), true, BATCH).unwrap();
    assert_eq!(back, view);
}

#[test]
fn reshapes_of_any_batch() {
    let shape = Shape::new(6, 1, 5);
    let view = TensorView::images(shape, true).without(&[2]);
    let any = SymbolicInt::Images(1);
    let merged = view.transposed(&[2, 0, 1]);
    let heads = merged.reshaped(
        &[SymbolicInt::Known(5), SymbolicInt::Known(-1), SymbolicInt::Known(2)],
        true,
        any,
    );
    assert_eq!(heads.unwrap().describe(any), "[5, 3n, 2]");
    let flat =
        merged.reshaped(&[SymbolicInt::Images(5), SymbolicInt::Known(-1)], true, any).unwrap();
    assert_eq!(flat.describe(any), "[5n, 6]");
    let back = flat.reshaped(&[SymbolicInt::Known(5), any, SymbolicInt::Known(0)], true, any);
    assert!(back.is_err(), "the third axis is not there");
    let back = flat.reshaped(&[SymbolicInt::Known(5), any, SymbolicInt::Known(6)], true, any);
    assert_eq!(back.unwrap(), merged);
    for wrong in
        [&[SymbolicInt::Known(30)][..], &[SymbolicInt::Images(29)], &[any, any], &known(&[-1, 7])]
    {
        assert!(merged.reshaped(wrong, true, any).is_err(), "{wrong:?}");
    }
    // Images may be joined with what is behind them, but not taken apart; 6 channels do not make
    // rows of 4.
    assert_eq!(view.reshaped(&known(&[1, 60]), true, BATCH).unwrap().images_axis(), Some(1));
    let odd = SymbolicInt::Known(3);
    assert!(view.reshaped(&known(&[30, 3]), true, odd).is_err());
    assert_eq!(view.reshaped(&known(&[2, 10, 3]), true, BATCH), Err(ReshapeMisfit::Uneven));
}

#[test]
fn pairs_lie_in_one_layout() {
    let (shape, views) = attention();
    // A part of the projections and another one, then a value per channel that is repeated.
    let wide = TensorView::images(Shape::new(4, 3, 5), true);
    let table = TensorView::images(Shape::new(4, 1, 1), false).without(&[0]);
    let (wide, table) = wide.broadcast(&table).unwrap();
    for ((a, a_shape), (b, b_shape)) in [
        ((&views[0], shape), (&views[1], shape)),
        ((&wide, Shape::new(4, 3, 5)), (&table, Shape::new(4, 1, 1))),
        ((&table, Shape::new(4, 1, 1)), (&wide, Shape::new(4, 3, 5))),
    ] {
        let pairing = AlignedViews::new((a, a_shape), (b, b_shape)).unwrap();
        for (rearrange, view, shape) in [(pairing.first, a, a_shape), (pairing.second, b, b_shape)]
        {
            let (to, values) = moved(rearrange, shape);
            let found = of_one_image(&plain(&pairing.view, to).values, to);
            let found: Vec<usize> = found.iter().map(|&at| values[at]).collect();
            assert_eq!(found, of_one_image(&plain(view, shape).values, shape));
        }
    }
    assert!(wide.broadcast(&TensorView::images(Shape::new(4, 3, 4), true)).is_err());
    let merged = views[0].transposed(&[1, 0, 2, 3]);
    let joined = |view: &TensorView| view.reshaped(&known(&[4, 5, 2]), true, BATCH).unwrap();
    let error = joined(&merged).broadcast(&joined(&views[0])).unwrap_err();
    assert!(error.contains("different images"), "{error}");
}

/// The places in the first image; a value without images is there once.
fn of_one_image(places: &[usize], shape: Shape) -> Vec<usize> {
    places.iter().copied().filter(|&place| place < shape.volume()).collect()
}
