//! Operators that work value by value, and concatenation.

use super::super::error::Problem;
use super::super::node::Node;
use super::super::reader::{Reader, Tensor, Value};
use crate::graph::{NodeId, Op};

/// `Add` and `Sum` of values that depend on the images.
pub(super) fn add(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    if reader.is_absorbed(node) {
        return reader.any_tensor(node).map(Value::Tensor);
    }
    let (constants, tensors): (Vec<usize>, Vec<usize>) =
        (0..node.proto.input.len()).partition(|&position| reader.is_constant(node, position));
    for position in tensors {
        reader.tensor(node, position)?;
    }
    if let Some(position) = constants.first() {
        return Err(node.fail(format!(
            "input {position} is a constant; constants can be added only as the bias behind a Conv \
             or MatMul without one"
        )));
    }
    let (inputs, rank) = reader.tensors(node)?;
    joined(reader, node, Op::Add, &inputs, rank)
}

/// `Concat` along the channels.
pub(super) fn concat(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["axis"])?;
    let (inputs, rank) = reader.tensors(node)?;
    let axis = node.int("axis")?.ok_or_else(|| node.fail("attribute axis is missing"))?;
    if node.axis(axis, rank)? != 1 {
        return Err(node.fail(format!("axis {axis}; supported is only axis 1, the channels")));
    }
    joined(reader, node, Op::Concat, &inputs, rank)
}

/// `Sub` of values that depend on the images.
pub(super) fn sub(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let (inputs, rank) = reader.tensors(node)?;
    let &[a, b] = inputs.as_slice() else { return Err(node.fail("takes two inputs")) };
    let negative = reader.wire(node, "/negative", Op::Scale(-1.0), &[b])?;
    joined(reader, node, Op::Add, &[a, negative], rank)
}

/// `Mul` of two tensors, of which one may have a single pixel, or by one constant number.
pub(super) fn mul(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let [a, b] = [0, 1].map(|position| reader.is_constant(node, position));
    if !a && !b {
        let (inputs, rank) = reader.tensors(node)?;
        return joined(reader, node, Op::Mul, &inputs, rank);
    }
    let factor = number(reader, node, usize::from(b))?;
    let tensor = reader.tensor(node, usize::from(a))?;
    scaled(reader, node, tensor, factor)
}

/// `Div` by one constant number.
pub(super) fn div(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let divisor = number(reader, node, 1)?;
    let tensor = reader.tensor(node, 0)?;
    scaled(reader, node, tensor, 1.0 / divisor)
}

/// A constant input of one number.
fn number(reader: &Reader<'_>, node: Node<'_>, position: usize) -> Result<f32, Problem> {
    let fail = || node.fail("supported is only one constant number as the factor of a tensor");
    let factor = reader.constant(node, position).map_err(|_| fail())?;
    match factor.floats().map_err(|reason| node.fail(format!("the factor {reason}")))? {
        &[factor] => Ok(factor),
        _ => Err(fail()),
    }
}

fn scaled(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    tensor: Tensor,
    factor: f32,
) -> Result<Value, Problem> {
    if !factor.is_finite() {
        return Err(node.fail(format!("multiplies by {factor}; supported are finite numbers")));
    }
    let id = reader.wire(node, "", Op::Scale(factor), &[tensor.node])?;
    Ok(Value::Tensor(Tensor { node: id, ..tensor }))
}

/// `CastLike` of a constant: real values are of one type here.
pub(super) fn cast_like(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["saturate"])?;
    let constant = reader.constant(node, 0)?;
    constant.floats().map_err(|reason| node.fail(format!("input 0 {reason}")))?;
    Ok(Value::Constant(constant))
}

/// `Identity`.
pub(super) fn identity(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    reader.tensor(node, 0).map(Value::Tensor)
}

/// `Dropout`, which does nothing unless it is told to train.
pub(super) fn dropout(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["ratio", "seed"])?;
    if let Some(training) = reader.optional_constant(node, 2)? {
        let training = training.ints().map_err(|reason| node.fail(format!("input 2 {reason}")))?;
        if training.iter().any(|&flag| flag != 0) {
            return Err(node.fail(
                "drops values at random (training_mode); export the network \
                                  in inference mode",
            ));
        }
    }
    reader.tensor(node, 0).map(Value::Tensor)
}

/// Wires an operation on several inputs; of a single one it is the identity.
fn joined(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    op: Op,
    inputs: &[NodeId],
    rank: usize,
) -> Result<Value, Problem> {
    let id = match inputs {
        [] => return Err(node.fail("has no input")),
        [input] => *input,
        _ => reader.wire(node, "", op, inputs)?,
    };
    Ok(Value::Tensor(Tensor { node: id, rank }))
}
