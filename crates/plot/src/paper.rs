//! White paper to draw on in units, whatever the format.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBAColor, RGBColor, TextStyle, WHITE};
use plotters_backend::{DrawingBackend, DrawingErrorKind};

use super::font::fit;
use super::raster::SIZE_OF_EM;

/// Result of drawing on a backend.
pub(super) type Drawn<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

/// By how much of its size a line is moved down, so that capitals and digits, which are taller than
/// the x-height that backends centre, stand in the middle.
const LOWERED: f64 = 0.09;

/// A place in units, from the upper left corner.
pub(super) type At = (f64, f64);

/// How a line of text is set.
#[derive(Clone, Copy)]
pub(super) struct Lettering {
    /// The font's em in units.
    pub(super) size: f64,
    pub(super) colour: RGBColor,
    /// Which end of the text, or its middle, stands at its place.
    pub(super) anchor: HPos,
    /// Read from below upwards.
    pub(super) upright: bool,
}

impl Lettering {
    /// Horizontal text.
    pub(super) fn new(size: f64, colour: RGBColor, anchor: HPos) -> Self {
        Self { size, colour, anchor, upright: false }
    }
}

/// The paper; its methods stay inside the picture or are cut off at its edge.
pub(super) struct Paper<'a, B: DrawingBackend> {
    backend: &'a mut B,
    scale: f64,
}

impl<'a, B: DrawingBackend> Paper<'a, B> {
    /// Blank paper with `scale` pixels per unit.
    pub(super) fn new(
        backend: &'a mut B,
        scale: u32,
    ) -> Result<Self, DrawingErrorKind<B::ErrorType>> {
        backend.ensure_prepared()?;
        let (width, height) = backend.get_size();
        backend.draw_rect((0, 0), (width as i32, height as i32), &WHITE, true)?;
        Ok(Self { backend, scale: f64::from(scale) })
    }

    fn pixels(&self, (x, y): At) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    /// A filled rectangle between two corners.
    pub(super) fn fill(&mut self, from: At, to: At, colour: RGBColor) -> Drawn<B> {
        let (from, to) = (self.pixels(from), self.pixels(to));
        self.backend.draw_rect(from, to, &colour, true)
    }

    /// A filled circle.
    pub(super) fn dot(&mut self, at: At, radius: f64, colour: RGBAColor) -> Drawn<B> {
        let radius = (radius * self.scale).round().max(1.0) as u32;
        let at = self.pixels(at);
        self.backend.draw_circle(at, radius, &colour, true)
    }

    /// A line of text no wider than `room`, its middle at the height of `at`.
    pub(super) fn text(&mut self, text: &str, at: At, room: f64, style: Lettering) -> Drawn<B> {
        if text.is_empty() {
            return Ok(());
        }
        let (text, size) = fit(text, style.size, room);
        let lowered = size * LOWERED;
        let at = if style.upright { (at.0 + lowered, at.1) } else { (at.0, at.1 + lowered) };
        let font = ("sans-serif", size * SIZE_OF_EM * self.scale);
        let ink = style.colour.to_rgba();
        let mut lettering = TextStyle::from(font).color(&ink);
        lettering.pos = Pos::new(style.anchor, VPos::Center);
        if style.upright {
            lettering = lettering.transform(FontTransform::Rotate270);
        }
        let at = self.pixels(at);
        self.backend.draw_text(&text, &lettering, at)
    }
}
