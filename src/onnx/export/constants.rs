//! Constants and the types of values.

use super::ModelWriter;
use crate::onnx::proto::{
    DataType, DimensionProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto,
    ValueInfoProto,
};

impl ModelWriter<'_> {
    /// Adds a constant of floats; its name.
    pub(super) fn floats(&mut self, name: &str, dims: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let dims = dims.iter().map(|&extent| extent as i64).collect();
        self.constant(name, dims, DataType::Float, bytes)
    }

    /// Adds a list of whole numbers; its name.
    pub(super) fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, vec![values.len() as i64], DataType::Int64, bytes)
    }

    fn constant(&mut self, name: &str, dims: Vec<i64>, kind: DataType, bytes: Vec<u8>) -> String {
        let name = self.unique(name);
        self.proto.initializer.push(TensorProto {
            dims,
            data_type: kind as i32,
            name: name.clone(),
            raw_data: Some(bytes),
            ..TensorProto::default()
        });
        name
    }
}

/// The name and type of a value with a free batch size.
pub(super) fn value_info(name: &str, dims: &[usize]) -> ValueInfoProto {
    let batch = DimensionProto { dim_value: None, dim_param: Some("n".to_owned()) };
    let fixed =
        |&extent: &usize| DimensionProto { dim_value: Some(extent as i64), dim_param: None };
    let dim = [batch].into_iter().chain(dims.iter().map(fixed)).collect();
    let tensor = TensorTypeProto {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto { dim }),
    };
    let r#type = Some(TypeProto { tensor_type: Some(tensor) });
    ValueInfoProto { name: name.to_owned(), r#type }
}

/// Values, or as many of a default if there are none.
pub(super) fn or_else(values: Vec<f32>, count: usize, default: f32) -> Vec<f32> {
    if values.is_empty() { vec![default; count] } else { values }
}
