//! What a model's input and constants say about themselves before any node is read.

use std::collections::HashMap;

use super::constant::SymbolicInt;
use super::error::OnnxProblem;
use super::node::MAX_EXTENT;
use super::proto::{DataType, DimensionProto, GraphProto, NodeProto, ValueInfoProto};
use crate::graph::Shape;

/// The ranges of constants of few bits: a zero point tells what its node quantises to.
pub(super) fn types_of_bytes(graph: &GraphProto) -> HashMap<String, (i64, i64)> {
    let value = |node: &'_ NodeProto| -> Option<(String, i32)> {
        let value = node.attribute.iter().find(|attribute| attribute.name == "value")?;
        Some((node.output.first()?.clone(), value.t.as_ref()?.data_type))
    };
    let own = graph.initializer.iter().map(|tensor| (tensor.name.clone(), tensor.data_type));
    let nodes = graph.node.iter().filter(|node| node.op_type == "Constant").filter_map(value);
    let range = |(name, kind): (String, i32)| {
        let range = match DataType::try_from(kind).ok()? {
            DataType::Uint8 => (0, 255),
            DataType::Int8 => (-128, 127),
            DataType::Uint16 => (0, 65535),
            DataType::Int16 => (-32768, 32767),
            _ => return None,
        };
        Some((name, range))
    };
    own.chain(nodes).filter_map(range).collect()
}

/// The shape of one input: values become channels, those of a sequence columns, and the frames of a video
/// are stacked along the rows.
pub(super) fn shape_of_one(dims: &[usize]) -> Shape {
    match *dims {
        [channels] => Shape::new(channels, 1, 1),
        [channels, width] => Shape::new(channels, 1, width),
        [channels, frames, height, width] => {
            Shape::new(channels, frames.saturating_mul(height), width)
        }
        [channels, height, width, ..] => Shape::new(channels, height, width),
        [] => Shape::new(1, 1, 1),
    }
}

/// Batch size of the model's input and the extents of one image, sequence, video or vector.
pub(super) fn image_shape(
    input: &ValueInfoProto,
) -> Result<(SymbolicInt, Vec<usize>), OnnxProblem> {
    let fail =
        |reason: &str| OnnxProblem::Model(format!("has the input `{}`, {reason}", input.name));
    let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let tensor = tensor.ok_or_else(|| fail("which is not a tensor"))?;
    let real = [DataType::Float, DataType::Double, DataType::Float16, DataType::Bfloat16];
    if !real.iter().any(|&kind| kind as i32 == tensor.elem_type) {
        return Err(fail("whose values are not real numbers"));
    }
    let dims = tensor.shape.as_ref().map_or(&[][..], |shape| &shape.dim);
    let [batch, image @ ..] = dims else { return Err(fail("whose shape is unknown")) };
    let extent = |dim: &DimensionProto| {
        dim.dim_value.filter(|value| (1..=MAX_EXTENT).contains(value)).map(|value| value as usize)
    };
    let extents: Vec<Option<usize>> = image.iter().map(extent).collect();
    let extents: Option<Vec<usize>> = extents.into_iter().collect();
    let Some(extents) = extents.filter(|extents| (1..=4).contains(&extents.len())) else {
        return Err(fail(
            "whose shape is not [batch, channels, height, width] with the last three \
                         fixed; export it with a fixed image size. Vectors [batch, values], sequences \
                         [batch, channels, length] and videos [batch, channels, frames, height, width] \
                         are read as well",
        ));
    };
    let fixed = batch.dim_value.filter(|&size| size > 0);
    let batch = fixed.map_or(SymbolicInt::Images(1), SymbolicInt::Known);
    Ok((batch, extents))
}
