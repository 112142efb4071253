//! Values that are the same for every image: `shaders/ops/parameter.wgsl`.

use crate::backend::BackendError;
use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering, expect_values};
use crate::backend::gpu::pack::{self, LANES};
use crate::backend::gpu::records::ParameterRecord;
use crate::data::Batch;
use crate::graph::NodeId;
use crate::plan::TensorId;

/// Lowers a parameter whose values lie at `place` in the network's stretch.
pub fn lower(
    lowering: &mut NetworkLowering<'_>,
    dst: TensorId,
    node: NodeId,
    place: u64,
) -> Result<(), BackendError> {
    let shape = lowering.shape(dst);
    let values = lowering.layer(node).map_or(&[][..], |layer| &layer.weight);
    expect_values(node, "value", values, shape.volume())?;
    let image_quads = pack::quads(shape);
    let one = Batch { images: 1, shape, values: values.to_vec(), indices: vec![0] };
    let start = place as usize * LANES;
    lowering.values[start..start + image_quads * LANES].copy_from_slice(&pack::images(&one));
    let quads = lowering.quads(dst);
    let record = ParameterRecord {
        quads: quads as u32,
        image_quads: image_quads as u32,
        target_offset: lowering.tensor(dst),
        weight_offset: (lowering.base.weights + place) as u32,
        unused: [0; 28],
    };
    let accesses = vec![lowering.writes(dst)];
    lowering.push_copy(
        GpuKernel::Parameter,
        record.raw(),
        CopyExtent { quads, reads: 1.0, accesses },
    );
    Ok(())
}
