//! Reductions over axes of one image: kept axes become channels, the others rows and columns, of which a
//! pool takes the mean or the largest value.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::{arithmetic, pool, shape};
use crate::graph::{ElementFunction, Op, Padding, PairFunction, Pool, PoolKind};

/// `ReduceSum`, `ReduceMax` and the like.
pub(super) fn reduce(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axes", "keepdims", "noop_with_empty_axes"])?;
    let tensor = reader.tensor(node, 0)?;
    let rank = tensor.rank();
    let axes = shape::axes(reader, node, rank, pool::reduce_axes_input(node.operator()))?;
    let mut axes = axes.unwrap_or_default();
    if axes.is_empty() {
        if node.int("noop_with_empty_axes")?.unwrap_or(0) != 0 {
            return Ok(OnnxValue::Tensor(tensor));
        }
        axes = (0..rank).collect();
    }
    let value = reduced(reader, node, &tensor, &axes)?;
    if node.int("keepdims")?.unwrap_or(1) != 0 {
        return Ok(OnnxValue::Tensor(value));
    }
    let view = value.view.without(&axes);
    Ok(OnnxValue::Tensor(OnnxTensor { view, ..value }))
}

fn reduced(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    axes: &[usize],
) -> Result<OnnxTensor, OnnxProblem> {
    match node.operator() {
        "ReduceMax" => largest(reader, node, tensor, axes),
        "ReduceMin" => {
            let negative = arithmetic::each(reader, node, "/negative", tensor, Op::Scale(-1.0))?;
            let most = largest(reader, node, &negative, axes)?;
            arithmetic::each(reader, node, "/least", &most, Op::Scale(-1.0))
        }
        "ReduceSum" => sum(reader, node, tensor, axes),
        "ReduceL1" => {
            let powers = powers(reader, node, tensor, 1)?;
            sum(reader, node, &powers, axes)
        }
        "ReduceL2" => {
            let powers = powers(reader, node, tensor, 2)?;
            let sum = sum(reader, node, &powers, axes)?;
            root(reader, node, &sum, 2)
        }
        "ReduceSumSquare" => {
            let powers = powers(reader, node, tensor, 2)?;
            sum(reader, node, &powers, axes)
        }
        "ReduceLogSum" => {
            let sum = sum(reader, node, tensor, axes)?;
            arithmetic::each(reader, node, "/log", &sum, Op::Map(ElementFunction::Log))
        }
        "ReduceLogSumExp" => log_sum_exp(reader, node, tensor, axes),
        "ReduceProd" => product(reader, node, tensor, axes),
        _ => mean(reader, node, tensor, axes),
    }
}

/// The values of a tensor with the axes that are reduced as rows and columns, all others as channels.
fn laid_out(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    axes: &[usize],
) -> Result<OnnxTensor, OnnxProblem> {
    if axes.is_empty() || axes.iter().any(|&axis| tensor.view.has_images(axis)) {
        return Err(node.fail(format!(
            "axes {axes:?} of {}; supported: some of the axes of one image",
            tensor.view.describe(reader.batch)
        )));
    }
    let kept: Vec<usize> = (0..tensor.rank()).filter(|axis| !axes.contains(axis)).collect();
    reader.with_channels(node, tensor, &kept)
}

fn without(mut tensor: OnnxTensor, axes: &[usize]) -> OnnxTensor {
    axes.iter().for_each(|&axis| tensor.view.axes[axis].clear());
    tensor
}

/// The mean over some axes, which stay with an extent of 1.
pub(super) fn mean(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    axes: &[usize],
) -> Result<OnnxTensor, OnnxProblem> {
    let laid = laid_out(reader, node, tensor, axes)?;
    let id = reader.wire(node, "", Op::GlobalAvgPool, &[laid.node])?;
    Ok(without(OnnxTensor { node: id, view: laid.view }, axes))
}

/// The sum over some axes.
pub(super) fn sum(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    axes: &[usize],
) -> Result<OnnxTensor, OnnxProblem> {
    let mean = mean(reader, node, tensor, axes)?;
    let count: usize = axes.iter().map(|&axis| tensor.view.extent(axis)).product();
    if count == 1 {
        return Ok(mean);
    }
    arithmetic::each(reader, node, "/sum", &mean, Op::Scale(count as f32))
}

/// The largest value over some axes.
pub(super) fn largest(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    axes: &[usize],
) -> Result<OnnxTensor, OnnxProblem> {
    let laid = laid_out(reader, node, tensor, axes)?;
    let shape = reader.shape_of(&laid);
    let pool = Pool {
        kind: PoolKind::Max,
        kernel: [shape.height, shape.width],
        stride: [1, 1],
        padding: Padding::default(),
    };
    let id = reader.wire(node, "", Op::Pool(pool), &[laid.node])?;
    Ok(without(OnnxTensor { node: id, view: laid.view }, axes))
}

