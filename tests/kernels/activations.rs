//! Activation functions: bit for bit where a function of whole numbers is exact, else within a stated
//! tolerance; their codes, and several functions of one tensor.

use proptest::prelude::*;
use untrained::graph::{Activation, ActivationKind, BatchNorm, Conv, Graph, NodeId, Op, Shape};
use untrained::plan::PlanStep;

use crate::kernels::shapes::{image, images};
use crate::kernels::support::trial::{Expected, Found, Trial, add_reader, same_values};
use crate::kernels::support::{cases, devices};

/// How far a value may be off, as a part of itself. The native functions are within 1.5e-5; WGSL
/// allows an exponential `3 + 2 |x|` units in the last place, 1e-5 at its bound of 87, and a division
/// 2.5.
const CLOSE: f64 = 5e-5;

/// Values that are smaller than this may be off by `CLOSE` times it: HardSigmoid adds numbers that
/// cancel, and exponentials end at 1e-38.
const SMALLEST: f64 = 1e-2;

/// Functions whose values of whole numbers are multiples of a small power of two.
const EXACT: [ActivationKind; 8] = [
    ActivationKind::Relu,
    ActivationKind::RELU6,
    ActivationKind::ClippedRelu { ceiling: 2.5 },
    ActivationKind::LeakyRelu { slope: 0.25 },
    ActivationKind::HardSigmoid { slope: 0.25, offset: 0.5 },
    ActivationKind::HardTanh { low: -2.0, high: 1.5 },
    ActivationKind::Shrink { width: 1.0, bias: 0.5 },
    ActivationKind::Threshold { limit: 1.0, value: -2.0 },
];

/// The others.
const ROUNDED: [ActivationKind; 12] = [
    ActivationKind::LeakyRelu { slope: 0.01 },
    ActivationKind::Sigmoid,
    ActivationKind::HARD_SIGMOID,
    ActivationKind::Silu,
    ActivationKind::HardSwish,
    ActivationKind::Gelu,
    ActivationKind::GeluTanh,
    ActivationKind::Tanh,
    ActivationKind::Elu { alpha: 1.5 },
    ActivationKind::Mish,
    ActivationKind::Softsign,
    ActivationKind::Softplus,
];

fn activation(kind: ActivationKind) -> Op {
    Op::Activation(Activation::once(kind))
}

/// An activation of a convolution, whose value is stored and read by another convolution: that one
/// sees what lies between the last channel and the end of a block, and around the image.
fn network(input: Shape, kind: ActivationKind) -> (Graph, NodeId) {
    let mut graph = Graph::new();
    let image = graph.input(input);
    let conv = Conv::square(input.channels + 2, 1, 1);
    let conv = graph.add("conv", Op::Conv(conv), &[image]).unwrap();
    let node = graph.add("activation", activation(kind), &[conv]).unwrap();
    add_reader(&mut graph, node);
    let next = graph.add("next", Op::Conv(Conv::square(5, 3, 1)), &[node]).unwrap();
    add_reader(&mut graph, next);
    (graph, node)
}

#[test]
fn functions_that_only_compare_are_exact() {
    let mut devices = devices::all();
    for kind in EXACT {
        let strategy = (image(), images(), any::<u64>());
        cases::run(12, &strategy, |(input, images, seed)| {
            let (graph, node) = network(input, kind);
            Trial::whole(graph, images, seed).check(&mut devices, node).map(|()| true)
        });
    }
}

/// The network's images, spread from -12 to 12 in steps of no special size, with one channel less
/// than the block and a batch that fills no group.
fn spread(kind: ActivationKind) -> (Trial, NodeId) {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(7, 9, 11));
    let node = graph.add("activation", activation(kind), &[image]).unwrap();
    add_reader(&mut graph, node);
    let mut trial = Trial::whole(graph, 3, 1);
    let count = trial.batch.values.len();
    let value = |index: usize| (index as f32 / count as f32 - 0.5) * 24.0;
    trial.batch.values = (0..count).map(|index| value(index * 977 % count)).collect();
    (trial, node)
}

fn close(node: NodeId, expected: &Expected, found: &Found) -> Result<(), String> {
    let place = expected.stored.iter().position(|&(stored, _)| stored == node);
    let values = &found.tensors[place.ok_or("the value is not stored")?];
    let reference = expected.values.of(node);
    assert_eq!(values.len(), reference.len());
    for (&value, &reference) in values.iter().zip(reference) {
        let (value, reference) = (f64::from(value), f64::from(reference));
        let limit = CLOSE * reference.abs().max(SMALLEST);
        let error = (value - reference).abs();
        if error.is_nan() || error > limit {
            return Err(format!("{value}, expected {reference} +- {limit:.1e}"));
        }
    }
    Ok(())
}

#[test]
fn functions_that_round_are_close_and_their_codes_exact() {
    let mut devices = devices::all();
    for kind in ROUNDED {
        let (trial, node) = spread(kind);
        let compared = trial.check_with(&mut devices, |_, expected, found| {
            close(node, expected, found)?;
            let codes = found.output.codes.as_ref().ok_or("no codes")?;
            // The code is that of the images, whatever the function; the reader's code may differ
            // only next to zero.
            if codes[0] != expected.codes[0] {
                return Err("the code of the input differs".to_owned());
            }
            Ok(())
        });
        compared.unwrap_or_else(|why| panic!("{kind:?}: {why}"));
    }
}

