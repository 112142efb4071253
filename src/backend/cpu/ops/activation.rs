//! Activation functions on 16 values at once.
//!
//! Exponentials are Cody and Waite reductions with the polynomial of Cephes' `expf`. Functions of
//! them are arranged so that no difference of nearly equal numbers is taken: relative errors stay
//! below [`MAX_RELATIVE_ERROR`], so the sign of a result, and with it a code bit further on, is that
//! of the exact function. HardSigmoid is a sum by its definition: off by 1e-7 near its lower bend.

use crate::backend::cpu::simd::{LANES, Simd, instruction_set_variants};
use crate::graph::ActivationKind;

/// The largest relative error of any function below where its result is at least [`SMALLEST`], as
/// measured over the inputs of `every_function_is_as_accurate_as_stated`. It belongs to GELU with tanh
/// at -9, where the argument of the exponential, -69, is rounded.
pub const MAX_RELATIVE_ERROR: f64 = 1.5e-5;

/// The same where the result is at least a millionth.
pub const USUAL_RELATIVE_ERROR: f64 = 3e-6;

/// Results nearer to zero may have few digits, or be zero: exponentials end at 1e-38.
pub const SMALLEST: f64 = 1e-30;

instruction_set_variants! {
    /// Applies a function to each of `pixels` vectors from `row` on, which must be valid.
    activate => activate_row(kind: ActivationKind, row: *mut f32, pixels: usize)
}

#[inline(always)]
unsafe fn activate_row<S: Simd>(kind: ActivationKind, row: *mut f32, pixels: usize) {
    macro_rules! each {
        (|$x:ident| $value:expr) => {
            for pixel in 0..pixels {
                let place = row.add(pixel * LANES);
                let $x = S::load(place);
                S::store(place, $value);
            }
        };
    }
    // SAFETY: forwarded.
    unsafe {
        match kind {
            ActivationKind::Relu => each!(|x| S::max(x, S::splat(0.0))),
            ActivationKind::ClippedRelu { ceiling } => each!(|x| clip::<S>(x, ceiling)),
            ActivationKind::LeakyRelu { slope } => {
                each!(|x| S::max(x, S::mul(x, S::splat(slope))));
            }
            ActivationKind::Sigmoid => each!(|x| S::div(S::splat(1.0), logistic::<S>(x))),
            ActivationKind::HardSigmoid { slope, offset } => {
                each!(|x| clip::<S>(S::mul_add(x, S::splat(slope), S::splat(offset)), 1.0));
            }
            ActivationKind::Silu => each!(|x| S::div(x, logistic::<S>(x))),
            ActivationKind::HardSwish => each!(|x| hard_swish::<S>(x)),
            ActivationKind::Gelu => each!(|x| gelu::<S>(x)),
            ActivationKind::GeluTanh => each!(|x| gelu_tanh::<S>(x)),
            ActivationKind::Tanh => each!(|x| tanh::<S>(x)),
            ActivationKind::Elu { alpha } => each!(|x| elu::<S>(x, alpha)),
            ActivationKind::Mish => each!(|x| mish::<S>(x)),
            ActivationKind::Softsign => {
                each!(|x| S::div(x, S::add(S::splat(1.0), S::max(x, S::mul(x, S::splat(-1.0))))));
            }
            ActivationKind::HardTanh { low, high } => {
                each!(|x| S::min(S::max(x, S::splat(low)), S::splat(high)));
            }
            ActivationKind::Softplus => each_value(row, pixels, softplus),
            ActivationKind::Shrink { width, bias } => {
                each_value(row, pixels, |x| shrink(x, width, bias));
            }
            ActivationKind::Threshold { limit, value } => {
                each_value(row, pixels, |x| if x > limit { x } else { value });
            }
        }
    }
}

/// Applies a function to single values: for functions that are rare.
unsafe fn each_value(row: *mut f32, pixels: usize, function: impl Fn(f32) -> f32) {
    for index in 0..pixels * LANES {
        // SAFETY: the row holds so many values.
        unsafe { *row.add(index) = function(*row.add(index)) };
    }
}

/// `max(x, 0) + ln(1 + exp(-|x|))`.
fn softplus(x: f32) -> f32 {
    x.max(0.0) + libm::log1pf(libm::expf(-x.abs()))
}

fn shrink(x: f32, width: f32, bias: f32) -> f32 {
    if x > width {
        x - bias
    } else if x < -width {
        x + bias
    } else {
        0.0
    }
}

/// `min(max(x, 0), ceiling)`.
#[inline(always)]
unsafe fn clip<S: Simd>(x: S::V, ceiling: f32) -> S::V {
    // SAFETY: forwarded.
    unsafe { S::min(S::max(x, S::splat(0.0)), S::splat(ceiling)) }
}

