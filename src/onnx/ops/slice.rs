//! Slices of axes of one image: `Slice`, `Gather` and `Split`.

use super::super::constant::{StridedRange, SymbolicInt};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::view::AxisFactor;

/// The operator set from which on the cuts are inputs.
const CUTS_INPUT: i64 = 10;

/// What a slice does to one axis.
pub(in super::super) struct SliceCut {
    /// The axis.
    pub axis: usize,
    /// The first position; negative ones count from the end.
    pub start: i64,
    /// The position after the last.
    pub end: SymbolicInt,
    /// The step.
    pub step: i64,
}

/// The cuts of a `Slice` node on a tensor of `rank` axes.
pub(in super::super) fn cuts(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    rank: usize,
) -> Result<Vec<SliceCut>, OnnxProblem> {
    node.allow(if reader.opset < CUTS_INPUT { &["axes", "ends", "starts"] } else { &[] })?;
    let known = |values: &[i64]| values.iter().copied().map(SymbolicInt::Known).collect::<Vec<_>>();
    let list = |name: &str, position: usize| -> Result<Option<Vec<SymbolicInt>>, OnnxProblem> {
        if reader.opset < CUTS_INPUT {
            return Ok(node.ints(name).map(known));
        }
        let Some(constant) = reader.optional_constant(node, position)? else { return Ok(None) };
        let values = constant.extents().map(<[SymbolicInt]>::to_vec);
        values.map(Some).map_err(|reason| node.fail(format!("input {position} {reason}")))
    };
    let missing = || node.fail("starts or ends are missing");
    let starts = list("starts", 1)?.ok_or_else(missing)?;
    let ends = list("ends", 2)?.ok_or_else(missing)?;
    let count = starts.len();
    let axes =
        list("axes", 3)?.unwrap_or_else(|| (0..count as i64).map(SymbolicInt::Known).collect());
    let steps = list("steps", 4)?.unwrap_or_else(|| vec![SymbolicInt::Known(1); count]);
    if [ends.len(), axes.len(), steps.len()] != [count; 3] {
        return Err(node.fail("starts, ends, axes and steps differ in length"));
    }
    let fixed = |value: SymbolicInt| {
        let known = value.known();
        known.ok_or_else(|| node.fail("starts, axes or steps depend on the size of the batch"))
    };
    let mut cuts: Vec<SliceCut> = Vec::with_capacity(count.min(rank));
    for position in 0..count {
        let axis = node.axis(fixed(axes[position])?, rank)?;
        if cuts.iter().any(|cut| cut.axis == axis) {
            return Err(node.fail(format!("cuts axis {axis} twice")));
        }
        let (start, step) = (fixed(starts[position])?, fixed(steps[position])?);
        cuts.push(SliceCut { axis, start, end: ends[position], step });
    }
    Ok(cuts)
}

/// `Slice` in forward steps.
pub(super) fn slice(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    let mut tensor = reader.tensor(node, 0)?;
    for cut in cuts(reader, node, tensor.rank())? {
        if tensor.view.has_images(cut.axis) {
            refuse_part_of_batch(reader, node, &tensor, &cut)?;
        } else {
            let range = range(node, &cut, tensor.view.extent(cut.axis))?;
            tensor = sliced(reader, node, tensor, cut.axis, range)?;
        }
    }
    Ok(OnnxValue::Tensor(tensor))
}

/// Some positions of one axis, forward or backward.
pub(super) fn sliced(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: OnnxTensor,
    axis: usize,
    range: StridedRange,
) -> Result<OnnxTensor, OnnxProblem> {
    if range.is_whole(tensor.view.extent(axis)) {
        return Ok(tensor);
    }
    if range.step < 0 {
        let positions: Vec<usize> = range.positions().collect();
        return reader.picked(node, &tensor, axis, &positions);
    }
    if let Some(view) = tensor.view.sliced(axis, range) {
        return Ok(OnnxTensor { view, ..tensor });
    }
    let laid = reader.lay_out(node, &tensor, &tensor.view.layout_around(axis))?;
    let mixed = || node.fail("takes part of an axis that images are along, which is not supported");
    let view = laid.view.sliced(axis, range).ok_or_else(mixed)?;
    Ok(OnnxTensor { view, ..laid })
}

