//! Activations that exporters write as several nodes: GELU as a product with an error function, SiLU as
//! a product with a sigmoid, hard functions as clipped sums.
//!
//! A node that computes each value of its result from the value of one tensor at the same position is
//! not lowered immediately. Its result remains a [`PendingElementwise`]: the tensor, and the function
//! so far, represented by its values at fixed points. When something needs the result as a tensor, the
//! activation is recognised by comparing the values at these points, so the order and form of the parts
//! do not matter. If the whole is not an activation of that tensor, it may be one of a value in between,
//! such as a hard swish of a scaled tensor. Anything else is lowered node by node, except a `Clip` of a
//! shifted value: it is a part of a function that is not known, and no ReLU of its own.

use std::collections::HashMap;
use std::rc::Rc;

use super::calls::CountedActivation;
use super::constant::{ConstantData, ConstantTensor, MAX_AXES};
use super::error::OnnxProblem;
use super::fold;
use super::node::OnnxNode;
use super::ops::{self, activation};
use super::reader::{ModelReader, OnnxTensor, OnnxValue};
use crate::graph::{Activation, ActivationKind, Op};

/// At how many points functions are compared.
const POINTS: usize = 64;

/// How far the values of equal functions may be apart, as a part of 1 or of the value, whichever is
/// more: constants in files are rounded to seven digits, and the two forms of GELU are 4e-4 apart.
const TOLERANCE: f64 = 1e-5;

/// The longest chain of functions that is put together; longer ones are cut.
const MAX_DEPTH: u32 = 32;

/// The activations a pending function may turn out to be; those with parameters of their own are
/// single nodes.
const KNOWN: [ActivationKind; 11] = [
    ActivationKind::Relu,
    ActivationKind::RELU6,
    ActivationKind::Sigmoid,
    ActivationKind::HARD_SIGMOID,
    ActivationKind::Silu,
    ActivationKind::HardSwish,
    ActivationKind::Gelu,
    ActivationKind::GeluTanh,
    ActivationKind::Tanh,
    ActivationKind::Mish,
    ActivationKind::Softplus,
];

/// A function of one tensor, value by value.
#[derive(Clone)]
pub(super) struct PendingElementwise {
    /// The tensor.
    base: OnnxTensor,
    /// The function at the points.
    values: Rc<[f64]>,
    /// The node that gives it.
    node: usize,
    /// How many functions it is made of, one upon the other.
    depth: u32,
    /// How many of its nodes are activations on their own.
    activations: u32,
}

impl PendingElementwise {
    /// Whether one of its nodes is an activation on its own.
    pub fn has_activation(&self) -> bool {
        self.activations > 0
    }
}

/// The points, from -7.9 to 7.9.
fn points() -> impl Iterator<Item = f64> {
    (0..POINTS).map(|index| (index as f64 - 31.5) * 0.25 + 0.013)
}

fn recognise(values: &[f64]) -> Option<ActivationKind> {
    KNOWN.into_iter().chain(hard_sigmoid(values)).chain(fitted(values)).find(|kind| {
        points().zip(values).all(|(point, value)| {
            let expected = kind.apply(point);
            (value - expected).abs() <= TOLERANCE * expected.abs().max(1.0)
        })
    })
}

/// Functions with parameters whose values at the ends of the points are these; whether all values are is
/// for the caller to check.
fn fitted(values: &[f64]) -> impl Iterator<Item = ActivationKind> {
    let ends = || points().zip(values.iter().copied());
    let (left, low) = ends().next().unwrap_or((-1.0, 0.0));
    let (right, high) = ends().last().unwrap_or((1.0, 0.0));
    let slope = low / left;
    let alpha = low / left.exp_m1();
    let bias = right - high;
    let leaky = (slope > TOLERANCE && slope < 1.0 - TOLERANCE)
        .then_some(ActivationKind::LeakyRelu { slope: slope as f32 });
    let elu = (alpha > TOLERANCE).then_some(ActivationKind::Elu { alpha: alpha as f32 });
    let bounded = low > left + TOLERANCE && high < right - TOLERANCE && high > TOLERANCE;
    let clipped = match low {
        _ if !bounded => None,
        low if low.abs() <= TOLERANCE => Some(ActivationKind::ClippedRelu { ceiling: high as f32 }),
        low if low < 0.0 => Some(ActivationKind::HardTanh { low: low as f32, high: high as f32 }),
        _ => None,
    };
    let shrink = (bias > TOLERANCE && bias < right)
        .then_some(ActivationKind::Shrink { width: bias as f32, bias: bias as f32 });
    [leaky, elu, clipped, shrink].into_iter().flatten()
}