#[inline(always)]
unsafe fn hard_swish<S: Simd>(x: S::V) -> S::V {
    // SAFETY: forwarded.
    unsafe {
        let clipped = clip::<S>(S::add(x, S::splat(3.0)), 6.0);
        S::div(S::mul(x, clipped), S::splat(6.0))
    }
}

/// `1 + exp(-x)`.
#[inline(always)]
unsafe fn logistic<S: Simd>(x: S::V) -> S::V {
    // SAFETY: forwarded.
    unsafe { S::add(S::splat(1.0), exp::<S>(S::mul(x, S::splat(-1.0)))) }
}

/// `x * Phi(x)` as `max(x, 0) - |x| * Phi(-|x|)`.
#[inline(always)]
unsafe fn gelu<S: Simd>(x: S::V) -> S::V {
    // SAFETY: forwarded.
    unsafe {
        let size = S::max(x, S::mul(x, S::splat(-1.0)));
        let tail = S::mul(size, normal_tail::<S>(size));
        S::add(S::max(x, S::splat(0.0)), S::mul(tail, S::splat(-1.0)))
    }
}

/// `Phi(-a)` of the standard normal distribution for `a` of at least 0, with a relative error of
/// 1.5e-7 beside those of the exponential: the form of Abramowitz and Stegun 7.1.26, with 8
/// coefficients fitted by Lawson's iteration to the least relative error on 0 to 14.
#[inline(always)]
unsafe fn normal_tail<S: Simd>(a: S::V) -> S::V {
    const POLE: f32 = 0.3;
    const COEFFICIENTS: [f32; 8] = [
        3.567_449_7e-2,
        -1.572_020_4e-1,
        2.063_518_8e-1,
        -5.368_227e-2,
        1.285_609_6e-1,
        9.991_368e-2,
        1.207_539_3e-1,
        1.196_293e-1,
    ];
    // SAFETY: forwarded.
    unsafe {
        let one = S::splat(1.0);
        let t = S::div(one, S::mul_add(a, S::splat(POLE), one));
        let sum = S::mul(horner::<S, 8>(t, COEFFICIENTS), t);
        S::mul(sum, exp::<S>(S::mul(S::mul(a, a), S::splat(-0.5))))
    }
}

/// `x / (1 + exp(-2 u))`, which is `x / 2 * (1 + tanh(u))`.
#[inline(always)]
unsafe fn gelu_tanh<S: Simd>(x: S::V) -> S::V {
    /// `sqrt(8 / pi)`.
    const SCALE: f32 = 1.595_769;
    // SAFETY: forwarded.
    unsafe {
        let square = S::mul(x, x);
        let inner = S::mul_add(square, S::splat(0.044_715 * SCALE), S::splat(SCALE));
        S::div(x, logistic::<S>(S::mul(x, inner)))
    }
}

/// Rational approximation of Eigen's `generic_fast_tanh_float`.
#[inline(always)]
unsafe fn tanh<S: Simd>(x: S::V) -> S::V {
    /// Beyond, the result is 1 in single precision.
    const LARGEST: f32 = 7.905_311;
    const ODD: [f32; 7] = [
        -2.760_768_5e-16,
        2.000_188e-13,
        -8.604_672e-11,
        5.122_297e-8,
        1.485_722_4e-5,
        6.372_619_3e-4,
        4.893_524_6e-3,
    ];
    const EVEN: [f32; 4] = [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3];
    // SAFETY: forwarded.
    unsafe {
        let x = S::min(S::max(x, S::splat(-LARGEST)), S::splat(LARGEST));
        let square = S::mul(x, x);
        let odd = S::mul(x, horner::<S, 7>(square, ODD));
        S::div(odd, horner::<S, 4>(square, EVEN))
    }
}

/// `max(x, 0) + alpha * (exp(m) - 1)` for `m = min(x, 0)`, with `exp(m) - 1` as
/// `tanh(m / 2) * (1 + exp(m))`.
#[inline(always)]
unsafe fn elu<S: Simd>(x: S::V, alpha: f32) -> S::V {
    // SAFETY: forwarded.
    unsafe {
        let below = S::min(x, S::splat(0.0));
        let half = tanh::<S>(S::mul(below, S::splat(0.5)));
        let change = S::mul(half, S::add(S::splat(1.0), exp::<S>(below)));
        S::mul_add(change, S::splat(alpha), S::max(x, S::splat(0.0)))
    }
}

/// `x * n / (n + 2)` with `n = exp(x) * (exp(x) + 2)`, which is `x * tanh(ln(1 + exp(x)))`.
#[inline(always)]
unsafe fn mish<S: Simd>(x: S::V) -> S::V {
    /// Beyond, the factor is 1 in single precision.
    const LARGEST: f32 = 20.0;
    // SAFETY: forwarded.
    unsafe {
        let power = exp::<S>(S::min(x, S::splat(LARGEST)));
        let n = S::mul(power, S::add(power, S::splat(2.0)));
        S::mul(x, S::div(n, S::add(n, S::splat(2.0))))
    }
}

