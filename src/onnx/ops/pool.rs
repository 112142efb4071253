//! Pooling over windows and over whole images.

use super::super::error::Problem;
use super::super::node::Node;
use super::super::reader::{Reader, Tensor, Value};
use super::geometry::Sliding;
use super::shape;
use crate::graph::{Op, Pool, PoolKind};

/// The operator set from which on `ReduceMean` takes its axes as an input.
const REDUCE_AXES_INPUT: i64 = 18;

/// `MaxPool`; padding never wins.
pub(super) fn max(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
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
pub(super) fn average(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
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

fn pool(reader: &mut Reader<'_>, node: Node<'_>, kind: PoolKind) -> Result<Value, Problem> {
    let (input, image) = reader.images(node)?;
    if node.ints("kernel_shape").is_none() {
        return Err(node.fail("attribute kernel_shape is missing"));
    }
    let kernel = node.pair("kernel_shape", [1, 1])?;
    let mut sliding = Sliding::read(node, kernel, image)?;
    if sliding.dilation != [1, 1] {
        return Err(node.fail(format!(
            "attribute dilations is {:?}; pooling is supported only without dilation",
            sliding.dilation
        )));
    }
    let counts = kind == PoolKind::Average { count_padding: true };
    sliding.round_up(node, image, counts)?;
    let Sliding { stride, padding, .. } = sliding;
    let id = reader.wire(node, "", Op::Pool(Pool { kind, kernel, stride, padding }), &[input])?;
    Ok(Value::Tensor(Tensor { node: id, rank: 4 }))
}

/// `GlobalAveragePool`.
pub(super) fn global_average(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let (input, _) = reader.images(node)?;
    let id = reader.wire(node, "", Op::GlobalAvgPool, &[input])?;
    Ok(Value::Tensor(Tensor { node: id, rank: 4 }))
}

/// `ReduceMean` over rows and columns.
pub(super) fn reduce_mean(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["axes", "keepdims", "noop_with_empty_axes"])?;
    let (input, _) = reader.images(node)?;
    let mut axes = shape::axes(reader, node, 4, REDUCE_AXES_INPUT)?.unwrap_or_default();
    axes.sort_unstable();
    if axes != [2, 3] {
        return Err(node.fail(format!(
            "axes {axes:?}; supported are only 2 and 3 together, rows and columns"
        )));
    }
    let keeps = node.int("keepdims")?.unwrap_or(1) != 0;
    let id = reader.wire(node, "", Op::GlobalAvgPool, &[input])?;
    Ok(Value::Tensor(Tensor { node: id, rank: if keeps { 4 } else { 2 } }))
}
