//! The built-in font, used to measure the width of texts.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::Database;
use ttf_parser::Face;

/// DejaVu Sans, cut down to the alphabets and signs that pictures need; see `assets/README.md`.
static FILE: &[u8] = include_bytes!("../../../assets/fonts/dejavu-sans.ttf");

/// What SVG files ask for: the built-in font, or another one without serifs.
pub(super) const FAMILY: &str = "DejaVu Sans, sans-serif";

/// The built-in font and no other, for PNG files.
pub(super) static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(FILE.to_vec());
    Arc::new(fonts)
});

/// Stands for what does not fit.
const ELLIPSIS: char = '…';

/// The smallest share of the wished size that a text is reduced to before it is cut.
const SMALLEST: f64 = 0.4;

fn font() -> Face<'static> {
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the program; every picture reads it"
    )]
    Face::parse(FILE, 0).expect("the built-in font is a font")
}

/// Width of a text whose em is 1, without kerning. A letter that the font lacks is as wide as its sign
/// for such.
pub(super) fn width(text: &str) -> f64 {
    let font = font();
    let advance = |letter| {
        let glyph = font.glyph_index(letter).unwrap_or_default();
        f64::from(font.glyph_hor_advance(glyph).unwrap_or_default())
    };
    text.chars().map(advance).sum::<f64>() / f64::from(font.units_per_em())
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
        assert_eq!(FONTS.len(), 1);
        assert!(FONTS.faces().all(|face| face.families[0].0 == "DejaVu Sans"));
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
            assert!(font.glyph_index(sign).is_some(), "{sign}");
        }
        assert!(font.glyph_index('語').is_none(), "negative control");
    }
}
