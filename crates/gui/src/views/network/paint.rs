//! Paints the part of a network that is seen. Boxes and edges that are too small for a text are one mesh,
//! so that the number of shapes does not grow with that of the nodes.

use egui::{
    Align2, Color32, FontId, Mesh, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Visuals, pos2,
};

use super::camera::Camera;
use crate::network::layout::NetworkLayout;
use crate::theme;

/// From this scale on, nodes have all their texts.
pub const LEGIBLE: f32 = 0.62;
/// From this scale on, nodes have their first text.
const NAMED: f32 = 0.4;
/// The letters of texts at the scale 1, and of the first text where it stands alone.
const FONT: f32 = 11.5;
const NAME_FONT: f32 = 19.0;

/// How a box is painted.
pub struct BoxStyle {
    /// Its colour.
    pub fill: Color32,
    /// Its lines.
    pub text: String,
    /// Whether it is a folded cell.
    pub is_group: bool,
    /// Whether it is chosen.
    pub is_selected: bool,
    /// Whether it was found.
    pub is_found: bool,
}

/// What is painted.
pub struct NetworkPainter<'p> {
    /// Where it is painted.
    pub painter: &'p Painter,
    /// The colours of the theme.
    pub visuals: &'p Visuals,
    /// Where nodes are.
    pub layout: &'p NetworkLayout,
    /// Which part is seen.
    pub camera: Camera,
    /// The view.
    pub view: Rect,
    /// Whether everything is painted in full, as for a picture.
    pub is_picture: bool,
}

impl NetworkPainter<'_> {
    /// The boxes that are seen.
    pub fn seen(&self) -> Vec<usize> {
        let seen = self.camera.seen(self.view);
        let is_seen = |at: &usize| self.is_picture || seen.intersects(self.layout.boxes[*at]);
        (0..self.layout.boxes.len()).filter(is_seen).collect()
    }

    /// Paints edges, then boxes.
    pub fn paint(&self, boxes: &[usize], style: impl Fn(usize) -> BoxStyle) {
        self.edges();
        let mut mesh = Mesh::default();
        for &at in boxes {
            let (style, place) = (style(at), self.camera.rect(self.view, self.layout.boxes[at]));
            if self.camera.scale >= NAMED || self.is_picture {
                self.node(place, &style);
            } else {
                let found = style.is_found.then(|| theme::highlight(self.visuals.dark_mode));
                mesh.add_colored_rect(place.expand(0.25), found.unwrap_or(style.fill));
                self.marks(place, &BoxStyle { is_found: false, ..style });
            }
        }
        if !mesh.is_empty() {
            self.painter.add(mesh);
        }
    }

    fn edges(&self) {
        let seen = self.camera.seen(self.view);
        let stroke =
            Stroke::new((1.3 * self.camera.scale).clamp(0.5, 1.6), self.visuals.weak_text_color());
        let head = if self.camera.scale >= NAMED || self.is_picture { 6.0 } else { 0.0 };
        let mut mesh = Mesh::default();
        for edge in &self.layout.edges {
            if !self.is_picture && !seen.intersects(edge.bounds.expand(1.0)) {
                continue;
            }
            let points = edge.points.iter().map(|point| self.camera.point(self.view, *point));
            let points: Vec<Pos2> = points.collect();
            if self.is_picture {
                self.painter.add(Shape::line(points.clone(), stroke));
            } else {
                for pair in points.windows(2) {
                    // A long edge passes many layers, of which few are seen.
                    if self.view.intersects(Rect::from_two_pos(pair[0], pair[1]).expand(1.0)) {
                        segment(&mut mesh, pair[0], pair[1], stroke);
                    }
                }
            }
            if let ([.., before, end], true) = (&points[..], head > 0.0) {
                arrowhead(&mut mesh, *before, *end, head * self.camera.scale, stroke.color);
            }
        }
        if !mesh.is_empty() {
            self.painter.add(mesh);
        }
    }

    fn node(&self, place: Rect, style: &BoxStyle) {
        let scale = self.camera.scale;
        let radius = if style.is_group { 2.0 } else { 5.0 * scale };
        let border = Stroke::new(1.0, self.visuals.weak_text_color());
        if style.is_group {
            let behind = place.translate(egui::vec2(3.0, 3.0) * scale);
            self.painter.rect(behind, radius, style.fill, border, StrokeKind::Inside);
        }
        self.painter.rect(place, radius, style.fill, border, StrokeKind::Inside);
        self.marks(place, style);
        let ink = theme::ink(style.fill);
        let inner = self.painter.with_clip_rect(place.intersect(self.painter.clip_rect()));
        if scale >= LEGIBLE || self.is_picture {
            let font = FontId::proportional(FONT * scale);
            let corner = place.min + egui::vec2(6.0, 4.0) * scale;
            inner.text(corner, Align2::LEFT_TOP, &style.text, font, ink);
        } else {
            let name = style.text.lines().next().unwrap_or_default();
            let font = FontId::proportional(NAME_FONT * scale);
            let left = pos2(place.left() + 4.0 * scale, place.center().y);
            inner.text(left, Align2::LEFT_CENTER, name, font, ink);
        }
    }

    /// Rings around what is chosen or found.
    fn marks(&self, place: Rect, style: &BoxStyle) {
        let dark = self.visuals.dark_mode;
        if style.is_found {
            let ring = Stroke::new(3.0, theme::highlight(dark));
            self.painter.rect_stroke(place.expand(1.0), 4.0, ring, StrokeKind::Outside);
        }
        if style.is_selected {
            let ring = Stroke::new(2.5, theme::accent(dark));
            self.painter.rect_stroke(place.expand(2.0), 4.0, ring, StrokeKind::Outside);
        }
    }
}

