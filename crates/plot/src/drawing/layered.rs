//! A layered layout of acyclic graphs (Sugiyama): layers by longest path, long edges split by dummy
//! nodes, crossings reduced by barycentres. It computes coordinates only; nothing here draws.

use untrained::space::{Drawing, DrawnEdge};

/// Sweeps over the layers; more change nothing on graphs of the size of cells.
const SWEEPS: usize = 8;

/// Where nodes and edges of a [`Drawing`] are: x grows with the layer, y across it, in steps of one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayeredLayout {
    /// The middle of every node.
    pub nodes: Vec<[f32; 2]>,
    /// The points that every edge passes, the ends included; first those of the graph, then the absent
    /// ones.
    pub edges: Vec<Vec<[f32; 2]>>,
    /// The number of layers.
    pub layers: usize,
    /// The number of places in the widest layer.
    pub breadth: usize,
}

/// A node, or a place where an edge passes a layer.
struct NodePlace {
    layer: usize,
    before: Vec<usize>,
    after: Vec<usize>,
}

impl LayeredLayout {
    /// Lays a drawing out. Edges lead from earlier layers to later ones; an edge that closes a cycle
    /// counts for no layer.
    pub fn new(drawing: &Drawing) -> Self {
        let layer = layers(drawing);
        let mut places: Vec<NodePlace> = layer
            .iter()
            .map(|&layer| NodePlace { layer, before: Vec::new(), after: Vec::new() })
            .collect();
        let chains = chains(drawing, &mut places);
        let (y, breadth) = across(&places);
        let point = |place: usize| [places[place].layer as f32, y[place]];
        let edges = chains.iter().map(|chain| chain.iter().map(|&p| point(p)).collect()).collect();
        let nodes = (0..drawing.nodes.len()).map(point).collect();
        let layers = places.iter().map(|place| place.layer + 1).max().unwrap_or(0);
        Self { nodes, edges, layers, breadth }
    }
}

/// Every edge of a drawing, the absent ones last: they have places too, so that architectures of one
/// space look alike.
pub fn all(drawing: &Drawing) -> impl Iterator<Item = &DrawnEdge> {
    drawing.edges.iter().chain(&drawing.absent)
}