fn range(node: OnnxNode<'_>, cut: &SliceCut, extent: usize) -> Result<StridedRange, OnnxProblem> {
    let end = cut.end.known();
    let end = end.ok_or_else(|| node.fail("the end depends on the size of the batch"))?;
    match StridedRange::resolve(cut.start, end, cut.step, extent) {
        Some(range) if range.count > 0 => Ok(range),
        Some(_) => {
            Err(node
                .fail(format!("{}..{end} of axis {} of {extent} is empty", cut.start, cut.axis)))
        }
        None => Err(node.fail("a step of 0")),
    }
}

/// Lets a cut pass that keeps all images.
fn refuse_part_of_batch(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    cut: &SliceCut,
) -> Result<(), OnnxProblem> {
    let all = tensor.view.dim(cut.axis, reader.batch);
    let to_the_end = match (cut.end, all) {
        (SymbolicInt::Known(end), SymbolicInt::Known(all)) => end >= all,
        (SymbolicInt::Known(end), SymbolicInt::Images(_)) => end >= i64::from(i32::MAX),
        (end, all) => end == all,
    };
    if cut.start == 0 && cut.step == 1 && to_the_end {
        return Ok(());
    }
    Err(node.fail("takes part of the batch; supported: axes of one image"))
}

/// `Gather` of any positions.
pub(super) fn gather(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let tensor = reader.tensor(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(0), tensor.rank())?;
    let indices = reader.constant(node, 1)?;
    let positions = indices.ints().map_err(|reason| node.fail(format!("the index {reason}")))?;
    gathered(reader, node, tensor, axis, (&positions, &indices.dims)).map(OnnxValue::Tensor)
}

/// Positions of one axis, in the shape of the index.
fn gathered(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: OnnxTensor,
    axis: usize,
    (positions, dims): (&[i64], &[usize]),
) -> Result<OnnxTensor, OnnxProblem> {
    if tensor.view.has_images(axis) {
        return gathered_of_each_image(reader, node, tensor, axis, (positions, dims));
    }
    let extent = tensor.view.extent(axis);
    let size = i64::try_from(extent).unwrap_or(i64::MAX);
    let inside = |&position: &i64| {
        let from_first = if position < 0 { position.saturating_add(size) } else { position };
        usize::try_from(from_first).ok().filter(|&position| position < extent)
    };
    let places: Option<Vec<usize>> = positions.iter().map(inside).collect();
    let places = places.ok_or_else(|| node.fail(format!("an index is not within 0..{extent}")))?;
    let &first = places.first().ok_or_else(|| node.fail("the index is empty"))?;
    let step = places.get(1).map_or(Some(1), |next| next.checked_sub(first));
    let even = step
        .filter(|&step| step > 0)
        .filter(|step| places.iter().enumerate().all(|(k, &place)| place == first + k * step));
    let picked = match even {
        Some(step) => {
            let range = StridedRange { first, step: step as i64, count: places.len() };
            sliced(reader, node, tensor, axis, range)?
        }
        None => reader.picked(node, &tensor, axis, &places)?,
    };
    match dims {
        [] => {
            let view = picked.view.without(&[axis]);
            Ok(OnnxTensor { view, ..picked })
        }
        [_] => Ok(picked),
        _ => split_axis(reader, node, picked, axis, dims),
    }
}

/// Positions of the axis of the images that are the same for every image, as exporters write a strided view
/// of a whole tensor. Refuses an index that mixes images.
fn gathered_of_each_image(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    mut tensor: OnnxTensor,
    axis: usize,
    (positions, dims): (&[i64], &[usize]),
) -> Result<OnnxTensor, OnnxProblem> {
    let own = of_each_image(reader, node, positions, tensor.view.extent(axis))?;
    let images = positions.len() / own.len();
    let images_lead = tensor.view.axes[axis].first() == Some(&AxisFactor::Images);
    let Some((&first, rest)) = dims.split_first().filter(|(first, _)| first.is_multiple_of(images))
    else {
        return Err(mixes_images(node));
    };
    if !images_lead {
        return Err(mixes_images(node));
    }
    tensor.view.axes[axis].remove(0);
    let dims = [&[first / images], rest].concat();
    let mut picked = gathered(reader, node, tensor, axis, (&own, &dims))?;
    picked.view.axes[axis].insert(0, AxisFactor::Images);
    Ok(picked)
}

