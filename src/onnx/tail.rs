//! What follows the last activation without layers of its own: `LogSoftmax`, `ArgMax`, lists of classes.
//! No code depends on it, so it need not be supported.

use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::reader::{ModelReader, OnnxValue};

/// Operators that are neither activations nor layers with weights, of the standard and of `ai.onnx.ml`.
const HARMLESS: [&str; 34] = [
    "Add",
    "ArgMax",
    "ArgMin",
    "ArrayFeatureExtractor",
    "Cast",
    "CastLike",
    "Concat",
    "Constant",
    "Div",
    "Expand",
    "Flatten",
    "Gather",
    "Hardmax",
    "Identity",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "Mul",
    "Neg",
    "Normalizer",
    "ReduceL2",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceSum",
    "Reshape",
    "Shape",
    "Slice",
    "Softmax",
    "Sqrt",
    "Squeeze",
    "TopK",
    "Unsqueeze",
    "ZipMap",
];

impl<'m> ModelReader<'m> {
    /// Leaves out a node whose operator is not supported if it follows an activation, and neither it nor
    /// anything behind it is an activation or a layer with weights; else the problem stands.
    pub(super) fn leave_out(
        &mut self,
        node: OnnxNode<'m>,
        problem: OnnxProblem,
    ) -> Result<(), OnnxProblem> {
        let input = node.inputs().find(|name| {
            let value = self.values.get(*name);
            value.is_some_and(OnnxValue::depends_on_images)
        });
        let is_unsupported = matches!(problem, OnnxProblem::Operator { .. });
        let leaves_out = is_unsupported && self.has_activation() && self.is_tail(node);
        let Some(input) = input.filter(|_| leaves_out) else { return Err(problem) };
        self.left_out.extend(node.proto.output.iter().map(String::as_str));
        if self.tail.is_none() {
            self.tail = Some(input);
            self.notices.push(format!(
                "operator {} of node `{}` is not supported, but no activation depends on it: it and what \
                 follows are left out, and the network ends with `{input}`",
                node.operator(),
                node.name()
            ));
        }
        Ok(())
    }

    /// Whether a node reads what was left out.
    pub(super) fn is_behind_tail(&self, node: OnnxNode<'m>) -> bool {
        node.inputs().any(|name| self.left_out.contains(name))
    }

    fn has_activation(&self) -> bool {
        let is_activation = |value: &OnnxValue| match value {
            OnnxValue::Pending(pending) => pending.has_activation(),
            OnnxValue::Tensor(_) | OnnxValue::Constant(_) => false,
        };
        self.values.values().any(is_activation)
            || self.graph.nodes().iter().any(|node| node.op.activation().is_some())
    }

    fn is_tail(&self, node: OnnxNode<'m>) -> bool {
        let mut open = vec![node.index];
        let mut seen = vec![false; self.nodes.len()];
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            let proto = &self.nodes[index];
            let known = matches!(proto.domain.as_str(), "" | "ai.onnx" | "ai.onnx.ml");
            if !known || !HARMLESS.contains(&proto.op_type.as_str()) {
                return false;
            }
            for output in &proto.output {
                open.extend(self.wiring.readers(output));
            }
        }
        true
    }
}
