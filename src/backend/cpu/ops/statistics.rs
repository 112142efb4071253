//! Per-channel sums for batch statistics, and the scale and shift they give.

use crate::backend::cpu::layout::View;
use crate::backend::cpu::simd::{LANES, Simd, dispatch};
use crate::graph::Shape;

dispatch! {
    /// Adds the sums and sums of squares of one image to `sums`, 16 and 16 per block. The view must
    /// be valid and `sums` hold `32 * blocks` values.
    statistics => statistics_image(src: View, sums: *mut f64)
}

#[inline(always)]
unsafe fn statistics_image<S: Simd>(src: View, sums: *mut f64) {
    let Shape { height, width, .. } = src.layout.shape;
    for block in 0..src.layout.blocks() {
        for y in 0..height {
            // SAFETY: inside the view; sums has room for every block.
            unsafe {
                let row = src.row(block, y);
                let (mut sum, mut squares) = (S::splat(0.0), S::splat(0.0));
                for x in 0..width {
                    let value = S::load(row.add(x * LANES));
                    sum = S::add(sum, value);
                    squares = S::mul_add(value, value, squares);
                }
                let target = sums.add(block * 2 * LANES);
                S::add_to_doubles(target, sum);
                S::add_to_doubles(target.add(LANES), squares);
            }
        }
    }
}

/// Mean and biased variance of each channel from the images' sums, `[image][block][2][16]`, added
/// in image order.
pub fn moments(sums: &[f64], blocks: usize, values_per_channel: usize) -> (Vec<f64>, Vec<f64>) {
    let width = blocks * 2 * LANES;
    let mut total = vec![0.0; width];
    for image in sums.chunks_exact(width) {
        total.iter_mut().zip(image).for_each(|(total, value)| *total += value);
    }
    let count = values_per_channel as f64;
    let (mut mean, mut variance) = (Vec::new(), Vec::new());
    for block in total.chunks_exact(2 * LANES) {
        for lane in 0..LANES {
            let average = block[lane] / count;
            mean.push(average);
            variance.push((block[LANES + lane] / count - average * average).max(0.0));
        }
    }
    (mean, variance)
}
