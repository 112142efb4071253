//! ReLU with slopes that were learned.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::arithmetic;
use crate::graph::{ActivationKind, Op};

/// `PRelu`: a leaky ReLU where there is one slope from 0 to 1, else `relu(x) + slope * (x - relu(x))`.
pub(super) fn prelu(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let tensor = reader.tensor(node, 0)?;
    let slopes = reader.constant(node, 1)?;
    let values = slopes.floats().map_err(|reason| node.fail(format!("input 1 {reason}")))?;
    if let Some(slope) = values.iter().find(|slope| !slope.is_finite()) {
        return Err(node.fail(format!("a slope is {slope}; supported: finite numbers")));
    }
    if slopes.dims.len() > tensor.rank() {
        let own = tensor.view.describe(reader.batch);
        return Err(node.fail(format!("slopes of shape {:?} do not fit {own}", slopes.dims)));
    }
    if let Some(&slope) = values.first()
        && values.iter().all(|&other| other == slope)
        && (0.0..=1.0).contains(&slope)
    {
        let kind = ActivationKind::LeakyRelu { slope };
        return reader.activate(node, kind, &tensor).map(OnnxValue::Tensor);
    }
    let above = reader.activate(node, ActivationKind::Relu, &tensor)?;
    let whole = reader.compact(node, &tensor)?;
    let negative = reader.wire(node, "/negative", Op::Scale(-1.0), &[above.node])?;
    let below = reader.wire(node, "/below", Op::Add, &[whole.node, negative])?;
    let below = OnnxTensor { node: below, view: whole.view };
    let slopes = reader.parameter(node, 1, &slopes, Some(&below.view))?;
    match arithmetic::product(reader, node, &below, &slopes)? {
        OnnxValue::Tensor(below) => arithmetic::sum(reader, node, &[above, below]),
        other => Ok(other),
    }
}
