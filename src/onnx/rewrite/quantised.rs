//! Models whose layers work on whole numbers are refused: no activation of theirs is that of the network.

use crate::onnx::error::OnnxProblem;
use crate::onnx::proto::GraphProto;

/// Operators of quantised layers, of the standard and of onnxruntime.
const OPERATORS: [&str; 22] = [
    "ConvInteger",
    "DynamicQuantizeLSTM",
    "DynamicQuantizeLinear",
    "DynamicQuantizeMatMul",
    "MatMulInteger",
    "MatMulIntegerToFloat",
    "MatMulNBits",
    "QAttention",
    "QGemm",
    "QLinearAdd",
    "QLinearAveragePool",
    "QLinearConcat",
    "QLinearConv",
    "QLinearGlobalAveragePool",
    "QLinearLeakyRelu",
    "QLinearMatMul",
    "QLinearMul",
    "QLinearReduceMean",
    "QLinearSigmoid",
    "QLinearSoftmax",
    "QLinearWhere",
    "QEmbedLayerNormalization",
];

/// Refuses a graph with such layers.
pub(super) fn refuse(graph: &GraphProto) -> Result<(), OnnxProblem> {
    match graph.node.iter().find(|node| OPERATORS.contains(&node.op_type.as_str())) {
        None => Ok(()),
        Some(node) => {
            let lead = node.output.first().cloned().unwrap_or_default();
            Err(OnnxProblem::Node {
                node: if node.name.is_empty() { lead } else { node.name.clone() },
                operator: node.op_type.clone(),
                reason:
                    "the model is quantised: its layers work on whole numbers of 8 bits or fewer; \
                         score the float model that it was made from"
                        .to_owned(),
            })
        }
    }
}
