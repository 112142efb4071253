// Activation functions, arranged as in backend/cpu/ops/activation.rs: no difference of nearly equal
// numbers is taken, so a result has the sign of the exact function.

const RELU: u32 = 0u;
const CLIPPED_RELU: u32 = 1u;
const LEAKY_RELU: u32 = 2u;
const SIGMOID: u32 = 3u;
const HARD_SIGMOID: u32 = 4u;
const SILU: u32 = 5u;
const HARD_SWISH: u32 = 6u;
const GELU: u32 = 7u;
const GELU_TANH: u32 = 8u;
const TANH: u32 = 9u;
const ELU: u32 = 10u;
const MISH: u32 = 11u;
const SOFTSIGN: u32 = 12u;
const HARD_TANH: u32 = 13u;
const SOFTPLUS: u32 = 14u;
const SHRINK: u32 = 15u;
const THRESHOLD: u32 = 16u;

// 1 + exp(-x); the bounds keep the exponential finite and above zero.
fn logistic(x: vec4<f32>) -> vec4<f32> {
    return 1.0 + exp(-clamp(x, vec4<f32>(-87.0), vec4<f32>(87.0)));
}

// The standard normal distribution at -a for a of at least 0.
fn normal_tail(a: vec4<f32>) -> vec4<f32> {
    let t = 1.0 / (1.0 + 0.3 * a);
    var sum = vec4<f32>(3.567449931e-2);
    sum = fma(sum, t, vec4<f32>(-1.572020418e-1));
    sum = fma(sum, t, vec4<f32>(2.063518741e-1));
    sum = fma(sum, t, vec4<f32>(-5.368227272e-2));
    sum = fma(sum, t, vec4<f32>(1.285609606e-1));
    sum = fma(sum, t, vec4<f32>(9.991367875e-2));
    sum = fma(sum, t, vec4<f32>(1.207539281e-1));
    sum = fma(sum, t, vec4<f32>(1.196293005e-1));
    return sum * t * exp(max(-0.5 * a * a, vec4<f32>(-200.0)));
}

fn gelu(x: vec4<f32>) -> vec4<f32> {
    let size = abs(x);
    return max(x, vec4<f32>()) - size * normal_tail(size);
}

fn gelu_tanh(x: vec4<f32>) -> vec4<f32> {
    return x / logistic(1.5957691 * (x + 0.044715 * x * x * x));
}

// Rational approximation of Eigen's generic_fast_tanh_float.
fn rational_tanh(value: vec4<f32>) -> vec4<f32> {
    let x = clamp(value, vec4<f32>(-7.905311), vec4<f32>(7.905311));
    let square = x * x;
    var odd = vec4<f32>(-2.7607685e-16);
    odd = fma(odd, square, vec4<f32>(2.0001879e-13));
    odd = fma(odd, square, vec4<f32>(-8.6046715e-11));
    odd = fma(odd, square, vec4<f32>(5.122297e-8));
    odd = fma(odd, square, vec4<f32>(1.4857224e-5));
    odd = fma(odd, square, vec4<f32>(6.3726193e-4));
    odd = fma(odd, square, vec4<f32>(4.8935246e-3));
    var even = vec4<f32>(1.1982584e-6);
    even = fma(even, square, vec4<f32>(1.18534705e-4));
    even = fma(even, square, vec4<f32>(2.2684346e-3));
    even = fma(even, square, vec4<f32>(4.8935252e-3));
    return x * odd / even;
}

// exp(m) - 1 for m = min(x, 0) is tanh(m / 2) * (1 + exp(m)).
fn elu(x: vec4<f32>, alpha: f32) -> vec4<f32> {
    let below = clamp(x, vec4<f32>(-87.0), vec4<f32>());
    return max(x, vec4<f32>()) + alpha * rational_tanh(0.5 * below) * (1.0 + exp(below));
}

// x * tanh(ln(1 + exp(x))); beyond 20 the factor is 1.
fn mish(x: vec4<f32>) -> vec4<f32> {
    let power = exp(clamp(x, vec4<f32>(-87.0), vec4<f32>(20.0)));
    let n = power * (power + 2.0);
    return x * (n / (n + 2.0));
}

// ln(1 + e) for e = exp(-|x|) is e - e^2 / 2 where e is small.
fn softplus(x: vec4<f32>) -> vec4<f32> {
    let power = exp(max(-abs(x), vec4<f32>(-87.0)));
    let small = power - 0.5 * power * power;
    return max(x, vec4<f32>()) + select(log(1.0 + power), small, power < vec4<f32>(1e-3));
}

// Zero between -width and width; the rest moves towards zero.
fn shrink(x: vec4<f32>, width: f32, bias: f32) -> vec4<f32> {
    let above = select(vec4<f32>(), x - bias, x > vec4<f32>(width));
    return select(above, x + bias, x < vec4<f32>(-width));
}

// The function `kind` of four values; `parameter` is its ceiling, slope, factor or lower bound.
fn activate(kind: u32, parameter: f32, offset: f32, x: vec4<f32>) -> vec4<f32> {
    let zero = vec4<f32>();
    switch kind {
        case CLIPPED_RELU: { return clamp(x, zero, vec4<f32>(parameter)); }
        case LEAKY_RELU: { return max(x, x * parameter); }
        case SIGMOID: { return 1.0 / logistic(x); }
        case HARD_SIGMOID: { return clamp(x * parameter + offset, zero, vec4<f32>(1.0)); }
        case SILU: { return x / logistic(x); }
        case HARD_SWISH: { return x * clamp(x + 3.0, zero, vec4<f32>(6.0)) / 6.0; }
        case GELU: { return gelu(x); }
        case GELU_TANH: { return gelu_tanh(x); }
        case TANH: { return rational_tanh(x); }
        case ELU: { return elu(x, parameter); }
        case MISH: { return mish(x); }
        case SOFTSIGN: { return x / (1.0 + abs(x)); }
        case SOFTPLUS: { return softplus(x); }
        case SHRINK: { return shrink(x, parameter, offset); }
        case THRESHOLD: { return select(vec4<f32>(offset), x, x > vec4<f32>(parameter)); }
        case HARD_TANH: { return clamp(x, vec4<f32>(parameter), vec4<f32>(offset)); }
        default: { return max(x, zero); }
    }
}
