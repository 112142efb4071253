//! The operators that depend on the images, one file per family.

pub(super) mod activation;
mod arithmetic;
mod col2im;
mod concat;
mod conv;
mod conv_transpose;
mod einsum;
mod function;
mod geometry;
mod layer_norm;
mod linear;
mod norm;
mod pad;
pub(super) mod pool;
mod prelu;
mod product;
pub(super) mod quantise;
mod reduce;
mod resize;
mod scatter;
pub(super) mod shape;
pub(super) mod slice;
mod softmax;

use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::proto::DataType;
use super::reader::{ModelReader, OnnxValue, is_standard};

/// Lowers one node of the model.
pub(super) type LowerOperator =
    for<'m> fn(&mut ModelReader<'m>, OnnxNode<'m>) -> Result<OnnxValue, OnnxProblem>;

/// Operators by name.
pub(super) type OperatorTable = &'static [(&'static str, LowerOperator)];

/// The operators that are lowered to graph nodes.
pub(super) const ALL: OperatorTable = &[
    ("Abs", function::unary),
    ("Add", arithmetic::add),
    ("And", function::logic),
    ("AveragePool", pool::average),
    ("BatchNormalization", norm::batch_normalization),
    ("Cast", arithmetic::cast),
    ("CastLike", arithmetic::cast_like),
    ("Ceil", function::unary),
    ("Celu", activation::celu),
    ("Clip", activation::clip),
    ("Col2Im", col2im::col2im),
    ("Concat", concat::concat),
    ("Conv", conv::conv),
    ("ConvTranspose", conv_transpose::conv_transpose),
    ("Cos", function::unary),
    ("DepthToSpace", shape::depth_to_space),
    ("DequantizeLinear", quantise::dequantise),
    ("Div", arithmetic::div),
    ("Dropout", arithmetic::dropout),
    ("Einsum", einsum::einsum),
    ("Elu", activation::activation),
    ("Equal", function::compare),
    ("Erf", function::unary),
    ("Exp", function::unary),
    ("Expand", shape::expand),
    ("Flatten", shape::flatten),
    ("Floor", function::unary),
    ("Gather", slice::gather),
    ("GatherElements", slice::gather_elements),
    ("GatherND", slice::gather_nd),
    ("Gelu", activation::activation),
    ("Gemm", linear::gemm),
    ("GlobalAveragePool", pool::global),
    ("GlobalLpPool", pool::global),
    ("GlobalMaxPool", pool::global),
    ("Greater", function::compare),
    ("GreaterOrEqual", function::compare),
    ("GroupNormalization", layer_norm::group_normalization),
    ("HardSigmoid", activation::activation),
    ("HardSwish", activation::activation),
    ("Identity", arithmetic::identity),
    ("InstanceNormalization", layer_norm::instance_normalization),
    ("LRN", norm::lrn),
    ("LayerNormalization", layer_norm::layer_normalization),
    ("LeakyRelu", activation::activation),
    ("Less", function::compare),
    ("LessOrEqual", function::compare),
    ("Log", function::unary),
    ("LogSoftmax", softmax::log_softmax),
    ("LpNormalization", reduce::lp_normalisation),
    ("LpPool", pool::lp),
    ("MatMul", linear::mat_mul),
    ("Max", function::extreme),
    ("MaxPool", pool::max),
    ("Mean", arithmetic::mean),
    ("Min", function::extreme),
    ("Mish", activation::activation),
    ("Mul", arithmetic::mul),
    ("Neg", function::unary),
    ("Not", function::unary),
    ("Or", function::logic),
    ("PRelu", prelu::prelu),
    ("Pad", pad::pad),
    ("Pow", function::power),
    ("QuantizeLinear", quantise::quantise),
    ("RMSNormalization", layer_norm::rms_normalization),
    ("Reciprocal", function::unary),
    ("ReduceL1", reduce::reduce),
    ("ReduceL2", reduce::reduce),
    ("ReduceLogSum", reduce::reduce),
    ("ReduceLogSumExp", reduce::reduce),
    ("ReduceMax", reduce::reduce),
    ("ReduceMean", pool::reduce_mean),
    ("ReduceMin", reduce::reduce),
    ("ReduceProd", reduce::reduce),
    ("ReduceSum", reduce::reduce),
    ("ReduceSumSquare", reduce::reduce),
    ("Relu", activation::activation),
    ("Reshape", shape::reshape),
    ("Resize", resize::resize),
    ("Round", function::unary),
    ("ScatterND", scatter::scatter_nd),
    ("Selu", activation::selu),
    ("SequenceAt", slice::part),
    ("Shape", shape::shape),
    ("Shrink", activation::activation),
    ("Sigmoid", activation::activation),
    ("Sign", function::unary),
    ("Sin", function::unary),
    ("Slice", slice::slice),
    ("Softmax", softmax::softmax),
    ("Softplus", activation::activation),
    ("Softsign", activation::activation),
    ("SpaceToDepth", shape::space_to_depth),
    ("Split", slice::split),
    ("Sqrt", function::unary),
    ("Squeeze", shape::squeeze),
    ("Sub", arithmetic::sub),
    ("Sum", arithmetic::add),
    ("Swish", activation::swish),
    ("Tanh", activation::activation),
    ("ThresholdedRelu", activation::activation),
    ("Tile", shape::tile),
    ("Transpose", shape::transpose),
    ("Unsqueeze", shape::unsqueeze),
    ("Upsample", resize::resize),
    ("Where", function::choose),
];

/// Whether a type number stands for whole numbers or truth values.
pub(super) fn is_whole_type(kind: i64) -> bool {
    let kind = i32::try_from(kind).ok().and_then(|kind| DataType::try_from(kind).ok());
    kind.is_some_and(|kind| kind.is_whole() || kind == DataType::Bool)
}

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
