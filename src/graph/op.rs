//! The primitives of networks, and the shapes of their outputs.

use std::sync::Arc;

use super::op_shape::{
    add_shape, concat_shape, conv_shape, linear_shape, mat_mul_shape, mul_shape, pair_shape,
    parameter_shape, pool_shape, resize_shape,
};
use super::{Activation, ElementFunction, PairFunction, Rearrange, Resample, Shape, TapTable};

/// Zeros put around an image, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Padding {
    /// Rows above.
    pub top: usize,
    /// Columns to the left.
    pub left: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns to the right.
    pub right: usize,
}

impl Padding {
    /// The same number of pixels on every side.
    pub const fn same(pixels: usize) -> Self {
        Self { top: pixels, left: pixels, bottom: pixels, right: pixels }
    }

    /// Rows above and below, columns left and right.
    pub const fn symmetric(rows: usize, columns: usize) -> Self {
        Self { top: rows, left: columns, bottom: rows, right: columns }
    }
}

/// A two-dimensional convolution (cross-correlation, as in PyTorch).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    /// Channels of the result.
    pub out_channels: usize,
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Step down and to the right.
    pub stride: [usize; 2],
    /// Zeros around the input.
    pub padding: Padding,
    /// Distance between the kernel's rows and columns.
    pub dilation: [usize; 2],
    /// The number of groups of channels that are convolved separately.
    pub groups: usize,
    /// Whether a bias per output channel is added.
    pub bias: bool,
}

impl Conv {
    /// A square kernel with "same" padding `k / 2`, no groups, no bias.
    pub const fn square(out_channels: usize, kernel: usize, stride: usize) -> Self {
        Self {
            out_channels,
            kernel: [kernel, kernel],
            stride: [stride, stride],
            padding: Padding::same(kernel / 2),
            dilation: [1, 1],
            groups: 1,
            bias: false,
        }
    }

    /// The weight tensor's shape `[out, in / groups, rows, columns]`.
    pub fn weight_shape(&self, in_channels: usize) -> [usize; 4] {
        [self.out_channels, in_channels / self.groups, self.kernel[0], self.kernel[1]]
    }
}

/// The source of the mean and variance of a batch normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistics {
    /// Those of the mini-batch: biased variance over images, rows and columns.
    Batch,
    /// Those stored with the model.
    Running,
}

/// Batch normalisation with a weight and a bias per channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance.
    pub eps: f32,
    /// The source of the mean and variance.
    pub statistics: Statistics,
}

impl Default for BatchNorm {
    fn default() -> Self {
        Self { eps: 1e-5, statistics: Statistics::Batch }
    }
}

/// Layer normalisation: the channels of each pixel get mean 0 and (biased) variance 1, then a weight
/// and a bias per channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNorm {
    /// Added to the variance.
    pub eps: f32,
}

impl Default for LayerNorm {
    fn default() -> Self {
        Self { eps: 1e-5 }
    }
}

/// The output of a pooling window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// The mean; padding counts as zeros, or not at all.
    Average {
        /// Whether padded pixels are in the divisor.
        count_padding: bool,
    },
    /// The largest value; padding never wins.
    Max,
}

/// Pooling over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pool {
    /// Mean or maximum.
    pub kind: PoolKind,
    /// Rows and columns of the window.
    pub kernel: [usize; 2],
    /// Step down and to the right.
    pub stride: [usize; 2],
    /// Pixels around the input.
    pub padding: Padding,
}

/// A shifted, padded, cropped or strided view: `out[y][x] = in[top + y * sy][left + x * sx]`, zero
/// outside the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Input row of output row 0; negative where zeros enter above.
    pub top: isize,
    /// Input column of output column 0.
    pub left: isize,
    /// Output rows.
    pub height: usize,
    /// Output columns.
    pub width: usize,
    /// Step down and to the right.
    pub stride: [usize; 2],
}

/// An enlargement by whole factors: `out[y][x] = in[y / down][x / right]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resize {
    /// How often every row and every column is repeated.
    pub factors: [usize; 2],
}

