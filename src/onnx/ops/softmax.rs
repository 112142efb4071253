//! Softmax.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::arithmetic;
use crate::graph::{ElementFunction, Op};

/// The operator set from which on softmax is over one axis; before, it is over that and all behind.
const ONE_AXIS: i64 = 13;

/// `LogSoftmax` over one axis.
pub(super) fn log_softmax(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    let tensor = over_axis(reader, node)?;
    let op = Op::Map(ElementFunction::Log);
    arithmetic::each(reader, node, "/log", &tensor, op).map(OnnxValue::Tensor)
}

/// `Softmax` over one axis.
pub(super) fn softmax(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    over_axis(reader, node).map(OnnxValue::Tensor)
}

fn over_axis(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxTensor, OnnxProblem> {
    node.allow(&["axis"])?;
    let tensor = reader.tensor(node, 0)?;
    let default = if reader.opset < ONE_AXIS { 1 } else { -1 };
    let axis = node.axis(node.int("axis")?.unwrap_or(default), tensor.rank())?;
    let last = if reader.opset < ONE_AXIS { tensor.rank() - 1 } else { axis };
    let axes: Vec<usize> = (axis..=last).collect();
    if axes.iter().any(|&axis| tensor.view.has_images(axis)) {
        return Err(node.fail("is over the images; supported: axes of one image"));
    }
    let laid = reader.with_channels(node, &tensor, &axes)?;
    let id = reader.wire(node, "", Op::Softmax, &[laid.node])?;
    Ok(OnnxTensor { node: id, ..laid })
}
