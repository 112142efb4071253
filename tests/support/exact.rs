//! Which networks give the same values to the last bit in whatever order their sums are added.
//!
//! Every value of such a network is a multiple of a power of two, and even the sum of all absolute
//! values of a sum's terms is a multiple that `f32` holds exactly.

use untrained::graph::{
    ActivationKind, ElementFunction, Graph, Node, Op, Padding, PairFunction, Pool, PoolKind,
};
use untrained::weights::LayerWeights;

use super::trial::Trial;

/// Whole numbers up to this are exact in `f32`.
const LARGEST: f64 = (1_u32 << 24) as f64;

/// What is known of all values of a node: multiples of `2^-places`, at most `bound`.
#[derive(Clone, Copy)]
struct Range {
    bound: f64,
    places: i32,
}

impl Range {
    /// The range, if `f32` holds all of it.
    fn checked(self) -> Option<Self> {
        (self.bound * f64::from(self.places).exp2() <= LARGEST).then_some(self)
    }

    fn of(values: &[f32]) -> Option<Self> {
        let places: Option<Vec<i32>> = values.iter().map(|&value| places(value)).collect();
        let places = places?.into_iter().max().unwrap_or(0);
        let bound = values.iter().fold(0.0, |bound, value| f64::max(bound, value.abs().into()));
        Self { bound, places }.checked()
    }

    fn wider(self, other: Self) -> Self {
        Self { bound: self.bound.max(other.bound), places: self.places.max(other.places) }
    }

    fn times(self, other: Self) -> Self {
        Self { bound: self.bound * other.bound, places: self.places + other.places }
    }

    fn plus(self, other: Self) -> Self {
        Self { bound: self.bound + other.bound, ..self.wider(other) }
    }
}

/// Binary places behind the point of a value with few of them.
fn places(value: f32) -> Option<i32> {
    (0..=16).find(|&places| (f64::from(value) * f64::from(places).exp2()).fract() == 0.0)
}

/// Whether a trial's network is one of them.
pub fn is_exact(trial: &Trial) -> bool {
    let Some(input) = Range::of(&trial.batch.values) else { return false };
    let mut ranges: Vec<Range> = Vec::new();
    for (id, node) in trial.graph.iter() {
        let layer = trial.weights.get(id).cloned().unwrap_or_default();
        let inputs: Vec<Range> = node.inputs.iter().map(|input| ranges[input.index()]).collect();
        let range = match node.op {
            Op::Input => Some(input),
            Op::Parameter(_) => Range::of(&layer.weight),
            Op::Conv(_)
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
            | Op::Linear(_)
            | Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Rearrange(_)
            | Op::LayerNorm(_)
            | Op::Softmax
            | Op::MatMul => range(&trial.graph, node, &inputs, &layer),
        };
        let Some(range) = range.and_then(Range::checked) else { return false };
        ranges.push(range);
    }
    true
}

fn range(graph: &Graph, node: &Node, inputs: &[Range], layer: &LayerWeights) -> Option<Range> {
    let first = *inputs.first()?;
    match node.op {
        Op::Input | Op::Parameter(_) | Op::BatchNorm(_) | Op::LayerNorm(_) | Op::Softmax => None,
        Op::MatMul => {
            let terms = graph.shape(node.inputs[0]).channels as f64;
            let second = *inputs.get(1)?;
            let bound = terms * first.bound * second.bound;
            Some(Range { bound, places: first.places + second.places })
        }
        Op::Conv(conv) => products(first, layer, conv.out_channels),
        Op::Linear(linear) => products(first, layer, linear.out_features),
        Op::Scale(factor) => {
            let bound = first.bound * f64::from(factor.abs());
            Some(Range { bound, places: first.places + places(factor)? })
        }
        Op::Pool(Pool { kind: PoolKind::Average { count_padding }, kernel, padding, .. }) => {
            // Without padding in the divisor, windows at the edge may be cut to any smaller size.
            let whole = count_padding || padding == Padding::default();
            let short = kernel.iter().all(|&extent| extent <= 2);
            average(first, kernel[0] * kernel[1], whole || short)
        }
        Op::GlobalAvgPool => average(first, graph.shape(node.inputs[0]).plane(), true),
        Op::Add => inputs.iter().copied().reduce(Range::plus),
        Op::Mul => inputs.iter().copied().reduce(Range::times),
        Op::Map(function) => mapped(first, function),
        Op::Pair(PairFunction::Div) => None,
        Op::Pair(_) => inputs.iter().copied().reduce(Range::wider),
        Op::Resample(resample) => {
            let table = graph.table(resample.table);
            let row = |position| table.of(position).map(|(_, factor)| factor).collect::<Vec<_>>();
            let rows: Vec<Vec<f32>> = (0..table.extent()).map(row).collect();
            let sums = rows.iter().map(|row| row.iter().map(|f| f64::from(f.abs())).sum::<f64>());
            let most = rows.iter().flatten().map(|&factor| places(factor)).max()??;
            let bound = first.bound * sums.fold(1.0, f64::max);
            Some(Range { bound, places: first.places + most })
        }
        Op::Activation(activation) => activated(first, activation.kind),
        Op::Pool(_)
        | Op::Concat
        | Op::ChannelSlice { .. }
        | Op::Window(_)
        | Op::Rearrange(_)
        | Op::Resize(_)
        | Op::Flatten => inputs.iter().copied().reduce(Range::wider),
    }
}

