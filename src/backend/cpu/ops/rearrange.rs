//! Reshape, transpose, slice and repetition.

use super::copy::clear_tail;
use crate::backend::cpu::layout::{BlockedLayout, BlockedView};
use crate::backend::cpu::simd::LANES;
use crate::graph::{Axis, Rearrange, Shape};

/// How far each position along each axis of the result moves the input's `[channel, row, column]`.
#[derive(Clone, Debug)]
pub struct RearrangeTables {
    start: [usize; 3],
    offsets: [Vec<[usize; 3]>; 3],
}

impl RearrangeTables {
    /// The tables of one rearrangement.
    pub fn new(rearrange: &Rearrange) -> Self {
        let Shape { channels, height, width } = rearrange.shape;
        let extents = [channels, height, width];
        let table = |axis: Axis| {
            (0..extents[axis.index()]).map(|position| rearrange.offset(axis, position)).collect()
        };
        Self { start: rearrange.start, offsets: Axis::ALL.map(table) }
    }

    /// The input position of pixel (y, x) of channel 0.
    fn pixel(&self, y: usize, x: usize) -> [usize; 3] {
        let [_, rows, columns] = &self.offsets;
        plus(plus(self.start, rows[y]), columns[x])
    }
}

fn plus(a: [usize; 3], b: [usize; 3]) -> [usize; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Rearranges one image.
///
/// # Safety
///
/// Both views must be valid and fit the tables.
pub unsafe fn rearrange(src: BlockedView, dst: BlockedView, tables: &RearrangeTables) {
    let Shape { height, width, .. } = dst.layout.shape;
    let source = |[channel, y, x]: [usize; 3]| offset(src.layout, channel, y, x);
    for (block, lanes) in tables.offsets[0].chunks(LANES).enumerate() {
        let consecutive =
            lanes.iter().enumerate().all(|(lane, &at)| at == [lanes[0][0] + lane, 0, 0]);
        for y in 0..height {
            // SAFETY: every position lies inside the layouts.
            let row = unsafe { dst.row(block, y) };
            for x in 0..width {
                let pixel = tables.pixel(y, x);
                let first = pixel[0] + lanes[0][0];
                // SAFETY: as above; consecutive lanes of one block lie behind each other.
                unsafe {
                    let target = row.add(x * LANES);
                    if consecutive && first % LANES + lanes.len() <= LANES {
                        let values = src.ptr.add(source([first, pixel[1], pixel[2]]));
                        target.copy_from_nonoverlapping(values, lanes.len());
                        continue;
                    }
                    for (lane, &at) in lanes.iter().enumerate() {
                        *target.add(lane) = *src.ptr.add(source(plus(pixel, at)));
                    }
                }
            }
        }
    }
    // SAFETY: forwarded.
    unsafe { clear_tail(dst) };
}

/// Offset of a value from pixel (0, 0) of block 0.
fn offset(layout: BlockedLayout, channel: usize, y: usize, x: usize) -> usize {
    channel / LANES * layout.block() + y * layout.row() + x * LANES + channel % LANES
}
