//! The list of kernels: their sources, constants and the records they read.

use super::records::{
    CombineRecord, ConvRecord, CopyChannelsRecord, FlattenRecord, HammingRecord, MapRecord,
    MatMulRecord, MomentsRecord, MulRecord, NormaliseRecord, PairRecord, ParameterRecord,
    PixelsRecord, PoolRecord, RearrangeRecord, ResampleRecord, ResizeRecord, SampleRowsRecord,
    StatisticsRecord, WindowRecord,
};

/// The entry point of every kernel.
pub const ENTRY_POINT: &str = "main";

/// A compute pipeline. Shapes are parameters, so their number does not grow with the networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GpuKernel {
    /// Convolution with tiles in workgroup memory, 16 output channels per tile.
    ConvTiled16,
    /// The same, 32 output channels per tile.
    ConvTiled32,
    /// The same, 64 output channels per tile.
    ConvTiled64,
    /// Convolution with sums in registers only.
    ConvRegisters,
    /// Depthwise convolution.
    ConvDepthwise,
    /// Average and maximum pooling.
    Pool,
    /// Shift, pad, crop, strided slice.
    Window,
    /// Products.
    Mul,
    /// Enlargement by whole factors.
    Resize,
    /// Slices and concatenations.
    CopyChannels,
    /// `[c, h, w]` to a vector.
    Flatten,
    /// Reshape, transpose, slice, repetition.
    Rearrange,
    /// Functions of every value.
    Map,
    /// Functions of the values of two tensors.
    Pair,
    /// Weighted sums of positions along one axis.
    Resample,
    /// Values that are the same for every image.
    Parameter,
    /// Layer normalisation.
    LayerNorm,
    /// Softmax.
    Softmax,
    /// Products of two activations.
    MatMul,
    /// Partial batch statistics.
    Statistics,
    /// Scale and shift from partial statistics.
    Normalise,
    /// The fused node kernel.
    Combine,
    /// Sums of products of channels, 16 x 16 channels per tile.
    Moments16,
    /// The same, 32 x 32 channels per tile.
    Moments32,
    /// The same, 64 x 64 channels per tile.
    Moments64,
    /// Values at some pixels of every image.
    SampleRows,
    /// Hamming distances between codes.
    Hamming,
}

/// What a pipeline is made of.
#[derive(Clone, Copy, Debug)]
pub struct KernelSource {
    /// The pipeline.
    pub kernel: GpuKernel,
    /// Its name, also its label.
    pub name: &'static str,
    /// The kernel's own file under `shaders/`.
    pub file: &'static str,
    /// The WGSL fragments, to be put one behind the other.
    pub parts: &'static [&'static str],
    /// Values of the `override` constants.
    pub constants: &'static [(&'static str, f64)],
    /// Names and byte offsets of the fields of its record.
    pub fields: &'static [(&'static str, usize)],
}

const BINDINGS: &str = include_str!("../../../shaders/shared/bindings.wgsl");
const CONV: &str = include_str!("../../../shaders/shared/conv.wgsl");
const PIXELS: &str = include_str!("../../../shaders/shared/pixels.wgsl");
const ACTIVATION: &str = include_str!("../../../shaders/shared/activation.wgsl");
const MOMENTS: &str = include_str!("../../../shaders/shared/moments.wgsl");

/// Declares one row of [`KERNELS`].
macro_rules! kernel {
    ($kernel:ident, $name:literal, $file:literal, $record:ident, [$($fragment:ident),*], $constants:expr) => {
        KernelSource {
            kernel: GpuKernel::$kernel,
            name: $name,
            file: $file,
            parts: &[
                BINDINGS,
                $($fragment,)*
                include_str!(concat!("../../../shaders/", $file)),
            ],
            constants: $constants,
            fields: $record::FIELDS,
        }
    };
}

const TILE_16: &[(&str, f64)] = &[("PIXEL_THREADS", 32.0), ("CHANNEL_THREADS", 2.0)];
const TILE_32: &[(&str, f64)] = &[("PIXEL_THREADS", 16.0), ("CHANNEL_THREADS", 4.0)];
const TILE_64: &[(&str, f64)] = &[("PIXEL_THREADS", 8.0), ("CHANNEL_THREADS", 8.0)];

