//! Upsampling by integer factors.

use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::LANES;
use crate::graph::{Resize, Shape};

/// Repeats every pixel of one image.
///
/// # Safety
///
/// Both views must be valid and fit the factors.
pub unsafe fn resize(src: BlockedView, dst: BlockedView, resize: Resize) {
    let Shape { height, width, .. } = dst.layout.shape;
    let [down, right] = resize.factors;
    for block in 0..dst.layout.blocks() {
        for y in 0..height {
            for x in 0..width {
                // SAFETY: (y, x) lies in the target, its quotients in the source.
                unsafe {
                    let source = src.row(block, y / down).add(x / right * LANES);
                    dst.row(block, y).add(x * LANES).copy_from_nonoverlapping(source, LANES);
                }
            }
        }
    }
}
