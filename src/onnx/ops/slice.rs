//! Slices of channels, rows and columns.

use super::super::constant::{Range, Whole};
use super::super::error::Problem;
use super::super::node::Node;
use super::super::reader::{Reader, Tensor, Value};
use crate::graph::{NodeId, Op, Shape, Window};

/// The operator set from which on the cuts are inputs.
const CUTS_INPUT: i64 = 10;

/// What a slice does to one axis.
pub(in super::super) struct Cut {
    /// The axis.
    pub axis: usize,
    /// The first position; negative ones count from the end.
    pub start: i64,
    /// The position after the last; `None` for the batch size.
    pub end: Whole,
    /// The step.
    pub step: i64,
}

/// The cuts of a `Slice` node on a tensor of `rank` axes.
pub(in super::super) fn cuts(
    reader: &Reader<'_>,
    node: Node<'_>,
    rank: usize,
) -> Result<Vec<Cut>, Problem> {
    node.allow(if reader.opset < CUTS_INPUT { &["axes", "ends", "starts"] } else { &[] })?;
    let known = |values: &[i64]| values.iter().copied().map(Some).collect::<Vec<Whole>>();
    let list = |name: &str, position: usize| -> Result<Option<Vec<Whole>>, Problem> {
        if reader.opset < CUTS_INPUT {
            return Ok(node.ints(name).map(known));
        }
        let Some(constant) = reader.optional_constant(node, position)? else { return Ok(None) };
        let values = constant.extents().map(<[Whole]>::to_vec);
        values.map(Some).map_err(|reason| node.fail(format!("input {position} {reason}")))
    };
    let missing = || node.fail("starts or ends are missing");
    let starts = list("starts", 1)?.ok_or_else(missing)?;
    let ends = list("ends", 2)?.ok_or_else(missing)?;
    let count = starts.len();
    let axes = list("axes", 3)?.unwrap_or_else(|| (0..count as i64).map(Some).collect());
    let steps = list("steps", 4)?.unwrap_or_else(|| vec![Some(1); count]);
    if [ends.len(), axes.len(), steps.len()] != [count; 3] {
        return Err(node.fail("starts, ends, axes and steps differ in length"));
    }
    let fixed = |value: Whole| {
        value.ok_or_else(|| node.fail("starts, axes or steps depend on the size of the batch"))
    };
    let mut cuts: Vec<Cut> = Vec::with_capacity(count.min(rank));
    for position in 0..count {
        let axis = node.axis(fixed(axes[position])?, rank)?;
        if cuts.iter().any(|cut| cut.axis == axis) {
            return Err(node.fail(format!("cuts axis {axis} twice")));
        }
        let (start, step) = (fixed(starts[position])?, fixed(steps[position])?);
        cuts.push(Cut { axis, start, end: ends[position], step });
    }
    Ok(cuts)
}

/// `Slice` of channels and of rows and columns; forward steps only.
pub(super) fn slice(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    let tensor = reader.tensor(node, 0)?;
    let shape = reader.graph.shape(tensor.node);
    let extents = [0, shape.channels, shape.height, shape.width];
    let whole = |axis: usize| Range { first: 0, step: 1, count: extents[axis] };
    let mut ranges = [1, 2, 3].map(whole);
    for cut in cuts(reader, node, tensor.rank)? {
        if cut.axis == 0 {
            refuse_part_of_batch(reader, node, &cut)?;
        } else {
            ranges[cut.axis - 1] = range(node, &cut, extents[cut.axis])?;
        }
    }
    let channels = slice_channels(reader, node, tensor.node, shape, ranges[0])?;
    let id = slice_space(reader, node, channels, shape, [ranges[1], ranges[2]])?;
    Ok(Value::Tensor(Tensor { node: id, ..tensor }))
}

fn range(node: Node<'_>, cut: &Cut, extent: usize) -> Result<Range, Problem> {
    let end = cut.end.ok_or_else(|| node.fail("the end depends on the size of the batch"))?;
    match Range::resolve(cut.start, end, cut.step, extent) {
        Some(range) if range.step > 0 && range.count > 0 => Ok(range),
        Some(range) if range.step > 0 => {
            Err(node
                .fail(format!("{}..{end} of axis {} of {extent} is empty", cut.start, cut.axis)))
        }
        _ => Err(node.fail(format!("a step of {}; supported are steps forward", cut.step))),
    }
}

/// Lets a cut pass that keeps all images.
fn refuse_part_of_batch(reader: &Reader<'_>, node: Node<'_>, cut: &Cut) -> Result<(), Problem> {
    let to_the_end = match cut.end {
        None => true,
        Some(end) => end >= i64::from(i32::MAX) || cut.end == reader.batch,
    };
    if cut.start == 0 && cut.step == 1 && to_the_end {
        return Ok(());
    }
    Err(node.fail("takes part of the batch; supported are channels, rows and columns"))
}

fn slice_channels(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    input: NodeId,
    shape: Shape,
    range: Range,
) -> Result<NodeId, Problem> {
    if range.is_whole(shape.channels) {
        return Ok(input);
    }
    if range.step != 1 && range.count > 1 {
        let step = range.step;
        return Err(node.fail(format!("a step of {step} over channels; supported is only 1")));
    }
    let op = Op::ChannelSlice { start: range.first, len: range.count };
    reader.wire(node, "", op, &[input])
}

fn slice_space(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    input: NodeId,
    shape: Shape,
    [rows, columns]: [Range; 2],
) -> Result<NodeId, Problem> {
    if rows.is_whole(shape.height) && columns.is_whole(shape.width) {
        return Ok(input);
    }
    let step = |range: Range| if range.count > 1 { range.step as usize } else { 1 };
    let window = Window {
        top: rows.first as isize,
        left: columns.first as isize,
        height: rows.count,
        width: columns.count,
        stride: [step(rows), step(columns)],
    };
    reader.wire(node, "/window", Op::Window(window), &[input])
}
