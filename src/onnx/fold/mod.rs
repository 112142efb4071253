//! Folds nodes whose inputs are constants: the shape and padding arithmetic that exporters leave in
//! models, and rearranged weights. Results are limited by `Budget::folded`. Elementwise operators are
//! in [`arithmetic`].

mod arithmetic;

use std::rc::Rc;

use super::constant::{
    ConstantData, ConstantTensor, StridedRange, SymbolicInt, offsets, strides, volume,
};
use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::ops::{self, OperatorTable};
use super::proto::DataType;
use super::reader::{ModelReader, OnnxValue};

/// The operators that are folded.
pub(super) const ALL: OperatorTable = &[
    ("Add", arithmetic::binary),
    ("Cast", cast),
    ("Concat", concat),
    ("Constant", constant),
    ("ConstantOfShape", constant_of_shape),
    ("Div", arithmetic::binary),
    ("Equal", arithmetic::equal),
    ("Expand", expand),
    ("Gather", gather),
    ("Identity", identity),
    ("Mod", arithmetic::modulo),
    ("Mul", arithmetic::binary),
    ("Pow", arithmetic::binary),
    ("Reshape", reshape),
    ("Shape", shape),
    ("Slice", slice),
    ("Sqrt", arithmetic::sqrt),
    ("Squeeze", squeeze),
    ("Sub", arithmetic::binary),
    ("Transpose", transpose),
    ("Unsqueeze", unsqueeze),
    ("Where", arithmetic::choose),
];

fn done(constant: ConstantTensor) -> Result<OnnxValue, OnnxProblem> {
    Ok(OnnxValue::Constant(Rc::new(constant)))
}

fn constant(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["value", "value_float", "value_floats", "value_int", "value_ints"])?;
    let numbers =
        |dims, values: &[f32]| ConstantTensor { dims, data: ConstantData::Float(values.to_vec()) };
    let whole = |values: &[i64]| values.iter().copied().map(SymbolicInt::Known).collect::<Vec<_>>();
    let constant = if let Some(tensor) = node.tensor("value")? {
        reader.decode(node, tensor)?
    } else if let Some(value) = node.float("value_float")? {
        numbers(Vec::new(), &[value])
    } else if let Some(values) = node.floats("value_floats") {
        numbers(vec![values.len()], values)
    } else if let Some(value) = node.int("value_int")? {
        ConstantTensor {
            dims: Vec::new(),
            data: ConstantData::Int(vec![SymbolicInt::Known(value)]),
        }
    } else if let Some(values) = node.ints("value_ints") {
        ConstantTensor::wholes(whole(values))
    } else {
        return Err(node.fail("has no value"));
    };
    done(constant)
}

fn identity(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    reader.constant(node, 0).map(OnnxValue::Constant)
}

/// `Shape` of a constant or, through the table of other operators, of a tensor.
fn shape(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    ops::shape::shape(reader, node)
}

fn gather(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let (data, indices) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let axis = node.axis(node.int("axis")?.unwrap_or(0), data.dims.len())?;
    let extent = data.dims[axis];
    let positions = indices.ints().map_err(|reason| node.fail(format!("the index {reason}")))?;
    let inside = |&position: &i64| {
        let from_first = if position < 0 { position + extent as i64 } else { position };
        usize::try_from(from_first).ok().filter(|&position| position < extent)
    };
    let positions: Option<Vec<usize>> = positions.iter().map(inside).collect();
    let positions =
        positions.ok_or_else(|| node.fail(format!("an index is not within 0..{extent}")))?;
    let (outer, inner) = (&data.dims[..axis], &data.dims[axis + 1..]);
    let dims = [outer, &indices.dims, inner].concat();
    reader.budget.folded(node, &dims)?;
    let block: usize = inner.iter().product();
    let picked = (0..outer.iter().product::<usize>()).flat_map(|outer| {
        let positions = positions.iter();
        positions.flat_map(move |&position| {
            let first = (outer * extent + position) * block;
            first..first + block
        })
    });
    done(data.pick(dims, picked))
}

