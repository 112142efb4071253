//! Activation functions, each an activation site.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxValue};
use super::{arithmetic, function};
use crate::graph::{ActivationKind, Op};

/// The operator set from which on the bounds of `Clip` are inputs.
const CLIP_INPUTS: i64 = 11;

/// The operators that are activations, whatever their attributes.
const OPERATORS: [&str; 17] = [
    "Celu",
    "Clip",
    "Elu",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "Mish",
    "PRelu",
    "Relu",
    "Selu",
    "Shrink",
    "Sigmoid",
    "Softsign",
    "Swish",
    "Tanh",
    "ThresholdedRelu",
];

/// Whether an operator is an activation on its own.
pub(in super::super) fn is_activation(operator: &str) -> bool {
    OPERATORS.contains(&operator)
}

/// The activation that a node is; `None` if its operator is none.
pub(in super::super) fn kind(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<Option<ActivationKind>, OnnxProblem> {
    let allowed: &[&str] = match node.operator() {
        "Gelu" => &["approximate"],
        "HardSigmoid" => &["alpha", "beta"],
        "Elu" | "LeakyRelu" => &["alpha"],
        "Clip" if reader.opset < CLIP_INPUTS => &["max", "min"],
        "Clip" | "HardSwish" | "Mish" | "Relu" | "Sigmoid" | "Softplus" | "Softsign" | "Tanh" => {
            &[]
        }
        "ThresholdedRelu" => &["alpha"],
        "Shrink" => &["bias", "lambd"],
        _ => return Ok(None),
    };
    node.allow(allowed)?;
    let number = |name: &str, default: f32| {
        let value = node.float(name)?.unwrap_or(default);
        let wrong = || node.fail(format!("attribute {name} is {value}; it must be finite"));
        value.is_finite().then_some(value).ok_or_else(wrong)
    };
    Ok(Some(match node.operator() {
        "Relu" => ActivationKind::Relu,
        "Sigmoid" => ActivationKind::Sigmoid,
        "Tanh" => ActivationKind::Tanh,
        "HardSwish" => ActivationKind::HardSwish,
        "Mish" => ActivationKind::Mish,
        "Softsign" => ActivationKind::Softsign,
        "Softplus" => ActivationKind::Softplus,
        "ThresholdedRelu" => threshold(node)?,
        "Shrink" => shrink(node)?,
        "Elu" => ActivationKind::Elu { alpha: positive(node, "alpha", 1.0)? },
        "HardSigmoid" => ActivationKind::HardSigmoid {
            slope: number("alpha", 0.2)?,
            offset: number("beta", 0.5)?,
        },
        "LeakyRelu" => {
            let slope = number("alpha", 0.01)?;
            if !(0.0..=1.0).contains(&slope) {
                return Err(node.fail(format!("attribute alpha is {slope}; supported: 0 to 1")));
            }
            ActivationKind::LeakyRelu { slope }
        }
        "Gelu" => match node.text("approximate")?.unwrap_or("none") {
            "none" => ActivationKind::Gelu,
            "tanh" => ActivationKind::GeluTanh,
            other => {
                return Err(node
                    .fail(format!("attribute approximate is {other}; supported: none and tanh")));
            }
        },
        _ => clipped(reader, node)?,
    }))
}

/// The bounds of a `Clip`; infinite where it has none.
pub(in super::super) fn bounds(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<(f32, f32), OnnxProblem> {
    let bound = |name: &str, position: usize, default: f32| {
        if reader.opset < CLIP_INPUTS {
            return Ok(node.float(name)?.unwrap_or(default));
        }
        let Some(constant) = reader.optional_constant(node, position)? else { return Ok(default) };
        match constant.floats().map_err(|why| node.fail(format!("input {position} {why}")))? {
            &[value] => Ok(value),
            _ => Err(node.fail(format!("input {position} is not one number"))),
        }
    };
    Ok((bound("min", 1, f32::NEG_INFINITY)?, bound("max", 2, f32::INFINITY)?))
}

/// A number above 0 from an attribute.
fn positive(node: OnnxNode<'_>, name: &str, default: f32) -> Result<f32, OnnxProblem> {
    let value = node.float(name)?.unwrap_or(default);
    let wrong = || node.fail(format!("attribute {name} is {value}; supported: finite, above 0"));
    (value.is_finite() && value > 0.0).then_some(value).ok_or_else(wrong)
}

/// `Selu`: `gamma` times an ELU.
pub(super) fn selu(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["alpha", "gamma"])?;
    let alpha = positive(node, "alpha", 1.673_263_2)?;
    let gamma = positive(node, "gamma", 1.050_701)?;
    let tensor = reader.tensor(node, 0)?;
    let elu = reader.activate(node, ActivationKind::Elu { alpha }, &tensor)?;
    arithmetic::scaled(reader, node, &elu, gamma)
}

/// `Celu`: `alpha * elu(x / alpha)`.
pub(super) fn celu(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["alpha"])?;
    let alpha = positive(node, "alpha", 1.0)?;
    let tensor = reader.tensor(node, 0)?;
    let OnnxValue::Tensor(inner) = arithmetic::scaled(reader, node, &tensor, 1.0 / alpha)? else {
        return Err(node.fail("depends on nothing"));
    };
    let elu = reader.activate(node, ActivationKind::Elu { alpha: 1.0 }, &inner)?;
    arithmetic::scaled(reader, node, &elu, alpha)
}

