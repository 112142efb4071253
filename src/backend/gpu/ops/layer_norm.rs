//! Layer normalisation over the channels of each pixel: `shaders/ops/layer_norm.wgsl`.

use super::softmax;
use crate::backend::BackendError;
use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{NetworkLowering, expect_values};
use crate::backend::gpu::pack::{self, LANES};
use crate::backend::gpu::records::PixelsRecord;
use crate::graph::NodeId;
use crate::plan::TensorId;

/// Lowers a layer normalisation whose weight and bias lie at `place` in the network's stretch.
pub fn lower(
    lowering: &mut NetworkLowering<'_>,
    src: TensorId,
    dst: TensorId,
    (node, epsilon): (NodeId, f32),
    place: u64,
) -> Result<(), BackendError> {
    let channels = lowering.shape(src).channels;
    let (start, half) = (place as usize * LANES, pack::blocks(channels) * LANES);
    let layer = lowering.layer(node).cloned().unwrap_or_default();
    for (what, values, default, offset) in [
        ("layer-norm weight", &layer.weight, 1.0, start),
        ("layer-norm bias", &layer.bias, 0.0, start + half),
    ] {
        if !values.is_empty() {
            expect_values(node, what, values, channels)?;
        }
        let target = &mut lowering.values[offset..offset + half];
        pack::per_channel(values, channels, default, target);
    }
    let affine_offset = (lowering.base.weights + place) as u32;
    let record = PixelsRecord { affine_offset, epsilon, ..softmax::record(lowering, src, dst) };
    softmax::push(lowering, GpuKernel::LayerNorm, &record, src, dst);
    Ok(())
}