const SIDE_2: &[(&str, f64)] = &[("SIDE", 2.0)];
const SIDE_4: &[(&str, f64)] = &[("SIDE", 4.0)];
const SIDE_8: &[(&str, f64)] = &[("SIDE", 8.0)];

/// All kernels, in the order of [`GpuKernel`].
pub const KERNELS: [KernelSource; 27] = [
    kernel!(ConvTiled16, "conv_tiled_16", "ops/conv_tiled.wgsl", ConvRecord, [CONV], TILE_16),
    kernel!(ConvTiled32, "conv_tiled_32", "ops/conv_tiled.wgsl", ConvRecord, [CONV], TILE_32),
    kernel!(ConvTiled64, "conv_tiled_64", "ops/conv_tiled.wgsl", ConvRecord, [CONV], TILE_64),
    kernel!(ConvRegisters, "conv_registers", "ops/conv_registers.wgsl", ConvRecord, [CONV], &[]),
    kernel!(ConvDepthwise, "conv_depthwise", "ops/conv_depthwise.wgsl", ConvRecord, [CONV], &[]),
    kernel!(Pool, "pool", "ops/pool.wgsl", PoolRecord, [], &[]),
    kernel!(Window, "window", "ops/window.wgsl", WindowRecord, [], &[]),
    kernel!(Mul, "mul", "ops/mul.wgsl", MulRecord, [], &[]),
    kernel!(Resize, "resize", "ops/resize.wgsl", ResizeRecord, [], &[]),
    kernel!(CopyChannels, "copy_channels", "ops/copy_channels.wgsl", CopyChannelsRecord, [], &[]),
    kernel!(Flatten, "flatten", "ops/flatten.wgsl", FlattenRecord, [], &[]),
    kernel!(Rearrange, "rearrange", "ops/rearrange.wgsl", RearrangeRecord, [], &[]),
    kernel!(Map, "map", "ops/map.wgsl", MapRecord, [ACTIVATION], &[]),
    kernel!(Pair, "pair", "ops/pair.wgsl", PairRecord, [], &[]),
    kernel!(Resample, "resample", "ops/resample.wgsl", ResampleRecord, [], &[]),
    kernel!(Parameter, "parameter", "ops/parameter.wgsl", ParameterRecord, [], &[]),
    kernel!(LayerNorm, "layer_norm", "ops/layer_norm.wgsl", PixelsRecord, [PIXELS], &[]),
    kernel!(Softmax, "softmax", "ops/softmax.wgsl", PixelsRecord, [PIXELS], &[]),
    kernel!(MatMul, "mat_mul", "ops/mat_mul.wgsl", MatMulRecord, [], &[]),
    kernel!(Statistics, "statistics", "ops/statistics.wgsl", StatisticsRecord, [MOMENTS], &[]),
    kernel!(Normalise, "normalise", "ops/normalise.wgsl", NormaliseRecord, [MOMENTS], &[]),
    kernel!(Combine, "combine", "ops/combine.wgsl", CombineRecord, [ACTIVATION], &[]),
    kernel!(Moments16, "moments_16", "ops/moments.wgsl", MomentsRecord, [], SIDE_2),
    kernel!(Moments32, "moments_32", "ops/moments.wgsl", MomentsRecord, [], SIDE_4),
    kernel!(Moments64, "moments_64", "ops/moments.wgsl", MomentsRecord, [], SIDE_8),
    kernel!(SampleRows, "sample_rows", "ops/sample_rows.wgsl", SampleRowsRecord, [], &[]),
    kernel!(Hamming, "hamming", "codes/hamming.wgsl", HammingRecord, [], &[]),
];

impl GpuKernel {
    /// What the pipeline is made of.
    pub const fn source(self) -> &'static KernelSource {
        &KERNELS[self as usize]
    }
}

impl KernelSource {
    /// The whole WGSL text.
    pub fn wgsl(&self) -> String {
        self.parts.join("\n")
    }
}
