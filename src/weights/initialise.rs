//! Weight initialisation: how the weights of an untrained network are drawn.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{LayerWeights, Weights};
use crate::graph::{Conv, Graph, Linear, NodeId, Op};
use crate::seed;

/// How convolution and linear weights are drawn. Biases follow PyTorch's default,
/// uniform(-1/sqrt(fan_in), 1/sqrt(fan_in)); normalisation starts at weight 1 and bias 0. Whatever the
/// choice, parameters (tables of positions, class tokens) are normal(0, 0.02), as in torchvision's
/// vision transformers; PyTorch has no default for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Initialisation {
    /// uniform(-1/sqrt(fan_in), 1/sqrt(fan_in)): what PyTorch does unless told otherwise.
    #[default]
    PytorchDefault,
    /// normal(0, sqrt(2 / (k * k * out_channels))): He et al. 2015 by fan-out, as in NAS-Bench-101.
    KaimingFanOut,
    /// normal(0, sqrt(2 / fan_in)): He et al. 2015.
    KaimingNormal,
    /// normal(0, sqrt(2 / (fan_in + fan_out))): Glorot and Bengio 2010.
    XavierNormal,
    /// Orthonormal rows (or columns) of the flattened weight: Saxe et al. 2014.
    Orthogonal,
    /// uniform(-a, a).
    Uniform(f32),
    /// normal(0, s).
    Normal(f32),
}

impl Initialisation {
    /// The standard deviation or half-width for one layer, and whether the values are normal.
    fn spread(self, fan: WeightFan) -> (WeightDistribution, f64) {
        let (fan_in, fan_out) = (fan.input as f64, fan.output as f64);
        match self {
            Self::PytorchDefault => (WeightDistribution::Uniform, 1.0 / fan_in.sqrt()),
            Self::KaimingFanOut => (WeightDistribution::Normal, (2.0 / fan_out).sqrt()),
            Self::KaimingNormal => (WeightDistribution::Normal, (2.0 / fan_in).sqrt()),
            Self::XavierNormal => (WeightDistribution::Normal, (2.0 / (fan_in + fan_out)).sqrt()),
            Self::Orthogonal => (WeightDistribution::Orthogonal, 1.0),
            Self::Uniform(half_width) => (WeightDistribution::Uniform, f64::from(half_width)),
            Self::Normal(deviation) => (WeightDistribution::Normal, f64::from(deviation)),
        }
    }
}

impl Initialisation {
    /// The expected absolute value of a weight of a convolution or linear layer: half the half-width of
    /// a uniform one, `sqrt(2 / pi)` deviations of a normal one, and that of a coordinate of a random
    /// direction where rows (or columns) are orthonormal.
    pub fn expected_absolute(self, graph: &Graph, id: NodeId) -> Option<f64> {
        let (fan, _) = WeightFan::of_node(graph, id)?;
        let (distribution, spread) = self.spread(fan);
        Some(match distribution {
            WeightDistribution::Uniform => spread / 2.0,
            WeightDistribution::Normal => spread * std::f64::consts::FRAC_2_PI.sqrt(),
            WeightDistribution::Orthogonal => {
                let length = fan.rows.max(fan.input) as f64;
                let ratio = libm::lgamma(length / 2.0) - libm::lgamma(f64::midpoint(length, 1.0));
                ratio.exp() / std::f64::consts::PI.sqrt()
            }
        })
    }
}

/// An initialisation that is not one of the known names.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown initialisation `{0}`: use pytorch-default, kaiming-fan-out, kaiming-normal, \
     xavier-normal, orthogonal, uniform:A or normal:S with a positive number"
)]
pub struct UnknownInitialisation(String);

impl std::str::FromStr for Initialisation {
    type Err = UnknownInitialisation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownInitialisation(text.to_owned());
        let number = |value: &str| match value.parse::<f32>() {
            Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
            _ => Err(unknown()),
        };
        match text.split_once(':') {
            Some(("uniform", half_width)) => Ok(Self::Uniform(number(half_width)?)),
            Some(("normal", deviation)) => Ok(Self::Normal(number(deviation)?)),
            Some(_) => Err(unknown()),
            None => match text {
                "pytorch-default" => Ok(Self::PytorchDefault),
                "kaiming-fan-out" => Ok(Self::KaimingFanOut),
                "kaiming-normal" => Ok(Self::KaimingNormal),
                "xavier-normal" => Ok(Self::XavierNormal),
                "orthogonal" => Ok(Self::Orthogonal),
                _ => Err(unknown()),
            },
        }
    }
}

impl std::fmt::Display for Initialisation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PytorchDefault => formatter.write_str("pytorch-default"),
            Self::KaimingFanOut => formatter.write_str("kaiming-fan-out"),
            Self::KaimingNormal => formatter.write_str("kaiming-normal"),
            Self::XavierNormal => formatter.write_str("xavier-normal"),
            Self::Orthogonal => formatter.write_str("orthogonal"),
            Self::Uniform(half_width) => write!(formatter, "uniform:{half_width}"),
            Self::Normal(deviation) => write!(formatter, "normal:{deviation}"),
        }
    }
}

