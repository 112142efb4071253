//! Fully connected layers, on vectors and on sequences of tokens.

use super::super::constant::ConstantTensor;
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::product;
use crate::graph::{Axis, Conv, Linear, Op};
use crate::weights::LayerWeights;

/// `Gemm` with a constant matrix, `alpha` and `beta` 1.
pub(super) fn gemm(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["alpha", "beta", "transA", "transB"])?;
    node.only("transA", 0)?;
    for name in ["alpha", "beta"] {
        let factor = node.float(name)?.unwrap_or(1.0);
        if factor != 1.0 {
            return Err(node.fail(format!("attribute {name} is {factor}; supported: only 1")));
        }
    }
    let tensor = reader.tensor(node, 0)?;
    if tensor.rank() != 2 {
        return Err(node.fail("takes a matrix, but was given images; flatten them first"));
    }
    let transposed = node.int("transB")?.unwrap_or(0) != 0;
    let matrix = reader.constant(node, 1)?;
    let out_features = matrix.dims.get(usize::from(!transposed)).copied().unwrap_or(0);
    let bias = match reader.optional_constant(node, 2)? {
        None => reader.absorb_bias(node, &[out_features]),
        Some(bias) => Some(gemm_bias(node, &bias, out_features)?),
    };
    linear(reader, node, &matrix, transposed, bias)
}

fn gemm_bias(
    node: OnnxNode<'_>,
    bias: &ConstantTensor,
    out_features: usize,
) -> Result<Vec<f32>, OnnxProblem> {
    let (&out, ones) = bias.dims.split_last().unwrap_or((&1, &[]));
    if ones.len() > 1 || ones.iter().any(|&extent| extent != 1) {
        return Err(node
            .fail(format!("input 2 has shape {:?}; one bias per output is supported", bias.dims)));
    }
    if out != out_features {
        return Err(node.fail(format!("{out} biases for {out_features} outputs")));
    }
    let values = bias.floats().map_err(|reason| node.fail(format!("input 2 {reason}")))?;
    Ok(values.to_vec())
}

/// `MatMul` with a constant matrix, or of two activations. A constant vector that the next node adds
/// to the former is its bias.
pub(super) fn mat_mul(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    if !reader.is_constant(node, 1) || reader.is_constant(node, 0) {
        return product::mat_mul(reader, node);
    }
    let matrix = reader.constant(node, 1)?;
    if matrix.dims.len() != 2 {
        return product::mat_mul(reader, node);
    }
    let out_features = matrix.dims.get(1).copied().unwrap_or(0);
    let bias = reader.absorb_bias(node, &[out_features]);
    linear(reader, node, &matrix, false, bias)
}

/// Wires a linear layer along the last axis, on every other position by itself; the matrix is
/// `[out, in]` if it is `transposed`, else `[in, out]`.
fn linear(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    matrix: &ConstantTensor,
    transposed: bool,
    bias: Option<Vec<f32>>,
) -> Result<OnnxValue, OnnxProblem> {
    let tensor = reader.tensor(node, 0)?;
    let &[rows, columns] = matrix.dims.as_slice() else {
        return Err(node.fail(format!("the matrix has shape {:?}", matrix.dims)));
    };
    let (inputs, out_features) = if transposed { (columns, rows) } else { (rows, columns) };
    let axis = last_axis(node, &tensor)?;
    let given = tensor.view.extent(axis);
    if inputs != given {
        return Err(node.fail(format!("the matrix takes {inputs} values, but was given {given}")));
    }
    let values = matrix.floats().map_err(|reason| node.fail(format!("the matrix {reason}")))?;
    let weight = if transposed { values.to_vec() } else { transpose(values, rows, columns) };
    let tokens = reader.with_channels(node, &tensor, &[axis])?;
    let op = match reader.shape_of(&tokens).plane() {
        1 => Op::Linear(Linear { out_features, bias: bias.is_some() }),
        _ => Op::Conv(Conv { bias: bias.is_some(), ..Conv::square(out_features, 1, 1) }),
    };
    let id = reader.wire(node, "", op, &[tokens.node])?;
    let bias = bias.unwrap_or_default();
    reader.set_weights(node, id, LayerWeights { weight, bias, ..LayerWeights::default() })?;
    let view = tokens.view.with_extent(axis, Axis::Channel, out_features);
    Ok(OnnxValue::Tensor(OnnxTensor { node: id, view }))
}

/// The last axis, which must not be that of the images.
pub(super) fn last_axis(node: OnnxNode<'_>, tensor: &OnnxTensor) -> Result<usize, OnnxProblem> {
    match tensor.rank().checked_sub(1) {
        Some(axis) if !tensor.view.has_images(axis) => Ok(axis),
        _ => Err(node.fail("mixes images: they are along the axis that is summed over")),
    }
}

fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let column = |column: usize| (0..rows).map(move |row| values[row * columns + column]);
    (0..columns).flat_map(column).collect()
}
