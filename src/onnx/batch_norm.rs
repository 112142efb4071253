//! What the file says about batch normalisation: nodes with stored statistics or those of the batch, and
//! convolutions into which an exporter has folded it.

use std::fmt;

use serde::Serialize;

use super::module_paths;
use super::options::{NormStatistics, ReadOptions};
use super::proto::NodeProto;
use super::reader::ModelReader;
use crate::graph::{Graph, NodeId, Op};

/// How the batch normalisation of a model is computed, in numbers of layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BatchNormFacts {
    /// Layers with the statistics of the mini-batch.
    pub batch: usize,
    /// Layers with statistics stored in the file.
    pub stored: usize,
    /// Convolutions into which the exporter folded one.
    pub folded: usize,
    /// Convolutions into which it may have folded one: they have a bias of unknown origin.
    pub maybe_folded: usize,
    /// Layers that were put back behind such convolutions; they count as `batch` as well.
    pub restored: usize,
}

/// Whether a convolution contains a batch normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folding {
    /// Its names say so.
    Certain,
    /// It has a bias, and no name says where it comes from.
    Possible,
    /// It has no bias, or one of its own.
    No,
}

impl BatchNormFacts {
    /// Whether some layer does not use the statistics of the mini-batch, or may not.
    pub fn differs_from_paper(self) -> bool {
        self.stored + self.folded + self.maybe_folded > 0
    }
}

/// As in `12 layers with the statistics of the mini-batch, 3 folded into convolutions`.
impl fmt::Display for BatchNormFacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch, stored, folded, maybe_folded, restored } = *self;
        let mut parts = Vec::new();
        let layers = |count: usize| if count == 1 { "layer" } else { "layers" };
        if batch > 0 {
            let back = match restored {
                0 => String::new(),
                all if all == batch => ", put back behind convolutions".to_owned(),
                some => format!(", {some} of them put back behind convolutions"),
            };
            parts.push(format!(
                "{batch} {} with the statistics of the mini-batch{back}",
                layers(batch)
            ));
        }
        if stored > 0 {
            parts.push(format!(
                "{stored} {} with the running statistics of the file",
                layers(stored)
            ));
        }
        if folded > 0 {
            parts.push(format!("{folded} folded into convolutions (running statistics)"));
        }
        if maybe_folded > 0 {
            parts.push(format!("{maybe_folded} possibly folded into convolutions"));
        }
        match parts.is_empty() {
            true => formatter.write_str("none"),
            false => formatter.write_str(&parts.join("; ")),
        }
    }
}

/// Whether an exporter has folded a batch normalisation into a convolution, by its names: PyTorch's
/// TorchScript exporter renames the weights and biases it computes to `onnx::Conv_12`; the newer one
/// lists the batch normalisation as the node's scope; others keep its name in that of a constant or of
/// the result. `scale.weight` and `scale.bias` are parameters of the module itself.
pub(super) fn folding(node: &NodeProto) -> Folding {
    let is_norm = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("batchnorm") || name.contains("batch_norm")
    };
    let scope = module_paths::scopes(node).last().is_some_and(|last| is_norm(last));
    let constants = node.input.iter().skip(1);
    let named = constants.chain(&node.output).chain([&node.name]).any(|name| is_norm(name));
    if scope || named {
        return Folding::Certain;
    }
    let computed = |name: &str| name.starts_with("onnx::Conv_");
    match node.input.get(1..) {
        Some([weight, bias, ..]) if !bias.is_empty() => {
            if computed(weight) && computed(bias) {
                Folding::Certain
            } else if bias.ends_with("bias") || bias.ends_with("BiasAdd/ReadVariableOp:0") {
                Folding::No
            } else {
                Folding::Possible
            }
        }
        _ => Folding::No,
    }
}

