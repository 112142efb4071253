//! Vision transformers: AutoFormer, and spaces of its kind.
//!
//! An image is cut into patches, each a token of `dim` values; a class token and a table of positions may
//! be added. Every layer normalises its input, attends, adds, normalises, applies a perceptron of one
//! hidden layer and adds. The decisions are `dim`, the number of layers, and for every layer the number of
//! heads and the hidden width as a multiple of `dim`. `network` builds the graph and `relative` the tables
//! of relative positions.

mod network;
mod notation;
mod relative;

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::Deserialize;

use super::radix::MixedRadix;
use super::stages::ParameterValue;
use super::{Decision, Topology, TopologyContext};
use crate::graph::{ActivationKind, Graph, GraphError, Shape};
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::layers::{self, LayerFile, OperationLayer};
use crate::space::problem::ProblemList;
use crate::space::{MAX_CELLS, MAX_CLASSES};

/// The most values of one choice.
const MAX_VALUES: usize = 64;
/// The most heads of a layer, and the largest multiple of the hidden width.
const MAX_HEADS: usize = 64;
/// The most tokens: attention is a number for each pair of them.
const MAX_TOKENS: usize = 4096;

/// The size of a transformer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransformerDecisions {
    /// Values of a token.
    pub dim: usize,
    /// The layers.
    pub layers: Vec<TransformerLayer>,
}

/// One layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransformerLayer {
    /// Heads of the attention.
    pub heads: usize,
    /// Hidden width of the perceptron as a multiple of the token's.
    pub mlp: ParameterValue,
}

/// Depth and width of a transformer, heads and hidden width of each layer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct TransformerFile {
    #[serde(rename = "kind")]
    _kind: TransformerKind,
    /// The numbers of values of a token to choose from.
    #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 1, max = MAX_CLASSES)))]
    dims: Vec<usize>,
    /// The numbers of layers to choose from, consecutive ones.
    #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 1, max = MAX_CELLS)))]
    depths: Vec<usize>,
    /// The numbers of heads of a layer to choose from.
    #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 1, max = MAX_HEADS)))]
    heads: Vec<usize>,
    /// The hidden widths of a layer to choose from, as multiples of the token's, at most three decimals.
    #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 0.001, max = MAX_HEADS)))]
    mlp: Vec<f64>,
    /// Values of a head. Unless given it is the token's values over the heads, which must divide them.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_CLASSES))]
    head_size: Option<usize>,
    /// The largest distance in rows and in columns that has its own entry in the tables of relative
    /// positions, which every layer has for keys and for values. Without it there are no such tables.
    #[serde(default)]
    #[schemars(range(min = 1, max = 64))]
    relative_positions: Option<usize>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum TransformerKind {
    #[serde(rename = "transformer")]
    Transformer,
}

/// How images become tokens, and tokens a classification.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct TransformerSkeletonFile {
    /// Rows and columns of a patch.
    #[schemars(range(min = 1, max = 64))]
    patch: usize,
    /// Whether a trained token stands before the patches.
    class_token: bool,
    /// Whether a trained value is added to every value of every token.
    positions: bool,
    /// What the classifier reads.
    pool: TransformerPool,
    /// The activation of the perceptrons: gelu unless given.
    #[serde(default)]
    activation: Option<String>,
}

/// What the classifier reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum TransformerPool {
    /// The mean of the patches' tokens.
    Mean,
    /// The class token.
    ClassToken,
}

/// A space of such networks.
#[derive(Debug)]
pub(in crate::space) struct Transformer {
    dims: Vec<usize>,
    /// In ascending order.
    depths: Vec<usize>,
    heads: Vec<usize>,
    mlp: Vec<ParameterValue>,
    head_size: Option<usize>,
    relative_positions: Option<usize>,
    patch: usize,
    class_token: bool,
    positions: bool,
    pool: TransformerPool,
    activation: ActivationKind,
    input: Shape,
    classes: usize,
}

