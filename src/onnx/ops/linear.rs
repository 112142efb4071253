//! Fully connected layers.

use super::super::constant::Constant;
use super::super::error::Problem;
use super::super::node::Node;
use super::super::reader::{Reader, Tensor, Value};
use crate::graph::{Linear, Op};
use crate::weights::LayerWeights;

/// `Gemm` of vectors with a constant matrix, `alpha` and `beta` 1.
pub(super) fn gemm(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["alpha", "beta", "transA", "transB"])?;
    node.only("transA", 0)?;
    for name in ["alpha", "beta"] {
        let factor = node.float(name)?.unwrap_or(1.0);
        if factor != 1.0 {
            return Err(node.fail(format!("attribute {name} is {factor}; supported is only 1")));
        }
    }
    let transposed = node.int("transB")?.unwrap_or(0) != 0;
    let bias = match reader.optional_constant(node, 2)? {
        None => None,
        Some(bias) => {
            let (&out, ones) = bias.dims.split_last().unwrap_or((&1, &[]));
            if ones.len() > 1 || ones.iter().any(|&extent| extent != 1) {
                return Err(node.fail(format!(
                    "input 2 has shape {:?}; one bias per output is \
                                              supported",
                    bias.dims
                )));
            }
            let values = bias.floats().map_err(|reason| node.fail(format!("input 2 {reason}")))?;
            Some((out, values.to_vec()))
        }
    };
    let matrix = reader.constant(node, 1)?;
    let out_features = matrix.dims.get(usize::from(!transposed)).copied().unwrap_or(0);
    match bias {
        Some((out, _)) if out != out_features => {
            Err(node.fail(format!("{out} biases for {out_features} outputs")))
        }
        Some((_, bias)) => linear(reader, node, &matrix, transposed, Some(bias)),
        None => linear(reader, node, &matrix, transposed, None),
    }
}

/// `MatMul` of vectors with a constant matrix; a constant vector that the next node adds is its
/// bias.
pub(super) fn mat_mul(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&[])?;
    let matrix = reader.constant(node, 1)?;
    let out_features = matrix.dims.get(1).copied().unwrap_or(0);
    let bias = reader.absorb_bias(node, &[out_features]);
    linear(reader, node, &matrix, false, bias)
}

/// Wires a linear layer; the matrix is `[out, in]` if it is `transposed`, else `[in, out]`.
fn linear(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    matrix: &Constant,
    transposed: bool,
    bias: Option<Vec<f32>>,
) -> Result<Value, Problem> {
    let tensor = reader.tensor(node, 0)?;
    if tensor.rank != 2 {
        return Err(node.fail("takes vectors [n, c], was given images; flatten them first"));
    }
    let &[rows, columns] = matrix.dims.as_slice() else {
        return Err(node.fail(format!("the matrix has shape {:?}", matrix.dims)));
    };
    let (inputs, out_features) = if transposed { (columns, rows) } else { (rows, columns) };
    let given = reader.graph.shape(tensor.node).volume();
    if inputs != given {
        return Err(node.fail(format!("the matrix takes {inputs} values, was given {given}")));
    }
    let values = matrix.floats().map_err(|reason| node.fail(format!("the matrix {reason}")))?;
    let weight = if transposed { values.to_vec() } else { transpose(values, rows, columns) };
    let op = Op::Linear(Linear { out_features, bias: bias.is_some() });
    let id = reader.wire(node, "", op, &[tensor.node])?;
    let bias = bias.unwrap_or_default();
    reader.set_weights(node, id, LayerWeights { weight, bias, ..LayerWeights::default() })?;
    Ok(Value::Tensor(Tensor { node: id, rank: 2 }))
}

fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let column = |column: usize| (0..rows).map(move |row| values[row * columns + column]);
    (0..columns).flat_map(column).collect()
}
