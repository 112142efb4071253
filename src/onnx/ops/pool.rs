//! Pooling over windows and over whole images.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::geometry::{AxisWindow, axis_windows, list, padding, rounded_up};
use super::{arithmetic, conv, layer_norm, reduce};
use crate::graph::{Axis, ElementFunction, Op, PairFunction, Pool, PoolKind};

/// The operator set from which on `ReduceMean` takes its axes as an input.
pub(super) const REDUCE_AXES_INPUT: i64 = 18;

/// The operator set from which on a reduction takes its axes as an input.
pub(in super::super) fn reduce_axes_input(operator: &str) -> i64 {
    if operator == "ReduceSum" { 13 } else { REDUCE_AXES_INPUT }
}

const WINDOW: [&str; 6] = ["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides"];

/// `MaxPool`; padding never wins.
pub(super) fn max(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[&WINDOW[..], &["storage_order"]].concat())?;
    if node.proto.output.len() > 1 {
        return Err(node.fail("gives the positions of the largest values, which is not supported"));
    }
    let tensor = reader.tensor(node, 0)?;
    let windows = windows(reader, node, &tensor)?;
    pooled(reader, node, tensor, &windows, PoolKind::Max).map(OnnxValue::Tensor)
}

/// `AveragePool`; padding counts as zeros if the node says so, else not at all.
pub(super) fn average(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[&WINDOW[..], &["count_include_pad"]].concat())?;
    let counts = node.int("count_include_pad")?.unwrap_or(0) != 0;
    let tensor = reader.tensor(node, 0)?;
    averaged(reader, node, tensor, counts).map(OnnxValue::Tensor)
}

fn averaged(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    mut tensor: OnnxTensor,
    counts: bool,
) -> Result<OnnxTensor, OnnxProblem> {
    let mut windows = windows(reader, node, &tensor)?;
    let plain = plain_windows(reader, node, &tensor)?;
    let mut count_padding = counts;
    if counts && windows != plain {
        // The padding counts, but not what the last window reaches beyond it: zeros become values.
        for (axis, (window, plain)) in windows.iter_mut().zip(&plain).enumerate() {
            let around = [plain.before, plain.after];
            tensor = conv::with_zeros(reader, node, &tensor, axis + 2, around)?;
            (window.before, window.after) = (0, window.after - plain.after);
        }
        count_padding = false;
    }
    pooled(reader, node, tensor, &windows, PoolKind::Average { count_padding })
}

/// `LpPool`: a root of the sum of powers.
pub(super) fn lp(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[&WINDOW[..], &["p"]].concat())?;
    let tensor = reader.tensor(node, 0)?;
    let kernel = kernel(node, tensor.rank())?;
    let p = node.int("p")?.unwrap_or(2);
    let powers = reduce::powers(reader, node, &tensor, p)?;
    let mean = averaged(reader, node, powers, true)?;
    let count = kernel.iter().product::<usize>() as f32;
    let sum = arithmetic::each(reader, node, "/sum", &mean, Op::Scale(count))?;
    reduce::root(reader, node, &sum, p).map(OnnxValue::Tensor)
}

fn kernel(node: OnnxNode<'_>, rank: usize) -> Result<Vec<usize>, OnnxProblem> {
    if node.ints("kernel_shape").is_none() {
        return Err(node.fail("attribute kernel_shape is missing"));
    }
    match rank.checked_sub(2) {
        Some(count @ 1..=3) => list(node, "kernel_shape", count),
        _ => Err(node.fail(format!("takes images [n, c, h, w], but was given {rank} axes"))),
    }
}

/// The windows without what `ceil_mode` adds.
fn plain_windows(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
) -> Result<Vec<AxisWindow>, OnnxProblem> {
    let own = || tensor.view.describe(reader.batch);
    if tensor.view.images_axis().is_some_and(|axis| axis > 0) || tensor.rank() < 3 {
        return Err(node.fail(format!("takes images [n, c, h, w], but was given {}", own())));
    }
    let kernel = kernel(node, tensor.rank())?;
    axis_windows(node, &kernel, &extents(tensor))
}

fn extents(tensor: &OnnxTensor) -> Vec<usize> {
    (2..tensor.rank()).map(|axis| tensor.view.extent(axis)).collect()
}

fn windows(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
) -> Result<Vec<AxisWindow>, OnnxProblem> {
    let mut windows = plain_windows(reader, node, tensor)?;
    let more = rounded_up(node, &windows, &extents(tensor))?;
    windows.iter_mut().zip(more).for_each(|(window, more)| window.after += more);
    Ok(windows)
}

