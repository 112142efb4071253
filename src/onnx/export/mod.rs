//! Writes a network and its weights as an ONNX model.
//!
//! Every activation call becomes a node of its own, so that reading the file back gives the same kernel
//! matrix: a call that several calls were merged into is written once for each, and what reads the activation
//! is spread over them. Batch normalisation of the mini-batch's statistics is written in training mode, or as
//! a normalisation with stored statistics of mean 0 and variance 1 ([`NormMode`]).

mod attributes;
mod constants;
mod rearrange;

use std::collections::HashMap;

use prost::Message;

use super::node::UNCOUNTED;
use super::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
};
use crate::graph::{
    Activation, ActivationKind, Conv, Graph, Node, NodeId, Op, Pool, PoolKind, Shape, Statistics,
    Window,
};
use crate::weights::{LayerWeights, Weights};
use attributes::{float, int, ints, operator_of, text};
use constants::{or_else, value_info};

/// The operator set of written models.
const OPSET: i64 = 20;
/// The version of the file format that goes with it.
const IR_VERSION: i64 = 9;
/// The largest file: protobuf's own limit.
const MAX_BYTES: usize = (1 << 31) - 1;

/// How batch normalisation is written that uses the statistics of the mini-batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NormMode {
    /// With the statistics of the mini-batch, as networks are scored.
    #[default]
    Train,
    /// With stored statistics, as trained networks are used: mean 0 and variance 1, as in a module that has
    /// seen no image.
    Inference,
}

/// What a model file says besides the network.
#[derive(Clone, Debug, Default)]
pub struct ExportFacts {
    /// The name of the graph.
    pub name: String,
    /// Named texts, such as the architecture and the seed.
    pub metadata: Vec<(String, String)>,
    /// How batch normalisation is written.
    pub norm_mode: NormMode,
}

/// Why a network cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportProblem {
    /// An operation that is written for no architecture of a space.
    #[error("{label}: the operation {op} cannot be written")]
    Operation {
        /// The node.
        label: String,
        /// Its operation.
        op: &'static str,
    },
    /// No node is the output.
    #[error("the network has no output")]
    NoOutput,
    /// A layer without weights.
    #[error("{0} has no weights")]
    NoWeights(String),
    /// More than a file may hold.
    #[error("the model has {0} bytes, more than the 2 GiB that an ONNX file may have")]
    TooLarge(usize),
}

/// The bytes of a model file with a network and its weights. The batch size is free; the input is `[n, c, h,
/// w]` and named `input`, the output is named `output`.
///
/// # Errors
///
/// [`ExportProblem`], for operations that only models read from files have.
pub fn export(
    graph: &Graph,
    weights: &Weights,
    facts: &ExportFacts,
) -> Result<Vec<u8>, ExportProblem> {
    let output = graph.output().ok_or(ExportProblem::NoOutput)?;
    let mut writer = ModelWriter {
        graph,
        weights,
        mode: facts.norm_mode,
        output,
        proto: GraphProto { name: facts.name.clone(), ..GraphProto::default() },
        values: Vec::new(),
        readers: HashMap::new(),
        names: HashMap::from([("input".to_owned(), 1), ("output".to_owned(), 1)]),
    };
    for (id, node) in graph.iter() {
        let value = writer.node(id, node)?;
        writer.values.push(value);
    }
    let shape = graph.shape(output);
    let dims = match writer.values[output.index()].is_flat {
        true => vec![shape.channels],
        false => vec![shape.channels, shape.height, shape.width],
    };
    writer.proto.output.push(value_info("output", &dims));
    let entry = |(key, value): &(String, String)| StringStringEntryProto {
        key: key.clone(),
        value: value.clone(),
    };
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "untrained".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: String::new(),
        graph: Some(writer.proto),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        metadata_props: facts.metadata.iter().map(entry).collect(),
        ..ModelProto::default()
    };
    let bytes = model.encoded_len();
    if bytes > MAX_BYTES {
        return Err(ExportProblem::TooLarge(bytes));
    }
    Ok(model.encode_to_vec())
}

/// The value of a node of the graph.
struct WrittenValue {
    /// Its names: one for each call of an activation, else one.
    names: Vec<String>,
    /// Whether it is `[n, c]` rather than `[n, c, h, w]`.
    is_flat: bool,
}

struct ModelWriter<'g> {
    graph: &'g Graph,
    weights: &'g Weights,
    mode: NormMode,
    output: NodeId,
    proto: GraphProto,
    /// By node.
    values: Vec<WrittenValue>,
    /// How often the value of a node has been read.
    readers: HashMap<NodeId, usize>,
    /// How often a name was taken.
    names: HashMap<String, usize>,
}

