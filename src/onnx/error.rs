//! Why a model could not be read.

use std::path::PathBuf;

use crate::graph::Shape;

/// Why a file could not be read as a network: the file and its problem.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct OnnxError {
    /// The file.
    pub path: PathBuf,
    /// The problem with it.
    pub problem: OnnxProblem,
}

/// The problem with a model.
#[derive(Debug, thiserror::Error)]
pub enum OnnxProblem {
    /// The path names a folder.
    #[error("is a folder; name the .onnx file in it")]
    Folder,
    /// The path names neither a file nor a folder.
    #[error("is not a regular file; name an .onnx file")]
    NotAFile,
    /// The file has no content.
    #[error("is empty: export the model again, or download the file again")]
    Empty,
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Io(std::io::Error),
    /// The file is larger than a protobuf file can be.
    #[error(
        "holds {size_bytes} bytes, but an ONNX file at most {limit_bytes}; larger models store their \
         weights as external data"
    )]
    TooLarge {
        /// Size of the file.
        size_bytes: u64,
        /// The largest size allowed.
        limit_bytes: u64,
    },
    /// The bytes are not an ONNX message.
    #[error("is not an ONNX model, or is truncated or damaged: {0}")]
    Decode(prost::DecodeError),
    /// Something about the model as a whole.
    #[error("the model {0}")]
    Model(String),
    /// Axes of the input are free, and nothing says how long they are.
    #[error(
        "the model has the input `{input}` of {}, where ? is free: give the shape of one image with the \
         option `input`, such as {}",
        shape_text(declared),
        example(declared)
    )]
    FreeInput {
        /// Name of the input.
        input: String,
        /// Channels, height and width; `None` where they are free.
        declared: [Option<usize>; 3],
        /// Whether the channels are the last axis.
        channels_last: bool,
    },
    /// The shape that was given is not that of the input.
    #[error(
        "the model has the input `{input}` of {}, but the option `input` is {given}: leave it out, or \
         change only what is free (?)",
        shape_text(declared)
    )]
    Input {
        /// Name of the input.
        input: String,
        /// Channels, height and width; `None` where they are free.
        declared: [Option<usize>; 3],
        /// The shape that was given.
        given: Shape,
    },
    /// An operator set that is not supported.
    #[error("the model uses operator set {found}; supported: {min} to {max}: export it again")]
    Opset {
        /// The version the model names.
        found: i64,
        /// The oldest version supported.
        min: i64,
        /// The newest version supported.
        max: i64,
    },
    /// A constant tensor cannot be used.
    #[error("tensor `{tensor}`: {reason}")]
    Tensor {
        /// Name of the tensor.
        tensor: String,
        /// The problem, with sizes.
        reason: String,
    },
    /// A tensor's external data cannot be used.
    #[error("tensor `{tensor}`: external data `{location}` {reason}")]
    External {
        /// Name of the tensor.
        tensor: String,
        /// The file it names.
        location: String,
        /// The problem, with sizes.
        reason: String,
    },
    /// An operator that is not supported.
    #[error("node `{node}`: operator {operator} is not supported; supported: {supported}")]
    Operator {
        /// Name of the node.
        node: String,
        /// Its operator.
        operator: String,
        /// All supported operators.
        supported: String,
    },
    /// A node whose attributes, inputs or shapes are not supported or do not fit.
    #[error("node `{node}` ({operator}): {reason}")]
    Node {
        /// Name of the node.
        node: String,
        /// Its operator.
        operator: String,
        /// The problem, and what is supported.
        reason: String,
    },
}

/// A declared shape, as in `3x?x?`.
fn shape_text(declared: &[Option<usize>; 3]) -> String {
    let extent = |extent: &Option<usize>| extent.map_or("?".to_owned(), |known| known.to_string());
    declared.iter().map(extent).collect::<Vec<_>>().join("x")
}

/// A shape that a declared one may have.
fn example(declared: &[Option<usize>; 3]) -> String {
    let [channels, height, width] = declared;
    let side = height.or(*width).unwrap_or(224);
    Shape::new(channels.unwrap_or(3), height.unwrap_or(side), width.unwrap_or(side)).to_string()
}
