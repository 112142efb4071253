//! Functions of values and of pairs of values, and resampling: bit for bit where results are exact, else
//! within a stated tolerance.

use proptest::prelude::*;
use untrained::graph::{
    Axis, Conv, ElementFunction, Graph, NodeId, Op, PairFunction, Resample, Shape, TapTable,
};

use crate::kernels::shapes::{channels, image, images};
use crate::kernels::support::trial::{Expected, Found, Trial, add_reader};
use crate::kernels::support::{cases, devices};

/// How far a value may be off, as a part of itself or of 0.01: WGSL allows sines and cosines an absolute
/// error of 2^-11 and a power that of an exponential of a logarithm.
const CLOSE: f64 = 6e-4;

const EXACT: [ElementFunction; 10] = [
    ElementFunction::Abs,
    ElementFunction::Sign,
    ElementFunction::Floor,
    ElementFunction::Ceil,
    ElementFunction::Round,
    ElementFunction::Power(2.0),
    ElementFunction::Clip { low: -1.5, high: 2.0 },
    ElementFunction::Above(1.0),
    ElementFunction::AtLeast(1.0),
    ElementFunction::Equals(2.0),
];

const ROUNDED: [ElementFunction; 8] = [
    ElementFunction::Exp,
    ElementFunction::Log,
    ElementFunction::Sqrt,
    ElementFunction::Reciprocal,
    ElementFunction::Sin,
    ElementFunction::Cos,
    ElementFunction::Erf,
    ElementFunction::Power(-1.5),
];

/// A function whose value a convolution reads: that one sees what lies between the last channel and the
/// end of a block.
fn read(graph: &mut Graph, node: NodeId) {
    add_reader(graph, node);
    let next = graph.add("next", Op::Conv(Conv::square(5, 3, 1)), &[node]).unwrap();
    add_reader(graph, next);
}

fn mapped(shape: Shape, function: ElementFunction) -> (Graph, NodeId) {
    let mut graph = Graph::new();
    let image = graph.input(shape);
    let half = graph.add("half", Op::Scale(0.5), &[image]).unwrap();
    let node = graph.add("map", Op::Map(function), &[half]).unwrap();
    read(&mut graph, node);
    (graph, node)
}

#[test]
fn functions_that_compare_and_round_are_exact() {
    let mut devices = devices::all();
    for function in EXACT {
        let strategy = (image(), images(), any::<u64>());
        cases::run(6, &strategy, |(input, images, seed)| {
            let (graph, node) = mapped(input, function);
            Trial::whole(graph, images, seed).check(&mut devices, node).map(|()| true)
        });
    }
}

fn close(node: NodeId, expected: &Expected, found: &Found) -> Result<(), String> {
    let place = expected.stored.iter().position(|&(stored, _)| stored == node);
    let values = &found.tensors[place.ok_or("the value is not stored")?];
    for (&value, &reference) in values.iter().zip(expected.values.of(node)) {
        let (value, reference) = (f64::from(value), f64::from(reference));
        let limit = CLOSE * reference.abs().max(0.01);
        if (value - reference).abs() > limit || value.is_nan() != reference.is_nan() {
            return Err(format!("{value}, expected {reference}"));
        }
    }
    Ok(())
}

/// Images of positive numbers up to 6, no two alike.
fn positive(mut trial: Trial) -> Trial {
    let count = trial.batch.values.len();
    let value = |index: usize| (index * 977 % count + 1) as f32 / count as f32 * 6.0;
    trial.batch.values = (0..count).map(value).collect();
    trial
}

#[test]
fn functions_that_round_are_close() {
    let mut devices = devices::all();
    for function in ROUNDED {
        let mut graph = Graph::new();
        let image = graph.input(Shape::new(7, 9, 11));
        let node = graph.add("map", Op::Map(function), &[image]).unwrap();
        add_reader(&mut graph, node);
        let trial = positive(Trial::whole(graph, 3, 1));
        trial.check_with(&mut devices, |_, expected, found| close(node, expected, found)).unwrap();
        // Control: the values of another function are not close.
        let mut other = Graph::new();
        let image = other.input(Shape::new(7, 9, 11));
        let floor = other.add("map", Op::Map(ElementFunction::Floor), &[image]).unwrap();
        add_reader(&mut other, floor);
        let other = Trial { graph: other, ..trial.clone() };
        let expected = trial.expected();
        let found = other.run(&mut devices[0], &other.expected()).unwrap();
        assert!(close(node, &expected, &found).is_err(), "{}", function.name());
    }
}

