//! Folding of operators that sum up axes: reductions, running sums, normalisations.

use super::super::constant::{ConstantData, ConstantTensor, SymbolicInt, offsets, strides};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::ops::{pool, shape};
use super::super::reader::{ModelReader, OnnxValue};
use super::done;

/// The values of a tensor, those along some axes together.
struct Lanes {
    /// Where each lane begins.
    starts: Vec<usize>,
    /// Where the values of a lane lie from its beginning.
    steps: Vec<usize>,
}

impl Lanes {
    fn new(dims: &[usize], axes: &[usize]) -> Self {
        let all = strides(dims);
        let of = |inside: bool| {
            let own = (0..dims.len()).filter(|axis| axes.contains(axis) == inside);
            let (extents, steps): (Vec<usize>, Vec<usize>) =
                own.map(|axis| (dims[axis], all[axis])).unzip();
            offsets(&extents, &steps).collect()
        };
        Self { starts: of(false), steps: of(true) }
    }

    fn values<'a, T: Copy>(&'a self, values: &'a [T], start: usize) -> impl Iterator<Item = T> {
        self.steps.iter().map(move |step| values[start + step])
    }
}

/// `ReduceSum`, `ReduceMean` and the like.
pub(super) fn reduce(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axes", "keepdims", "noop_with_empty_axes"])?;
    let data = reader.any_constant(node, 0)?;
    let rank = data.dims.len();
    let axes = shape::axes(reader, node, rank, pool::reduce_axes_input(node.operator()))?;
    let keeps_all = node.int("noop_with_empty_axes")?.unwrap_or(0) != 0;
    let axes = match axes.filter(|axes| !axes.is_empty()) {
        Some(axes) => axes,
        None if keeps_all => return Ok(OnnxValue::Constant(data)),
        None => (0..rank).collect(),
    };
    if data.images.is_some_and(|images| axes.contains(&images)) {
        return Err(node.fail("sums up the batch; supported: axes of one image"));
    }
    reader.budget.folded(node, &data.dims)?;
    let lanes = Lanes::new(&data.dims, &axes);
    let values = match &data.data {
        ConstantData::Float(values) => {
            let sum = real(node);
            let one = |&start: &usize| sum(&mut lanes.values(values, start).map(f64::from)) as f32;
            ConstantData::Float(lanes.starts.iter().map(one).collect())
        }
        ConstantData::Int(values) => {
            let one = |&start: &usize| whole(node, lanes.values(values, start));
            let sums: Option<Vec<SymbolicInt>> = lanes.starts.iter().map(one).collect();
            ConstantData::Int(sums.ok_or_else(|| {
                node.fail("is not supported on these whole numbers: too large, or the batch size")
            })?)
        }
    };
    let keeps = node.int("keepdims")?.unwrap_or(1) != 0;
    let reduced = |(axis, &extent): (usize, &usize)| match (axes.contains(&axis), keeps) {
        (true, true) => Some(1),
        (true, false) => None,
        (false, _) => Some(extent),
    };
    let dims = data.dims.iter().enumerate().filter_map(reduced).collect();
    let gone = |images: usize| axes.iter().filter(|&&axis| !keeps && axis < images).count();
    let images = data.images.map(|images| images - gone(images));
    done(ConstantTensor::new(dims, values).with_images(images))
}

/// What is made of the values along the axes.
type RealSum = fn(&mut dyn Iterator<Item = f64>) -> f64;

fn real(node: OnnxNode<'_>) -> RealSum {
    match node.operator() {
        "ReduceMax" => |values| values.fold(f64::NEG_INFINITY, f64::max),
        "ReduceMin" => |values| values.fold(f64::INFINITY, f64::min),
        "ReduceProd" => |values| values.product(),
        "ReduceL1" => |values| values.map(f64::abs).sum(),
        "ReduceL2" => |values| values.map(|x| x * x).sum::<f64>().sqrt(),
        "ReduceSumSquare" => |values| values.map(|x| x * x).sum(),
        "ReduceLogSum" => |values| values.sum::<f64>().ln(),
        "ReduceLogSumExp" => |values| values.map(f64::exp).sum::<f64>().ln(),
        "ReduceMean" => |values| {
            let (sum, count) = values.fold((0.0, 0), |(sum, count), x| (sum + x, count + 1));
            sum / f64::from(count)
        },
        _ => |values| values.sum(),
    }
}

