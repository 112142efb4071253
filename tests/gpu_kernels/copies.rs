//! Pools, windows, concatenations, slices, flatten, sums.

use proptest::prelude::*;
use untrained::graph::{
    Conv, Graph, Linear, NodeId, Op, Padding, Pool, PoolKind, Relu, Shape, Window,
};
use untrained::plan::Step;

use crate::trial::{Trial, backend, single, written};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn shapes() -> impl Strategy<Value = Shape> {
    (1..=9_usize, 1..=11_usize, 1..=11_usize).prop_map(|(c, h, w)| Shape::new(c, h, w))
}

/// Runs `op` alone on random shapes; at least half of the cases must be valid.
fn check_op<T: std::fmt::Debug>(
    parameters: impl Strategy<Value = T>,
    op: impl Fn(&T) -> Op,
    of_kind: impl Fn(&Step) -> bool,
) {
    let Some(backend) = backend() else { return };
    let backend = std::cell::RefCell::new(backend);
    let ran = std::cell::Cell::new(0);
    let cases = (shapes(), parameters, 1..=3_usize, any::<u64>());
    proptest::test_runner::TestRunner::new(config(32))
        .run(&cases, |(input, parameters, images, seed)| {
            let Some(graph) = single(input, op(&parameters)) else { return Ok(()) };
            let trial = Trial::new(graph, images, seed);
            let tensor = written(&trial.plan(), &of_kind);
            trial.check(&mut backend.borrow_mut(), tensor, NodeId(1));
            ran.set(ran.get() + 1);
            Ok(())
        })
        .unwrap();
    assert!(ran.get() >= 8, "only {} of the cases were valid", ran.get());
}

#[test]
fn pools_are_exact() {
    let kinds = prop_oneof![
        Just(PoolKind::Max),
        Just(PoolKind::Average { count_padding: false }),
        Just(PoolKind::Average { count_padding: true }),
    ];
    let pair = |range: std::ops::RangeInclusive<usize>| (range.clone(), range);
    let padding = (0..=1_usize, 0..=1_usize, 0..=1_usize, 0..=1_usize);
    check_op(
        (kinds, pair(1..=4), pair(1..=3), padding),
        |&(kind, kernel, stride, (top, left, bottom, right))| {
            let padding = Padding { top, left, bottom, right };
            Op::Pool(Pool { kind, kernel: kernel.into(), stride: stride.into(), padding })
        },
        |step| matches!(step, Step::Pool { .. }),
    );
}

#[test]
fn windows_are_exact() {
    let offset = (-3..=3_isize, -3..=3_isize);
    let size = (1..=9_usize, 1..=9_usize);
    check_op(
        (offset, size, (1..=3_usize, 1..=3_usize)),
        |&((top, left), (height, width), stride)| {
            Op::Window(Window { top, left, height, width, stride: stride.into() })
        },
        |step| matches!(step, Step::Window { .. }),
    );
}

#[test]
fn slices_are_exact() {
    check_op(
        (0..=5_usize, 1..=6_usize),
        |&(start, len)| Op::ChannelSlice { start, len },
        |step| matches!(step, Step::CopyChannels { .. }),
    );
}

#[test]
fn flatten_is_exact() {
    check_op(Just(()), |()| Op::Flatten, |step| matches!(step, Step::Flatten { .. }));
}

#[test]
fn global_average_pool_is_exact_where_the_plane_is_a_power_of_two() {
    let Some(mut backend) = backend() else { return };
    let trial = Trial::new(single(Shape::new(6, 8, 16), Op::GlobalAvgPool).unwrap(), 3, 2);
    let tensor = written(&trial.plan(), |step| matches!(step, Step::Pool { .. }));
    trial.check(&mut backend, tensor, NodeId(1));
}

