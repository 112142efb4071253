//! What follows the last activation without layers of its own: `LogSoftmax`, `ArgMax`, lists of classes.
//! No code depends on it, so it need not be supported.

use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::reader::ModelReader;

/// Operators that are neither activations nor layers with weights, of any operator set.
const HARMLESS: [&str; 38] = [
    "Abs",
    "Add",
    "ArgMax",
    "ArgMin",
    "ArrayFeatureExtractor",
    "Cast",
    "CastLike",
    "Concat",
    "Constant",
    "Div",
    "Exp",
    "Expand",
    "Flatten",
    "Gather",
    "Hardmax",
    "Identity",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "Max",
    "Min",
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
    /// Leaves out a node that cannot be read if neither it nor anything behind it is an activation or a
    /// layer with weights; else the problem stands.
    pub(super) fn leave_out(
        &mut self,
        node: OnnxNode<'m>,
        problem: OnnxProblem,
    ) -> Result<(), OnnxProblem> {
        let input = node.inputs().find(|name| {
            let value = self.values.get(*name);
            value.is_some_and(super::reader::OnnxValue::depends_on_images)
        });
        let Some(input) = input.filter(|_| self.is_tail(node)) else { return Err(problem) };
        self.left_out.extend(node.proto.output.iter().map(String::as_str));
        if self.tail.is_none() {
            self.tail = Some(input);
            self.notices.push(format!(
                "{problem}. No activation depends on this node: it and what follows are left out, and the \
                 network ends with `{input}`"
            ));
        }
        Ok(())
    }

    /// Whether a node reads what was left out.
    pub(super) fn is_behind_tail(&self, node: OnnxNode<'m>) -> bool {
        node.inputs().any(|name| self.left_out.contains(name))
    }

    fn is_tail(&self, node: OnnxNode<'m>) -> bool {
        let mut open = vec![node.index];
        let mut seen = vec![false; self.nodes.len()];
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            let proto = &self.nodes[index];
            if !HARMLESS.contains(&proto.op_type.as_str()) {
                return false;
            }
            for output in &proto.output {
                open.extend(self.wiring.readers(output));
            }
        }
        true
    }
}
