//! Weights as a safetensors file: the length of the header, the header in JSON, the values.
//!
//! The format is documented at <https://huggingface.co/docs/safetensors>.

use serde_json::{Map, Value, json};

/// A tensor of single precision.
pub(super) struct NamedTensor {
    /// Its name in the state of the module.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values.
    pub values: Vec<f32>,
}

/// The bytes of a file with tensors and named texts.
pub(super) fn safetensors(tensors: &[NamedTensor], metadata: &[(String, String)]) -> Vec<u8> {
    let mut header = Map::new();
    let texts = metadata.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str())));
    header.insert("__metadata__".to_owned(), Value::Object(texts.collect()));
    let mut end = 0;
    for tensor in tensors {
        let begin = end;
        end += 4 * tensor.values.len();
        let entry = json!({ "dtype": "F32", "shape": tensor.shape, "data_offsets": [begin, end] });
        header.insert(tensor.name.clone(), entry);
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    // Values are aligned.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    for tensor in tensors {
        bytes.extend(tensor.values.iter().flat_map(|value| value.to_le_bytes()));
    }
    bytes
}