impl ModelWriter<'_> {
    fn node(&mut self, id: NodeId, node: &Node) -> Result<WrittenValue, ExportProblem> {
        let name = match id == self.output {
            true => "output".to_owned(),
            false => self.unique(&node.label),
        };
        let refuse =
            || Err(ExportProblem::Operation { label: node.label.clone(), op: node.op.name() });
        match node.op {
            Op::Input => return Ok(self.input(node.shape)),
            Op::Conv(conv) => self.conv(id, node, &conv, &name)?,
            Op::BatchNorm(norm) => self.batch_norm(id, node, norm.eps, norm.statistics, &name),
            Op::Activation(activation) => return self.activation(node, activation, name),
            Op::Pool(pool) => self.pool(node, &pool, &name),
            Op::Add => return Ok(self.sum(node, &name)),
            Op::Mul => {
                let (inputs, is_flat) = self.alike(&node.inputs);
                self.push("Mul", inputs, &name, Vec::new());
                return Ok(WrittenValue { names: vec![name], is_flat });
            }
            Op::Concat => {
                let (inputs, is_flat) = self.alike(&node.inputs);
                self.push("Concat", inputs, &name, vec![int("axis", 1)]);
                return Ok(WrittenValue { names: vec![name], is_flat });
            }
            Op::ChannelSlice { start, len } => {
                let (input, is_flat) = self.read(node.inputs[0]);
                let inputs = self.slice_inputs(
                    &name,
                    input,
                    [vec![start], vec![start + len], vec![1], vec![1]],
                );
                self.push("Slice", inputs, &name, Vec::new());
                return Ok(WrittenValue { names: vec![name], is_flat });
            }
            Op::Window(window) => self.window(node, &window, &name),
            Op::Rearrange(rearrange) => self.rearrange(node, &rearrange, &name)?,
            Op::Resize(resize) => {
                let input = self.image(node.inputs[0]);
                let [down, right] = resize.factors.map(|factor| factor as f32);
                let scales = self.floats(&format!("{name}.scales"), &[4], &[1.0, 1.0, down, right]);
                let attributes = vec![
                    text("coordinate_transformation_mode", "asymmetric"),
                    text("mode", "nearest"),
                    text("nearest_mode", "floor"),
                ];
                self.push("Resize", vec![input, String::new(), scales], &name, attributes);
            }
            Op::Scale(factor) => {
                let (input, is_flat) = self.read(node.inputs[0]);
                let factor = self.floats(&format!("{name}.factor"), &[], &[factor]);
                self.push("Mul", vec![input, factor], &name, Vec::new());
                return Ok(WrittenValue { names: vec![name], is_flat });
            }
            Op::GlobalAvgPool => {
                let input = self.image(node.inputs[0]);
                self.push("GlobalAveragePool", vec![input], &name, Vec::new());
            }
            Op::Flatten => {
                let input = self.image(node.inputs[0]);
                self.push("Flatten", vec![input], &name, vec![int("axis", 1)]);
                return Ok(WrittenValue { names: vec![name], is_flat: true });
            }
            Op::Linear(_) => return self.linear(id, node, name),
            Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Parameter(_)
            | Op::LayerNorm(_)
            | Op::Softmax
            | Op::MatMul => {
                return refuse();
            }
        }
        Ok(WrittenValue { names: vec![name], is_flat: false })
    }

    fn input(&mut self, shape: Shape) -> WrittenValue {
        self.proto.input.push(value_info("input", &[shape.channels, shape.height, shape.width]));
        WrittenValue { names: vec!["input".to_owned()], is_flat: false }
    }

    /// A name that no other value has.
    fn unique(&mut self, label: &str) -> String {
        let taken = self.names.entry(label.to_owned()).or_insert(0);
        *taken += 1;
        if *taken == 1 {
            return label.to_owned();
        }
        let numbered = format!("{label} ({taken})");
        self.unique(&numbered)
    }

    /// The name of a node's value for one more reader, and whether it is flat. Readers of an activation are
    /// spread over its calls.
    fn read(&mut self, id: NodeId) -> (String, bool) {
        let value = &self.values[id.index()];
        let reader = self.readers.entry(id).or_insert(0);
        let name = value.names[*reader % value.names.len()].clone();
        *reader += 1;
        (name, value.is_flat)
    }

    /// The same as `[n, c, h, w]`.
    fn image(&mut self, id: NodeId) -> String {
        let (name, is_flat) = self.read(id);
        if !is_flat {
            return name;
        }
        let channels = self.graph.shape(id).channels as i64;
        let shaped = self.unique(&format!("{name}.image"));
        let shape = self.integers(&format!("{shaped}.shape"), &[-1, channels, 1, 1]);
        self.push("Reshape", vec![name, shape], &shaped, Vec::new());
        shaped
    }

    /// Values of several nodes, all flat or none.
    fn alike(&mut self, ids: &[NodeId]) -> (Vec<String>, bool) {
        let is_flat = ids.iter().all(|id| self.values[id.index()].is_flat);
        let read = |id: &NodeId| if is_flat { self.read(*id).0 } else { self.image(*id) };
        (ids.iter().map(read).collect(), is_flat)
    }

    fn push(
        &mut self,
        operator: &str,
        input: Vec<String>,
        output: &str,
        attribute: Vec<AttributeProto>,
    ) {
        self.proto.node.push(NodeProto {
            input,
            output: vec![output.to_owned()],
            name: output.to_owned(),
            op_type: operator.to_owned(),
            attribute,
            ..NodeProto::default()
        });
    }

    fn layer(&self, id: NodeId, node: &Node) -> Result<LayerWeights, ExportProblem> {
        let layer = self.weights.get(id).cloned();
        layer.ok_or_else(|| ExportProblem::NoWeights(node.label.clone()))
    }

    fn conv(
        &mut self,
        id: NodeId,
        node: &Node,
        conv: &Conv,
        name: &str,
    ) -> Result<(), ExportProblem> {
        let layer = self.layer(id, node)?;
        let channels = self.graph.shape(node.inputs[0]).channels;
        let input = self.image(node.inputs[0]);
        let mut inputs = vec![
            input,
            self.floats(&format!("{name}.weight"), &conv.weight_shape(channels), &layer.weight),
        ];
        if conv.bias {
            let bias = or_else(layer.bias, conv.out_channels, 0.0);
            inputs.push(self.floats(&format!("{name}.bias"), &[conv.out_channels], &bias));
        }
        let pads = [conv.padding.top, conv.padding.left, conv.padding.bottom, conv.padding.right];
        let attributes = vec![
            ints("dilations", &conv.dilation),
            int("group", conv.groups),
            ints("kernel_shape", &conv.kernel),
            ints("pads", &pads),
            ints("strides", &conv.stride),
        ];
        self.push("Conv", inputs, name, attributes);
        Ok(())
    }

    fn batch_norm(
        &mut self,
        id: NodeId,
        node: &Node,
        eps: f32,
        statistics: Statistics,
        name: &str,
    ) {
        let layer = self.weights.get(id).cloned().unwrap_or_default();
        let channels = node.shape.channels;
        let input = self.image(node.inputs[0]);
        let of_batch = statistics == Statistics::Batch;
        let mut inputs = vec![input];
        for (part, values, default) in [
            ("weight", layer.weight, 1.0),
            ("bias", layer.bias, 0.0),
            ("running_mean", layer.mean, 0.0),
            ("running_var", layer.variance, 1.0),
        ] {
            let values = or_else(values, channels, default);
            inputs.push(self.floats(&format!("{name}.{part}"), &[channels], &values));
        }
        let is_training = of_batch && self.mode == NormMode::Train;
        let mut attributes = vec![float("epsilon", eps)];
        if is_training {
            attributes.push(int("training_mode", 1));
        }
        self.push("BatchNormalization", inputs, name, attributes);
        if let (true, Some(written)) = (is_training, self.proto.node.last_mut()) {
            written.output.extend([format!("{name}.new_mean"), format!("{name}.new_var")]);
        }
    }

    /// A node for each call.
    fn activation(
        &mut self,
        node: &Node,
        activation: Activation,
        name: String,
    ) -> Result<WrittenValue, ExportProblem> {
        if matches!(
            activation.kind,
            ActivationKind::Shrink { .. } | ActivationKind::Threshold { .. }
        ) {
            let (label, op) = (node.label.clone(), node.op.name());
            return Err(ExportProblem::Operation { label, op });
        }
        let is_flat = self.values[node.inputs[0].index()].is_flat;
        let mut names = vec![name.clone()];
        for _ in 1..activation.calls.max(1) {
            names.push(self.unique(&name));
        }
        for name in &names {
            let (input, _) = self.read(node.inputs[0]);
            let mut inputs = vec![input];
            let Some((operator, attributes, bounds)) = operator_of(activation.kind) else {
                let sigmoid = self.unique(&format!("{name}.sigmoid"));
                self.push("Sigmoid", inputs.clone(), &sigmoid, Vec::new());
                inputs.push(sigmoid);
                self.push("Mul", inputs, name, Vec::new());
                continue;
            };
            for (part, bound) in ["min", "max"].iter().zip(bounds.into_iter().flatten()) {
                inputs.push(self.floats(&format!("{name}.{part}"), &[], &[bound]));
            }
            self.push(operator, inputs, name, attributes);
        }
        if activation.calls == 0 {
            self.mark_uncounted();
        }
        Ok(WrittenValue { names, is_flat })
    }

    fn pool(&mut self, node: &Node, pool: &Pool, name: &str) {
        let input = self.image(node.inputs[0]);
        let padding = pool.padding;
        let mut attributes = vec![
            ints("kernel_shape", &pool.kernel),
            ints("pads", &[padding.top, padding.left, padding.bottom, padding.right]),
            ints("strides", &pool.stride),
        ];
        let operator = match pool.kind {
            PoolKind::Max => "MaxPool",
            PoolKind::Average { count_padding } => {
                attributes.insert(0, int("count_include_pad", usize::from(count_padding)));
                "AveragePool"
            }
        };
        self.push(operator, vec![input], name, attributes);
    }

    fn sum(&mut self, node: &Node, name: &str) -> WrittenValue {
        let (inputs, is_flat) = self.alike(&node.inputs);
        let operator = match inputs.len() {
            1 => "Identity",
            2 => "Add",
            _ => "Sum",
        };
        self.push(operator, inputs, name, Vec::new());
        WrittenValue { names: vec![name.to_owned()], is_flat }
    }

    /// Zeros around the image where the window reaches over it, then a slice.
    fn window(&mut self, node: &Node, window: &Window, name: &str) {
        let shape = self.graph.shape(node.inputs[0]);
        let mut value = self.image(node.inputs[0]);
        let axis = |first: isize, count: usize, step: usize, extent: usize| {
            let last = first + ((count - 1) * step) as isize;
            let before = (-first).max(0) as usize;
            let after = (last + 1 - extent as isize).max(0) as usize;
            let begin = (first + before as isize) as usize;
            ((before, after), (begin, begin + (count - 1) * step + 1))
        };
        let ((top, bottom), rows) = axis(window.top, window.height, window.stride[0], shape.height);
        let ((left, right), columns) =
            axis(window.left, window.width, window.stride[1], shape.width);
        let is_padded = [top, bottom, left, right].iter().any(|&pad| pad > 0);
        let (height, width) = (shape.height + top + bottom, shape.width + left + right);
        let is_sliced = rows != (0, height) || columns != (0, width) || window.stride != [1, 1];
        if is_padded {
            let padded =
                if is_sliced { self.unique(&format!("{name}.padded")) } else { name.to_owned() };
            let pads = [0, 0, top, left, 0, 0, bottom, right].map(|pad| pad as i64);
            let pads = self.integers(&format!("{name}.pads"), &pads);
            self.push("Pad", vec![value, pads], &padded, Vec::new());
            value = padded;
        }
        if is_sliced {
            let ends = vec![rows.1, columns.1];
            let parts = [vec![rows.0, columns.0], ends, vec![2, 3], window.stride.to_vec()];
            let inputs = self.slice_inputs(name, value, parts);
            self.push("Slice", inputs, name, Vec::new());
        } else if !is_padded {
            self.push("Identity", vec![value], name, Vec::new());
        }
    }

    /// The inputs of a slice: the value, starts, ends, axes and steps.
    fn slice_inputs(&mut self, name: &str, value: String, parts: [Vec<usize>; 4]) -> Vec<String> {
        let mut inputs = vec![value];
        for (part, values) in ["starts", "ends", "axes", "steps"].iter().zip(parts) {
            let values: Vec<i64> = values.into_iter().map(|value| value as i64).collect();
            inputs.push(self.integers(&format!("{name}.{part}"), &values));
        }
        inputs
    }

    fn linear(
        &mut self,
        id: NodeId,
        node: &Node,
        name: String,
    ) -> Result<WrittenValue, ExportProblem> {
        let layer = self.layer(id, node)?;
        let features = self.graph.shape(node.inputs[0]).volume();
        let (mut input, is_flat) = self.read(node.inputs[0]);
        if !is_flat {
            let flat = self.unique(&format!("{name}.flat"));
            self.push("Flatten", vec![input], &flat, vec![int("axis", 1)]);
            input = flat;
        }
        let out = node.shape.channels;
        let mut inputs =
            vec![input, self.floats(&format!("{name}.weight"), &[out, features], &layer.weight)];
        if matches!(node.op, Op::Linear(linear) if linear.bias) {
            let bias = or_else(layer.bias, out, 0.0);
            inputs.push(self.floats(&format!("{name}.bias"), &[out], &bias));
        }
        self.push("Gemm", inputs, &name, vec![int("transB", 1)]);
        Ok(WrittenValue { names: vec![name], is_flat: true })
    }
}
