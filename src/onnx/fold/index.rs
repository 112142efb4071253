//! Folding of operators that pick values by position.

use super::super::constant::{ConstantData, ConstantTensor, offsets, strides, volume};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxValue};
use super::done;

/// A position along an axis, counted from its end if it is negative.
fn inside(position: i64, extent: usize) -> Option<usize> {
    let size = i64::try_from(extent).ok()?;
    let from_first = if position < 0 { position.checked_add(size)? } else { position };
    usize::try_from(from_first).ok().filter(|&position| position < extent)
}

fn outside(node: OnnxNode<'_>, extent: usize) -> OnnxProblem {
    node.fail(format!("an index is not within 0..{extent}"))
}

pub(super) fn ints(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    position: usize,
) -> Result<Vec<i64>, OnnxProblem> {
    let constant = reader.constant(node, position)?;
    constant.ints().map_err(|reason| node.fail(format!("input {position} {reason}")))
}

/// `Gather` along one axis.
pub(super) fn gather(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let (data, indices) = (reader.any_constant(node, 0)?, reader.constant(node, 1)?);
    let axis = node.axis(node.int("axis")?.unwrap_or(0), data.dims.len())?;
    let extent = data.dims[axis];
    let positions = indices.ints().map_err(|reason| node.fail(format!("the index {reason}")))?;
    let positions: Option<Vec<usize>> =
        positions.iter().map(|&position| inside(position, extent)).collect();
    let positions = positions.ok_or_else(|| outside(node, extent))?;
    let (outer, inner) = (&data.dims[..axis], &data.dims[axis + 1..]);
    let dims = [outer, &indices.dims, inner].concat();
    if data.images == Some(axis) {
        return Err(node.fail("takes part of the batch; supported: axes of one image"));
    }
    let images = data
        .images
        .map(|images| if images < axis { images } else { images + indices.dims.len() - 1 });
    reader.budget.folded(node, &dims)?;
    let block: usize = inner.iter().product();
    let picked = (0..outer.iter().product::<usize>()).flat_map(|outer| {
        let positions = positions.iter();
        positions.flat_map(move |&position| {
            let first = (outer * extent + position) * block;
            first..first + block
        })
    });
    done(data.pick(dims, picked).with_images(images))
}

/// `GatherElements`: every index picks one value along an axis.
pub(super) fn gather_elements(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let (data, indices) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let axis = node.axis(node.int("axis")?.unwrap_or(0), data.dims.len())?;
    reader.budget.folded(node, &indices.dims)?;
    let places = element_places(reader, node, &data, axis, 1)?;
    done(data.pick(indices.dims.clone(), places.into_iter()))
}

/// Where each index of `GatherElements` or `ScatterElements` points.
fn element_places(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    data: &ConstantTensor,
    axis: usize,
    position: usize,
) -> Result<Vec<usize>, OnnxProblem> {
    let indices = reader.constant(node, position)?;
    let fits = indices.dims.len() == data.dims.len()
        && (0..data.dims.len()).all(|a| a == axis || indices.dims[a] <= data.dims[a]);
    if !fits {
        return Err(node.fail(format!("{:?} and {:?} do not fit", data.dims, indices.dims)));
    }
    let own = strides(&data.dims);
    let mut others = own.clone();
    others[axis] = 0;
    let values = ints(reader, node, position)?;
    let place = |(base, index): (usize, i64)| {
        inside(index, data.dims[axis]).map(|index| base + index * own[axis])
    };
    let places: Option<Vec<usize>> =
        offsets(&indices.dims, &others).zip(values).map(place).collect();
    places.ok_or_else(|| outside(node, data.dims[axis]))
}

/// `ScatterElements`: every index says where one value goes along an axis.
pub(super) fn scatter_elements(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "reduction"])?;
    let data = reader.constant(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(0), data.dims.len())?;
    reader.budget.folded(node, &data.dims)?;
    let places = element_places(reader, node, &data, axis, 1)?;
    scattered(reader, node, &data, &places)
}

/// Puts the values of input 2 at places of a copy of the data.
fn scattered(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    data: &ConstantTensor,
    places: &[usize],
) -> Result<OnnxValue, OnnxProblem> {
    let updates = reader.constant(node, 2)?;
    if updates.len() != places.len() {
        return Err(node.fail(format!("{} values for {} places", updates.len(), places.len())));
    }
    let adds = match node.text("reduction")?.unwrap_or("none") {
        "none" => false,
        "add" => true,
        other => {
            return Err(
                node.fail(format!("attribute reduction is {other}; supported: none and add"))
            );
        }
    };
    let mut result = data.data.clone();
    match (&mut result, &updates.data) {
        (ConstantData::Float(result), ConstantData::Float(values)) => {
            for (&place, &value) in places.iter().zip(values) {
                result[place] = if adds { result[place] + value } else { value };
            }
        }
        (ConstantData::Int(result), ConstantData::Int(values)) => {
            for (&place, &value) in places.iter().zip(values) {
                let sum = if adds { result[place].plus(value) } else { Some(value) };
                result[place] = sum.ok_or_else(|| node.fail("a sum is too large"))?;
            }
        }
        _ => return Err(node.fail("mixes real and whole numbers")),
    }
    done(ConstantTensor::new(data.dims.clone(), result))
}

