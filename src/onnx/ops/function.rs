//! Functions of values that are no activations, comparisons, and choices between values.
//!
//! Truth values are 1 and 0. A function of several nodes that is an activation as a whole never gets here:
//! see [`super::super::elementwise`].

use super::super::constant::{ConstantData, ConstantTensor};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::arithmetic;
use crate::graph::{ActivationKind, ElementFunction, Op, PairFunction};

/// The function of every value that an operator is.
fn function(operator: &str) -> Option<Op> {
    Some(Op::Map(match operator {
        "Abs" => ElementFunction::Abs,
        "Ceil" => ElementFunction::Ceil,
        "Cos" => ElementFunction::Cos,
        "Erf" => ElementFunction::Erf,
        "Exp" => ElementFunction::Exp,
        "Floor" => ElementFunction::Floor,
        "Log" => ElementFunction::Log,
        "Reciprocal" => ElementFunction::Reciprocal,
        "Round" => ElementFunction::Round,
        "Sign" => ElementFunction::Sign,
        "Sin" => ElementFunction::Sin,
        "Sqrt" => ElementFunction::Sqrt,
        "Not" => ElementFunction::Equals(0.0),
        "Neg" => return Some(Op::Scale(-1.0)),
        _ => return None,
    }))
}

/// A function of every value.
pub(super) fn unary(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let op = function(node.operator()).ok_or_else(|| node.fail("is not a function"))?;
    let tensor = reader.tensor(node, 0)?;
    if node.operator() == "Erf" && reader.depends_on_images(tensor.node) {
        reader.note_uncounted(node);
    }
    arithmetic::each(reader, node, "", &tensor, op).map(OnnxValue::Tensor)
}

/// `Pow` of a tensor and a number, or of a number and a tensor.
pub(super) fn power(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    if let Some(base) = number(reader, node, 0).filter(|base| *base > 0.0) {
        let tensor = reader.tensor(node, 1)?;
        let scaled = arithmetic::each(reader, node, "/scale", &tensor, Op::Scale(base.ln()))?;
        let op = Op::Map(ElementFunction::Exp);
        return arithmetic::each(reader, node, "", &scaled, op).map(OnnxValue::Tensor);
    }
    let exponent =
        number(reader, node, 1).filter(|exponent| exponent.is_finite()).ok_or_else(|| {
            node.fail("supported: a power of one finite number, or of a positive one")
        })?;
    let tensor = reader.tensor(node, 0)?;
    let op = Op::Map(ElementFunction::Power(exponent));
    arithmetic::each(reader, node, "", &tensor, op).map(OnnxValue::Tensor)
}

/// The one number that a constant input is.
pub(super) fn number(reader: &ModelReader<'_>, node: OnnxNode<'_>, position: usize) -> Option<f32> {
    let constant = reader.optional_constant(node, position).ok()??;
    match &constant.data {
        ConstantData::Float(values) => match values[..] {
            [number] => Some(number),
            _ => None,
        },
        ConstantData::Int(values) => match values[..] {
            [number] => number.known().map(|number| number as f32),
            _ => None,
        },
    }
}

/// An input as real numbers: whole constants are converted.
fn real_operand(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    position: usize,
    like: &OnnxTensor,
) -> Result<OnnxTensor, OnnxProblem> {
    if !reader.is_constant(node, position) {
        return reader.tensor(node, position);
    }
    let constant = reader.any_constant(node, position)?;
    let real = match &constant.data {
        ConstantData::Float(_) => constant,
        ConstantData::Int(_) => {
            let ints =
                constant.ints().map_err(|why| node.fail(format!("input {position} {why}")))?;
            reader.budget.folded(node, &constant.dims)?;
            let values = ints.iter().map(|&value| value as f32).collect();
            let real = ConstantTensor::reals(constant.dims.clone(), values);
            std::rc::Rc::new(real.with_images(constant.images))
        }
    };
    reader.parameter(node, position, &real, Some(&like.view))
}

/// `Max` and `Min` of any number of tensors and constants. With the number 0, `Max` is a ReLU; otherwise
/// the larger of two values is no activation, which is said.
pub(super) fn extreme(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let tensor = reader.any_tensor(node)?;
    let largest = node.operator() == "Max";
    let count = node.proto.input.len();
    let is_zero = |position: usize| match reader.optional_constant(node, position) {
        Ok(Some(constant)) => constant.is_number(0.0) && constant.dims.len() <= tensor.rank(),
        Ok(None) | Err(_) => false,
    };
    if largest && count == 2 && (is_zero(0) || is_zero(1)) {
        return reader.activate(node, ActivationKind::Relu, &tensor).map(OnnxValue::Tensor);
    }
    let function = if largest { PairFunction::Max } else { PairFunction::Min };
    let mut result = real_operand(reader, node, 0, &tensor)?;
    for position in 1..count {
        let other = real_operand(reader, node, position, &tensor)?;
        result = arithmetic::paired(reader, node, [&result, &other], function)?;
    }
    let counts = count > 1 && !reader.is_tiny_floor(node)?;
    if counts && reader.depends_on_images(result.node) {
        reader.note_uncounted(node);
    }
    Ok(OnnxValue::Tensor(result))
}