/// The hard sigmoid through two neighbouring values between 0 and 1, if it rises there and is above
/// zero at zero; without an offset it is a clipped ReLU.
fn hard_sigmoid(values: &[f64]) -> Option<ActivationKind> {
    let all: Vec<(f64, f64)> = points().zip(values.iter().copied()).collect();
    let between = |value: f64| value > 0.0 && value < 1.0;
    let pair = all.windows(2).find(|pair| pair.iter().all(|(_, value)| between(*value)))?;
    let slope = (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0);
    let offset = pair[0].1 - slope * pair[0].0;
    let found = slope > 0.0 && offset > TOLERANCE;
    found.then_some(ActivationKind::HardSigmoid { slope: slope as f32, offset: offset as f32 })
}

/// What a node reads: one value everywhere, or a function of a tensor.
enum ElementOperand {
    Number(f64),
    Function(PendingElementwise),
}

/// A function of what a node reads, value by value.
type ElementFunction = Box<dyn Fn(&[f64]) -> f64>;

/// Most inputs of such a function.
const MAX_INPUTS: usize = 3;

impl ElementOperand {
    fn at(&self, index: usize) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Function(function) => function.values[index],
        }
    }
}

/// The value of a constant that holds one, if it does not add axes to a tensor of that rank.
fn number(constant: &ConstantTensor, rank: usize) -> Option<f64> {
    if constant.len() != 1 || constant.dims.len() > rank {
        return None;
    }
    match &constant.data {
        ConstantData::Float(values) => values.first().copied().map(f64::from),
        ConstantData::Int(values) => {
            values.first().and_then(|value| value.known()).map(|value| value as f64)
        }
    }
}

/// What an operator computes from so many values.
fn of_several(operator: &str, count: usize) -> Option<fn(&[f64]) -> f64> {
    Some(match (operator, count) {
        ("Add", 2) => |x| x[0] + x[1],
        ("Sub", 2) => |x| x[0] - x[1],
        ("Mul", 2) => |x| x[0] * x[1],
        ("Div", 2) => |x| x[0] / x[1],
        ("Pow", 2) => |x| x[0].powf(x[1]),
        ("Max", 2) => |x| x[0].max(x[1]),
        ("Min", 2) => |x| x[0].min(x[1]),
        ("Greater", 2) => |x| f64::from(u8::from(x[0] > x[1])),
        ("GreaterOrEqual", 2) => |x| f64::from(u8::from(x[0] >= x[1])),
        ("Less", 2) => |x| f64::from(u8::from(x[0] < x[1])),
        ("LessOrEqual", 2) => |x| f64::from(u8::from(x[0] <= x[1])),
        ("Not", 1) => |x| f64::from(u8::from(x[0] == 0.0)),
        ("And", 2) => |x| x[0].min(x[1]),
        ("Or", 2) => |x| x[0].max(x[1]),
        ("Where", 3) => |x| if x[0] == 0.0 { x[2] } else { x[1] },
        _ => return None,
    })
}

/// The largest number that values are raised to only so that they can be divided by.
const MAX_FLOOR: f64 = 1e-3;

/// Whether a node clips to a finite range what is a tensor plus a number.
fn is_shifted_clip(node: OnnxNode<'_>, reader: &ModelReader<'_>) -> Result<bool, OnnxProblem> {
    if node.operator() != "Clip" || activation::bounds(reader, node)?.1 >= f32::MAX {
        return Ok(false);
    }
    let input = node.proto.input.first().and_then(|input| reader.values.get(input.as_str()));
    let Some(OnnxValue::Pending(part)) = input else { return Ok(false) };
    // The points are evenly spaced, so a line without an offset has values in their proportion.
    let shifted = points().zip(part.values.iter()).any(|(point, value)| {
        let straight = part.values[0] / points().next().unwrap_or(1.0) * point;
        (value - straight).abs() > TOLERANCE * straight.abs().max(1.0)
    });
    Ok(shifted)
}