/// Positions in an axis of all images, `extent` of each, as those of one image, if they are the same for every
/// image and in the order of the images.
pub(super) fn of_each_image(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    positions: &[i64],
    extent: usize,
) -> Result<Vec<i64>, OnnxProblem> {
    let images = reader.batch.known().and_then(|images| usize::try_from(images).ok());
    let images = images.filter(|&images| images > 0 && positions.len().is_multiple_of(images));
    let images = images.filter(|_| !positions.is_empty()).ok_or_else(|| mixes_images(node))?;
    let extent = i64::try_from(extent).unwrap_or(i64::MAX);
    let all = extent.saturating_mul(i64::try_from(images).unwrap_or(i64::MAX));
    let from_first =
        |&position: &i64| if position < 0 { position.saturating_add(all) } else { position };
    let own: Vec<i64> = positions[..positions.len() / images].iter().map(from_first).collect();
    let in_step = positions.chunks(own.len()).zip(0..).all(|(chunk, image)| {
        let places = chunk.iter().map(from_first);
        places.zip(&own).all(|(place, own)| place.checked_sub(*own) == Some(extent * image))
    });
    let inside = own.iter().all(|place| (0..extent).contains(place));
    if in_step && inside { Ok(own) } else { Err(mixes_images(node)) }
}

fn mixes_images(node: OnnxNode<'_>) -> OnnxProblem {
    node.fail("takes part of the batch; supported: the same positions of each image")
}

/// One axis as several.
pub(super) fn split_axis(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: OnnxTensor,
    axis: usize,
    dims: &[usize],
) -> Result<OnnxTensor, OnnxProblem> {
    let laid = match tensor.view.axes[axis].as_slice() {
        [] | [_] => tensor,
        _ => reader.lay_out(node, &tensor, &tensor.view.layout_around(axis))?,
    };
    let view = laid.view.split(axis, dims);
    let view = view.ok_or_else(|| node.fail(format!("axis {axis} does not become {dims:?}")))?;
    Ok(OnnxTensor { view, ..laid })
}

/// `GatherND` of the first axes.
pub(super) fn gather_nd(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["batch_dims"])?;
    node.only("batch_dims", 0)?;
    let tensor = reader.tensor(node, 0)?;
    let indices = reader.constant(node, 1)?;
    let values = indices.ints().map_err(|reason| node.fail(format!("the index {reason}")))?;
    let (&depth, dims) = indices.dims.split_last().ok_or_else(|| node.fail("a single index"))?;
    if depth == 0 || depth > tensor.rank() {
        return Err(node.fail(format!("indices of {depth} axes of {}", tensor.rank())));
    }
    let mut flat = Vec::with_capacity(values.len() / depth);
    for index in values.chunks_exact(depth) {
        let mut position = 0;
        for (axis, &at) in index.iter().enumerate() {
            let extent = tensor.view.extent(axis) as i64;
            let at = if at < 0 { at.saturating_add(extent) } else { at };
            if !(0..extent).contains(&at) {
                return Err(node.fail(format!("an index is not within 0..{extent}")));
            }
            position = position * extent + at;
        }
        flat.push(position);
    }
    let merged = OnnxTensor { node: tensor.node, view: tensor.view.joined(0..depth) };
    gathered(reader, node, merged, 0, (&flat, dims)).map(OnnxValue::Tensor)
}

/// `GatherElements` whose index is the same along all other axes.
pub(super) fn gather_elements(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let tensor = reader.tensor(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(0), tensor.rank())?;
    let indices = reader.constant(node, 1)?;
    let values = indices.ints().map_err(|reason| node.fail(format!("the index {reason}")))?;
    let fits = indices.dims.len() == tensor.rank()
        && (0..tensor.rank()).all(|other| {
            other == axis
                || SymbolicInt::Known(indices.dims[other] as i64)
                    == tensor.view.dim(other, reader.batch)
        });
    if !fits {
        return Err(node.fail(format!("an index of shape {:?}", indices.dims)));
    }
    let count = indices.dims[axis];
    let inner: usize = indices.dims[axis + 1..].iter().product();
    let first: Vec<i64> = (0..count).map(|at| values[at * inner]).collect();
    let same = values.iter().enumerate().all(|(at, &value)| value == first[at / inner % count]);
    if !same {
        return Err(node.fail("an index that differs along other axes is not supported"));
    }
    gathered(reader, node, tensor, axis, (&first, &[count])).map(OnnxValue::Tensor)
}

/// The operator set from which on the sizes of `Split` are an input.
const SPLIT_INPUT: i64 = 13;

