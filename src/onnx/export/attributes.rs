//! Attributes of nodes, and the operators of activations.

use crate::graph::ActivationKind;
use crate::onnx::proto::{AttributeProto, AttributeType};

/// An operator, its attributes, and the bounds that are inputs of it.
pub type ActivationOperator = (&'static str, Vec<AttributeProto>, Option<[f32; 2]>);

/// The operator of an activation; none for SiLU, which has no operator in this set.
pub fn operator_of(kind: ActivationKind) -> Option<ActivationOperator> {
    Some(match kind {
        ActivationKind::Relu => ("Relu", Vec::new(), None),
        ActivationKind::ClippedRelu { ceiling } => ("Clip", Vec::new(), Some([0.0, ceiling])),
        ActivationKind::HardTanh { low, high } => ("Clip", Vec::new(), Some([low, high])),
        ActivationKind::LeakyRelu { slope } => ("LeakyRelu", vec![float("alpha", slope)], None),
        ActivationKind::Sigmoid => ("Sigmoid", Vec::new(), None),
        ActivationKind::HardSigmoid { slope, offset } => {
            ("HardSigmoid", vec![float("alpha", slope), float("beta", offset)], None)
        }
        ActivationKind::Silu => return None,
        // Refused by the caller.
        ActivationKind::Shrink { .. } | ActivationKind::Threshold { .. } => return None,
        ActivationKind::Softplus => ("Softplus", Vec::new(), None),
        ActivationKind::HardSwish => ("HardSwish", Vec::new(), None),
        ActivationKind::Gelu => ("Gelu", Vec::new(), None),
        ActivationKind::GeluTanh => ("Gelu", vec![text("approximate", "tanh")], None),
        ActivationKind::Tanh => ("Tanh", Vec::new(), None),
        ActivationKind::Elu { alpha } => ("Elu", vec![float("alpha", alpha)], None),
        ActivationKind::Mish => ("Mish", Vec::new(), None),
        ActivationKind::Softsign => ("Softsign", Vec::new(), None),
    })
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: kind as i32, ..AttributeProto::default() }
}

/// A whole number.
pub fn int(name: &str, value: usize) -> AttributeProto {
    AttributeProto { i: Some(value as i64), ..attribute(name, AttributeType::Int) }
}

/// Whole numbers.
pub fn ints(name: &str, values: &[usize]) -> AttributeProto {
    let ints = values.iter().map(|&value| value as i64).collect();
    AttributeProto { ints, ..attribute(name, AttributeType::Ints) }
}

/// A number.
pub fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { f: Some(value), ..attribute(name, AttributeType::Float) }
}

/// A text.
pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: Some(value.as_bytes().to_vec()), ..attribute(name, AttributeType::String) }
}
