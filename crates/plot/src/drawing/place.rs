//! The positions of boxes and curves in a drawing, in points. Only the widths of texts are known here.

use emath::{Pos2, Rect, Vec2, pos2, vec2};

use super::label::{BREVITIES, LabelBrevity, lines};
use super::layered::{LayeredLayout, all};
use untrained::space::Drawing;

/// The height of a line of text.
pub const LINE: f32 = 14.0;
/// What a box is wider and higher than its text.
const AROUND: Vec2 = vec2(14.0, 7.0);
/// The narrowest box.
const NARROWEST: f32 = 26.0;
/// Between layers: at least, and where there is room.
const GAP: [f32; 2] = [30.0, 120.0];
/// Between places of a layer: at least, and where there is room.
const BETWEEN: [f32; 2] = [9.0, 26.0];
/// Between the boxes of a chain, across and down.
const CHAIN: Vec2 = vec2(22.0, 16.0);
/// Of what is this near to its natural size, nothing is left out for more.
const NEARLY: f32 = 0.95;
/// Parts of a curve between two layers.
const PARTS: usize = 12;
/// Between the ends of edges that meet at one side of a box.
const PORT: f32 = 6.0;

/// A drawing with a place for everything; the origin is its upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedDrawing {
    /// How large it is.
    pub size: Vec2,
    /// The boxes of the nodes.
    pub boxes: Vec<Rect>,
    /// What stands in them, line by line.
    pub texts: Vec<Vec<String>>,
    /// The curves of the edges, of the absent ones last.
    pub curves: Vec<Vec<Pos2>>,
    /// How much smaller than natural it is.
    pub scale: f32,
}

impl PlacedDrawing {
    /// Computes positions in an area of that size; `measure` returns the width of a text.
    pub fn new(drawing: &Drawing, room: Vec2, measure: &dyn Fn(&str) -> f32) -> Self {
        let is_chain = is_chain(drawing);
        let mut best: Option<Self> = None;
        for brevity in BREVITIES {
            let labels = EdgeLabels::new(drawing, brevity, measure);
            let mut placed = if is_chain {
                chain(drawing, labels, room)
            } else {
                layered(drawing, labels, room)
            };
            placed.scale(f32::min(room.x / placed.size.x, room.y / placed.size.y).min(1.0));
            if best.as_ref().is_none_or(|best| placed.scale > best.scale) {
                best = Some(placed);
            }
            if best.as_ref().is_some_and(|best| best.scale >= NEARLY) {
                break;
            }
        }
        best.unwrap_or(Self {
            size: Vec2::ZERO,
            boxes: Vec::new(),
            texts: Vec::new(),
            curves: Vec::new(),
            scale: 1.0,
        })
    }

    fn scale(&mut self, by: f32) {
        self.size *= by;
        self.scale = by;
        let all = self.curves.iter_mut().flatten();
        all.for_each(|point| *point = (point.to_vec2() * by).to_pos2());
        self.boxes.iter_mut().for_each(|place| *place = *place * by);
    }
}

/// The texts of all nodes and the sizes of their boxes.
struct EdgeLabels {
    texts: Vec<Vec<String>>,
    sizes: Vec<Vec2>,
}

impl EdgeLabels {
    fn new(drawing: &Drawing, brevity: LabelBrevity, measure: &dyn Fn(&str) -> f32) -> Self {
        let texts: Vec<_> = drawing.nodes.iter().map(|name| lines(name, brevity)).collect();
        let size = |text: &Vec<String>| {
            let width = text.iter().map(|line| measure(line)).fold(0.0, f32::max);
            vec2((width + AROUND.x).max(NARROWEST), text.len() as f32 * LINE + AROUND.y)
        };
        Self { sizes: texts.iter().map(size).collect(), texts }
    }

    /// The size of a box that all fit in.
    fn largest(&self) -> Vec2 {
        self.sizes.iter().fold(vec2(NARROWEST, LINE), |largest, size| largest.max(*size))
    }
}

/// Whether a drawing is one path through all its nodes in order.
fn is_chain(drawing: &Drawing) -> bool {
    let nodes = drawing.nodes.len();
    nodes > 2
        && drawing.absent.is_empty()
        && drawing.edges.len() == nodes - 1
        && drawing.edges.iter().enumerate().all(|(at, edge)| (edge.from, edge.to) == (at, at + 1))
}

