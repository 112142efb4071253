//! Elementwise operators, and operators that change nothing.

use super::super::constant::ConstantTensor;
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::proto::DataType;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use crate::graph::{Axis, AxisDigit, Op, PairFunction, Rearrange, Shape};

/// `Add` and `Sum`; constants become parameters.
pub(super) fn add(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    if reader.is_absorbed(node) {
        return reader.any_tensor(node).map(OnnxValue::Tensor);
    }
    let operands = reader.all_operands(node)?;
    sum(reader, node, &operands)
}

/// `Sub`.
pub(super) fn sub(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let operands = reader.all_operands(node)?;
    let [a, b] = operands.as_slice() else { return Err(node.fail("takes two inputs")) };
    let negative = reader.wire(node, "/negative", Op::Scale(-1.0), &[b.node])?;
    let b = OnnxTensor { node: negative, ..b.clone() };
    sum(reader, node, &[a.clone(), b])
}

/// The sum of tensors, of a single one that itself.
pub(super) fn sum(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    terms: &[OnnxTensor],
) -> Result<OnnxValue, OnnxProblem> {
    let (first, rest) = terms.split_first().ok_or_else(|| node.fail("has no input"))?;
    let (mut nodes, mut all) = (vec![first.node], first.clone());
    for term in rest {
        let ([before, after], view) = reader.pair(node, &all, term)?;
        for id in &mut nodes {
            *id = reader.place(node, *id, before)?;
        }
        nodes.push(reader.place(node, term.node, after)?);
        all = OnnxTensor { node: nodes[0], view };
    }
    if nodes.len() > 1 {
        all.node = reader.wire(node, "", Op::Add, &nodes)?;
    }
    Ok(OnnxValue::Tensor(all))
}

/// `Mul`; by one constant number as a scale, by other constants as parameters.
pub(super) fn mul(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let tensor = reader.any_tensor(node)?;
    for position in [0, 1] {
        if let Some(factor) = number(reader, node, position, &tensor) {
            return scaled(reader, node, &tensor, factor);
        }
    }
    let operands = reader.all_operands(node)?;
    let [a, b] = operands.as_slice() else { return Err(node.fail("takes two inputs")) };
    product(reader, node, a, b)
}

/// `Div` by constants or by other values.
pub(super) fn div(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let tensor = reader.any_tensor(node)?;
    if !reader.is_constant(node, 1) {
        let divisor = reader.tensor(node, 1)?;
        let dividend = reader.operand(node, 0, Some(&tensor.view))?;
        return paired(reader, node, [&dividend, &divisor], PairFunction::Div)
            .map(OnnxValue::Tensor);
    }
    if let Some(divisor) = number(reader, node, 1, &tensor) {
        return scaled(reader, node, &tensor, 1.0 / divisor);
    }
    let divisors = reader.any_constant(node, 1)?;
    let values = divisors.floats().map_err(|reason| node.fail(format!("input 1 {reason}")))?;
    let factors: Vec<f32> = values.iter().map(|value| 1.0 / value).collect();
    if !factors.iter().all(|factor| factor.is_finite()) {
        return Err(node.fail("divides by 0 or by NaN"));
    }
    let factors =
        ConstantTensor::reals(divisors.dims.clone(), factors).with_images(divisors.images);
    let factors = reader.parameter(node, 1, &factors, Some(&tensor.view))?;
    product(reader, node, &tensor, &factors)
}

/// `Mean` of any number of tensors.
pub(super) fn mean(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let operands = reader.all_operands(node)?;
    let sum = added(reader, node, &operands)?;
    each(reader, node, "/mean", &sum, Op::Scale(1.0 / operands.len() as f32)).map(OnnxValue::Tensor)
}

/// The one number that a constant input is, unless it adds axes.
fn number(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    position: usize,
    tensor: &OnnxTensor,
) -> Option<f32> {
    let constant = reader.optional_constant(node, position).ok()??;
    match constant.floats().ok()? {
        &[number] if constant.dims.len() <= tensor.rank() => Some(number),
        _ => None,
    }
}

/// The product of two tensors; one value per channel is not repeated.
pub(super) fn product(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    a: &OnnxTensor,
    b: &OnnxTensor,
) -> Result<OnnxValue, OnnxProblem> {
    let ([before, after], view) = reader.pair(node, a, b)?;
    let place =
        |reader: &mut ModelReader<'_>, tensor: &OnnxTensor, rearrange: Option<Rearrange>| {
            let repeats = rearrange.is_some_and(|r| repeats_pixel(&r, reader.shape_of(tensor)));
            reader.place(node, tensor.node, rearrange.filter(|_| !repeats))
        };
    let factors = [place(reader, a, before)?, place(reader, b, after)?];
    Ok(OnnxValue::Tensor(OnnxTensor { node: reader.wire(node, "", Op::Mul, &factors)?, view }))
}

