//! Depthwise convolution: every channel has its own kernel, and SIMD lanes are channels.

use super::statistics::ChannelSums;
use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::{LANES, Simd, instruction_set_variants};
use crate::graph::{Conv, Shape};

/// A depthwise convolution of one image.
#[derive(Clone, Copy, Debug)]
pub struct DepthwiseTask<'a> {
    /// Input, with a border of at least the padding.
    pub src: BlockedView,
    /// Output.
    pub dst: BlockedView,
    /// The geometry.
    pub conv: &'a Conv,
    /// Weights `[block][row][column][LANES]`.
    pub weights: &'a [f32],
    /// Biases padded to whole blocks; null if there are none.
    pub bias: *const f32,
    /// Per block 16 sums and 16 sums of squares; null if not wanted.
    pub sums: *mut f64,
}

instruction_set_variants! {
    /// Convolves one image channel by channel. All views must be valid and fit the geometry.
    depthwise => depthwise_image(task: &DepthwiseTask<'_>)
}

/// Output pixels kept in registers.
const TILE: usize = 8;

#[inline(always)]
unsafe fn depthwise_image<S: Simd>(task: &DepthwiseTask<'_>) {
    let Shape { height, width, .. } = task.dst.layout.shape;
    // SAFETY: blocks and pixels run over the output; sums, if wanted, hold two vectors for each block.
    unsafe {
        for block in 0..task.dst.layout.blocks() {
            let mut sums = ChannelSums::<S>::new();
            let target = task.sums.wrapping_add(block * 2 * LANES);
            for y in 0..height {
                let mut x = 0;
                while x < width {
                    x += if width - x >= TILE {
                        tile::<S, TILE>(task, block, (y, x), &mut sums)
                    } else {
                        tile::<S, 1>(task, block, (y, x), &mut sums)
                    };
                }
                if !task.sums.is_null() {
                    sums.flush(target);
                }
            }
            if !task.sums.is_null() {
                sums.finish(target, height * width);
            }
        }
    }
}

#[inline(always)]
unsafe fn tile<S: Simd, const P: usize>(
    task: &DepthwiseTask<'_>,
    block: usize,
    (y, x): (usize, usize),
    sums: &mut ChannelSums<S>,
) -> usize {
    let Conv { kernel, stride, dilation, padding, .. } = *task.conv;
    let row_step = task.src.layout.row();
    // SAFETY: the border is as wide as the padding, so every tap lies in the input; weights and bias hold
    // all blocks.
    unsafe {
        let start =
            if task.bias.is_null() { S::splat(0.0) } else { S::load(task.bias.add(block * LANES)) };
        let mut acc = [start; P];
        let mut weights = task.weights.as_ptr().add(block * kernel[0] * kernel[1] * LANES);
        let origin = task
            .src
            .row(block, y * stride[0])
            .wrapping_add(x * stride[1] * LANES)
            .wrapping_sub(padding.top * row_step + padding.left * LANES);
        for ky in 0..kernel[0] {
            let row = origin.add(ky * dilation[0] * row_step);
            for kx in 0..kernel[1] {
                let tap = row.add(kx * dilation[1] * LANES);
                let weight = S::load(weights);
                for (p, acc) in acc.iter_mut().enumerate() {
                    *acc = S::mul_add(S::load(tap.add(p * stride[1] * LANES)), weight, *acc);
                }
                weights = weights.add(LANES);
            }
        }
        if (y, x) == (0, 0) {
            sums.start(acc[0]);
        }
        let dst = task.dst.row(block, y).add(x * LANES);
        for (p, &value) in acc.iter().enumerate() {
            S::store(dst.add(p * LANES), value);
            sums.add(value);
        }
    }
    P
}