/// What is decided: the width, or a layer by its position, which may be missing.
#[derive(Clone, Copy)]
enum TransformerSlot {
    Dim,
    Layer(usize),
}

impl Transformer {
    fn slots(&self) -> impl Iterator<Item = TransformerSlot> {
        let layers = (0..self.most_layers()).map(TransformerSlot::Layer);
        std::iter::once(TransformerSlot::Dim).chain(layers)
    }

    fn most_layers(&self) -> usize {
        self.depths.last().copied().unwrap_or(0)
    }

    fn least_layers(&self) -> usize {
        self.depths.first().copied().unwrap_or(0)
    }

    /// All layers that can be chosen, the hidden width fastest.
    fn layers(&self) -> impl Iterator<Item = TransformerLayer> + '_ {
        let of = |&heads: &usize| self.mlp.iter().map(move |&mlp| TransformerLayer { heads, mlp });
        self.heads.iter().flat_map(of)
    }

    fn layer(&self, digit: usize) -> TransformerLayer {
        let (heads, mlp) = (digit / self.mlp.len(), digit % self.mlp.len());
        TransformerLayer { heads: self.heads[heads], mlp: self.mlp[mlp] }
    }

    /// The digits of architectures of one depth: the width, then the layers.
    fn radix(&self, depth: usize) -> MixedRadix {
        let layer = self.heads.len() * self.mlp.len();
        let mut sizes = vec![self.dims.len()];
        sizes.resize(depth + 1, layer);
        MixedRadix(sizes)
    }

    fn at(&self, digits: &[usize]) -> TransformerDecisions {
        let (dim, layers) = digits.split_first().map_or((0, digits), |(dim, rest)| (*dim, rest));
        TransformerDecisions {
            dim: self.dims[dim],
            layers: layers.iter().map(|&digit| self.layer(digit)).collect(),
        }
    }

    fn digits(&self, decisions: &TransformerDecisions) -> Option<Vec<usize>> {
        let layer = |layer: &TransformerLayer| self.layers().position(|known| known == *layer);
        let dim = self.dims.iter().position(|dim| *dim == decisions.dim);
        std::iter::once(dim).chain(decisions.layers.iter().map(layer)).collect()
    }

    /// The architectures that differ in one slot.
    fn changed(
        &self,
        decisions: &TransformerDecisions,
        slot: TransformerSlot,
    ) -> Vec<TransformerDecisions> {
        let TransformerDecisions { dim, layers } = decisions;
        let depth = layers.len();
        let with = |layers: &[TransformerLayer]| TransformerDecisions {
            dim: *dim,
            layers: layers.to_vec(),
        };
        match slot {
            TransformerSlot::Dim => {
                let others = self.dims.iter().filter(|other| *other != dim);
                others.map(|&dim| TransformerDecisions { dim, layers: layers.clone() }).collect()
            }
            TransformerSlot::Layer(position) if position < depth => {
                let others = self.layers().filter(|other| *other != layers[position]);
                let mut changed: Vec<TransformerDecisions> = others
                    .map(|other| {
                        let mut changed = decisions.clone();
                        changed.layers[position] = other;
                        changed
                    })
                    .collect();
                if position + 1 == depth && depth > self.least_layers() {
                    changed.push(with(&layers[..position]));
                }
                changed
            }
            TransformerSlot::Layer(position) if position == depth && depth < self.most_layers() => {
                self.layers().map(|layer| with(&[layers.as_slice(), &[layer]].concat())).collect()
            }
            TransformerSlot::Layer(_) => Vec::new(),
        }
    }

    /// Values of a head, or why there are none.
    fn head_size(&self, dim: usize, heads: usize) -> Result<usize, String> {
        match self.head_size {
            Some(size) => Ok(size),
            None if dim.is_multiple_of(heads) => Ok(dim / heads),
            None => Err(format!("{heads} heads do not divide {dim} values of a token")),
        }
    }

    /// The layers that follow each other, equal ones counted.
    fn runs(layers: &[TransformerLayer]) -> Vec<(usize, TransformerLayer)> {
        let mut runs: Vec<(usize, TransformerLayer)> = Vec::new();
        for &layer in layers {
            match runs.last_mut() {
                Some((count, same)) if *same == layer => *count += 1,
                _ => runs.push((1, layer)),
            }
        }
        runs
    }
}

