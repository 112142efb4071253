//! Folds nodes whose inputs are constants: shape and padding arithmetic that exporters leave in models,
//! computed weights and tables of positions. One file per family; reshapes are here.
//!
//! Values are few kinds: `f32`, and whole numbers that may be a multiple of the batch size. A constant
//! whose values repeat for every image, such as positions of shape `[n, ..]`, has one of them and the axis
//! of the images ([`ConstantTensor::images`]). Memory and time are limited by
//! [`ReadBudget`](super::budget::ReadBudget) before anything is computed.

mod elementwise;
mod generate;
mod index;
mod join;
mod product;
mod quantise;
mod reduce;

use std::rc::Rc;

use super::constant::{ConstantData, ConstantTensor, SymbolicInt, offsets, strides, volume};
use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::ops::{self, OperatorTable};
use super::reader::{ModelReader, OnnxValue};

pub(super) use elementwise::plain;

/// The operators that are folded.
pub(super) const ALL: OperatorTable = &[
    ("Abs", elementwise::unary),
    ("Acos", elementwise::unary),
    ("Acosh", elementwise::unary),
    ("Add", elementwise::binary),
    ("And", elementwise::binary),
    ("Asin", elementwise::unary),
    ("Asinh", elementwise::unary),
    ("Atan", elementwise::unary),
    ("Atanh", elementwise::unary),
    ("BatchNormalization", reduce::batch_normalisation),
    ("BitwiseAnd", elementwise::binary),
    ("BitwiseNot", elementwise::unary),
    ("BitwiseOr", elementwise::binary),
    ("BitwiseXor", elementwise::binary),
    ("Cast", elementwise::cast),
    ("CastLike", elementwise::cast_like),
    ("Ceil", elementwise::unary),
    ("Celu", elementwise::unary),
    ("Clip", elementwise::unary),
    ("Concat", join::concat),
    ("Constant", constant),
    ("ConstantOfShape", constant_of_shape),
    ("Cos", elementwise::unary),
    ("Cosh", elementwise::unary),
    ("CumSum", reduce::cumulative_sum),
    ("DequantizeLinear", quantise::dequantise),
    ("Div", elementwise::binary),
    ("Dropout", identity),
    ("Einsum", product::einsum),
    ("Elu", elementwise::unary),
    ("Equal", elementwise::binary),
    ("Erf", elementwise::unary),
    ("Exp", elementwise::unary),
    ("Expand", join::expand),
    ("EyeLike", generate::eye_like),
    ("Flatten", flatten),
    ("Floor", elementwise::unary),
    ("Gather", index::gather),
    ("GatherElements", index::gather_elements),
    ("GatherND", index::gather_nd),
    ("Gelu", elementwise::unary),
    ("Gemm", product::gemm),
    ("Greater", elementwise::binary),
    ("GreaterOrEqual", elementwise::binary),
    ("HardSigmoid", elementwise::unary),
    ("HardSwish", elementwise::unary),
    ("Identity", identity),
    ("IsInf", elementwise::unary),
    ("IsNaN", elementwise::unary),
    ("LayerNormalization", reduce::layer_normalisation),
    ("LeakyRelu", elementwise::unary),
    ("Less", elementwise::binary),
    ("LessOrEqual", elementwise::binary),
    ("Log", elementwise::unary),
    ("LogSoftmax", reduce::softmax),
    ("LpNormalization", reduce::lp_normalisation),
    ("MatMul", product::mat_mul),
    ("Max", elementwise::binary),
    ("Mean", elementwise::binary),
    ("Min", elementwise::binary),
    ("Mish", elementwise::unary),
    ("Mod", elementwise::binary),
    ("Mul", elementwise::binary),
    ("Neg", elementwise::unary),
    ("NonZero", generate::non_zero),
    ("Not", elementwise::unary),
    ("OneHot", index::one_hot),
    ("Or", elementwise::binary),
    ("PRelu", elementwise::prelu),
    ("Pow", elementwise::binary),
    ("QuantizeLinear", quantise::quantise),
    ("Range", generate::range),
    ("Reciprocal", elementwise::unary),
    ("ReduceL1", reduce::reduce),
    ("ReduceL2", reduce::reduce),
    ("ReduceLogSum", reduce::reduce),
    ("ReduceLogSumExp", reduce::reduce),
    ("ReduceMax", reduce::reduce),
    ("ReduceMean", reduce::reduce),
    ("ReduceMin", reduce::reduce),
    ("ReduceProd", reduce::reduce),
    ("ReduceSum", reduce::reduce),
    ("ReduceSumSquare", reduce::reduce),
    ("Relu", elementwise::unary),
    ("Reshape", reshape),
    ("Round", elementwise::unary),
    ("ScatterElements", index::scatter_elements),
    ("ScatterND", index::scatter_nd),
    ("Selu", elementwise::unary),
    ("SequenceAt", join::part),
    ("Shape", shape),
    ("Sigmoid", elementwise::unary),
    ("Sign", elementwise::unary),
    ("Sin", elementwise::unary),
    ("Sinh", elementwise::unary),
    ("Size", size),
    ("Slice", join::slice),
    ("Softmax", reduce::softmax),
    ("Softplus", elementwise::unary),
    ("Softsign", elementwise::unary),
    ("Split", join::split),
    ("Sqrt", elementwise::unary),
    ("Squeeze", squeeze),
    ("Sub", elementwise::binary),
    ("Sum", elementwise::binary),
    ("Tan", elementwise::unary),
    ("Tanh", elementwise::unary),
    ("Tile", join::tile),
    ("Transpose", transpose),
    ("Trilu", generate::triangle),
    ("Unsqueeze", unsqueeze),
    ("Where", elementwise::choose),
    ("Xor", elementwise::binary),
];