fn slice(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    let data = reader.constant(node, 0)?;
    let whole = |&extent: &usize| StridedRange { first: 0, step: 1, count: extent };
    let mut ranges: Vec<StridedRange> = data.dims.iter().map(whole).collect();
    for cut in ops::slice::cuts(reader, node, data.dims.len())? {
        let end = cut.end.known();
        let end = end.ok_or_else(|| node.fail("the end depends on the size of the batch"))?;
        let range = StridedRange::resolve(cut.start, end, cut.step, data.dims[cut.axis]);
        ranges[cut.axis] = range.ok_or_else(|| node.fail("a step of 0"))?;
    }
    let dims: Vec<usize> = ranges.iter().map(|range| range.count).collect();
    reader.budget.folded(node, &dims)?;
    let steps = strides(&data.dims);
    let mut indices = vec![0];
    for (range, step) in ranges.iter().zip(&steps) {
        indices = indices
            .iter()
            .flat_map(|base| range.positions().map(move |position| base + position * step))
            .collect();
    }
    done(data.pick(dims, indices.into_iter()))
}

fn concat(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let count = node.proto.input.len();
    let parts: Result<Vec<Rc<ConstantTensor>>, OnnxProblem> =
        (0..count).map(|position| reader.constant(node, position)).collect();
    let parts = parts?;
    let first = parts.first().ok_or_else(|| node.fail("has no input"))?;
    let axis = node.int("axis")?.ok_or_else(|| node.fail("attribute axis is missing"))?;
    let axis = node.axis(axis, first.dims.len())?;
    let mut dims = first.dims.clone();
    dims[axis] = 0;
    for part in &parts {
        let mut other = part.dims.clone();
        if other.len() == dims.len() {
            dims[axis] = dims[axis].saturating_add(other[axis]);
            other[axis] = dims[axis];
        }
        if other != dims {
            return Err(node.fail(format!("{:?} and {:?} do not fit", first.dims, part.dims)));
        }
    }
    reader.budget.folded(node, &dims)?;
    let outer: usize = dims[..axis].iter().product();
    let inner: usize = dims[axis + 1..].iter().product();
    let pieces = (0..outer).flat_map(|row| {
        parts.iter().map(move |part| {
            let size = part.dims[axis] * inner;
            (part, row * size..(row + 1) * size)
        })
    });
    let mut data = match first.data {
        ConstantData::Float(_) => ConstantData::Float(Vec::new()),
        ConstantData::Int(_) => ConstantData::Int(Vec::new()),
    };
    for (part, range) in pieces {
        match (&mut data, &part.data) {
            (ConstantData::Float(all), ConstantData::Float(values)) => {
                all.extend_from_slice(&values[range])
            }
            (ConstantData::Int(all), ConstantData::Int(values)) => {
                all.extend_from_slice(&values[range])
            }
            _ => return Err(node.fail("mixes real and whole numbers")),
        }
    }
    done(ConstantTensor { dims, data })
}

fn transpose(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["perm"])?;
    let data = reader.constant(node, 0)?;
    let rank = data.dims.len();
    let order = ops::shape::order(node, rank)?;
    let dims: Vec<usize> = order.iter().map(|&axis| data.dims[axis]).collect();
    reader.budget.folded(node, &dims)?;
    let steps = strides(&data.dims);
    let steps: Vec<usize> = order.iter().map(|&axis| steps[axis]).collect();
    let indices = offsets(&dims, &steps);
    done(data.pick(dims, indices))
}

fn reshape(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["allowzero"])?;
    let (data, target) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let target = target.ints().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    let misfit = || node.fail(format!("{:?} cannot become {target:?}", data.dims));
    let zero_copies = node.int("allowzero")?.unwrap_or(0) == 0;
    let mut dims = Vec::with_capacity(target.len());
    let mut free = None;
    for (axis, &extent) in target.iter().enumerate() {
        dims.push(match extent {
            -1 if free.is_none() => {
                free = Some(axis);
                1
            }
            0 if zero_copies => *data.dims.get(axis).ok_or_else(misfit)?,
            _ => usize::try_from(extent).map_err(|_| misfit())?,
        });
    }
    if let Some(axis) = free {
        let known = volume(&dims).filter(|&known| known > 0).ok_or_else(misfit)?;
        dims[axis] = data.len() / known;
    }
    if volume(&dims) != Some(data.len()) {
        return Err(misfit());
    }
    reader.budget.folded(node, &dims)?;
    done(data.reshaped(dims))
}

fn squeeze(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    let data = reader.constant(node, 0)?;
    let rank = data.dims.len();
    let axes = match ops::shape::axes(reader, node, rank, ops::shape::SQUEEZE_AXES_INPUT)? {
        Some(axes) => axes,
        None => (0..rank).filter(|&axis| data.dims[axis] == 1).collect(),
    };
    if axes.iter().any(|&axis| data.dims[axis] != 1) {
        return Err(node.fail(format!("axes {axes:?} of {:?} are not all 1", data.dims)));
    }
    let kept = (0..rank).filter(|axis| !axes.contains(axis)).map(|axis| data.dims[axis]);
    reader.budget.folded(node, &data.dims)?;
    done(data.reshaped(kept.collect()))
}

