//! Folding of operators that pick values by position or make them from positions.

use super::super::constant::{
    ConstantData, ConstantTensor, StridedRange, SymbolicInt, offsets, strides, volume,
};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::ops;
use super::super::reader::{ModelReader, OnnxValue};
use super::{done, elementwise};

/// A position along an axis, counted from its end if it is negative.
fn inside(position: i64, extent: usize) -> Option<usize> {
    let size = i64::try_from(extent).ok()?;
    let from_first = if position < 0 { position.checked_add(size)? } else { position };
    usize::try_from(from_first).ok().filter(|&position| position < extent)
}

fn outside(node: OnnxNode<'_>, extent: usize) -> OnnxProblem {
    node.fail(format!("an index is not within 0..{extent}"))
}

fn ints(
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

/// `Range`: evenly spaced numbers.
pub(super) fn range(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let [start, limit, delta] = [0, 1, 2].map(|position| reader.constant(node, position));
    let (start, limit, delta) = (start?, limit?, delta?);
    let too_long = || node.fail("a step of 0, or too many values");
    let count = |start: f64, limit: f64, delta: f64| {
        let count = ((limit - start) / delta).ceil().max(0.0);
        (count < 1e9).then_some(count as usize).ok_or_else(too_long)
    };
    match (&start.data, &limit.data, &delta.data) {
        (ConstantData::Float(a), ConstantData::Float(b), ConstantData::Float(c)) => {
            let (&[a], &[b], &[c]) = (a.as_slice(), b.as_slice(), c.as_slice()) else {
                return Err(node.fail("takes single numbers"));
            };
            let count = count(a.into(), b.into(), c.into())?;
            reader.budget.folded(node, &[count])?;
            let values = (0..count).map(|k| (f64::from(a) + k as f64 * f64::from(c)) as f32);
            done(ConstantTensor::reals(vec![count], values.collect()))
        }
        _ => {
            let single = |position: usize| match ints(reader, node, position)?.as_slice() {
                &[value] => Ok(value),
                _ => Err(node.fail("takes single numbers")),
            };
            let (start, limit, delta) = (single(0)?, single(1)?, single(2)?);
            let count = count(start as f64, limit as f64, delta as f64)?;
            reader.budget.folded(node, &[count])?;
            let value = |k: usize| start.saturating_add((k as i64).saturating_mul(delta));
            done(ConstantTensor::ints_of(vec![count], (0..count).map(value)))
        }
    }
}

/// `Tile`: repeats whole axes.
pub(super) fn tile(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let (data, times) = (reader.any_constant(node, 0)?, reader.constant(node, 1)?);
    let times = times.extents().map_err(|reason| node.fail(format!("input 1 {reason}")))?;
    if times.len() != data.dims.len() {
        return Err(node.fail(format!("{} repeats for {} axes", times.len(), data.dims.len())));
    }
    let mut images = data.images;
    let mut counts = Vec::with_capacity(times.len());
    for (axis, &count) in times.iter().enumerate() {
        counts.push(match count {
            SymbolicInt::Known(count) if images != Some(axis) || count == 1 => {
                node.extent("a repeat", count, 0)?
            }
            SymbolicInt::Images(1) if data.dims[axis] == 1 && images.is_none() => {
                images = Some(axis);
                1
            }
            _ => return Err(node.fail("repeats more than one value for every image")),
        });
    }
    let dims: Vec<usize> =
        data.dims.iter().zip(&counts).map(|(&d, &times)| d.saturating_mul(times)).collect();
    reader.budget.folded(node, &dims)?;
    // Each axis as two: the repeats, then the axis itself.
    let steps = strides(&data.dims);
    let pairs = data.dims.iter().zip(&counts).zip(&steps);
    let (twice, strides): (Vec<[usize; 2]>, Vec<[usize; 2]>) =
        pairs.map(|((&extent, &times), &step)| ([times, extent], [0, step])).unzip();
    done(data.pick(dims, offsets(&twice.concat(), &strides.concat())).with_images(images))
}

/// `NonZero`: the positions of values that are not 0, one column each.
pub(super) fn non_zero(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let data = reader.constant(node, 0)?;
    let rank = data.dims.len();
    reader.budget.folded(node, &[&data.dims[..], &[rank.max(1)]].concat())?;
    let on: Vec<usize> = match &data.data {
        ConstantData::Float(values) => {
            (0..values.len()).filter(|&index| values[index] != 0.0).collect()
        }
        ConstantData::Int(_) => {
            let values = ints(reader, node, 0)?;
            (0..values.len()).filter(|&index| values[index] != 0).collect()
        }
    };
    let steps = strides(&data.dims);
    let count = on.len();
    let along = |axis: usize| {
        let (step, extent) = (steps[axis], data.dims[axis]);
        on.iter().map(move |&index| (index / step % extent) as i64)
    };
    done(ConstantTensor::ints_of(vec![rank, count], (0..rank).flat_map(along)))
}

/// `Trilu`: the upper or lower triangle of matrices, zeros elsewhere.
pub(super) fn triangle(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["upper"])?;
    let data = reader.constant(node, 0)?;
    let &[.., rows, columns] = data.dims.as_slice() else {
        return Err(node.fail("takes matrices"));
    };
    let shift = match reader.optional_constant(node, 1)? {
        None => 0,
        Some(_) => match ints(reader, node, 1)?.as_slice() {
            &[shift] => shift,
            _ => return Err(node.fail("input 1 is not one number")),
        },
    };
    reader.budget.folded(node, &data.dims)?;
    let upper = node.int("upper")?.unwrap_or(1) != 0;
    let keeps = |index: usize| {
        let (row, column) = (index / columns % rows, index % columns);
        let beyond = i128::from(column as i64) - i128::from(row as i64) - i128::from(shift);
        if upper { beyond >= 0 } else { beyond <= 0 }
    };
    let values = match &data.data {
        ConstantData::Float(values) => ConstantData::Float(
            values.iter().enumerate().map(|(i, &v)| if keeps(i) { v } else { 0.0 }).collect(),
        ),
        ConstantData::Int(values) => {
            let zero = SymbolicInt::Known(0);
            ConstantData::Int(
                values.iter().enumerate().map(|(i, &v)| if keeps(i) { v } else { zero }).collect(),
            )
        }
    };
    done(ConstantTensor::new(data.dims.clone(), values))
}

