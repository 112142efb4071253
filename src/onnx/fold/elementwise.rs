//! Folding of operators that work value by value, with broadcasting.

use std::rc::Rc;

use super::super::constant::{ConstantData, ConstantTensor, SymbolicInt, offsets, strides};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::ops::activation;
use super::super::proto::DataType;
use super::super::reader::{ModelReader, OnnxValue};
use super::done;

/// Constants broadcast to common extents.
struct Broadcast {
    dims: Vec<usize>,
    images: Option<usize>,
    strides: Vec<Vec<usize>>,
}

impl Broadcast {
    fn new(
        reader: &mut ModelReader<'_>,
        node: OnnxNode<'_>,
        operands: &[&ConstantTensor],
    ) -> Result<Self, OnnxProblem> {
        let mut dims: Vec<usize> = Vec::new();
        for operand in operands {
            dims = broadcast(&dims, &operand.dims)
                .ok_or_else(|| node.fail(format!("{dims:?} and {:?} do not fit", operand.dims)))?;
        }
        let mut images = None;
        for operand in operands {
            let Some(axis) = operand.images else { continue };
            let own = axis + dims.len() - operand.dims.len();
            if images.is_some_and(|axis| axis != own) || dims[own] != 1 {
                return Err(node.fail("different images would be paired"));
            }
            images = Some(own);
        }
        reader.budget.folded(node, &dims)?;
        let strides = |operand: &&ConstantTensor| broadcast_strides(&operand.dims, dims.len());
        Ok(Self { strides: operands.iter().map(strides).collect(), images, dims })
    }

    /// The places of the values of one operand.
    fn places(&self, operand: usize) -> impl Iterator<Item = usize> + use<> {
        offsets(&self.dims, &self.strides[operand])
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        self.places(0).zip(self.places(1))
    }

    fn done(self, data: ConstantData) -> ConstantTensor {
        ConstantTensor::new(self.dims, data).with_images(self.images)
    }
}

/// Operators of two constants, or of any number of them.
pub(super) fn binary(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["fmod"])?;
    let count = node.proto.input.len();
    let mut result = reader.any_constant(node, 0)?;
    for position in 1..count {
        let other = reader.any_constant(node, position)?;
        result = Rc::new(pair(reader, node, &result, &other)?);
    }
    if node.operator() == "Mean" {
        let values = result.floats().map_err(|reason| node.fail(format!("an input {reason}")))?;
        let means = values.iter().map(|value| value / count as f32).collect();
        let mean = ConstantTensor::reals(result.dims.clone(), means);
        return done(mean.with_images(result.images));
    }
    Ok(OnnxValue::Constant(result))
}

fn pair(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    a: &ConstantTensor,
    b: &ConstantTensor,
) -> Result<ConstantTensor, OnnxProblem> {
    let joint = Broadcast::new(reader, node, &[a, b])?;
    let operator = node.operator();
    let data = match (&a.data, &b.data) {
        (ConstantData::Float(a), ConstantData::Float(b)) => match comparison(operator) {
            Some(holds) => flags(joint.pairs().map(|(i, j)| holds(a[i].into(), b[j].into()))),
            None => {
                let function = of_reals(node)?;
                let value = |(i, j): (usize, usize)| function(a[i], b[j]);
                ConstantData::Float(joint.pairs().map(value).collect())
            }
        },
        (ConstantData::Int(a), ConstantData::Int(b)) => {
            wholes(node, joint.pairs().map(|(i, j)| of_wholes(node, a[i], b[j])))?
        }
        (ConstantData::Float(a), ConstantData::Int(b)) if operator == "Pow" => {
            let b: Vec<i64> = known(node, b)?;
            let value = |(i, j): (usize, usize)| f64::from(a[i]).powf(b[j] as f64) as f32;
            ConstantData::Float(joint.pairs().map(value).collect())
        }
        _ => return Err(node.fail("mixes real and whole numbers")),
    };
    Ok(joint.done(data))
}

fn known(node: OnnxNode<'_>, values: &[SymbolicInt]) -> Result<Vec<i64>, OnnxProblem> {
    let known: Option<Vec<i64>> = values.iter().map(|value| value.known()).collect();
    known.ok_or_else(|| node.fail("an input depends on the size of the batch"))
}

