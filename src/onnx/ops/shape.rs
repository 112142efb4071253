//! Queries of shapes, and changes of the axes of a tensor.

use std::rc::Rc;

use super::super::constant::{ConstantTensor, MAX_AXES, SymbolicInt};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::view::{AxisFactor, ReshapeMisfit, TensorView};

/// The operator set from which on `Squeeze` and `Unsqueeze` take their axes as an input.
pub(in super::super) const SQUEEZE_AXES_INPUT: i64 = 13;

/// The axes of a node, from attribute `axes` or, from operator set `since` on, from input 1.
fn raw_axes(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    since: i64,
) -> Result<Option<Vec<i64>>, OnnxProblem> {
    let axes = if reader.opset < since {
        node.ints("axes").map(<[i64]>::to_vec)
    } else {
        let axes = reader.optional_constant(node, 1)?.map(|axes| axes.ints());
        axes.transpose().map_err(|reason| node.fail(format!("input 1 {reason}")))?
    };
    match axes {
        Some(axes) if axes.len() > MAX_AXES => {
            Err(node.fail(format!("{} axes, at most {MAX_AXES} are allowed", axes.len())))
        }
        axes => Ok(axes),
    }
}

/// How many axes a node names.
pub(in super::super) fn axes_count(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    since: i64,
) -> Result<usize, OnnxProblem> {
    raw_axes(reader, node, since).map(|axes| axes.map_or(0, |axes| axes.len()))
}

/// The axes a node names, counted from the first, each once; `None` if it names none.
pub(in super::super) fn axes(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    rank: usize,
    since: i64,
) -> Result<Option<Vec<usize>>, OnnxProblem> {
    let Some(raw) = raw_axes(reader, node, since)? else { return Ok(None) };
    let mut axes = Vec::new();
    for axis in raw {
        let axis = node.axis(axis, rank)?;
        if axes.contains(&axis) {
            return Err(node.fail(format!("names axis {axis} twice")));
        }
        axes.push(axis);
    }
    Ok(Some(axes))
}

/// `Shape` of a tensor or a constant; the batch size may be unknown.
pub(in super::super) fn shape(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["end", "start"])?;
    let extents: Vec<SymbolicInt> = match reader.any_constant(node, 0) {
        Ok(constant) => constant.extents_of_batch(),
        Err(_) => reader.tensor(node, 0)?.view.dims(reader.batch),
    };
    let rank = extents.len();
    let position = |name: &str, default: i64| -> Result<usize, OnnxProblem> {
        let position = node.int(name)?.unwrap_or(default);
        let from_first = if position < 0 { position.saturating_add(rank as i64) } else { position };
        Ok(from_first.clamp(0, rank as i64) as usize)
    };
    let (start, end) = (position("start", 0)?, position("end", rank as i64)?);
    let kept = extents[start..end.max(start)].to_vec();
    Ok(OnnxValue::Constant(Rc::new(ConstantTensor::wholes(kept))))
}

/// Another view of the values of a tensor.
fn seen(tensor: OnnxTensor, view: TensorView) -> Result<OnnxValue, OnnxProblem> {
    Ok(OnnxValue::Tensor(OnnxTensor { view, ..tensor }))
}

/// `Flatten`: all axes before one, and all from there on, as one each.
pub(super) fn flatten(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let tensor = reader.tensor(node, 0)?;
    let rank = tensor.rank();
    let axis = match node.int("axis")?.unwrap_or(1) {
        axis if axis == rank as i64 => rank,
        axis => node.axis(axis, rank)?,
    };
    let dims = tensor.view.dims(reader.batch);
    let product = |dims: &[SymbolicInt]| {
        dims.iter()
            .copied()
            .try_fold(SymbolicInt::Known(1), SymbolicInt::times)
            .unwrap_or(SymbolicInt::Known(-1))
    };
    let target = [product(&dims[..axis]), product(&dims[axis..])];
    reshaped(reader, node, tensor, &target, false)
}

/// `Reshape` to any axes that do not mix images.
pub(super) fn reshape(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["allowzero"])?;
    let tensor = reader.tensor(node, 0)?;
    let target = reader.constant(node, 1)?;
    let target = target.extents().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    if target.len() > MAX_AXES {
        return Err(node.fail(format!("{} axes, at most {MAX_AXES} are allowed", target.len())));
    }
    let copies_zero = node.int("allowzero")?.unwrap_or(0) == 0;
    reshaped(reader, node, tensor, target, copies_zero)
}