impl TryFrom<String> for Initialisation {
    type Error = UnknownInitialisation;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Initialisation> for String {
    fn from(initialisation: Initialisation) -> Self {
        initialisation.to_string()
    }
}

/// Draws the weights of networks. Every layer has a random stream of its own, seeded by (seed,
/// architecture, layer label), so neither the order of scoring nor the set of layers that are
/// computed matters.
#[derive(Clone, Debug)]
pub struct Initialiser {
    /// The law of the weights.
    pub initialisation: Initialisation,
    /// The seed of this draw; a run derives one for each repeat.
    pub seed: u64,
}

impl Initialiser {
    /// Draws the weights of the given nodes; `architecture` is the network's canonical string.
    pub fn draw(
        &self,
        graph: &Graph,
        architecture: &str,
        nodes: impl Iterator<Item = NodeId>,
    ) -> Weights {
        let nodes: Vec<NodeId> = nodes.collect();
        let draw = |&id: &NodeId| self.layer(graph, architecture, id).map(|layer| (id, layer));
        let layers: Vec<(NodeId, LayerWeights)> = nodes.par_iter().filter_map(draw).collect();
        let mut weights = Weights::with_nodes(graph.nodes().len());
        for (id, layer) in layers {
            weights.set(id, layer);
        }
        weights
    }

    fn layer(&self, graph: &Graph, architecture: &str, id: NodeId) -> Option<LayerWeights> {
        let node = graph.node(id);
        let stream = || seed::stream(self.seed, &["weights", architecture, &node.label]);
        if let Op::Parameter(shape) = node.op {
            let weight = seed::normal(&mut stream(), shape.volume(), PARAMETER_DEVIATION);
            return Some(LayerWeights { weight, ..LayerWeights::default() });
        }
        let (fan, bias) = WeightFan::of_node(graph, id)?;
        let mut stream = stream();
        let (law, spread) = self.initialisation.spread(fan);
        let weight = law.draw(&mut stream, fan, spread as f32);
        let bound = (1.0 / (fan.input as f64).sqrt()) as f32;
        let bias = if bias { uniform(&mut stream, fan.rows, bound) } else { Vec::new() };
        Some(LayerWeights { weight, bias, ..LayerWeights::default() })
    }
}

/// The standard deviation of values that stand for themselves.
const PARAMETER_DEVIATION: f32 = 0.02;

/// The fans of one layer's weight tensor, seen as `rows` x (values per row).
#[derive(Clone, Copy)]
struct WeightFan {
    input: usize,
    output: usize,
    rows: usize,
}

impl WeightFan {
    /// The fans of a convolution or linear layer, and whether it has a bias.
    fn of_node(graph: &Graph, id: NodeId) -> Option<(Self, bool)> {
        let node = graph.node(id);
        let in_channels = || node.inputs.first().map(|&input| graph.shape(input).channels);
        match node.op {
            Op::Conv(conv) => Some((Self::of_conv(&conv, in_channels()?), conv.bias)),
            Op::Linear(Linear { out_features, bias }) => {
                let fan = Self { input: in_channels()?, output: out_features, rows: out_features };
                Some((fan, bias))
            }
            Op::Input
            | Op::BatchNorm(_)
            | Op::Activation(_)
            | Op::Pool(_)
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::ChannelSlice { .. }
            | Op::Window(_)
            | Op::Resize(_)
            | Op::Scale(_)
            | Op::GlobalAvgPool
            | Op::Flatten
            | Op::Parameter(_)
            | Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Rearrange(_)
            | Op::LayerNorm(_)
            | Op::Softmax
            | Op::MatMul => None,
        }
    }

    /// Fan-in `in / groups * k * k`; fan-out `k * k * out`, as the NAS-Bench-101 and ResNet code
    /// that uses it has it (groups not divided out).
    fn of_conv(conv: &Conv, in_channels: usize) -> Self {
        let [rows, per_group, height, width] = conv.weight_shape(in_channels);
        Self { input: per_group * height * width, output: height * width * rows, rows }
    }
}

#[derive(Clone, Copy)]
enum WeightDistribution {
    Uniform,
    Normal,
    Orthogonal,
}

impl WeightDistribution {
    fn draw(self, stream: &mut ChaCha8Rng, fan: WeightFan, spread: f32) -> Vec<f32> {
        let count = fan.rows * fan.input;
        match self {
            Self::Uniform => uniform(stream, count, spread),
            Self::Normal => seed::normal(stream, count, spread),
            Self::Orthogonal => orthogonal(seed::normal(stream, count, 1.0), fan.rows, fan.input),
        }
    }
}

/// `count` values of uniform(-half_width, half_width), 24 random bits each.
fn uniform(stream: &mut ChaCha8Rng, count: usize, half_width: f32) -> Vec<f32> {
    let mut bits = vec![0_u32; count];
    stream.fill_bytes(bytemuck::cast_slice_mut(&mut bits));
    let step = half_width / (1 << 23) as f32;
    bits.iter().map(|&bits| (u32::from_le(bits) >> 8) as f32 * step - half_width).collect()
}

/// Gram-Schmidt over the shorter side of a `rows` x `columns` matrix of normal values.
fn orthogonal(values: Vec<f32>, rows: usize, columns: usize) -> Vec<f32> {
    let by_rows = rows <= columns;
    let (vectors, length) = if by_rows { (rows, columns) } else { (columns, rows) };
    let at = |vector: usize, position: usize| {
        if by_rows { vector * columns + position } else { position * columns + vector }
    };
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(vectors);
    for vector in 0..vectors {
        let mut next: Vec<f64> =
            (0..length).map(|position| f64::from(values[at(vector, position)])).collect();
        for earlier in &basis {
            let overlap: f64 = next.iter().zip(earlier).map(|(a, b)| a * b).sum();
            next.iter_mut().zip(earlier).for_each(|(a, b)| *a -= overlap * b);
        }
        let norm = next.iter().map(|a| a * a).sum::<f64>().sqrt();
        next.iter_mut().for_each(|a| *a /= norm);
        basis.push(next);
    }
    let mut result = values;
    for (vector, direction) in basis.iter().enumerate() {
        for (position, value) in direction.iter().enumerate() {
            result[at(vector, position)] = *value as f32;
        }
    }
    result
}
