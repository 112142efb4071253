//! Shapes of egui as SVG.

use std::fmt::Write;

use base64::Engine;
use egui::epaint::{
    BandShape, CircleShape, ClippedShape, ColorMode, CubicBezierShape, EllipseShape, Mesh,
    PathShape, PathStroke, QuadraticBezierShape, RectShape,
};
use egui::{Color32, ColorImage, Pos2, Rect, Shape, Stroke, StrokeKind, TextureId};

use untrained_plot::escape_xml;

use super::{CapturedPicture, number, paint, text};

/// A picture as SVG. Its points are those of the window; texts are text, of the fonts of the window
/// where there are such.
pub fn svg(picture: &CapturedPicture, faces: &text::FontFaces) -> String {
    let size = picture.rect.size();
    let (width, height) = (number(size.x), number(size.y));
    let mut svg = SvgWriter { out: String::new(), clips: 0, picture, faces };
    let _ = write!(
        svg.out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"{} {} {width} {height}\">\n<title>{}</title>\n",
        number(picture.rect.left()),
        number(picture.rect.top()),
        escape_xml(&picture.name),
    );
    let whole = RectShape::filled(picture.rect, 0.0, picture.background);
    svg.rect(&whole);
    let mut clip = None;
    for shape in &picture.shapes {
        svg.clipped(shape, &mut clip);
    }
    svg.unclip(&mut clip);
    svg.out.push_str("</svg>\n");
    svg.out
}

struct SvgWriter<'p> {
    out: String,
    clips: usize,
    picture: &'p CapturedPicture,
    faces: &'p text::FontFaces,
}

impl SvgWriter<'_> {
    /// A shape in a group of those with the same clip.
    fn clipped(&mut self, shape: &ClippedShape, clip: &mut Option<Rect>) {
        let whole = self.picture.rect;
        let is_seen = shape.clip_rect.intersects(whole);
        if !is_seen || matches!(shape.shape, Shape::Noop) {
            return;
        }
        let wanted = (!shape.clip_rect.contains_rect(whole)).then_some(shape.clip_rect);
        if *clip != wanted {
            self.unclip(clip);
            if let Some(rect) = wanted {
                self.clips += 1;
                let (at, rect) = (self.clips, geometry(rect.intersect(whole)));
                let _ = write!(
                    self.out,
                    "<clipPath id=\"c{at}\"><rect{rect}/></clipPath>\n<g clip-path=\"url(#c{at})\">\n"
                );
            }
            *clip = wanted;
        }
        let moved = shape.transform_after_tessellation;
        if moved == egui::emath::TSTransform::IDENTITY {
            self.shape(&shape.shape);
        } else {
            let mut shape = shape.shape.clone();
            shape.transform(moved);
            self.shape(&shape);
        }
    }

    fn unclip(&mut self, clip: &mut Option<Rect>) {
        if clip.take().is_some() {
            self.out.push_str("</g>\n");
        }
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Noop | Shape::Callback(_) => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(shape)),
            Shape::Circle(circle) => self.circle(circle),
            Shape::Ellipse(ellipse) => self.ellipse(ellipse),
            Shape::LineSegment { points, stroke } => {
                self.path(&straight(points, false), Color32::TRANSPARENT, *stroke);
            }
            Shape::Path(PathShape { points, closed, fill, stroke }) => {
                self.path(&straight(points, *closed), *fill, plain(stroke, points));
            }
            Shape::Band(band) => self.band(band),
            Shape::Rect(rect) => self.rect(rect),
            Shape::Text(shape) => self.out.push_str(&text::text(shape, self.faces)),
            Shape::Mesh(mesh) => self.mesh(mesh),
            Shape::QuadraticBezier(curve) => {
                let QuadraticBezierShape { points: [a, b, c], fill, stroke, .. } = curve;
                let path = format!("M{} Q{} {}", point(*a), point(*b), point(*c));
                self.path(&path, *fill, plain(stroke, &curve.points));
            }
            Shape::CubicBezier(curve) => {
                let CubicBezierShape { points: [a, b, c, d], fill, stroke, .. } = curve;
                let path = format!("M{} C{} {} {}", point(*a), point(*b), point(*c), point(*d));
                self.path(&path, *fill, plain(stroke, &curve.points));
            }
        }
    }

    fn circle(&mut self, circle: &CircleShape) {
        let CircleShape { center, radius, fill, stroke } = circle;
        let (x, y, radius) = (number(center.x), number(center.y), number(*radius));
        let look = look(*fill, *stroke);
        let _ = writeln!(self.out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{look}/>");
    }

    fn ellipse(&mut self, ellipse: &EllipseShape) {
        let EllipseShape { center, radius, fill, stroke, angle } = ellipse;
        let (x, y, turned) = (number(center.x), number(center.y), turned(*angle, *center));
        let (rx, ry, look) = (number(radius.x), number(radius.y), look(*fill, *stroke));
        let _ = writeln!(
            self.out,
            "<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{rx}\" ry=\"{ry}\"{turned}{look}/>"
        );
    }

    fn path(&mut self, path: &str, fill: Color32, stroke: Stroke) {
        let look = look(fill, stroke);
        let _ = writeln!(self.out, "<path d=\"{path}\"{look} stroke-linejoin=\"round\"/>");
    }

    fn band(&mut self, band: &BandShape) {
        let low = band.points.iter().map(|point| Pos2::new(point.x, point.y.min));
        let high = band.points.iter().rev().map(|point| Pos2::new(point.x, point.y.max));
        let turn = egui::emath::Rot2::from_angle(band.angle);
        let outline: Vec<Pos2> =
            low.chain(high).map(|point| (turn * point.to_vec2()).to_pos2()).collect();
        self.path(&straight(&outline, true), band.fill, band.stroke);
    }

    fn rect(&mut self, shape: &RectShape) {
        let RectShape { rect, corner_radius, fill, stroke, stroke_kind, angle, .. } = shape;
        let turned = turned(*angle, rect.center());
        if let Some(brush) = &shape.brush
            && let Some(image) = self.picture.images.get(&brush.fill_texture_id)
        {
            self.image(*rect, image, &turned);
            return;
        }
        let rect = match stroke_kind {
            StrokeKind::Inside => rect.shrink(stroke.width / 2.0),
            StrokeKind::Middle => *rect,
            StrokeKind::Outside => rect.expand(stroke.width / 2.0),
        };
        let radius = number(corner_radius.average());
        let (geometry, look) = (geometry(rect), look(*fill, *stroke));
        let _ = writeln!(self.out, "<rect{geometry} rx=\"{radius}\"{turned}{look}/>");
    }

    /// A texture as it was given, its points as squares.
    fn image(&mut self, rect: Rect, image: &ColorImage, turned: &str) {
        let Some(png) = png(image) else { return };
        let data = base64::engine::general_purpose::STANDARD.encode(png);
        let geometry = geometry(rect);
        let _ = writeln!(
            self.out,
            "<image{geometry}{turned} preserveAspectRatio=\"none\" image-rendering=\"optimizeSpeed\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>"
        );
    }

    /// Triangles, each in the mean of the colours of its corners. A mesh with a texture of its own is one
    /// of points: squares with a disc in them.
    fn mesh(&mut self, mesh: &Mesh) {
        if mesh.texture_id != TextureId::default() {
            for square in mesh.vertices.chunks_exact(4) {
                let rect = Rect::from_two_pos(square[0].pos, square[3].pos);
                let radius = rect.width() * 0.46;
                self.circle(&CircleShape::filled(rect.center(), radius, square[0].color));
            }
            return;
        }
        for triangle in mesh.indices.chunks_exact(3) {
            let corners: Vec<_> =
                triangle.iter().filter_map(|&at| mesh.vertices.get(at as usize)).collect();
            let points: Vec<Pos2> = corners.iter().map(|corner| corner.pos).collect();
            let mean = |part: usize| {
                let sum: u32 = corners.iter().map(|c| u32::from(c.color.to_array()[part])).sum();
                (sum / corners.len().max(1) as u32) as u8
            };
            let colour = Color32::from_rgba_premultiplied(mean(0), mean(1), mean(2), mean(3));
            self.path(&straight(&points, true), colour, Stroke::NONE);
        }
    }
}

