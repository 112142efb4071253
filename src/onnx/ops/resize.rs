//! Resizing of any axes of one image.

use super::super::error::OnnxProblem;
use super::super::interpolation::Interpolation;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use crate::graph::{Op, Resize};

/// The operator set from which on scales are input 2 and sizes input 3, behind the region.
const REGION_INPUT: i64 = 11;

/// The new extent of an axis, and the scale by which coordinates are transformed.
#[derive(Clone, Copy)]
struct NewExtent {
    size: usize,
    scale: f64,
}

/// `Resize` to the nearest position, linearly or by cubics, and `Upsample`, its older form.
pub(super) fn resize(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[
        "antialias",
        "axes",
        "coordinate_transformation_mode",
        "cubic_coeff_a",
        "exclude_outside",
        "extrapolation_value",
        "keep_aspect_ratio_policy",
        "mode",
        "nearest_mode",
        "scales",
    ])?;
    let interpolation = Interpolation::read(node, reader.opset)?;
    let tensor = reader.tensor(node, 0)?;
    let extents = new_extents(reader, node, &tensor)?;
    let changes = |&axis: &usize| extents[axis].size != tensor.view.extent(axis);
    let changed: Vec<usize> = (0..tensor.rank()).filter(changes).collect();
    let factor = |axis: usize| {
        let (size, own) = (extents[axis].size, tensor.view.extent(axis));
        size.is_multiple_of(own).then(|| size / own)
    };
    if let (Some(rows), Some(columns)) =
        (factor(tensor.rank().saturating_sub(2)), factor(tensor.rank().saturating_sub(1)))
        && tensor.rank() == 4
        && changed.iter().all(|&axis| axis >= 2)
        && !changed.is_empty()
        && tensor.view.extent(0) == 1
        && interpolation.repeats()
    {
        let (input, _) = reader.images(node)?;
        let op = Op::Resize(Resize { factors: [rows, columns] });
        let id = reader.wire(node, "", op, &[input])?;
        return Ok(reader.image(id));
    }
    let mut resized = tensor;
    for axis in changed {
        let extent = resized.view.extent(axis);
        let NewExtent { size, scale } = extents[axis];
        let rows = interpolation.rows(extent, size, scale);
        resized = reader.resampled(node, &format!("/axis {axis}"), (&resized, axis), &rows)?;
    }
    Ok(OnnxValue::Tensor(resized))
}

/// The new extent of every axis, from scales or sizes.
fn new_extents(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
) -> Result<Vec<NewExtent>, OnnxProblem> {
    let rank = tensor.rank();
    let mut extents: Vec<NewExtent> =
        (0..rank).map(|axis| NewExtent { size: tensor.view.extent(axis), scale: 1.0 }).collect();
    let [scales, sizes] = if reader.opset < REGION_INPUT { [1, usize::MAX] } else { [2, 3] };
    let given = |position: usize| {
        let constant = reader.optional_constant(node, position)?;
        Ok(constant.filter(|constant| constant.len() > 0))
    };
    let axes = |count: usize| -> Result<Vec<usize>, OnnxProblem> {
        match node.ints("axes") {
            Some(axes) if axes.len() == count => {
                axes.iter().map(|&axis| node.axis(axis, rank)).collect()
            }
            // Scales or sizes of the last axes only are the images'.
            None if count == rank || (count == 2 && rank == 4) => {
                Ok((rank - count..rank).collect())
            }
            _ => Err(node.fail(format!("{count} scales or sizes for {rank} axes"))),
        }
    };
    let fixed = |axis: usize| node.fail(format!("resizes axis {axis}, along which the images are"));
    let old = node.floats("scales").filter(|_| reader.opset < 9).map(<[f32]>::to_vec);
    let scales = match given(scales)? {
        Some(constant) => {
            let scales =
                constant.floats().map_err(|why| node.fail(format!("the scales: {why}")))?;
            Some(scales.to_vec())
        }
        None => old,
    };
    if let Some(scales) = scales {
        for (axis, &scale) in axes(scales.len())?.into_iter().zip(&scales) {
            if tensor.view.has_images(axis) && scale != 1.0 {
                return Err(fixed(axis));
            }
            if !(scale.is_finite() && scale > 0.0) {
                return Err(node.fail(format!("a scale is {scale}; supported: above 0")));
            }
            let extent = tensor.view.extent(axis);
            // A scale is a rounded quotient: what is next to a whole number is one.
            let size = f64::from(scale) * extent as f64;
            let size = node.extent("a resized extent", (size + 1e-4).floor() as i64, 1)?;
            extents[axis] = NewExtent { size, scale: scale.into() };
        }
        return Ok(extents);
    }
    if node.text("keep_aspect_ratio_policy")?.is_some_and(|policy| policy != "stretch") {
        return Err(node.fail("attribute keep_aspect_ratio_policy; supported: only stretch"));
    }
    let constant = given(sizes)?.ok_or_else(|| node.fail("has neither scales nor sizes"))?;
    let sizes = constant.extents().map_err(|why| node.fail(format!("the sizes: {why}")))?;
    for (axis, &size) in axes(sizes.len())?.into_iter().zip(sizes) {
        if tensor.view.has_images(axis) {
            if size != tensor.view.dim(axis, reader.batch) {
                return Err(fixed(axis));
            }
            continue;
        }
        let size = size.known().ok_or_else(|| fixed(axis))?;
        let size = node.extent("a resized extent", size, 1)?;
        let scale = size as f64 / tensor.view.extent(axis) as f64;
        extents[axis] = NewExtent { size, scale };
    }
    Ok(extents)
}
