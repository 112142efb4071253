//! The parameters of one kernel on one step: the `Record` structs of the shaders, field by field.
//!
//! Every record has 128 bytes, so the records of all kernels lie in one buffer, and a dispatch names
//! its first one. Offsets are in elements of the buffer they refer to: `vec4` for tensors, weights and
//! statistics, words for codes and distances.

use bytemuck::{Pod, Zeroable};

/// Bytes of a record.
pub const RECORD_BYTES: usize = 128;

/// Stands for "there is none" where an offset is expected; `NONE` in the shaders.
pub const NONE: u32 = u32::MAX;

/// A record ready for upload.
pub type RawRecord = [u32; RECORD_BYTES / 4];

/// Declares a record and the list of its fields with their offsets.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, Pod, Zeroable)]
        pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }

        impl $name {
            /// Names and offsets in bytes of the fields.
            pub const FIELDS: &'static [(&'static str, usize)] =
                &[$((stringify!($field), std::mem::offset_of!($name, $field)),)*];

            /// The record as words.
            pub fn raw(&self) -> RawRecord {
                bytemuck::cast(*self)
            }
        }
    };
}

mod functions;
mod tokens;

pub use functions::{MapRecord, PairRecord, ResampleRecord};
pub use tokens::{DigitRecord, MatMulRecord, ParameterRecord, PixelsRecord, RearrangeRecord};

record! {
    /// Convolutions of all kinds; `shaders/shared/conv.wgsl`.
    ConvRecord {
        /// Images * output rows * output columns.
        pixels: u32,
        /// Input tensor.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Packed weights.
        weight_offset: u32,
        /// One value per output channel.
        bias_offset: u32,
        /// Input rows.
        input_height: u32,
        /// Input columns.
        input_width: u32,
        /// Channel blocks of the input.
        input_blocks: u32,
        /// Output rows.
        output_height: u32,
        /// Output columns.
        output_width: u32,
        /// Channel blocks of the output.
        output_blocks: u32,
        /// Input blocks of one group.
        group_input_blocks: u32,
        /// Output blocks of one group.
        group_output_blocks: u32,
        /// Kernel rows.
        kernel_height: u32,
        /// Kernel columns.
        kernel_width: u32,
        /// Step down.
        stride_y: u32,
        /// Step to the right.
        stride_x: u32,
        /// Distance of kernel rows.
        dilation_y: u32,
        /// Distance of kernel columns.
        dilation_x: u32,
        /// Zero rows above.
        padding_top: u32,
        /// Zero columns to the left.
        padding_left: u32,
        /// Tiles of output channels in all groups.
        channel_tiles: u32,
        /// Tiles of output channels in one group.
        group_tiles: u32,
        /// Fills the record.
        unused: [u32; 9],
    }
}

record! {
    /// `shaders/ops/pool.wgsl`.
    PoolRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// Input tensor.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Input rows.
        input_height: u32,
        /// Input columns.
        input_width: u32,
        /// Output rows.
        output_height: u32,
        /// Output columns.
        output_width: u32,
        /// Window rows.
        kernel_height: u32,
        /// Window columns.
        kernel_width: u32,
        /// Step down.
        stride_y: u32,
        /// Step to the right.
        stride_x: u32,
        /// Rows of padding above.
        padding_top: u32,
        /// Columns of padding to the left.
        padding_left: u32,
        /// 0 average without padding, 1 average with padding, 2 maximum.
        kind: u32,
        /// Fills the record.
        unused: [u32; 18],
    }
}

record! {
    /// `shaders/ops/window.wgsl`.
    WindowRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// Input tensor.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Input rows.
        input_height: u32,
        /// Input columns.
        input_width: u32,
        /// Output rows.
        output_height: u32,
        /// Output columns.
        output_width: u32,
        /// Step down.
        stride_y: u32,
        /// Step to the right.
        stride_x: u32,
        /// Input row of output row 0.
        top: i32,
        /// Input column of output column 0.
        left: i32,
        /// Fills the record.
        unused: [u32; 21],
    }
}

record! {
    /// `shaders/ops/mul.wgsl`.
    MulRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// The factor of the output's shape.
        first: u32,
        /// The other one.
        second: u32,
        /// Output tensor.
        target_offset: u32,
        /// Pixels that share a value of the second factor.
        plane: u32,
        /// Fills the record.
        unused: [u32; 27],
    }
}

record! {
    /// `shaders/ops/resize.wgsl`.
    ResizeRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// Input tensor.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Input rows.
        input_height: u32,
        /// Input columns.
        input_width: u32,
        /// Output rows.
        output_height: u32,
        /// Output columns.
        output_width: u32,
        /// How often a row is repeated.
        factor_y: u32,
        /// How often a column is repeated.
        factor_x: u32,
        /// Fills the record.
        unused: [u32; 23],
    }
}