/// A `Clip` as an activation: from 0 or below to somewhere above.
fn clipped(reader: &ModelReader<'_>, node: OnnxNode<'_>) -> Result<ActivationKind, OnnxProblem> {
    match bounds(reader, node)? {
        (0.0, high) if high >= f32::MAX => Ok(ActivationKind::Relu),
        (0.0, ceiling) if ceiling > 0.0 => Ok(ActivationKind::ClippedRelu { ceiling }),
        (low, high) if low.is_finite() && high.is_finite() && low < 0.0 && high > 0.0 => {
            Ok(ActivationKind::HardTanh { low, high })
        }
        (low, high) => Err(node.fail(format!(
            "clips to {low}..{high}; supported: a lower bound of 0 and an upper one above it, or \
             bounds below and above 0"
        ))),
    }
}

/// `ThresholdedRelu`: the value above a limit, 0 elsewhere.
fn threshold(node: OnnxNode<'_>) -> Result<ActivationKind, OnnxProblem> {
    let limit = node.float("alpha")?.unwrap_or(1.0);
    if !limit.is_finite() {
        return Err(node.fail(format!("attribute alpha is {limit}; it must be finite")));
    }
    Ok(ActivationKind::Threshold { limit, value: 0.0 })
}

/// `Shrink`: values around 0 become 0.
fn shrink(node: OnnxNode<'_>) -> Result<ActivationKind, OnnxProblem> {
    let width = node.float("lambd")?.unwrap_or(0.5);
    let bias = node.float("bias")?.unwrap_or(0.0);
    if !(width.is_finite() && bias.is_finite() && width >= 0.0) {
        return Err(node.fail(format!("lambd is {width} and bias {bias}; supported: finite ones")));
    }
    Ok(ActivationKind::Shrink { width, bias })
}

/// `Swish`: `x * sigmoid(alpha * x)`.
pub(super) fn swish(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["alpha"])?;
    let alpha = positive(node, "alpha", 1.0)?;
    let tensor = reader.tensor(node, 0)?;
    let inner = arithmetic::each(reader, node, "/scale", &tensor, Op::Scale(alpha))?;
    let silu = reader.activate(node, ActivationKind::Silu, &inner)?;
    arithmetic::scaled(reader, node, &silu, 1.0 / alpha)
}

/// `Clip`: an activation if its bounds make one, else a limit of values that is none.
pub(super) fn clip(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    let (low, high) = bounds(reader, node)?;
    let is_activation = low == 0.0 && high > 0.0;
    let is_hard_tanh = low < 0.0 && high > 0.0 && low.is_finite() && high < f32::MAX;
    if is_activation || is_hard_tanh {
        return activation(reader, node);
    }
    function::clip(reader, node, (low, high))
}

/// An operator that is an activation.
pub(super) fn activation(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    let kind = kind(reader, node)?.ok_or_else(|| node.fail("is not an activation"))?;
    let tensor = reader.tensor(node, 0)?;
    reader.activate(node, kind, &tensor).map(OnnxValue::Tensor)
}
