//! Operators that are not read.

use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::reader::is_standard;
use super::{fold, ops};

/// Operators that draw random numbers.
const RANDOM: [&str; 6] = [
    "Bernoulli",
    "Multinomial",
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
];

/// Why the operator of a node is not read.
pub(super) fn unsupported(node: OnnxNode<'_>) -> OnnxProblem {
    let name = node.operator();
    if RANDOM.contains(&name) {
        return node.fail(
            "draws random numbers, as StochasticDepth and DropPath do in training mode; export the \
             network with only its batch-norm layers in training mode",
        );
    }
    let list = |table: ops::OperatorTable| {
        table.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    let domain = &node.proto.domain;
    let operator = if is_standard(domain) { name.to_owned() } else { format!("{domain}.{name}") };
    let supported = format!("{} and, on constants, {}", list(ops::ALL), list(fold::ALL));
    OnnxProblem::Operator { node: node.name().to_owned(), operator, supported }
}
