//! Convolution of sequences, images and volumes.
//!
//! Rows and columns are those of [`Op::Conv`]. What a model has beyond one image, such as windows of it or
//! the frames of a video, is stacked along the rows with as many zeros between as the padding asks for: one
//! convolution serves all. The frames that the kernel spans in time become channels first.

use super::super::constant::ConstantTensor;
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::resample::Taps;
use super::super::view::{AxisFactor, AxisPart};
use super::geometry::{AxisWindow, axis_windows, padding};
use crate::graph::{Axis, BatchNorm, Conv, Op};
use crate::weights::LayerWeights;

/// `Conv` with constant weights `[out, in / groups, ..]` of one to three axes.
pub(super) fn conv(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"])?;
    let mut tensor = reader.tensor(node, 0)?;
    let weight = reader.constant(node, 1)?;
    let (kernel, groups) = check(reader, node, &tensor, &weight)?;
    let count = kernel.len();
    let extents: Vec<usize> = (2..count + 2).map(|axis| tensor.view.extent(axis)).collect();
    let mut windows = axis_windows(node, &kernel, &extents)?;
    if count == 1 {
        tensor.view = tensor.view.with(&[2]);
        windows.insert(0, AxisWindow { kernel: 1, dilation: 1, stride: 1, before: 0, after: 0 });
    }
    let [.., rows, columns] = windows[..] else { return Err(node.fail("has no axes")) };
    if count == 3 {
        tensor = frames(reader, node, &tensor, windows[0])?;
    }
    let out_channels = weight.dims[0];
    let is_plain = count == 2 && tensor.view.extent(0) <= 1;
    let restores_norm = reader.restores_norm(node.proto, tensor.node);
    if restores_norm && !is_plain {
        return Err(node.fail(
            "batch normalisation cannot be put back behind a convolution of sequences, volumes or parts of \
             images: read the model without `renormalise`",
        ));
    }
    // Batch normalisation subtracts it.
    let bias = bias(reader, node, out_channels, count)?.filter(|_| !restores_norm);
    let conv = Conv {
        out_channels,
        kernel: [rows.kernel, columns.kernel],
        stride: [rows.stride, columns.stride],
        padding: padding(rows, columns),
        dilation: [rows.dilation, columns.dilation],
        groups,
        bias: bias.is_some(),
    };
    let values = weight.floats().map_err(|reason| node.fail(format!("the weight {reason}")))?;
    let layer = LayerWeights {
        weight: values.to_vec(),
        bias: bias.unwrap_or_default(),
        ..LayerWeights::default()
    };
    let mut result = if count == 3 || tensor.view.extent(0) > 1 {
        stacked(reader, node, &tensor, conv, layer)?
    } else {
        let layout = [vec![1], vec![2], vec![3]];
        let laid = reader.lay_out(node, &tensor, &layout)?;
        let id = reader.wire(node, "", Op::Conv(conv), &[laid.node])?;
        reader.set_weights(node, id, layer)?;
        let id = match restores_norm {
            false => id,
            true => {
                let norm = Op::BatchNorm(BatchNorm::default());
                let norm = reader.wire(node, "/batch norm", norm, &[id])?;
                reader.set_weights(node, norm, LayerWeights::default())?;
                norm
            }
        };
        reader.image_like(&laid, id)
    };
    if count == 1 {
        result.view = result.view.without(&[2]);
    }
    Ok(OnnxValue::Tensor(result))
}

/// The window's size and the number of groups, checked against the tensor.
fn check(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    weight: &ConstantTensor,
) -> Result<(Vec<usize>, usize), OnnxProblem> {
    let &[_, per_group, ref kernel @ ..] = weight.dims.as_slice() else {
        return Err(node.fail("weights of fewer than 3 axes"));
    };
    if !(1..=3).contains(&kernel.len()) {
        let found = weight.dims.len();
        return Err(node.fail(format!(
            "weights of {found} axes; supported: 1-D, 2-D and 3-D convolutions, whose weights have 3, \
             4 and 5"
        )));
    }
    for &extent in &weight.dims {
        node.extent("an extent of the weights", i64::try_from(extent).unwrap_or(i64::MAX), 1)?;
    }
    let given = tensor.view.describe(reader.batch);
    let fits =
        tensor.rank() == kernel.len() + 2 && tensor.view.images_axis().is_none_or(|axis| axis == 0);
    if !fits {
        let axes = ["l", "h, w", "t, h, w"][kernel.len() - 1];
        return Err(node.fail(format!("takes images [n, c, {axes}], but was given {given}")));
    }
    let named = node.ints("kernel_shape").is_some_and(|shape| !shape.is_empty());
    if named && super::geometry::list(node, "kernel_shape", kernel.len())? != kernel {
        let found = node.ints("kernel_shape");
        return Err(node.fail(format!("kernel_shape {found:?} with weights {:?}", weight.dims)));
    }
    let groups = node.extent("group", node.int("group")?.unwrap_or(1), 1)?;
    let channels = tensor.view.extent(1);
    if per_group.saturating_mul(groups) != channels {
        return Err(node.fail(format!(
            "weights {:?} in {groups} groups do not fit {channels} channels",
            weight.dims
        )));
    }
    Ok((kernel.to_vec(), groups))
}