/// Each function is told from the others, ReLU with another ceiling or slope included.
#[test]
fn another_function_is_noticed() {
    let mut devices = devices::all();
    let kinds = [&EXACT[..], &ROUNDED[..]].concat();
    for (index, &kind) in kinds.iter().enumerate() {
        let (trial, node) = spread(kind);
        let expected = trial.expected();
        for &other in kinds[index + 1..].iter().chain(&kinds[..index]) {
            let (other, _) = spread(other);
            let other_expected = other.expected();
            for device in &mut devices {
                let found = other.run(device, &other_expected).unwrap();
                let result = close(node, &expected, &found);
                assert!(result.is_err(), "{}: {kind:?} is not told apart", device.name);
            }
        }
    }
}

/// A sigmoid of zero is one half: its code is known, its value is computed.
#[test]
fn functions_of_a_zero_tensor_have_known_codes_and_right_values() {
    let mut devices = devices::all();
    let half = ActivationKind::HardSigmoid { slope: 0.25, offset: 0.5 };
    for (kind, constant) in [(half, true), (ActivationKind::RELU6, false)] {
        let mut graph = Graph::new();
        let image = graph.input(Shape::new(5, 4, 3));
        let none = graph.add("none", Op::Scale(0.0), &[image]).unwrap();
        let node = graph.add("activation", activation(kind), &[none]).unwrap();
        let conv = graph.add("conv", Op::Conv(Conv::square(18, 3, 1)), &[node]).unwrap();
        let sum = graph.add("sum", Op::Concat, &[conv, image]).unwrap();
        add_reader(&mut graph, sum);
        let trial = Trial::whole(graph, 2, 3);
        let plan = trial.plan();
        assert_eq!(plan.constant_units, 5 * 4 * 3);
        let convs = plan.steps.iter().filter(|planned| matches!(planned.step, PlanStep::Conv(_)));
        assert_eq!(convs.count(), usize::from(constant), "{kind:?}");
        trial.check(&mut devices, sum).unwrap();
    }
}

/// Functions of one tensor share its code; equal ones share their values as well.
#[test]
fn several_functions_of_one_tensor_are_exact() {
    let mut devices = devices::all();
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(19, 5, 6));
    let conv = graph.add("conv", Op::Conv(Conv::square(6, 3, 1)), &[image]).unwrap();
    let kinds = [EXACT[0], EXACT[4], EXACT[0], EXACT[3]];
    for (index, &kind) in kinds.iter().enumerate() {
        let node = graph.add(format!("activation {index}"), activation(kind), &[conv]).unwrap();
        let conv = Op::Conv(Conv::square(4, 1, 1));
        let conv = graph.add(format!("conv {index}"), conv, &[node]).unwrap();
        add_reader(&mut graph, conv);
    }
    let last = NodeId(graph.nodes().len() as u32 - 3);
    let trial = Trial::whole(graph, 3, 4);
    let plan = trial.plan();
    assert_eq!(plan.codes[0].multiplicity, 4);
    let stored: Vec<_> = [2, 5 + 1, 10].map(|node| plan.stored[node]).into_iter().collect();
    assert!(stored.iter().all(Option::is_some), "{stored:?}");
    assert_eq!(plan.stored[2], plan.stored[10], "equal functions are stored twice");
    trial.check(&mut devices, last).unwrap();
}

/// Behind a batch-norm the function is part of the step that normalises.
#[test]
fn a_normalised_function_takes_one_step() {
    let mut graph = Graph::new();
    let image = graph.input(Shape::new(3, 6, 6));
    let conv = graph.add("conv", Op::Conv(Conv::square(8, 3, 1)), &[image]).unwrap();
    let norm = graph.add("norm", Op::BatchNorm(BatchNorm::default()), &[conv]).unwrap();
    let silu = graph.add("silu", activation(ActivationKind::Silu), &[norm]).unwrap();
    let next = graph.add("next", Op::Conv(Conv::square(4, 3, 1)), &[silu]).unwrap();
    graph.add("end", activation(ActivationKind::Relu), &[next]).unwrap();
    let trial = Trial::whole(graph, 4, 8);
    let steps: Vec<_> = trial.plan().steps.into_iter().map(|planned| planned.step).collect();
    assert!(
        matches!(
            steps[..],
            [PlanStep::Conv(_), PlanStep::Combine(_), PlanStep::Conv(_), PlanStep::Combine(_)]
        ),
        "{steps:?}"
    );
    let compare = |_: &_, expected: &Expected, found: &Found| {
        let (differ, bits) = (expected.same_output(&found.output), found.kernel().units());
        // Rounding may move a value over zero, but not in a network of 432 units.
        differ.map_err(|why| format!("{why} of {bits} units"))
    };
    trial.check_with(&mut devices::all(), compare).unwrap();
    let [_, PlanStep::Combine(combine), ..] = &steps[..] else { panic!() };
    assert!(combine.code.is_some() && combine.value.is_none());
    assert_eq!(combine.activated.map(|activated| activated.kind), Some(ActivationKind::Silu));
    assert!(same_values("other", &[1.0], &[2.0]).is_err());
}
