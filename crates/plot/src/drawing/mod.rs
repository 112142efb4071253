//! Cells and networks as graphs. `layered` and `place` compute the positions, which the window uses as well;
//! [`drawings_svg`] draws them, and [`drawings_picture`] makes files of that.

mod label;
mod layered;
mod place;

use emath::{Pos2, Rect, Vec2, vec2};
use untrained::job::ExportFormat;
use untrained::space::{Drawing, DrawnEdge};

use super::canvas::{Canvas, TextAnchor, TextStyle};
use super::colours::{Colour, FAINT, INK, operation_colour};
use super::font::{FONTS, width};
use super::picture::{PictureFormat, svg_to_picture};

pub use label::{BREVITIES, LabelBrevity, lines, shorten};
pub use layered::{LayeredLayout, all};
pub use place::{LINE, PlacedDrawing};

/// The letters of names.
const FONT_SIZE: f64 = 11.5;
/// The letters of titles.
const TITLE_SIZE: f64 = 14.0;
/// Around everything, and between drawings.
const MARGIN: f32 = 24.0;
/// The height of a title or of the legend.
const TITLE: f32 = 28.0;
/// The widest rows of chains, and the narrowest picture.
const WIDTH: f32 = 1000.0;
/// The length of an arrowhead.
const ARROW: f32 = 7.0;

/// Drawings below each other as the content of a file in a format of exports that is a picture: PDF, else SVG.
///
/// # Errors
///
/// Why it cannot be made.
pub fn drawings_picture(
    title: &str,
    drawings: &[Drawing],
    operations: &[String],
    format: ExportFormat,
) -> Result<Vec<u8>, String> {
    let svg = drawings_svg(title, drawings, operations);
    let format = match format {
        ExportFormat::Pdf => PictureFormat::Pdf,
        _ => PictureFormat::Svg,
    };
    svg_to_picture(&svg, &FONTS, format, None).map_err(|error| error.to_string())
}

/// Drawings below each other as an SVG picture, with a title and the colours of the operations.
pub fn drawings_svg(title: &str, drawings: &[Drawing], operations: &[String]) -> String {
    let measure = |text: &str| (width(text) * FONT_SIZE) as f32;
    let placed: Vec<PlacedDrawing> = drawings
        .iter()
        .map(|drawing| PlacedDrawing::new(drawing, room(drawing), &measure))
        .collect();
    let widest = placed.iter().map(|placed| placed.size.x).fold(WIDTH, f32::max);
    let used: Vec<&String> = operations.iter().filter(|name| occurs(drawings, name)).collect();
    let legend = if used.is_empty() { 0.0 } else { TITLE };
    let heights: f32 = placed.iter().map(|placed| placed.size.y + TITLE + MARGIN).sum();
    let size = vec2(widest + 2.0 * MARGIN, heights + TITLE + legend + 2.0 * MARGIN);
    let mut canvas = Canvas::new((size.x.ceil() as u32, size.y.ceil() as u32));
    let style = |size, colour| TextStyle::new(size, colour, TextAnchor::Start);
    let mut top = MARGIN;
    let room = f64::from(widest);
    let text_at = |top: f32| (f64::from(MARGIN), f64::from(top + TITLE / 2.0));
    canvas.text(title, text_at(top), room, style(TITLE_SIZE, INK));
    top += TITLE;
    for (drawing, placed) in drawings.iter().zip(&placed) {
        canvas.text(&drawing.title, text_at(top), room, style(FONT_SIZE, FAINT));
        top += TITLE;
        let painter = DrawingPainter { drawing, placed, operations, origin: vec2(MARGIN, top) };
        painter.paint(&mut canvas);
        top += placed.size.y + MARGIN;
    }
    let mut left = f64::from(MARGIN);
    for name in used {
        let (x, y) = (left, f64::from(top + TITLE / 2.0));
        canvas.fill(
            (x, y - 5.0),
            (x + 10.0, y + 5.0),
            Colour::of(operation_colour(operations, name)),
        );
        canvas.text(name, (x + 15.0, y), 200.0, style(FONT_SIZE, INK));
        left += 15.0 + (width(name) * FONT_SIZE).min(200.0) + 18.0;
    }
    canvas.into_svg()
}

/// The room of a drawing: chains go to and fro, all else is as large as it is.
fn room(drawing: &Drawing) -> Vec2 {
    match drawing.edges.iter().all(|edge| edge.label.is_empty()) && drawing.absent.is_empty() {
        true if is_path(drawing) => vec2(WIDTH, f32::MAX.sqrt()),
        _ => {
            // Wide enough for every layer, no wider: gaps grow with the room.
            let layers = LayeredLayout::new(drawing).layers as f32;
            let widest = drawing.nodes.iter().map(|name| width(name) * FONT_SIZE);
            let widest = widest.fold(0.0, f64::max) as f32 + 20.0;
            vec2((layers * (widest + 60.0)).max(WIDTH), f32::MAX.sqrt())
        }
    }
}