/// `exp(x)`, 0 below -87.7 where it would not be a normal number; arguments above 88 count as 88.
///
/// # Safety
///
/// See [`Simd`].
#[inline(always)]
pub unsafe fn exp<S: Simd>(x: S::V) -> S::V {
    const LEAST: f32 = -88.0;
    const LARGEST: f32 = 88.0;
    /// Added and subtracted, it leaves the nearest whole number of what is below 2^22.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts; products of the first with whole numbers are exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const COEFFICIENTS: [f32; 6] =
        [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5];
    // SAFETY: forwarded; `whole` lies between -127 and 127.
    unsafe {
        let x = S::min(S::max(x, S::splat(LEAST)), S::splat(LARGEST));
        let whole = S::mul_add(x, S::splat(std::f32::consts::LOG2_E), S::splat(ROUND));
        let whole = S::add(whole, S::splat(-ROUND));
        let rest = S::mul_add(whole, S::splat(-LN_2[0]), x);
        let rest = S::mul_add(whole, S::splat(-LN_2[1]), rest);
        let square = S::mul(rest, rest);
        let sum =
            S::add(S::mul_add(horner::<S, 6>(rest, COEFFICIENTS), square, rest), S::splat(1.0));
        S::mul(sum, S::power_of_two(whole))
    }
}

/// A polynomial, the coefficient of the highest power first.
#[inline(always)]
unsafe fn horner<S: Simd, const N: usize>(x: S::V, coefficients: [f32; N]) -> S::V {
    // SAFETY: forwarded.
    unsafe {
        let mut sum = S::splat(coefficients[0]);
        for &coefficient in &coefficients[1..] {
            sum = S::mul_add(sum, x, S::splat(coefficient));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::cpu::simd::Isa;

    /// Every function, with parameters that occur.
    const ALL: [ActivationKind; 17] = [
        ActivationKind::Relu,
        ActivationKind::RELU6,
        ActivationKind::LeakyRelu { slope: 0.01 },
        ActivationKind::Sigmoid,
        ActivationKind::HARD_SIGMOID,
        ActivationKind::Silu,
        ActivationKind::HardSwish,
        ActivationKind::Gelu,
        ActivationKind::GeluTanh,
        ActivationKind::Tanh,
        ActivationKind::Elu { alpha: 1.673_263_2 },
        ActivationKind::Mish,
        ActivationKind::Softsign,
        ActivationKind::HardTanh { low: -1.0, high: 1.0 },
        ActivationKind::Softplus,
        ActivationKind::Shrink { width: 0.5, bias: 0.5 },
        ActivationKind::Threshold { limit: 0.5, value: -2.0 },
    ];

    fn activated(isa: Isa, kind: ActivationKind, mut values: Vec<f32>) -> Vec<f32> {
        assert!(values.len().is_multiple_of(LANES));
        // SAFETY: the set is available; the row is the whole vector.
        unsafe { activate(isa, kind, values.as_mut_ptr(), values.len() / LANES) };
        values
    }

    /// Inputs of every size and both signs, dense between -16 and 16.
    fn inputs() -> Vec<f32> {
        let dense = (-160_000..160_000).map(|step| step as f32 * 1e-4);
        let scales = (0..2000).map(|step| 1e-30_f32 * 1.08_f32.powi(step)).filter(|x| *x < 80.0);
        let sizes = scales.flat_map(|size| [size, -size]);
        let mut values: Vec<f32> = dense.chain(sizes).chain([0.0, -0.0]).collect();
        values.resize(values.len().next_multiple_of(LANES), 1.0);
        values
    }

    #[test]
    fn every_function_is_as_accurate_as_stated() {
        let inputs = inputs();
        for isa in Isa::available() {
            for kind in ALL {
                let (mut worst, mut usual, mut at) = (0.0, 0.0_f64, 0.0);
                for (&x, found) in inputs.iter().zip(activated(isa, kind, inputs.clone())) {
                    let expected = kind.apply(x.into());
                    let hard = matches!(kind, ActivationKind::HardSigmoid { .. });
                    let least = if hard { 0.1 } else { SMALLEST };
                    let error = (f64::from(found) - expected).abs() / expected.abs().max(least);
                    if expected.abs() >= 1e-6 {
                        usual = usual.max(error);
                    }
                    if error > worst {
                        (worst, at) = (error, x);
                    }
                    let clear = expected == 0.0 || expected.abs() > 1e-6 * least;
                    assert!(
                        !clear || (found > 0.0) == (expected > 0.0),
                        "{kind:?} of {x}: {found}"
                    );
                }
                println!("{} {}: {worst:.2e} at {at}, {usual:.2e}", isa.name(), kind.name());
                assert!(usual <= USUAL_RELATIVE_ERROR, "{kind:?} is off by {usual:.2e}");
                assert!(worst <= MAX_RELATIVE_ERROR, "{kind:?} of {at} is off by {worst:.2e}");
            }
        }
    }
}