record! {
    /// `shaders/ops/copy_channels.wgsl`.
    CopyChannelsRecord {
        /// Images * touched blocks * plane.
        quads: u32,
        /// Input tensor.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Pixels per channel.
        plane: u32,
        /// Channel blocks of the input.
        source_blocks: u32,
        /// Channel blocks of the output.
        target_blocks: u32,
        /// Channels of the whole output.
        target_channels: u32,
        /// First channel read.
        source_channel: u32,
        /// First channel written.
        target_channel: u32,
        /// Channels copied.
        channels: u32,
        /// First output block touched.
        first_block: u32,
        /// Output blocks touched.
        blocks: u32,
        /// Fills the record.
        unused: [u32; 20],
    }
}

record! {
    /// `shaders/ops/flatten.wgsl`.
    FlattenRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// Input tensor.
        source: u32,
        /// Output tensor.
        target_offset: u32,
        /// Pixels per input channel.
        plane: u32,
        /// Channel blocks of the input.
        source_blocks: u32,
        /// Channel blocks of the output.
        target_blocks: u32,
        /// Values per image.
        volume: u32,
        /// Fills the record.
        unused: [u32; 25],
    }
}

record! {
    /// `shaders/ops/statistics.wgsl`.
    StatisticsRecord {
        /// The tensor.
        source: u32,
        /// Where the partial statistics go.
        target_offset: u32,
        /// Pixels per channel and image.
        plane: u32,
        /// Channel blocks.
        blocks: u32,
        /// Images * plane.
        pixels: u32,
        /// Pixels that one workgroup sums.
        part_pixels: u32,
        /// Parts per channel block.
        parts: u32,
        /// Fills the record.
        unused: [u32; 25],
    }
}

record! {
    /// `shaders/ops/moments.wgsl`.
    MomentsRecord {
        /// The tensor.
        source: u32,
        /// Where references and sums go.
        target_offset: u32,
        /// Pixels per channel and image.
        plane: u32,
        /// Channel blocks.
        blocks: u32,
        /// Images * plane.
        pixels: u32,
        /// Pixels of one part.
        part_pixels: u32,
        /// Parts.
        parts: u32,
        /// Tiles of channels on one side.
        tiles: u32,
        /// Fills the record.
        unused: [u32; 24],
    }
}

record! {
    /// `shaders/ops/sample_rows.wgsl`.
    SampleRowsRecord {
        /// Output `vec4`s of all images.
        quads: u32,
        /// The tensor.
        source: u32,
        /// Where the values go.
        target_offset: u32,
        /// Pixels per channel and image.
        plane: u32,
        /// Columns.
        width: u32,
        /// Channel blocks.
        blocks: u32,
        /// Pixels taken of each image.
        samples: u32,
        /// Their rows and columns.
        pixel_offset: u32,
        /// Fills the record.
        unused: [u32; 24],
    }
}

record! {
    /// `shaders/ops/normalise.wgsl`.
    NormaliseRecord {
        /// Partial statistics.
        source: u32,
        /// Where scale and shift go.
        target_offset: u32,
        /// Channel blocks.
        blocks: u32,
        /// Images * plane.
        pixels: u32,
        /// Pixels per part.
        part_pixels: u32,
        /// Parts per channel block.
        parts: u32,
        /// Weight of all blocks, then bias of all blocks.
        affine_offset: u32,
        /// Added to the variance.
        epsilon: f32,
        /// Fills the record.
        unused: [u32; 24],
    }
}

/// One summand of a [`CombineRecord`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct TermRecord {
    /// The tensor.
    pub source: u32,
    /// Scale of all blocks, then shift of all blocks; or [`NONE`].
    pub norm: u32,
    /// A constant factor.
    pub factor: f32,
}

record! {
    /// `shaders/ops/combine.wgsl`.
    CombineRecord {
        /// Images.
        images: u32,
        /// `vec4`s per image.
        quads: u32,
        /// `ceil(quads / 8)`: distance of the `vec4`s that share a word.
        stride: u32,
        /// Words of the code per image, with those that only pad.
        words: u32,
        /// Workgroups per image.
        image_workgroups: u32,
        /// Pixels per channel.
        plane: u32,
        /// Channel blocks.
        blocks: u32,
        /// Channels.
        channels: u32,
        /// Where the sum goes, or [`NONE`].
        value: u32,
        /// Where the function of the sum goes, or [`NONE`].
        activated: u32,
        /// Where the code goes, or [`NONE`].
        code: u32,
        /// Words from one image's codes to the next.
        code_row: u32,
        /// Summands.
        term_count: u32,
        /// Which function, as `shaders/shared/activation.wgsl` numbers them.
        kind: u32,
        /// The function's ceiling or slope, if it has one.
        parameter: f32,
        /// The function's offset, if it has one.
        offset: f32,
        /// Fills the record.
        unused: [u32; 4],
        /// The summands.
        terms: [TermRecord; 4],
    }
}

record! {
    /// `shaders/codes/hamming.wgsl`.
    HammingRecord {
        /// Images.
        images: u32,
        /// Words from one image's codes to the next.
        row: u32,
        /// First word of the first image.
        first_word: u32,
        /// Words per image.
        words: u32,
        /// Words that one workgroup compares.
        stretch: u32,
        /// Stretches per image.
        stretches: u32,
        /// How often a differing bit counts.
        weight: u32,
        /// Where the sums go.
        target_offset: u32,
        /// Fills the record.
        unused: [u32; 24],
    }
}
