//! Operators that work value by value, and what changes nothing.

use super::super::error::Problem;
use super::super::node::Node;
use super::super::reader::{Reader, Tensor, Value};
use crate::graph::{Activation, Op};

/// `Relu`: a code point that stands for as many calls as were merged.
pub(super) fn relu(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let calls = reader.relu_calls(node);
    let tensor = reader.tensor(node, 0)?;
    each(reader, node, &tensor, Op::Activation(Activation::relu(calls, calls)))
}

/// `Add` and `Sum`; constants become parameters.
pub(super) fn add(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    if reader.is_absorbed(node) {
        return reader.any_tensor(node).map(Value::Tensor);
    }
    let operands = reader.operands(node)?;
    sum(reader, node, &operands)
}

/// `Sub`.
pub(super) fn sub(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let operands = reader.operands(node)?;
    let [a, b] = operands.as_slice() else { return Err(node.fail("takes two inputs")) };
    let negative = reader.wire(node, "/negative", Op::Scale(-1.0), &[b.node])?;
    let b = Tensor { node: negative, ..b.clone() };
    sum(reader, node, &[a.clone(), b])
}

/// The sum of tensors, of a single one that itself.
fn sum(reader: &mut Reader<'_>, node: Node<'_>, terms: &[Tensor]) -> Result<Value, Problem> {
    let (first, rest) = terms.split_first().ok_or_else(|| node.fail("has no input"))?;
    let (mut nodes, mut all) = (vec![first.node], first.clone());
    for term in rest {
        let ([before, after], view) = reader.pair(node, &all, term)?;
        for id in &mut nodes {
            *id = reader.place(node, *id, before)?;
        }
        nodes.push(reader.place(node, term.node, after)?);
        all = Tensor { node: nodes[0], view };
    }
    if nodes.len() > 1 {
        all.node = reader.wire(node, "", Op::Add, &nodes)?;
    }
    Ok(Value::Tensor(all))
}

/// `Mul` by one constant number.
pub(super) fn mul(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let factor = number(reader, node, usize::from(reader.is_constant(node, 1)))?;
    let tensor = reader.any_tensor(node)?;
    scaled(reader, node, &tensor, factor)
}

/// `Div` by one constant number.
pub(super) fn div(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let divisor = number(reader, node, 1)?;
    let tensor = reader.tensor(node, 0)?;
    scaled(reader, node, &tensor, 1.0 / divisor)
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
    tensor: &Tensor,
    factor: f32,
) -> Result<Value, Problem> {
    if !factor.is_finite() {
        return Err(node.fail(format!("multiplies by {factor}; supported are finite numbers")));
    }
    each(reader, node, tensor, Op::Scale(factor))
}

/// Wires an operation on every value of a tensor, and on no others.
fn each(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    tensor: &Tensor,
    op: Op,
) -> Result<Value, Problem> {
    let Tensor { node: input, view } = reader.compact(node, tensor)?;
    Ok(Value::Tensor(Tensor { node: reader.wire(node, "", op, &[input])?, view }))
}

/// `Identity`.
pub(super) fn identity(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    reader.tensor(node, 0).map(Value::Tensor)
}

/// `Dropout`, which does nothing unless it is told to train and to drop anything.
pub(super) fn dropout(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["ratio", "seed"])?;
    let ratio = reader.optional_constant(node, 1)?;
    let drops = ratio.is_none_or(|ratio| !ratio.is_number(0.0));
    if let Some(training) = reader.optional_constant(node, 2)? {
        let training = training.ints().map_err(|reason| node.fail(format!("input 2 {reason}")))?;
        if drops && training.iter().any(|&flag| flag != 0) {
            return Err(node.fail(
                "drops values at random (training_mode); export the network \
                                  in inference mode",
            ));
        }
    }
    reader.tensor(node, 0).map(Value::Tensor)
}
