//! Architectures drawn as graphs: cells and chains of stages. The positions are those of
//! `untrained_plot::drawing`, which writes the same drawings to files; `paint` draws in a window.

mod paint;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use egui::{Color32, Sense, Ui, Vec2, vec2};

use crate::theme;
use untrained::space::Drawing;
use untrained_plot::drawing::{PlacedDrawing, all};

/// The narrowest place in which two cells stand side by side.
const SIDE_BY_SIDE: f32 = 640.0;
/// Placed drawings that are kept.
const KEPT: usize = 256;

/// A part of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawingPart {
    /// A node.
    Node(usize),
    /// An edge, those that compute nothing counted after the others.
    Edge(usize),
}

/// Draws cells, each at most so high, side by side where there is room; `highlight` marks parts of the
/// cell of that number.
pub fn cells(
    ui: &mut Ui,
    drawings: &[Drawing],
    operations: &[String],
    height: f32,
    highlight: impl Fn(usize, DrawingPart) -> bool,
) {
    let one = |ui: &mut Ui, at: usize| {
        if drawings.len() > 1 {
            ui.weak(&drawings[at].title);
        }
        cell(ui, &drawings[at], operations, height, &|part| highlight(at, part));
    };
    if drawings.len() == 2 && ui.available_width() >= SIDE_BY_SIDE {
        ui.columns(2, |columns| {
            columns.iter_mut().enumerate().for_each(|(at, column)| one(column, at));
        });
    } else {
        (0..drawings.len()).for_each(|at| one(ui, at));
    }
}

/// Draws one graph in the width that there is.
fn cell(
    ui: &mut Ui,
    drawing: &Drawing,
    operations: &[String],
    height: f32,
    highlight: &dyn Fn(DrawingPart) -> bool,
) {
    const MARGIN: Vec2 = vec2(6.0, 6.0);
    let width = ui.available_width().max(60.0);
    let placed = placed(ui, drawing, vec2(width, height.max(30.0)) - MARGIN * 2.0);
    let size = vec2(width, placed.size.y + MARGIN.y * 2.0);
    let (response, painter) = ui.allocate_painter(size, Sense::hover());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Image, true, accessible_text(drawing))
    });
    let origin = response.rect.center() - placed.size / 2.0;
    let paint = paint::DrawingPaint { drawing, placed: &placed, operations, origin, highlight };
    paint.all(ui, &painter);
    if let Some(text) = response.hover_pos().and_then(|pointer| paint.at(pointer)) {
        response.on_hover_text(text);
    }
}

/// A drawing as a sentence, for those who hear it.
fn accessible_text(drawing: &Drawing) -> String {
    let name = |node: usize| drawing.nodes.get(node).map_or("?", String::as_str);
    let edge = |edge: &untrained::space::DrawnEdge| {
        format!("{} {} {}", name(edge.from), edge.label, name(edge.to))
    };
    let edges: Vec<String> = drawing.edges.iter().map(edge).collect();
    format!("{}: {}", drawing.title, edges.join(", "))
}

#[derive(Clone, Default)]
struct DrawingCache(HashMap<u64, Arc<PlacedDrawing>>);

/// The places of a drawing in a room; found once.
fn placed(ui: &Ui, drawing: &Drawing, room: Vec2) -> Arc<PlacedDrawing> {
    let mut hasher = DefaultHasher::new();
    (&drawing.nodes, room.x.round() as i64, room.y.round() as i64).hash(&mut hasher);
    all(drawing).for_each(|edge| (edge.from, edge.to).hash(&mut hasher));
    let key = hasher.finish();
    let id = egui::Id::unique("placed drawings");
    let known = ui.data(|data| data.get_temp::<Arc<DrawingCache>>(id)).unwrap_or_default();
    if let Some(placed) = known.0.get(&key) {
        return placed.clone();
    }
    let measure = |text: &str| {
        let font = paint::font(1.0);
        ui.painter().layout_no_wrap(text.to_owned(), font, Color32::WHITE).size().x
    };
    let placed = Arc::new(PlacedDrawing::new(drawing, room.round(), &measure));
    let mut kept = DrawingCache::default();
    if known.0.len() < KEPT {
        kept.0.clone_from(&known.0);
    }
    kept.0.insert(key, placed.clone());
    ui.data_mut(|data| data.insert_temp(id, Arc::new(kept)));
    placed
}

/// The colours of operations by name; those that do not occur in the drawings are faint.
pub fn legend(ui: &mut Ui, operations: &[String], drawings: &[Drawing]) {
    ui.horizontal_wrapped(|ui| {
        for name in operations {
            entry(ui, name, theme::operation(operations, name), occurs(drawings, name));
        }
    });
}

/// A colour and its name, which stay together where a line ends.
fn entry(ui: &mut Ui, name: &str, colour: Color32, occurs: bool) {
    const SWATCH: f32 = 10.0;
    let visuals = ui.visuals();
    let ink = if occurs { visuals.strong_text_color() } else { visuals.weak_text_color() };
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text = ui.painter().layout_no_wrap(name.to_owned(), font, ink);
    let size = vec2(SWATCH + 4.0 + text.size().x + 4.0, text.size().y.max(SWATCH));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, name));
    let middle = rect.left_center();
    let square =
        egui::Rect::from_center_size(middle + vec2(SWATCH / 2.0, 0.0), Vec2::splat(SWATCH));
    let colour = if occurs { colour } else { colour.gamma_multiply(0.35) };
    ui.painter().rect_filled(square, 2.0, colour);
    ui.painter().galley(middle + vec2(SWATCH + 4.0, -text.size().y / 2.0), text, ink);
}

