//! Activations and functions of values in PyTorch.

use super::names::number;
use super::node::{Piece, PyOp, text};
use crate::graph::{ActivationKind, ElementFunction, PairFunction};

/// The module of an activation.
pub(super) fn activation(kind: ActivationKind) -> PyOp {
    let (class, arguments): (_, Vec<String>) = match kind {
        ActivationKind::Relu => ("nn.ReLU", vec![]),
        ActivationKind::ClippedRelu { ceiling: 6.0 } => ("nn.ReLU6", vec![]),
        ActivationKind::ClippedRelu { ceiling } => {
            ("nn.Hardtanh", vec!["0.0".to_owned(), number(ceiling)])
        }
        ActivationKind::HardTanh { low, high } => ("nn.Hardtanh", vec![number(low), number(high)]),
        ActivationKind::LeakyRelu { slope } => ("nn.LeakyReLU", vec![number(slope)]),
        ActivationKind::Sigmoid => ("nn.Sigmoid", vec![]),
        ActivationKind::HARD_SIGMOID => ("nn.Hardsigmoid", vec![]),
        ActivationKind::HardSigmoid { slope, offset } => {
            ("HardSigmoid", vec![number(slope), number(offset)])
        }
        ActivationKind::Silu => ("nn.SiLU", vec![]),
        ActivationKind::HardSwish => ("nn.Hardswish", vec![]),
        ActivationKind::Gelu => ("nn.GELU", vec![]),
        ActivationKind::GeluTanh => ("nn.GELU", vec!["approximate=\"tanh\"".to_owned()]),
        ActivationKind::Tanh => ("nn.Tanh", vec![]),
        ActivationKind::Elu { alpha } => ("nn.ELU", vec![number(alpha)]),
        ActivationKind::Mish => ("nn.Mish", vec![]),
        ActivationKind::Softsign => ("nn.Softsign", vec![]),
        ActivationKind::Softplus => ("nn.Softplus", vec![]),
        ActivationKind::Shrink { width, bias } if width == bias => {
            ("nn.Softshrink", vec![number(width)])
        }
        ActivationKind::Shrink { width, bias: 0.0 } => ("nn.Hardshrink", vec![number(width)]),
        ActivationKind::Shrink { width, bias } => ("Shrink", vec![number(width), number(bias)]),
        ActivationKind::Threshold { limit, value } => {
            ("nn.Threshold", vec![number(limit), number(value)])
        }
    };
    let arguments: Vec<Piece> = arguments.into_iter().map(text).collect();
    PyOp::module(class, arguments)
}

/// The expression of a function of one value.
pub(super) fn element(function: ElementFunction) -> PyOp {
    let comparison = |sign: &str, limit: f32| {
        PyOp::expression(&["(", &format!(" {sign} {}).float()", number(limit))])
    };
    match function {
        ElementFunction::Abs => PyOp::expression(&["", ".abs()"]),
        ElementFunction::Exp => PyOp::expression(&["", ".exp()"]),
        ElementFunction::Log => PyOp::expression(&["", ".log()"]),
        ElementFunction::Sqrt => PyOp::expression(&["", ".sqrt()"]),
        ElementFunction::Reciprocal => PyOp::expression(&["", ".reciprocal()"]),
        ElementFunction::Sin => PyOp::expression(&["", ".sin()"]),
        ElementFunction::Cos => PyOp::expression(&["", ".cos()"]),
        ElementFunction::Sign => PyOp::expression(&["", ".sign()"]),
        ElementFunction::Floor => PyOp::expression(&["", ".floor()"]),
        ElementFunction::Ceil => PyOp::expression(&["", ".ceil()"]),
        ElementFunction::Round => PyOp::expression(&["", ".round()"]),
        ElementFunction::Erf => PyOp::expression(&["", ".erf()"]),
        ElementFunction::Power(exponent) => {
            PyOp::expression(&["", &format!(".pow({})", number(exponent))])
        }
        ElementFunction::Clip { low, high } => {
            PyOp::expression(&["", &format!(".clamp({}, {})", number(low), number(high))])
        }
        ElementFunction::Above(limit) => comparison(">", limit),
        ElementFunction::AtLeast(limit) => comparison(">=", limit),
        ElementFunction::Equals(limit) => comparison("==", limit),
    }
}

/// The expression of a function of two values.
pub(super) fn pair(function: PairFunction) -> PyOp {
    match function {
        PairFunction::Max => PyOp::expression(&["torch.maximum(", ", ", ")"]),
        PairFunction::Min => PyOp::expression(&["torch.minimum(", ", ", ")"]),
        PairFunction::Div => PyOp::expression(&["", " / ", ""]),
    }
}