/// `Split` along one axis of an image.
pub(super) fn split<'m>(
    reader: &mut ModelReader<'m>,
    node: OnnxNode<'m>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "num_outputs", "split"])?;
    let tensor = reader.tensor(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(0), tensor.rank())?;
    if tensor.view.has_images(axis) {
        return Err(node.fail("splits the batch; supported: axes of one image"));
    }
    let extent = tensor.view.extent(axis);
    let sizes = sizes(reader, node, extent)?;
    let mut first = 0;
    let mut values = Vec::with_capacity(sizes.len());
    for count in sizes {
        let range = StridedRange { first, step: 1, count };
        values.push(OnnxValue::Tensor(sliced(reader, node, tensor.clone(), axis, range)?));
        first += count;
    }
    let mut values = values.into_iter();
    let head = values.next().ok_or_else(|| node.fail("has no output"))?;
    for (position, value) in values.enumerate() {
        reader.give(node, position + 1, value)?;
    }
    Ok(head)
}

/// How many positions each output of a `Split` takes: as the node says, or equally many, the last one
/// fewer.
pub(in super::super) fn sizes(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    extent: usize,
) -> Result<Vec<usize>, OnnxProblem> {
    let outputs = node.proto.output.len();
    let given = if reader.opset < SPLIT_INPUT {
        node.ints("split").map(<[i64]>::to_vec)
    } else {
        let sizes = reader.optional_constant(node, 1)?.map(|sizes| sizes.ints());
        sizes.transpose().map_err(|reason| node.fail(format!("input 1 {reason}")))?
    };
    let sizes: Vec<usize> = match given {
        Some(sizes) => {
            let size = |&size: &i64| usize::try_from(size).unwrap_or(0);
            sizes.iter().map(size).collect()
        }
        None => {
            let size = extent.div_ceil(outputs.max(1));
            (0..outputs).map(|output| extent.saturating_sub(output * size).min(size)).collect()
        }
    };
    let sum = sizes.iter().fold(0_usize, |sum, &size| sum.saturating_add(size));
    if sizes.len() != outputs || sizes.contains(&0) || sum != extent {
        return Err(node.fail(format!("{outputs} outputs of sizes {sizes:?} for {extent} values")));
    }
    Ok(sizes)
}

/// Where a part of a `SplitToSequence` begins and how long it is: the sizes are one for all parts, one for
/// each, or 1 without them, and the axis has an extent.
pub(in super::super) fn part_of_split(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    extent: usize,
) -> Result<(usize, usize), OnnxProblem> {
    let ints = |position: usize| -> Result<Option<Vec<i64>>, OnnxProblem> {
        let constant = reader.optional_constant(node, position)?;
        let ints = constant.map(|constant| constant.ints()).transpose();
        ints.map_err(|reason| node.fail(format!("input {position} {reason}")))
    };
    let sizes = ints(1)?;
    let single = match reader.optional_constant(node, 1)? {
        Some(sizes) => sizes.dims.is_empty(),
        None => true,
    };
    let size = |value: i64| usize::try_from(value).ok().filter(|&size| size > 0);
    let parts: Option<Vec<usize>> = match sizes {
        Some(sizes) if !single => sizes.into_iter().map(size).collect(),
        given => {
            let size = given.and_then(|sizes| sizes.first().copied()).map_or(Some(1), size);
            size.map(|size| {
                (0..extent.div_ceil(size)).map(|at| (extent - at * size).min(size)).collect()
            })
        }
    };
    let parts = parts.ok_or_else(|| node.fail("a size is not above 0"))?;
    let count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    let position = match ints(2)?.as_deref() {
        Some(&[at]) if at < 0 => at + count,
        Some(&[at]) => at,
        _ => return Err(node.fail("takes one position")),
    };
    let position = usize::try_from(position).ok().filter(|&at| at < parts.len());
    let position = position.ok_or_else(|| node.fail(format!("not one of {count} parts")))?;
    let first = parts[..position].iter().fold(0_usize, |sum, &size| sum.saturating_add(size));
    if first.saturating_add(parts[position]) > extent {
        return Err(node.fail(format!("parts {parts:?} of {extent} values")));
    }
    Ok((first, parts[position]))
}

/// One part of a tensor that is split into a sequence.
pub(super) fn part(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "keepdims"])?;
    let tensor = reader.tensor(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(0), tensor.rank())?;
    if tensor.view.has_images(axis) {
        return Err(node.fail("splits the batch; supported: axes of one image"));
    }
    let (first, count) = part_of_split(reader, node, tensor.view.extent(axis))?;
    let range = StridedRange { first, step: 1, count };
    let mut part = sliced(reader, node, tensor, axis, range)?;
    if !reader.is_constant(node, 1) && node.int("keepdims")?.unwrap_or(1) == 0 {
        part.view = part.view.without(&[axis]);
    }
    Ok(OnnxValue::Tensor(part))
}
