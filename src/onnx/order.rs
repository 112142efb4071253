//! Brings the nodes of a model into an order in which each comes after those it reads.
//!
//! The standard demands such an order, but tools that add or fuse nodes do not always keep it. Nodes that
//! are in order stay where they are. Nodes that read each other in a circle stay behind all others; reading
//! them then says which value is missing.

use std::collections::{BTreeSet, HashMap};

use super::proto::NodeProto;

/// Sorts nodes, the earliest of the file first among those that can come next.
pub(super) fn sort(nodes: &mut Vec<NodeProto>) {
    let mut producers: HashMap<&str, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            producers.entry(output).or_insert(index);
        }
    }
    let mut waits: Vec<usize> = vec![0; nodes.len()];
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut is_sorted = true;
    for (index, node) in nodes.iter().enumerate() {
        for producer in node.input.iter().filter_map(|input| producers.get(input.as_str())) {
            waits[index] += 1;
            readers[*producer].push(index);
            is_sorted &= *producer < index;
        }
    }
    if is_sorted {
        return;
    }
    let mut ready: BTreeSet<usize> = (0..nodes.len()).filter(|&index| waits[index] == 0).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for &reader in &readers[next] {
            waits[reader] -= 1;
            if waits[reader] == 0 {
                ready.insert(reader);
            }
        }
    }
    order.extend((0..nodes.len()).filter(|&index| waits[index] > 0));
    let mut all: Vec<Option<NodeProto>> = std::mem::take(nodes).into_iter().map(Some).collect();
    nodes.extend(order.into_iter().filter_map(|index| all[index].take()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(nodes: &[(&str, &str)]) -> Vec<String> {
        let node = |(inputs, output): &(&str, &str)| NodeProto {
            input: inputs.split_whitespace().map(str::to_owned).collect(),
            output: vec![(*output).to_owned()],
            ..NodeProto::default()
        };
        let mut nodes: Vec<NodeProto> = nodes.iter().map(node).collect();
        sort(&mut nodes);
        nodes.into_iter().map(|mut node| node.output.remove(0)).collect()
    }

    #[test]
    fn nodes_follow_what_they_read() {
        assert_eq!(sorted(&[("x", "a"), ("x", "b"), ("a b", "c")]), ["a", "b", "c"]);
        assert_eq!(
            sorted(&[("c c", "d"), ("a b", "c"), ("x", "b"), ("x", "a")]),
            ["b", "a", "c", "d"]
        );
        // A circle, and a node that reads itself.
        assert_eq!(sorted(&[("b", "a"), ("a", "b"), ("d", "d"), ("x", "c")]), ["c", "a", "b", "d"]);
        assert_eq!(sorted(&[]), [""; 0]);
    }
}
