//! The numbers of the nodes of a network: texts, colours, and those of folded cells.

use std::collections::HashMap;
use std::sync::Arc;

use egui::Color32;

use crate::colour_scale::ColourScale;
use crate::network::graph::{NetworkGraph, NetworkNode};
use crate::network::layout::NetworkItem;
use crate::network::{NodeHeat, NodeTimes, ShownNetwork};
use crate::theme;
use crate::views::context::ViewContext;
use crate::views::widgets::bytes;
use untrained::format::thousands;
use untrained_plot::drawing::shorten;

/// The characters of a line in a box.
const LINE: usize = 27;

/// The numbers of a network, as they are shown.
pub struct NodeValues {
    graph: Arc<NetworkGraph>,
    heat: NodeHeat,
    active: Vec<Option<f64>>,
    times: Vec<f64>,
    kinds: Vec<String>,
    scale: ColourScale,
}

impl NodeValues {
    /// Those of a network that is built.
    pub fn new(context: &ViewContext<'_>, shown: &ShownNetwork) -> Self {
        let graph = shown.ready().cloned().unwrap_or_default();
        let picture = shown.key.as_ref().and_then(|key| context.inspect.picture(key));
        let sites: HashMap<&str, f64> = picture
            .iter()
            .flat_map(|picture| &picture.points)
            .map(|site| (site.layer.as_str(), site.active))
            .collect();
        let active = graph.nodes.iter().map(|node| sites.get(node.label.as_str()).copied());
        let active = active.collect();
        let times = match &shown.times {
            NodeTimes::Ready(times) => times.clone(),
            _ => Vec::new(),
        };
        let mut kinds: Vec<String> = Vec::new();
        for node in &graph.nodes {
            if !kinds.iter().any(|kind| kind == node.kind) {
                kinds.push(node.kind.to_owned());
            }
        }
        let scale = ColourScale::new(None);
        let mut values = Self { graph, heat: shown.heat, active, times, kinds, scale };
        values.scale = ColourScale::new(values.range(shown));
        values
    }

    /// The least and the greatest number of all boxes.
    fn range(&self, shown: &ShownNetwork) -> Option<[f64; 2]> {
        let layout = shown.layout.as_ref()?;
        let all = layout.items.iter().filter_map(|item| self.heat_of(*item));
        let start = [f64::INFINITY, f64::NEG_INFINITY];
        let range = all.fold(start, |range, value| [range[0].min(value), range[1].max(value)]);
        (range[0] < range[1]).then_some(range)
    }

    /// How many nodes there are.
    pub fn count(&self) -> usize {
        self.graph.nodes.len()
    }

    /// The scale of colours.
    pub fn scale(&self) -> ColourScale {
        self.scale
    }

    /// What stands at the ends of the scale, if there is one.
    pub fn scale_ends(&self) -> Option<[String; 2]> {
        let range = self.scale.range()?;
        Some(range.map(|value| written(self.heat, value)))
    }

    /// A number of a node; nothing where it has none.
    fn of_node(&self, heat: NodeHeat, at: usize) -> Option<f64> {
        let node = &self.graph.nodes[at];
        match heat {
            NodeHeat::Operation => None,
            NodeHeat::Params => Some(node.params as f64),
            NodeHeat::Macs => Some(node.macs as f64),
            NodeHeat::Output => Some(node.bytes as f64),
            NodeHeat::Live => Some(node.live as f64),
            NodeHeat::Time => self.times.get(at).copied(),
            NodeHeat::Active => self.active[at],
        }
    }

    /// A number of a box: of a folded cell the sum, the most of live memory, the mean of shares.
    fn of_item(&self, heat: NodeHeat, item: NetworkItem) -> Option<f64> {
        let group = match item {
            NetworkItem::Node(node) => return self.of_node(heat, node),
            NetworkItem::Group(group) => &self.graph.groups[group],
        };
        let values: Vec<f64> =
            group.nodes.iter().filter_map(|&node| self.of_node(heat, node)).collect();
        if values.is_empty() {
            return None;
        }
        Some(match heat {
            NodeHeat::Live => values.iter().copied().fold(0.0, f64::max),
            NodeHeat::Active => values.iter().sum::<f64>() / values.len() as f64,
            _ => values.iter().sum(),
        })
    }

    fn heat_of(&self, item: NetworkItem) -> Option<f64> {
        self.of_item(self.heat, item)
    }

    /// The colour of a box.
    pub fn colour(&self, item: NetworkItem) -> Color32 {
        const NONE: Color32 = Color32::from_gray(150);
        match (self.heat, item) {
            (NodeHeat::Operation, NetworkItem::Node(node)) => {
                theme::operation(&self.kinds, self.graph.nodes[node].kind)
            }
            (NodeHeat::Operation, NetworkItem::Group(_)) => Color32::from_gray(200),
            _ => self.heat_of(item).map_or(NONE, |value| self.scale.of(value)),
        }
    }

    /// The name of a box.
    pub fn name(&self, item: NetworkItem) -> String {
        match item {
            NetworkItem::Node(node) => format!("Node {}", self.graph.nodes[node].label),
            NetworkItem::Group(group) => format!("Cell {}", self.graph.groups[group].name),
        }
    }

