//! Functions of single values and of pairs of values.

use super::copy::clear_tail;
use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::LANES;
use crate::graph::{ElementFunction, PairFunction, Shape};

/// Applies a function to every value of one image.
///
/// # Safety
///
/// Both views must be valid and of one shape.
pub unsafe fn map(src: BlockedView, dst: BlockedView, function: ElementFunction) {
    let Shape { height, width, .. } = dst.layout.shape;
    for block in 0..dst.layout.blocks() {
        for y in 0..height {
            // SAFETY: a row of both layouts has as many values.
            unsafe {
                let (row, target) = (src.row(block, y), dst.row(block, y));
                for index in 0..width * LANES {
                    *target.add(index) = function.apply(*row.add(index));
                }
            }
        }
    }
    // SAFETY: forwarded.
    unsafe { clear_tail(dst) };
}

/// Applies a function to the pairs of values of two images.
///
/// # Safety
///
/// All views must be valid; `a` has the target's shape, `b` as well or one pixel.
pub unsafe fn pair(a: BlockedView, b: BlockedView, dst: BlockedView, function: PairFunction) {
    let Shape { height, width, .. } = dst.layout.shape;
    let per_channel = b.layout.shape.plane() == 1;
    for block in 0..dst.layout.blocks() {
        for y in 0..height {
            // SAFETY: inside all three layouts.
            unsafe {
                let (row, target) = (a.row(block, y), dst.row(block, y));
                let others = b.row(block, if per_channel { 0 } else { y });
                for index in 0..width * LANES {
                    let other = if per_channel { index % LANES } else { index };
                    *target.add(index) = function.apply(*row.add(index), *others.add(other));
                }
            }
        }
    }
    // SAFETY: forwarded.
    unsafe { clear_tail(dst) };
}