/// The points of an image as a PNG file.
fn png(image: &ColorImage) -> Option<Vec<u8>> {
    let [width, height] = image.size;
    let bytes: Vec<u8> =
        image.pixels.iter().flat_map(|colour| colour.to_srgba_unmultiplied()).collect();
    let image = image::RgbaImage::from_raw(width as u32, height as u32, bytes)?;
    let mut out = std::io::Cursor::new(Vec::new());
    image.write_to(&mut out, image::ImageFormat::Png).ok()?;
    Some(out.into_inner())
}

/// A stroke of one colour; where it has several, the one in its middle.
fn plain(stroke: &PathStroke, points: &[Pos2]) -> Stroke {
    let colour = match &stroke.color {
        ColorMode::Solid(colour) => *colour,
        ColorMode::UV(of) => {
            let bounds = Rect::from_points(points);
            of(bounds, points.get(points.len() / 2).copied().unwrap_or(bounds.center()))
        }
    };
    Stroke::new(stroke.width, colour)
}

fn point(point: Pos2) -> String {
    format!("{} {}", number(point.x), number(point.y))
}

fn straight(points: &[Pos2], closed: bool) -> String {
    let mut path: String =
        points.iter().enumerate().fold(String::new(), |mut path, (at, &corner)| {
            path.push(if at == 0 { 'M' } else { 'L' });
            path.push_str(&point(corner));
            path
        });
    if closed {
        path.push('Z');
    }
    path
}

fn geometry(rect: Rect) -> String {
    let (x, y) = (number(rect.left()), number(rect.top()));
    let (width, height) = (number(rect.width().max(0.0)), number(rect.height().max(0.0)));
    format!(" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}

fn turned(angle: f32, around: Pos2) -> String {
    if angle == 0.0 {
        return String::new();
    }
    format!(" transform=\"rotate({} {})\"", number(angle.to_degrees()), point(around))
}

/// Fill and stroke.
fn look(fill: Color32, stroke: Stroke) -> String {
    let mut look = attribute("fill", fill);
    if stroke.width > 0.0 && stroke.color != Color32::TRANSPARENT {
        look.push_str(&attribute("stroke", stroke.color));
        let _ = write!(look, " stroke-width=\"{}\"", number(stroke.width));
    }
    look
}

/// A colour as an attribute of that name.
pub fn attribute(name: &str, colour: Color32) -> String {
    if colour == Color32::TRANSPARENT {
        return format!(" {name}=\"none\"");
    }
    let (colour, opacity) = paint(colour);
    if opacity >= 1.0 {
        format!(" {name}=\"{colour}\"")
    } else {
        format!(" {name}=\"{colour}\" {name}-opacity=\"{opacity:.3}\"")
    }
}
