//! Operators that work value by value, and concatenation.

use super::super::error::Problem;
use super::super::node::Node;
use super::super::reader::{Reader, Tensor, Value};
use crate::graph::{Activation, NodeId, Op};

/// `Relu`: a code point that stands for as many calls as were merged.
pub(super) fn relu(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let calls = reader.relu_calls(node);
    keep_rank(reader, node, Op::Activation(Activation::relu(calls, calls)))
}

/// `Add` and `Sum` of values that depend on the images.
pub(super) fn add(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    if reader.is_absorbed(node) {
        return reader.any_tensor(node).map(Value::Tensor);
    }
    let hint = |problem| match problem {
        Problem::Node { reason, .. } => node.fail(format!(
            "{reason}; constants can be added only as the bias behind a Conv or MatMul without one"
        )),
        other => other,
    };
    let (inputs, rank) = reader.tensors(node).map_err(hint)?;
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

/// `Mul` by one constant number.
pub(super) fn mul(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let tensor = reader.any_tensor(node)?;
    let position = usize::from(reader.tensor(node, 0).is_ok());
    let fail = || node.fail("supported is only the product of a tensor and one constant number");
    let factor = reader.constant(node, position).map_err(|_| fail())?;
    match factor.floats().map_err(|reason| node.fail(format!("the factor {reason}")))? {
        &[factor] if position < 2 && factor.is_finite() => {
            let id = reader.wire(node, "", Op::Scale(factor), &[tensor.node])?;
            Ok(Value::Tensor(Tensor { node: id, ..tensor }))
        }
        _ => Err(fail()),
    }
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

/// Wires an operation on input 0 that keeps its shape.
fn keep_rank(reader: &mut Reader<'_>, node: Node<'_>, op: Op) -> Result<Value, Problem> {
    let tensor = reader.tensor(node, 0)?;
    let id = reader.wire(node, "", op, &[tensor.node])?;
    Ok(Value::Tensor(Tensor { node: id, ..tensor }))
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
