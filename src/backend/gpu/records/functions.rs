//! Records of functions of values and of resampling.

use bytemuck::{Pod, Zeroable};

use super::RawRecord;

record! {
    /// `shaders/ops/map.wgsl`.
    MapRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// Input tensor.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Pixels per channel.
        plane: u32,
        /// Channel blocks.
        blocks: u32,
        /// Channels.
        channels: u32,
        /// Which function.
        kind: u32,
        /// Its first parameter, if it has one.
        first: f32,
        /// Its second parameter, if it has one.
        second: f32,
        /// Fills the record.
        unused: [u32; 23],
    }
}

record! {
    /// `shaders/ops/pair.wgsl`.
    PairRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// The first tensor, of the output's shape.
        first: u32,
        /// The second one.
        second: u32,
        /// Output tensor.
        target_offset: u32,
        /// Pixels per channel.
        plane: u32,
        /// Pixels that share a value of the second tensor.
        shared_pixels: u32,
        /// Channel blocks.
        blocks: u32,
        /// Channels.
        channels: u32,
        /// Which function.
        kind: u32,
        /// Fills the record.
        unused: [u32; 23],
    }
}

record! {
    /// `shaders/ops/resample.wgsl`.
    ResampleRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// Input tensor.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Channel blocks of the input.
        source_blocks: u32,
        /// Input rows.
        source_height: u32,
        /// Input columns.
        source_width: u32,
        /// Channels of the output.
        target_channels: u32,
        /// Channel blocks of the output.
        target_blocks: u32,
        /// Output rows.
        target_height: u32,
        /// Output columns.
        target_width: u32,
        /// 0 channels, 1 rows, 2 columns.
        axis: u32,
        /// Taps of each position.
        taps: u32,
        /// Positions and factors among the weights.
        table_offset: u32,
        /// Fills the record.
        unused: [u32; 19],
    }
}
