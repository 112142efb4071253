//! The constants of a file, before any node is read.

use std::collections::HashMap;

use super::constant::ConstantTensor;
use super::error::OnnxProblem;
use super::external::ExternalData;
use super::proto::{DataType, GraphProto, NodeProto, TensorProto};
use super::tensor;

/// The ranges of constants of few bits: a zero point tells what its node quantises to.
pub(super) fn types_of_bytes(graph: &GraphProto) -> HashMap<String, (i64, i64)> {
    let value = |node: &'_ NodeProto| -> Option<(String, i32)> {
        let value = node.attribute.iter().find(|attribute| attribute.name == "value")?;
        Some((node.output.first()?.clone(), value.t.as_ref()?.data_type))
    };
    let own = graph.initializer.iter().map(|tensor| (tensor.name.clone(), tensor.data_type));
    let nodes = graph.node.iter().filter(|node| node.op_type == "Constant").filter_map(value);
    let range = |(name, kind): (String, i32)| {
        let range = match DataType::try_from(kind).ok()? {
            DataType::Uint8 => (0, 255),
            DataType::Int8 => (-128, 127),
            DataType::Uint16 => (0, 65535),
            DataType::Int16 => (-32768, 32767),
            _ => return None,
        };
        Some((name, range))
    };
    own.chain(nodes).filter_map(range).collect()
}

/// Decodes the initializers and gives their messages' memory back.
pub(super) fn constants(
    graph: &mut GraphProto,
    external: &mut ExternalData<'_>,
) -> Result<Vec<(String, ConstantTensor)>, OnnxProblem> {
    let decode = |mut proto: TensorProto| {
        tensor::decode(&proto, external).map(|constant| (std::mem::take(&mut proto.name), constant))
    };
    std::mem::take(&mut graph.initializer).into_iter().map(decode).collect()
}