/// `Clip` whose bounds make no activation: a limit of values.
pub(super) fn clip(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    (low, high): (f32, f32),
) -> Result<OnnxValue, OnnxProblem> {
    let tensor = reader.tensor(node, 0)?;
    if low <= f32::MIN && high >= f32::MAX {
        return Ok(OnnxValue::Tensor(tensor));
    }
    let op = Op::Map(ElementFunction::Clip { low, high });
    arithmetic::each(reader, node, "", &tensor, op).map(OnnxValue::Tensor)
}

/// `Greater`, `Less`, `Equal` and the like: 1 where it holds.
pub(super) fn compare(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let like = reader.any_tensor(node)?;
    // As a function of a difference with 0.
    let (swaps, function) = match node.operator() {
        "Greater" => (false, ElementFunction::Above(0.0)),
        "GreaterOrEqual" => (false, ElementFunction::AtLeast(0.0)),
        "Less" => (true, ElementFunction::Above(0.0)),
        "LessOrEqual" => (true, ElementFunction::AtLeast(0.0)),
        _ => (false, ElementFunction::Equals(0.0)),
    };
    if let (Some(limit), false) = (number(reader, node, 1), swaps) {
        let function = match function {
            ElementFunction::Above(_) => ElementFunction::Above(limit),
            ElementFunction::AtLeast(_) => ElementFunction::AtLeast(limit),
            _ => ElementFunction::Equals(limit),
        };
        let tensor = reader.tensor(node, 0)?;
        return arithmetic::each(reader, node, "", &tensor, Op::Map(function))
            .map(OnnxValue::Tensor);
    }
    let [first, second] = if swaps { [1, 0] } else { [0, 1] };
    let first = real_operand(reader, node, first, &like)?;
    let second = real_operand(reader, node, second, &like)?;
    let negative = arithmetic::each(reader, node, "/negative", &second, Op::Scale(-1.0))?;
    let difference = arithmetic::added(reader, node, &[first, negative])?;
    arithmetic::each(reader, node, "", &difference, Op::Map(function)).map(OnnxValue::Tensor)
}

/// `And` and `Or` of truth values.
pub(super) fn logic(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let like = reader.any_tensor(node)?;
    let function = if node.operator() == "And" { PairFunction::Min } else { PairFunction::Max };
    let a = real_operand(reader, node, 0, &like)?;
    let b = real_operand(reader, node, 1, &like)?;
    arithmetic::paired(reader, node, [&a, &b], function).map(OnnxValue::Tensor)
}

/// `Where`: `c * a + (1 - c) * b`. Constants that are not finite are added, as in masks.
pub(super) fn choose(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let like = reader.any_tensor(node)?;
    let depends = !reader.is_constant(node, 0);
    let condition = real_operand(reader, node, 0, &like)?;
    let opposite =
        arithmetic::each(reader, node, "/not", &condition, Op::Map(ElementFunction::Equals(0.0)))?;
    let mut terms = Vec::new();
    for (position, chosen) in [(1, &condition), (2, &opposite)] {
        if number(reader, node, position) == Some(0.0) {
            // Its shape may be what the others are broadcast to, which a sum does as well.
            continue;
        }
        if let Some(value) = number(reader, node, position).filter(|value| !value.is_finite()) {
            // ln(1) = 0 where it is not chosen, the logarithm of 0 where it is.
            if value.is_nan() || value > 0.0 {
                return Err(
                    node.fail(format!("chooses {value}; supported: finite numbers and -inf"))
                );
            }
            let others = if position == 1 { &opposite } else { &condition };
            let op = Op::Map(ElementFunction::Log);
            terms.push(arithmetic::each(reader, node, "/mask", others, op)?);
            continue;
        }
        let value = real_operand(reader, node, position, &like)?;
        match arithmetic::product(reader, node, chosen, &value)? {
            OnnxValue::Tensor(product) => terms.push(product),
            OnnxValue::Pending(_) | OnnxValue::Constant(_) => {}
        }
    }
    if depends && reader.depends_on_images(condition.node) {
        reader.note_uncounted(node);
    }
    if terms.is_empty() {
        terms.push(arithmetic::each(reader, node, "/zero", &condition, Op::Scale(0.0))?);
    }
    arithmetic::added(reader, node, &terms).map(OnnxValue::Tensor)
}