/// A path in rows, to and fro.
fn chain(drawing: &Drawing, labels: EdgeLabels, room: Vec2) -> PlacedDrawing {
    let nodes = drawing.nodes.len();
    let each = labels.largest();
    let step = each + CHAIN;
    let most = (((room.x + CHAIN.x) / step.x) as usize).clamp(1, nodes);
    let rows = nodes.div_ceil(most);
    let columns = nodes.div_ceil(rows);
    let place = |at: usize| {
        let (row, along) = (at / columns, at % columns);
        let column = if row % 2 == 0 { along } else { columns - 1 - along };
        Rect::from_min_size(pos2(column as f32 * step.x, row as f32 * step.y), each)
    };
    let boxes: Vec<Rect> = (0..nodes).map(place).collect();
    let curve = |pair: &[Rect]| {
        if pair[0].top() < pair[1].top() {
            vec![pair[0].center_bottom(), pair[1].center_top()]
        } else if pair[0].left() < pair[1].left() {
            vec![pair[0].right_center(), pair[1].left_center()]
        } else {
            vec![pair[0].left_center(), pair[1].right_center()]
        }
    };
    let curves = boxes.windows(2).map(curve).collect();
    let size = vec2(columns as f32, rows as f32) * step - CHAIN;
    PlacedDrawing { size, boxes, texts: labels.texts, curves, scale: 1.0 }
}

/// The layers of [`LayeredLayout`], each as wide as its widest box.
fn layered(drawing: &Drawing, labels: EdgeLabels, room: Vec2) -> PlacedDrawing {
    let layout = LayeredLayout::new(drawing);
    let mut widths = vec![NARROWEST; layout.layers];
    for (node, size) in layout.nodes.iter().zip(&labels.sizes) {
        let width = &mut widths[node[0] as usize];
        *width = width.max(size.x);
    }
    let gaps = layout.layers.saturating_sub(1).max(1) as f32;
    let boxes: f32 = widths.iter().sum();
    let gap = ((room.x - boxes) / gaps).clamp(GAP[0], GAP[1]);
    let height = labels.largest().y;
    let places = layout.breadth.saturating_sub(1).max(1) as f32;
    let between = ((room.y - height) / places - height).clamp(BETWEEN[0], BETWEEN[1]);
    let grid = RasterGrid::new(&widths, gap, height + between, &layout);
    let boxes: Vec<Rect> = layout
        .nodes
        .iter()
        .zip(&labels.sizes)
        .map(|(&node, size)| Rect::from_center_size(grid.point(node), *size))
        .collect();
    let curves = curves(drawing, &layout, &boxes, &grid);
    let size = vec2(grid.width(), grid.bottom + height);
    let down = vec2(0.0, height / 2.0);
    PlacedDrawing {
        size,
        boxes: boxes.into_iter().map(|place| place.translate(down)).collect(),
        texts: labels.texts,
        curves: curves
            .into_iter()
            .map(|curve| curve.into_iter().map(|point| point + down).collect())
            .collect(),
        scale: 1.0,
    }
}

/// The columns and rows that places of a [`LayeredLayout`] lie in.
struct RasterGrid {
    /// Left and right side of every layer.
    columns: Vec<[f32; 2]>,
    step: f32,
    top: f32,
    /// The middle of the lowest place.
    bottom: f32,
}

impl RasterGrid {
    fn new(widths: &[f32], gap: f32, step: f32, layout: &LayeredLayout) -> Self {
        let mut x = 0.0;
        let mut columns = Vec::new();
        for width in widths {
            columns.push([x, x + width]);
            x += width + gap;
        }
        let all = layout.nodes.iter().chain(layout.edges.iter().flatten()).map(|point| point[1]);
        let (top, bottom) = all.fold((0.0_f32, 0.0_f32), |(a, b), y| (a.min(y), b.max(y)));
        Self { columns, step, top, bottom: (bottom - top) * step }
    }

    fn width(&self) -> f32 {
        self.columns.last().map_or(NARROWEST, |column| column[1])
    }

    fn y(&self, y: f32) -> f32 {
        (y - self.top) * self.step
    }

    fn point(&self, [x, y]: [f32; 2]) -> Pos2 {
        let [left, right] = self.columns[x as usize];
        pos2((left + right) / 2.0, self.y(y))
    }
}

/// The curve of every edge, from the right side of a box to the left side of another.
fn curves(
    drawing: &Drawing,
    layout: &LayeredLayout,
    boxes: &[Rect],
    grid: &RasterGrid,
) -> Vec<Vec<Pos2>> {
    let ends = |out: bool| ports(drawing, layout, boxes, out);
    let (starts, stops) = (ends(true), ends(false));
    let edges = all(drawing).zip(&layout.edges).enumerate();
    let curve = edges.map(|(at, (edge, points))| {
        let mut passed = vec![pos2(boxes[edge.from].right(), starts[at])];
        let inner = points.get(1..points.len().saturating_sub(1)).unwrap_or_default();
        for &[x, y] in inner {
            let y = grid.y(y);
            passed.extend(grid.columns[x as usize].map(|x| pos2(x, y)));
        }
        passed.push(pos2(boxes[edge.to].left(), stops[at]));
        smooth(&passed)
    });
    curve.collect()
}

