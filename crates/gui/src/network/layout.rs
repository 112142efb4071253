//! Where the nodes of a network are drawn. It is found once for each choice of folded cells, on a thread.

use std::collections::BTreeSet;

use egui::{Pos2, Rect, Vec2, pos2, vec2};

use super::graph::NetworkGraph;
use untrained::space::Drawing;
use untrained_plot::drawing::LayeredLayout;

/// The size of a node at the scale 1, and the room between nodes.
pub const NODE: Vec2 = vec2(168.0, 48.0);
const GAP: Vec2 = vec2(22.0, 30.0);

/// What is drawn as one box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkItem {
    /// A node.
    Node(usize),
    /// A folded cell.
    Group(usize),
}

/// An edge between two boxes.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedEdge {
    /// The boxes that it joins.
    pub ends: [usize; 2],
    /// The points that it passes.
    pub points: Vec<Pos2>,
    /// What it lies in.
    pub bounds: Rect,
}

/// Where everything is, at the scale 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkLayout {
    /// The boxes.
    pub items: Vec<NetworkItem>,
    /// Where they are.
    pub boxes: Vec<Rect>,
    /// The edges.
    pub edges: Vec<PlacedEdge>,
    /// The whole drawing.
    pub size: Vec2,
    /// The box of each node.
    pub item_of: Vec<usize>,
}

impl NetworkLayout {
    /// Lays a network out from top to bottom; of the cells in `folded`, each is one box.
    pub fn new(graph: &NetworkGraph, folded: &BTreeSet<usize>) -> Self {
        let mut items: Vec<NetworkItem> = Vec::new();
        let mut item_of = Vec::with_capacity(graph.nodes.len());
        let mut of_group = vec![None; graph.groups.len()];
        for (at, node) in graph.nodes.iter().enumerate() {
            let item = match node.group.filter(|group| folded.contains(group)) {
                None => NetworkItem::Node(at),
                Some(group) => {
                    if let Some(item) = of_group[group] {
                        item_of.push(item);
                        continue;
                    }
                    of_group[group] = Some(items.len());
                    NetworkItem::Group(group)
                }
            };
            item_of.push(items.len());
            items.push(item);
        }
        let mut joins: BTreeSet<(usize, usize)> = BTreeSet::new();
        for (at, node) in graph.nodes.iter().enumerate() {
            let ends = node.inputs.iter().map(|&input| (item_of[input], item_of[at]));
            joins.extend(ends.filter(|(from, to)| from != to));
        }
        let joins: Vec<(usize, usize)> = joins.into_iter().collect();
        let names = vec![String::new(); items.len()];
        let placed = LayeredLayout::new(&Drawing::of_parts("network", names, &joins));
        Self::of_layers(items, item_of, &joins, &placed)
    }

    /// In points: layers go down, and the least place across is at the left.
    fn of_layers(
        items: Vec<NetworkItem>,
        item_of: Vec<usize>,
        joins: &[(usize, usize)],
        placed: &LayeredLayout,
    ) -> Self {
        let across = placed.edges.iter().flatten().chain(&placed.nodes).map(|point| point[1]);
        let least = across.fold(0.0, f32::min);
        let middle = |point: &[f32; 2]| {
            let (x, y) = (point[1] - least, point[0]);
            pos2(x * (NODE.x + GAP.x), y * (NODE.y + GAP.y)) + NODE / 2.0
        };
        let boxes: Vec<Rect> =
            placed.nodes.iter().map(|point| Rect::from_center_size(middle(point), NODE)).collect();
        let edge = |(&(from, to), points): (&(usize, usize), &Vec<[f32; 2]>)| {
            let mut points: Vec<Pos2> = points.iter().map(middle).collect();
            let down = boxes[from].top() < boxes[to].top();
            if let [first, .., last] = &mut points[..] {
                *first = if down { boxes[from].center_bottom() } else { boxes[from].center_top() };
                *last = if down { boxes[to].center_top() } else { boxes[to].center_bottom() };
            }
            let bounds = Rect::from_points(&points);
            PlacedEdge { ends: [from, to], points, bounds }
        };
        let edges: Vec<PlacedEdge> = joins.iter().zip(&placed.edges).map(edge).collect();
        let all = boxes.iter().copied().chain(edges.iter().map(|edge| edge.bounds));
        let size = all.fold(Vec2::ZERO, |size, part| size.max(part.max.to_vec2()));
        Self { items, boxes, edges, size, item_of }
    }

    /// The box that is next to one: along an edge, or beside it in its layer.
    pub fn next(&self, item: usize, direction: Vec2) -> Option<usize> {
        let from = *self.boxes.get(item)?;
        let candidates: Vec<usize> = if direction.y != 0.0 {
            let [near, far] = if direction.y > 0.0 { [0, 1] } else { [1, 0] };
            let joined = self.edges.iter().filter(|edge| edge.ends[near] == item);
            joined.map(|edge| edge.ends[far]).collect()
        } else {
            let is_beside = |other: &usize| (self.boxes[*other].top() - from.top()).abs() < 1.0;
            (0..self.boxes.len()).filter(is_beside).collect()
        };
        let way = |other: usize| self.boxes[other].center() - from.center();
        let ahead = candidates.into_iter().filter(|&other| way(other).dot(direction) > 0.0);
        // The next layer comes before one below it, however far across.
        let distance = |other: usize| (way(other).dot(direction), way(other).length());
        ahead.min_by(|&a, &b| {
            let ((along, length), (other_along, other_length)) = (distance(a), distance(b));
            along.total_cmp(&other_along).then(length.total_cmp(&other_length))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::chain_of;
    use super::*;

    #[test]
    fn folded_cells_are_one_box_and_nothing_overlaps() {
        let graph = chain_of(20);
        let open = NetworkLayout::new(&graph, &BTreeSet::new());
        assert_eq!(open.items.len(), 20);
        let one = NetworkLayout::new(&graph, &BTreeSet::from([1]));
        assert_eq!((one.items.len(), one.item_of[5], one.item_of[9]), (16, 5, 5));
        let all = NetworkLayout::new(&graph, &(0..4).collect());
        assert_eq!((all.items.len(), all.edges.len()), (4, 3));
        for layout in [open, one, all] {
            for (at, place) in layout.boxes.iter().enumerate() {
                assert!(layout.boxes[..at].iter().all(|other| !other.intersects(*place)));
                assert!(Rect::from_min_size(Pos2::ZERO, layout.size).contains_rect(*place));
            }
        }
    }

    #[test]
    fn arrow_keys_follow_edges() {
        let layout = NetworkLayout::new(&chain_of(20), &BTreeSet::new());
        assert_eq!(layout.next(4, vec2(0.0, 1.0)), Some(5));
        assert_eq!(layout.next(4, vec2(0.0, -1.0)), Some(3));
        assert_eq!(layout.next(0, vec2(0.0, -1.0)), None);
    }
}