/// A fully connected layer on a flattened input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Linear {
    /// Size of the result.
    pub out_features: usize,
    /// Whether a bias is added.
    pub bias: bool,
}

/// A primitive operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// The images.
    Input,
    /// Convolution.
    Conv(Conv),
    /// Batch normalisation.
    BatchNorm(BatchNorm),
    /// Activation with code capture.
    Activation(Activation),
    /// Average or maximum pooling.
    Pool(Pool),
    /// The sum of all inputs.
    Add,
    /// The product of two inputs, of one shape or one of them a single pixel `[c, 1, 1]`.
    Mul,
    /// The concatenation of all inputs along the channels.
    Concat,
    /// Some consecutive channels.
    ChannelSlice {
        /// First channel.
        start: usize,
        /// Number of channels.
        len: usize,
    },
    /// Shift, pad, crop or strided slice in space.
    Window(Window),
    /// Enlargement by whole factors.
    Resize(Resize),
    /// Multiplication by a constant; 0 in the `none` operation.
    Scale(f32),
    /// The mean over rows and columns.
    GlobalAvgPool,
    /// All values as channels of a 1x1 image, in `[c, h, w]` order.
    Flatten,
    /// Fully connected layer.
    Linear(Linear),
    /// Trainable values that do not depend on the images, such as a table of positions.
    Parameter(Shape),
    /// A function of every value, without code capture.
    Map(ElementFunction),
    /// A function of the values of two inputs, of one shape or the second a single pixel `[c, 1, 1]`.
    Pair(PairFunction),
    /// Weighted sums of positions along one axis: interpolation, padding by other values than zeros, picks.
    Resample(Resample),
    /// Reshape, transpose, slice, repetition.
    Rearrange(Rearrange),
    /// Layer normalisation over the channels of each pixel.
    LayerNorm(LayerNorm),
    /// `exp(x) / sum exp(x)` over the channels of each pixel.
    Softmax,
    /// The product of two activations, row by row: `out[n][h][m] = sum_k a[k][h][m] * b[n][h][k]`
    /// for inputs `a` of shape `[k, h, m]` and `b` of shape `[n, h, k]`. Attention has a row per
    /// head.
    MatMul,
}

