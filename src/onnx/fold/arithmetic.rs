//! Folding of elementwise operators, with broadcasting.

use super::super::constant::{ConstantData, ConstantTensor, SymbolicInt, offsets, strides};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxValue};
use super::done;

/// Two constants and how their values pair up in a result of the given extents.
fn pairs(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    a: &ConstantTensor,
    b: &ConstantTensor,
) -> Result<(Vec<usize>, impl Iterator<Item = (usize, usize)> + use<>), OnnxProblem> {
    let dims = broadcast(&a.dims, &b.dims)
        .ok_or_else(|| node.fail(format!("{:?} and {:?} do not fit", a.dims, b.dims)))?;
    reader.budget.folded(node, &dims)?;
    let pairs = offsets(&dims, &broadcast_strides(&a.dims, dims.len()))
        .zip(offsets(&dims, &broadcast_strides(&b.dims, dims.len())));
    Ok((dims, pairs))
}

/// Addition, subtraction, multiplication, division and powers.
pub(super) fn binary(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let (a, b) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let (dims, pairs) = pairs(reader, node, &a, &b)?;
    let data = match (&a.data, &b.data) {
        (ConstantData::Float(a), ConstantData::Float(b)) => {
            ConstantData::Float(pairs.map(|(i, j)| of_reals(node.operator(), a[i], b[j])).collect())
        }
        (ConstantData::Int(a), ConstantData::Int(b)) => {
            wholes(node, pairs.map(|(i, j)| of_wholes(node.operator(), a[i], b[j])))?
        }
        _ => return Err(node.fail("mixes real and whole numbers")),
    };
    done(ConstantTensor { dims, data })
}

fn of_reals(operator: &str, a: f32, b: f32) -> f32 {
    match operator {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        "Pow" => a.powf(b),
        _ => a / b,
    }
}

/// `None` where the result is not defined or neither a number nor a multiple of the batch size.
fn of_wholes(operator: &str, a: SymbolicInt, b: SymbolicInt) -> Option<SymbolicInt> {
    match operator {
        "Add" => a.plus(b),
        "Sub" => a.plus(b.times(SymbolicInt::Known(-1))?),
        "Mul" => a.times(b),
        "Pow" => Some(SymbolicInt::Known(a.known()?.checked_pow(u32::try_from(b.known()?).ok()?)?)),
        _ => match (a, b) {
            (SymbolicInt::Known(a), SymbolicInt::Known(b)) => {
                a.checked_div(b).map(SymbolicInt::Known)
            }
            _ => a.over(b),
        },
    }
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

/// `Equal` of whole numbers: 1 where they are, else 0.
pub(super) fn equal(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let (a, b) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let (dims, pairs) = pairs(reader, node, &a, &b)?;
    let fail = |reason| node.fail(format!("an input {reason}"));
    let (a, b) = (a.extents().map_err(fail)?, b.extents().map_err(fail)?);
    let flag = |equal: bool| SymbolicInt::Known(i64::from(equal));
    let data = wholes(node, pairs.map(|(i, j)| a[i].equals(b[j]).map(flag)))?;
    done(ConstantTensor { dims, data })
}

/// `Mod` of whole numbers; the result has the sign of the divisor.
pub(super) fn modulo(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["fmod"])?;
    node.only("fmod", 0)?;
    let (a, b) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let (dims, pairs) = pairs(reader, node, &a, &b)?;
    let fail = |reason| node.fail(format!("an input {reason}"));
    let (a, b) = (a.ints().map_err(fail)?, b.ints().map_err(fail)?);
    let rest = |a: i64, b: i64| {
        let rest = a.checked_rem(b)?;
        Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
    };
    let data = wholes(node, pairs.map(|(i, j)| rest(a[i], b[j]).map(SymbolicInt::Known)))?;
    done(ConstantTensor { dims, data })
}

/// `Sqrt` of real numbers.
pub(super) fn sqrt(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let data = reader.constant(node, 0)?;
    reader.budget.folded(node, &data.dims)?;
    let values = data.floats().map_err(|reason| node.fail(format!("the input {reason}")))?;
    let roots = values.iter().map(|value| value.sqrt()).collect();
    done(ConstantTensor { dims: data.dims.clone(), data: ConstantData::Float(roots) })
}

/// `Where`: values of one constant or another.
pub(super) fn choose(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let flags = reader.constant(node, 0)?;
    let (a, b) = (reader.constant(node, 1)?, reader.constant(node, 2)?);
    let all = broadcast(&a.dims, &b.dims).and_then(|dims| broadcast(&dims, &flags.dims));
    let dims = all.ok_or_else(|| node.fail("the shapes of the inputs do not fit"))?;
    reader.budget.folded(node, &dims)?;
    let places =
        |constant: &ConstantTensor| offsets(&dims, &broadcast_strides(&constant.dims, dims.len()));
    let flags_at = flags.ints().map_err(|reason| node.fail(format!("the condition {reason}")))?;
    let chosen = places(&flags).map(|at| flags_at[at] != 0).zip(places(&a).zip(places(&b)));
    let data = match (&a.data, &b.data) {
        (ConstantData::Float(a), ConstantData::Float(b)) => ConstantData::Float(
            chosen.map(|(first, (i, j))| if first { a[i] } else { b[j] }).collect(),
        ),
        (ConstantData::Int(a), ConstantData::Int(b)) => ConstantData::Int(
            chosen.map(|(first, (i, j))| if first { a[i] } else { b[j] }).collect(),
        ),
        _ => return Err(node.fail("mixes real and whole numbers")),
    };
    done(ConstantTensor { dims, data })
}

pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
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
pub(super) fn broadcast_strides(dims: &[usize], rank: usize) -> Vec<usize> {
    let own = strides(dims);
    let repeated = |(&extent, &stride): (&usize, &usize)| if extent == 1 { 0 } else { stride };
    let missing = std::iter::repeat_n(0, rank - dims.len());
    missing.chain(dims.iter().zip(&own).map(repeated)).collect()
}