/// A line as two triangles.
fn segment(mesh: &mut Mesh, from: Pos2, to: Pos2, stroke: Stroke) {
    let across = (to - from).normalized().rot90() * stroke.width / 2.0;
    let first = mesh.vertices.len() as u32;
    for corner in [from + across, from - across, to + across, to - across] {
        mesh.colored_vertex(corner, stroke.color);
    }
    mesh.add_triangle(first, first + 1, first + 2);
    mesh.add_triangle(first + 1, first + 2, first + 3);
}

fn arrowhead(mesh: &mut Mesh, before: Pos2, end: Pos2, size: f32, colour: Color32) {
    let direction = (end - before).normalized();
    let (foot, across) = (end - direction * size, direction.rot90() * size * 0.5);
    let first = mesh.vertices.len() as u32;
    for corner in [end, foot + across, foot - across] {
        mesh.colored_vertex(corner, colour);
    }
    mesh.add_triangle(first, first + 1, first + 2);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::network::graph::chain_of;
    use egui::vec2;

    /// The most shapes that a view of this size may take, however many nodes there are.
    const MOST: usize = 1500;

    /// The shapes of a frame.
    fn shapes(layout: &NetworkLayout, camera: Camera, is_picture: bool) -> usize {
        let view = Rect::from_min_size(Pos2::ZERO, vec2(1400.0, 900.0));
        let input = egui::RawInput { screen_rect: Some(view), ..egui::RawInput::default() };
        let window = egui::Context::default();
        let mut output = window.run_ui(input, |ui| {
            let visuals = ui.visuals().clone();
            let painter = ui.painter_at(view);
            let painter = NetworkPainter {
                painter: &painter,
                visuals: &visuals,
                layout,
                camera,
                view,
                is_picture,
            };
            let boxes = painter.seen();
            painter.paint(&boxes, |at| BoxStyle {
                fill: Color32::GRAY,
                text: format!("conv\n{at}"),
                is_group: false,
                is_selected: at == 3,
                is_found: false,
            });
        });
        output.textures_delta.clear();
        output.shapes.len()
    }

    // Shapes are counted, not time: it does not depend on the machine.
    #[test]
    fn a_frame_of_five_thousand_nodes_has_few_shapes_at_every_scale() {
        let layout = NetworkLayout::new(&chain_of(5000), &BTreeSet::new());
        assert_eq!(layout.boxes.len(), 5000);
        let view = vec2(1400.0, 900.0);
        let mut camera = Camera::fit(layout.size, view);
        while camera.scale < 2.4 {
            let found = shapes(&layout, camera, false);
            assert!(found <= MOST, "{found} shapes at the scale {}", camera.scale);
            camera.zoom(1.3, view / 2.0);
        }
        // Without the limits, as for a picture, each node has shapes of its own.
        assert!(shapes(&layout, Camera::default(), true) > 5000);
    }

    // Wide networks too: all nodes in a few layers.
    #[test]
    fn a_frame_of_a_wide_network_has_few_shapes() {
        let mut nodes = chain_of(5000).nodes;
        nodes.iter_mut().enumerate().for_each(|(at, node)| {
            node.inputs = if at < 50 { Vec::new() } else { vec![at % 50] };
        });
        let graph = crate::network::graph::NetworkGraph::of_nodes(nodes, true);
        let layout = NetworkLayout::new(&graph, &BTreeSet::new());
        let view = vec2(1400.0, 900.0);
        for scale in [0.41, 0.63, 1.0] {
            let camera = Camera { scale, offset: -layout.size * scale / 2.0 };
            let found = shapes(&layout, camera, false);
            assert!(found <= MOST, "{found} shapes at the scale {scale}");
        }
        assert!(shapes(&layout, Camera::fit(layout.size, view), false) <= MOST);
    }
}