/// The length of the longest path to every node.
fn layers(drawing: &Drawing) -> Vec<usize> {
    let nodes = drawing.nodes.len();
    let mut layer = vec![0; nodes];
    let inside = |edge: &&DrawnEdge| edge.from < nodes && edge.to < nodes;
    for _ in 0..nodes {
        let mut changed = false;
        for edge in all(drawing).filter(inside) {
            let least = layer[edge.from] + 1;
            if edge.from != edge.to && layer[edge.to] < least && least < nodes {
                layer[edge.to] = least;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    layer
}

/// Every edge as the places it passes; dummies are added for the layers between its ends.
fn chains(drawing: &Drawing, places: &mut Vec<NodePlace>) -> Vec<Vec<usize>> {
    let mut chains = Vec::new();
    for edge in all(drawing) {
        let mut chain = vec![edge.from];
        let (begin, end) = (places[edge.from].layer, places[edge.to].layer);
        for layer in begin + 1..end {
            chain.push(places.len());
            places.push(NodePlace { layer, before: Vec::new(), after: Vec::new() });
        }
        chain.push(edge.to);
        for pair in chain.windows(2) {
            places[pair[0]].after.push(pair[1]);
            places[pair[1]].before.push(pair[0]);
        }
        chains.push(chain);
    }
    chains
}

/// The position of every place across its layer, and the most places of a layer.
fn across(places: &[NodePlace]) -> (Vec<f32>, usize) {
    let count = places.iter().map(|place| place.layer + 1).max().unwrap_or(0);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (at, place) in places.iter().enumerate() {
        rows[place.layer].push(at);
    }
    let mut y = vec![0.0_f32; places.len()];
    rows.iter().for_each(|row| spread(row, &mut y));
    for sweep in 0..SWEEPS {
        let forward = sweep % 2 == 0;
        for step in 0..count {
            let row = &mut rows[if forward { step } else { count - 1 - step }];
            let wish = |at: usize| {
                let place = &places[at];
                mean(if forward { &place.before } else { &place.after }, &y).unwrap_or(y[at])
            };
            let mut wished: Vec<(f32, usize)> = row.iter().map(|&at| (wish(at), at)).collect();
            wished.sort_by(|a, b| a.0.total_cmp(&b.0));
            *row = wished.into_iter().map(|(_, at)| at).collect();
            spread(row, &mut y);
        }
    }
    (y, rows.iter().map(Vec::len).max().unwrap_or(0))
}

/// Places of a layer one step apart, around zero.
fn spread(row: &[usize], y: &mut [f32]) {
    for (rank, &at) in row.iter().enumerate() {
        y[at] = rank as f32 - (row.len() as f32 - 1.0) / 2.0;
    }
}

fn mean(of: &[usize], y: &[f32]) -> Option<f32> {
    let sum: f32 = of.iter().map(|&at| y[at]).sum();
    (!of.is_empty()).then(|| sum / of.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::space::Space;

    fn drawing(nodes: usize, edges: &[(usize, usize)]) -> Drawing {
        let edge = |&(from, to): &(usize, usize)| DrawnEdge { from, to, label: String::new() };
        Drawing {
            title: String::new(),
            nodes: (0..nodes).map(|node| node.to_string()).collect(),
            edges: edges.iter().map(edge).collect(),
            absent: Vec::new(),
        }
    }

    #[test]
    fn long_edges_pass_beside_the_nodes_between() {
        let layout = LayeredLayout::new(&drawing(3, &[(0, 1), (1, 2), (0, 2)]));
        assert_eq!((layout.layers, layout.breadth), (3, 2));
        assert_eq!(layout.edges[2].len(), 3);
        assert_ne!(layout.edges[2][1][1], layout.nodes[1][1]);
        assert_eq!(layout.nodes.iter().map(|node| node[0]).collect::<Vec<_>>(), [0.0, 1.0, 2.0]);
    }

    #[test]
    fn crossings_that_need_not_be_are_undone() {
        // Two paths whose middles are given in the wrong order.
        let layout = LayeredLayout::new(&drawing(6, &[(0, 3), (1, 2), (2, 4), (3, 5)]));
        let y = |node: usize| layout.nodes[node][1];
        assert_eq!(y(0) < y(1), y(3) < y(2));
        assert_eq!(y(5) < y(4), y(3) < y(2));
    }

    #[test]
    fn cycles_and_empty_drawings_have_layouts_too() {
        assert_eq!(LayeredLayout::new(&drawing(0, &[])), LayeredLayout::default());
        let layout = LayeredLayout::new(&drawing(2, &[(0, 1), (1, 0), (0, 0)]));
        assert_eq!(layout.edges.len(), 3);
    }

    // Every built-in space: nodes of one layer must not lie on each other.
    #[test]
    fn architectures_of_every_space_are_laid_out() {
        use rand::SeedableRng;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for space in Space::builtins().unwrap() {
            let drawings = space.sample(&mut rng).drawings();
            assert!(!drawings.is_empty(), "{}", space.id());
            for drawing in drawings {
                let layout = LayeredLayout::new(&drawing);
                let mut places: Vec<String> =
                    layout.nodes.iter().map(|node| format!("{node:?}")).collect();
                places.sort();
                places.dedup();
                assert_eq!(places.len(), drawing.nodes.len(), "{}", space.id());
                for (edge, points) in all(&drawing).zip(&layout.edges) {
                    assert_eq!(points.first(), Some(&layout.nodes[edge.from]));
                    assert_eq!(points.last(), Some(&layout.nodes[edge.to]));
                }
            }
        }
    }
}
