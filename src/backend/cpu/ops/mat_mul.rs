//! Products of two activations: each row of the left factor is convolved, pixel by pixel, with the
//! same row of the right factor as weights.

use super::conv::{BlockGroup, ConvTask, OutBlock, conv};
use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::{Isa, LANES};

/// Values of scratch memory that a product of `inner` terms needs.
pub fn scratch_values(inner: usize, isa: Isa) -> usize {
    inner * isa.widest_tile() * LANES
}

/// `dst[n][h][m] = sum_k a[k][h][m] * b[n][h][k]` for one image.
///
/// # Safety
///
/// All views must be valid and fit each other; `isa` must be available; `scratch` must hold
/// [`scratch_values`].
pub unsafe fn mat_mul(
    isa: Isa,
    a: BlockedView,
    b: BlockedView,
    dst: BlockedView,
    scratch: *mut f32,
) {
    let inner = a.layout.shape.channels;
    let (height, width) = (dst.layout.shape.height, dst.layout.shape.width);
    let blocks = dst.layout.blocks();
    for y in 0..height {
        for first in (0..blocks).step_by(isa.widest_tile()) {
            let count = isa.widest_tile().min(blocks - first);
            // SAFETY: the rows lie inside the views, the packed weights inside the scratch.
            unsafe {
                let weights = pack(b, y, first, count, inner, scratch);
                let out = std::array::from_fn::<_, MAX_BLOCKS, _>(|block| OutBlock {
                    dst: dst.row((first + block).min(blocks - 1), y),
                    row: 0,
                    sums: std::ptr::null_mut(),
                    bias: std::ptr::null(),
                    stream: false,
                });
                let group = BlockGroup { first: 0, count, channels: (0, inner), weights: 0 };
                let task = ConvTask {
                    src: a.row(0, y),
                    src_row: a.layout.row(),
                    src_block: a.layout.block(),
                    kernel: [1, 1],
                    stride: [1, 1],
                    dilation: [1, 1],
                    out: [1, width],
                    weights: std::slice::from_raw_parts(weights, inner * count * LANES),
                    groups: &[group],
                    blocks: &out[..count],
                };
                conv(isa, &task);
            }
        }
    }
}

/// The most blocks of output channels that any instruction set computes together.
const MAX_BLOCKS: usize = 3;

/// One row of `count` blocks of the right factor as `[k][block][LANES]`; a single block lies like that
/// already.
unsafe fn pack(
    b: BlockedView,
    y: usize,
    first: usize,
    count: usize,
    inner: usize,
    scratch: *mut f32,
) -> *const f32 {
    // SAFETY: the caller's promise.
    unsafe {
        if count == 1 {
            return b.row(first, y);
        }
        for block in 0..count {
            let row = b.row(first + block, y);
            for k in 0..inner {
                let target = scratch.add((k * count + block) * LANES);
                target.copy_from_nonoverlapping(row.add(k * LANES), LANES);
            }
        }
        scratch
    }
}
