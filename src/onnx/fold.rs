//! Folds nodes whose inputs are constants: what exporters leave of shape and padding arithmetic,
//! and rearranged weights. Results are budgeted (`Budget::folded`).

use std::rc::Rc;

use super::constant::{Constant, Data, Range, Whole, offsets, strides, volume};
use super::error::Problem;
use super::node::Node;
use super::ops::{self, Table};
use super::proto::DataType;
use super::reader::{Reader, Value};

/// The operators that are folded.
pub(super) const ALL: Table = &[
    ("Add", arithmetic),
    ("Cast", cast),
    ("Concat", concat),
    ("Constant", constant),
    ("ConstantOfShape", constant_of_shape),
    ("Div", arithmetic),
    ("Expand", expand),
    ("Gather", gather),
    ("Identity", identity),
    ("Mul", arithmetic),
    ("Reshape", reshape),
    ("Shape", shape),
    ("Slice", slice),
    ("Squeeze", squeeze),
    ("Sub", arithmetic),
    ("Transpose", transpose),
    ("Unsqueeze", unsqueeze),
];

fn done(constant: Constant) -> Result<Value, Problem> {
    Ok(Value::Constant(Rc::new(constant)))
}

fn constant(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["value", "value_float", "value_floats", "value_int", "value_ints"])?;
    let numbers = |dims, values: &[f32]| Constant { dims, data: Data::Float(values.to_vec()) };
    let whole = |values: &[i64]| values.iter().copied().map(Some).collect::<Vec<Whole>>();
    let constant = if let Some(tensor) = node.tensor("value")? {
        reader.decode(node, tensor)?
    } else if let Some(value) = node.float("value_float")? {
        numbers(Vec::new(), &[value])
    } else if let Some(values) = node.floats("value_floats") {
        numbers(vec![values.len()], values)
    } else if let Some(value) = node.int("value_int")? {
        Constant { dims: Vec::new(), data: Data::Int(vec![Some(value)]) }
    } else if let Some(values) = node.ints("value_ints") {
        Constant::wholes(whole(values))
    } else {
        return Err(node.fail("has no value"));
    };
    done(constant)
}

fn identity(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    reader.constant(node, 0).map(Value::Constant)
}

/// `Shape` of a constant or, through the table of other operators, of a tensor.
fn shape(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    ops::shape::shape(reader, node)
}

fn gather(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
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

fn slice(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    let data = reader.constant(node, 0)?;
    let whole = |&extent: &usize| Range { first: 0, step: 1, count: extent };
    let mut ranges: Vec<Range> = data.dims.iter().map(whole).collect();
    for cut in ops::slice::cuts(reader, node, data.dims.len())? {
        let end = cut.end.ok_or_else(|| node.fail("the end depends on the size of the batch"))?;
        let range = Range::resolve(cut.start, end, cut.step, data.dims[cut.axis]);
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

fn concat(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["axis"])?;
    let count = node.proto.input.len();
    let parts: Result<Vec<Rc<Constant>>, Problem> =
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
        Data::Float(_) => Data::Float(Vec::new()),
        Data::Int(_) => Data::Int(Vec::new()),
    };
    for (part, range) in pieces {
        match (&mut data, &part.data) {
            (Data::Float(all), Data::Float(values)) => all.extend_from_slice(&values[range]),
            (Data::Int(all), Data::Int(values)) => all.extend_from_slice(&values[range]),
            _ => return Err(node.fail("mixes real and whole numbers")),
        }
    }
    done(Constant { dims, data })
}

fn transpose(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["perm"])?;
    let data = reader.constant(node, 0)?;
    let rank = data.dims.len();
    let order: Vec<usize> = match node.ints("perm") {
        None => (0..rank).rev().collect(),
        Some(order) => {
            let axes = order.iter().map(|&axis| node.axis(axis, rank));
            axes.collect::<Result<_, _>>()?
        }
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(node.fail(format!("perm {order:?} is not an order of {rank} axes")));
    }
    let dims: Vec<usize> = order.iter().map(|&axis| data.dims[axis]).collect();
    reader.budget.folded(node, &dims)?;
    let steps = strides(&data.dims);
    let steps: Vec<usize> = order.iter().map(|&axis| steps[axis]).collect();
    let indices = offsets(&dims, &steps);
    done(data.pick(dims, indices))
}

