//! Folding of operators that cut, join and repeat axes.

use super::super::constant::{
    ConstantData, ConstantTensor, StridedRange, SymbolicInt, offsets, strides,
};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::ops;
use super::super::reader::{ModelReader, OnnxValue};
use super::{done, elementwise};

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
