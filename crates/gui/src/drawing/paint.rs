//! Boxes, curves and arrowheads.

use egui::{
    Align2, Color32, CornerRadius, FontId, Painter, Pos2, Shape, Stroke, StrokeKind, Ui, Vec2,
};

use super::DrawingPart;
use crate::theme;
use untrained::space::{Drawing, DrawnEdge};
use untrained_plot::drawing::{LINE, PlacedDrawing, all};

/// Letters smaller than this are left out.
const LEGIBLE: f32 = 6.0;
/// How near the pointer an edge is meant.
const NEAR: f32 = 7.0;

/// The letters of names at a scale.
pub fn font(scale: f32) -> FontId {
    FontId::proportional(11.5 * scale)
}

/// What is painted, and where.
pub struct DrawingPaint<'p> {
    /// The graph.
    pub drawing: &'p Drawing,
    /// Its places.
    pub placed: &'p PlacedDrawing,
    /// The operations of its space.
    pub operations: &'p [String],
    /// Where its upper left corner is.
    pub origin: Pos2,
    /// Which parts are marked.
    pub highlight: &'p dyn Fn(DrawingPart) -> bool,
}

impl DrawingPaint<'_> {
    /// Paints edges, then nodes.
    pub fn all(&self, ui: &Ui, painter: &Painter) {
        let edges = || all(self.drawing).zip(&self.placed.curves).enumerate();
        for (at, (_, curve)) in edges() {
            if (self.highlight)(DrawingPart::Edge(at)) {
                let halo = Stroke::new(9.0, theme::highlight(ui.visuals().dark_mode));
                painter.line(self.moved(curve), halo);
            }
        }
        for (at, (edge, curve)) in edges() {
            self.edge(painter, edge, curve, at >= self.drawing.edges.len());
        }
        for node in 0..self.drawing.nodes.len() {
            self.node(ui, painter, node);
        }
    }

    fn moved(&self, curve: &[Pos2]) -> Vec<Pos2> {
        curve.iter().map(|point| *point + self.origin.to_vec2()).collect()
    }

    fn edge(&self, painter: &Painter, edge: &DrawnEdge, curve: &[Pos2], is_absent: bool) {
        let scale = self.placed.scale.max(0.5);
        let colour = theme::operation(self.operations, &edge.label);
        let points = self.moved(curve);
        if is_absent {
            let stroke = Stroke::new(1.0 * scale, colour.gamma_multiply(0.6));
            painter.extend(Shape::dashed_line(&points, stroke, 3.0, 4.0));
            return;
        }
        let plain = edge.label.is_empty();
        let stroke = Stroke::new(if plain { 1.4 } else { 2.4 } * scale, colour);
        let [.., before, end] = points[..] else { return };
        let direction = (end - before).normalized();
        let size = if plain { 6.0 } else { 7.5 } * scale;
        let mut line = points;
        // The line ends inside the arrowhead, so that its point is sharp.
        if let Some(last) = line.last_mut() {
            *last -= direction * size * 0.7;
        }
        painter.line(line, stroke);
        let across = direction.rot90() * size * 0.5;
        let foot = end - direction * size;
        let head = vec![end, foot + across, foot - across];
        painter.add(Shape::convex_polygon(head, colour, Stroke::NONE));
    }

    fn node(&self, ui: &Ui, painter: &Painter, node: usize) {
        let visuals = ui.visuals();
        let place = self.placed.boxes[node].translate(self.origin.to_vec2());
        let name = &self.drawing.nodes[node];
        let named = super::named(self.operations, name);
        let radius = CornerRadius::same((5.0 * self.placed.scale).round() as u8);
        let (fill, ink) = if let Some(operation) = named {
            let fill = theme::operation(self.operations, operation);
            (fill, theme::ink(fill))
        } else {
            (visuals.widgets.inactive.weak_bg_fill, visuals.strong_text_color())
        };
        let border = Stroke::new(1.0, visuals.weak_text_color());
        painter.rect(place, radius, fill, border, StrokeKind::Inside);
        if (self.highlight)(DrawingPart::Node(node)) {
            let ring = Stroke::new(3.0, theme::highlight(visuals.dark_mode));
            painter.rect_stroke(place.expand(1.0), radius, ring, StrokeKind::Outside);
        }
        self.text(painter, node, place.center(), ink);
    }

    fn text(&self, painter: &Painter, node: usize, middle: Pos2, ink: Color32) {
        let font = font(self.placed.scale);
        if font.size < LEGIBLE {
            return;
        }
        let lines = &self.placed.texts[node];
        for (at, line) in lines.iter().enumerate() {
            let above = at as f32 - (lines.len() as f32 - 1.0) / 2.0;
            let place = middle + Vec2::new(0.0, above * LINE * self.placed.scale);
            let ink = if at == 0 { ink } else { ink.gamma_multiply(0.8) };
            painter.text(place, Align2::CENTER_CENTER, line, font.clone(), ink);
        }
    }

    /// What is under the pointer, in full.
    pub fn at(&self, pointer: Pos2) -> Option<String> {
        let pointer = pointer - self.origin.to_vec2();
        let inside = self.placed.boxes.iter().position(|place| place.contains(pointer));
        if let Some(node) = inside {
            return Some(self.drawing.nodes[node].clone());
        }
        let distance = |curve: &[Pos2]| {
            let parts = curve.windows(2).map(|pair| segment(pair[0], pair[1], pointer));
            parts.fold(f32::INFINITY, f32::min)
        };
        let edges = all(self.drawing).zip(&self.placed.curves);
        let near = edges.map(|(edge, curve)| (distance(curve), edge));
        let (distance, edge) = near.min_by(|a, b| a.0.total_cmp(&b.0))?;
        let name = |node: usize| self.drawing.nodes.get(node).map_or("?", String::as_str);
        (distance < NEAR)
            .then(|| format!("{} to {}  {}", name(edge.from), name(edge.to), edge.label))
    }
}

/// How far a point is from a line between two.
fn segment(from: Pos2, to: Pos2, point: Pos2) -> f32 {
    let along = to - from;
    let share = ((point - from).dot(along) / along.length_sq().max(1e-6)).clamp(0.0, 1.0);
    (from + along * share).distance(point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn a_point_is_as_far_from_a_line_as_from_its_nearest_point() {
        let at = |x, y| segment(pos2(0.0, 0.0), pos2(10.0, 0.0), pos2(x, y));
        assert_eq!([at(5.0, 3.0), at(-4.0, 0.0), at(10.0, 2.0)], [3.0, 4.0, 2.0]);
        assert_eq!(segment(pos2(1.0, 1.0), pos2(1.0, 1.0), pos2(1.0, 3.0)), 2.0);
    }
}