fn paired(shape: Shape, single: bool, function: PairFunction) -> (Graph, NodeId) {
    let mut graph = Graph::new();
    let image = graph.input(shape);
    let op = if single { Op::GlobalAvgPool } else { Op::Scale(-0.5) };
    let other = graph.add("other", op, &[image]).unwrap();
    let node = graph.add("pair", Op::Pair(function), &[image, other]).unwrap();
    read(&mut graph, node);
    (graph, node)
}

#[test]
fn the_larger_and_the_smaller_of_two_values_are_exact() {
    let mut devices = devices::all();
    for function in [PairFunction::Max, PairFunction::Min] {
        cases::run(10, &(image(), images(), any::<u64>()), |(input, images, seed)| {
            let (graph, node) = paired(input, false, function);
            Trial::whole(graph, images, seed).check(&mut devices, node).map(|()| true)
        });
        // One value per channel: the mean of 4 x 4 whole numbers.
        cases::run(6, &(channels(), images(), any::<u64>()), |(channels, images, seed)| {
            let (graph, node) = paired(Shape::new(channels, 4, 4), true, function);
            Trial::whole(graph, images, seed).check(&mut devices, node).map(|()| true)
        });
    }
}

#[test]
fn quotients_are_close() {
    let mut devices = devices::all();
    for single in [false, true] {
        let (graph, node) = paired(Shape::new(7, 9, 11), single, PairFunction::Div);
        let trial = positive(Trial::whole(graph, 3, 1));
        trial.check_with(&mut devices, |_, expected, found| close(node, expected, found)).unwrap();
    }
}

/// An axis of an input, and taps with factors that keep sums exact.
fn resampling() -> impl Strategy<Value = (Shape, Axis, Vec<Vec<(usize, f32)>>)> {
    let axis = prop::sample::select(&Axis::ALL[..]);
    (image(), axis).prop_flat_map(|(shape, axis)| {
        let extent = [shape.channels, shape.height, shape.width][axis.index()];
        let factor = prop::sample::select(&[1.0_f32, 1.0, -1.0, 0.5, 0.0, 2.0][..]);
        let row = proptest::collection::vec((0..extent, factor), 0..=4);
        (Just(shape), Just(axis), proptest::collection::vec(row, 1..=20))
    })
}

fn resampled(shape: Shape, axis: Axis, rows: &[Vec<(usize, f32)>]) -> (Graph, NodeId) {
    let mut graph = Graph::new();
    let image = graph.input(shape);
    let table = graph.add_table(TapTable::new(rows).unwrap());
    let node = graph.add("resample", Op::Resample(Resample { axis, table }), &[image]).unwrap();
    read(&mut graph, node);
    (graph, node)
}

#[test]
fn resampling_is_exact() {
    let mut devices = devices::all();
    cases::run(60, &(resampling(), images(), any::<u64>()), |(case, images, seed)| {
        let (shape, axis, rows) = case;
        let (graph, node) = resampled(shape, axis, &rows);
        Trial::whole(graph, images, seed).check(&mut devices, node).map(|()| true)
    });
}

/// One tap that reads the position behind, and a table for another input, are noticed.
#[test]
fn other_taps_are_noticed() {
    let shape = Shape::new(6, 5, 7);
    for axis in Axis::ALL {
        let rows: Vec<Vec<(usize, f32)>> = (0..4).map(|row| vec![(row, 1.0)]).collect();
        let mut other = rows.clone();
        other[2][0].0 = 1;
        let (graph, node) = resampled(shape, axis, &rows);
        let trial = Trial::whole(graph, 2, 1);
        let changed = Trial { graph: resampled(shape, axis, &other).0, ..trial.clone() };
        for device in &mut devices::all() {
            let found = changed.run(device, &changed.expected()).unwrap();
            assert!(trial.expected().same(&trial.graph, &found).is_err(), "{}", device.name);
        }
        let table = TapTable::picks(&[9]).unwrap();
        let mut graph = trial.graph.clone();
        let table = graph.add_table(table);
        let far = Op::Resample(Resample { axis, table });
        assert!(graph.add("far", far, &[NodeId(0)]).is_err());
        assert_eq!(graph.shape(node).volume(), trial.graph.shape(node).volume());
    }
}
