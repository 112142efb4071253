//! Folding of operators that make values from positions.

use super::super::constant::{ConstantData, ConstantTensor, SymbolicInt, strides};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::ops;
use super::super::reader::{ModelReader, OnnxValue};
use super::done;
use super::index::ints;

/// `Range`: evenly spaced numbers.
pub(super) fn range(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let [start, limit, delta] = [0, 1, 2].map(|position| reader.constant(node, position));
    let (start, limit, delta) = (start?, limit?, delta?);
    let too_long = || node.fail("a step of 0, or too many values");
    let count = |start: f64, limit: f64, delta: f64| {
        let count = ((limit - start) / delta).ceil().max(0.0);
        (count < 1e9).then_some(count as usize).ok_or_else(too_long)
    };
    match (&start.data, &limit.data, &delta.data) {
        (ConstantData::Float(a), ConstantData::Float(b), ConstantData::Float(c)) => {
            let (&[a], &[b], &[c]) = (a.as_slice(), b.as_slice(), c.as_slice()) else {
                return Err(node.fail("takes single numbers"));
            };
            let count = count(a.into(), b.into(), c.into())?;
            reader.budget.folded(node, &[count])?;
            let values = (0..count).map(|k| (f64::from(a) + k as f64 * f64::from(c)) as f32);
            done(ConstantTensor::reals(vec![count], values.collect()))
        }
        _ => {
            let single = |position: usize| match ints(reader, node, position)?.as_slice() {
                &[value] => Ok(value),
                _ => Err(node.fail("takes single numbers")),
            };
            let (start, limit, delta) = (single(0)?, single(1)?, single(2)?);
            let count = count(start as f64, limit as f64, delta as f64)?;
            reader.budget.folded(node, &[count])?;
            let value = |k: usize| start.saturating_add((k as i64).saturating_mul(delta));
            done(ConstantTensor::ints_of(vec![count], (0..count).map(value)))
        }
    }
}

/// `NonZero`: the positions of values that are not 0, one column each.
pub(super) fn non_zero(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let data = reader.constant(node, 0)?;
    let rank = data.dims.len();
    reader.budget.folded(node, &[&data.dims[..], &[rank.max(1)]].concat())?;
    let on: Vec<usize> = match &data.data {
        ConstantData::Float(values) => {
            (0..values.len()).filter(|&index| values[index] != 0.0).collect()
        }
        ConstantData::Int(_) => {
            let values = ints(reader, node, 0)?;
            (0..values.len()).filter(|&index| values[index] != 0).collect()
        }
    };
    let steps = strides(&data.dims);
    let count = on.len();
    let along = |axis: usize| {
        let (step, extent) = (steps[axis], data.dims[axis]);
        on.iter().map(move |&index| (index / step % extent) as i64)
    };
    done(ConstantTensor::ints_of(vec![rank, count], (0..rank).flat_map(along)))
}

/// `Trilu`: the upper or lower triangle of matrices, zeros elsewhere.
pub(super) fn triangle(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["upper"])?;
    let data = reader.constant(node, 0)?;
    let &[.., rows, columns] = data.dims.as_slice() else {
        return Err(node.fail("takes matrices"));
    };
    let shift = match reader.optional_constant(node, 1)? {
        None => 0,
        Some(_) => match ints(reader, node, 1)?.as_slice() {
            &[shift] => shift,
            _ => return Err(node.fail("input 1 is not one number")),
        },
    };
    reader.budget.folded(node, &data.dims)?;
    let upper = node.int("upper")?.unwrap_or(1) != 0;
    let keeps = |index: usize| {
        let (row, column) = (index / columns % rows, index % columns);
        let beyond = i128::from(column as i64) - i128::from(row as i64) - i128::from(shift);
        if upper { beyond >= 0 } else { beyond <= 0 }
    };
    let values = match &data.data {
        ConstantData::Float(values) => ConstantData::Float(
            values.iter().enumerate().map(|(i, &v)| if keeps(i) { v } else { 0.0 }).collect(),
        ),
        ConstantData::Int(values) => {
            let zero = SymbolicInt::Known(0);
            ConstantData::Int(
                values.iter().enumerate().map(|(i, &v)| if keeps(i) { v } else { zero }).collect(),
            )
        }
    };
    done(ConstantTensor::new(data.dims.clone(), values))
}

/// `EyeLike`: ones on a diagonal.
pub(super) fn eye_like(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["dtype", "k"])?;
    let data = reader.constant(node, 0)?;
    let &[rows, columns] = data.dims.as_slice() else { return Err(node.fail("takes a matrix")) };
    reader.budget.folded(node, &data.dims)?;
    let shift = node.int("k")?.unwrap_or(0);
    let on = |index: usize| {
        let beyond = i128::from((index % columns) as i64) - i128::from((index / columns) as i64);
        beyond == i128::from(shift)
    };
    let whole =
        node.int("dtype")?.map_or(matches!(data.data, ConstantData::Int(_)), ops::is_whole_type);
    let flags = (0..rows * columns).map(on);
    done(if whole {
        ConstantTensor::ints_of(data.dims.clone(), flags.map(i64::from))
    } else {
        ConstantTensor::reals(data.dims.clone(), flags.map(|on| f32::from(u8::from(on))).collect())
    })
}
