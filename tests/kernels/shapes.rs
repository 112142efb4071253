//! Random sizes around the edges of blocks of 4 and 16 channels and tiles of up to 16 pixels, and
//! the one way to test an operation alone.

use std::fmt::Debug;

use proptest::prelude::*;
use untrained::graph::{NodeId, Op, Shape};

use crate::kernels::support::trial::{Trial, single};
use crate::kernels::support::{cases, devices};

/// Numbers of channels.
pub fn channels() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1..=9_usize, 2 => 14..=19_usize, 1 => 30..=35_usize]
}

/// Rows or columns.
pub fn extent() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(1), 4 => 2..=9_usize, 2 => 15..=21_usize]
}

/// Shapes of one image.
pub fn image() -> impl Strategy<Value = Shape> {
    (channels(), extent(), extent()).prop_map(|(c, h, w)| Shape::new(c, h, w))
}

/// Batch sizes.
pub fn images() -> impl Strategy<Value = usize> {
    1..=5_usize
}

/// Runs an operation alone on random images, on every device, bit for bit.
pub fn check_alone<T: Debug>(
    count: u32,
    operations: impl Strategy<Value = (Shape, T)>,
    op: impl Fn(&T) -> Op,
) {
    let mut devices = devices::all();
    let strategy = (operations, images(), any::<u64>());
    cases::run(count, &strategy, |((input, parameters), images, seed)| {
        let Some(graph) = single(input, op(&parameters)) else { return Ok(false) };
        Trial::whole(graph, images, seed).check(&mut devices, NodeId(1)).map(|()| true)
    });
}
