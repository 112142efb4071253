//! Folding of quantised constants.

use super::super::constant::{ConstantData, ConstantTensor, SymbolicInt};
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::ops;
use super::super::reader::{ModelReader, OnnxValue};
use super::done;

/// Scale and zero point of every value along one axis, or of all.
struct Steps {
    scales: Vec<f32>,
    zeros: Vec<i64>,
    /// Values behind one step before the next one follows.
    inner: usize,
}

impl Steps {
    fn read(
        reader: &ModelReader<'_>,
        node: OnnxNode<'_>,
        data: &ConstantTensor,
    ) -> Result<Self, OnnxProblem> {
        node.allow(&["axis", "block_size", "output_dtype", "precision", "saturate"])?;
        node.only("block_size", 0)?;
        let scale = reader.constant(node, 1)?;
        let scales = scale.floats().map_err(|why| node.fail(format!("the scale {why}")))?.to_vec();
        let zeros = match reader.optional_constant(node, 2)? {
            None => vec![0; scales.len()],
            Some(zero) => match &zero.data {
                ConstantData::Int(_) => {
                    zero.ints().map_err(|why| node.fail(format!("the zero point {why}")))?
                }
                ConstantData::Float(values) => values.iter().map(|&zero| zero as i64).collect(),
            },
        };
        if zeros.len() != scales.len() || scales.is_empty() {
            return Err(node.fail(format!("{} scales, {} zero points", scales.len(), zeros.len())));
        }
        if scales.len() == 1 {
            return Ok(Self { scales, zeros, inner: 1 });
        }
        let axis = node.axis(node.int("axis")?.unwrap_or(1), data.dims.len())?;
        if data.dims[axis] != scales.len() {
            let found = data.dims[axis];
            return Err(node.fail(format!("{} scales for {found} values", scales.len())));
        }
        Ok(Self { scales, zeros, inner: data.dims[axis + 1..].iter().product() })
    }

    fn of(&self, index: usize) -> (f32, i64) {
        let step = index / self.inner.max(1) % self.scales.len();
        (self.scales[step], self.zeros[step])
    }
}

/// `DequantizeLinear`: `(x - zero) * scale`.
pub(super) fn dequantise(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    let data = reader.constant(node, 0)?;
    let steps = Steps::read(reader, node, &data)?;
    reader.budget.folded(node, &data.dims)?;
    let values = data.ints().map_err(|why| node.fail(format!("the input {why}")))?;
    let value = |(index, &value): (usize, &i64)| {
        let (scale, zero) = steps.of(index);
        value.saturating_sub(zero) as f32 * scale
    };
    let values = values.iter().enumerate().map(value).collect();
    done(ConstantTensor::reals(data.dims.clone(), values))
}

/// `QuantizeLinear`: the nearest whole number of steps, as far as the type reaches.
pub(super) fn quantise(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    let data = reader.constant(node, 0)?;
    let steps = Steps::read(reader, node, &data)?;
    reader.budget.folded(node, &data.dims)?;
    let values = data.floats().map_err(|why| node.fail(format!("the input {why}")))?;
    let (low, high) = ops::quantise::range(reader, node);
    let value = |(index, &value): (usize, &f32)| {
        let (scale, zero) = steps.of(index);
        let whole = f64::from(value / scale).round_ties_even() as i64;
        SymbolicInt::Known(whole.saturating_add(zero).clamp(low, high))
    };
    let values = values.iter().enumerate().map(value).collect();
    done(ConstantTensor::new(data.dims.clone(), ConstantData::Int(values)))
}