fn occurs(drawings: &[Drawing], name: &str) -> bool {
    drawings.iter().any(|drawing| {
        drawing.nodes.iter().any(|node| names(node, name))
            || all(drawing).any(|edge| edge.label == name)
    })
}

/// Whether the text of a node names an operation: alone, or as a word, as in `2 x bottleneck, 64 channels`.
fn names(node: &str, operation: &str) -> bool {
    let is_end = |letter: Option<char>| letter.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    node.match_indices(operation).any(|(at, _)| {
        let (before, after) = (&node[..at], &node[at + operation.len()..]);
        is_end(before.chars().next_back()) && is_end(after.chars().next())
    })
}

/// The operation that a node is or consists of: the longest name, as one may be part of another.
fn named<'n>(operations: &'n [String], node: &str) -> Option<&'n str> {
    let named = operations.iter().filter(|operation| names(node, operation));
    named.max_by_key(|operation| operation.len()).map(String::as_str)
}

/// A small square of a colour.
pub fn swatch(ui: &mut Ui, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(10.0), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, colour);
}

/// Whether a part of one of several drawings is not the same in all others.
pub fn differs(drawing: &Drawing, others: &[&Drawing], part: DrawingPart) -> bool {
    let same = |other: &&Drawing| match part {
        DrawingPart::Node(node) => drawing.nodes.get(node) == other.nodes.get(node),
        DrawingPart::Edge(edge) => all(drawing).nth(edge).is_some_and(|edge| {
            let count = |of: &Drawing| all(of).filter(|other| *other == edge).count();
            count(drawing) == count(other)
        }),
    };
    !others.iter().all(same)
}

/// The architecture that best shows what a space consists of: among some samples, the one whose first
/// cell has the most nodes, operations and kinds of operations.
pub fn most_varied(drawn: impl Iterator<Item = Vec<Drawing>>) -> Vec<Drawing> {
    drawn.max_by_key(|drawings| variety(drawings)).unwrap_or_default()
}

/// How much is to be seen in the first of some drawings: nodes, different parts, edges.
pub fn variety(drawings: &[Drawing]) -> (usize, usize, usize) {
    let Some(first) = drawings.first() else { return (0, 0, 0) };
    let mut kinds: Vec<&String> =
        first.edges.iter().map(|edge| &edge.label).chain(&first.nodes).collect();
    kinds.sort_unstable();
    kinds.dedup();
    (first.nodes.len(), kinds.len(), first.edges.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::space::Space;

    fn cell(text: &str) -> Drawing {
        let space = Space::builtin("nas-bench-201").unwrap();
        space.parse(text).unwrap().drawings().remove(0)
    }

    const A: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";
    const B: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_3x3~0|none~1|none~2|";

    // Edges of nothing have no place among those of the graph: positions alone would compare 0-3 of
    // one cell with 2-3 of the other.
    #[test]
    fn differences_are_of_the_same_nodes() {
        let (a, b) = (cell(A), cell(B));
        let different = |a: &Drawing, b: &Drawing| -> Vec<(usize, usize)> {
            let edges = all(a).enumerate();
            let parts = edges.filter(|(at, _)| differs(a, &[b], DrawingPart::Edge(*at)));
            parts.map(|(_, edge)| (edge.from, edge.to)).collect()
        };
        let mut found = different(&a, &b);
        found.sort_unstable();
        assert_eq!(found, [(0, 3), (2, 3)]);
        assert!(different(&a, &a).is_empty());
        assert!(!differs(&a, &[&b], DrawingPart::Node(1)));
    }

    #[test]
    fn nothing_is_drawn_too_and_occurs() {
        let drawing = cell(A);
        assert_eq!((drawing.edges.len(), drawing.absent.len()), (3, 3));
        let drawings = [drawing];
        assert!(occurs(&drawings, "none") && occurs(&drawings, "nor_conv_1x1"));
        assert!(!occurs(&drawings, "avg_pool_3x3"));
    }

    // An operation that an architecture uses is not faint in the legend, and its box has its colour.
    #[test]
    fn operations_in_use_occur_in_every_space() {
        use rand::SeedableRng;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(2);
        for space in Space::builtins().unwrap() {
            let operations: Vec<String> =
                space.operation_names().into_iter().map(str::to_owned).collect();
            for _ in 0..20 {
                let architecture = space.sample(&mut rng);
                let drawings = architecture.drawings();
                let drawn = |name: &str| {
                    let text =
                        |drawing: &Drawing| format!("{:?}{:?}", drawing.nodes, drawing.edges);
                    drawings.iter().any(|drawing| text(drawing).contains(name))
                };
                for choice in architecture.decisions() {
                    let name = choice.value.as_str();
                    if operations.iter().any(|known| known == name) && drawn(name) {
                        assert!(occurs(&drawings, name), "{}: {name}", space.id());
                    }
                }
            }
        }
        let names = ["conv", "conv_3x3"].map(str::to_owned);
        assert_eq!(named(&names, "2 x conv_3x3, 64 channels"), Some("conv_3x3"));
        assert_eq!(named(&names, "stem, 16 channels"), None);
    }

    #[test]
    fn the_example_has_many_operations() {
        use rand::SeedableRng;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(6);
        let space = Space::builtin("nas-bench-101").unwrap();
        let drawn: Vec<_> = (0..40).map(|_| space.sample(&mut rng).drawings()).collect();
        let example = most_varied(drawn.into_iter());
        let most = example[0].nodes.len();
        assert!(most >= 6, "{most} nodes");
    }
}