impl Op {
    /// The operation's name in messages and listings.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Conv(_) => "conv",
            Self::BatchNorm(_) => "batch_norm",
            Self::Activation(activation) => activation.kind.name(),
            Self::Pool(Pool { kind: PoolKind::Max, .. }) => "max_pool",
            Self::Pool(_) => "avg_pool",
            Self::Add => "add",
            Self::Mul => "mul",
            Self::Concat => "concat",
            Self::ChannelSlice { .. } => "channel_slice",
            Self::Window(_) => "window",
            Self::Resize(_) => "resize",
            Self::Scale(_) => "scale",
            Self::GlobalAvgPool => "global_avg_pool",
            Self::Flatten => "flatten",
            Self::Linear(_) => "linear",
            Self::Parameter(_) => "parameter",
            Self::Map(function) => function.name(),
            Self::Pair(function) => function.name(),
            Self::Resample(_) => "resample",
            Self::Rearrange(_) => "rearrange",
            Self::LayerNorm(_) => "layer_norm",
            Self::Softmax => "softmax",
            Self::MatMul => "mat_mul",
        }
    }

    /// The activation, if the operation is one.
    pub const fn activation(&self) -> Option<Activation> {
        match self {
            Self::Activation(activation) => Some(*activation),
            Self::Input
            | Self::Conv(_)
            | Self::BatchNorm(_)
            | Self::Pool(_)
            | Self::Add
            | Self::Mul
            | Self::Concat
            | Self::ChannelSlice { .. }
            | Self::Window(_)
            | Self::Resize(_)
            | Self::Scale(_)
            | Self::GlobalAvgPool
            | Self::Flatten
            | Self::Linear(_)
            | Self::Parameter(_)
            | Self::Map(_)
            | Self::Pair(_)
            | Self::Resample(_)
            | Self::Rearrange(_)
            | Self::LayerNorm(_)
            | Self::Softmax
            | Self::MatMul => None,
        }
    }

    /// Whether it is a convolution or a linear layer: what counts towards the depth of a network.
    pub const fn is_convolution_or_linear(&self) -> bool {
        match self {
            Self::Conv(_) | Self::Linear(_) => true,
            Self::Input
            | Self::BatchNorm(_)
            | Self::Activation(_)
            | Self::Pool(_)
            | Self::Add
            | Self::Mul
            | Self::Concat
            | Self::ChannelSlice { .. }
            | Self::Window(_)
            | Self::Resize(_)
            | Self::Scale(_)
            | Self::GlobalAvgPool
            | Self::Flatten
            | Self::Parameter(_)
            | Self::Map(_)
            | Self::Pair(_)
            | Self::Resample(_)
            | Self::Rearrange(_)
            | Self::LayerNorm(_)
            | Self::Softmax
            | Self::MatMul => false,
        }
    }

    /// The shape of the result, or what does not fit.
    pub(super) fn output_shape(
        &self,
        inputs: &[Shape],
        tables: &[Arc<TapTable>],
    ) -> Result<Shape, String> {
        match self {
            Self::Input => Err("the input is wired with Graph::input".to_owned()),
            Self::Add => add_shape(inputs),
            Self::Mul => mul_shape(inputs),
            Self::Concat => concat_shape(inputs),
            Self::Pair(_) => pair_shape(inputs),
            Self::MatMul => mat_mul_shape(inputs),
            Self::Parameter(shape) => parameter_shape(*shape, inputs),
            Self::Conv(_)
            | Self::BatchNorm(_)
            | Self::Activation(_)
            | Self::Pool(_)
            | Self::ChannelSlice { .. }
            | Self::Window(_)
            | Self::Resize(_)
            | Self::Scale(_)
            | Self::GlobalAvgPool
            | Self::Flatten
            | Self::Linear(_)
            | Self::Map(_)
            | Self::Resample(_)
            | Self::Rearrange(_)
            | Self::LayerNorm(_)
            | Self::Softmax => match inputs {
                [input] => self.unary_shape(*input, tables),
                _ => Err(format!("takes one input, but was given {}", inputs.len())),
            },
        }
    }

    fn unary_shape(&self, input: Shape, tables: &[Arc<TapTable>]) -> Result<Shape, String> {
        match self {
            Self::Conv(conv) => conv_shape(conv, input),
            Self::Pool(pool) => pool_shape(pool, input),
            Self::ChannelSlice { start, len } => {
                if *len == 0 || start + len > input.channels {
                    return Err(format!("channels {start}..{} of {input}", start + len));
                }
                Ok(Shape { channels: *len, ..input })
            }
            Self::Window(window) => {
                if window.height == 0 || window.width == 0 || window.stride.contains(&0) {
                    return Err(format!("an empty window or a stride of 0 on {input}"));
                }
                Ok(Shape::new(input.channels, window.height, window.width))
            }
            Self::Resize(resize) => resize_shape(*resize, input),
            Self::GlobalAvgPool => Ok(Shape::new(input.channels, 1, 1)),
            Self::Flatten => Ok(Shape::new(input.volume(), 1, 1)),
            Self::Linear(linear) => linear_shape(linear, input),
            Self::Rearrange(rearrange) => rearrange.output_shape(input),
            Self::Resample(resample) => resample.output_shape(input, tables),
            Self::Input
            | Self::Add
            | Self::Mul
            | Self::Concat
            | Self::MatMul
            | Self::Pair(_)
            | Self::Parameter(_) => Err("is not unary".to_owned()),
            Self::BatchNorm(_)
            | Self::Map(_)
            | Self::Activation(_)
            | Self::Scale(_)
            | Self::LayerNorm(_)
            | Self::Softmax => Ok(input),
        }
    }
}