fn comparison(operator: &str) -> Option<fn(f64, f64) -> bool> {
    Some(match operator {
        "Equal" => |a, b| a == b,
        "Greater" => |a, b| a > b,
        "GreaterOrEqual" => |a, b| a >= b,
        "Less" => |a, b| a < b,
        "LessOrEqual" => |a, b| a <= b,
        _ => return None,
    })
}

fn flags(values: impl Iterator<Item = bool>) -> ConstantData {
    ConstantData::Int(values.map(|flag| SymbolicInt::Known(i64::from(flag))).collect())
}

fn of_reals(node: OnnxNode<'_>) -> Result<fn(f32, f32) -> f32, OnnxProblem> {
    Ok(match node.operator() {
        "Add" | "Sum" | "Mean" => |a, b| a + b,
        "Sub" => |a, b| a - b,
        "Mul" => |a, b| a * b,
        "Div" => |a, b| a / b,
        "Pow" => |a, b| f64::from(a).powf(b.into()) as f32,
        "Max" => f32::max,
        "Min" => f32::min,
        "Mod" if node.int("fmod")?.unwrap_or(0) == 1 => |a, b| a % b,
        other => return Err(node.fail(format!("{other} of real numbers is not supported"))),
    })
}

/// `None` where the result is not defined or neither a number nor a multiple of the batch size.
fn of_wholes(node: OnnxNode<'_>, a: SymbolicInt, b: SymbolicInt) -> Option<SymbolicInt> {
    let flag = |flag: bool| Some(SymbolicInt::Known(i64::from(flag)));
    match node.operator() {
        "Add" | "Sum" => return a.plus(b),
        "Sub" => return a.plus(b.times(SymbolicInt::Known(-1))?),
        "Mul" => return a.times(b),
        "Equal" => return flag(a.equals(b)?),
        "Max" | "Min" if a == b => return Some(a),
        "Div" if a.known().is_none() || b.known().is_none() => return a.over(b),
        _ => {}
    }
    let (a, b) = (a.known()?, b.known()?);
    Some(SymbolicInt::Known(match node.operator() {
        "Div" => a.checked_div(b)?,
        "Pow" => a.checked_pow(u32::try_from(b).ok()?)?,
        "Max" => a.max(b),
        "Min" => a.min(b),
        "Mod" => {
            let rest = a.checked_rem(b)?;
            let of_divisor = node.int("fmod").ok()?.unwrap_or(0) == 0;
            if of_divisor && rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
        }
        "And" => i64::from(a != 0 && b != 0),
        "Or" => i64::from(a != 0 || b != 0),
        "Xor" => i64::from((a != 0) != (b != 0)),
        "BitwiseAnd" => a & b,
        "BitwiseOr" => a | b,
        "BitwiseXor" => a ^ b,
        "Greater" => i64::from(a > b),
        "GreaterOrEqual" => i64::from(a >= b),
        "Less" => i64::from(a < b),
        "LessOrEqual" => i64::from(a <= b),
        _ => return None,
    }))
}

fn wholes(
    node: OnnxNode<'_>,
    values: impl Iterator<Item = Option<SymbolicInt>>,
) -> Result<ConstantData, OnnxProblem> {
    let values: Option<Vec<SymbolicInt>> = values.collect();
    values
        .map(ConstantData::Int)
        .ok_or_else(|| node.fail("depends on the size of the batch, divides by 0 or is too large"))
}

/// Operators of one constant, activations among them: of constants they are no activation sites.
pub(super) fn unary(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    let data = reader.any_constant(node, 0)?;
    reader.budget.folded(node, &data.dims)?;
    let values = match &data.data {
        ConstantData::Float(values) => {
            if let Some(holds) = test(node.operator()) {
                flags(values.iter().map(|&value| holds(value)))
            } else {
                let function = function(reader, node)?;
                ConstantData::Float(values.iter().map(|&x| function(x.into()) as f32).collect())
            }
        }
        ConstantData::Int(values) => {
            wholes(node, values.iter().map(|&value| of_whole(node, value)))?
        }
    };
    done(ConstantTensor::new(data.dims.clone(), values).with_images(data.images))
}

