//! Channels in another order: every so many, or the channels of groups interleaved.

use super::attributes::ints;
use super::{ExportProblem, ModelWriter, UNCOUNTED};
use crate::graph::{Axis, AxisDigit, Node, Rearrange};
use crate::onnx::proto::StringStringEntryProto;

impl ModelWriter<'_> {
    /// Slices every so many channels, or transposes groups of channels.
    pub(super) fn rearrange(
        &mut self,
        node: &Node,
        rearrange: &Rearrange,
        name: &str,
    ) -> Result<(), ExportProblem> {
        let shape = self.graph.shape(node.inputs[0]);
        let is_in_place = |digit: &&AxisDigit| {
            digit.to == digit.from && (digit.to == Axis::Channel || digit.step == 1)
        };
        let digits = rearrange.digits();
        let channels: Vec<&AxisDigit> =
            digits.iter().filter(|digit| digit.to == Axis::Channel).collect();
        let is_of_channels = digits.iter().filter(is_in_place).count() == digits.len()
            && digits.len() == channels.len() + 2
            && (rearrange.shape.height, rearrange.shape.width) == (shape.height, shape.width);
        let [start, top, left] = rearrange.start;
        match *channels.as_slice() {
            [one] if is_of_channels && (top, left) == (0, 0) => {
                let input = self.image(node.inputs[0]);
                let end = start + (one.extent - 1) * one.step + 1;
                let parts = [vec![start], vec![end], vec![1], vec![one.step]];
                let inputs = self.slice_inputs(name, input, parts);
                self.push("Slice", inputs, name, Vec::new());
            }
            [inner, outer]
                if is_of_channels
                    && rearrange.start == [0; 3]
                    && (inner.step, outer.step) == (1, inner.extent)
                    && inner.extent * outer.extent == shape.channels =>
            {
                let input = self.image(node.inputs[0]);
                let plane = [shape.height as i64, shape.width as i64];
                let groups = [-1, outer.extent as i64, inner.extent as i64, plane[0], plane[1]];
                let apart = self.reshape(input, &format!("{name}.groups"), &groups);
                let turned = self.unique(&format!("{name}.turned"));
                self.push("Transpose", vec![apart], &turned, vec![ints("perm", &[0, 2, 1, 3, 4])]);
                let joined = [-1, shape.channels as i64, plane[0], plane[1]];
                let joined = self.integers(&format!("{name}.shape"), &joined);
                self.push("Reshape", vec![turned, joined], name, Vec::new());
            }
            _ => {
                let (label, op) = (node.label.clone(), node.op.name());
                return Err(ExportProblem::Operation { label, op });
            }
        }
        Ok(())
    }

    fn reshape(&mut self, input: String, name: &str, shape: &[i64]) -> String {
        let value = self.unique(name);
        let shape = self.integers(&format!("{value}.shape"), shape);
        self.push("Reshape", vec![input, shape], &value, Vec::new());
        value
    }

    /// Notes of the last node that it is an activation at which no code is taken.
    pub(super) fn mark_uncounted(&mut self) {
        if let Some(node) = self.proto.node.last_mut() {
            let (key, value) = UNCOUNTED;
            let entry = StringStringEntryProto { key: key.to_owned(), value: value.to_owned() };
            node.metadata_props.push(entry);
        }
    }
}
