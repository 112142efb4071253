//! Layers: the small language that operations, stems and heads are written in.
//!
//! `assets/operations.toml` documents the language at its head. `text` reads it, `emit` wires the
//! layers into a graph.

mod emit;
mod text;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

pub(super) use emit::{Place, emit};

use crate::graph::Activation;

/// One layer of an operation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Layer {
    /// Its input as it is.
    Identity,
    /// Zeros of the output's shape.
    Zero,
    /// Activation.
    Activation(Activation),
    /// Batch normalisation by the statistics of the mini-batch.
    BatchNorm,
    /// Convolution.
    Conv(ConvLayer),
    /// Pooling.
    Pool(PoolLayer),
    /// Moved up by so many rows and left by so many columns; zeros enter right and below.
    Shift([usize; 2]),
    /// Mean over rows and columns.
    GlobalAvgPool,
    /// All values as channels.
    Flatten,
    /// Fully connected layer.
    Linear(LinearLayer),
    /// Branches that read the same input, and how their results are joined.
    Branches(Join, Vec<Vec<Layer>>),
}

/// How branches are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// Summed.
    Add,
    /// Behind each other along the channels.
    Concat,
}

/// A convolution whose width and stride depend on where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConvLayer {
    kernel: [usize; 2],
    stride: [Step; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    groups: Groups,
    out: Width,
    bias: bool,
}

/// A pooling whose stride depends on where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolLayer {
    kernel: [usize; 2],
    stride: [Step; 2],
    padding: [usize; 2],
    /// `None` for the maximum, else whether padded pixels are in the divisor.
    average: Option<bool>,
}

/// A fully connected layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LinearLayer {
    /// `None` for the number of classes.
    out: Option<usize>,
    bias: bool,
}

/// A stride along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// That of the operation.
    Operation,
    Fixed(usize),
}

/// Groups of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Groups {
    /// One per input channel.
    Depthwise,
    Fixed(usize),
}

/// A number of channels: `base * times / over`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Width {
    base: Base,
    times: usize,
    over: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// The layer's input.
    Input,
    /// The operation's output.
    Output,
    Fixed(usize),
}

/// Whether the layers give zero for every image, if their input is (`zero`) or is not.
pub(super) fn zero_after(layers: &[Layer], zero: bool) -> bool {
    layers.iter().fold(zero, |zero, layer| match layer {
        Layer::Zero => true,
        Layer::Activation(activation) => zero && activation.kind.keeps_zero(),
        Layer::Conv(conv) => zero && !conv.bias,
        Layer::Linear(linear) => zero && !linear.bias,
        Layer::Branches(_, branches) => branches.iter().all(|branch| zero_after(branch, zero)),
        _ => zero,
    })
}

/// Whether any layer, at any depth, satisfies a condition.
pub(super) fn any(layers: &[Layer], condition: &dyn Fn(&Layer) -> bool) -> bool {
    layers.iter().any(|layer| match layer {
        Layer::Branches(_, branches) => branches.iter().any(|branch| any(branch, condition)),
        layer => condition(layer),
    })
}

impl<'de> Deserialize<'de> for Layer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LayerVisitor)
    }
}

struct LayerVisitor;

impl<'de> Visitor<'de> for LayerVisitor {
    type Value = Layer;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a layer such as \"conv 3x3\" or { add = [[..], [..]] }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Layer, E> {
        text::parse(text).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Layer, A::Error> {
        const KEYS: &[&str] = &["add", "concat"];
        let join = match map.next_key::<String>()?.as_deref() {
            Some("add") => Join::Add,
            Some("concat") => Join::Concat,
            Some(other) => return Err(A::Error::unknown_field(other, KEYS)),
            None => return Err(A::Error::custom("branches need a key: add or concat")),
        };
        let branches: Vec<Vec<Layer>> = map.next_value()?;
        if branches.is_empty() {
            return Err(A::Error::custom("add and concat need at least one branch"));
        }
        match map.next_key::<String>()? {
            Some(_) => Err(A::Error::custom("a layer is either add or concat; use two layers")),
            None => Ok(Layer::Branches(join, branches)),
        }
    }
}