/// A list of choices without doubles.
fn check_distinct<T: PartialEq + std::fmt::Display>(
    values: &[T],
    path: &str,
    problems: &mut ProblemList,
) {
    for (position, value) in values.iter().enumerate() {
        if values[..position].contains(value) {
            problems.add(format!("{path}[{position}]"), format!("repeats {value}"));
        }
    }
}

/// The activation of that name in the language of layers.
fn activation(name: Option<&str>, problems: &mut ProblemList) -> Option<ActivationKind> {
    let text = LayerFile::Text(name.unwrap_or("gelu").to_owned());
    let path = "skeleton.activation";
    let mut own = ProblemList::default();
    let layers = layers::read(std::slice::from_ref(&text), &[], "", &mut own);
    match layers.as_deref() {
        Some([OperationLayer::Activation(activation)]) => Some(activation.kind),
        Some(_) => {
            problems.add(path, "is no activation");
            None
        }
        None => {
            own.0.into_iter().for_each(|problem| problems.add(path, problem.message));
            None
        }
    }
}

/// The hidden widths of a file.
fn multiples(values: &[f64], problems: &mut ProblemList) -> Vec<ParameterValue> {
    let mut read = Vec::with_capacity(values.len());
    for (position, &value) in values.iter().enumerate() {
        match ParameterValue::from_f64(value) {
            Some(value) => read.push(value),
            None => problems.add(
                format!("topology.mlp[{position}]"),
                format!("is {value}; three decimals at most"),
            ),
        }
    }
    check_distinct(&read, "topology.mlp", problems);
    read
}

impl Topology for Transformer {
    type Decisions = TransformerDecisions;
    type TopologyTable = TransformerFile;
    type SkeletonTable = TransformerSkeletonFile;

    const KIND: &'static str = "transformer";

    fn new(
        file: TransformerFile,
        skeleton: TransformerSkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        check_distinct(&file.dims, "topology.dims", problems);
        check_distinct(&file.depths, "topology.depths", problems);
        check_distinct(&file.heads, "topology.heads", problems);
        let mlp = multiples(&file.mlp, problems);
        let mut depths = file.depths;
        depths.sort_unstable();
        if depths.windows(2).any(|pair| pair[1] > pair[0] + 1) {
            let message = "has a gap: an architecture is changed a layer at a time";
            problems.add("topology.depths", message);
        }
        if skeleton.pool == TransformerPool::ClassToken && !skeleton.class_token {
            problems.add("skeleton.pool", "is class-token, but class_token is false");
        }
        let activation = activation(skeleton.activation.as_deref(), problems);
        Some(Self {
            dims: file.dims,
            depths,
            heads: file.heads,
            mlp,
            head_size: file.head_size,
            relative_positions: file.relative_positions,
            patch: skeleton.patch,
            class_token: skeleton.class_token,
            positions: skeleton.positions,
            pool: skeleton.pool,
            activation: activation?,
            input: context.input,
            classes: context.classes,
        })
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        network::check(self, problems);
    }

    fn operation_names(&self) -> Vec<&str> {
        vec!["layer"]
    }

    fn count(&self) -> u128 {
        let of = |depth: &usize| self.radix(*depth).count();
        self.depths.iter().map(of).fold(0, u128::saturating_add)
    }

