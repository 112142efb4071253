//! Weighted sums of positions along one axis.

use super::copy::clear_tail;
use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::LANES;
use crate::graph::{Axis, Shape, TapTable};

/// Resamples one image.
///
/// # Safety
///
/// Both views must be valid and fit the table.
pub unsafe fn resample(src: BlockedView, dst: BlockedView, axis: Axis, table: &TapTable) {
    let Shape { height, width, .. } = dst.layout.shape;
    if axis == Axis::Channel {
        // SAFETY: forwarded.
        unsafe { channels(src, dst, table) };
        return;
    }
    for block in 0..dst.layout.blocks() {
        for y in 0..height {
            // SAFETY: the table's positions lie inside the source.
            unsafe {
                let target = dst.row(block, y);
                if axis == Axis::Row {
                    target.write_bytes(0, width * LANES);
                    for (position, factor) in read(table, y) {
                        add(src.row(block, position), target, factor, width * LANES);
                    }
                    continue;
                }
                let row = src.row(block, y);
                for x in 0..width {
                    let pixel = target.add(x * LANES);
                    pixel.write_bytes(0, LANES);
                    for (position, factor) in read(table, x) {
                        add(row.add(position * LANES), pixel, factor, LANES);
                    }
                }
            }
        }
    }
}

/// The taps that read something.
fn read(table: &TapTable, position: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
    table.of(position).filter(|&(_, factor)| factor != 0.0)
}

/// Adds values times a factor.
unsafe fn add(source: *const f32, target: *mut f32, factor: f32, count: usize) {
    for index in 0..count {
        // SAFETY: both hold so many values.
        unsafe { *target.add(index) += *source.add(index) * factor };
    }
}

unsafe fn channels(src: BlockedView, dst: BlockedView, table: &TapTable) {
    let Shape { channels, height, width } = dst.layout.shape;
    for block in 0..dst.layout.blocks() {
        // What the lanes of a pixel sum, as offsets from the source's first block.
        let lanes = block * LANES..channels.min((block + 1) * LANES);
        let offset = |(from, factor): (usize, f32)| {
            (from / LANES * src.layout.block() + from % LANES, factor)
        };
        let taps: Vec<Vec<(usize, f32)>> =
            lanes.map(|channel| read(table, channel).map(offset).collect()).collect();
        for y in 0..height {
            // SAFETY: the table's channels are those of the source.
            unsafe {
                let (source, target) = (src.row(0, y), dst.row(block, y));
                for x in 0..width {
                    let pixel = source.add(x * LANES);
                    for (lane, taps) in taps.iter().enumerate() {
                        let value = |&(offset, factor): &(usize, f32)| *pixel.add(offset) * factor;
                        *target.add(x * LANES + lane) = taps.iter().map(value).sum();
                    }
                }
            }
        }
    }
    // SAFETY: forwarded.
    unsafe { clear_tail(dst) };
}
