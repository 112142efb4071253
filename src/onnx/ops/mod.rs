//! The operators that depend on the images, one file per family.

mod arithmetic;
mod conv;
mod geometry;
mod linear;
mod norm;
mod pad;
mod pool;
pub(super) mod shape;
pub(super) mod slice;

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
    ("Concat", arithmetic::concat),
    ("Conv", conv::conv),
    ("Dropout", arithmetic::dropout),
    ("Flatten", shape::flatten),
    ("Gemm", linear::gemm),
    ("GlobalAveragePool", pool::global_average),
    ("Identity", arithmetic::identity),
    ("MatMul", linear::mat_mul),
    ("MaxPool", pool::max),
    ("Mul", arithmetic::mul),
    ("Pad", pad::pad),
    ("ReduceMean", pool::reduce_mean),
    ("Relu", arithmetic::relu),
    ("Reshape", shape::reshape),
    ("Shape", shape::shape),
    ("Slice", slice::slice),
    ("Squeeze", shape::squeeze),
    ("Sum", arithmetic::add),
];