impl<'m> ModelReader<'m> {
    /// Whether a node raises values to a tiny number above 0, by which they can be divided: no activation,
    /// though nearly a ReLU.
    pub(super) fn is_tiny_floor(&self, node: OnnxNode<'_>) -> Result<bool, OnnxProblem> {
        let is_tiny = |low: f64| low > 0.0 && low <= MAX_FLOOR;
        Ok(match node.operator() {
            "Clip" => is_tiny(activation::bounds(self, node)?.0.into()),
            "Max" => node.inputs().any(|input| match self.values.get(input) {
                Some(OnnxValue::Constant(constant)) => {
                    number(constant, MAX_AXES).is_some_and(is_tiny)
                }
                _ => false,
            }),
            _ => false,
        })
    }

    /// What a node gives as a function of one tensor; `None` if it is not such a node.
    pub(super) fn pend(
        &self,
        node: OnnxNode<'m>,
    ) -> Result<Option<PendingElementwise>, OnnxProblem> {
        if self.is_absorbed(node) || self.is_tiny_floor(node)? {
            return Ok(None);
        }
        let Some(operands) = self.operands(node) else { return Ok(None) };
        let functions = operands.iter().filter_map(|operand| match operand {
            ElementOperand::Function(function) => Some(function),
            ElementOperand::Number(_) => None,
        });
        let Some(base) = functions.clone().map(|function| function.base.clone()).next() else {
            return Ok(None);
        };
        let depth = functions.clone().map(|function| function.depth).max().unwrap_or(0) + 1;
        let before = functions.clone().fold(0_u32, |sum, one| sum.saturating_add(one.activations));
        let own = activation::is_activation(node.operator());
        let same = functions.clone().all(|function| function.base == base);
        if !same || depth > MAX_DEPTH || (own && before > 0) {
            return Ok(None);
        }
        let Some(function) = self.function(node)? else { return Ok(None) };
        let values = (0..POINTS).map(|index| {
            function(&operands.iter().map(|operand| operand.at(index)).collect::<Vec<f64>>())
        });
        let activations = before.saturating_add(u32::from(own));
        Ok(Some(PendingElementwise {
            base,
            values: values.collect(),
            node: node.index,
            depth,
            activations,
        }))
    }

    /// What an operator computes from one value, or from two.
    fn function(&self, node: OnnxNode<'_>) -> Result<Option<ElementFunction>, OnnxProblem> {
        if node.operator() == "Clip" {
            let (low, high) = activation::bounds(self, node)?;
            return Ok(Some(Box::new(move |x| x[0].max(low.into()).min(high.into()))));
        }
        if let (Some(function), 1) = (fold::plain(node.operator()), node.proto.input.len()) {
            return Ok(Some(Box::new(move |x| function(x[0]))));
        }
        if let Some(function) = of_several(node.operator(), node.proto.input.len()) {
            return Ok(Some(Box::new(function)));
        }
        Ok(match activation::kind(self, node)? {
            Some(kind) => Some(Box::new(move |x| kind.apply(x[0]))),
            None => None,
        })
    }

    /// The first two inputs of a node whose inputs are numbers, tensors and functions of tensors.
    fn operands(&self, node: OnnxNode<'_>) -> Option<Vec<ElementOperand>> {
        let inputs: Vec<&OnnxValue> =
            node.inputs().map(|name| self.values.get(name)).collect::<Option<_>>()?;
        let rank = inputs.iter().find_map(|value| match value {
            OnnxValue::Tensor(tensor) => Some(tensor.rank()),
            OnnxValue::Pending(pending) => Some(pending.base.rank()),
            OnnxValue::Constant(_) => None,
        })?;
        let operand = |value: &OnnxValue| match value {
            OnnxValue::Constant(constant) => number(constant, rank).map(ElementOperand::Number),
            OnnxValue::Pending(pending) => Some(ElementOperand::Function(pending.clone())),
            OnnxValue::Tensor(base) => Some(ElementOperand::Function(PendingElementwise {
                base: base.clone(),
                values: points().collect(),
                node: node.index,
                depth: 0,
                activations: 0,
            })),
        };
        // The bounds of a clip are no operands.
        let count = if node.operator() == "Clip" { 1 } else { MAX_INPUTS };
        inputs.into_iter().take(count).map(operand).collect()
    }

