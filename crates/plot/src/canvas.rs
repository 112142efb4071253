//! A drawing surface that is written as SVG.

use std::fmt::Write;

use super::colours::Colour;
use super::font::{FAMILY, fit};

/// By how much of its size a line's baseline stands below its middle, which is that of capitals and
/// digits: half of DejaVu Sans's cap height of 1493 in 2048.
const MIDDLE_TO_BASELINE: f64 = 0.5 * 1493.0 / 2048.0;

/// A place in units, from the upper left corner.
pub(super) type Point = (f64, f64);

/// Which part of a line of text stands at its place.
#[derive(Clone, Copy)]
pub(super) enum TextAnchor {
    Start,
    Middle,
    End,
}

/// How a line of text is set.
#[derive(Clone, Copy)]
pub(super) struct TextStyle {
    /// The font's em in units.
    pub(super) size: f64,
    pub(super) colour: Colour,
    pub(super) anchor: TextAnchor,
    /// Read from below upwards.
    pub(super) is_upright: bool,
}

impl TextStyle {
    /// Horizontal text.
    pub(super) fn new(size: f64, colour: Colour, anchor: TextAnchor) -> Self {
        Self { size, colour, anchor, is_upright: false }
    }
}

/// The canvas, with what was drawn on it so far.
pub(super) struct Canvas {
    svg: String,
}

impl Canvas {
    /// A white canvas of that width and height.
    pub(super) fn new((width, height): (u32, u32)) -> Self {
        let svg = format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n"
        );
        let mut canvas = Self { svg };
        canvas.fill((0.0, 0.0), (width.into(), height.into()), Colour::WHITE);
        canvas
    }

    /// The whole picture.
    pub(super) fn into_svg(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }

    /// A filled rectangle between two corners, at whole units so that its edges are sharp.
    pub(super) fn fill(&mut self, from: Point, to: Point, colour: Colour) {
        let (x, y) = (from.0.round(), from.1.round());
        let (width, height) = (to.0.round() - x, to.1.round() - y);
        self.push(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>\n"
        ));
    }

    /// A filled circle.
    pub(super) fn dot(&mut self, at: Point, radius: f64, colour: Colour, opacity: f64) {
        let (x, y) = (rounded(at.0), rounded(at.1));
        let (radius, opacity) = (rounded(radius), rounded(opacity));
        self.push(format_args!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{colour}\" opacity=\"{opacity}\"/>\n"
        ));
    }

    /// A rectangle with round corners and a thin border.
    pub(super) fn node(&mut self, from: Point, to: Point, fill: Colour, border: Colour) {
        let (x, y) = (rounded(from.0), rounded(from.1));
        let (width, height) = (rounded(to.0 - from.0), rounded(to.1 - from.1));
        self.push(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\" fill=\"{fill}\" \
             stroke=\"{border}\"/>\n"
        ));
    }

    /// A line through points.
    pub(super) fn line(&mut self, points: &[Point], colour: Colour, width: f64, is_dashed: bool) {
        let dashes = if is_dashed { " stroke-dasharray=\"3 4\"" } else { "" };
        let points = listed(points);
        self.push(format_args!(
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dashes}/>\n"
        ));
    }

    /// A filled polygon.
    pub(super) fn polygon(&mut self, points: &[Point], colour: Colour) {
        let points = listed(points);
        self.push(format_args!("<polygon points=\"{points}\" fill=\"{colour}\"/>\n"));
    }

    /// A line of text no wider than `room`, its middle at the height of `at`.
    pub(super) fn text(&mut self, text: &str, at: Point, room: f64, style: TextStyle) {
        if text.is_empty() {
            return;
        }
        let (text, size) = fit(text, style.size, room);
        let (x, y) = (rounded(at.0), rounded(at.1 + size * MIDDLE_TO_BASELINE));
        let (text, size, colour) = (escape_xml(&text), rounded(size), style.colour);
        let anchor = match style.anchor {
            TextAnchor::Start => "start",
            TextAnchor::Middle => "middle",
            TextAnchor::End => "end",
        };
        let turned = if style.is_upright {
            format!(" transform=\"rotate(-90 {x} {})\"", rounded(at.1))
        } else {
            String::new()
        };
        self.push(format_args!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-family=\"{FAMILY}\" \
             font-size=\"{size}\" fill=\"{colour}\"{turned}>{text}</text>\n"
        ));
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.svg.write_fmt(element);
    }
}

/// Points as SVG lists them.
fn listed(points: &[Point]) -> String {
    let texts: Vec<String> =
        points.iter().map(|point| format!("{},{}", rounded(point.0), rounded(point.1))).collect();
    texts.join(" ")
}

/// Two decimals, which no eye tells from more.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A text for XML; characters that XML does not know are left out.
pub fn escape_xml(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}