    /// Whether a box is a cell, or in one.
    pub fn has_cell(&self, item: NetworkItem) -> bool {
        match item {
            NetworkItem::Node(node) => self.graph.nodes[node].group.is_some(),
            NetworkItem::Group(_) => true,
        }
    }

    /// The node whose output is that of a box.
    fn last(&self, item: NetworkItem) -> &NetworkNode {
        match item {
            NetworkItem::Node(node) => &self.graph.nodes[node],
            NetworkItem::Group(group) => {
                let last = self.graph.groups[group].nodes.last().copied().unwrap_or_default();
                &self.graph.nodes[last]
            }
        }
    }

    /// The lines in a box: operation, shape and memory, costs.
    pub fn text(&self, item: NetworkItem) -> String {
        let first = match item {
            NetworkItem::Node(node) => shorten(&self.graph.nodes[node].op, LINE),
            NetworkItem::Group(group) => {
                let group = &self.graph.groups[group];
                shorten(&format!("+ {} ({})", group.name, group.nodes.len()), LINE)
            }
        };
        let last = self.last(item);
        let memory = bytes(last.bytes as f64);
        let mut more: Vec<String> = Vec::new();
        for (heat, unit) in [(NodeHeat::Params, " params"), (NodeHeat::Macs, " macs")] {
            let value = self.of_item(heat, item).filter(|value| *value > 0.0);
            more.extend(value.map(|value| short(value) + unit));
        }
        if let Some(active) = self.of_item(NodeHeat::Active, item) {
            more.push(format!("{} on", written(NodeHeat::Active, active)));
        }
        if let (NodeHeat::Time, Some(time)) = (self.heat, self.of_item(NodeHeat::Time, item)) {
            more = vec![written(NodeHeat::Time, time)];
        }
        format!("{first}\n{}, {memory}\n{}", shape(last), shorten(&more.join(", "), LINE))
    }

    /// Everything that is known of a box.
    pub fn description(&self, item: NetworkItem) -> String {
        let last = self.last(item);
        let mut lines = match item {
            NetworkItem::Node(_) => vec![last.label.clone(), last.op.clone()],
            NetworkItem::Group(group) => {
                let group = &self.graph.groups[group];
                vec![
                    group.name.clone(),
                    format!("{} nodes; double click to unfold", group.nodes.len()),
                ]
            }
        };
        lines.push(format!("output {}", shape(last)));
        for heat in NodeHeat::ALL {
            if let Some(value) = self.of_item(heat, item) {
                let exact = match heat {
                    NodeHeat::Params | NodeHeat::Macs => thousands(value as u64),
                    _ => written(heat, value),
                };
                lines.push(format!("{} {exact}", heat.name()));
            }
        }
        lines.join("\n")
    }

    /// What the table shows of a node for a column; nothing where there is no number, or zero.
    pub fn cell(&self, heat: NodeHeat, node: usize) -> String {
        let value = self.of_node(heat, node).filter(|value| *value > 0.0);
        match heat {
            NodeHeat::Params | NodeHeat::Macs => {
                value.map(|value| thousands(value as u64)).unwrap_or_default()
            }
            _ => value.map(|value| written(heat, value)).unwrap_or_default(),
        }
    }

    /// The columns that have numbers.
    pub fn columns(&self) -> Vec<NodeHeat> {
        let has = |heat: &NodeHeat| match heat {
            NodeHeat::Operation => false,
            NodeHeat::Time => !self.times.is_empty(),
            NodeHeat::Active => self.active.iter().any(Option::is_some),
            _ => true,
        };
        NodeHeat::ALL.into_iter().filter(has).collect()
    }

    /// The nodes.
    pub fn nodes(&self) -> &[NetworkNode] {
        &self.graph.nodes
    }
}

/// A number in a few letters, with its unit.
fn written(heat: NodeHeat, value: f64) -> String {
    match heat {
        NodeHeat::Operation => String::new(),
        NodeHeat::Params | NodeHeat::Macs => short(value),
        NodeHeat::Output | NodeHeat::Live => bytes(value),
        NodeHeat::Time => format!("{value:.4} ms"),
        NodeHeat::Active => format!("{:.0} %", value * 100.0),
    }
}

/// A shape as CxHxW.
pub fn shape(node: &NetworkNode) -> String {
    let [channels, height, width] = node.shape;
    format!("{channels}x{height}x{width}")
}

/// A count in a few letters.
fn short(value: f64) -> String {
    match value {
        v if v < 10_000.0 => thousands(v as u64),
        v if v < 1e6 => format!("{:.1}K", v / 1e3),
        v if v < 1e9 => format!("{:.1}M", v / 1e6),
        v => format!("{:.1}G", v / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([432.0, 442_368.0, 1.5e6, 3.2e9].map(short), ["432", "442.4K", "1.5M", "3.2G"]);
        assert_eq!(
            [100.0, 65_536.0, 3.0 * 1_048_576.0].map(bytes),
            ["100 B", "64.0 KiB", "3.0 MiB"]
        );
    }
}