fn whole(node: OnnxNode<'_>, mut values: impl Iterator<Item = SymbolicInt>) -> Option<SymbolicInt> {
    let mut known = |from: i64, better: fn(i64, i64) -> i64| {
        let mut best = from;
        for value in values.by_ref() {
            best = better(best, value.known()?);
        }
        Some(SymbolicInt::Known(best))
    };
    match node.operator() {
        "ReduceMax" => known(i64::MIN, i64::max),
        "ReduceMin" => known(i64::MAX, i64::min),
        "ReduceProd" => values.by_ref().try_fold(SymbolicInt::Known(1), SymbolicInt::times),
        "ReduceSum" => values.by_ref().try_fold(SymbolicInt::Known(0), SymbolicInt::plus),
        _ => None,
    }
}

/// `CumSum` along one axis.
pub(super) fn cumulative_sum(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["exclusive", "reverse"])?;
    let data = reader.any_constant(node, 0)?;
    let axis = reader.constant(node, 1)?;
    let &[axis] = axis.ints().map_err(|why| node.fail(format!("the axis {why}")))?.as_slice()
    else {
        return Err(node.fail("takes one axis"));
    };
    let axis = node.axis(axis, data.dims.len())?;
    if data.images == Some(axis) {
        return Err(node.fail("sums up the batch; supported: axes of one image"));
    }
    reader.budget.folded(node, &data.dims)?;
    let exclusive = node.int("exclusive")?.unwrap_or(0) != 0;
    let reverse = node.int("reverse")?.unwrap_or(0) != 0;
    let mut lanes = Lanes::new(&data.dims, &[axis]);
    if reverse {
        lanes.steps.reverse();
    }
    let numbers: Vec<f64> = match &data.data {
        ConstantData::Float(values) => values.iter().copied().map(f64::from).collect(),
        ConstantData::Int(_) => {
            let ints = data.ints().map_err(|why| node.fail(format!("the input {why}")))?;
            ints.iter().map(|&value| value as f64).collect()
        }
    };
    let mut sums = numbers.clone();
    for start in &lanes.starts {
        let mut sum = 0.0;
        for step in &lanes.steps {
            let value = numbers[start + step];
            sums[start + step] = if exclusive { sum } else { sum + value };
            sum += value;
        }
    }
    let values = match data.data {
        ConstantData::Float(_) => {
            ConstantData::Float(sums.iter().map(|&value| value as f32).collect())
        }
        ConstantData::Int(_) => {
            ConstantData::Int(sums.iter().map(|&x| SymbolicInt::Known(x as i64)).collect())
        }
    };
    done(ConstantTensor::new(data.dims.clone(), values).with_images(data.images))
}

/// `Softmax` and `LogSoftmax`, since operator set 13 over one axis, before over that and all behind.
pub(super) fn softmax(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis"])?;
    let default = if reader.opset < 13 { 1 } else { -1 };
    let data = reader.constant(node, 0)?;
    let rank = data.dims.len();
    let axis = node.axis(node.int("axis")?.unwrap_or(default), rank)?;
    let last = if reader.opset < 13 { rank } else { axis + 1 };
    let logarithm = node.operator() == "LogSoftmax";
    normalised(reader, node, &data, &(axis..last).collect::<Vec<_>>(), |values| {
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = values.iter().map(|value| (value - largest).exp()).sum();
        for value in values {
            let part = (*value - largest).exp() / sum;
            *value = if logarithm { *value - largest - sum.ln() } else { part };
        }
    })
}

