//! Pools and the global average.
//!
//! Sums and maxima of whole numbers are exact; so is an average's one division, except that WGSL
//! allows it [`WGSL_DIVISION_ULP`].

use proptest::prelude::*;
use untrained::graph::{NodeId, Op, Padding, Pool, PoolKind, Shape};

use crate::kernels::shapes::{check_alone, image, images};
use crate::kernels::support::trial::{Trial, same_values, single};
use crate::kernels::support::{cases, devices};

/// Units in the last place by which a division may be off in WGSL ("Floating point accuracy").
const WGSL_DIVISION_ULP: f32 = 2.5;

fn pools(kinds: impl Strategy<Value = PoolKind>) -> impl Strategy<Value = (Shape, Pool)> {
    let pair = |range: std::ops::RangeInclusive<usize>| (range.clone(), range);
    let padding = (0..=2_usize, 0..=2_usize, 0..=2_usize, 0..=2_usize);
    (image(), kinds, pair(1..=4), pair(1..=3), padding).prop_map(
        |(input, kind, kernel, stride, (top, left, bottom, right))| {
            let padding = Padding { top, left, bottom, right };
            (input, Pool { kind, kernel: kernel.into(), stride: stride.into(), padding })
        },
    )
}

#[test]
fn maxima_are_exact() {
    check_alone(40, pools(Just(PoolKind::Max)), |&pool| Op::Pool(pool));
}

#[test]
fn averages_are_exact() {
    let kinds = any::<bool>().prop_map(|count_padding| PoolKind::Average { count_padding });
    check_averages(60, pools(kinds).prop_map(|(input, pool)| (input, Op::Pool(pool))));
}

#[test]
fn global_averages_are_exact() {
    check_averages(30, image().prop_map(|input| (input, Op::GlobalAvgPool)));
}

/// Where every window has a power of two pixels no division rounds.
#[test]
fn averages_by_powers_of_two_are_exact_everywhere() {
    let mut devices = devices::all();
    let halves = Pool {
        kind: PoolKind::Average { count_padding: false },
        kernel: [2, 4],
        stride: [2, 1],
        padding: Padding::default(),
    };
    for (input, op) in [
        (Shape::new(6, 8, 16), Op::GlobalAvgPool),
        (Shape::new(17, 9, 19), Op::Pool(halves)),
        (Shape::new(1, 1, 1), Op::GlobalAvgPool),
    ] {
        let trial = Trial::whole(single(input, op).unwrap(), 3, 2);
        trial.check(&mut devices, NodeId(1)).unwrap();
    }
}

fn check_averages(count: u32, operations: impl Strategy<Value = (Shape, Op)>) {
    let mut devices = devices::all();
    let strategy = (operations, images(), any::<u64>());
    cases::run(count, &strategy, |((input, op), images, seed)| {
        let Some(graph) = single(input, op) else { return Ok(false) };
        let trial = Trial::whole(graph, images, seed);
        let node = NodeId(1);
        trial
            .check_with(&mut devices, |device, expected, found| {
                let place = expected.stored.iter().position(|&(stored, _)| stored == node);
                let (values, reference) =
                    (&found.tensors[place.ok_or("not stored")?], expected.values.of(node));
                if device.divides_by_wgsl() {
                    close_quotients(values, reference)?;
                } else {
                    same_values("average", values, reference)?;
                }
                // A rounding error cannot move a quotient over zero.
                expected.same_output(&found.output)
            })
            .map(|()| true)
    });
}

fn close_quotients(found: &[f32], expected: &[f32]) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!("{} values, expected {}", found.len(), expected.len()));
    }
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let ulp = expected.abs().next_up() - expected.abs();
        // The reference is rounded too.
        if (found - expected).abs() > (WGSL_DIVISION_ULP + 0.5) * ulp {
            return Err(format!("value {index} is {found}, expected {expected}"));
        }
    }
    Ok(())
}

/// Padding that is counted is told from padding that is not, and a maximum from an average.
#[test]
fn another_kind_of_pool_is_noticed() {
    let mut devices = devices::all();
    let pool = |kind| {
        let pool = Pool { kind, kernel: [3, 3], stride: [1, 1], padding: Padding::same(1) };
        single(Shape::new(5, 6, 7), Op::Pool(pool)).unwrap()
    };
    let kinds = [
        PoolKind::Max,
        PoolKind::Average { count_padding: false },
        PoolKind::Average { count_padding: true },
    ];
    for (index, &kind) in kinds.iter().enumerate() {
        let expected = Trial::whole(pool(kind), 3, 5).expected();
        let other = Trial::whole(pool(kinds[(index + 1) % kinds.len()]), 3, 5);
        let other_expected = other.expected();
        for device in &mut devices {
            let found = other.run(device, &other_expected).unwrap();
            let values = &found.tensors[1];
            let close = close_quotients(values, expected.values.of(NodeId(1)));
            assert!(close.is_err(), "{}: {kind:?}", device.name);
        }
    }
}
