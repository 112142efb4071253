//! Records of the kernels for transformers.

use bytemuck::{Pod, Zeroable};

use super::RawRecord;
use crate::graph::MAX_DIGITS;

record! {
    /// `shaders/ops/rearrange.wgsl`.
    RearrangeRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// Input tensor, with the row and the column of the first value.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Channel blocks of the input.
        source_blocks: u32,
        /// Input rows.
        source_height: u32,
        /// Input columns.
        source_width: u32,
        /// Output channels.
        target_channels: u32,
        /// Channel blocks of the output.
        target_blocks: u32,
        /// Output rows.
        target_height: u32,
        /// Output columns.
        target_width: u32,
        /// Input channel of the first output value.
        start_channel: u32,
        /// Digits.
        digit_count: u32,
        /// The digits.
        digits: [DigitRecord; MAX_DIGITS],
    }
}

/// One digit of a [`RearrangeRecord`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct DigitRecord {
    /// How many values it takes.
    pub extent: u32,
    /// How far it moves the input's position, in 28 bits; above them, two bits each for its axis of the output
    /// and its axis of the input.
    pub step: u32,
}

record! {
    /// `shaders/ops/parameter.wgsl`.
    ParameterRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// Output `vec4`s of one image.
        image_quads: u32,
        /// Output tensor.
        target_offset: u32,
        /// The values.
        weight_offset: u32,
        /// Fills the record.
        unused: [u32; 28],
    }
}

record! {
    /// Reductions over the channels of each pixel; `shaders/shared/pixels.wgsl`.
    PixelsRecord {
        /// Images * plane.
        pixels: u32,
        /// Input tensor.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Pixels per channel and image.
        plane: u32,
        /// Channel blocks.
        blocks: u32,
        /// Channels.
        channels: u32,
        /// Weight of all blocks, then bias of all blocks, where there are some.
        affine_offset: u32,
        /// Added to the variance, where there is one.
        epsilon: f32,
        /// Fills the record.
        unused: [u32; 24],
    }
}

record! {
    /// `shaders/ops/mat_mul.wgsl`.
    MatMulRecord {
        /// Left factor.
        left: u32,
        /// Right factor.
        right: u32,
        /// The product.
        target_offset: u32,
        /// Images.
        images: u32,
        /// Rows, each a product of its own.
        rows: u32,
        /// Columns of the left factor and the product.
        columns: u32,
        /// Terms of a sum: channels of the left factor, columns of the right one.
        inner: u32,
        /// Their `vec4` blocks.
        inner_blocks: u32,
        /// Channel blocks of the right factor and the product.
        blocks: u32,
        /// Workgroups for the columns of a row.
        column_tiles: u32,
        /// Workgroups for the channels of a row.
        block_tiles: u32,
        /// Fills the record.
        unused: [u32; 21],
    }
}
