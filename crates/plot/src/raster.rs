//! Plotters' bitmap backend with letters from the built-in font, set at fractions of pixels.

use plotters::backend::BitMapBackend;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::font::outlines;

/// What plotters' SVG backend divides a font's size by to get its em.
pub(super) const SIZE_OF_EM: f64 = 1.24;

/// Half of the font's x-height in em, by which SVG centres a line (`dy="0.5ex"`).
const HALF_EX: f64 = 0.5 * 1120.0 / 2048.0;

/// A bitmap to draw on.
pub(super) struct Raster<'a>(BitMapBackend<'a>);

type Refused<'a> = DrawingErrorKind<<BitMapBackend<'a> as DrawingBackend>::ErrorType>;

impl<'a> Raster<'a> {
    pub(super) fn new(backend: BitMapBackend<'a>) -> Self {
        Self(backend)
    }
}

impl<'a> DrawingBackend for Raster<'a> {
    type ErrorType = <BitMapBackend<'a> as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.0.get_size()
    }

    fn ensure_prepared(&mut self) -> Result<(), Refused<'a>> {
        self.0.ensure_prepared()
    }

    fn present(&mut self) -> Result<(), Refused<'a>> {
        self.0.present()
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Result<(), Refused<'a>> {
        self.0.draw_pixel(at, color)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result<(), Refused<'a>> {
        self.0.draw_rect(upper_left, bottom_right, style, fill)
    }

    /// Text on one line, centred vertically at `at` as the SVG backend does; the vertical anchor is
    /// not looked at.
    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        at: BackendCoord,
    ) -> Result<(), Refused<'a>> {
        let em = style.size() / SIZE_OF_EM;
        let (glyphs, width) = outlines(text, em);
        let left = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -width / 2.0,
            HPos::Right => -width,
        };
        let (left, baseline) = (left.round() as i32, (em * HALF_EX).round() as i32);
        let (transform, color) = (style.transform(), style.color());
        let mut drawn = Ok(());
        for glyph in glyphs {
            let corner = glyph.px_bounds().min;
            let (x, y) = (left + corner.x as i32, baseline + corner.y as i32);
            glyph.draw(|column, row, coverage| {
                let (x, y) = transform.transform(x + column as i32, y + row as i32);
                let alpha = color.alpha * f64::from(coverage.clamp(0.0, 1.0));
                let ink = BackendColor { alpha, rgb: color.rgb };
                if drawn.is_ok() {
                    drawn = self.0.draw_pixel((at.0 + x, at.1 + y), ink);
                }
            });
        }
        drawn
    }
}
