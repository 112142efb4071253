//! Concatenation along any axis of an image.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use crate::graph::{Axis, NodeId, Op, Shape, Window};

/// `Concat`: of channels as it is, of rows and columns as a sum of parts with zeros around them.
/// Constants become parameters.
pub(super) fn concat(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let parts = reader.all_operands(node)?;
    let rank = parts.first().map_or(0, OnnxTensor::rank);
    let axis = node.int("axis")?.ok_or_else(|| node.fail("attribute axis is missing"))?;
    let axis = node.axis(axis, rank)?;
    // The view of the whole must say where the images are.
    let lead = parts.iter().position(|part| part.view.images_axis().is_some()).unwrap_or(0);
    let parts: Vec<OnnxTensor> =
        parts.iter().map(|part| reader.images_like(part, &parts[lead])).collect();
    for part in &parts {
        check(reader, node, &parts[lead], part, axis)?;
    }
    if let [part] = parts.as_slice() {
        return Ok(OnnxValue::Tensor(part.clone()));
    }
    let layout = parts[lead].view.layout_around(axis);
    let laid: Result<Vec<OnnxTensor>, OnnxProblem> =
        parts.iter().map(|part| reader.lay_out(node, part, &layout)).collect();
    let laid = laid?;
    let along = Axis::ALL.into_iter().find(|along| layout[along.index()].contains(&axis));
    let along = along.unwrap_or(Axis::Column);
    let ids: Vec<NodeId> = laid.iter().map(|part| part.node).collect();
    let id = match along {
        Axis::Channel => reader.wire(node, "", Op::Concat, &ids)?,
        Axis::Row | Axis::Column => in_space(reader, node, &ids, along)?,
    };
    let extent = parts.iter().map(|part| part.view.extent(axis)).sum();
    let view = laid[lead].view.clone().with_extent(axis, along, extent);
    Ok(OnnxValue::Tensor(OnnxTensor { node: id, view }))
}

/// Whether a part has the same axes as another one, but for the one it is joined along.
fn check(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    lead: &OnnxTensor,
    part: &OnnxTensor,
    axis: usize,
) -> Result<(), OnnxProblem> {
    let rank = lead.rank();
    if part.rank() != rank {
        return Err(node.fail(format!("mixes tensors of {rank} and {} axes", part.rank())));
    }
    if lead.view.has_images(axis) || part.view.has_images(axis) {
        return Err(node.fail(format!("axis {axis} is that of the images")));
    }
    let equal = |other: usize| lead.view.extent(other) == part.view.extent(other);
    let images = part.view.images_axis().is_none_or(|own| lead.view.has_images(own));
    if !images || (0..rank).any(|other| other != axis && !equal(other)) {
        let [a, b] = [lead, part].map(|tensor| tensor.view.describe(reader.batch));
        return Err(node.fail(format!("{a} and {b} do not fit along axis {axis}")));
    }
    Ok(())
}

/// Joins images along rows or columns: each is moved to its place among zeros, and all are added.
fn in_space(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    parts: &[NodeId],
    along: Axis,
) -> Result<NodeId, OnnxProblem> {
    let shape = |reader: &ModelReader<'_>, id: NodeId| reader.graph.shape(id);
    let length = |shape: Shape| if along == Axis::Row { shape.height } else { shape.width };
    let total: usize = parts.iter().map(|&id| length(shape(reader, id))).sum();
    let mut before = 0;
    let mut moved = Vec::with_capacity(parts.len());
    for (index, &id) in parts.iter().enumerate() {
        let own = shape(reader, id);
        let mut window =
            Window { top: 0, left: 0, height: own.height, width: own.width, stride: [1, 1] };
        match along {
            Axis::Row => (window.top, window.height) = (-(before as isize), total),
            Axis::Channel | Axis::Column => {
                (window.left, window.width) = (-(before as isize), total);
            }
        }
        moved.push(reader.wire(node, &format!("/part {index}"), Op::Window(window), &[id])?);
        before += length(own);
    }
    reader.wire(node, "", Op::Add, &moved)
}
