//! Direct convolution over blocked tensors: a register tile of pixels times output channels.
//!
//! Lanes are output channels. For every input channel and tap a tile loads 1 to 3 vectors of weights
//! and broadcasts one value per pixel, so a tile of 8 pixels by 3 vectors does 24 fused
//! multiply-adds for 11 loads. Convolutions that read the same tensor with the same geometry run as
//! one (see `cpu::program`): their output blocks stand behind each other.

use super::statistics::ChannelSums;
use crate::backend::cpu::simd::{LANES, Simd, instruction_set_variants};

/// Consecutive output blocks that one tile computes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockGroup {
    /// Index of the first block.
    pub first: usize,
    /// Number of blocks, 1 to 3.
    pub count: usize,
    /// Input channels `from..to` that the blocks read.
    pub channels: (usize, usize),
    /// Where the group's weights begin, `[channel block][row][column][lane][block][LANES]`.
    pub weights: usize,
}

/// Where one block of 16 output channels of one image goes.
#[derive(Clone, Copy, Debug)]
pub struct OutBlock {
    /// Pixel (0, 0).
    pub dst: *mut f32,
    /// Values from one row to the next.
    pub row: usize,
    /// 16 sums and 16 sums of squares that the output is added to; null if not wanted.
    pub sums: *mut f64,
    /// 16 biases; null if there are none.
    pub bias: *const f32,
    /// Whether the output goes past the caches; `dst` then lies on a boundary of 64 bytes.
    pub stream: bool,
}

/// A convolution of one image.
#[derive(Clone, Copy, Debug)]
pub struct ConvTask<'a> {
    /// The input pixel under the first tap of output pixel (0, 0), channel block 0.
    pub src: *const f32,
    /// Values from one input row to the next.
    pub src_row: usize,
    /// Values from one channel block to the next.
    pub src_block: usize,
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Step between output pixels.
    pub stride: [usize; 2],
    /// Step between taps.
    pub dilation: [usize; 2],
    /// Rows and columns of the output.
    pub out: [usize; 2],
    /// Packed weights.
    pub weights: &'a [f32],
    /// What is computed together.
    pub groups: &'a [BlockGroup],
    /// Where each block goes.
    pub blocks: &'a [OutBlock],
}