fn test(operator: &str) -> Option<fn(f32) -> bool> {
    match operator {
        "IsNaN" => Some(f32::is_nan),
        "IsInf" => Some(f32::is_infinite),
        _ => None,
    }
}

fn of_whole(node: OnnxNode<'_>, value: SymbolicInt) -> Option<SymbolicInt> {
    if node.operator() == "Neg" {
        return value.times(SymbolicInt::Known(-1));
    }
    let value = value.known()?;
    Some(SymbolicInt::Known(match node.operator() {
        "Abs" => value.checked_abs()?,
        "Sign" => value.signum(),
        "Not" => i64::from(value == 0),
        "Relu" => value.max(0),
        "BitwiseNot" => !value,
        _ => return None,
    }))
}

/// A function of one real number.
type RealFunction = Box<dyn Fn(f64) -> f64>;

fn function(reader: &ModelReader<'_>, node: OnnxNode<'_>) -> Result<RealFunction, OnnxProblem> {
    if let Some(function) = plain(node.operator()) {
        node.allow(&[])?;
        return Ok(Box::new(function));
    }
    let number = |name: &str, default: f32| {
        node.float(name).map(|value| f64::from(value.unwrap_or(default)))
    };
    Ok(match node.operator() {
        "Selu" => {
            let (alpha, gamma) = (number("alpha", 1.673_263_2)?, number("gamma", 1.050_701)?);
            Box::new(move |x| gamma * if x > 0.0 { x } else { alpha * x.exp_m1() })
        }
        "Celu" => {
            let alpha = number("alpha", 1.0)?;
            Box::new(move |x| x.max(0.0) + alpha * (x.min(0.0) / alpha).exp_m1())
        }
        "Clip" => {
            let (low, high) = activation::bounds(reader, node)?;
            Box::new(move |x| x.max(low.into()).min(high.into()))
        }
        _ => match activation::kind(reader, node)? {
            Some(kind) => Box::new(move |x| kind.apply(x)),
            None => return Err(node.fail("is not supported on real numbers")),
        },
    })
}

/// Functions without parameters.
pub(in super::super) fn plain(operator: &str) -> Option<fn(f64) -> f64> {
    Some(match operator {
        "Abs" => f64::abs,
        "Acos" => f64::acos,
        "Acosh" => f64::acosh,
        "Asin" => f64::asin,
        "Asinh" => f64::asinh,
        "Atan" => f64::atan,
        "Atanh" => f64::atanh,
        "Ceil" => f64::ceil,
        "Cos" => f64::cos,
        "Cosh" => f64::cosh,
        "Erf" => libm::erf,
        "Exp" => f64::exp,
        "Floor" => f64::floor,
        "Log" => f64::ln,
        "Neg" => |x| -x,
        "Reciprocal" => |x| 1.0 / x,
        "Round" => f64::round_ties_even,
        "Sign" => |x| if x == 0.0 { 0.0 } else { x.signum() },
        "Sin" => f64::sin,
        "Sinh" => f64::sinh,
        "Softplus" => |x| x.max(0.0) + (-x.abs()).exp().ln_1p(),
        "Sqrt" => f64::sqrt,
        "Tan" => f64::tan,
        _ => return None,
    })
}

/// `Where`: values of one constant or another.
pub(super) fn choose(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let flags = reader.any_constant(node, 0)?;
    let (a, b) = (reader.any_constant(node, 1)?, reader.any_constant(node, 2)?);
    let joint = Broadcast::new(reader, node, &[&flags, &a, &b])
        .map_err(|_| node.fail("the shapes of the inputs do not fit"))?;
    let flags_at = flags.ints().map_err(|reason| node.fail(format!("the condition {reason}")))?;
    let chosen =
        joint.places(0).map(|at| flags_at[at] != 0).zip(joint.places(1).zip(joint.places(2)));
    let data = match (&a.data, &b.data) {
        (ConstantData::Float(a), ConstantData::Float(b)) => ConstantData::Float(
            chosen.map(|(first, (i, j))| if first { a[i] } else { b[j] }).collect(),
        ),
        (ConstantData::Int(a), ConstantData::Int(b)) => ConstantData::Int(
            chosen.map(|(first, (i, j))| if first { a[i] } else { b[j] }).collect(),
        ),
        _ => return Err(node.fail("mixes real and whole numbers")),
    };
    done(joint.done(data))
}

