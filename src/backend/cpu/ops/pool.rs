//! Average and maximum pooling.

use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::{LANES, Simd, instruction_set_variants};
use crate::graph::{Pool, PoolKind, Shape};

instruction_set_variants! {
    /// Pools one image. Both views must be valid and fit the geometry.
    pool => pool_image(src: BlockedView, dst: BlockedView, pool: &Pool)
}

#[inline(always)]
unsafe fn pool_image<S: Simd>(src: BlockedView, dst: BlockedView, pool: &Pool) {
    let Shape { height, width, .. } = dst.layout.shape;
    for block in 0..dst.layout.blocks() {
        for y in 0..height {
            for x in 0..width {
                // SAFETY: the window is clipped to the source; (y, x) lies in the target.
                unsafe {
                    let value = window::<S>(src, pool, block, y, x);
                    S::store(dst.row(block, y).add(x * LANES), value);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn window<S: Simd>(src: BlockedView, pool: &Pool, block: usize, y: usize, x: usize) -> S::V {
    let shape = src.layout.shape;
    let rows = clip(y, pool.stride[0], pool.padding.top, pool.kernel[0], shape.height);
    let columns = clip(x, pool.stride[1], pool.padding.left, pool.kernel[1], shape.width);
    let count = rows.len() * columns.len();
    // SAFETY: rows and columns are clipped to the source.
    unsafe {
        let mut acc = match pool.kind {
            PoolKind::Average { .. } => S::splat(0.0),
            PoolKind::Max => S::splat(f32::NEG_INFINITY),
        };
        for row in rows {
            let row = src.row(block, row);
            for column in columns.clone() {
                let value = S::load(row.add(column * LANES));
                acc = match pool.kind {
                    PoolKind::Average { .. } => S::add(acc, value),
                    PoolKind::Max => S::max(acc, value),
                };
            }
        }
        match pool.kind {
            PoolKind::Average { count_padding: false } => S::div(acc, S::splat(count as f32)),
            PoolKind::Average { count_padding: true } => {
                S::div(acc, S::splat((pool.kernel[0] * pool.kernel[1]) as f32))
            }
            PoolKind::Max => acc,
        }
    }
}

/// The part of a window that lies in the image.
#[inline(always)]
fn clip(
    at: usize,
    stride: usize,
    padding: usize,
    kernel: usize,
    extent: usize,
) -> std::ops::Range<usize> {
    let start = at * stride;
    start.saturating_sub(padding)..(start + kernel).saturating_sub(padding).min(extent)
}
