//! Activation functions by their definitions, in double precision.

use untrained::graph::ActivationKind;

/// An activation function by its definition.
pub fn activated(kind: ActivationKind, value: f32) -> f32 {
    let x = f64::from(value);
    let result = match kind {
        ActivationKind::Relu => x.max(0.0),
        ActivationKind::ClippedRelu { ceiling } => x.clamp(0.0, ceiling.into()),
        ActivationKind::LeakyRelu { slope } => {
            if x > 0.0 {
                x
            } else {
                x * f64::from(slope)
            }
        }
        ActivationKind::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        ActivationKind::HardSigmoid { slope, offset } => {
            (x * f64::from(slope) + f64::from(offset)).clamp(0.0, 1.0)
        }
        ActivationKind::Silu => x / (1.0 + (-x).exp()),
        ActivationKind::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        ActivationKind::Gelu => x / 2.0 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
        ActivationKind::GeluTanh => {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            // 1 + tanh(u) without cancellation.
            x / (1.0 + (-2.0 * inner).exp())
        }
        ActivationKind::Tanh => x.tanh(),
        ActivationKind::Elu { alpha } => {
            if x > 0.0 {
                x
            } else {
                x.exp_m1() * f64::from(alpha)
            }
        }
        ActivationKind::Mish => x * x.exp().ln_1p().tanh(),
        ActivationKind::Softsign => x / (1.0 + x.abs()),
        ActivationKind::HardTanh { low, high } => x.clamp(low.into(), high.into()),
        ActivationKind::Softplus => {
            if x > 30.0 {
                x
            } else {
                x.exp().ln_1p()
            }
        }
        ActivationKind::Shrink { width, bias } => {
            if x.abs() > width.into() {
                x - x.signum() * f64::from(bias)
            } else {
                0.0
            }
        }
        ActivationKind::Threshold { limit, value } => {
            if x > limit.into() {
                x
            } else {
                value.into()
            }
        }
    };
    result as f32
}
