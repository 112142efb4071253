//! Padding along any axes of one image.

use super::super::constant::{ConstantTensor, offsets, strides, volume};
use super::super::error::OnnxProblem;
use super::super::interpolation::PadMode;
use super::super::node::{MAX_EXTENT, OnnxNode};
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::resample::Taps;
use super::arithmetic;
use crate::graph::{Op, Window};

/// The operator set from which on paddings are inputs.
const PADS_INPUT: i64 = 11;

/// Padding of one axis, negative where it crops.
#[derive(Clone, Copy, Default, PartialEq)]
struct AxisPadding {
    before: i64,
    after: i64,
}

/// `Pad` with a number, or with values of the tensor; negative paddings crop.
pub(super) fn pad(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["mode", "pads", "value"])?;
    let mode = mode(node)?;
    let value = if mode == PadMode::Constant { number(reader, node)? } else { 0.0 };
    let tensor = reader.tensor(node, 0)?;
    let pads = paddings(reader, node, tensor.rank())?;
    if let Some(axis) = (0..tensor.rank())
        .find(|&axis| tensor.view.has_images(axis) && pads[axis] != AxisPadding::default())
    {
        return Err(node.fail(format!("pads the batch, which is along axis {axis}")));
    }
    let in_space = tensor.rank() == 4 && pads[..2] == [AxisPadding::default(); 2];
    if in_space && mode == PadMode::Constant && value == 0.0 {
        return with_zeros(reader, node, &pads);
    }
    let mut padded = tensor.clone();
    for (axis, &AxisPadding { before, after }) in pads.iter().enumerate() {
        let extent = padded.view.extent(axis) as i64;
        let size = node.extent("the padded size", extent + before + after, 1)?;
        if (before, after) == (0, 0) {
            continue;
        }
        let taps = |position: usize| -> Taps {
            let source = mode.source(position as i64 - before, extent);
            source.map(|source| (source, 1.0)).into_iter().collect()
        };
        let rows: Vec<Taps> = (0..size).map(taps).collect();
        padded = reader.resampled(node, &format!("/axis {axis}"), (&padded, axis), &rows)?;
    }
    if value == 0.0 {
        return Ok(OnnxValue::Tensor(padded));
    }
    let frame = frame(reader, node, &tensor, &pads, value)?;
    let frame = reader.parameter(node, 1, &frame, Some(&padded.view))?;
    arithmetic::sum(reader, node, &[padded, frame])
}

/// The value around a tensor, and zeros in its place.
fn frame(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    pads: &[AxisPadding],
    value: f32,
) -> Result<ConstantTensor, OnnxProblem> {
    let size = |axis: usize| {
        let extent = tensor.view.extent(axis) as i64 + pads[axis].before + pads[axis].after;
        usize::try_from(extent).unwrap_or(0)
    };
    let dims: Vec<usize> = (0..tensor.rank()).map(size).collect();
    reader.budget.folded(node, &dims)?;
    let mut values = vec![value; volume(&dims).unwrap_or(0)];
    let steps = strides(&dims);
    let inside: Vec<(usize, usize)> = (0..tensor.rank())
        .map(|axis| {
            let first = usize::try_from(pads[axis].before).unwrap_or(0);
            let after = usize::try_from(pads[axis].after).unwrap_or(0);
            (first, dims[axis].saturating_sub(first + after))
        })
        .collect();
    let start: usize = inside.iter().zip(&steps).map(|((first, _), step)| first * step).sum();
    let extents: Vec<usize> = inside.iter().map(|&(_, extent)| extent).collect();
    offsets(&extents, &steps).for_each(|offset| values[start + offset] = 0.0);
    Ok(ConstantTensor::reals(dims, values))
}

/// Zeros above, below, left and right of images.
fn with_zeros(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    pads: &[AxisPadding],
) -> Result<OnnxValue, OnnxProblem> {
    if pads.iter().all(|pad| *pad == AxisPadding::default()) {
        return reader.tensor(node, 0).map(OnnxValue::Tensor);
    }
    let (input, image) = reader.images(node)?;
    let extents = [image.height, image.width];
    let mut size = [0; 2];
    for axis in 0..2 {
        let AxisPadding { before, after } = pads[axis + 2];
        size[axis] = node.extent("the padded size", extents[axis] as i64 + before + after, 1)?;
    }
    let window = Window {
        top: -(pads[2].before as isize),
        left: -(pads[3].before as isize),
        height: size[0],
        width: size[1],
        stride: [1, 1],
    };
    let id = reader.wire(node, "", Op::Window(window), &[input])?;
    Ok(reader.image(id))
}

fn mode(node: OnnxNode<'_>) -> Result<PadMode, OnnxProblem> {
    match node.text("mode")?.unwrap_or("constant") {
        "constant" => Ok(PadMode::Constant),
        "reflect" => Ok(PadMode::Reflect),
        "edge" => Ok(PadMode::Edge),
        "wrap" => Ok(PadMode::Wrap),
        other => Err(node.fail(format!(
            "attribute mode is {other}; supported: constant, reflect, edge and wrap"
        ))),
    }
}

/// The number around the tensor.
fn number(reader: &ModelReader<'_>, node: OnnxNode<'_>) -> Result<f32, OnnxProblem> {
    if reader.opset < PADS_INPUT {
        return Ok(node.float("value")?.unwrap_or(0.0));
    }
    match reader.optional_constant(node, 2)? {
        None => Ok(0.0),
        Some(value) => match value.floats() {
            Ok(&[value]) => Ok(value),
            _ => Err(node.fail("input 2 is not one number")),
        },
    }
}

/// The padding of each axis.
fn paddings(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    rank: usize,
) -> Result<Vec<AxisPadding>, OnnxProblem> {
    let ints = |position: usize| match reader.optional_constant(node, position)? {
        None => Ok(None),
        Some(ints) => {
            let ints = ints.ints();
            ints.map(Some).map_err(|reason| node.fail(format!("input {position} {reason}")))
        }
    };
    let (pads, axes) = if reader.opset < PADS_INPUT {
        (node.ints("pads").map(<[i64]>::to_vec), None)
    } else {
        (ints(1)?, ints(3)?)
    };
    let pads = pads.ok_or_else(|| node.fail("pads are missing"))?;
    let axes = axes.unwrap_or_else(|| (0..rank as i64).collect());
    if pads.len() != 2 * axes.len() {
        return Err(node.fail(format!("{} paddings for {} axes", pads.len(), axes.len())));
    }
    let allowed = |pad: i64| {
        let too_large = || node.fail(format!("a padding of {pad} is too large"));
        (pad.unsigned_abs() <= MAX_EXTENT as u64).then_some(pad).ok_or_else(too_large)
    };
    let mut result = vec![AxisPadding::default(); rank];
    for (position, &axis) in axes.iter().enumerate() {
        let axis = node.axis(axis, rank)?;
        let (before, after) = (pads[position], pads[position + axes.len()]);
        result[axis] = AxisPadding { before: allowed(before)?, after: allowed(after)? };
    }
    Ok(result)
}