/// `[n, c, t, h, w]` with the frames that each step of a window in time spans as channels, `c` first:
/// `[n, c * kernel, t', h, w]`.
fn frames(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    time: AxisWindow,
) -> Result<OnnxTensor, OnnxProblem> {
    let size = time.size(tensor.view.extent(2)).ok_or_else(|| {
        node.fail(format!("a kernel that spans {} frames does not fit", time.reach()))
    })?;
    let padded = with_zeros(reader, node, tensor, 2, [time.before, time.after])?;
    let layout = [vec![1], vec![0, 2, 3], vec![4]];
    let laid = reader.lay_out(node, &padded, &layout)?;
    let step = laid.view.parts(3).map(|part| part.extent).product::<usize>();
    let part = |extent: usize, step: usize| {
        let part = AxisFactor::Part(AxisPart { extent, from: Axis::Row, step });
        if extent > 1 { vec![part] } else { Vec::new() }
    };
    let mut view = laid.view.clone();
    view.axes[1].extend(part(time.kernel, step * time.dilation));
    view.axes[2] = part(size, step * time.stride);
    let spread = OnnxTensor { node: laid.node, view };
    reader.lay_out(node, &spread, &layout)
}

/// A tensor with zeros around one axis.
pub(super) fn with_zeros(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    axis: usize,
    [before, after]: [usize; 2],
) -> Result<OnnxTensor, OnnxProblem> {
    let extent = tensor.view.extent(axis);
    let row = |position: usize| -> Taps {
        let source = position.checked_sub(before).filter(|&source| source < extent);
        source.map(|source| (source, 1.0)).into_iter().collect()
    };
    let rows: Vec<Taps> = (0..before + extent + after).map(row).collect();
    reader.resampled(node, &format!("/zeros {axis}"), (tensor, axis), &rows)
}

/// Convolves the rows and columns of `[n, c, .., h, w]`, where the first axis may have several parts of
/// every image: all of them are stacked along the rows.
fn stacked(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    conv: Conv,
    layer: LayerWeights,
) -> Result<OnnxTensor, OnnxProblem> {
    let rank = tensor.rank();
    let (high, wide) = (rank - 2, rank - 1);
    let rows = AxisWindow {
        kernel: conv.kernel[0],
        dilation: conv.dilation[0],
        stride: conv.stride[0],
        before: conv.padding.top,
        after: conv.padding.bottom,
    };
    let extent = tensor.view.extent(high);
    let size = rows.size(extent).ok_or_else(|| {
        node.fail(format!("a kernel that spans {} rows does not fit {extent}", rows.reach()))
    })?;
    let stride = rows.stride;
    let padded = (extent + rows.before + rows.after).next_multiple_of(stride);
    let after = padded - extent - rows.before;
    let tensor = with_zeros(reader, node, tensor, high, [rows.before, after])?;
    let stack: Vec<usize> = (0..rank).filter(|&axis| axis != 1 && axis < wide).collect();
    let laid = reader.lay_out(node, &tensor, &[vec![1], stack.clone(), vec![wide]])?;
    let mut conv = conv;
    (conv.padding.top, conv.padding.bottom) = (0, 0);
    let id = reader.wire(node, "", Op::Conv(conv), &[laid.node])?;
    reader.set_weights(node, id, layer)?;
    let width = reader.graph.shape(id).width;
    let mut view = laid.view.with_extent(1, Axis::Channel, conv.out_channels);
    view = view.with_extent(wide, Axis::Column, width);
    for &axis in stack.iter().filter(|&&axis| axis != high) {
        for factor in &mut view.axes[axis] {
            if let AxisFactor::Part(part) = factor {
                part.step /= stride;
            }
        }
    }
    Ok(OnnxTensor { node: id, view: view.with_extent(high, Axis::Row, size) })
}

/// The bias input, or a constant `[out, 1, ..]` that the next node adds.
fn bias(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    out_channels: usize,
    axes: usize,
) -> Result<Option<Vec<f32>>, OnnxProblem> {
    match reader.optional_constant(node, 2)? {
        None => {
            let mut shape = vec![1; axes + 1];
            shape[0] = out_channels;
            Ok(reader.absorb_bias(node, &shape))
        }
        Some(bias) if bias.dims == [out_channels] => {
            let values = bias.floats().map_err(|reason| node.fail(format!("the bias {reason}")))?;
            Ok(Some(values.to_vec()))
        }
        Some(bias) => Err(node
            .fail(format!("the bias has shape {:?}, {out_channels} values are needed", bias.dims))),
    }
}