/// `PRelu` of constants.
pub(super) fn prelu(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let (data, slopes) = (reader.any_constant(node, 0)?, reader.any_constant(node, 1)?);
    let joint = Broadcast::new(reader, node, &[&data, &slopes])?;
    let fail = |reason| node.fail(format!("an input {reason}"));
    let (x, slope) = (data.floats().map_err(fail)?, slopes.floats().map_err(fail)?);
    let value = |(i, j): (usize, usize)| if x[i] < 0.0 { x[i] * slope[j] } else { x[i] };
    let values = joint.pairs().map(value).collect();
    done(joint.done(ConstantData::Float(values)))
}

/// `Cast` between kinds of numbers.
pub(super) fn cast(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["round_mode", "saturate", "to"])?;
    let data = reader.any_constant(node, 0)?;
    let to = node.int("to")?.and_then(|to| i32::try_from(to).ok());
    let kind = to.and_then(|to| DataType::try_from(to).ok()).unwrap_or(DataType::Undefined);
    converted(reader, node, &data, kind)
}

/// `CastLike`: to the kind of numbers of another constant.
pub(super) fn cast_like(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["round_mode", "saturate"])?;
    let (data, like) = (reader.any_constant(node, 0)?, reader.any_constant(node, 1)?);
    let kind = match like.data {
        ConstantData::Float(_) => DataType::Float,
        ConstantData::Int(_) => DataType::Int64,
    };
    converted(reader, node, &data, kind)
}

fn converted(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    data: &ConstantTensor,
    kind: DataType,
) -> Result<OnnxValue, OnnxProblem> {
    reader.budget.folded(node, &data.dims)?;
    let fail = |reason| node.fail(format!("the input {reason}"));
    let is_real = kind.is_real();
    let values = match &data.data {
        ConstantData::Float(values) if is_real => ConstantData::Float(values.clone()),
        ConstantData::Int(_) if is_real => {
            ConstantData::Float(data.ints().map_err(fail)?.iter().map(|&x| x as f32).collect())
        }
        ConstantData::Float(values) if kind == DataType::Bool => {
            flags(values.iter().map(|&value| value != 0.0))
        }
        ConstantData::Int(_) if kind == DataType::Bool => {
            flags(data.ints().map_err(fail)?.iter().map(|&value| value != 0))
        }
        ConstantData::Float(values) if kind.is_whole() => {
            ConstantData::Int(values.iter().map(|&x| SymbolicInt::Known(x as i64)).collect())
        }
        ConstantData::Int(values) if kind.is_whole() => ConstantData::Int(values.clone()),
        _ => {
            let reason = "the type cast to is not supported; supported: float32, float64, \
                          float16, bfloat16, whole numbers and bool";
            return Err(node.fail(reason));
        }
    };
    done(ConstantTensor::new(data.dims.clone(), values).with_images(data.images))
}

pub(in super::super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let extent = |dims: &[usize], axis: usize| {
        (axis + dims.len()).checked_sub(rank).map_or(1, |axis| dims[axis])
    };
    let joined = |axis| match (extent(a, axis), extent(b, axis)) {
        (x, y) if x == y => Some(x),
        (1, y) => Some(y),
        (x, 1) => Some(x),
        _ => None,
    };
    (0..rank).map(joined).collect()
}

/// Strides of a tensor seen with more axes, 0 where one value serves a whole axis.
pub(in super::super) fn broadcast_strides(dims: &[usize], rank: usize) -> Vec<usize> {
    let own = strides(dims);
    let repeated = |(&extent, &stride): (&usize, &usize)| if extent == 1 { 0 } else { stride };
    let missing = std::iter::repeat_n(0, rank - dims.len());
    missing.chain(dims.iter().zip(&own).map(repeated)).collect()
}