    /// The number of layers, the width and every layer uniformly, as the authors' search does: an
    /// architecture of fewer layers is drawn more often than each of more.
    fn sample(&self, rng: &mut dyn Rng) -> TransformerDecisions {
        let depth = self.depths[rng.random_range(0..self.depths.len() as u32) as usize];
        self.at(&self.radix(depth).sample(rng))
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = TransformerDecisions> + '_> {
        Box::new((0..).map_while(|index| self.at_index(index)))
    }

    fn parse(&self, text: &str) -> Result<TransformerDecisions, ArchitectureError> {
        notation::parse(self, text)
    }

    fn format(&self, decisions: &TransformerDecisions) -> String {
        notation::format(decisions)
    }

    /// The number among the choices: by depth, then width, then the layers, the last one fastest.
    fn index(&self, decisions: &TransformerDecisions) -> Option<u64> {
        let depth = decisions.layers.len();
        let digits = self.digits(decisions)?;
        self.depths.contains(&depth).then_some(())?;
        let before = self.depths.iter().filter(|other| **other < depth);
        let before: u128 = before.map(|other| self.radix(*other).count()).sum();
        let rank = self.radix(depth).rank(&digits)?;
        u64::try_from(before).ok()?.checked_add(rank)
    }

    fn at_index(&self, index: u64) -> Option<TransformerDecisions> {
        let mut rest = u128::from(index);
        for &depth in &self.depths {
            let radix = self.radix(depth);
            let count = radix.count();
            if rest < count {
                return radix.unrank(rest as u64).map(|digits| self.at(&digits));
            }
            rest -= count;
        }
        None
    }

    fn neighbours(&self, decisions: &TransformerDecisions) -> Vec<TransformerDecisions> {
        self.slots().flat_map(|slot| self.changed(decisions, slot)).collect()
    }

    /// Something that is decided is changed to one of its other values: the width, a layer, or whether
    /// there is a further one.
    fn mutate(&self, decisions: &TransformerDecisions, rng: &mut dyn Rng) -> TransformerDecisions {
        let mut free: Vec<Vec<TransformerDecisions>> = self
            .slots()
            .map(|slot| self.changed(decisions, slot))
            .filter(|changed| !changed.is_empty())
            .collect();
        if free.is_empty() {
            return decisions.clone();
        }
        let mut slot = free.swap_remove(rng.random_range(0..free.len() as u32) as usize);
        slot.swap_remove(rng.random_range(0..slot.len() as u32) as usize)
    }

    /// Different decisions are different networks.
    fn reduced(&self, decisions: &TransformerDecisions) -> TransformerDecisions {
        decisions.clone()
    }

    fn is_connected(&self, _decisions: &TransformerDecisions) -> bool {
        true
    }

    fn decisions(&self, decisions: &TransformerDecisions) -> Vec<Decision> {
        let dim = Decision { name: "dim".to_owned(), value: decisions.dim.to_string() };
        let layer = |position: usize| Decision {
            name: format!("layer {}", position + 1),
            value: match decisions.layers.get(position) {
                Some(TransformerLayer { heads, mlp }) => format!("{heads} heads, mlp {mlp}"),
                None => "none".to_owned(),
            },
        };
        std::iter::once(dim).chain((0..self.most_layers()).map(layer)).collect()
    }

    fn drawings(&self, decisions: &TransformerDecisions) -> Vec<Drawing> {
        let patch = self.patch;
        let mut nodes = vec![format!("patches {patch}x{patch}, {} values", decisions.dim)];
        for (count, TransformerLayer { heads, mlp }) in Self::runs(&decisions.layers) {
            nodes.push(format!("{count} x layer, {heads} heads, mlp {mlp}"));
        }
        nodes.push("head".to_owned());
        let mut network = Drawing::new("network", nodes);
        for node in 1..network.nodes.len() {
            network.edge(node - 1, node, "");
        }
        vec![network]
    }

    fn build(&self, decisions: &TransformerDecisions) -> Result<Graph, GraphError> {
        network::assemble(self, decisions)
    }
}