fn reshape(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
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

fn squeeze(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
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

fn unsqueeze(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
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

fn cast(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["to", "saturate"])?;
    let data = reader.constant(node, 0)?;
    reader.budget.folded(node, &data.dims)?;
    let to = node.int("to")?.and_then(|to| i32::try_from(to).ok());
    let kind = to.and_then(|to| DataType::try_from(to).ok()).unwrap_or(DataType::Undefined);
    let values = match (kind, &data.data) {
        (DataType::Int32 | DataType::Int64, Data::Float(values)) => {
            Data::Int(values.iter().map(|&value| Some(value as i64)).collect())
        }
        (DataType::Int32 | DataType::Int64, Data::Int(_))
        | (DataType::Float | DataType::Double, Data::Float(_)) => data.data.clone(),
        (DataType::Float | DataType::Double, Data::Int(_)) => {
            let values = data.ints().map_err(|reason| node.fail(format!("the input {reason}")))?;
            Data::Float(values.iter().map(|&value| value as f32).collect())
        }
        _ => {
            let reason = "the type cast to is not supported; supported are float32, float64, \
                          int32 and int64";
            return Err(node.fail(reason));
        }
    };
    done(Constant { dims: data.dims.clone(), data: values })
}

fn constant_of_shape(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["value"])?;
    let shape = reader.constant(node, 0)?;
    let shape = shape.ints().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    let dims: Option<Vec<usize>> = shape.iter().map(|&d| usize::try_from(d).ok()).collect();
    let dims = dims.ok_or_else(|| node.fail(format!("the shape {shape:?} is negative")))?;
    reader.budget.folded(node, &dims)?;
    let count = volume(&dims).unwrap_or(0);
    let data = match node.tensor("value")? {
        None => Data::Float(vec![0.0; count]),
        Some(value) => {
            let value = reader.decode(node, value)?;
            if value.len() != 1 {
                return Err(node.fail("attribute value is not a single value"));
            }
            return done(value.pick(dims, std::iter::repeat_n(0, count)));
        }
    };
    done(Constant { dims, data })
}

fn expand(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let (data, shape) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let shape = shape.ints().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    let target: Option<Vec<usize>> = shape.iter().map(|&d| usize::try_from(d).ok()).collect();
    let dims = target.and_then(|target| broadcast(&data.dims, &target));
    let dims =
        dims.ok_or_else(|| node.fail(format!("{:?} and {shape:?} do not fit", data.dims)))?;
    reader.budget.folded(node, &dims)?;
    let indices = offsets(&dims, &broadcast_strides(&data.dims, dims.len()));
    done(data.pick(dims, indices))
}

/// Addition, subtraction, multiplication and division with broadcasting.
fn arithmetic(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let (a, b) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let dims = broadcast(&a.dims, &b.dims)
        .ok_or_else(|| node.fail(format!("{:?} and {:?} do not fit", a.dims, b.dims)))?;
    reader.budget.folded(node, &dims)?;
    let pairs = offsets(&dims, &broadcast_strides(&a.dims, dims.len()))
        .zip(offsets(&dims, &broadcast_strides(&b.dims, dims.len())));
    let data = match (&a.data, &b.data) {
        (Data::Float(a), Data::Float(b)) => {
            Data::Float(pairs.map(|(i, j)| of_reals(node.operator(), a[i], b[j])).collect())
        }
        (Data::Int(a), Data::Int(b)) => {
            let values: Option<Vec<Whole>> =
                pairs.map(|(i, j)| of_wholes(node.operator(), a[i], b[j])).collect();
            Data::Int(values.ok_or_else(|| {
                node.fail("depends on the size of the batch, divides by 0 or is too large")
            })?)
        }
        _ => return Err(node.fail("mixes real and whole numbers")),
    };
    done(Constant { dims, data })
}

fn of_reals(operator: &str, a: f32, b: f32) -> f32 {
    match operator {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        _ => a / b,
    }
}

/// `None` where the result is not defined; the batch size survives neutral operations only.
fn of_wholes(operator: &str, a: Whole, b: Whole) -> Option<Whole> {
    let (Some(a), Some(b)) = (a, b) else {
        let neutral = match operator {
            "Add" => a == Some(0) || b == Some(0),
            "Sub" => b == Some(0),
            "Mul" => a == Some(1) || b == Some(1),
            _ => b == Some(1),
        };
        return neutral.then_some(None);
    };
    let result = match operator {
        "Add" => a.checked_add(b),
        "Sub" => a.checked_sub(b),
        "Mul" => a.checked_mul(b),
        _ => a.checked_div(b),
    };
    result.map(Some)
}

fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
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
fn broadcast_strides(dims: &[usize], rank: usize) -> Vec<usize> {
    let own = strides(dims);
    let repeated = |(&extent, &stride): (&usize, &usize)| if extent == 1 { 0 } else { stride };
    let missing = std::iter::repeat_n(0, rank - dims.len());
    missing.chain(dims.iter().zip(&own).map(repeated)).collect()
}
