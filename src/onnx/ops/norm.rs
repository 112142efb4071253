//! Batch normalisation.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::options::NormStatistics;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::resample::Taps;
use super::arithmetic;
use crate::graph::{BatchNorm, ElementFunction, Op, Statistics};
use crate::weights::LayerWeights;

/// The operator set from which on an attribute tells the mode.
const TRAINING_MODE: i64 = 14;

/// `BatchNormalization` with the statistics of the batch (training mode) or stored ones. Before
/// operator set 14 a node trains if it gives more than one output.
pub(super) fn batch_normalization(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
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
    let statistics = statistics(reader, node)?;
    let op = Op::BatchNorm(BatchNorm { eps, statistics });
    let id = reader.wire(node, "", op, &[tensor.node])?;
    reader.set_weights(node, id, layer)?;
    Ok(OnnxValue::Tensor(OnnxTensor { node: id, ..tensor }))
}

/// The statistics that are used: the stored ones only if the file says so, the options agree, and they
/// belong to the weights.
fn statistics(reader: &mut ModelReader<'_>, node: OnnxNode<'_>) -> Result<Statistics, OnnxProblem> {
    let is_stored = !trains(reader, node)?;
    reader.stored_norms += usize::from(is_stored);
    let takes_batch =
        reader.options.statistics == NormStatistics::Batch || reader.options.fresh_weights;
    if is_stored && !takes_batch {
        reader.batch_norm.stored += 1;
        return Ok(Statistics::Running);
    }
    reader.batch_norm.batch += 1;
    Ok(Statistics::Batch)
}

fn trains(reader: &ModelReader<'_>, node: OnnxNode<'_>) -> Result<bool, OnnxProblem> {
    if reader.opset >= TRAINING_MODE {
        return Ok(node.int("training_mode")?.unwrap_or(0) != 0);
    }
    Ok(node.proto.output.iter().filter(|name| !name.is_empty()).count() > 1)
}

fn per_channel(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    position: usize,
    channels: usize,
) -> Result<Vec<f32>, OnnxProblem> {
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

/// `LRN`: values divided by a power of the mean square of neighbouring channels.
pub(super) fn lrn(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["alpha", "beta", "bias", "size"])?;
    let tensor = reader.tensor(node, 0)?;
    if tensor.rank() < 2 || tensor.view.has_images(1) {
        return Err(node.fail("takes tensors [n, c, ..] with the images first"));
    }
    let size = node.int("size")?.ok_or_else(|| node.fail("attribute size is missing"))?;
    let size = node.extent("attribute size", size, 1)?;
    let alpha = node.float("alpha")?.unwrap_or(1e-4) / size as f32;
    let (beta, bias) = (node.float("beta")?.unwrap_or(0.75), node.float("bias")?.unwrap_or(1.0));
    let square = Op::Map(ElementFunction::Power(2.0));
    let squares = arithmetic::each(reader, node, "/square", &tensor, square)?;
    let channels = tensor.view.extent(1);
    let row = |channel: usize| {
        let first = channel.saturating_sub((size - 1) / 2);
        let end = (channel + size / 2 + 1).min(channels);
        (first..end).map(|other| (other, alpha)).collect()
    };
    let rows: Vec<Taps> = (0..channels).map(row).collect();
    let sums = reader.resampled(node, "/sum", (&squares, 1), &rows)?;
    let scaled = arithmetic::shifted(reader, node, &sums, bias)?;
    let power = Op::Map(ElementFunction::Power(-beta));
    let factor = arithmetic::each(reader, node, "/factor", &scaled, power)?;
    arithmetic::product(reader, node, &tensor, &factor)
}