fn unsqueeze(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    let data = reader.constant(node, 0)?;
    let added = ops::shape::axes_count(reader, node, ops::shape::SQUEEZE_AXES_INPUT)?;
    let rank = data.dims.len() + added;
    let axes = ops::shape::axes(reader, node, rank, ops::shape::SQUEEZE_AXES_INPUT)?;
    let axes = axes.ok_or_else(|| node.fail("axes are missing"))?;
    let mut old = data.dims.iter();
    let extent = |axis| if axes.contains(&axis) { 1 } else { old.next().copied().unwrap_or(1) };
    let dims: Vec<usize> = (0..rank).map(extent).collect();
    reader.budget.folded(node, &dims)?;
    done(data.reshaped(dims))
}

fn cast(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["to", "saturate"])?;
    let data = reader.constant(node, 0)?;
    reader.budget.folded(node, &data.dims)?;
    let to = node.int("to")?.and_then(|to| i32::try_from(to).ok());
    let kind = to.and_then(|to| DataType::try_from(to).ok()).unwrap_or(DataType::Undefined);
    let values = match (kind, &data.data) {
        (DataType::Int32 | DataType::Int64, ConstantData::Float(values)) => ConstantData::Int(
            values.iter().map(|&value| SymbolicInt::Known(value as i64)).collect(),
        ),
        (DataType::Bool, ConstantData::Int(_)) => {
            let values = data.ints().map_err(|reason| node.fail(format!("the input {reason}")))?;
            ConstantData::Int(
                values.iter().map(|&value| SymbolicInt::Known(i64::from(value != 0))).collect(),
            )
        }
        (DataType::Int32 | DataType::Int64, ConstantData::Int(_))
        | (
            DataType::Float | DataType::Double | DataType::Float16 | DataType::Bfloat16,
            ConstantData::Float(_),
        ) => data.data.clone(),
        (
            DataType::Float | DataType::Double | DataType::Float16 | DataType::Bfloat16,
            ConstantData::Int(_),
        ) => {
            let values = data.ints().map_err(|reason| node.fail(format!("the input {reason}")))?;
            ConstantData::Float(values.iter().map(|&value| value as f32).collect())
        }
        _ => {
            let reason = "the type cast to is not supported; supported: float32, float64, \
                          float16, bfloat16, int32, int64 and, from whole numbers, bool";
            return Err(node.fail(reason));
        }
    };
    done(ConstantTensor { dims: data.dims.clone(), data: values })
}

fn constant_of_shape(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["value"])?;
    let shape = reader.constant(node, 0)?;
    let shape = shape.ints().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    let dims: Option<Vec<usize>> = shape.iter().map(|&d| usize::try_from(d).ok()).collect();
    let dims = dims.ok_or_else(|| node.fail(format!("the shape {shape:?} is negative")))?;
    reader.budget.folded(node, &dims)?;
    let count = volume(&dims).unwrap_or(0);
    let data = match node.tensor("value")? {
        None => ConstantData::Float(vec![0.0; count]),
        Some(value) => {
            let value = reader.decode(node, value)?;
            if value.len() != 1 {
                return Err(node.fail("attribute value is not a single value"));
            }
            return done(value.pick(dims, std::iter::repeat_n(0, count)));
        }
    };
    done(ConstantTensor { dims, data })
}

/// `Expand` of a constant; where the images are an axis of the result, it becomes a parameter.
fn expand(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let (data, target) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let target = target.extents().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    if target.iter().any(|extent| extent.known().is_none()) {
        let tensor = reader.parameter(node, 0, &data, None)?;
        return reader.expanded(node, &tensor, target).map(OnnxValue::Tensor);
    }
    let wanted: Option<Vec<usize>> =
        target.iter().map(|extent| usize::try_from(extent.known()?).ok()).collect();
    let wanted = wanted.ok_or_else(|| node.fail("an extent is negative"))?;
    let dims = arithmetic::broadcast(&data.dims, &wanted)
        .ok_or_else(|| node.fail(format!("{:?} does not expand to {wanted:?}", data.dims)))?;
    reader.budget.folded(node, &dims)?;
    let steps = arithmetic::broadcast_strides(&data.dims, dims.len());
    let indices = offsets(&dims, &steps);
    done(data.pick(dims, indices))
}
