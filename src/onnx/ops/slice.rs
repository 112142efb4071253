//! Slices of axes of one image: `Slice`, `Gather` and `Split`.

use super::super::constant::{StridedRange, SymbolicInt};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};

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

/// Some positions of one axis.
fn sliced(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: OnnxTensor,
    axis: usize,
    range: StridedRange,
) -> Result<OnnxTensor, OnnxProblem> {
    if range.is_whole(tensor.view.extent(axis)) {
        return Ok(tensor);
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
        Some(range) if range.step > 0 && range.count > 0 => Ok(range),
        Some(range) if range.step > 0 => {
            Err(node
                .fail(format!("{}..{end} of axis {} of {extent} is empty", cut.start, cut.axis)))
        }
        _ => Err(node.fail(format!("a step of {}; supported: steps forward", cut.step))),
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

/// `Gather` of one position, or of evenly spaced ones.
pub(super) fn gather(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let tensor = reader.tensor(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(0), tensor.rank())?;
    let indices = reader.constant(node, 1)?;
    let positions = indices.ints().map_err(|reason| node.fail(format!("the index {reason}")))?;
    if tensor.view.has_images(axis) {
        return Err(node.fail("takes part of the batch; supported: axes of one image"));
    }
    let extent = tensor.view.extent(axis);
    let evenly = || node.fail("supported: one index, or evenly spaced ones in forward order");
    let size = i64::try_from(extent).unwrap_or(i64::MAX);
    let inside = |&position: &i64| {
        let from_first = if position < 0 { position.saturating_add(size) } else { position };
        usize::try_from(from_first).ok().filter(|&position| position < extent)
    };
    let places: Option<Vec<usize>> = positions.iter().map(inside).collect();
    let places = places.ok_or_else(|| node.fail(format!("an index is not within 0..{extent}")))?;
    let first = *places.first().ok_or_else(evenly)?;
    let step = places.get(1).map_or(Some(1), |next| next.checked_sub(first));
    let step = step.filter(|&step| step > 0).ok_or_else(evenly)?;
    let even = places.iter().enumerate().all(|(k, &place)| place == first + k * step);
    if !even || indices.dims.len() > 1 {
        return Err(evenly());
    }
    let range = StridedRange { first, step: step as i64, count: places.len() };
    let tensor = sliced(reader, node, tensor, axis, range)?;
    let view = match indices.dims.len() {
        0 => tensor.view.without(&[axis]),
        _ => tensor.view.clone(),
    };
    Ok(OnnxValue::Tensor(OnnxTensor { view, ..tensor }))
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
fn sizes(
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
