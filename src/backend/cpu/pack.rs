//! Packs weights into the order in which the kernels read them.

use rayon::prelude::*;

use super::ops::conv::BlockGroup;
use super::program::{ConvPart, CpuKernel, CpuProgram};
use super::simd::LANES;
use crate::backend::BackendError;
use crate::graph::{NodeId, Shape, Statistics};
use crate::plan::{ConvStep, Plan, PlanStep, PlannedNorm};
use crate::weights::{LayerWeights, Weights};

/// Checks that every layer of the plan has as many values as it needs.
pub fn check(plan: &Plan, weights: &Weights) -> Result<(), BackendError> {
    for planned in &plan.steps {
        match &planned.step {
            PlanStep::Conv(step) => check_conv(plan, weights, step)?,
            PlanStep::Parameter { dst, node } => {
                let found = weights.get(*node).map_or(0, |layer| layer.weight.len());
                expect(*node, "value", plan.shape(*dst).volume(), found)?;
            }
            PlanStep::LayerNorm { src, node, .. } => {
                check_affine(weights, *node, plan.shape(*src).channels)?;
            }
            PlanStep::Combine(_)
            | PlanStep::Pool { .. }
            | PlanStep::Window { .. }
            | PlanStep::Mul { .. }
            | PlanStep::Resize { .. }
            | PlanStep::CopyChannels { .. }
            | PlanStep::Flatten { .. }
            | PlanStep::Map { .. }
            | PlanStep::Pair { .. }
            | PlanStep::Resample { .. }
            | PlanStep::Rearrange { .. }
            | PlanStep::Softmax { .. }
            | PlanStep::MatMul { .. }
            | PlanStep::Statistics { .. }
            | PlanStep::Moments { .. } => {}
        }
    }
    for norm in &plan.norms {
        let channels = plan.shape(norm.tensor).channels;
        let empty = LayerWeights::default();
        let layer = weights.get(norm.node).unwrap_or(&empty);
        check_affine(weights, norm.node, channels)?;
        if norm.op.statistics == Statistics::Running {
            expect(norm.node, "running mean", channels, layer.mean.len())?;
            expect(norm.node, "running variance", channels, layer.variance.len())?;
        }
    }
    Ok(())
}

fn check_conv(plan: &Plan, weights: &Weights, step: &ConvStep) -> Result<(), BackendError> {
    let shape = step.conv.weight_shape(plan.shape(step.src).channels);
    let layer = weights.get(step.node);
    expect(step.node, "weight", shape.iter().product(), layer.map_or(0, |l| l.weight.len()))?;
    if step.conv.bias {
        let found = layer.map_or(0, |layer| layer.bias.len());
        expect(step.node, "bias", step.conv.out_channels, found)?;
    }
    Ok(())
}

/// Weight and bias of a normalisation may be missing, but not too short.
fn check_affine(weights: &Weights, node: NodeId, channels: usize) -> Result<(), BackendError> {
    let Some(layer) = weights.get(node) else { return Ok(()) };
    for (what, values) in [("weight", &layer.weight), ("bias", &layer.bias)] {
        if !values.is_empty() {
            expect(node, what, channels, values.len())?;
        }
    }
    Ok(())
}

fn expect(
    node: NodeId,
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), BackendError> {
    if expected == found {
        return Ok(());
    }
    Err(BackendError::MissingWeights { layer: node.0, what, expected, found })
}

/// Packs the values that kernels read into `packed`, one kernel a task.
pub fn pack(program: &CpuProgram, plan: &Plan, weights: &Weights, packed: &mut [f32]) {
    let mut tasks = Vec::new();
    let mut rest = packed;
    let mut start = 0;
    for kernel in program.segments.iter().flatten() {
        let (parts, range) = match kernel {
            CpuKernel::Conv { parts, weights, .. } => (parts.as_slice(), *weights),
            CpuKernel::Depthwise { part, weights } => (std::slice::from_ref(part), *weights),
            CpuKernel::Parameter { weights, .. } | CpuKernel::LayerNorm { weights, .. } => {
                (&[][..], *weights)
            }
            CpuKernel::Load(_)
            | CpuKernel::Combine(_)
            | CpuKernel::Pool(..)
            | CpuKernel::Window(..)
            | CpuKernel::Mul(..)
            | CpuKernel::Resize(..)
            | CpuKernel::CopyChannels(..)
            | CpuKernel::Flatten(..)
            | CpuKernel::Map(..)
            | CpuKernel::Pair(..)
            | CpuKernel::Resample { .. }
            | CpuKernel::Rearrange(..)
            | CpuKernel::Softmax(..)
            | CpuKernel::MatMul(..)
            | CpuKernel::Statistics(_)
            | CpuKernel::Moments(..) => continue,
        };
        let biases = parts.iter().filter_map(|part| {
            part.bias.map(|bias| bias + part.step.conv.out_channels.next_multiple_of(LANES))
        });
        let end = biases.fold(range.1, usize::max);
        let (mine, others) = rest.split_at_mut(end - start);
        tasks.push((kernel, parts, range.0, mine));
        (rest, start) = (others, end);
    }
    tasks.into_par_iter().for_each(|(kernel, parts, first, target)| {
        match kernel {
            CpuKernel::Conv { groups, .. } => pack_conv(plan, weights, parts, groups, target),
            CpuKernel::Depthwise { part, .. } => pack_depthwise(weights, part, target),
            CpuKernel::Parameter { dst, node, .. } => {
                pack_parameter(weights, *node, plan.shape(*dst), target);
            }
            CpuKernel::LayerNorm { node, .. } => pack_affine(weights, *node, target),
            // These have no task.
            CpuKernel::Load(_)
            | CpuKernel::Combine(_)
            | CpuKernel::Pool(..)
            | CpuKernel::Window(..)
            | CpuKernel::Mul(..)
            | CpuKernel::Resize(..)
            | CpuKernel::CopyChannels(..)
            | CpuKernel::Flatten(..)
            | CpuKernel::Map(..)
            | CpuKernel::Pair(..)
            | CpuKernel::Resample { .. }
            | CpuKernel::Rearrange(..)
            | CpuKernel::Softmax(..)
            | CpuKernel::MatMul(..)
            | CpuKernel::Statistics(_)
            | CpuKernel::Moments(..) => {}
        }
        for part in parts {
            if let (Some(bias), Some(layer)) = (part.bias, weights.get(part.step.node)) {
                let target = &mut target[bias - first..];
                target[..part.step.conv.out_channels.next_multiple_of(LANES)].fill(0.0);
                target[..layer.bias.len()].copy_from_slice(&layer.bias);
            }
        }
    });
}