/// `LpNormalization` along one axis.
pub(super) fn lp_normalisation(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "p"])?;
    let data = reader.constant(node, 0)?;
    let axis = node.axis(node.int("axis")?.unwrap_or(-1), data.dims.len())?;
    let first = node.int("p")?.unwrap_or(2) == 1;
    normalised(reader, node, &data, &[axis], |values| {
        let norm = if first {
            values.iter().map(|value| value.abs()).sum::<f64>()
        } else {
            values.iter().map(|value| value * value).sum::<f64>().sqrt()
        };
        let divisor = if norm == 0.0 { 1.0 } else { norm };
        values.iter_mut().for_each(|value| *value /= divisor);
    })
}

/// `BatchNormalization` of constants, as in standardised weights: with the statistics of the values in
/// training mode, else with stored ones.
pub(super) fn batch_normalisation(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["epsilon", "momentum", "training_mode"])?;
    let data = reader.constant(node, 0)?;
    let &channels = data.dims.get(1).ok_or_else(|| node.fail("takes tensors [n, c, ..]"))?;
    let mut parts = Vec::with_capacity(4);
    for position in 1..5 {
        let part = reader.constant(node, position)?;
        let values = part.floats().map_err(|why| node.fail(format!("input {position} {why}")))?;
        if part.dims != [channels] {
            return Err(node.fail(format!("input {position} has shape {:?}", part.dims)));
        }
        parts.push(values.to_vec());
    }
    let trains = node.int("training_mode")?.unwrap_or(0) != 0
        || (reader.opset < 14 && node.proto.output.len() > 1);
    let eps = f64::from(node.float("epsilon")?.unwrap_or(1e-5));
    let axes: Vec<usize> = (0..data.dims.len()).filter(|&axis| axis != 1).collect();
    let mut channel = 0;
    normalised(reader, node, &data, &axes, |values| {
        let part = |index: usize| f64::from(parts[index][channel]);
        let (mean, variance) = if trains { moments(values) } else { (part(2), part(3)) };
        let scale = part(0) / (variance + eps).sqrt();
        values.iter_mut().for_each(|value| *value = (*value - mean) * scale + part(1));
        channel += 1;
    })
}

/// `LayerNormalization` of constants.
pub(super) fn layer_normalisation(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "epsilon", "stash_type"])?;
    let data = reader.constant(node, 0)?;
    let first = node.axis(node.int("axis")?.unwrap_or(-1), data.dims.len())?;
    let axes: Vec<usize> = (first..data.dims.len()).collect();
    let count: usize = data.dims[first..].iter().product();
    let affine = |position: usize| {
        let Some(part) = reader.optional_constant(node, position)? else { return Ok(None) };
        let values = part.floats().map_err(|why| node.fail(format!("input {position} {why}")))?;
        if values.len() != count {
            return Err(node.fail(format!("input {position} has shape {:?}", part.dims)));
        }
        Ok(Some(values.to_vec()))
    };
    let (weight, bias) = (affine(1)?, affine(2)?);
    let eps = f64::from(node.float("epsilon")?.unwrap_or(1e-5));
    normalised(reader, node, &data, &axes, |values| {
        let (mean, variance) = moments(values);
        let scale = 1.0 / (variance + eps).sqrt();
        for (index, value) in values.iter_mut().enumerate() {
            let part = |list: &Option<Vec<f32>>, neutral: f64| {
                list.as_ref().map_or(neutral, |values| f64::from(values[index]))
            };
            *value = (*value - mean) * scale * part(&weight, 1.0) + part(&bias, 0.0);
        }
    })
}

/// Mean and biased variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count)
}

/// Changes the values along some axes together.
fn normalised(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    data: &ConstantTensor,
    axes: &[usize],
    mut change: impl FnMut(&mut [f64]),
) -> Result<OnnxValue, OnnxProblem> {
    reader.budget.folded(node, &data.dims)?;
    let values = data.floats().map_err(|why| node.fail(format!("the input {why}")))?;
    let lanes = Lanes::new(&data.dims, axes);
    let mut result = values.to_vec();
    for &start in &lanes.starts {
        let mut lane: Vec<f64> = lanes.values(values, start).map(f64::from).collect();
        change(&mut lane);
        for (step, value) in lanes.steps.iter().zip(lane) {
            result[start + step] = value as f32;
        }
    }
    done(ConstantTensor::reals(data.dims.clone(), result))
}