/// Whether a rearrangement repeats a single pixel and does nothing else.
fn repeats_pixel(rearrange: &Rearrange, input: Shape) -> bool {
    let stays = |digit: &AxisDigit| match digit.to {
        Axis::Channel => {
            let in_order = digit.from == Axis::Channel && digit.step == 1;
            in_order && digit.extent == input.channels
        }
        Axis::Row | Axis::Column => digit.step == 0,
    };
    let same = rearrange.shape.channels == input.channels && input.plane() == 1;
    same && rearrange.start == [0; 3] && rearrange.digits().iter().all(stays)
}

pub(super) fn scaled(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    factor: f32,
) -> Result<OnnxValue, OnnxProblem> {
    if !factor.is_finite() {
        return Err(node.fail(format!("multiplies by {factor}; supported: finite numbers")));
    }
    each(reader, node, "", tensor, Op::Scale(factor)).map(OnnxValue::Tensor)
}

/// Wires an operation on every value of a tensor, and on no others.
pub(super) fn each(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    part: &str,
    tensor: &OnnxTensor,
    op: Op,
) -> Result<OnnxTensor, OnnxProblem> {
    let OnnxTensor { node: input, view } = reader.compact(node, tensor)?;
    Ok(OnnxTensor { node: reader.wire(node, part, op, &[input])?, view })
}

/// The sum of tensors.
pub(super) fn added(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    terms: &[OnnxTensor],
) -> Result<OnnxTensor, OnnxProblem> {
    match sum(reader, node, terms)? {
        OnnxValue::Tensor(tensor) => Ok(tensor),
        OnnxValue::Pending(_) | OnnxValue::Constant(_) => Err(node.fail("depends on nothing")),
    }
}

/// A tensor plus a number.
pub(super) fn shifted(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    number: f32,
) -> Result<OnnxTensor, OnnxProblem> {
    let constant = ConstantTensor::reals(Vec::new(), vec![number]);
    let constant = reader.parameter(node, 9, &constant, Some(&tensor.view))?;
    added(reader, node, &[tensor.clone(), constant])
}

/// A function of the values of two tensors, which are broadcast.
pub(super) fn paired(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    [a, b]: [&OnnxTensor; 2],
    function: PairFunction,
) -> Result<OnnxTensor, OnnxProblem> {
    let ([before, after], view) = reader.pair(node, a, b)?;
    let first = reader.place(node, a.node, before)?;
    let repeats = after.is_some_and(|r| repeats_pixel(&r, reader.shape_of(b)));
    let second = reader.place(node, b.node, after.filter(|_| !repeats))?;
    let id = reader.wire(node, "", Op::Pair(function), &[first, second])?;
    Ok(OnnxTensor { node: id, view })
}

/// `Cast` between real types, which are one here.
pub(super) fn cast(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["saturate", "to"])?;
    let real = [DataType::Float, DataType::Double, DataType::Float16, DataType::Bfloat16];
    let to = node.int("to")?;
    if !real.iter().any(|&kind| to == Some(i64::from(kind as i32))) {
        return Err(node.fail(
            "casts values of the images to another kind; supported: float32, float64, float16 and \
             bfloat16",
        ));
    }
    reader.tensor(node, 0).map(OnnxValue::Tensor)
}

/// `CastLike` of a constant: real values are of one type here.
pub(super) fn cast_like(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["saturate"])?;
    let constant = reader.constant(node, 0)?;
    constant.floats().map_err(|reason| node.fail(format!("input 0 {reason}")))?;
    Ok(OnnxValue::Constant(constant))
}

/// `Identity`.
pub(super) fn identity(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    reader.tensor(node, 0).map(OnnxValue::Tensor)
}

/// `Dropout`, which does nothing here. One that would drop values at random is counted.
pub(super) fn dropout(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["ratio", "seed"])?;
    let ratio = reader.optional_constant(node, 1)?;
    let drops = ratio.is_none_or(|ratio| !ratio.is_number(0.0));
    if let Some(training) = reader.optional_constant(node, 2)? {
        let training = training.ints().map_err(|reason| node.fail(format!("input 2 {reason}")))?;
        if drops && training.iter().any(|&flag| flag != 0) {
            reader.training_dropouts += 1;
        }
    }
    reader.tensor(node, 0).map(OnnxValue::Tensor)
}