    /// The tensor of a pending value: wires it now, as an activation or node by node.
    pub(super) fn settle(
        &mut self,
        pending: &PendingElementwise,
    ) -> Result<OnnxTensor, OnnxProblem> {
        let node = OnnxNode { proto: &self.nodes[pending.node], index: pending.node };
        let kind = if pending.activations > 1 { None } else { recognise(&pending.values) };
        let value = match kind {
            Some(kind) => OnnxValue::Tensor(self.activate(node, kind, &pending.base)?),
            None => match self.inner_activation(pending)? {
                Some((inner, kind)) => {
                    let tensor = self.settle(&inner)?;
                    OnnxValue::Tensor(self.activate(node, kind, &tensor)?)
                }
                None => ops::lower(self, node)?,
            },
        };
        if let Some(output) = node.proto.output.first() {
            self.values.insert(output, value.clone());
        }
        match value {
            OnnxValue::Tensor(tensor) => Ok(tensor),
            OnnxValue::Pending(_) | OnnxValue::Constant(_) => Err(node.fail("depends on nothing")),
        }
    }

    /// The value in between of which a pending value is an activation as a whole, if there is one.
    fn inner_activation(
        &self,
        pending: &PendingElementwise,
    ) -> Result<Option<(PendingElementwise, ActivationKind)>, OnnxProblem> {
        let node = OnnxNode { proto: &self.nodes[pending.node], index: pending.node };
        if is_shifted_clip(node, self)? {
            return Err(node.fail(
                "clips a shifted value; supported: clips from 0, hard sigmoids and hard swish. This \
                 is a part of another function",
            ));
        }
        if pending.activations != 1 {
            return Ok(None);
        }
        let mut inner: Vec<PendingElementwise> = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            for input in node.inputs() {
                let Some(OnnxValue::Pending(part)) = self.values.get(input) else { continue };
                if part.base == pending.base && inner.iter().all(|one| one.node != part.node) {
                    inner.push(part.clone());
                    open.push(OnnxNode { proto: &self.nodes[part.node], index: part.node });
                }
            }
        }
        inner.retain(|part| part.activations == 0);
        inner.sort_by_key(|part| (part.depth, part.node));
        for part in inner {
            let mut known = HashMap::from([(part.node, Some(points().collect::<Rc<[f64]>>()))]);
            let kind = self.of_part(node, &mut known)?.and_then(|values| recognise(&values));
            if let Some(kind) = kind {
                return Ok(Some((part, kind)));
            }
        }
        Ok(None)
    }

    /// A pending node as a function of the values in `known`; `None` if it reads anything else.
    fn of_part(
        &self,
        node: OnnxNode<'m>,
        known: &mut HashMap<usize, Option<Rc<[f64]>>>,
    ) -> Result<Option<Rc<[f64]>>, OnnxProblem> {
        if let Some(values) = known.get(&node.index) {
            return Ok(values.clone());
        }
        let mut inputs: Vec<Rc<[f64]>> = Vec::new();
        let count = if node.operator() == "Clip" { 1 } else { MAX_INPUTS };
        for input in node.inputs().take(count) {
            let values = match self.values.get(input) {
                Some(OnnxValue::Constant(constant)) => number(constant, MAX_AXES)
                    .map(|number| std::iter::repeat_n(number, POINTS).collect()),
                Some(OnnxValue::Pending(part)) => {
                    let part = OnnxNode { proto: &self.nodes[part.node], index: part.node };
                    self.of_part(part, known)?
                }
                Some(OnnxValue::Tensor(_)) | None => None,
            };
            let Some(values) = values else {
                known.insert(node.index, None);
                return Ok(None);
            };
            inputs.push(values);
        }
        let function = self.function(node)?.filter(|_| !inputs.is_empty());
        let values = function.map(|function| {
            let at = |index: usize| inputs.iter().map(|one| one[index]).collect::<Vec<f64>>();
            (0..POINTS).map(|index| function(&at(index))).collect::<Rc<[f64]>>()
        });
        known.insert(node.index, values.clone());
        Ok(values)
    }

    /// Wires an activation of a tensor.
    pub(super) fn activate(
        &mut self,
        node: OnnxNode<'_>,
        kind: ActivationKind,
        tensor: &OnnxTensor,
    ) -> Result<OnnxTensor, OnnxProblem> {
        let count = self.activation_calls(node);
        // A function of constants, such as one of a table of positions, is no activation site.
        let is_site = self.depends_on_images(tensor.node) && !node.is_uncounted();
        let calls = if is_site { count.chosen(self.options.merged_calls) } else { 0 };
        let activation = Activation { kind, calls, published_calls: calls };
        let OnnxTensor { node: input, view } = self.compact(node, tensor)?;
        let id = self.wire(node, "", Op::Activation(activation), &[input])?;
        if is_site {
            let name = node.name().to_owned();
            self.activations.push(CountedActivation { node: id, name, calls: count });
        }
        Ok(OnnxTensor { node: id, view })
    }
}
