//! The order of values in the device's buffers: blocks of four channels, with zeros after the last
//! channel.

use crate::data::Batch;
use crate::graph::{Conv, Shape};

/// Channels of one `vec4`.
pub const LANES: usize = 4;

/// `vec4` blocks that hold the channels of one pixel.
pub const fn blocks(channels: usize) -> usize {
    channels.div_ceil(LANES)
}

/// `vec4`s of one image.
pub const fn quads(shape: Shape) -> usize {
    blocks(shape.channels) * shape.plane()
}

/// Images `[n, c, h, w]` as `[n][c / 4][h][w]` of `vec4`.
pub fn images(batch: &Batch) -> Vec<f32> {
    let (plane, per_image) = (batch.shape.plane(), quads(batch.shape) * LANES);
    let mut packed = vec![0.0; batch.images * per_image];
    for (image, target) in packed.chunks_exact_mut(per_image.max(1)).enumerate() {
        for (channel, values) in batch.image(image).chunks_exact(plane.max(1)).enumerate() {
            let start = (channel / LANES) * plane * LANES + channel % LANES;
            for (pixel, value) in values.iter().enumerate() {
                target[start + pixel * LANES] = *value;
            }
        }
    }
    packed
}

/// The inverse of [`images`]: `[n][c / 4][h][w]` of `vec4` as `[n, c, h, w]`.
pub fn unpack(packed: &[f32], images: usize, shape: Shape) -> Vec<f32> {
    let (plane, per_image) = (shape.plane(), quads(shape) * LANES);
    let mut values = Vec::with_capacity(images * shape.volume());
    for image in 0..images {
        for channel in 0..shape.channels {
            let start = image * per_image + (channel / LANES) * plane * LANES + channel % LANES;
            values.extend((0..plane).map(|pixel| packed[start + pixel * LANES]));
        }
    }
    values
}

/// One value per channel, filled up to whole blocks with zeros; `default` where there are none.
pub fn per_channel(values: &[f32], channels: usize, default: f32, target: &mut [f32]) {
    for (channel, slot) in target.iter_mut().take(channels).enumerate() {
        *slot = values.get(channel).copied().unwrap_or(default);
    }
}

/// The groups of a convolution as the kernels see them: groups whose channels do not fill whole
/// blocks are merged into one with zero weights between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvGrouping {
    /// Merged groups.
    pub groups: usize,
    /// Original groups in a merged one.
    pub merged: usize,
    /// Input channels of one original group.
    pub inputs: usize,
    /// Output channels of one original group.
    pub outputs: usize,
    /// Every channel is a group of its own, in and out: the depthwise kernel.
    pub depthwise: bool,
    /// Kernel rows times columns.
    pub taps: usize,
}

impl ConvGrouping {
    /// The grouping of a convolution of that many input channels.
    pub fn new(conv: &Conv, in_channels: usize) -> Self {
        let (inputs, outputs) = (in_channels / conv.groups, conv.out_channels / conv.groups);
        let fits = |merged: &usize| {
            conv.groups.is_multiple_of(*merged)
                && (merged * inputs).is_multiple_of(LANES)
                && (merged * outputs).is_multiple_of(LANES)
        };
        let merged = (1..=LANES).find(fits).unwrap_or(conv.groups);
        Self {
            groups: conv.groups / merged,
            merged,
            inputs,
            outputs,
            depthwise: conv.groups > 1 && inputs == 1 && outputs == 1,
            taps: conv.kernel[0] * conv.kernel[1],
        }
    }

    /// Input blocks of one merged group.
    pub const fn input_blocks(&self) -> usize {
        blocks(self.merged * self.inputs)
    }

    /// Output blocks of one merged group.
    pub const fn output_blocks(&self) -> usize {
        blocks(self.merged * self.outputs)
    }

    /// `vec4`s of the packed weights.
    pub const fn weight_quads(&self) -> usize {
        if self.depthwise {
            blocks(self.groups * self.merged) * self.taps
        } else {
            self.groups * self.output_blocks() * self.taps * self.input_blocks() * LANES
        }
    }

    /// Packs weights `[out, in / groups, rows, columns]`: depthwise as `[block][tap]`, else as
    /// `[output block][tap][input block of the group][input channel]` of `vec4` over four output
    /// channels. `target` holds [`Self::weight_quads`] `vec4`s of zeros.
    pub fn pack(&self, weight: &[f32], target: &mut [f32]) {
        let per_output = self.inputs * self.taps;
        for (output, values) in weight.chunks_exact(per_output.max(1)).enumerate() {
            for (index, value) in values.iter().enumerate() {
                let (input, tap) = (index / self.taps, index % self.taps);
                target[self.position(output, input, tap)] = *value;
            }
        }
    }

    /// Where the weight of an output channel for an input channel of its original group goes.
    const fn position(&self, output: usize, input: usize, tap: usize) -> usize {
        if self.depthwise {
            return ((output / LANES) * self.taps + tap) * LANES + output % LANES;
        }
        let group = output / self.outputs;
        let in_merged = group % self.merged * self.inputs + input;
        let outputs = self.merged * self.outputs;
        let block = output / outputs * self.output_blocks() + output % outputs / LANES;
        let lane = output % outputs % LANES;
        let row = (block * self.taps + tap) * self.input_blocks() * LANES + in_merged;
        row * LANES + lane
    }
}

/// Words of the code of one image as the combine kernel packs it, without those that only pad.
pub const fn code_stride(shape: Shape) -> usize {
    quads(shape).div_ceil(8)
}

/// From the device's order of bits to `[c, h, w]` order: one image's words.
pub fn code_words(words: &[u32], shape: Shape) -> Vec<u32> {
    let (plane, stride) = (shape.plane(), code_stride(shape));
    let mut result = vec![0_u32; shape.volume().div_ceil(32)];
    for unit in 0..shape.volume() {
        let (channel, pixel) = (unit / plane, unit % plane);
        let quad = (channel / LANES) * plane + pixel;
        let bit = (quad / stride) * LANES + channel % LANES;
        result[unit / 32] |= (words[quad % stride] >> bit & 1) << (unit % 32);
    }
    result
}