/// Reshapes; where an axis would end inside a part, values are put in order first.
pub(super) fn reshaped(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: OnnxTensor,
    target: &[SymbolicInt],
    copies_zero: bool,
) -> Result<OnnxValue, OnnxProblem> {
    match tensor.view.reshaped(target, copies_zero, reader.batch) {
        Ok(view) => return seen(tensor, view),
        Err(ReshapeMisfit::Wrong(reason)) => return Err(node.fail(reason)),
        Err(ReshapeMisfit::Uneven) => {}
    }
    if tensor.view.images_axis().is_some_and(|axis| axis > 0) {
        return Err(
            node.fail("splits the values of an image across the batch, which is not supported")
        );
    }
    let axes: Vec<usize> = (0..tensor.rank()).collect();
    let ordered = reader.lay_out(node, &tensor, &[axes, Vec::new(), Vec::new()])?;
    match ordered.view.reshaped(target, copies_zero, reader.batch) {
        Ok(view) => seen(ordered, view),
        Err(ReshapeMisfit::Wrong(reason)) => Err(node.fail(reason)),
        Err(ReshapeMisfit::Uneven) => Err(node.fail(format!(
            "{} cannot become {target:?}: the number of values differs",
            tensor.view.describe(reader.batch)
        ))),
    }
}

/// `Squeeze`: without axes of extent 1.
pub(super) fn squeeze(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axes"])?;
    let tensor = reader.tensor(node, 0)?;
    let axes = axes(reader, node, tensor.rank(), SQUEEZE_AXES_INPUT)?;
    let single = |axis: usize| tensor.view.axes[axis].is_empty();
    let axes = axes.unwrap_or_else(|| (0..tensor.rank()).filter(|&axis| single(axis)).collect());
    if axes.iter().any(|&axis| !single(axis)) {
        let own = tensor.view.describe(reader.batch);
        return Err(node.fail(format!("axes {axes:?} of {own} are not all 1")));
    }
    let view = tensor.view.without(&axes);
    seen(tensor, view)
}

/// `Unsqueeze`: with new axes of extent 1.
pub(super) fn unsqueeze(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axes"])?;
    let tensor = reader.tensor(node, 0)?;
    let rank = tensor.rank() + axes_count(reader, node, SQUEEZE_AXES_INPUT)?;
    if rank > MAX_AXES {
        return Err(node.fail(format!("{rank} axes, at most {MAX_AXES} are allowed")));
    }
    let axes = axes(reader, node, rank, SQUEEZE_AXES_INPUT)?;
    let axes = axes.ok_or_else(|| node.fail("axes are missing"))?;
    let view = tensor.view.with(&axes);
    seen(tensor, view)
}

/// `Transpose`.
pub(super) fn transpose(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["perm"])?;
    let tensor = reader.tensor(node, 0)?;
    let order = order(node, tensor.rank())?;
    let view = tensor.view.transposed(&order);
    seen(tensor, view)
}

/// `DepthToSpace`: the channels of each pixel become a square of pixels, as in a pixel shuffle.
pub(super) fn depth_to_space(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["blocksize", "mode"])?;
    let tensor = reader.tensor(node, 0)?;
    let side = node.int("blocksize")?.ok_or_else(|| node.fail("attribute blocksize is missing"))?;
    let side = node.extent("attribute blocksize", side, 1)?;
    let own = tensor.view.describe(reader.batch);
    let misfit = || node.fail(format!("{own} with a blocksize of {side}"));
    let divides = |channels: usize| channels.is_multiple_of(side * side);
    if tensor.rank() != 4 || tensor.view.has_images(1) || !divides(tensor.view.extent(1)) {
        return Err(misfit());
    }
    let dims = tensor.view.dims(reader.batch);
    let whole = |extent: usize| SymbolicInt::Known(i64::try_from(extent).unwrap_or(i64::MAX));
    let (channels, side_dim) = (whole(tensor.view.extent(1) / (side * side)), whole(side));
    let (front, order) = match node.text("mode")?.unwrap_or("DCR") {
        "DCR" => ([side_dim, side_dim, channels], [0, 3, 4, 1, 5, 2]),
        "CRD" => ([channels, side_dim, side_dim], [0, 1, 4, 2, 5, 3]),
        other => {
            return Err(node.fail(format!("attribute mode is {other}; supported: DCR and CRD")));
        }
    };
    let split = [&dims[..1], &front, &dims[2..]].concat();
    let OnnxValue::Tensor(parts) = reshaped(reader, node, tensor, &split, false)? else {
        return Err(misfit());
    };
    let view = parts.view.transposed(&order);
    let [rows, columns] =
        [2, 3].map(|axis| dims[axis].times(side_dim).unwrap_or(SymbolicInt::Known(-2)));
    let target = [dims[0], channels, rows, columns];
    reshaped(reader, node, OnnxTensor { view, ..parts }, &target, false)
}

