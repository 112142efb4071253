//! The layout of a tensor in memory: blocks of 16 channels, with an optional border of zeros.

use super::simd::LANES;
use crate::graph::Shape;

/// `[channel block][border + height + border][border + width + border][16 channels]` of one image.
/// Lanes past the last channel and border pixels are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockedLayout {
    /// The tensor's shape.
    pub shape: Shape,
    /// Pixels of zeros around the image.
    pub border: usize,
}

impl BlockedLayout {
    /// Number of channel blocks.
    pub fn blocks(self) -> usize {
        self.shape.channels.div_ceil(LANES)
    }

    /// Values from one row to the next.
    pub fn row(self) -> usize {
        (self.shape.width + 2 * self.border) * LANES
    }

    /// Values from one channel block to the next.
    pub fn block(self) -> usize {
        (self.shape.height + 2 * self.border) * self.row()
    }

    /// Values in one image.
    pub fn image(self) -> usize {
        self.blocks() * self.block()
    }

    /// Offset of pixel (0, 0) of block 0.
    pub fn origin(self) -> usize {
        self.border * (self.row() + LANES)
    }

    /// Offset of the value at `[channel, y, x]`.
    pub fn at(self, channel: usize, y: usize, x: usize) -> usize {
        let block = channel / LANES * self.block();
        self.origin() + block + y * self.row() + x * LANES + channel % LANES
    }
}

/// One image's tensor in memory: the pixel (0, 0) of block 0, and strides in values.
#[derive(Clone, Copy, Debug)]
pub struct BlockedView {
    /// Pixel (0, 0) of block 0.
    pub ptr: *mut f32,
    /// The layout.
    pub layout: BlockedLayout,
}

impl BlockedView {
    /// Pixel (0, `y`) of a block.
    ///
    /// # Safety
    ///
    /// The view must be valid; `block` and `y` inside the layout.
    #[inline(always)]
    pub unsafe fn row(&self, block: usize, y: usize) -> *mut f32 {
        // SAFETY: block and row lie inside the layout, so the pointer stays in the memory of the view.
        unsafe { self.ptr.add(block * self.layout.block() + y * self.layout.row()) }
    }

    /// Writes zeros around the image, where the layout has a border.
    ///
    /// # Safety
    ///
    /// The view must be valid.
    pub unsafe fn clear_border(&self) {
        let BlockedLayout { shape, border, .. } = self.layout;
        if border == 0 {
            return;
        }
        let (row, side) = (self.layout.row(), border * LANES);
        for block in 0..self.layout.blocks() {
            // SAFETY: origin() steps back from pixel (0, 0) to the first border pixel.
            unsafe {
                let start = self.ptr.sub(self.layout.origin()).add(block * self.layout.block());
                start.write_bytes(0, border * row);
                start.add((border + shape.height) * row).write_bytes(0, border * row);
                for y in border..border + shape.height {
                    let left = start.add(y * row);
                    left.write_bytes(0, side);
                    left.add(side + shape.width * LANES).write_bytes(0, side);
                }
            }
        }
    }
}