fn done(constant: ConstantTensor) -> Result<OnnxValue, OnnxProblem> {
    Ok(OnnxValue::Constant(Rc::new(constant)))
}

fn constant(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["value", "value_float", "value_floats", "value_int", "value_ints"])?;
    let constant = if let Some(tensor) = node.tensor("value")? {
        reader.decode(node, tensor)?
    } else if let Some(value) = node.float("value_float")? {
        ConstantTensor::reals(Vec::new(), vec![value])
    } else if let Some(values) = node.floats("value_floats") {
        ConstantTensor::reals(vec![values.len()], values.to_vec())
    } else if let Some(value) = node.int("value_int")? {
        ConstantTensor::ints_of(Vec::new(), [value].into_iter())
    } else if let Some(values) = node.ints("value_ints") {
        ConstantTensor::ints_of(vec![values.len()], values.iter().copied())
    } else {
        return Err(node.fail("has no value"));
    };
    done(constant)
}

fn identity(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    reader.any_constant(node, 0).map(OnnxValue::Constant)
}

/// `Size`: the number of values.
fn size(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    let extents = reader.any_constant(node, 0)?.extents_of_batch();
    let size = extents.into_iter().try_fold(SymbolicInt::Known(1), SymbolicInt::times);
    let size = size.ok_or_else(|| node.fail("has too many values"))?;
    done(ConstantTensor::new(Vec::new(), ConstantData::Int(vec![size])))
}

/// `Flatten`: all axes before one, and all from there on, as one each.
fn flatten(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let data = reader.constant(node, 0)?;
    let rank = data.dims.len();
    let axis = match node.int("axis")?.unwrap_or(1) {
        axis if axis == rank as i64 => rank,
        axis => node.axis(axis, rank)?,
    };
    let (front, back) = data.dims.split_at(axis);
    reader.budget.folded(node, &data.dims)?;
    done(data.reshaped(vec![front.iter().product(), back.iter().product()]))
}

/// `Shape` of a constant or, through the table of other operators, of a tensor.
fn shape(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    ops::shape::shape(reader, node)
}

fn transpose(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["perm"])?;
    let data = reader.any_constant(node, 0)?;
    let rank = data.dims.len();
    let order = ops::shape::order(node, rank)?;
    let dims: Vec<usize> = order.iter().map(|&axis| data.dims[axis]).collect();
    reader.budget.folded(node, &dims)?;
    let steps = strides(&data.dims);
    let steps: Vec<usize> = order.iter().map(|&axis| steps[axis]).collect();
    let indices = offsets(&dims, &steps);
    let images = data.images.and_then(|images| order.iter().position(|&axis| axis == images));
    done(data.pick(dims, indices).with_images(images))
}