/// `EyeLike`: ones on a diagonal.
pub(super) fn eye_like(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["dtype", "k"])?;
    let data = reader.constant(node, 0)?;
    let &[rows, columns] = data.dims.as_slice() else { return Err(node.fail("takes a matrix")) };
    reader.budget.folded(node, &data.dims)?;
    let shift = node.int("k")?.unwrap_or(0);
    let on = |index: usize| {
        let beyond = i128::from((index % columns) as i64) - i128::from((index / columns) as i64);
        beyond == i128::from(shift)
    };
    let whole = node
        .int("dtype")?
        .map_or(matches!(data.data, ConstantData::Int(_)), |kind| ops::is_whole_type(kind));
    let flags = (0..rows * columns).map(on);
    done(if whole {
        ConstantTensor::ints_of(data.dims.clone(), flags.map(i64::from))
    } else {
        ConstantTensor::reals(data.dims.clone(), flags.map(|on| f32::from(u8::from(on))).collect())
    })
}

/// `Slice`.
pub(super) fn slice(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    let data = reader.any_constant(node, 0)?;
    let whole = |&extent: &usize| StridedRange { first: 0, step: 1, count: extent };
    let mut ranges: Vec<StridedRange> = data.dims.iter().map(whole).collect();
    for cut in ops::slice::cuts(reader, node, data.dims.len())? {
        if data.images == Some(cut.axis) {
            let all = cut.end.known().is_none_or(|end| end >= i64::from(i32::MAX));
            if cut.start == 0 && cut.step == 1 && all {
                continue;
            }
            return Err(node.fail("takes part of the batch; supported: axes of one image"));
        }
        let end = cut.end.known();
        let end = end.ok_or_else(|| node.fail("the end depends on the size of the batch"))?;
        let range = StridedRange::resolve(cut.start, end, cut.step, data.dims[cut.axis]);
        ranges[cut.axis] = range.ok_or_else(|| node.fail("a step of 0"))?;
    }
    let dims: Vec<usize> = ranges.iter().map(|range| range.count).collect();
    reader.budget.folded(node, &dims)?;
    let steps = strides(&data.dims);
    let mut indices = vec![0];
    for (range, step) in ranges.iter().zip(&steps) {
        indices = indices
            .iter()
            .flat_map(|base| range.positions().map(move |position| base + position * step))
            .collect();
    }
    done(data.pick(dims, indices.into_iter()).with_images(data.images))
}

/// `Split` along one axis.
pub(super) fn split<'m>(
    reader: &mut ModelReader<'m>,
    node: OnnxNode<'m>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "num_outputs", "split"])?;
    let data = reader.any_constant(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(0), data.dims.len())?;
    if data.images == Some(axis) {
        return Err(node.fail("splits the batch; supported: axes of one image"));
    }
    reader.budget.folded(node, &data.dims)?;
    let extent = data.dims[axis];
    let inner: usize = data.dims[axis + 1..].iter().product();
    let outer: usize = data.dims[..axis].iter().product();
    let mut first = 0;
    let mut head = None;
    for (position, count) in ops::slice::sizes(reader, node, extent)?.into_iter().enumerate() {
        let mut dims = data.dims.clone();
        dims[axis] = count;
        let rows = (0..outer).flat_map(|row| {
            let start = (row * extent + first) * inner;
            start..start + count * inner
        });
        let part = done(data.pick(dims, rows).with_images(data.images))?;
        match position {
            0 => head = Some(part),
            _ => reader.give(node, position, part)?,
        }
        first += count;
    }
    head.ok_or_else(|| node.fail("has no output"))
}