/// The beginnings of the blocks that the indices of `GatherND` or `ScatterND` name, and the length of
/// each block.
fn blocks(
    node: OnnxNode<'_>,
    data: &ConstantTensor,
    indices: &ConstantTensor,
    batch: usize,
) -> Result<(Vec<usize>, usize), OnnxProblem> {
    let misfit = || node.fail(format!("{:?} and {:?} do not fit", data.dims, indices.dims));
    let (&depth, front) = indices.dims.split_last().ok_or_else(misfit)?;
    let fits = front.len() >= batch
        && batch + depth <= data.dims.len()
        && front[..batch] == data.dims[..batch];
    if !fits {
        return Err(misfit());
    }
    let values = indices.ints().map_err(|reason| node.fail(format!("the index {reason}")))?;
    let steps = strides(&data.dims);
    let block = data.dims[batch + depth..].iter().product();
    let per_batch: usize = front[batch..].iter().product();
    let of_batch: usize = data.dims[batch..].iter().product();
    let count = volume(front).ok_or_else(misfit)?;
    let mut starts = Vec::with_capacity(count);
    for index in 0..count {
        let mut start = index / per_batch.max(1) * of_batch;
        for axis in 0..depth {
            let extent = data.dims[batch + axis];
            let position = inside(values[index * depth + axis], extent);
            start += position.ok_or_else(|| outside(node, extent))? * steps[batch + axis];
        }
        starts.push(start);
    }
    Ok((starts, block))
}

/// `GatherND`: every index vector picks a block.
pub(super) fn gather_nd(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["batch_dims"])?;
    let (data, indices) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let batch = node.extent("attribute batch_dims", node.int("batch_dims")?.unwrap_or(0), 0)?;
    reader.budget.folded(node, &indices.dims)?;
    let (starts, block) = blocks(node, &data, &indices, batch)?;
    let depth = indices.dims.last().copied().unwrap_or(0);
    let front = &indices.dims[..indices.dims.len() - 1];
    let dims = [front, &data.dims[batch + depth..]].concat();
    reader.budget.folded(node, &dims)?;
    done(data.pick(dims, starts.into_iter().flat_map(|start| start..start + block)))
}

/// `ScatterND`: every index vector says where a block goes.
pub(super) fn scatter_nd(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["reduction"])?;
    let (data, indices) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    reader.budget.folded(node, &data.dims)?;
    reader.budget.folded(node, &indices.dims)?;
    let updates = reader.constant(node, 2)?.len();
    let (starts, block) = blocks(node, &data, &indices, 0)?;
    if starts.len().checked_mul(block) != Some(updates) {
        return Err(node.fail(format!("{updates} values for {} blocks of {block}", starts.len())));
    }
    let places: Vec<usize> = starts.into_iter().flat_map(|start| start..start + block).collect();
    scattered(reader, node, &data, &places)
}

/// `OneHot`: a new axis on which one position is on.
pub(super) fn one_hot(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let (indices, values) = (reader.constant(node, 0)?, reader.constant(node, 2)?);
    let depth = ints_or_reals(reader, node, 1)?;
    let (&[depth], 2) = (depth.as_slice(), values.len()) else {
        return Err(node.fail("takes one depth, and two values"));
    };
    let depth = node.extent("the depth", depth, 1)?;
    let rank = indices.dims.len() + 1;
    let axis = node.axis(node.int("axis")?.unwrap_or(-1), rank)?;
    let mut dims = indices.dims.clone();
    dims.insert(axis, depth);
    reader.budget.folded(node, &dims)?;
    let on = ints_or_reals(reader, node, 0)?;
    let inner: usize = indices.dims[axis..].iter().product();
    let outer: usize = indices.dims[..axis].iter().product();
    let on = &on;
    let hot = (0..outer).flat_map(|outer| {
        (0..depth).flat_map(move |position| {
            (0..inner).map(move |inner_at| {
                let index = on[outer * inner + inner_at];
                usize::from(inside(index, depth) == Some(position))
            })
        })
    });
    done(values.pick(dims, hot))
}

fn ints_or_reals(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    position: usize,
) -> Result<Vec<i64>, OnnxProblem> {
    match &reader.constant(node, position)?.data {
        ConstantData::Float(values) => Ok(values.iter().map(|&value| value as i64).collect()),
        ConstantData::Int(_) => ints(reader, node, position),
    }
}