/// `[group][channel block][row][column][lane][block][LANES]`, zero where an output channel does not
/// read the input channel.
fn pack_conv(
    plan: &Plan,
    weights: &Weights,
    parts: &[ConvPart],
    groups: &[BlockGroup],
    target: &mut [f32],
) {
    let mut sources = Vec::new();
    for part in parts {
        let values = weights.get(part.step.node).map_or(&[][..], |layer| &layer.weight);
        let blocks = part.step.conv.out_channels.div_ceil(LANES);
        sources.extend((0..blocks).map(|block| (&part.step.conv, values, block * LANES)));
    }
    let in_channels = plan.shape(parts[0].step.src).channels;
    for group in groups {
        for (b, source) in sources[group.first..group.first + group.count].iter().enumerate() {
            pack_block(group, b, *source, in_channels, &mut target[group.weights..]);
        }
    }
}

/// Block `b` of a group: the output channels from `first` on of one convolution.
fn pack_block(
    group: &BlockGroup,
    b: usize,
    (conv, values, first): (&crate::graph::Conv, &[f32], usize),
    in_channels: usize,
    target: &mut [f32],
) {
    let taps = conv.kernel[0] * conv.kernel[1];
    let (group_in, group_out) = (in_channels / conv.groups, conv.out_channels / conv.groups);
    let (from, to) = group.channels;
    let stride = group.count * LANES;
    for lane in 0..LANES {
        let out = first + lane;
        for channel in from..to {
            // Channels of one block lie behind each other for every tap.
            let block_from = (channel / LANES * LANES).max(from);
            let lanes = ((channel / LANES + 1) * LANES).min(to) - block_from;
            let start = (block_from - from) * taps + (channel - block_from);
            let reads = out < conv.out_channels && out / group_out == channel / group_in;
            let source = (out * group_in + channel % group_in) * taps;
            for tap in 0..taps {
                let value = if reads { values[source + tap] } else { 0.0 };
                target[(start + tap * lanes) * stride + b * LANES + lane] = value;
            }
        }
    }
}

/// `[block][row][column][LANES]`.
fn pack_depthwise(weights: &Weights, part: &ConvPart, target: &mut [f32]) {
    let conv = &part.step.conv;
    let taps = conv.kernel[0] * conv.kernel[1];
    let values = weights.get(part.step.node).map_or(&[][..], |layer| &layer.weight);
    for channel in 0..conv.out_channels.next_multiple_of(LANES) {
        for tap in 0..taps {
            let at = (channel / LANES * taps + tap) * LANES + channel % LANES;
            target[at] = values.get(channel * taps + tap).copied().unwrap_or(0.0);
        }
    }
}

/// `[c, h, w]` as `[block][y][x][LANES]`.
fn pack_parameter(weights: &Weights, node: NodeId, shape: Shape, target: &mut [f32]) {
    let values = weights.get(node).map_or(&[][..], |layer| &layer.weight);
    let plane = shape.plane();
    target.fill(0.0);
    for (channel, values) in values.chunks_exact(plane).enumerate() {
        let block = &mut target[channel / LANES * plane * LANES..];
        for (value, lanes) in values.iter().zip(block.chunks_exact_mut(LANES)) {
            lanes[channel % LANES] = *value;
        }
    }
}

/// Weight (1 unless given), then bias (0 unless given) of a layer normalisation.
fn pack_affine(weights: &Weights, node: NodeId, target: &mut [f32]) {
    let layer = weights.get(node).cloned().unwrap_or_default();
    let (weight, bias) = target.split_at_mut(target.len() / 2);
    weight.fill(1.0);
    bias.fill(0.0);
    weight[..layer.weight.len()].copy_from_slice(&layer.weight);
    bias[..layer.bias.len()].copy_from_slice(&layer.bias);
}

/// Scale and shift per channel of one normalisation, `scale = weight / sqrt(variance + eps)` and
/// `shift = bias - mean * scale`, from moments in double precision.
pub fn coefficients(
    norm: &PlannedNorm,
    weights: &Weights,
    channels: usize,
    mean: &[f64],
    variance: &[f64],
    target: &mut [f32],
) {
    let layer = weights.get(norm.node);
    let stored = |values: Option<&Vec<f32>>, channel: usize, default: f32| {
        f64::from(values.and_then(|values| values.get(channel)).copied().unwrap_or(default))
    };
    let (scales, shifts) = target.split_at_mut(target.len() / 2);
    scales.fill(0.0);
    shifts.fill(0.0);
    for channel in 0..channels {
        let weight = stored(layer.map(|layer| &layer.weight), channel, 1.0);
        let bias = stored(layer.map(|layer| &layer.bias), channel, 0.0);
        let scale = weight / (variance[channel] + f64::from(norm.op.eps)).sqrt();
        scales[channel] = scale as f32;
        shifts[channel] = (bias - mean[channel] * scale) as f32;
    }
}
