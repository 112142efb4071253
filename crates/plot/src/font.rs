//! The built-in font: how wide a text is, and what its letters look like.

use ab_glyph::{Font, FontRef, Glyph, OutlinedGlyph, ScaleFont, point};

/// DejaVu Sans, cut down to the alphabets and signs that pictures need; see `assets/README.md`.
static FILE: &[u8] = include_bytes!("../../../assets/fonts/dejavu-sans.ttf");

/// Stands for what does not fit.
const ELLIPSIS: char = '…';

/// The smallest share of the wished size that a text is reduced to before it is cut.
const SMALLEST: f64 = 0.4;

fn font() -> FontRef<'static> {
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the program; every picture reads it"
    )]
    FontRef::try_from_slice(FILE).expect("the built-in font is a font")
}

/// The letters of a text in pixels, from the origin of its baseline at (0, 0), and its width; `size`
/// is the font's em in pixels.
pub(super) fn outlines(text: &str, size: f64) -> (Vec<OutlinedGlyph>, f64) {
    let font = font();
    let (glyphs, width) = layout(&font, text, size);
    (glyphs.into_iter().filter_map(|glyph| font.outline_glyph(glyph)).collect(), width)
}

/// Width of a text whose em is 1.
pub(super) fn width(text: &str) -> f64 {
    // Kerning and advances are proportional to the size.
    const SIZE: f64 = 100.0;
    layout(&font(), text, SIZE).1 / SIZE
}

fn layout(font: &FontRef<'static>, text: &str, size: f64) -> (Vec<Glyph>, f64) {
    let em = font.units_per_em().unwrap_or(font.height_unscaled());
    let scaled = font.as_scaled(size as f32 * font.height_unscaled() / em);
    let (mut glyphs, mut x) = (Vec::new(), 0.0);
    for letter in text.chars() {
        let id = font.glyph_id(letter);
        if let Some(Glyph { id: before, .. }) = glyphs.last() {
            x += scaled.kern(*before, id);
        }
        glyphs.push(id.with_scale_and_position(scaled.scale(), point(x, 0.0)));
        x += scaled.h_advance(id);
    }
    (glyphs, f64::from(x))
}

/// A text and its size so that it is no wider than `room`: smaller as far as that is readable, then
/// cut.
pub(super) fn fit(text: &str, size: f64, room: f64) -> (String, f64) {
    let needed = width(text);
    if needed * size <= room {
        return (text.to_owned(), size);
    }
    let size = (room / needed).max(size * SMALLEST);
    let mut text = text.to_owned();
    if needed * size > room {
        while text.pop().is_some() && width(&format!("{text}{ELLIPSIS}")) * size > room {}
        text.push(ELLIPSIS);
    }
    (text, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if the size is not that of the em: advances are from the font's own table (DejaVu Sans
    /// 2.35, units per em 2048: `0` is 1303 wide, `n` 1298).
    #[test]
    fn widths_are_the_advances_of_the_font() {
        assert!((width("0") - 1303.0 / 2048.0).abs() < 1e-4);
        assert!((width("nn") - 2.0 * 1298.0 / 2048.0).abs() < 1e-4);
        assert_eq!(width(""), 0.0);
        assert!((outlines("00", 50.0).1 - 100.0 * 1303.0 / 2048.0).abs() < 1e-2);
    }

    #[test]
    fn texts_fit_their_room() {
        assert_eq!(fit("accuracy", 20.0, 500.0), ("accuracy".to_owned(), 20.0));
        let (text, size) = fit("accuracy", 20.0, 80.0);
        assert!(text == "accuracy" && size < 20.0 && width(&text) * size <= 80.0 + 1e-6);
        let (text, size) = fit(&"accuracy ".repeat(50), 20.0, 200.0);
        assert!(text.ends_with("…") && text.len() > 20 && size == 8.0);
        assert!(width(&text) * size <= 200.0);
        assert_eq!(fit("accuracy", 20.0, 0.0).0, "…");
    }

    /// What pictures print beyond ASCII.
    #[test]
    fn the_font_has_the_signs() {
        let font = font();
        for sign in "−∞τρ×·–…⁰¹²³⁴⁵⁶⁷⁸⁹⁻éßЖ".chars() {
            assert_ne!(font.glyph_id(sign).0, 0, "{sign}");
        }
        assert_eq!(font.glyph_id('語').0, 0, "negative control");
    }
}