/// The values to a whole power, without their sign.
pub(super) fn powers(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    p: i64,
) -> Result<OnnxTensor, OnnxProblem> {
    if !(1..=16).contains(&p) {
        return Err(node.fail(format!("attribute p is {p}; supported: 1 to 16")));
    }
    let mut values = tensor.clone();
    if p > 1 && p % 2 == 1 {
        let op = Op::Map(ElementFunction::Abs);
        values = arithmetic::each(reader, node, "/size", tensor, op)?;
    }
    arithmetic::each(reader, node, "/power", &values, Op::Map(pool::power_of(p)))
}

/// The root that belongs to a sum of powers.
pub(super) fn root(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    p: i64,
) -> Result<OnnxTensor, OnnxProblem> {
    let function = match p {
        1 => return Ok(tensor.clone()),
        2 => ElementFunction::Sqrt,
        p => ElementFunction::Power(1.0 / p as f32),
    };
    arithmetic::each(reader, node, "/root", tensor, Op::Map(function))
}

/// `ln sum exp(x)` as `m + ln sum exp(x - m)` for the largest value `m`.
fn log_sum_exp(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    axes: &[usize],
) -> Result<OnnxTensor, OnnxProblem> {
    let most = largest(reader, node, tensor, axes)?;
    let negative = arithmetic::each(reader, node, "/negative", &most, Op::Scale(-1.0))?;
    let shifted = arithmetic::added(reader, node, &[tensor.clone(), negative])?;
    let powers = arithmetic::each(reader, node, "/exp", &shifted, Op::Map(ElementFunction::Exp))?;
    let sum = sum(reader, node, &powers, axes)?;
    let log = arithmetic::each(reader, node, "/log", &sum, Op::Map(ElementFunction::Log))?;
    arithmetic::added(reader, node, &[log, most])
}

/// The product over some axes, half by half.
fn product(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    axes: &[usize],
) -> Result<OnnxTensor, OnnxProblem> {
    let mut product = tensor.clone();
    for &axis in axes {
        if tensor.view.has_images(axis) {
            return Err(node.fail("multiplies images with each other"));
        }
        while product.view.extent(axis) > 1 {
            let extent = product.view.extent(axis);
            let half = extent / 2;
            let pick = |first: usize, count: usize| (first..first + count).collect::<Vec<_>>();
            let low = reader.picked(node, &product, axis, &pick(0, half))?;
            let high = reader.picked(node, &product, axis, &pick(half, half))?;
            let OnnxValue::Tensor(mut both) = arithmetic::product(reader, node, &low, &high)?
            else {
                return Err(node.fail("depends on nothing"));
            };
            if extent % 2 == 1 {
                let last = reader.picked(node, &product, axis, &[extent - 1])?;
                if half == 1 {
                    let value = arithmetic::product(reader, node, &both, &last)?;
                    let OnnxValue::Tensor(value) = value else { continue };
                    both = value;
                } else {
                    // The odd position multiplies the first one.
                    let first = reader.picked(node, &both, axis, &[0])?;
                    let rest = reader.picked(node, &both, axis, &pick(1, half - 1))?;
                    let value = arithmetic::product(reader, node, &first, &last)?;
                    let OnnxValue::Tensor(first) = value else { continue };
                    both = joined(reader, node, &first, &rest, axis)?;
                }
            }
            product = both;
        }
    }
    Ok(product)
}

/// Two tensors one behind the other along an axis.
fn joined(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    first: &OnnxTensor,
    rest: &OnnxTensor,
    axis: usize,
) -> Result<OnnxTensor, OnnxProblem> {
    let (a, b) = (first.view.extent(axis), rest.view.extent(axis));
    let row = |at: usize, lead: usize, count: usize| {
        let from = at.checked_sub(lead).filter(|&from| from < count);
        from.map(|from| (from, 1.0)).into_iter().collect::<Vec<_>>()
    };
    let rows =
        |lead: usize, count: usize| (0..a + b).map(|at| row(at, lead, count)).collect::<Vec<_>>();
    let first = reader.resampled(node, "/front", (first, axis), &rows(0, a))?;
    let rest = reader.resampled(node, "/rest", (rest, axis), &rows(a, b))?;
    arithmetic::added(reader, node, &[first, rest])
}

/// `LpNormalization` along one axis: `x / norm`.
pub(super) fn lp_normalisation(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "p"])?;
    let tensor = reader.tensor(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(-1), tensor.rank())?;
    let p = node.int("p")?.unwrap_or(2);
    let powers = powers(reader, node, &tensor, p)?;
    let sum = sum(reader, node, &powers, &[axis])?;
    let norm = root(reader, node, &sum, p)?;
    arithmetic::paired(reader, node, [&tensor, &norm], PairFunction::Div).map(OnnxValue::Tensor)
}
