//! Products, value by value or with one factor per channel.

use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::{LANES, Simd, instruction_set_variants};
use crate::graph::Shape;

instruction_set_variants! {
    /// Multiplies one image. All views must be valid; `a` has the target's shape, `b` as well or one
    /// pixel.
    mul => mul_image(a: BlockedView, b: BlockedView, dst: BlockedView)
}

#[inline(always)]
unsafe fn mul_image<S: Simd>(a: BlockedView, b: BlockedView, dst: BlockedView) {
    let Shape { height, width, .. } = dst.layout.shape;
    let per_channel = b.layout.shape.plane() == 1;
    for block in 0..dst.layout.blocks() {
        for y in 0..height {
            // SAFETY: inside all three layouts.
            unsafe {
                let (rows, target) = (a.row(block, y), dst.row(block, y));
                let factors = b.row(block, if per_channel { 0 } else { y });
                for x in 0..width {
                    let factor = if per_channel { factors } else { factors.add(x * LANES) };
                    let product = S::mul(S::load(rows.add(x * LANES)), S::load(factor));
                    S::store(target.add(x * LANES), product);
                }
            }
        }
    }
}
