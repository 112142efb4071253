//! Upsampling of images.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxValue};
use crate::graph::{Op, Resize, Shape};

/// The operator set from which on scales are input 2 and sizes input 3, behind the region.
const REGION_INPUT: i64 = 11;

/// How far a scale may be from a whole number: scales are rounded quotients of sizes.
const ROUNDING: f32 = 1e-5;

/// `Resize` to the nearest pixel by whole factors.
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
    ])?;
    let mode = node.text("mode")?.unwrap_or("nearest");
    if mode != "nearest" {
        return Err(node.fail(format!("attribute mode is {mode}; supported: only nearest")));
    }
    let (input, image) = reader.images(node)?;
    if node.ints("axes").is_some_and(|axes| axes != [0, 1, 2, 3] && axes != [2, 3]) {
        return Err(node.fail("attribute axes names other axes than rows and columns"));
    }
    let factors = factors(reader, node, image)?;
    if factors == [1, 1] {
        return Ok(reader.image(input));
    }
    refuse_other_pixels(reader, node)?;
    let id = reader.wire(node, "", Op::Resize(Resize { factors }), &[input])?;
    Ok(reader.image(id))
}

/// Refuses the modes in which pixel `y` of the result is not pixel `y / factor` of the input.
fn refuse_other_pixels(reader: &ModelReader<'_>, node: OnnxNode<'_>) -> Result<(), OnnxProblem> {
    if reader.opset < REGION_INPUT {
        return Ok(());
    }
    let place = node.text("coordinate_transformation_mode")?.unwrap_or("half_pixel");
    let rounding = node.text("nearest_mode")?.unwrap_or("round_prefer_floor");
    match (place, rounding) {
        ("asymmetric", "floor")
        | ("half_pixel" | "pytorch_half_pixel", "round_prefer_floor" | "round_prefer_ceil") => {
            Ok(())
        }
        _ => Err(node.fail(format!(
            "attributes coordinate_transformation_mode and nearest_mode are {place} and \
             {rounding}; supported: asymmetric with floor and half_pixel with rounding"
        ))),
    }
}

/// The whole factors of rows and columns, from scales or sizes.
fn factors(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    image: Shape,
) -> Result<[usize; 2], OnnxProblem> {
    let [scales, sizes] = if reader.opset < REGION_INPUT { [1, usize::MAX] } else { [2, 3] };
    let extents = [image.height, image.width];
    let given = |position: usize| {
        let constant = reader.optional_constant(node, position)?;
        Ok(constant.filter(|constant| constant.len() > 0))
    };
    if let Some(constant) = given(scales)? {
        let scales = constant.floats().map_err(|why| node.fail(format!("the scales: {why}")))?;
        return match *scales {
            [batch, channels, rows, columns] if batch == 1.0 && channels == 1.0 => {
                whole(node, [rows, columns])
            }
            [rows, columns] => whole(node, [rows, columns]),
            _ => Err(node.fail(format!("scales {scales:?}; supported: rows and columns"))),
        };
    }
    let constant = given(sizes)?.ok_or_else(|| node.fail("has neither scales nor sizes"))?;
    let sizes = constant.extents().map_err(|why| node.fail(format!("the sizes: {why}")))?;
    let size = |axis: usize| {
        let first = sizes.len().checked_sub(2)?;
        usize::try_from(sizes[first + axis].known()?).ok()?.checked_div(extents[axis])
    };
    let (Some(rows), Some(columns)) = (size(0), size(1)) else {
        return Err(node.fail(format!("sizes {sizes:?}; supported: rows and columns")));
    };
    let found = [rows.saturating_mul(extents[0]), columns.saturating_mul(extents[1])];
    let wanted = sizes[sizes.len() - 2..].iter().map(|size| size.known().unwrap_or(0));
    let channels_stay = match sizes.len() {
        4 => sizes[1].known() == i64::try_from(image.channels).ok(),
        length => length == 2,
    };
    if !channels_stay || !wanted.eq(found.map(|size| size as i64)) {
        return Err(node.fail(format!(
            "sizes {sizes:?} of {image}; supported: whole multiples of rows and columns"
        )));
    }
    whole(node, [rows as f32, columns as f32])
}

fn whole(node: OnnxNode<'_>, scales: [f32; 2]) -> Result<[usize; 2], OnnxProblem> {
    let is_whole = |scale: &f32| *scale >= 1.0 && (scale - scale.round()).abs() <= ROUNDING * scale;
    if !scales.iter().all(is_whole) {
        return Err(node.fail(format!("scales {scales:?}; supported: whole numbers")));
    }
    let factor = |scale: f32| node.extent("a scale", scale.round() as i64, 1);
    Ok([factor(scales[0])?, factor(scales[1])?])
}
