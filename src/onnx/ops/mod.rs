//! The operators that depend on the images, one file per family.

pub(super) mod activation;
mod arithmetic;
mod concat;
mod conv;
mod geometry;
mod layer_norm;
mod linear;
mod norm;
mod pad;
mod pool;
mod prelu;
mod product;
mod resize;
pub(super) mod shape;
pub(super) mod slice;
mod softmax;

use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::reader::{ModelReader, OnnxValue, is_standard};

/// Lowers one node of the model.
pub(super) type LowerOperator =
    for<'m> fn(&mut ModelReader<'m>, OnnxNode<'m>) -> Result<OnnxValue, OnnxProblem>;

/// Operators by name.
pub(super) type OperatorTable = &'static [(&'static str, LowerOperator)];

/// The operators that are lowered to graph nodes.
pub(super) const ALL: OperatorTable = &[
    ("Add", arithmetic::add),
    ("AveragePool", pool::average),
    ("BatchNormalization", norm::batch_normalization),
    ("Cast", arithmetic::cast),
    ("CastLike", arithmetic::cast_like),
    ("Celu", activation::celu),
    ("Clip", activation::activation),
    ("Concat", concat::concat),
    ("Conv", conv::conv),
    ("DepthToSpace", shape::depth_to_space),
    ("Div", arithmetic::div),
    ("Dropout", arithmetic::dropout),
    ("Elu", activation::activation),
    ("Erf", activation::part),
    ("Expand", shape::expand),
    ("Flatten", shape::flatten),
    ("Gather", slice::gather),
    ("Gelu", activation::activation),
    ("Gemm", linear::gemm),
    ("GlobalAveragePool", pool::global_average),
    ("HardSigmoid", activation::activation),
    ("HardSwish", activation::activation),
    ("Identity", arithmetic::identity),
    ("InstanceNormalization", layer_norm::instance_normalization),
    ("LayerNormalization", layer_norm::layer_normalization),
    ("LeakyRelu", activation::activation),
    ("MatMul", linear::mat_mul),
    ("Max", activation::max),
    ("MaxPool", pool::max),
    ("Mish", activation::activation),
    ("Mul", arithmetic::mul),
    ("PRelu", prelu::prelu),
    ("Pad", pad::pad),
    ("Pow", activation::part),
    ("ReduceMean", pool::reduce_mean),
    ("Relu", activation::activation),
    ("Reshape", shape::reshape),
    ("Resize", resize::resize),
    ("Selu", activation::selu),
    ("Shape", shape::shape),
    ("Sigmoid", activation::activation),
    ("Slice", slice::slice),
    ("Softmax", softmax::softmax),
    ("Softplus", activation::part),
    ("Softsign", activation::activation),
    ("Split", slice::split),
    ("Squeeze", shape::squeeze),
    ("Sub", arithmetic::sub),
    ("Sum", arithmetic::add),
    ("Tanh", activation::activation),
    ("Transpose", shape::transpose),
    ("Unsqueeze", shape::unsqueeze),
];

/// How a node's operator is lowered, if it is in a table.
pub(super) fn find(table: OperatorTable, node: OnnxNode<'_>) -> Option<LowerOperator> {
    let standard = is_standard(&node.proto.domain);
    let found = table.iter().find(|(operator, _)| standard && *operator == node.operator());
    found.map(|(_, lower)| *lower)
}

/// Lowers a node on its own.
pub(super) fn lower<'m>(
    reader: &mut ModelReader<'m>,
    node: OnnxNode<'m>,
) -> Result<OnnxValue, OnnxProblem> {
    let lower = find(ALL, node).ok_or_else(|| node.fail("cannot be lowered"))?;
    lower(reader, node)
}
