//! Pairs of `QuantizeLinear` and `DequantizeLinear` on values of the images: the values pass as they are,
//! which is said.
//!
//! onnxruntime leaves out a ReLU whose result is quantised from zero on, since the quantisation clips as
//! well. Where the smallest value of the type stands for zero behind a layer or a sum, there was one.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxValue};
use crate::graph::ActivationKind;

/// Operators whose result may be below zero, behind which a ReLU was.
const LAYERS: [&str; 6] = ["Add", "BatchNormalization", "Conv", "ConvTranspose", "Gemm", "MatMul"];

/// `QuantizeLinear` of values of the images.
pub(super) fn quantise(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "block_size", "output_dtype", "precision", "saturate"])?;
    reader.note_quantised();
    let tensor = reader.tensor(node, 0)?;
    let zero = match reader.optional_constant(node, 2)? {
        None => None,
        Some(zero) => zero.ints().ok().and_then(|zeros| zeros.first().copied()),
    };
    let clips = zero.is_some_and(|zero| zero == range(reader, node).0);
    let source = node.proto.input.first().map_or("", String::as_str);
    let layer = reader.nodes.iter().any(|other| {
        other.output.first().is_some_and(|output| output == source)
            && LAYERS.contains(&other.op_type.as_str())
    });
    if clips && layer {
        return reader.activate(node, ActivationKind::Relu, &tensor).map(OnnxValue::Tensor);
    }
    Ok(OnnxValue::Tensor(tensor))
}

/// `DequantizeLinear` of values of the images.
pub(super) fn dequantise(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "block_size", "output_dtype"])?;
    reader.note_quantised();
    reader.tensor(node, 0).map(OnnxValue::Tensor)
}

/// The smallest and the largest whole number of the type that a node quantises to.
pub(in super::super) fn range(reader: &ModelReader<'_>, node: OnnxNode<'_>) -> (i64, i64) {
    let name = node.proto.input.get(2).map_or("", String::as_str);
    reader.types_of_bytes.get(name).copied().unwrap_or((0, 255))
}
