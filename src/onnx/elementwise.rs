//! Activations that exporters write as several nodes: GELU as a product with an error function, SiLU as
//! a product with a sigmoid, hard functions as clipped sums.
//!
//! A node that computes each value of its result from the value of one tensor at the same position is
//! not lowered immediately. Its result remains a [`PendingElementwise`]: the tensor, and the function
//! so far, represented by its values at fixed points. When something needs the result as a tensor, the
//! activation is recognised by comparing the values at these points, so the order and form of the parts
//! do not matter. A function that is not an activation, or combines several, is lowered node by node.

use std::rc::Rc;

use super::constant::{ConstantData, ConstantTensor};
use super::error::OnnxProblem;
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
const KNOWN: [ActivationKind; 9] = [
    ActivationKind::Relu,
    ActivationKind::RELU6,
    ActivationKind::Sigmoid,
    ActivationKind::HARD_SIGMOID,
    ActivationKind::Silu,
    ActivationKind::HardSwish,
    ActivationKind::Gelu,
    ActivationKind::GeluTanh,
    ActivationKind::Tanh,
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

/// The points, from -7.9 to 7.9.
fn points() -> impl Iterator<Item = f64> {
    (0..POINTS).map(|index| (index as f64 - 31.5) * 0.25 + 0.013)
}

fn recognise(values: &[f64]) -> Option<ActivationKind> {
    KNOWN.into_iter().find(|kind| {
        points().zip(values).all(|(point, value)| {
            let expected = kind.apply(point);
            (value - expected).abs() <= TOLERANCE * expected.abs().max(1.0)
        })
    })
}

/// What a node reads: one value everywhere, or a function of a tensor.
enum ElementOperand {
    Number(f64),
    Function(PendingElementwise),
}

/// A function of two numbers, value by value.
type ElementFunction = Box<dyn Fn(f64, f64) -> f64>;

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

impl<'m> ModelReader<'m> {
    /// What a node gives as a function of one tensor; `None` if it is not such a node.
    pub(super) fn pend(
        &self,
        node: OnnxNode<'m>,
    ) -> Result<Option<PendingElementwise>, OnnxProblem> {
        if self.is_absorbed(node) {
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
            function(operands[0].at(index), operands.get(1).map_or(0.0, |other| other.at(index)))
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
        let two = node.proto.input.len() == 2;
        Ok(Some(match node.operator() {
            "Add" if two => Box::new(|a, b| a + b),
            "Sub" if two => Box::new(|a, b| a - b),
            "Mul" if two => Box::new(|a, b| a * b),
            "Div" if two => Box::new(|a, b| a / b),
            "Pow" if two => Box::new(f64::powf),
            "Erf" => Box::new(|x, _| libm::erf(x)),
            "Clip" => {
                let (low, high) = activation::bounds(self, node)?;
                Box::new(move |x, _| x.max(low.into()).min(high.into()))
            }
            _ => match activation::kind(self, node)? {
                Some(kind) => Box::new(move |x, _| kind.apply(x)),
                None => return Ok(None),
            },
        }))
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
        inputs.into_iter().take(2).map(operand).collect()
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
            None => ops::lower(self, node)?,
        };
        if let Some(output) = node.proto.output.first() {
            self.values.insert(output, value.clone());
        }
        match value {
            OnnxValue::Tensor(tensor) => Ok(tensor),
            OnnxValue::Pending(_) | OnnxValue::Constant(_) => Err(node.fail("depends on nothing")),
        }
    }

    /// Wires an activation of a tensor.
    pub(super) fn activate(
        &mut self,
        node: OnnxNode<'_>,
        kind: ActivationKind,
        tensor: &OnnxTensor,
    ) -> Result<OnnxTensor, OnnxProblem> {
        let calls = self.activation_calls(node);
        let activation = Activation { kind, calls, published_calls: calls };
        let OnnxTensor { node: input, view } = self.compact(node, tensor)?;
        let id = self.wire(node, "", Op::Activation(activation), &[input])?;
        Ok(OnnxTensor { node: id, view })
    }
}