fn reshape(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["allowzero"])?;
    let (data, target) = (reader.any_constant(node, 0)?, reader.constant(node, 1)?);
    let target = target.extents().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    let misfit = || {
        let target: Vec<String> = target.iter().map(ToString::to_string).collect();
        node.fail(format!("{:?} cannot become [{}]", data.dims, target.join(", ")))
    };
    let zero_copies = node.int("allowzero")?.unwrap_or(0) == 0;
    let mut dims = Vec::with_capacity(target.len());
    let (mut free, mut images) = (None, None);
    for (axis, &extent) in target.iter().enumerate() {
        dims.push(match extent {
            SymbolicInt::Known(-1) if free.is_none() => {
                free = Some(axis);
                1
            }
            SymbolicInt::Images(1) if images.is_none() && data.images.is_some() => {
                images = Some(axis);
                1
            }
            SymbolicInt::Known(0) if zero_copies => {
                if data.images == Some(axis) {
                    images = Some(axis);
                }
                *data.dims.get(axis).ok_or_else(misfit)?
            }
            SymbolicInt::Known(extent) => usize::try_from(extent).map_err(|_| misfit())?,
            SymbolicInt::Images(_) => return Err(misfit()),
        });
    }
    if let Some(axis) = free {
        let known = volume(&dims).filter(|&known| known > 0).ok_or_else(misfit)?;
        dims[axis] = data.len() / known;
        if data.images.is_some() && images.is_none() && dims[axis] == 1 {
            images = Some(axis);
        }
    }
    if volume(&dims) != Some(data.len()) || images.is_some() != data.images.is_some() {
        return Err(misfit());
    }
    reader.budget.folded(node, &dims)?;
    done(data.reshaped(dims).with_images(images))
}

fn squeeze(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    let data = reader.any_constant(node, 0)?;
    let rank = data.dims.len();
    let single = |axis: usize| data.dims[axis] == 1 && data.images != Some(axis);
    let axes = match ops::shape::axes(reader, node, rank, ops::shape::SQUEEZE_AXES_INPUT)? {
        Some(axes) => axes,
        None => (0..rank).filter(|&axis| single(axis)).collect(),
    };
    if axes.iter().any(|&axis| !single(axis)) {
        return Err(node.fail(format!("axes {axes:?} of {:?} are not all 1", data.dims)));
    }
    let kept: Vec<usize> = (0..rank).filter(|axis| !axes.contains(axis)).collect();
    let images = data.images.and_then(|images| kept.iter().position(|&axis| axis == images));
    reader.budget.folded(node, &data.dims)?;
    let dims = kept.into_iter().map(|axis| data.dims[axis]).collect();
    done(data.reshaped(dims).with_images(images))
}

fn unsqueeze(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    let data = reader.any_constant(node, 0)?;
    let added = ops::shape::axes_count(reader, node, ops::shape::SQUEEZE_AXES_INPUT)?;
    let rank = data.dims.len() + added;
    let axes = ops::shape::axes(reader, node, rank, ops::shape::SQUEEZE_AXES_INPUT)?;
    let axes = axes.ok_or_else(|| node.fail("axes are missing"))?;
    let old: Vec<usize> = (0..rank).filter(|axis| !axes.contains(axis)).collect();
    let mut dims = vec![1; rank];
    old.iter().zip(&data.dims).for_each(|(&axis, &extent)| dims[axis] = extent);
    let images = data.images.and_then(|images| old.get(images).copied());
    reader.budget.folded(node, &dims)?;
    done(data.reshaped(dims).with_images(images))
}

fn constant_of_shape(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["value"])?;
    let shape = reader.constant(node, 0)?;
    let shape = shape.extents().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    let mut images = None;
    let mut dims = Vec::with_capacity(shape.len());
    for (axis, &extent) in shape.iter().enumerate() {
        dims.push(match extent {
            SymbolicInt::Known(extent) => usize::try_from(extent)
                .map_err(|_| node.fail(format!("the extent {extent} of the shape is negative")))?,
            SymbolicInt::Images(1) if images.is_none() => {
                images = Some(axis);
                1
            }
            SymbolicInt::Images(_) => {
                return Err(node.fail("the shape depends on the size of the batch"));
            }
        });
    }
    reader.budget.folded(node, &dims)?;
    let count = volume(&dims).unwrap_or(0);
    let value = match node.tensor("value")? {
        None => ConstantTensor::reals(vec![1], vec![0.0]),
        Some(value) => reader.decode(node, value)?,
    };
    if value.len() != 1 {
        return Err(node.fail("attribute value is not a single value"));
    }
    done(value.pick(dims, std::iter::repeat_n(0, count)).with_images(images))
}