/// How high every edge leaves or enters its box: beside each other, in the order in which they come.
fn ports(drawing: &Drawing, layout: &LayeredLayout, boxes: &[Rect], out: bool) -> Vec<f32> {
    let mut height = vec![0.0; layout.edges.len()];
    for (node, place) in boxes.iter().enumerate() {
        let ends = all(drawing).map(|edge| if out { edge.from } else { edge.to });
        let next = |points: &Vec<[f32; 2]>| {
            let at = if out { 1 } else { points.len().saturating_sub(2) };
            points.get(at).map_or(0.0, |point| point[1])
        };
        let mut meeting: Vec<(f32, usize)> = ends
            .zip(&layout.edges)
            .enumerate()
            .filter(|(_, (end, _))| *end == node)
            .map(|(at, (_, points))| (next(points), at))
            .collect();
        meeting.sort_by(|a, b| a.0.total_cmp(&b.0));
        let apart = PORT.min((place.height() - 6.0) / meeting.len().max(1) as f32);
        let middle = (meeting.len() as f32 - 1.0) / 2.0;
        for (rank, (_, at)) in meeting.into_iter().enumerate() {
            height[at] = place.center().y + (rank as f32 - middle) * apart;
        }
    }
    height
}

/// A curve through points that leaves and enters them level.
fn smooth(points: &[Pos2]) -> Vec<Pos2> {
    let mut curve: Vec<Pos2> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let parts = if pair[0].y == pair[1].y { 1 } else { PARTS };
        for part in 1..=parts {
            let t = part as f32 / parts as f32;
            let eased = t * t * (3.0 - 2.0 * t);
            curve.push(pos2(
                emath::lerp(pair[0].x..=pair[1].x, t),
                emath::lerp(pair[0].y..=pair[1].y, eased),
            ));
        }
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::space::{DrawnEdge, Space};

    fn measure(text: &str) -> f32 {
        text.chars().count() as f32 * 6.5
    }

    fn samples() -> Vec<(String, Drawing)> {
        use rand::SeedableRng;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let spaces = Space::builtins().unwrap();
        let some = spaces.iter().flat_map(|space| {
            let drawn: Vec<_> = (0..5).map(|_| space.sample(&mut rng).drawings()).collect();
            drawn.into_iter().flatten().map(|drawing| (space.id().to_owned(), drawing))
        });
        some.collect()
    }

    // Boxes that lie on each other cannot be read; what leaves its room lies on something else.
    #[test]
    fn boxes_are_apart_and_inside_their_room_in_every_space() {
        for room in [vec2(1000.0, 300.0), vec2(300.0, 170.0), vec2(194.0, 78.0)] {
            for (space, drawing) in samples() {
                let placed = PlacedDrawing::new(&drawing, room, &measure);
                let whole = Rect::from_min_size(Pos2::ZERO, room).expand(0.5);
                for (at, place) in placed.boxes.iter().enumerate() {
                    assert!(whole.contains_rect(*place), "{space} {room}: {place}");
                    for other in &placed.boxes[at + 1..] {
                        assert!(!place.intersects(*other), "{space} {room}: {place} on {other}");
                    }
                }
                for point in placed.curves.iter().flatten() {
                    assert!(whole.contains(*point), "{space} {room}: {point}");
                }
            }
        }
    }

    // A curve through a box would look like an edge of that node.
    #[test]
    fn curves_pass_beside_the_boxes_that_they_do_not_join() {
        for (space, drawing) in samples() {
            let placed = PlacedDrawing::new(&drawing, vec2(800.0, 300.0), &measure);
            for (edge, curve) in all(&drawing).zip(&placed.curves) {
                for (node, place) in placed.boxes.iter().enumerate() {
                    let own = node == edge.from || node == edge.to;
                    let hit = curve.iter().any(|point| place.shrink(1.0).contains(*point));
                    assert!(own || !hit, "{space}: {} to {} hits {node}", edge.from, edge.to);
                }
            }
        }
    }

    #[test]
    fn names_are_whole_where_there_is_room() {
        let edge = |from| DrawnEdge { from, to: from + 1, label: String::new() };
        let drawing = Drawing {
            nodes: ["stem, 16 channels", "2 x bottleneck, 64 channels, stride 2", "head"]
                .map(str::to_owned)
                .into(),
            edges: (0..2).map(edge).collect(),
            ..Drawing::default()
        };
        let wide = PlacedDrawing::new(&drawing, vec2(600.0, 300.0), &measure);
        assert_eq!(wide.texts[1], ["2 x bottleneck", "64 channels", "stride 2"]);
        assert_eq!((wide.scale, wide.boxes[0].top()), (1.0, wide.boxes[2].top()));
        let narrow = PlacedDrawing::new(&drawing, vec2(130.0, 400.0), &measure);
        assert!(narrow.boxes[0].bottom() < narrow.boxes[1].top(), "it does not go on below");
        let card = PlacedDrawing::new(&drawing, vec2(130.0, 40.0), &measure);
        assert!(card.texts[1].len() == 1 && card.size.y <= 40.5);
    }

    #[test]
    fn an_empty_drawing_has_no_places() {
        let placed = PlacedDrawing::new(&Drawing::default(), vec2(100.0, 100.0), &measure);
        assert!(placed.boxes.is_empty() && placed.curves.is_empty());
    }
}