instruction_set_variants! {
    /// Convolves one image. All of `task`'s pointers must be valid for the geometry.
    conv => conv_image(task: &ConvTask<'_>)
}

#[inline(always)]
unsafe fn conv_image<S: Simd>(task: &ConvTask<'_>) {
    for group in task.groups {
        // SAFETY: forwarded: `group` is one of the task, whose pointers are valid for the geometry.
        unsafe {
            match (group.count, task.stride[1]) {
                (1, 1) => group_rows::<S, 1, LANES>(task, group),
                (1, 2) => group_rows::<S, 1, { 2 * LANES }>(task, group),
                (1, _) => group_rows::<S, 1, 0>(task, group),
                (2, 1) => group_rows::<S, 2, LANES>(task, group),
                (2, 2) => group_rows::<S, 2, { 2 * LANES }>(task, group),
                (2, _) => group_rows::<S, 2, 0>(task, group),
                (_, 1) => group_rows::<S, 3, LANES>(task, group),
                (_, 2) => group_rows::<S, 3, { 2 * LANES }>(task, group),
                _ => group_rows::<S, 3, 0>(task, group),
            }
        }
    }
}

/// The pixels summed in single precision before they are added to doubles.
const PIXELS_PER_FLUSH: usize = 64;

/// All rows of one group of `B` blocks; `STEP` values lie between neighbouring input pixels (0: read
/// from the task).
#[inline(always)]
unsafe fn group_rows<S: Simd, const B: usize, const STEP: usize>(
    task: &ConvTask<'_>,
    group: &BlockGroup,
) {
    let Some(blocks) = task.blocks[group.first..].first_chunk::<B>() else { return };
    let weights = task.weights[group.weights..].as_ptr();
    let counted = blocks.iter().any(|block| !block.sums.is_null());
    let widest = S::TILE_PIXELS[B - 1];
    // SAFETY: rows and tiles stay inside the output, and the border keeps every tap inside the input.
    unsafe {
        let mut sums = [ChannelSums::<S>::new(); B];
        let mut unflushed = 0;
        for y in 0..task.out[0] {
            let mut x = 0;
            while x < task.out[1] {
                let rest = (task.out[1] - x).min(widest.max(1));
                let at = (y, x);
                x += match rest {
                    16.. => tile::<S, B, STEP, 16>(task, group, weights, blocks, at, &mut sums),
                    8.. => tile::<S, B, STEP, 8>(task, group, weights, blocks, at, &mut sums),
                    4.. => tile::<S, B, STEP, 4>(task, group, weights, blocks, at, &mut sums),
                    2.. => tile::<S, B, STEP, 2>(task, group, weights, blocks, at, &mut sums),
                    _ => tile::<S, B, STEP, 1>(task, group, weights, blocks, at, &mut sums),
                };
            }
            unflushed += task.out[1];
            if counted && (unflushed >= PIXELS_PER_FLUSH || y + 1 == task.out[0]) {
                each_counted(&mut sums, blocks, |sums, target| sums.flush(target));
                unflushed = 0;
            }
        }
        let count = task.out[0] * task.out[1];
        each_counted(&mut sums, blocks, |sums, target| sums.finish(target, count));
    }
}

/// Calls `each` with the sums of every block that wants them.
#[inline(always)]
fn each_counted<S: Simd, const B: usize>(
    sums: &mut [ChannelSums<S>; B],
    blocks: &[OutBlock; B],
    each: impl Fn(&mut ChannelSums<S>, *mut f64),
) {
    for (sums, block) in sums.iter_mut().zip(blocks) {
        if !block.sums.is_null() {
            each(sums, block.sums);
        }
    }
}

/// `P` pixels of one row times `B` blocks; returns `P`.
#[inline(always)]
unsafe fn tile<S: Simd, const B: usize, const STEP: usize, const P: usize>(
    task: &ConvTask<'_>,
    group: &BlockGroup,
    mut weights: *const f32,
    blocks: &[OutBlock; B],
    (y, x): (usize, usize),
    sums: &mut [ChannelSums<S>; B],
) -> usize {
    let step = if STEP == 0 { task.stride[1] * LANES } else { STEP };
    // SAFETY: the border keeps every tap inside the input, and the weights hold all blocks of the group.
    unsafe {
        let mut acc = [[S::splat(0.0); B]; P];
        for (b, block) in blocks.iter().enumerate() {
            if !block.bias.is_null() {
                let bias = S::load(block.bias);
                acc.iter_mut().for_each(|acc| acc[b] = bias);
            }
        }
        let origin = task.src.add(y * task.stride[0] * task.src_row + x * step);
        let (from, to) = group.channels;
        let mut channel = from;
        while channel < to {
            let block_end = (channel / LANES + 1) * LANES;
            let lanes = block_end.min(to) - channel;
            let block = origin.add(channel / LANES * task.src_block + channel % LANES);
            for ky in 0..task.kernel[0] {
                let row = block.add(ky * task.dilation[0] * task.src_row);
                for kx in 0..task.kernel[1] {
                    let tap = row.add(kx * task.dilation[1] * LANES);
                    for lane in 0..lanes {
                        let w: [S::V; B] = std::array::from_fn(|b| S::load(weights.add(b * LANES)));
                        for (p, acc) in acc.iter_mut().enumerate() {
                            let value = S::splat(*tap.add(p * step + lane));
                            for (acc, &w) in acc.iter_mut().zip(&w) {
                                *acc = S::mul_add(value, w, *acc);
                            }
                        }
                        weights = weights.add(B * LANES);
                    }
                }
            }
            channel = block_end;
        }
        if blocks.iter().all(|block| block.stream) {
            write::<S, B, P>(&acc, blocks, (y, x), sums, S::stream);
        } else {
            write::<S, B, P>(&acc, blocks, (y, x), sums, S::store);
        }
    }
    P
}

/// Writes a tile and adds it to the sums.
#[inline(always)]
unsafe fn write<S: Simd, const B: usize, const P: usize>(
    acc: &[[S::V; B]; P],
    blocks: &[OutBlock; B],
    (y, x): (usize, usize),
    sums: &mut [ChannelSums<S>; B],
    store: unsafe fn(*mut f32, S::V),
) {
    for (b, block) in blocks.iter().enumerate() {
        // SAFETY: the tile lies inside the output.
        unsafe {
            let dst = block.dst.add(y * block.row + x * LANES);
            if (y, x) == (0, 0) {
                sums[b].start(acc[0][b]);
            }
            for (p, acc) in acc.iter().enumerate() {
                store(dst.add(p * LANES), acc[b]);
                sums[b].add(acc[b]);
            }
        }
    }
}
