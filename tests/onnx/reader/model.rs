//! Builds small models.

use std::path::Path;

use prost::Message;
use untrained::data::Batch;
use untrained::graph::Op;
use untrained::onnx::proto::{
    AttributeProto, AttributeType, DataType, DimensionProto, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use untrained::onnx::{self, Model, OnnxProblem, ReadOptions};

use super::support::reference;

/// A model under construction. Its input is `x`, its output the last value a node gave.
#[derive(Clone)]
pub struct Builder(pub ModelProto);

impl Builder {
    /// An empty model; a batch of 0 images stands for a free batch size.
    pub fn new(opset: i64, input: [i64; 4]) -> Self {
        let mut builder = Self(ModelProto {
            ir_version: 9,
            producer_name: "hand".to_owned(),
            graph: Some(GraphProto::default()),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: opset }],
            ..ModelProto::default()
        });
        builder.graph().input = vec![value("x", &input)];
        builder
    }

    /// The graph.
    pub fn graph(&mut self) -> &mut GraphProto {
        self.0.graph.as_mut().unwrap()
    }

    /// Adds an initializer of real numbers.
    pub fn reals(self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.tensor(reals(name, dims, values))
    }

    /// Adds an initializer that counts 0, 1, 2...
    pub fn counting(self, name: &str, dims: &[i64]) -> Self {
        let values: Vec<f32> =
            (0..dims.iter().product::<i64>()).map(|value| value as f32).collect();
        self.reals(name, dims, &values)
    }

    /// Adds a vector of whole numbers as an initializer.
    pub fn wholes(self, name: &str, values: &[i64]) -> Self {
        self.tensor(wholes(name, values))
    }

    /// Adds an initializer.
    pub fn tensor(mut self, tensor: TensorProto) -> Self {
        self.graph().initializer.push(tensor);
        self
    }

    /// Adds a node named after its output; `inputs` are separated by blanks, `_` leaves one out.
    pub fn node(
        mut self,
        operator: &str,
        inputs: &str,
        output: &str,
        attributes: &[AttributeProto],
    ) -> Self {
        let input = inputs.split_whitespace().map(|name| name.replace('_', "")).collect();
        self.graph().node.push(NodeProto {
            input,
            output: vec![output.to_owned()],
            name: format!("the_{output}"),
            op_type: operator.to_owned(),
            attribute: attributes.to_vec(),
            ..NodeProto::default()
        });
        self.graph().output = vec![value(output, &[])];
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.encode_to_vec()
    }

    /// Reads the model.
    pub fn read(&self) -> Result<Model, OnnxProblem> {
        onnx::parse(&self.bytes(), Path::new("."))
    }

    /// Reads the model as the options say.
    pub fn read_with(&self, options: &ReadOptions) -> Result<Model, OnnxProblem> {
        onnx::parse_with(&self.bytes(), Path::new("."), options)
    }

    /// Reads the model and returns the operations of its graph behind the input.
    pub fn ops(&self) -> Vec<Op> {
        self.read().unwrap().graph.nodes()[1..].iter().map(|node| node.op).collect()
    }

    /// The model's output for one image that counts 1, 2, 3...
    pub fn output(&self) -> Vec<f32> {
        self.output_for(1)
    }

    /// The model's output for images that count on from 1.
    pub fn output_for(&self, images: usize) -> Vec<f32> {
        let model = self.read().unwrap();
        let shape = model.input;
        let values = (1..=images * shape.volume()).map(|value| value as f32).collect();
        let batch = Batch { images, shape, values, indices: (0..images).collect() };
        let mut values = reference::evaluate(&model.graph, &model.weights, &batch).nodes;
        values.swap_remove(model.graph.output().unwrap().index())
    }

    /// Why the model cannot be read.
    pub fn problem(&self) -> OnnxProblem {
        match self.read() {
            Ok(_) => panic!("the model was read"),
            Err(problem) => problem,
        }
    }

    /// Checks that reading fails with a message that names the node, its operator and `part`.
    pub fn fails_at(&self, output: &str, part: &str) {
        let message = self.problem().to_string();
        let nodes = &self.0.graph.as_ref().unwrap().node;
        let node = nodes.iter().find(|node| node.output[0] == output).unwrap();
        for part in [node.name.as_str(), node.op_type.as_str(), part] {
            assert!(message.contains(part), "{part:?} is missing in: {message}");
        }
    }
}

/// A float value of the given shape; an extent of 0 is free.
pub fn value(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dimension = |&extent: &i64| match extent {
        0 => DimensionProto { dim_value: None, dim_param: Some("n".to_owned()) },
        extent => DimensionProto { dim_value: Some(extent), dim_param: None },
    };
    let shape = TensorShapeProto { dim: dims.iter().map(dimension).collect() };
    let tensor = TensorTypeProto { elem_type: DataType::Float as i32, shape: Some(shape) };
    let kind = TypeProto { tensor_type: Some(tensor) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(kind) }
}

/// A tensor of real numbers, as bytes.
pub fn reals(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        raw_data: Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        ..TensorProto::default()
    }
}

/// A vector of whole numbers, as a typed field.
pub fn wholes(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: vec![values.len() as i64],
        data_type: DataType::Int64 as i32,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: kind as i32, ..AttributeProto::default() }
}

/// A whole-number attribute.
pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: Some(value), ..attribute(name, AttributeType::Int) }
}

/// An attribute of several whole numbers.
pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { ints: values.to_vec(), ..attribute(name, AttributeType::Ints) }
}

/// A number attribute.
pub fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { f: Some(value), ..attribute(name, AttributeType::Float) }
}

/// A text attribute.
pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: Some(value.as_bytes().to_vec()), ..attribute(name, AttributeType::String) }
}

/// A tensor attribute.
pub fn tensor(name: &str, value: TensorProto) -> AttributeProto {
    AttributeProto { t: Some(value), ..attribute(name, AttributeType::Tensor) }
}