/// Functions that only compare, or multiply by few bits.
fn activated(input: Range, kind: ActivationKind) -> Option<Range> {
    match kind {
        ActivationKind::Relu => Some(input),
        ActivationKind::ClippedRelu { ceiling } => Some(Range {
            bound: input.bound.min(ceiling.into()),
            places: input.places.max(places(ceiling)?),
        }),
        ActivationKind::HardTanh { low, high } => Some(Range {
            bound: input.bound.min(f64::from(low.abs().max(high))),
            places: input.places.max(places(low)?).max(places(high)?),
        }),
        ActivationKind::Shrink { bias, .. } => Some(Range {
            bound: input.bound + f64::from(bias.abs()),
            places: input.places.max(places(bias)?),
        }),
        ActivationKind::Threshold { value, .. } => Some(Range {
            bound: input.bound.max(f64::from(value.abs())),
            places: input.places.max(places(value)?),
        }),
        ActivationKind::LeakyRelu { slope } => {
            Some(Range { places: input.places + places(slope)?, ..input })
        }
        ActivationKind::HardSigmoid { slope, offset } => {
            let places = (input.places + places(slope)?).max(places(offset)?);
            let bound = input.bound * f64::from(slope.abs()) + f64::from(offset.abs());
            Range { bound, places }.checked()
        }
        ActivationKind::HardSwish
        | ActivationKind::Sigmoid
        | ActivationKind::Silu
        | ActivationKind::Gelu
        | ActivationKind::GeluTanh
        | ActivationKind::Tanh
        | ActivationKind::Elu { .. }
        | ActivationKind::Mish
        | ActivationKind::Softsign
        | ActivationKind::Softplus => None,
    }
}

fn products(input: Range, layer: &LayerWeights, outputs: usize) -> Option<Range> {
    let weights = Range::of(&layer.weight)?;
    let bias = Range::of(&layer.bias)?;
    let sum = |row: &[f32]| row.iter().map(|&weight| f64::from(weight.abs())).sum::<f64>();
    let rows = layer.weight.chunks_exact(layer.weight.len() / outputs);
    let bound = rows.map(sum).fold(0.0, f64::max) * input.bound;
    Some(Range { bound, places: input.places + weights.places }.plus(bias))
}

/// The sum over the window is larger than its part, but no more of its bits are used.
fn average(input: Range, window: usize, divides: bool) -> Option<Range> {
    let places = input.places + window.trailing_zeros() as i32;
    (divides && window.is_power_of_two()).then_some(Range { places, ..input })
}

/// Functions that only compare or round, and squares.
fn mapped(input: Range, function: ElementFunction) -> Option<Range> {
    match function {
        ElementFunction::Abs => Some(input),
        ElementFunction::Sign => Some(Range { bound: 1.0, places: 0 }),
        ElementFunction::Floor | ElementFunction::Ceil | ElementFunction::Round => {
            Some(Range { bound: input.bound.ceil(), places: 0 })
        }
        ElementFunction::Above(_) | ElementFunction::AtLeast(_) | ElementFunction::Equals(_) => {
            Some(Range { bound: 1.0, places: 0 })
        }
        ElementFunction::Clip { low, high } => {
            let bounds = Range::of(&[low, high])?;
            Some(input.wider(bounds))
        }
        ElementFunction::Power(2.0) => Some(input.times(input)),
        ElementFunction::Power(_)
        | ElementFunction::Exp
        | ElementFunction::Log
        | ElementFunction::Sqrt
        | ElementFunction::Reciprocal
        | ElementFunction::Sin
        | ElementFunction::Cos
        | ElementFunction::Erf => None,
    }
}
