//! Layer normalisation: normalises the channels of each pixel to mean 0 and variance 1.

use super::copy::clear_tail;
use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::{LANES, Simd, instruction_set_variants};
use crate::graph::Shape;

/// A layer normalisation of one image.
#[derive(Clone, Copy, Debug)]
pub struct LayerNormTask {
    /// Input.
    pub src: BlockedView,
    /// Output.
    pub dst: BlockedView,
    /// A weight per channel, padded to whole blocks.
    pub weight: *const f32,
    /// A bias per channel, padded to whole blocks.
    pub bias: *const f32,
    /// Added to the variance.
    pub eps: f32,
}

instruction_set_variants! {
    /// Normalises one image. All views and pointers must be valid and fit each other.
    layer_norm => layer_norm_image(task: &LayerNormTask)
}

#[inline(always)]
unsafe fn layer_norm_image<S: Simd>(task: &LayerNormTask) {
    let Shape { height, width, .. } = task.src.layout.shape;
    for y in 0..height {
        for x in 0..width {
            // SAFETY: (y, x) lies in both views.
            unsafe { pixel::<S>(task, y, x) };
        }
    }
    // SAFETY: forwarded; a lane behind the last channel holds the mean's distance from 0.
    unsafe { clear_tail(task.dst) };
}

#[inline(always)]
unsafe fn pixel<S: Simd>(task: &LayerNormTask, y: usize, x: usize) {
    let (blocks, channels) = (task.src.layout.blocks(), task.src.layout.shape.channels);
    // SAFETY: (y, x) lies in both views; weight and bias are padded to whole blocks.
    unsafe {
        let load = |block: usize| S::load(task.src.row(block, y).add(x * LANES));
        let mut sum = S::splat(0.0);
        for block in 0..blocks {
            sum = S::add(sum, load(block));
        }
        // Lanes behind the last channel are zero.
        let mean = total::<S>(sum, LANES) / channels as f64;
        let minus_mean = S::splat(-mean as f32);
        let (mut squares, whole) = (S::splat(0.0), channels / LANES);
        for block in 0..whole {
            let difference = S::add(load(block), minus_mean);
            squares = S::mul_add(difference, difference, squares);
        }
        let mut deviation = total::<S>(squares, LANES);
        if whole < blocks {
            let difference = S::add(load(whole), minus_mean);
            deviation += total::<S>(S::mul(difference, difference), channels % LANES);
        }
        let variance = deviation / channels as f64;
        let scale = S::splat((1.0 / (variance + f64::from(task.eps)).sqrt()) as f32);
        for block in 0..blocks {
            let normal = S::mul(S::add(load(block), minus_mean), scale);
            let weight = S::load(task.weight.add(block * LANES));
            let bias = S::load(task.bias.add(block * LANES));
            let value = S::mul_add(normal, weight, bias);
            S::store(task.dst.row(block, y).add(x * LANES), value);
        }
    }
}

/// The sum of the first lanes.
#[inline(always)]
unsafe fn total<S: Simd>(vector: S::V, lanes: usize) -> f64 {
    let mut values = [0.0_f32; LANES];
    // SAFETY: the array holds a vector.
    unsafe { S::store(values.as_mut_ptr(), vector) };
    values[..lanes].iter().map(|&value| f64::from(value)).sum()
}
