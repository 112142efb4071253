//! Softmax over the channels of each pixel.

use super::activation::exp;
use super::copy::clear_tail;
use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::{LANES, Simd, instruction_set_variants};
use crate::graph::Shape;

instruction_set_variants! {
    /// Softmax of one image. Both views must be valid and of one shape.
    softmax => softmax_image(src: BlockedView, dst: BlockedView)
}

#[inline(always)]
unsafe fn softmax_image<S: Simd>(src: BlockedView, dst: BlockedView) {
    let Shape { height, width, .. } = src.layout.shape;
    for y in 0..height {
        for x in 0..width {
            // SAFETY: (y, x) lies in both views.
            unsafe { pixel::<S>(src, dst, y, x) };
        }
    }
    // SAFETY: forwarded.
    unsafe { clear_tail(dst) };
}

#[inline(always)]
unsafe fn pixel<S: Simd>(src: BlockedView, dst: BlockedView, y: usize, x: usize) {
    let (blocks, channels) = (src.layout.blocks(), src.layout.shape.channels);
    // SAFETY: (y, x) lies in both views, which have these blocks.
    unsafe {
        let load = |block: usize| {
            let values = src.row(block, y).add(x * LANES);
            match channels - block * LANES {
                LANES.. => S::load(values),
                present => first_lanes::<S>(values, present),
            }
        };
        let mut largest = load(0);
        for block in 1..blocks {
            largest = S::max(largest, load(block));
        }
        let largest = lanes::<S>(largest).into_iter().fold(f32::NEG_INFINITY, f32::max);
        let (minus_largest, mut sum) = (S::splat(-largest), S::splat(0.0));
        for block in 0..blocks {
            let value = exp::<S>(S::add(load(block), minus_largest));
            sum = S::add(sum, value);
            S::store(dst.row(block, y).add(x * LANES), value);
        }
        let sum: f32 = lanes::<S>(sum).into_iter().sum();
        let factor = S::splat(1.0 / sum);
        for block in 0..blocks {
            let value = dst.row(block, y).add(x * LANES);
            S::store(value, S::mul(S::load(value), factor));
        }
    }
}

/// The present lanes of a last block; the others are so low that they do not count.
#[inline(always)]
unsafe fn first_lanes<S: Simd>(values: *const f32, present: usize) -> S::V {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    // SAFETY: the block holds 16 values.
    unsafe {
        std::ptr::copy_nonoverlapping(values, lanes.as_mut_ptr(), present);
        S::load(lanes.as_ptr())
    }
}

#[inline(always)]
unsafe fn lanes<S: Simd>(vector: S::V) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    // SAFETY: the array holds a vector.
    unsafe { S::store(values.as_mut_ptr(), vector) };
    values
}
