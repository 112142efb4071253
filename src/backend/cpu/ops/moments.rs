//! Moments of a tensor's channels: means, and products of channels about them.
//!
//! One image after the other, while the image lies in a core's cache. Products are summed about the
//! image's own means, in single precision over a stretch of pixels and in double precision over
//! stretches, so that nothing cancels; [`covariance`] adds what the means differ by.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::backend::cpu::layout::{BlockedLayout, BlockedView};
use crate::backend::cpu::simd::{LANES, Simd, instruction_set_variants};
use crate::graph::Shape;
use crate::score::PositionSample;

/// Sums of one pair of channel blocks.
const TILE: usize = LANES * LANES;

/// Values of a stretch at most: with the sums of a tile they stay in the nearest cache but one.
const STRETCH_VALUES: usize = 1 << 15;

/// Pixels of a stretch at most, so that single precision is enough for its sums.
const STRETCH_PIXELS: usize = 1024;

/// How often a thread looks whether it is its turn before it lets others run.
const SPINS: u32 = 256;

/// Pairs of channel blocks, each once.
const fn pairs(blocks: usize) -> usize {
    blocks * (blocks + 1) / 2
}

/// Doubles that hold the sums of a tensor.
pub fn sum_values(layout: BlockedLayout) -> usize {
    pairs(layout.blocks()) * TILE
}

/// Pixels of one stretch.
fn stretch(layout: BlockedLayout) -> usize {
    let fitting = STRETCH_VALUES / (layout.blocks() * LANES);
    layout.shape.plane().min(fitting.clamp(16, STRETCH_PIXELS))
}

/// Values of scratch memory that a tensor needs: a stretch, and sums in double precision.
pub fn scratch_values(layout: BlockedLayout) -> usize {
    stretch(layout) * layout.blocks() * LANES + 2 * sum_values(layout)
}

/// What is collected of one image.
#[derive(Clone, Copy, Debug)]
pub struct MomentsTask<'a> {
    /// The image's tensor.
    pub src: BlockedView,
    /// The image's means, filled up to whole blocks.
    pub means: *mut f64,
    /// Memory of this thread: [`scratch_values`].
    pub scratch: *mut f32,
    /// The sums of all images: [`sum_values`].
    pub sums: *mut f64,
    /// The image whose sums come next. Images are added in their order, whatever the threads, so that
    /// sums are the same in every run.
    pub turn: &'a AtomicUsize,
    /// This image.
    pub image: usize,
}

