//! A network as nodes to look at, with their costs, and the cells that they belong to.

use std::collections::BTreeMap;

use untrained::graph::extent::live_activation_bytes;
use untrained::graph::{Graph, analysis, layers};

/// The parts of names that are looked at for cells, at most.
const DEPTH: usize = 4;

/// A node of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkNode {
    /// Its name in the network.
    pub label: String,
    /// Its operation in a few words.
    pub op: String,
    /// The name of the operation alone.
    pub kind: &'static str,
    /// The shape of its output for one image, `[channels, rows, columns]`.
    pub shape: [usize; 3],
    /// Trainable parameters.
    pub params: u64,
    /// Multiply-adds for one image.
    pub macs: u64,
    /// Bytes of its output for one image, in 32-bit values.
    pub bytes: u64,
    /// Bytes of all activations that are kept while it runs, if nodes run one after another.
    pub live: u64,
    /// The nodes that it reads.
    pub inputs: Vec<usize>,
    /// The cell that it is part of.
    pub group: Option<usize>,
}

/// Nodes that belong together by their names, such as those of a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeGroup {
    /// What they share of their names.
    pub name: String,
    /// The nodes, in order.
    pub nodes: Vec<usize>,
}

/// The whole network, for looking at it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkGraph {
    /// The nodes; each comes after those that it reads.
    pub nodes: Vec<NetworkNode>,
    /// The cells.
    pub groups: Vec<NodeGroup>,
    /// Whether a path leads from input to output.
    pub connected: bool,
}

impl NetworkGraph {
    /// The nodes and cells of a network.
    pub fn new(graph: &Graph) -> Self {
        let live = live_activation_bytes(graph);
        let nodes = graph.iter().zip(layers(graph)).zip(live);
        let nodes = nodes.map(|(((_, node), layer), live)| NetworkNode {
            label: layer.label,
            op: layer.op,
            kind: node.op.name(),
            shape: layer.shape,
            params: layer.params,
            macs: layer.macs,
            bytes: 4 * node.shape.volume() as u64,
            live,
            inputs: node.inputs.iter().map(|input| input.index()).collect(),
            group: None,
        });
        Self::of_nodes(nodes.collect(), analysis::connected(graph))
    }

    /// A network of these nodes, whose cells are found by their names.
    pub fn of_nodes(mut nodes: Vec<NetworkNode>, connected: bool) -> Self {
        let mut groups = by_names(&nodes);
        // One or two nodes are no cell.
        groups.retain(|group| group.nodes.len() > 2);
        for (at, group) in groups.iter().enumerate() {
            group.nodes.iter().for_each(|&node| nodes[node].group = Some(at));
        }
        Self { nodes, groups, connected }
    }

    /// The nodes whose name or operation contains a text.
    pub fn matching(&self, text: &str) -> Vec<usize> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Vec::new();
        }
        let holds = |node: &&usize| {
            let node = &self.nodes[**node];
            node.label.to_lowercase().contains(&text) || node.op.to_lowercase().contains(&text)
        };
        (0..self.nodes.len()).collect::<Vec<_>>().iter().filter(holds).copied().collect()
    }
}

/// The nodes by the first parts of their names: a cell of a space is `stage0.cell1`. Where most share the first part, as in a model whose
/// layers all begin with the name of its backbone, by more of them.
fn by_names(nodes: &[NetworkNode]) -> Vec<NodeGroup> {
    let mut groups = Vec::new();
    for depth in 1..=DEPTH {
        groups = of_depth(nodes, depth);
        let largest = groups.iter().map(|group: &NodeGroup| group.nodes.len()).max().unwrap_or(0);
        if largest * 2 <= nodes.len() {
            break;
        }
    }
    groups
}

fn of_depth(nodes: &[NetworkNode], depth: usize) -> Vec<NodeGroup> {
    let mut found: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        let label = node.label.trim_start_matches('/');
        let cut = label.match_indices('/').nth(depth - 1);
        if let Some((cut, _)) = cut {
            // What follows the cell is an operation in it.
            let end = label[..cut].match_indices('.').nth(1).filter(|_| depth == 1);
            found.entry(&label[..end.map_or(cut, |(end, _)| end)]).or_default().push(at);
        }
    }
    let group = |(name, nodes): (&str, Vec<usize>)| NodeGroup { name: name.to_owned(), nodes };
    let mut groups: Vec<NodeGroup> = found.into_iter().map(group).collect();
    groups.sort_by_key(|group| group.nodes.first().copied());
    groups
}

/// A chain of nodes in cells of five.
#[cfg(test)]
pub fn chain_of(count: usize) -> NetworkGraph {
    let node = |at: usize| NetworkNode {
        label: format!("cell{}/{at}", at / 5),
        op: "conv 3x3 stride 1".to_owned(),
        kind: "conv",
        shape: [16, 8, 8],
        params: at as u64,
        macs: 10 * at as u64,
        bytes: 4096,
        live: 8192,
        inputs: at.checked_sub(1).into_iter().chain(at.checked_sub(3)).collect(),
        group: None,
    };
    NetworkGraph::of_nodes((0..count).map(node).collect(), true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::graph::cost::Cost;
    use untrained::graph::extent::peak_activation_bytes;
    use untrained::space::Space;

    const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";

    #[test]
    fn costs_and_cells_are_those_of_the_network() {
        let space = Space::builtin("nas-bench-201").unwrap();
        let graph = space.parse(CELL).unwrap().build().unwrap();
        let network = NetworkGraph::new(&graph);
        let sum: u64 = network.nodes.iter().map(|node| node.params).sum();
        assert_eq!(sum, Cost::of(&graph).params);
        let peak = network.nodes.iter().map(|node| node.live).max();
        assert_eq!(peak, Some(peak_activation_bytes(&graph)));
        let cells = network.groups.iter().filter(|group| group.name.contains("cell")).count();
        assert_eq!(cells, 15, "{:?}", network.groups);
        assert!(network.connected);
        assert!(!network.matching("conv 3x3").is_empty() && network.matching(" ").is_empty());
    }

    #[test]
    fn names_that_all_begin_alike_are_looked_at_further() {
        let mut nodes = chain_of(20).nodes;
        nodes.iter_mut().for_each(|node| node.label = format!("/model/{}", node.label));
        let network = NetworkGraph::of_nodes(nodes, true);
        assert_eq!(network.groups.len(), 4);
        assert_eq!(network.groups[1].name, "model/cell1");
    }
}
