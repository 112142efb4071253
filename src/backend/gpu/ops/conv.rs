//! Convolutions: `shaders/ops/conv_tiled.wgsl`, `conv_registers.wgsl` and `conv_depthwise.wgsl`.

use crate::backend::BackendError;
use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{ConvVariant, NetworkLowering, expect_values};
use crate::backend::gpu::pack::{self, ConvGrouping, LANES};
use crate::backend::gpu::records::ConvRecord;
use crate::backend::gpu::task::{BYTE_WORK, KernelTask};
use crate::plan::ConvStep;

/// A kernel and what one of its workgroups covers.
#[derive(Clone, Copy)]
struct ConvTile {
    kernel: GpuKernel,
    pixels: u64,
    blocks: usize,
}

const TILED: [ConvTile; 3] = [
    ConvTile { kernel: GpuKernel::ConvTiled64, pixels: 64, blocks: 16 },
    ConvTile { kernel: GpuKernel::ConvTiled32, pixels: 128, blocks: 8 },
    ConvTile { kernel: GpuKernel::ConvTiled16, pixels: 256, blocks: 4 },
];
const REGISTERS: ConvTile = ConvTile { kernel: GpuKernel::ConvRegisters, pixels: 512, blocks: 2 };
const DEPTHWISE: ConvTile = ConvTile { kernel: GpuKernel::ConvDepthwise, pixels: 256, blocks: 1 };

impl ConvTile {
    /// The tile for groups of that many output blocks that computes the fewest channels in vain, the
    /// largest of equals.
    fn choose(variant: ConvVariant, grouping: &ConvGrouping) -> Self {
        let blocks = grouping.output_blocks();
        match variant {
            _ if grouping.depthwise => DEPTHWISE,
            ConvVariant::Registers => REGISTERS,
            ConvVariant::Tiled => TILED
                .into_iter()
                .min_by_key(|tile| blocks.next_multiple_of(tile.blocks))
                .unwrap_or(TILED[0]),
        }
    }
}

/// Lowers a convolution whose packed weights lie at `place` in the network's stretch.
pub fn lower(
    lowering: &mut NetworkLowering<'_>,
    step: &ConvStep,
    place: u64,
) -> Result<(), BackendError> {
    let grouping = ConvGrouping::new(&step.conv, lowering.shape(step.src).channels);
    pack_weights(lowering, step, &grouping, place)?;
    let tile = ConvTile::choose(lowering.variant, &grouping);
    let (groups, output_blocks) = if grouping.depthwise {
        (1, pack::blocks(step.conv.out_channels))
    } else {
        (grouping.groups, grouping.output_blocks())
    };
    let group_tiles = output_blocks.div_ceil(tile.blocks);
    let weights = (lowering.base.weights + place) as u32;
    let record = record(lowering, step, &grouping, [weights, groups as u32, group_tiles as u32]);
    let tiles = u64::from(record.pixels).div_ceil(tile.pixels) * u64::from(record.channel_tiles);
    lowering.tasks.push(KernelTask {
        kernel: tile.kernel,
        record: record.raw(),
        workgroups: tiles as u32,
        work: work(lowering, step, &grouping),
        accesses: vec![lowering.reads(step.src), lowering.writes(step.dst)],
        last: false,
    });
    Ok(())
}

fn work(lowering: &NetworkLowering<'_>, step: &ConvStep, grouping: &ConvGrouping) -> f64 {
    let (input, output) = (lowering.quads(step.src) as f64, lowering.quads(step.dst) as f64);
    let inputs = if grouping.depthwise { 1 } else { grouping.input_blocks() * LANES };
    let products = output * (LANES * inputs * grouping.taps) as f64;
    2.0 * products + (input + output) * 16.0 * BYTE_WORK
}

fn record(
    lowering: &NetworkLowering<'_>,
    step: &ConvStep,
    grouping: &ConvGrouping,
    [weights, groups, group_tiles]: [u32; 3],
) -> ConvRecord {
    let (input, output) = (lowering.shape(step.src), lowering.shape(step.dst));
    let conv = &step.conv;
    ConvRecord {
        pixels: (lowering.images * output.plane()) as u32,
        source: lowering.tensor(step.src),
        target_offset: lowering.tensor(step.dst),
        weight_offset: weights,
        bias_offset: weights + grouping.weight_quads() as u32,
        input_height: input.height as u32,
        input_width: input.width as u32,
        input_blocks: pack::blocks(input.channels) as u32,
        output_height: output.height as u32,
        output_width: output.width as u32,
        output_blocks: pack::blocks(output.channels) as u32,
        group_input_blocks: grouping.input_blocks() as u32,
        group_output_blocks: grouping.output_blocks() as u32,
        kernel_height: conv.kernel[0] as u32,
        kernel_width: conv.kernel[1] as u32,
        stride_y: conv.stride[0] as u32,
        stride_x: conv.stride[1] as u32,
        dilation_y: conv.dilation[0] as u32,
        dilation_x: conv.dilation[1] as u32,
        padding_top: conv.padding.top as u32,
        padding_left: conv.padding.left as u32,
        channel_tiles: groups * group_tiles,
        group_tiles,
        unused: [0; 9],
    }
}

fn pack_weights(
    lowering: &mut NetworkLowering<'_>,
    step: &ConvStep,
    grouping: &ConvGrouping,
    place: u64,
) -> Result<(), BackendError> {
    let out_channels = step.conv.out_channels;
    let expected = out_channels * grouping.inputs * grouping.taps;
    let layer = lowering.layer(step.node);
    let weight = layer.map_or(&[][..], |layer| &layer.weight);
    expect_values(step.node, "weight", weight, expected)?;
    let start = place as usize * LANES;
    let middle = start + grouping.weight_quads() * LANES;
    grouping.pack(weight, &mut lowering.values[start..middle]);
    let bias = layer.map_or(&[][..], |layer| &layer.bias);
    if step.conv.bias && !bias.is_empty() {
        expect_values(step.node, "bias", bias, out_channels)?;
        let end = middle + pack::blocks(out_channels) * LANES;
        pack::per_channel(bias, out_channels, 0.0, &mut lowering.values[middle..end]);
    }
    Ok(())
}
