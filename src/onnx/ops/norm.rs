//! Batch normalisation.

use super::super::error::Problem;
use super::super::node::Node;
use super::super::reader::{Reader, Tensor, Value};
use crate::graph::{BatchNorm, Op, Statistics};
use crate::weights::LayerWeights;

/// The operator set from which on an attribute tells the mode.
const TRAINING_MODE: i64 = 14;

/// `BatchNormalization` with the statistics of the batch (training mode) or stored ones. Before
/// operator set 14 a node trains if it gives more than one output.
pub(super) fn batch_normalization(
    reader: &mut Reader<'_>,
    node: Node<'_>,
) -> Result<Value, Problem> {
    node.allow(&["epsilon", "momentum", "training_mode"])?;
    let tensor = reader.tensor(node, 0)?;
    if tensor.rank() < 2 || tensor.view.has_images(1) {
        return Err(node.fail("takes tensors [n, c, ..] with the images first"));
    }
    let tensor = reader.with_channels(node, &tensor, &[1])?;
    let channels = reader.shape_of(&tensor).channels;
    let layer = LayerWeights {
        weight: per_channel(reader, node, 1, channels)?,
        bias: per_channel(reader, node, 2, channels)?,
        mean: per_channel(reader, node, 3, channels)?,
        variance: per_channel(reader, node, 4, channels)?,
    };
    let eps = node.float("epsilon")?.unwrap_or(1e-5);
    if !eps.is_finite() || eps < 0.0 {
        return Err(node.fail(format!("attribute epsilon is {eps}; it must not be negative")));
    }
    let statistics = if trains(reader, node)? { Statistics::Batch } else { Statistics::Running };
    let op = Op::BatchNorm(BatchNorm { eps, statistics });
    let id = reader.wire(node, "", op, &[tensor.node])?;
    reader.set_weights(node, id, layer)?;
    Ok(Value::Tensor(Tensor { node: id, ..tensor }))
}

fn trains(reader: &Reader<'_>, node: Node<'_>) -> Result<bool, Problem> {
    if reader.opset >= TRAINING_MODE {
        return Ok(node.int("training_mode")?.unwrap_or(0) != 0);
    }
    Ok(node.proto.output.iter().filter(|name| !name.is_empty()).count() > 1)
}

fn per_channel(
    reader: &Reader<'_>,
    node: Node<'_>,
    position: usize,
    channels: usize,
) -> Result<Vec<f32>, Problem> {
    let constant = reader.constant(node, position)?;
    if constant.dims != [channels] {
        return Err(node.fail(format!(
            "input {position} has shape {:?}; {channels} values are needed, one per channel",
            constant.dims
        )));
    }
    let values = constant.floats();
    values.map(<[f32]>::to_vec).map_err(|reason| node.fail(format!("input {position} {reason}")))
}
