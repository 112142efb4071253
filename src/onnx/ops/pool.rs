//! Pooling over windows and over whole images.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::geometry::SlidingWindow;
use super::{layer_norm, shape};
use crate::graph::{Op, Pool, PoolKind};

/// The operator set from which on `ReduceMean` takes its axes as an input.
pub(super) const REDUCE_AXES_INPUT: i64 = 18;

/// `MaxPool`; padding never wins.
pub(super) fn max(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[
        "auto_pad",
        "ceil_mode",
        "dilations",
        "kernel_shape",
        "pads",
        "storage_order",
        "strides",
    ])?;
    pool(reader, node, PoolKind::Max)
}

/// `AveragePool`; padding counts as zeros if the node says so, else not at all.
pub(super) fn average(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[
        "auto_pad",
        "ceil_mode",
        "count_include_pad",
        "dilations",
        "kernel_shape",
        "pads",
        "strides",
    ])?;
    let count_padding = node.int("count_include_pad")?.unwrap_or(0) != 0;
    pool(reader, node, PoolKind::Average { count_padding })
}

fn pool(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    kind: PoolKind,
) -> Result<OnnxValue, OnnxProblem> {
    let (input, image) = reader.images(node)?;
    if node.ints("kernel_shape").is_none() {
        return Err(node.fail("attribute kernel_shape is missing"));
    }
    let kernel = node.pair("kernel_shape", [1, 1])?;
    let mut sliding = SlidingWindow::read(node, kernel, image)?;
    if sliding.dilation != [1, 1] {
        return Err(node.fail(format!(
            "attribute dilations is {:?}; pooling is supported only without dilation",
            sliding.dilation
        )));
    }
    let counts = kind == PoolKind::Average { count_padding: true };
    sliding.round_up(node, image, counts)?;
    let SlidingWindow { stride, padding, .. } = sliding;
    let id = reader.wire(node, "", Op::Pool(Pool { kind, kernel, stride, padding }), &[input])?;
    Ok(reader.image(id))
}

/// `GlobalAveragePool`.
pub(super) fn global_average(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let tensor = reader.tensor(node, 0)?;
    if tensor.view.extent(0) > 1 && !tensor.view.has_images(1) {
        // Parts of images, such as windows, have a mean each.
        let axes: Vec<usize> = (2..tensor.rank()).collect();
        return mean(reader, node, &tensor, &axes, true);
    }
    let (input, _) = reader.images(node)?;
    let id = reader.wire(node, "", Op::GlobalAvgPool, &[input])?;
    Ok(reader.image(id))
}

/// The mean over some axes of one image, for every position of the others.
fn mean(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    axes: &[usize],
    keeps_axes: bool,
) -> Result<OnnxValue, OnnxProblem> {
    if axes.is_empty() || axes.iter().any(|&axis| tensor.view.has_images(axis)) {
        return Err(node.fail(format!(
            "axes {axes:?} of {}; supported: some of the axes of one image",
            tensor.view.describe(reader.batch)
        )));
    }
    let kept: Vec<usize> = (0..tensor.rank()).filter(|axis| !axes.contains(axis)).collect();
    let laid = reader.with_channels(node, tensor, &kept)?;
    let id = reader.wire(node, "", Op::GlobalAvgPool, &[laid.node])?;
    let mut view = laid.view;
    axes.iter().for_each(|&axis| view.axes[axis].clear());
    if !keeps_axes {
        view = view.without(axes);
    }
    Ok(OnnxValue::Tensor(OnnxTensor { node: id, view }))
}

/// `ReduceMean` over axes of one image: the beginning of a layer normalisation, or a mean.
pub(super) fn reduce_mean<'m>(
    reader: &mut ModelReader<'m>,
    node: OnnxNode<'m>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axes", "keepdims", "noop_with_empty_axes"])?;
    if let Some(value) = layer_norm::from_mean(reader, node)? {
        return Ok(value);
    }
    let tensor = reader.tensor(node, 0)?;
    let axes = shape::axes(reader, node, tensor.rank(), REDUCE_AXES_INPUT)?.unwrap_or_default();
    let keeps_axes = node.int("keepdims")?.unwrap_or(1) != 0;
    mean(reader, node, &tensor, &axes, keeps_axes)
}
