//! Functions of single values and of pairs of values that are no activations.

/// A function of every value of a tensor by itself. No code is taken of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ElementFunction {
    /// `|x|`.
    Abs,
    /// `exp(x)`.
    Exp,
    /// `ln(x)`.
    Log,
    /// The square root.
    Sqrt,
    /// `1 / x`.
    Reciprocal,
    /// The sine.
    Sin,
    /// The cosine.
    Cos,
    /// -1, 0 or 1.
    Sign,
    /// The next whole number below.
    Floor,
    /// The next whole number above.
    Ceil,
    /// The nearest whole number, the even one of two.
    Round,
    /// The error function.
    Erf,
    /// `x` to a power; a negative `x` has only whole powers.
    Power(f32),
    /// `min(max(x, low), high)`.
    Clip {
        /// The smallest value.
        low: f32,
        /// The largest value.
        high: f32,
    },
    /// 1 where `x` is above a number, else 0.
    Above(f32),
    /// 1 where `x` is a number or above it, else 0.
    AtLeast(f32),
    /// 1 where `x` is a number, else 0.
    Equals(f32),
}

impl ElementFunction {
    /// The function's name in listings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Abs => "abs",
            Self::Exp => "exp",
            Self::Log => "log",
            Self::Sqrt => "sqrt",
            Self::Reciprocal => "reciprocal",
            Self::Sin => "sin",
            Self::Cos => "cos",
            Self::Sign => "sign",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Round => "round",
            Self::Erf => "erf",
            Self::Power(_) => "power",
            Self::Clip { .. } => "clip",
            Self::Above(_) => "above",
            Self::AtLeast(_) => "at_least",
            Self::Equals(_) => "equals",
        }
    }

    /// The function in single precision.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Self::Abs => x.abs(),
            Self::Exp => libm::expf(x),
            Self::Log => libm::logf(x),
            Self::Sqrt => x.sqrt(),
            Self::Reciprocal => 1.0 / x,
            Self::Sin => libm::sinf(x),
            Self::Cos => libm::cosf(x),
            Self::Sign if x == 0.0 => 0.0,
            Self::Sign => x.signum(),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Round => x.round_ties_even(),
            Self::Erf => libm::erff(x),
            Self::Power(exponent) => power(x, exponent),
            Self::Clip { low, high } => x.max(low).min(high),
            Self::Above(limit) => f32::from(u8::from(x > limit)),
            Self::AtLeast(limit) => f32::from(u8::from(x >= limit)),
            Self::Equals(number) => f32::from(u8::from(x == number)),
        }
    }

    /// Whether zero is mapped to zero.
    pub fn keeps_zero(self) -> bool {
        self.apply(0.0) == 0.0
    }
}

/// Small whole powers are products, so that they are exact where those are.
fn power(x: f32, exponent: f32) -> f32 {
    match exponent {
        1.0 => x,
        2.0 => x * x,
        3.0 => x * x * x,
        0.5 => x.sqrt(),
        _ => libm::powf(x, exponent),
    }
}

/// A function of two values at the same position of two tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PairFunction {
    /// The larger one.
    Max,
    /// The smaller one.
    Min,
    /// The first divided by the second.
    Div,
}

impl PairFunction {
    /// The function's name in listings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Min => "min",
            Self::Div => "div",
        }
    }

    /// The function in single precision.
    pub fn apply(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Max => a.max(b),
            Self::Min => a.min(b),
            Self::Div => a / b,
        }
    }
}
