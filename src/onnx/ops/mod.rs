//! The operators that depend on the images, one file per family.

mod arithmetic;
mod concat;
mod conv;
mod geometry;
mod layer_norm;
mod linear;
mod norm;
mod pad;
mod pool;
mod product;
pub(super) mod shape;
pub(super) mod slice;
mod softmax;

use super::error::Problem;
use super::node::Node;
use super::reader::{Reader, Value};

/// Lowers one node of the model.
pub(super) type Lower = for<'m> fn(&mut Reader<'m>, Node<'m>) -> Result<Value, Problem>;

/// Operators by name.
pub(super) type Table = &'static [(&'static str, Lower)];

/// The operators that are lowered to graph nodes.
pub(super) const ALL: Table = &[
    ("Add", arithmetic::add),
    ("AveragePool", pool::average),
    ("BatchNormalization", norm::batch_normalization),
    ("Concat", concat::concat),
    ("Conv", conv::conv),
    ("Div", arithmetic::div),
    ("Dropout", arithmetic::dropout),
    ("Expand", shape::expand),
    ("Flatten", shape::flatten),
    ("Gather", slice::gather),
    ("Gemm", linear::gemm),
    ("GlobalAveragePool", pool::global_average),
    ("Identity", arithmetic::identity),
    ("LayerNormalization", layer_norm::layer_normalization),
    ("MatMul", linear::mat_mul),
    ("MaxPool", pool::max),
    ("Mul", arithmetic::mul),
    ("Pad", pad::pad),
    ("ReduceMean", pool::reduce_mean),
    ("Relu", arithmetic::relu),
    ("Reshape", shape::reshape),
    ("Shape", shape::shape),
    ("Slice", slice::slice),
    ("Softmax", softmax::softmax),
    ("Split", slice::split),
    ("Squeeze", shape::squeeze),
    ("Sub", arithmetic::sub),
    ("Sum", arithmetic::add),
    ("Transpose", shape::transpose),
    ("Unsqueeze", shape::unsqueeze),
];