/// Whether a node's values come from a global pooling, as in a squeeze-and-excite block, whose
/// convolutions have biases of their own.
fn follows_global_pool(graph: &Graph, mut id: NodeId) -> bool {
    loop {
        let node = graph.node(id);
        match (&node.op, node.inputs.first()) {
            (Op::GlobalAvgPool, _) => return true,
            (Op::Activation(_) | Op::Conv(_) | Op::Scale(_) | Op::BatchNorm(_), Some(&input)) => {
                id = input;
            }
            _ => return false,
        }
    }
}

impl ModelReader<'_> {
    /// Takes account of a convolution; whether a batch normalisation is put back behind it.
    pub(super) fn restores_norm(&mut self, node: &NodeProto, input: NodeId) -> bool {
        let folding = match folding(node) {
            Folding::Possible if follows_global_pool(&self.graph, input) => Folding::No,
            folding => folding,
        };
        if self.options.renormalise && folding != Folding::No {
            self.batch_norm.batch += 1;
            self.batch_norm.restored += 1;
            return true;
        }
        match folding {
            Folding::Certain => self.batch_norm.folded += 1,
            Folding::Possible => self.batch_norm.maybe_folded += 1,
            Folding::No => {}
        }
        false
    }
}

/// Why options about batch normalisation cannot be applied to a model.
pub(super) fn refusal(facts: BatchNormFacts, options: &ReadOptions) -> Option<String> {
    if options.renormalise && facts.restored == 0 {
        return Some(
            "has no convolution into which batch-norm may have been folded: leave out `renormalise`"
                .to_owned(),
        );
    }
    if options.statistics == NormStatistics::Batch && facts.batch == 0 {
        let why = match facts.folded + facts.maybe_folded {
            0 => "it has no batch-norm".to_owned(),
            count => format!(
                "batch-norm was folded into {count} convolutions; `renormalise` puts it back"
            ),
        };
        return Some(format!(
            "has no BatchNormalization nodes that could use the statistics of the batch: {why}"
        ));
    }
    None
}

/// What differs from the score of the paper, and how to get that.
pub(super) fn notice(
    facts: BatchNormFacts,
    options: &ReadOptions,
    stored: usize,
) -> Option<String> {
    if options.fresh_weights {
        return fresh_notice(facts, options, stored);
    }
    if facts.restored > 0 {
        return Some(format!(
            "batch-norm is put back behind {} convolutions, with the statistics of the mini-batch: exact \
             for networks as they are initialised; scale and shift that were trained are lost",
            facts.restored
        ));
    }
    if !facts.differs_from_paper() {
        return None;
    }
    let advice = match facts {
        BatchNormFacts { stored: 1.., folded: 0, maybe_folded: 0, .. } => {
            "set `statistics` to batch"
        }
        BatchNormFacts { stored: 0, .. } => {
            "`renormalise` puts batch-norm back behind these convolutions; or export the network with \
             batch-norm in training mode"
        }
        _ => {
            "set `statistics` to batch and `renormalise`, which puts batch-norm back behind \
             convolutions; or export the network with batch-norm in training mode"
        }
    };
    let paper = "the score of the paper uses the statistics of the mini-batch";
    Some(format!("batch-norm: {facts}; {paper}: {advice}"))
}

/// The same for fresh weights.
fn fresh_notice(facts: BatchNormFacts, options: &ReadOptions, stored: usize) -> Option<String> {
    let folded = facts.folded + facts.maybe_folded;
    if folded > 0 {
        let has = if facts.folded > 0 { "was" } else { "may have been" };
        return Some(format!(
            "batch-norm {has} folded into {folded} convolutions, which fresh weights leave without \
             normalisation: `renormalise` puts it back"
        ));
    }
    let overridden = stored > 0 && options.statistics == NormStatistics::File;
    overridden.then(|| {
        format!(
            "{stored} batch-norm layers use the statistics of the mini-batch: those stored in the file \
             belong to its own weights, not to fresh ones"
        )
    })
}