/// `Concat`.
pub(super) fn concat(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let mut parts = Vec::with_capacity(node.proto.input.len());
    for position in 0..node.proto.input.len() {
        parts.push(reader.any_constant(node, position)?);
    }
    let first = parts.first().ok_or_else(|| node.fail("has no input"))?;
    let axis = node.int("axis")?.ok_or_else(|| node.fail("attribute axis is missing"))?;
    let axis = node.axis(axis, first.dims.len())?;
    let mut dims = first.dims.clone();
    dims[axis] = 0;
    for part in &parts {
        let mut other = part.dims.clone();
        if other.len() == dims.len() {
            dims[axis] = dims[axis].saturating_add(other[axis]);
            other[axis] = dims[axis];
        }
        if other != dims || part.images == Some(axis) {
            return Err(node.fail(format!("{:?} and {:?} do not fit", first.dims, part.dims)));
        }
        if part.images != first.images {
            return Err(node.fail("joins values of all images with others"));
        }
    }
    reader.budget.folded(node, &dims)?;
    let outer: usize = dims[..axis].iter().product();
    let inner: usize = dims[axis + 1..].iter().product();
    let pieces = (0..outer).flat_map(|row| {
        parts.iter().map(move |part| {
            let size = part.dims[axis] * inner;
            (part, row * size..(row + 1) * size)
        })
    });
    let mut data = match first.data {
        ConstantData::Float(_) => ConstantData::Float(Vec::new()),
        ConstantData::Int(_) => ConstantData::Int(Vec::new()),
    };
    for (part, range) in pieces {
        match (&mut data, &part.data) {
            (ConstantData::Float(all), ConstantData::Float(values)) => {
                all.extend_from_slice(&values[range]);
            }
            (ConstantData::Int(all), ConstantData::Int(values)) => {
                all.extend_from_slice(&values[range]);
            }
            _ => return Err(node.fail("mixes real and whole numbers")),
        }
    }
    done(ConstantTensor::new(dims, data).with_images(first.images))
}

/// `Expand`: repeats axes of extent 1, one of them for every image if the target says so.
pub(super) fn expand(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let (data, target) = (reader.any_constant(node, 0)?, reader.constant(node, 1)?);
    let target = target.extents().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    let rank = target.len().max(data.dims.len());
    let lead = rank - data.dims.len();
    let mut images = data.images.map(|axis| axis + lead);
    let mut wanted = Vec::with_capacity(target.len());
    for (position, &extent) in target.iter().enumerate() {
        let axis = position + rank - target.len();
        let own = axis.checked_sub(lead).map_or(1, |axis| data.dims[axis]);
        wanted.push(match extent {
            SymbolicInt::Known(extent) => {
                usize::try_from(extent).map_err(|_| node.fail("an extent is negative"))?
            }
            SymbolicInt::Images(1) if own == 1 && images.is_none_or(|other| other == axis) => {
                images = Some(axis);
                1
            }
            SymbolicInt::Images(_) => {
                return Err(
                    node.fail("expands more than one axis, or several values, for every image")
                );
            }
        });
    }
    let dims = elementwise::broadcast(&data.dims, &wanted)
        .ok_or_else(|| node.fail(format!("{:?} does not expand to {wanted:?}", data.dims)))?;
    if images.is_some_and(|axis| dims[axis] != 1) {
        return Err(node.fail("expands the axis of the images"));
    }
    reader.budget.folded(node, &dims)?;
    let steps = elementwise::broadcast_strides(&data.dims, dims.len());
    let indices = offsets(&dims, &steps);
    done(data.pick(dims, indices).with_images(images))
}

/// One part of a constant that is split into a sequence.
pub(super) fn part(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "keepdims"])?;
    let data = reader.any_constant(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(0), data.dims.len())?;
    if data.images == Some(axis) {
        return Err(node.fail("splits the batch; supported: axes of one image"));
    }
    let (first, count) = ops::slice::part_of_split(reader, node, data.dims[axis])?;
    let keeps = node.proto.input.get(1).is_some_and(|sizes| !sizes.is_empty())
        || node.int("keepdims")?.unwrap_or(1) != 0;
    let inner: usize = data.dims[axis + 1..].iter().product();
    let outer: usize = data.dims[..axis].iter().product();
    let mut dims = data.dims.clone();
    dims[axis] = count;
    reader.budget.folded(node, &dims)?;
    let extent = data.dims[axis];
    let rows = (0..outer).flat_map(|row| {
        let start = (row * extent + first) * inner;
        start..start + count * inner
    });
    let mut part = data.pick(dims, rows);
    let mut images = data.images;
    if !keeps {
        part.dims.remove(axis);
        images = images.map(|images| images - usize::from(images > axis));
    }
    done(part.with_images(images))
}