/// The order of the axes that a `Transpose` gives a tensor of that rank.
pub(in super::super) fn order(node: OnnxNode<'_>, rank: usize) -> Result<Vec<usize>, OnnxProblem> {
    let order: Vec<usize> = match node.ints("perm") {
        None => (0..rank).rev().collect(),
        Some(order) => {
            let axes = order.iter().map(|&axis| node.axis(axis, rank));
            axes.collect::<Result<_, _>>()?
        }
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(node.fail(format!("perm {order:?} is not an order of {rank} axes")));
    }
    Ok(order)
}

/// `Expand`: repeats axes of extent 1.
pub(super) fn expand(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let tensor = reader.tensor(node, 0)?;
    let target = reader.constant(node, 1)?;
    let target = target.extents().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    reader.expanded(node, &tensor, target).map(OnnxValue::Tensor)
}

/// `Tile`: repeats whole axes.
pub(super) fn tile(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let mut tensor = reader.tensor(node, 0)?;
    let times = reader.constant(node, 1)?;
    let times = times.extents().map_err(|reason| node.fail(format!("input 1 {reason}")))?;
    if times.len() != tensor.rank() {
        return Err(node.fail(format!("{} repeats for {} axes", times.len(), tensor.rank())));
    }
    let mut volume = 1_usize;
    for (axis, &times) in times.iter().enumerate() {
        match times {
            SymbolicInt::Images(1) if tensor.view.images_axis().is_none() => {
                tensor.view.axes[axis].insert(0, AxisFactor::Images);
            }
            SymbolicInt::Known(1) => {}
            SymbolicInt::Known(times) if !tensor.view.has_images(axis) => {
                let times = node.extent("a repeat", times, 1)?;
                tensor.view = tensor.view.tiled(axis, times);
            }
            _ => return Err(node.fail("repeats images")),
        }
        volume = volume.saturating_mul(tensor.view.extent(axis));
    }
    reader.budget.check_extents(&[volume]).map_err(|reason| node.fail(reason))?;
    Ok(OnnxValue::Tensor(tensor))
}

/// `SpaceToDepth`: squares of pixels become channels.
pub(super) fn space_to_depth(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["blocksize"])?;
    let tensor = reader.tensor(node, 0)?;
    let side = node.int("blocksize")?.ok_or_else(|| node.fail("attribute blocksize is missing"))?;
    let side = node.extent("attribute blocksize", side, 1)?;
    let own = tensor.view.describe(reader.batch);
    let misfit = || node.fail(format!("{own} with a blocksize of {side}"));
    let divides = |axis: usize| tensor.view.extent(axis).is_multiple_of(side);
    if tensor.rank() != 4 || !divides(2) || !divides(3) {
        return Err(misfit());
    }
    let dims = tensor.view.dims(reader.batch);
    let whole = |extent: usize| SymbolicInt::Known(i64::try_from(extent).unwrap_or(i64::MAX));
    let [rows, columns] = [2, 3].map(|axis| whole(tensor.view.extent(axis) / side));
    let channels = whole(tensor.view.extent(1).saturating_mul(side * side));
    let split = [dims[0], dims[1], rows, whole(side), columns, whole(side)];
    let OnnxValue::Tensor(parts) = reshaped(reader, node, tensor, &split, false)? else {
        return Err(misfit());
    };
    let view = parts.view.transposed(&[0, 3, 5, 1, 2, 4]);
    let target = [dims[0], channels, rows, columns];
    reshaped(reader, node, OnnxTensor { view, ..parts }, &target, false)
}
