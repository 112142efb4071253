//! Two-dimensional convolution.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxValue};
use super::geometry::SlidingWindow;
use crate::graph::{BatchNorm, Conv, Op};
use crate::weights::LayerWeights;

/// `Conv` of images with constant weights `[out, in / groups, rows, columns]`.
pub(super) fn conv(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"])?;
    let (input, image) = reader.images(node)?;
    let weight = reader.constant(node, 1)?;
    let &[out_channels, per_group, rows, columns] = weight.dims.as_slice() else {
        let found = weight.dims.len();
        return Err(node.fail(format!(
            "weights of {found} axes; supported: 2-D convolutions, whose weights have 4"
        )));
    };
    for extent in [out_channels, per_group, rows, columns] {
        node.extent("an extent of the weights", i64::try_from(extent).unwrap_or(i64::MAX), 1)?;
    }
    let kernel = node.pair("kernel_shape", [rows, columns])?;
    if kernel != [rows, columns] {
        return Err(node.fail(format!("kernel_shape {kernel:?} with weights {:?}", weight.dims)));
    }
    let groups = node.extent("group", node.int("group")?.unwrap_or(1), 1)?;
    if per_group * groups != image.channels {
        return Err(node.fail(format!(
            "weights {:?} in {groups} groups do not fit {} channels",
            weight.dims, image.channels
        )));
    }
    let sliding = SlidingWindow::read(node, kernel, image)?;
    let values = weight.floats().map_err(|reason| node.fail(format!("the weight {reason}")))?;
    let mut bias = bias(reader, node, out_channels)?;
    let restores_norm = reader.restores_norm(node.proto, input);
    if restores_norm {
        // Batch normalisation subtracts it.
        bias = None;
    }
    let op = Op::Conv(Conv {
        out_channels,
        kernel,
        stride: sliding.stride,
        padding: sliding.padding,
        dilation: sliding.dilation,
        groups,
        bias: bias.is_some(),
    });
    let id = reader.wire(node, "", op, &[input])?;
    let layer = LayerWeights {
        weight: values.to_vec(),
        bias: bias.unwrap_or_default(),
        ..LayerWeights::default()
    };
    reader.set_weights(node, id, layer)?;
    if !restores_norm {
        return Ok(reader.image(id));
    }
    let id = reader.wire(node, "/batch norm", Op::BatchNorm(BatchNorm::default()), &[id])?;
    reader.set_weights(node, id, LayerWeights::default())?;
    Ok(reader.image(id))
}

/// The bias input, or a constant `[out, 1, 1]` that the next node adds.
fn bias(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    out_channels: usize,
) -> Result<Option<Vec<f32>>, OnnxProblem> {
    match reader.optional_constant(node, 2)? {
        None => Ok(reader.absorb_bias(node, &[out_channels, 1, 1])),
        Some(bias) if bias.dims == [out_channels] => {
            let values = bias.floats().map_err(|reason| node.fail(format!("the bias {reason}")))?;
            Ok(Some(values.to_vec()))
        }
        Some(bias) => Err(node
            .fail(format!("the bias has shape {:?}, {out_channels} values are needed", bias.dims))),
    }
}