#[test]
fn concatenations_of_any_widths_are_exact() {
    let Some(mut backend) = backend() else { return };
    for (seed, widths) in
        [&[1, 2, 3][..], &[4, 4], &[5, 8, 1, 2], &[3, 4], &[7, 7, 7]].iter().enumerate()
    {
        let mut graph = Graph::new();
        let image = graph.input(Shape::new(3, 5, 4));
        let mut parts = Vec::new();
        for (index, &width) in widths.iter().enumerate() {
            let conv = Op::Conv(Conv::square(width, 3, 1));
            parts.push(graph.add(format!("conv {index}"), conv, &[image]).unwrap());
        }
        let whole = graph.add("concat", Op::Concat, &parts).unwrap();
        graph.add("relu", Op::Relu(Relu::ONCE), &[whole]).unwrap();
        let trial = Trial::new(graph, 3, seed as u64);
        let tensor = written(&trial.plan(), |step| matches!(step, Step::CopyChannels { .. }));
        trial.check(&mut backend, tensor, whole);
    }
}

#[test]
fn a_zero_part_of_a_concatenation_is_zero() {
    let Some(mut backend) = backend() else { return };
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 4, 4));
    let conv = graph.add("conv", Op::Conv(Conv::square(6, 3, 1)), &[image]).unwrap();
    // Leaves something behind in memory that the zero part may get.
    let relu = graph.add("relu", Op::Relu(Relu::ONCE), &[conv]).unwrap();
    let second = graph.add("conv 2", Op::Conv(Conv::square(6, 3, 1)), &[relu]).unwrap();
    let none = graph.add("none", Op::Scale(0.0), &[second]).unwrap();
    let whole = graph.add("concat", Op::Concat, &[second, none]).unwrap();
    graph.add("last relu", Op::Relu(Relu::ONCE), &[whole]).unwrap();
    let trial = Trial::new(graph, 2, 5);
    let tensor = written(&trial.plan(), |step| matches!(step, Step::CopyChannels { .. }));
    trial.check(&mut backend, tensor, whole);
}

#[test]
fn sums_and_factors_are_exact() {
    let Some(mut backend) = backend() else { return };
    for count in 1..=7 {
        let mut graph = Graph::new();
        let image = graph.input(Shape::new(2, 5, 7));
        let mut parts = vec![image];
        for index in 1..count {
            let conv = Op::Conv(Conv::square(2, 3, 1));
            let node = graph.add(format!("conv {index}"), conv, &[image]).unwrap();
            let factor = index as f32 - 3.0;
            let scaled = graph.add(format!("scale {index}"), Op::Scale(factor), &[node]).unwrap();
            parts.push(scaled);
        }
        let sum = graph.add("sum", Op::Add, &parts).unwrap();
        graph.add("relu", Op::Relu(Relu::ONCE), &[sum]).unwrap();
        // A reader of the value itself, so that it is stored.
        let conv = graph.add("reader", Op::Conv(Conv::square(3, 1, 1)), &[sum]).unwrap();
        graph.add("last relu", Op::Relu(Relu::ONCE), &[conv]).unwrap();
        let trial = Trial::new(graph, 3, count as u64);
        let plan = trial.plan();
        let tensor = plan.steps.iter().rev().find_map(|planned| match &planned.step {
            Step::Conv(step) => Some(step.dst),
            _ => None,
        });
        trial.check(&mut backend, tensor.unwrap(), conv);
    }
}

#[test]
fn flatten_then_linear_keeps_the_order_of_units() {
    let Some(mut backend) = backend() else { return };
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(5, 3, 2));
    let flat = graph.add("flatten", Op::Flatten, &[image]).unwrap();
    let op = Op::Linear(Linear { out_features: 9, bias: true });
    let linear = graph.add("linear", op, &[flat]).unwrap();
    graph.add("relu", Op::Relu(Relu::ONCE), &[linear]).unwrap();
    let trial = Trial::new(graph, 4, 8);
    let tensor = written(&trial.plan(), |step| matches!(step, Step::Conv(_)));
    trial.check(&mut backend, tensor, linear);
}