/// Pools the last axes: rows and columns at once, further ones by themselves.
fn pooled(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: OnnxTensor,
    windows: &[AxisWindow],
    kind: PoolKind,
) -> Result<OnnxTensor, OnnxProblem> {
    if windows.iter().any(|window| window.dilation > 1) {
        return dilated(reader, node, tensor, windows, kind);
    }
    let first = tensor.rank() - windows.len();
    let mut pooled = tensor;
    let mut axis = pooled.rank();
    for pair in windows.rchunks(2) {
        axis -= pair.len();
        let neutral = AxisWindow { kernel: 1, dilation: 1, stride: 1, before: 0, after: 0 };
        let (rows, columns) = match *pair {
            [rows, columns] => (rows, columns),
            [columns] => (neutral, columns),
            _ => continue,
        };
        let (row, column) =
            if pair.len() == 2 { (vec![axis], axis + 1) } else { (Vec::new(), axis) };
        let used = |other: &usize| *other == column || row.contains(other);
        let rest: Vec<usize> = (0..pooled.rank()).filter(|other| !used(other)).collect();
        let laid = reader.lay_out(node, &pooled, &[rest, row.clone(), vec![column]])?;
        let pool = Pool {
            kind,
            kernel: [rows.kernel, columns.kernel],
            stride: [rows.stride, columns.stride],
            padding: padding(rows, columns),
        };
        let part = if axis == first { "" } else { "/first" };
        let id = reader.wire(node, part, Op::Pool(pool), &[laid.node])?;
        let shape = reader.graph.shape(id);
        let mut view = laid.view.with_extent(column, Axis::Column, shape.width);
        if let &[row] = row.as_slice() {
            view = view.with_extent(row, Axis::Row, shape.height);
        }
        pooled = OnnxTensor { node: id, view };
    }
    Ok(pooled)
}

/// The largest values of windows with gaps: those of each position of the window, compared. A position
/// outside the image stands for one inside.
fn dilated(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: OnnxTensor,
    windows: &[AxisWindow],
    kind: PoolKind,
) -> Result<OnnxTensor, OnnxProblem> {
    if kind != PoolKind::Max {
        return Err(node.fail("attribute dilations: averages are supported only without dilation"));
    }
    let mut pooled = tensor;
    for (position, window) in windows.iter().enumerate() {
        let axis = position + 2;
        let extent = pooled.view.extent(axis);
        let size = window.size(extent).ok_or_else(|| node.fail("a window does not fit"))?;
        let size = node.extent("an extent of the result", size as i64, 1)?;
        let place = |at: usize, tap: usize| {
            let from = (at * window.stride + tap * window.dilation).checked_sub(window.before)?;
            (from < extent).then_some(from)
        };
        let inside = |at: usize| (0..window.kernel).find_map(|tap| place(at, tap));
        let mut largest: Option<OnnxTensor> = None;
        for tap in 0..window.kernel {
            let from = |at: usize| place(at, tap).or_else(|| inside(at));
            let positions: Option<Vec<usize>> = (0..size).map(from).collect();
            let positions = positions.ok_or_else(|| node.fail("a window lies in the padding"))?;
            let values = reader.picked(node, &pooled, axis, &positions)?;
            largest = Some(match largest {
                None => values,
                Some(before) => {
                    arithmetic::paired(reader, node, [&before, &values], PairFunction::Max)?
                }
            });
        }
        pooled = largest.ok_or_else(|| node.fail("an empty window"))?;
    }
    Ok(pooled)
}

/// `GlobalAveragePool`, `GlobalMaxPool` and `GlobalLpPool`.
pub(super) fn global(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(if node.operator() == "GlobalLpPool" { &["p"] } else { &[] })?;
    let tensor = reader.tensor(node, 0)?;
    if tensor.rank() < 3 || tensor.view.has_images(1) {
        let own = tensor.view.describe(reader.batch);
        return Err(node.fail(format!("takes images [n, c, h, w], but was given {own}")));
    }
    let axes: Vec<usize> = (2..tensor.rank()).collect();
    let value = match node.operator() {
        "GlobalMaxPool" => reduce::largest(reader, node, &tensor, &axes)?,
        "GlobalLpPool" => {
            let p = node.int("p")?.unwrap_or(2);
            let powers = reduce::powers(reader, node, &tensor, p)?;
            let sum = reduce::sum(reader, node, &powers, &axes)?;
            reduce::root(reader, node, &sum, p)?
        }
        _ => reduce::mean(reader, node, &tensor, &axes)?,
    };
    Ok(OnnxValue::Tensor(value))
}

/// `ReduceMean` over axes of one image: the beginning of a layer normalisation, or a mean.
pub(super) fn reduce_mean<'m>(
    reader: &mut ModelReader<'m>,
    node: OnnxNode<'m>,
) -> Result<OnnxValue, OnnxProblem> {
    if let Some(value) = layer_norm::from_mean(reader, node)? {
        return Ok(value);
    }
    reduce::reduce(reader, node)
}

/// The values to the power of a whole number, without their sign.
pub(super) fn power_of(p: i64) -> ElementFunction {
    match p {
        1 => ElementFunction::Abs,
        p => ElementFunction::Power(p as f32),
    }
}
