//! Channel slices, concatenation, flattening, loading images and parameters.

use crate::backend::cpu::layout::BlockedView;
use crate::backend::cpu::simd::LANES;
use crate::graph::Shape;

/// Copies `channels` channels of one image; clears the lanes behind the target's last channel if
/// that one is written.
///
/// # Safety
///
/// Both views must be valid and hold the channels; height and width are equal.
pub unsafe fn copy_channels(
    src: BlockedView,
    src_channel: usize,
    dst: BlockedView,
    dst_channel: usize,
    channels: usize,
) {
    let Shape { height, width, .. } = dst.layout.shape;
    let mut done = 0;
    while done < channels {
        let (from, to) = (src_channel + done, dst_channel + done);
        let run = (LANES - from % LANES).min(LANES - to % LANES).min(channels - done);
        for y in 0..height {
            for x in 0..width {
                // SAFETY: the run stays inside one block on both sides.
                unsafe {
                    let source = src.row(from / LANES, y).add(x * LANES + from % LANES);
                    let target = dst.row(to / LANES, y).add(x * LANES + to % LANES);
                    target.copy_from_nonoverlapping(source, run);
                }
            }
        }
        done += run;
    }
    if dst_channel + channels == dst.layout.shape.channels {
        // SAFETY: forwarded.
        unsafe { clear_tail(dst) };
    }
}

/// Writes zeros into the lanes behind the last channel.
///
/// # Safety
///
/// The view must be valid.
pub unsafe fn clear_tail(view: BlockedView) {
    let Shape { channels, height, width } = view.layout.shape;
    let first = channels % LANES;
    if first == 0 {
        return;
    }
    for y in 0..height {
        for x in 0..width {
            // SAFETY: inside the last block.
            unsafe {
                view.row(channels / LANES, y).add(x * LANES + first).write_bytes(0, LANES - first);
            }
        }
    }
}

/// `[c, h, w]` to `[c * h * w, 1, 1]`.
///
/// # Safety
///
/// Both views must be valid and of equal volume.
pub unsafe fn flatten(src: BlockedView, dst: BlockedView) {
    let Shape { channels, height, width } = src.layout.shape;
    let mut index = 0;
    for channel in 0..channels {
        for y in 0..height {
            for x in 0..width {
                // SAFETY: inside both layouts.
                unsafe {
                    let value = *src.row(channel / LANES, y).add(x * LANES + channel % LANES);
                    *dst.row(index / LANES, 0).add(index % LANES) = value;
                }
                index += 1;
            }
        }
    }
    // SAFETY: forwarded.
    unsafe { clear_tail(dst) };
}

/// Loads an image given as `[c, h, w]`.
///
/// # Safety
///
/// The view must be valid; `image` must hold its shape's volume.
pub unsafe fn load_image(image: &[f32], dst: BlockedView) {
    let Shape { channels, height, width } = dst.layout.shape;
    let planes = image.chunks_exact(height * width);
    for (channel, plane) in planes.enumerate().take(channels) {
        for (y, row) in plane.chunks_exact(width).enumerate() {
            for (x, &value) in row.iter().enumerate() {
                // SAFETY: inside the layout.
                unsafe { *dst.row(channel / LANES, y).add(x * LANES + channel % LANES) = value };
            }
        }
    }
    // SAFETY: forwarded.
    unsafe { clear_tail(dst) };
}

/// Writes values that lie as `[block][y][x][16]`.
///
/// # Safety
///
/// The view must be valid; `values` must hold all its blocks.
pub unsafe fn parameter(values: &[f32], dst: BlockedView) {
    let Shape { height, width, .. } = dst.layout.shape;
    for (row, values) in values.chunks_exact(width * LANES).enumerate() {
        // SAFETY: the view has that many rows.
        unsafe {
            let target = dst.row(row / height, row % height);
            target.copy_from_nonoverlapping(values.as_ptr(), values.len());
        }
    }
}

/// Reads an image back as `[c, h, w]`.
///
/// # Safety
///
/// The view must be valid.
pub unsafe fn store_image(src: BlockedView) -> Vec<f32> {
    let Shape { channels, height, width } = src.layout.shape;
    let mut values = Vec::with_capacity(src.layout.shape.volume());
    for channel in 0..channels {
        for y in 0..height {
            for x in 0..width {
                // SAFETY: inside the layout.
                values
                    .push(unsafe { *src.row(channel / LANES, y).add(x * LANES + channel % LANES) });
            }
        }
    }
    values
}
