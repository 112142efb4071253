//! Drawings: cells as graphs, histograms.

use egui::{Color32, Pos2, Rect, Sense, Stroke, Ui, Vec2, vec2};

use super::layered::Layout;
use super::sheet::Histogram;
use super::theme;
use crate::space::Drawing;

/// The widest that a layer is drawn, and the highest that a place is.
const STEP: Vec2 = vec2(92.0, 46.0);
/// The radius of a node that is a point.
const POINT: f32 = 9.0;

/// Draws cells one below the other in a given width; `highlight` marks edges by cell and position.
pub fn cells(
    ui: &mut Ui,
    drawings: &[Drawing],
    operations: &[String],
    height: f32,
    highlight: impl Fn(usize, usize) -> bool,
) {
    let each = height / drawings.len().max(1) as f32;
    for (at, drawing) in drawings.iter().enumerate() {
        if drawings.len() > 1 {
            ui.weak(&drawing.title);
        }
        cell(ui, drawing, operations, each, |edge| highlight(at, edge));
    }
}

/// Draws one graph: operations as colours of edges or of nodes.
fn cell(
    ui: &mut Ui,
    drawing: &Drawing,
    operations: &[String],
    height: f32,
    highlight: impl Fn(usize) -> bool,
) {
    let layout = Layout::new(drawing);
    let size = vec2(ui.available_width(), height.max(40.0));
    let (response, painter) = ui.allocate_painter(size, Sense::hover());
    let area = response.rect.shrink2(vec2(POINT + 14.0, POINT + 4.0));
    let steps = vec2(layout.layers.max(2) as f32 - 1.0, layout.breadth.max(2) as f32 - 1.0);
    let step =
        vec2((area.width() / steps.x).min(STEP.x * 2.0), (area.height() / steps.y).min(STEP.y));
    let left = area.center().x - step.x * steps.x / 2.0;
    let place = |[x, y]: [f32; 2]| Pos2::new(left + x * step.x, area.center().y + y * step.y);
    let pointer = response.hover_pos();
    let mut nearest: Option<(f32, String)> = None;
    let mut offer = |distance: f32, text: String| {
        if distance < 8.0 && nearest.as_ref().is_none_or(|(known, _)| distance < *known) {
            nearest = Some((distance, text));
        }
    };
    for (at, (edge, points)) in drawing.edges.iter().zip(&layout.edges).enumerate() {
        let points: Vec<Pos2> =
            smooth(&points.iter().map(|&point| place(point)).collect::<Vec<_>>());
        let colour = theme::operation(operations, &edge.label);
        let thick = if highlight(at) { 4.5 } else { 2.0 };
        if edge.label == "none" {
            painter.extend(egui::Shape::dashed_line(
                &points,
                Stroke::new(thick / 2.0, colour),
                3.0,
                4.0,
            ));
        } else {
            painter.line(points.clone(), Stroke::new(thick, colour));
        }
        if let Some(pointer) = pointer {
            let distance = points.iter().map(|point| point.distance(pointer)).fold(1e9, f32::min);
            let (from, to) = (&drawing.nodes[edge.from], &drawing.nodes[edge.to]);
            offer(distance, format!("{from} to {to}  {}", edge.label));
        }
    }
    for (name, &at) in drawing.nodes.iter().zip(&layout.nodes) {
        let middle = place(at);
        node(ui, &painter, middle, name, operations);
        if let Some(pointer) = pointer {
            offer((middle.distance(pointer) - POINT).max(0.0), name.clone());
        }
    }
    if let Some((_, text)) = nearest {
        response.on_hover_text(text);
    }
}

/// A node: a filled point of its operation's colour, or its short name in a circle.
fn node(ui: &Ui, painter: &egui::Painter, middle: Pos2, name: &str, operations: &[String]) {
    let visuals = ui.visuals();
    let named = operations.iter().any(|operation| operation == name);
    let fill = if named { theme::operation(operations, name) } else { visuals.faint_bg_color };
    painter.circle(middle, POINT, fill, Stroke::new(1.0, visuals.weak_text_color()));
    if !named {
        let short: String = name.chars().take(3).collect();
        let font = egui::FontId::proportional(10.0);
        painter.text(middle, egui::Align2::CENTER_CENTER, short, font, visuals.text_color());
    }
}

/// A curve through points that leaves and enters them level.
fn smooth(points: &[Pos2]) -> Vec<Pos2> {
    const PARTS: usize = 10;
    let mut curve = Vec::new();
    for pair in points.windows(2) {
        for part in 0..=PARTS {
            let t = part as f32 / PARTS as f32;
            let eased = t * t * (3.0 - 2.0 * t);
            let (x, y) =
                (egui::lerp(pair[0].x..=pair[1].x, t), egui::lerp(pair[0].y..=pair[1].y, eased));
            curve.push(Pos2::new(x, y));
        }
    }
    curve
}

/// The colours of operations by name.
pub fn legend(ui: &mut Ui, operations: &[String]) {
    ui.horizontal_wrapped(|ui| {
        for name in operations {
            swatch(ui, theme::operation(operations, name));
            ui.label(egui::RichText::new(name).small());
        }
    });
}

/// A small square of a colour.
pub fn swatch(ui: &mut Ui, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(10.0), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, colour);
}

/// Bars of counts with a label for the axis.
pub fn histogram(ui: &mut Ui, name: &str, values: impl Iterator<Item = f64> + Clone, size: Vec2) {
    let histogram = Histogram::new(values, 30);
    if histogram.counts.is_empty() {
        ui.allocate_ui(size, |ui| ui.weak(format!("no {name} yet")));
        return;
    }
    let colour = theme::accent(ui.visuals().dark_mode);
    let bars = histogram.counts.iter().enumerate();
    let bars = bars.map(|(bin, &count)| {
        egui_plot::Bar::new(histogram.middle(bin), count as f64).width(histogram.width * 0.9)
    });
    let chart = egui_plot::BarChart::new(name, bars.collect()).color(colour);
    plot(ui, name, size).x_axis_label(name).show(ui, |plot| plot.bar_chart(chart));
}

/// A plot that reads large numbers as people write them.
pub fn plot<'a>(_ui: &Ui, name: &str, size: Vec2) -> egui_plot::Plot<'a> {
    let write = |mark: egui_plot::GridMark, _: &std::ops::RangeInclusive<f64>| short(mark.value);
    egui_plot::Plot::new(name.to_owned())
        .width(size.x)
        .height(size.y)
        .allow_scroll(false)
        .show_grid([false, true])
        .x_axis_formatter(write)
        .y_axis_formatter(write)
}

/// A number in few characters: 1.5M.
pub fn short(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        size if size >= 1e9 => (value / 1e9, "G"),
        size if size >= 1e6 => (value / 1e6, "M"),
        size if size >= 1e4 => (value / 1e3, "K"),
        _ => (value, ""),
    };
    let text = format!("{scaled:.2}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The largest square that fits, for a picture.
pub fn side(ui: &Ui, most: f32) -> f32 {
    Rect::from_min_size(Pos2::ZERO, ui.available_size()).width().min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let written = [0.0, 0.25, 1500.0, 1_073_466.0, 2e9, -12_000.0].map(short);
        assert_eq!(written, ["0", "0.25", "1500", "1.07M", "2G", "-12K"]);
    }
}
