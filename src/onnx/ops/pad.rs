//! Zeros around images.

use super::super::error::OnnxProblem;
use super::super::node::{MAX_EXTENT, OnnxNode};
use super::super::reader::{ModelReader, OnnxValue};
use crate::graph::{Op, Window};

/// The operator set from which on paddings are inputs.
const PADS_INPUT: i64 = 11;

/// `Pad` with zeros above, below, left and right; negative paddings crop.
pub(super) fn pad(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["mode", "pads", "value"])?;
    let mode = node.text("mode")?.unwrap_or("constant");
    if mode != "constant" {
        return Err(node.fail(format!("attribute mode is {mode}; supported: only constant")));
    }
    refuse_other_than_zero(reader, node)?;
    let (input, image) = reader.images(node)?;
    let [before, after] = paddings(reader, node)?;
    if before[..2] != [0, 0] || after[..2] != [0, 0] {
        return Err(node.fail("pads the batch or the channels; supported: rows and columns"));
    }
    let extents = [image.height, image.width];
    let mut size = [0; 2];
    for axis in 0..2 {
        let padded = extents[axis] as i64 + before[axis + 2] + after[axis + 2];
        size[axis] = node.extent("the padded size", padded, 1)?;
    }
    if before == [0; 4] && after == [0; 4] {
        return Ok(reader.image(input));
    }
    let window = Window {
        top: -(before[2] as isize),
        left: -(before[3] as isize),
        height: size[0],
        width: size[1],
        stride: [1, 1],
    };
    let id = reader.wire(node, "", Op::Window(window), &[input])?;
    Ok(reader.image(id))
}

fn refuse_other_than_zero(reader: &ModelReader<'_>, node: OnnxNode<'_>) -> Result<(), OnnxProblem> {
    let value = if reader.opset < PADS_INPUT {
        node.float("value")?.unwrap_or(0.0)
    } else {
        match reader.optional_constant(node, 2)? {
            None => 0.0,
            Some(value) => match value.floats() {
                Ok(&[value]) => value,
                _ => return Err(node.fail("input 2 is not one number")),
            },
        }
    };
    if value != 0.0 {
        return Err(node.fail(format!("pads with {value}; supported: only 0")));
    }
    Ok(())
}

/// Paddings before and after each of the four axes.
fn paddings(reader: &ModelReader<'_>, node: OnnxNode<'_>) -> Result<[[i64; 4]; 2], OnnxProblem> {
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
    let axes = axes.unwrap_or_else(|| (0..4).collect());
    if pads.len() != 2 * axes.len() {
        return Err(node.fail(format!("{} paddings for {} axes", pads.len(), axes.len())));
    }
    let mut result = [[0; 4]; 2];
    for (position, &axis) in axes.iter().enumerate() {
        let axis = node.axis(axis, 4)?;
        for (side, &pad) in [pads[position], pads[position + axes.len()]].iter().enumerate() {
            if !(-MAX_EXTENT..=MAX_EXTENT).contains(&pad) {
                return Err(node.fail(format!("a padding of {pad} is too large")));
            }
            result[side][axis] = pad;
        }
    }
    Ok(result)
}