fn is_path(drawing: &Drawing) -> bool {
    drawing.edges.iter().enumerate().all(|(at, edge)| (edge.from, edge.to) == (at, at + 1))
}

fn occurs(drawings: &[Drawing], name: &str) -> bool {
    drawings.iter().any(|drawing| {
        drawing.nodes.iter().any(|node| node == name) || all(drawing).any(|edge| edge.label == name)
    })
}

struct DrawingPainter<'d> {
    drawing: &'d Drawing,
    placed: &'d PlacedDrawing,
    operations: &'d [String],
    origin: Vec2,
}

impl DrawingPainter<'_> {
    /// Paints edges, then nodes.
    fn paint(&self, canvas: &mut Canvas) {
        for (at, (edge, curve)) in all(self.drawing).zip(&self.placed.curves).enumerate() {
            self.edge(canvas, edge, curve, at >= self.drawing.edges.len());
        }
        for (node, place) in self.placed.boxes.iter().enumerate() {
            self.node(canvas, node, *place);
        }
    }

    fn point(&self, point: Pos2) -> (f64, f64) {
        let point = point + self.origin;
        (point.x.into(), point.y.into())
    }

    fn edge(&self, canvas: &mut Canvas, edge: &DrawnEdge, curve: &[Pos2], is_absent: bool) {
        let colour = Colour::of(operation_colour(self.operations, &edge.label));
        let mut line: Vec<Pos2> = curve.to_vec();
        let [.., before, end] = line[..] else { return };
        if is_absent {
            let points: Vec<_> = line.iter().map(|&point| self.point(point)).collect();
            return canvas.line(&points, colour, 1.0, true);
        }
        let direction = (end - before).normalized();
        // The line ends inside the arrowhead, so that its point is sharp.
        if let Some(last) = line.last_mut() {
            *last -= direction * ARROW * 0.7;
        }
        let points: Vec<_> = line.iter().map(|&point| self.point(point)).collect();
        canvas.line(&points, colour, if edge.label.is_empty() { 1.4 } else { 2.4 }, false);
        let across = direction.rot90() * ARROW * 0.5;
        let foot = end - direction * ARROW;
        let head = [end, foot + across, foot - across].map(|point| self.point(point));
        canvas.polygon(&head, colour);
    }

    fn node(&self, canvas: &mut Canvas, node: usize, place: Rect) {
        let name = &self.drawing.nodes[node];
        let is_operation = self.operations.iter().any(|operation| operation == name);
        let fill = match is_operation {
            true => operation_colour(self.operations, name),
            false => [240; 3],
        };
        let ink = if is_operation && is_dark(fill) { Colour::WHITE } else { INK };
        canvas.node(self.point(place.min), self.point(place.max), Colour::of(fill), FAINT);
        let lines = &self.placed.texts[node];
        for (at, line) in lines.iter().enumerate() {
            let above = (at as f32 - (lines.len() as f32 - 1.0) / 2.0) * LINE * self.placed.scale;
            let middle = self.point(place.center() + vec2(0.0, above));
            let size = FONT_SIZE * f64::from(self.placed.scale);
            let style = TextStyle::new(size, ink, TextAnchor::Middle);
            canvas.text(line, middle, place.width().into(), style);
        }
    }
}

/// Whether white is easier to read on a colour than black: its luminance as WCAG 2.1 weighs it, against the
/// one at which both contrast alike.
fn is_dark(colour: [u8; 3]) -> bool {
    let linear = colour.map(|value| (f64::from(value) / 255.0).powf(2.2));
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.179
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::space::Space;

    const CELL: &str =
        "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";

    #[test]
    fn cells_are_drawn_with_their_operations() {
        let space = Space::builtin("nas-bench-201").unwrap();
        let mut drawings = space.parse(CELL).unwrap().drawings();
        let parts = vec!["images".to_owned(), "a <b> & \"c\"".to_owned()];
        drawings.push(Drawing::of_parts("network", parts, &[(0, 1)]));
        let names: Vec<String> = space.operation_names().into_iter().map(str::to_owned).collect();
        let svg = drawings_svg("NAS-Bench-201", &drawings, &names);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        for part in ["nor_conv_3x3", "avg_pool_3x3", "a &lt;b&gt; &amp; &quot;c&quot;", "network"] {
            assert!(svg.contains(part), "{part}");
        }
        // An arrowhead for each edge that computes something, a dashed line for each of the others.
        assert_eq!(svg.matches("<polygon").count(), drawings[0].edges.len() + 1);
        assert_eq!(svg.matches("stroke-dasharray").count(), drawings[0].absent.len());
        resvg::usvg::Tree::from_str(&svg, &resvg::usvg::Options::default()).unwrap();
    }
}
