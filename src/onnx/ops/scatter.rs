//! `ScatterND`: values written into a tensor, as exporters write an assignment to a part of it.

use super::super::constant::ConstantTensor;
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::resample::Taps;
use super::super::view::AxisFactor;
use super::arithmetic;
use super::shape::reshaped;
use super::slice::of_each_image;

/// `ScatterND` at constant positions, which are the same for every image: values there are replaced, or added
/// to.
pub(super) fn scatter_nd(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["reduction"])?;
    let adds = match node.text("reduction")?.unwrap_or("none") {
        "none" => false,
        "add" => true,
        other => {
            return Err(node.fail(format!("attribute reduction is {other}; supported: none, add")));
        }
    };
    let (data, updates) = (reader.tensor(node, 0)?, reader.tensor(node, 2)?);
    let indices = reader.constant(node, 1)?;
    let Some((&depth, places)) = indices.dims.split_last() else {
        return Err(node.fail("a single index"));
    };
    if !(1..=data.rank()).contains(&depth) || updates.rank() != places.len() + data.rank() - depth {
        let [data, updates] = [&data, &updates].map(|tensor| tensor.view.describe(reader.batch));
        let given = &indices.dims;
        return Err(node.fail(format!("{updates} at indices of {given:?} into {data}")));
    }
    let positions = positions(reader, node, &data, (depth, &indices))?;
    // Both with one axis for what the indices name.
    let dims = data.view.dims(reader.batch);
    let updates = match places.len() {
        0 => OnnxTensor { view: updates.view.with(&[0]), ..updates },
        count => OnnxTensor { view: updates.view.joined(0..count), ..updates },
    };
    let data = OnnxTensor { view: data.view.joined(0..depth), ..data };
    let images = data.view.has_images(0) || updates.view.has_images(0);
    let extent = data.view.extent(0);
    let own = if images { of_each_image(reader, node, &positions, extent)? } else { positions };
    let [data, updates] = [of_one_image(node, data)?, of_one_image(node, updates)?];
    if updates.view.extent(0) != own.len() {
        let count = own.len();
        return Err(node.fail(format!("{} values at {count} places", updates.view.extent(0))));
    }
    node.extent("the number of places", i64::try_from(extent).unwrap_or(i64::MAX), 1)?;
    let (mut kept, mut written) = (vec![Taps::new(); extent], vec![Taps::new(); extent]);
    for (position, taps) in kept.iter_mut().enumerate() {
        taps.push((position, 1.0));
    }
    for (update, &position) in own.iter().enumerate() {
        let position = usize::try_from(position).ok().filter(|&position| position < extent);
        let position = position.ok_or_else(|| node.fail("an index is not within the tensor"))?;
        if !adds {
            kept[position].clear();
            written[position].clear();
        }
        written[position].push((update, 1.0));
    }
    let mut result = reader.resampled(node, "/write", (&updates, 0), &written)?;
    if kept.iter().any(|taps| !taps.is_empty()) {
        let kept = reader.resampled(node, "/keep", (&data, 0), &kept)?;
        let [mut kept, mut written] = [kept, result];
        if images {
            kept.view.axes[0].insert(0, AxisFactor::Images);
            written.view.axes[0].insert(0, AxisFactor::Images);
        }
        // The images may be behind, in one of both only.
        let lead = kept.view.images_axis().is_some() || written.view.images_axis().is_none();
        let terms = if lead { [kept, written] } else { [written, kept] };
        result = arithmetic::added(reader, node, &terms)?;
    } else if images {
        result.view.axes[0].insert(0, AxisFactor::Images);
    }
    reshaped(reader, node, result, &dims, false)
}

/// Positions in the joined first `depth` axes, all images one after another.
fn positions(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    data: &OnnxTensor,
    (depth, indices): (usize, &ConstantTensor),
) -> Result<Vec<i64>, OnnxProblem> {
    let values = indices.ints().map_err(|reason| node.fail(format!("the index {reason}")))?;
    let dims: Option<Vec<i64>> =
        (0..depth).map(|axis| data.view.dim(axis, reader.batch).known()).collect();
    let dims = dims.ok_or_else(|| node.fail("writes to a part of the batch"))?;
    let mut positions = Vec::with_capacity(values.len() / depth);
    for index in values.chunks_exact(depth) {
        let mut position = 0_i64;
        for (&at, &extent) in index.iter().zip(&dims) {
            let at = if at < 0 { at.saturating_add(extent) } else { at };
            if !(0..extent).contains(&at) {
                return Err(node.fail(format!("an index is not within 0..{extent}")));
            }
            position = position.saturating_mul(extent).saturating_add(at);
        }
        positions.push(position);
    }
    if positions.is_empty() {
        return Err(node.fail("the index is empty"));
    }
    Ok(positions)
}

/// A tensor without the images on its first axis.
fn of_one_image(node: OnnxNode<'_>, mut tensor: OnnxTensor) -> Result<OnnxTensor, OnnxProblem> {
    match tensor.view.axes[0].iter().position(|factor| *factor == AxisFactor::Images) {
        None => {}
        Some(0) => {
            tensor.view.axes[0].remove(0);
        }
        Some(_) => return Err(node.fail("writes across images")),
    }
    Ok(tensor)
}
