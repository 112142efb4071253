//! `MatMul` of two activations, as in attention.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::view::{AxisLayout, TensorView};
use crate::graph::{Axis, Op};

/// `MatMul` of `[.., m, k]` and `[.., k, n]`; the axes in front are broadcast, the images may be one
/// of them. Constants become parameters. A vector counts as a matrix of one row or column, which the
/// result does not have.
pub(super) fn mat_mul(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    let [mut left, mut right] = [reader.operand(node, 0, None)?, reader.operand(node, 1, None)?];
    let (row, column) = (left.rank() == 1, right.rank() == 1);
    if row {
        left.view = left.view.with(&[0]);
    }
    if column {
        right.view = right.view.with(&[1]);
    }
    let mut product = multiplied(reader, node, left, right)?;
    let rank = product.rank();
    let single = [(row, rank.saturating_sub(2)), (column, rank.saturating_sub(1))];
    let gone: Vec<usize> =
        single.into_iter().filter(|&(gone, _)| gone).map(|(_, axis)| axis).collect();
    product.view = product.view.without(&gone);
    Ok(OnnxValue::Tensor(product))
}

/// The product of `[.., m, k]` and `[.., k, n]`.
pub(super) fn multiplied(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    left: OnnxTensor,
    right: OnnxTensor,
) -> Result<OnnxTensor, OnnxProblem> {
    let rank = left.rank().max(right.rank());
    let unfit = |reason: &str| {
        let [a, b] = [&left, &right].map(|tensor| tensor.view.describe(reader.batch));
        node.fail(format!("{a} and {b} do not fit: {reason}"))
    };
    if left.rank() < 2 || right.rank() < 2 {
        return Err(unfit("a single value"));
    }
    let (a, b) = (left.view.widened(rank), right.view.widened(rank));
    let (rows, inner) = (rank - 2, rank - 1);
    if a.extent(inner) != b.extent(rows) {
        return Err(unfit("the inner axes differ"));
    }
    let sums_images = a.has_images(inner) || b.has_images(rows);
    let outer = a.has_images(rows) || b.has_images(inner);
    if sums_images || (outer && a.images_axis().is_some() && b.images_axis().is_some()) {
        return Err(unfit("it would mix images"));
    }
    let (a_front, b_front) = (a.without(&[rows, inner]), b.without(&[rows, inner]));
    let (a_front, b_front) = a_front.broadcast(&b_front).map_err(|reason| unfit(&reason))?;
    let front: Vec<usize> = (0..rows).collect();
    let a = OnnxTensor { node: left.node, view: behind(a_front, &a, rows) };
    let b = OnnxTensor { node: right.node, view: behind(b_front, &b, rows) };
    let a_layout: AxisLayout = [vec![inner], front.clone(), vec![rows]];
    let b_layout: AxisLayout = [vec![inner], front, vec![rows]];
    let (a, b) = (reader.lay_out(node, &a, &a_layout)?, reader.lay_out(node, &b, &b_layout)?);
    let id = reader.wire(node, "", Op::MatMul, &[a.node, b.node])?;
    let (extent, images) = (b.view.extent(inner), b.view.axes[inner].clone());
    let front = b.view.images_axis().filter(|&axis| axis < rows && a.view.images_axis().is_none());
    let mut view = a.view.with_extent(inner, Axis::Channel, extent);
    if b.view.has_images(inner) {
        view.axes[inner] = images;
    }
    if let Some(axis) = front {
        view.axes[axis].clone_from(&b.view.axes[axis]);
    }
    Ok(OnnxTensor { node: id, view })
}

/// The axes of `front`, then those of `view` from `rows` on.
fn behind(front: TensorView, view: &TensorView, rows: usize) -> TensorView {
    let axes = [front.axes, view.axes[rows..].to_vec()].concat();
    TensorView { start: view.start, axes }
}
