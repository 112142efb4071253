//! Per-channel sums for batch statistics, and the scale and shift computed from them.

use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::{LANES, Simd, instruction_set_variants};
use crate::graph::Shape;

/// Sums and sums of squares of 16 channels of one image, taken about the image's first value, so that
/// nothing cancels where the mean is large beside the deviation. A few rows are summed in single
/// precision, the rest in double.
#[derive(Clone, Copy)]
pub struct ChannelSums<S: Simd> {
    /// The first value, negated.
    shift: S::V,
    sum: S::V,
    squares: S::V,
}

impl<S: Simd> ChannelSums<S> {
    /// Sums of nothing.
    ///
    /// # Safety
    ///
    /// This and all other methods need the instruction set.
    #[inline(always)]
    pub unsafe fn new() -> Self {
        // SAFETY: forwarded.
        let zero = unsafe { S::splat(0.0) };
        Self { shift: zero, sum: zero, squares: zero }
    }

    /// Takes all sums about `first`; to be called before anything is added.
    ///
    /// # Safety
    ///
    /// See [`ChannelSums::new`].
    #[inline(always)]
    pub unsafe fn start(&mut self, first: S::V) {
        // SAFETY: forwarded.
        self.shift = unsafe { S::mul(first, S::splat(-1.0)) };
    }

    /// Adds a value per channel.
    ///
    /// # Safety
    ///
    /// See [`ChannelSums::new`].
    #[inline(always)]
    pub unsafe fn add(&mut self, value: S::V) {
        // SAFETY: forwarded.
        unsafe {
            let difference = S::add(value, self.shift);
            self.sum = S::add(self.sum, difference);
            self.squares = S::mul_add(difference, difference, self.squares);
        }
    }

    /// Moves what was added into 16 and 16 doubles.
    ///
    /// # Safety
    ///
    /// See [`ChannelSums::new`]; `target` must hold 32 values.
    #[inline(always)]
    pub unsafe fn flush(&mut self, target: *mut f64) {
        // SAFETY: forwarded.
        unsafe {
            S::add_to_doubles(target, self.sum);
            S::add_to_doubles(target.add(LANES), self.squares);
            (self.sum, self.squares) = (S::splat(0.0), S::splat(0.0));
        }
    }

    /// Turns the flushed sums of `count` values into sums about zero.
    ///
    /// # Safety
    ///
    /// See [`ChannelSums::new`]; `target` must hold 32 values.
    #[inline(always)]
    pub unsafe fn finish(&self, target: *mut f64, count: usize) {
        let mut shift = [0.0_f32; LANES];
        // SAFETY: the array holds 16 values, the target 32.
        unsafe {
            S::store(shift.as_mut_ptr(), self.shift);
            for (lane, shift) in shift.into_iter().enumerate() {
                let (first, count) = (-f64::from(shift), count as f64);
                let sum = *target.add(lane);
                *target.add(lane) = sum + count * first;
                *target.add(LANES + lane) += first * (2.0 * sum + count * first);
            }
        }
    }
}

instruction_set_variants! {
    /// Sums one image's channels and their squares into `sums`, 16 and 16 per block. The view must
    /// be valid and `sums` hold `32 * blocks` zeros.
    statistics => statistics_image(src: BlockedView, sums: *mut f64)
}

#[inline(always)]
unsafe fn statistics_image<S: Simd>(src: BlockedView, sums: *mut f64) {
    let Shape { height, width, .. } = src.layout.shape;
    for block in 0..src.layout.blocks() {
        // SAFETY: inside the view; sums has room for every block.
        unsafe {
            let target = sums.add(block * 2 * LANES);
            let mut sums = ChannelSums::<S>::new();
            sums.start(S::load(src.row(block, 0)));
            for y in 0..height {
                let row = src.row(block, y);
                for x in 0..width {
                    sums.add(S::load(row.add(x * LANES)));
                }
                sums.flush(target);
            }
            sums.finish(target, height * width);
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
