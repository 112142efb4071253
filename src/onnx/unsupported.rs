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

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in backticks of a paragraph of the manual, by what stands before it.
    fn listed(before: &str) -> Vec<String> {
        let manual = include_str!("../../docs/onnx.md");
        let after = manual.split(before).nth(1).unwrap();
        let paragraph = after.trim_start().split("\n\n").next().unwrap();
        paragraph.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    fn names(table: ops::OperatorTable) -> Vec<String> {
        let mut names: Vec<String> = table.iter().map(|(name, _)| (*name).to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_manual_lists_what_is_read_and_what_is_refused() {
        let (all, folded) = (names(ops::ALL), names(fold::ALL));
        assert_eq!(listed("Read on values of images:"), all);
        let only_constants: Vec<String> =
            folded.iter().filter(|name| !all.contains(name)).cloned().collect();
        assert_eq!(listed("Read only on values that do not depend on the images:"), only_constants);
        let refused =
            listed("Refused, of the standard operators, wherever a score depends on them:");
        assert!(refused.len() > 40 && RANDOM.iter().all(|name| refused.contains(&(*name).into())));
        for name in &refused {
            assert!(!all.contains(name) && !folded.contains(name), "{name} is read");
        }
    }
}
