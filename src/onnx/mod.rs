//! Reads ONNX models: graph and weights, and the number of activation calls in the original network
//! that each node of the file represents.
//!
//! A file is decoded ([`proto`]); functions, loops, branches and fused operators are replaced by plain nodes
//! (`rewrite`); its constants are read from the file or from data files next to it; what does not depend on
//! the images is folded (`fold`), and every remaining node is lowered to the primitives of [`crate::graph`].
//! The reader supports operator sets 9 to 23 and one input of images `[n, c, h, w]` or with the channels last,
//! whose axes may be free, of sequences, videos or vectors. Batch normalisation uses stored statistics or those
//! of the batch. `ops` lists the operators, and `elementwise` recognises
//! activations that are written as several nodes. `resample` is what resizing, padding and gathers have in
//! common. For anything that is not supported, the error names the node. Values of other real types are
//! computed in `f32`.
//!
//! A model's axes may be any, with the images anywhere among them. `view` tracks their positions in a
//! graph node, and `layout` moves values only where an operator needs them elsewhere. Constants that
//! are combined with values of the images become parameters (`parameters`).
//!
//! Every activation is an activation site. Exporters merge identical calls; `calls` recovers those that are
//! certain, and [`Model::notices`] names the others. A file does not show which modules the code published
//! with the paper would count twice, so both counts are equal. Exporters also fold batch normalisation into
//! convolutions: `batch_norm` says where, and puts it back on request ([`ReadOptions`]).
//!
//! Files are not trusted: sizes are checked before memory is allocated, and a damaged file leads to an
//! error, never a panic.

mod batch_norm;
mod budget;
mod calls;
mod constant;
mod declared;
mod einsum;
mod elementwise;
mod error;
mod export;
mod external;
mod fold;
mod image_input;
mod inputs;
mod interpolation;
mod layout;
mod module_paths;
mod node;
mod ops;
mod options;
mod order;
mod parameters;
pub mod proto;
mod reader;
mod resample;
mod rewrite;
mod stored_constants;
mod tail;
mod tensor;
mod twin_modules;
mod unsupported;
mod view;

use std::path::Path;

use prost::Message;

use crate::graph::{Graph, Shape};
use crate::input::{InputError, InputKind, read_input};
use crate::weights::Weights;

pub use batch_norm::BatchNormFacts;
pub use calls::MergedUnits;
pub use error::{OnnxError, OnnxProblem};
pub use export::{ExportFacts, ExportProblem, NormMode, export};
pub use options::{MergedCalls, NormStatistics, ReadOptions};

/// The oldest operator set that is read.
pub const MIN_OPSET: i64 = 9;
/// The newest operator set that is read.
pub const MAX_OPSET: i64 = 23;
/// The largest file that is read: protobuf's own limit.
pub const MAX_FILE_BYTES: u64 = InputKind::Model.max_bytes();

/// A network read from a file.
#[derive(Clone, Debug)]
pub struct Model {
    /// The network; its output is the first output of the file.
    pub graph: Graph,
    /// The values of every convolution, linear layer and batch normalisation.
    pub weights: Weights,
    /// The shape of one image.
    pub input: Shape,
    /// Whether the file declares its input with the channels last, as in
    /// `[batch, height, width, channels]`. The graph's input has them first all the same.
    pub channels_last: bool,
    /// Whether the file declares its input as uint8: whole numbers from 0 to 255.
    pub takes_bytes: bool,
    /// The batch size in the file; `None` if it is free. Any batch size can be run.
    pub batch: Option<u64>,
    /// Version of the operator set.
    pub opset: i64,
    /// The program that wrote the file, with its version where the file has one.
    pub producer: String,
    /// Calls of activations that count beyond one per node.
    pub recovered_calls: u32,
    /// Its units, by how merged calls of activations are counted.
    pub merged_units: MergedUnits,
    /// How its batch normalisation is computed.
    pub batch_norm: BatchNormFacts,
    /// What is not certain about the model and may change its score, in sentences for people.
    pub notices: Vec<String>,
}

/// Reads a model file.
///
/// # Errors
///
/// [`OnnxError`] with the path, and the node and operator where there is one, if the path is not a
/// file, the file is damaged, or the model needs something that is not supported.
pub fn read(path: &Path) -> Result<Model, OnnxError> {
    read_with(path, &ReadOptions::default())
}

/// Reads a model file as the options say.
///
/// # Errors
///
/// As for [`read`], and if an option cannot be applied to the model.
pub fn read_with(path: &Path, options: &ReadOptions) -> Result<Model, OnnxError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    load(path)
        .and_then(|bytes| parse_with(&bytes, folder, options))
        .map_err(|problem| OnnxError { path: path.to_owned(), problem })
}

fn load(path: &Path) -> Result<Vec<u8>, OnnxProblem> {
    if path.is_dir() {
        return Err(OnnxProblem::Folder);
    }
    read_input(path, InputKind::Model).map_err(|error| match error {
        InputError::System(error) => OnnxProblem::Io(error),
        InputError::NotAFile { .. } => OnnxProblem::NotAFile,
        InputError::Empty { .. } => OnnxProblem::Empty,
        InputError::TooLong { size_bytes, kind } => {
            OnnxProblem::TooLarge { size_bytes, limit_bytes: kind.max_bytes() }
        }
    })
}

/// Reads a model from the bytes of its file; `folder` is where external data may lie.
///
/// # Errors
///
/// A [`OnnxProblem`], as for [`read`].
pub fn parse(bytes: &[u8], folder: &Path) -> Result<Model, OnnxProblem> {
    parse_with(bytes, folder, &ReadOptions::default())
}

/// Reads a model from the bytes of its file as the options say.
///
/// # Errors
///
/// A [`OnnxProblem`], as for [`read_with`].
pub fn parse_with(
    bytes: &[u8],
    folder: &Path,
    options: &ReadOptions,
) -> Result<Model, OnnxProblem> {
    let model = proto::ModelProto::decode(bytes).map_err(OnnxProblem::Decode)?;
    reader::model(model, folder, options)
}
