//! Shift, pad, crop and strided slice in space.

use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::LANES;
use crate::graph::{Shape, Window};

/// Copies one image through a window; zeros where it reaches outside.
///
/// # Safety
///
/// Both views must be valid and fit the geometry.
pub unsafe fn window(src: BlockedView, dst: BlockedView, window: &Window) {
    let Shape { height, width, .. } = src.layout.shape;
    for block in 0..dst.layout.blocks() {
        for y in 0..window.height {
            let from_y = inside(window.top, y, window.stride[0], height);
            for x in 0..window.width {
                let from_x = inside(window.left, x, window.stride[1], width);
                // SAFETY: (y, x) lies in the target, (from_y, from_x) in the source.
                unsafe {
                    let target = dst.row(block, y).add(x * LANES);
                    match (from_y, from_x) {
                        (Some(row), Some(column)) => {
                            let source = src.row(block, row).add(column * LANES);
                            target.copy_from_nonoverlapping(source, LANES);
                        }
                        _ => target.write_bytes(0, LANES),
                    }
                }
            }
        }
    }
}

fn inside(start: isize, at: usize, stride: usize, extent: usize) -> Option<usize> {
    usize::try_from(start + (at * stride) as isize).ok().filter(|&position| position < extent)
}