instruction_set_variants! {
    /// Adds the products of one image. All pointers must be valid; every image before this one must be
    /// under way or done.
    moments => moments_image(task: &MomentsTask<'_>)
}

#[inline(always)]
unsafe fn moments_image<S: Simd>(task: &MomentsTask<'_>) {
    let layout = task.src.layout;
    let (blocks, Shape { width, .. }) = (layout.blocks(), layout.shape);
    let (plane, stretch) = (layout.shape.plane(), stretch(layout));
    let count = sum_values(layout);
    // SAFETY: pixels run over the image's plane, blocks over its blocks; the scratch holds a stretch and
    // the sums, the first on a boundary of a cache line.
    unsafe {
        let centred = task.scratch.add(2 * count);
        let own: *mut f64 = task.scratch.cast();
        own.write_bytes(0, count);
        for block in 0..blocks {
            mean::<S>(task.src, block, task.means.add(block * LANES));
        }
        for first in (0..plane).step_by(stretch) {
            let pixels = stretch.min(plane - first);
            for block in 0..blocks {
                let target = centred.add(block * stretch * LANES);
                let mut mean = [0.0_f32; LANES];
                for (lane, mean) in mean.iter_mut().enumerate() {
                    *mean = -(*task.means.add(block * LANES + lane) as f32);
                }
                let mean = S::load(mean.as_ptr());
                let (mut y, mut x) = (first / width, first % width);
                let mut row = task.src.row(block, y);
                for pixel in 0..pixels {
                    let value = S::load(row.add(x * LANES));
                    S::store(target.add(pixel * LANES), S::add(value, mean));
                    x += 1;
                    if x == width {
                        (x, y) = (0, y + 1);
                        row = row.add(layout.row());
                    }
                }
            }
            let mut sums = own;
            for left in 0..blocks {
                for right in 0..=left {
                    let [left, right] =
                        [left, right].map(|block| centred.add(block * stretch * LANES));
                    if S::TILE_PIXELS[0] >= LANES {
                        tile::<S, 16>(left, right, pixels, sums);
                    } else {
                        tile::<S, 4>(left, right, pixels, sums);
                    }
                    sums = sums.add(TILE);
                }
            }
        }
        let mut waits = 0_u32;
        while task.turn.load(Ordering::Acquire) != task.image {
            waits += 1;
            if waits.is_multiple_of(SPINS) {
                std::thread::yield_now();
            }
            std::hint::spin_loop();
        }
        for at in 0..count {
            *task.sums.add(at) += *own.add(at);
        }
        task.turn.store(task.image + 1, Ordering::Release);
    }
}

/// The means of a block's channels.
#[inline(always)]
unsafe fn mean<S: Simd>(src: BlockedView, block: usize, target: *mut f64) {
    let Shape { height, width, .. } = src.layout.shape;
    // SAFETY: rows and pixels lie inside the view; the target holds 16 doubles.
    unsafe {
        target.write_bytes(0, LANES);
        for y in 0..height {
            let row = src.row(block, y);
            let mut sum = S::splat(0.0);
            for x in 0..width {
                sum = S::add(sum, S::load(row.add(x * LANES)));
            }
            S::add_to_doubles(target, sum);
        }
        for lane in 0..LANES {
            *target.add(lane) /= (height * width) as f64;
        }
    }
}

/// Adds the products of the channels of two blocks, `ROWS` channels of the left one at a time.
#[inline(always)]
unsafe fn tile<S: Simd, const ROWS: usize>(
    left: *const f32,
    right: *const f32,
    pixels: usize,
    target: *mut f64,
) {
    // SAFETY: both blocks hold `pixels` vectors, the target 256 doubles.
    unsafe {
        for first in (0..LANES).step_by(ROWS) {
            let mut sums = [S::splat(0.0); ROWS];
            for pixel in 0..pixels {
                let vector = S::load(right.add(pixel * LANES));
                for (row, sum) in sums.iter_mut().enumerate() {
                    let value = S::splat(*left.add(pixel * LANES + first + row));
                    *sum = S::mul_add(value, vector, *sum);
                }
            }
            for (row, sum) in sums.into_iter().enumerate() {
                S::add_to_doubles(target.add((first + row) * LANES), sum);
            }
        }
    }
}

/// Copies the measured pixels of one image, a row of `channels` values each.
///
/// # Safety
///
/// The view must be valid, and the target hold the rows.
pub unsafe fn gather(src: BlockedView, sample: &PositionSample, target: *mut f32) {
    let Shape { channels, width, .. } = src.layout.shape;
    for (row, &pixel) in sample.pixels.iter().enumerate() {
        for channel in 0..channels {
            let block = channel / LANES;
            // SAFETY: pixel and channel lie inside the view.
            unsafe {
                let value = src.row(block, pixel / width).add(pixel % width * LANES);
                *target.add(row * channels + channel) = *value.add(channel % LANES);
            }
        }
    }
}

/// Means and the lower triangle of the biased covariance over all images, from the sums of all images
/// and the means of each, `[image][block][16]`.
pub fn covariance(
    layout: BlockedLayout,
    images: usize,
    sums: &[f64],
    image_means: &[f64],
) -> (Vec<f64>, Vec<f32>) {
    let (channels, width) = (layout.shape.channels, layout.blocks() * LANES);
    let mut means = vec![0.0; width];
    for image in image_means.chunks_exact(width) {
        means.iter_mut().zip(image).for_each(|(mean, value)| *mean += value);
    }
    means.iter_mut().for_each(|mean| *mean /= images as f64);
    let deviations: Vec<f64> = image_means
        .chunks_exact(width)
        .flat_map(|image| image.iter().zip(&means).map(|(value, mean)| value - mean))
        .collect();
    let positions = (images * layout.shape.plane()) as f64;
    let mut triangle = Vec::with_capacity(channels * (channels + 1) / 2);
    let mut between = vec![0.0; width];
    for row in 0..channels {
        between[..=row].fill(0.0);
        for image in deviations.chunks_exact(width) {
            let own = image[row];
            let others = image[..=row].iter();
            between.iter_mut().zip(others).for_each(|(sum, value)| *sum += own * value);
        }
        let tiles = pairs(row / LANES) * TILE + row % LANES * LANES;
        let within = |column: usize| sums[tiles + column / LANES * TILE + column % LANES];
        let entry = |column: usize| within(column) / positions + between[column] / images as f64;
        triangle.extend((0..=row).map(|column| entry(column) as f32));
    }
    means.truncate(channels);
    (means, triangle)
}
