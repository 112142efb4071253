//! Activation functions, at which binary codes are taken.

/// A function that is applied to every value of a tensor.
///
/// Whatever the function, a unit's code bit is 1 where its *input* is above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ActivationKind {
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), ceiling)`; ReLU6 has a ceiling of 6.
    ClippedRelu {
        /// The largest value, above 0.
        ceiling: f32,
    },
    /// `x` above zero, `slope * x` below.
    LeakyRelu {
        /// The factor below zero, from 0 to 1.
        slope: f32,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `min(max(slope * x + offset, 0), 1)`; PyTorch's slope is 1/6, its offset 1/2.
    HardSigmoid {
        /// The factor.
        slope: f32,
        /// The value at zero.
        offset: f32,
    },
    /// `x / (1 + exp(-x))`.
    Silu,
    /// `x * min(max(x + 3, 0), 6) / 6`.
    HardSwish,
    /// `x / 2 * (1 + erf(x / sqrt(2)))`.
    Gelu,
    /// GELU with `tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))` for the error function.
    GeluTanh,
    /// `tanh(x)`.
    Tanh,
    /// `x` above zero, `alpha * (exp(x) - 1)` below.
    Elu {
        /// The factor below zero, above 0.
        alpha: f32,
    },
    /// `x * tanh(ln(1 + exp(x)))`.
    Mish,
    /// `x / (1 + |x|)`.
    Softsign,
    /// `min(max(x, low), high)`.
    HardTanh {
        /// The smallest value, below 0.
        low: f32,
        /// The largest value, above 0.
        high: f32,
    },
    /// `ln(1 + exp(x))`.
    Softplus,
    /// `x - bias` above `width`, `x + bias` below `-width`, 0 between: soft shrinkage if the two are equal,
    /// hard shrinkage without a bias.
    Shrink {
        /// Half the width of what becomes 0, at least 0.
        width: f32,
        /// How far the rest moves towards 0.
        bias: f32,
    },
    /// `x` above `limit`, `value` elsewhere.
    Threshold {
        /// The largest input that is replaced.
        limit: f32,
        /// What stands in its place.
        value: f32,
    },
}

impl ActivationKind {
    /// ReLU6.
    pub const RELU6: Self = Self::ClippedRelu { ceiling: 6.0 };
    /// The hard sigmoid of PyTorch.
    pub const HARD_SIGMOID: Self = Self::HardSigmoid { slope: 1.0 / 6.0, offset: 0.5 };

    /// The word for the function in listings and in the layer language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::ClippedRelu { ceiling: 6.0 } => "relu6",
            Self::ClippedRelu { .. } => "clipped_relu",
            Self::LeakyRelu { .. } => "leaky_relu",
            Self::Sigmoid => "sigmoid",
            Self::HardSigmoid { .. } => "hard_sigmoid",
            Self::Silu => "silu",
            Self::HardSwish => "hard_swish",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_tanh",
            Self::Tanh => "tanh",
            Self::Elu { .. } => "elu",
            Self::Mish => "mish",
            Self::Softsign => "softsign",
            Self::HardTanh { .. } => "hard_tanh",
            Self::Softplus => "softplus",
            Self::Shrink { .. } => "shrink",
            Self::Threshold { .. } => "threshold",
        }
    }

    /// The function's usual name, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Relu => "ReLU",
            Self::ClippedRelu { ceiling: 6.0 } => "ReLU6",
            Self::ClippedRelu { .. } => "clipped ReLU",
            Self::LeakyRelu { .. } => "LeakyReLU",
            Self::Sigmoid => "Sigmoid",
            Self::HardSigmoid { .. } => "HardSigmoid",
            Self::Silu => "SiLU",
            Self::HardSwish => "HardSwish",
            Self::Gelu => "GELU",
            Self::GeluTanh => "GELU (tanh)",
            Self::Tanh => "Tanh",
            Self::Elu { .. } => "ELU",
            Self::Mish => "Mish",
            Self::Softsign => "Softsign",
            Self::HardTanh { .. } => "HardTanh",
            Self::Softplus => "Softplus",
            Self::Shrink { .. } => "Shrink",
            Self::Threshold { .. } => "Threshold",
        }
    }

    /// The function in double precision, by its definition.
    pub fn apply(self, x: f64) -> f64 {
        let logistic = |x: f64| 1.0 + (-x).exp();
        match self {
            Self::Relu => x.max(0.0),
            Self::ClippedRelu { ceiling } => x.max(0.0).min(ceiling.into()),
            Self::LeakyRelu { slope } => x.max(x * f64::from(slope)),
            Self::Sigmoid => 1.0 / logistic(x),
            Self::HardSigmoid { slope, offset } => {
                (x * f64::from(slope) + f64::from(offset)).clamp(0.0, 1.0)
            }
            Self::Silu => x / logistic(x),
            Self::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            Self::Gelu => x * 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
            Self::GeluTanh => {
                x / logistic((8.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x))
            }
            Self::Tanh => x.tanh(),
            Self::Elu { .. } if x > 0.0 => x,
            Self::Elu { alpha } => f64::from(alpha) * x.exp_m1(),
            Self::Mish => x * x.exp().ln_1p().tanh(),
            Self::Softsign => x / (1.0 + x.abs()),
            Self::HardTanh { low, high } => x.max(low.into()).min(high.into()),
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Shrink { width, bias } if x > width.into() => x - f64::from(bias),
            Self::Shrink { width, bias } if x < f64::from(-width) => x + f64::from(bias),
            Self::Shrink { .. } => 0.0,
            Self::Threshold { limit, .. } if x > limit.into() => x,
            Self::Threshold { value, .. } => value.into(),
        }
    }

    /// Whether the function is linear above and below zero, so that a code bit says on which piece a unit is.
    pub const fn bends_at_zero_only(self) -> bool {
        matches!(self, Self::Relu | Self::LeakyRelu { .. })
    }

    /// Whether zero is mapped to zero.
    pub const fn keeps_zero(self) -> bool {
        match self {
            Self::Sigmoid | Self::Softplus => false,
            Self::Threshold { limit, value } => limit < 0.0 || value == 0.0,
            Self::HardSigmoid { offset, .. } => offset <= 0.0,
            Self::Relu
            | Self::ClippedRelu { .. }
            | Self::LeakyRelu { .. }
            | Self::Silu
            | Self::HardSwish
            | Self::Gelu
            | Self::GeluTanh
            | Self::Tanh
            | Self::Elu { .. }
            | Self::Mish
            | Self::Softsign
            | Self::Shrink { .. }
            | Self::HardTanh { .. } => true,
        }
    }
}

/// An activation with code capture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activation {
    /// The function.
    pub kind: ActivationKind,
    /// The number of calls in the original network that this node represents.
    pub calls: u32,
    /// The same, as the code published with the paper counts them: twice where a ReLU opens a
    /// `ReLUConvBN` module.
    pub published_calls: u32,
}

impl Activation {
    /// A ReLU that both counts see once.
    pub const RELU: Self = Self::once(ActivationKind::Relu);
    /// A ReLU that the published code counts twice.
    pub const RELU_OPENS_MODULE: Self = Self { published_calls: 2, ..Self::RELU };

    /// An activation that both counts see once.
    pub const fn once(kind: ActivationKind) -> Self {
        Self { kind, calls: 1, published_calls: 1 }
    }

    /// A ReLU with as many calls.
    pub const fn relu(calls: u32, published_calls: u32) -> Self {
        Self { kind: ActivationKind::Relu, calls, published_calls }
    }
}
