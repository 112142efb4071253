//! From SVG to PNG, through resvg, and to PDF, through krilla.

use std::path::Path;
use std::sync::Arc;

use krilla::Document;
use krilla::geom::Size;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt, SvgSettings};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::file::{FigureWidth, ending};

/// Pixels in a millimetre of a PNG that has a width on paper: 300 in an inch.
const PIXELS_PER_MM: f64 = 300.0 / 25.4;
/// Points of PDF in a millimetre, and in a unit of SVG.
const POINTS_PER_MM: f64 = 72.0 / 25.4;
const POINTS_PER_UNIT: f64 = 72.0 / 96.0;

/// A format of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Pixels.
    Png,
    /// Vector graphics with text that the viewer sets.
    Svg,
    /// Vector graphics with the fonts that are used.
    Pdf,
}

impl PictureFormat {
    /// The format of which a path has the ending.
    pub fn by_ending(path: &Path) -> Option<Self> {
        match ending(path).as_str() {
            "png" => Some(Self::Png),
            "svg" => Some(Self::Svg),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// Why an SVG picture cannot be converted.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is no SVG.
    #[error("the picture cannot be drawn ({0}); save it as .svg")]
    Parse(String),
    /// There is not enough memory for this many pixels, or no page of this size.
    #[error("the picture is too large for this format; save it as .svg")]
    TooLarge,
    /// The encoder refused.
    #[error("the picture cannot be encoded ({0}); save it as .svg")]
    Encode(String),
}

/// An SVG picture in a format, lettered with the fonts given and no others.
///
/// # Errors
///
/// [`PictureError`].
pub fn svg_to_picture(
    svg: &str,
    fonts: &Arc<Database>,
    format: PictureFormat,
    width: Option<FigureWidth>,
) -> Result<Vec<u8>, PictureError> {
    match (format, width) {
        (PictureFormat::Svg, None) => Ok(svg.as_bytes().to_vec()),
        (PictureFormat::Svg, Some(width)) => sized_svg(svg, width).map(String::into_bytes),
        (PictureFormat::Png, None) => svg_to_png(svg, fonts, 1.0),
        (PictureFormat::Png, Some(width)) => {
            let tree = parsed(svg, fonts)?;
            let pixels = width.millimetres() * PIXELS_PER_MM;
            png(&tree, pixels as f32 / tree.size().width())
        }
        (PictureFormat::Pdf, width) => svg_to_pdf(svg, fonts, width),
    }
}

/// The PNG file of an SVG picture, with `scale` pixels for each unit, lettered with the fonts given and
/// no others.
///
/// # Errors
///
/// [`PictureError`].
pub fn svg_to_png(svg: &str, fonts: &Arc<Database>, scale: f32) -> Result<Vec<u8>, PictureError> {
    png(&parsed(svg, fonts)?, scale)
}

/// The PDF file of an SVG picture: one page of the size of the picture, with its text as text and its fonts.
fn svg_to_pdf(
    svg: &str,
    fonts: &Arc<Database>,
    width: Option<FigureWidth>,
) -> Result<Vec<u8>, PictureError> {
    let tree = parsed(svg, fonts)?;
    let scale = match width {
        Some(width) => width.millimetres() * POINTS_PER_MM / f64::from(tree.size().width()),
        None => POINTS_PER_UNIT,
    };
    let side = |length: f32| (f64::from(length) * scale) as f32;
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    let size = Size::from_wh(width, height).ok_or(PictureError::TooLarge)?;
    let settings = PageSettings::from_wh(width, height).ok_or(PictureError::TooLarge)?;
    let mut document = Document::new();
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    surface.draw_svg(&tree, size, SvgSettings::default());
    surface.finish();
    page.finish();
    document.finish().map_err(|error| PictureError::Encode(format!("{error:?}")))
}

fn parsed(svg: &str, fonts: &Arc<Database>) -> Result<Tree, PictureError> {
    let options = Options { fontdb: Arc::clone(fonts), ..Options::default() };
    Tree::from_str(svg, &options).map_err(|error| PictureError::Parse(error.to_string()))
}

fn png(tree: &Tree, scale: f32) -> Result<Vec<u8>, PictureError> {
    let side = |length: f32| (length * scale).ceil().max(1.0) as u32;
    let pixels = Pixmap::new(side(tree.size().width()), side(tree.size().height()));
    let mut pixels = pixels.ok_or(PictureError::TooLarge)?;
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PictureError::Encode(error.to_string()))
}

/// The same picture with a width on paper: its first element has a viewBox, and a width and a height in units.
fn sized_svg(svg: &str, width: FigureWidth) -> Result<String, PictureError> {
    let (head, rest) = svg.split_once('>').unwrap_or((svg, ""));
    let value = |name: &str| {
        let (_, after) = head.split_once(&format!(" {name}=\""))?;
        let (value, _) = after.split_once('"')?;
        Some((value, value.parse::<f64>().ok()?))
    };
    let (Some(across), Some(down)) = (value("width"), value("height")) else {
        return Err(PictureError::Parse("it has no size in units".to_owned()));
    };
    let millimetres = width.millimetres();
    let height = millimetres * down.1 / across.1;
    let head = head
        .replacen(&format!(" width=\"{}\"", across.0), &format!(" width=\"{millimetres}mm\""), 1)
        .replacen(&format!(" height=\"{}\"", down.0), &format!(" height=\"{height:.3}mm\""), 1);
    Ok(format!("{head}>{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::FONTS;

    const SVG: &str = "<svg width=\"200\" height=\"100\" viewBox=\"0 0 200 100\" \
        xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"200\" height=\"100\" fill=\"#FFFFFF\"/>\
        <circle cx=\"50\" cy=\"50\" r=\"20\" opacity=\"0.5\"/>\
        <text x=\"100\" y=\"50\" font-family=\"DejaVu Sans\" font-size=\"20\">score</text></svg>";

    fn picture(format: PictureFormat, width: Option<&str>) -> Vec<u8> {
        let width = width.map(|text| text.parse().unwrap());
        svg_to_picture(SVG, &FONTS, format, width).unwrap()
    }

    /// The numbers of a page's box.
    fn page(pdf: &[u8]) -> Vec<f64> {
        let text = String::from_utf8_lossy(pdf);
        let shown = text.split("/MediaBox").nth(1).unwrap();
        let shown = shown.split(['[', ']']).nth(1).unwrap();
        shown.split_whitespace().map(|word| word.parse().unwrap()).collect()
    }

    #[test]
    fn pages_have_their_size_and_fonts() {
        let pdf = picture(PictureFormat::Pdf, Some("84"));
        let text = String::from_utf8_lossy(&pdf);
        assert!(text.starts_with("%PDF-") && text.trim_end().ends_with("%%EOF"));
        let points = 84.0 * 72.0 / 25.4;
        let shown = page(&pdf);
        assert!(
            (shown[2] - points).abs() < 0.01 && (shown[3] - points / 2.0).abs() < 0.01,
            "{shown:?}"
        );
        for part in ["/FontFile", "/ToUnicode", "DejaVuSans"] {
            assert!(text.contains(part), "{part}");
        }
        assert!(!text.contains("/Subtype/Image") && !text.contains("/Subtype /Image"), "pixels");
        assert_eq!(page(&picture(PictureFormat::Pdf, None)), [0.0, 0.0, 150.0, 75.0]);
    }

    #[test]
    fn pixels_and_units_follow_the_width() {
        let size = |png: &[u8]| {
            let pixels = Pixmap::decode_png(png).unwrap();
            (pixels.width(), pixels.height())
        };
        assert_eq!(size(&picture(PictureFormat::Png, None)), (200, 100));
        assert_eq!(size(&picture(PictureFormat::Png, Some("50.8"))), (600, 300));
        let svg = String::from_utf8(picture(PictureFormat::Svg, Some("column"))).unwrap();
        assert!(
            svg.starts_with("<svg width=\"84mm\" height=\"42.000mm\" viewBox=\"0 0 200 100\""),
            "{svg}"
        );
        assert!(svg.contains("<rect width=\"200\""));
        assert_eq!(picture(PictureFormat::Svg, None), SVG.as_bytes());
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for format in [PictureFormat::Png, PictureFormat::Pdf] {
            let error = svg_to_picture("<svg", &FONTS, format, None).unwrap_err().to_string();
            assert!(error.contains("cannot be drawn"), "{error}");
        }
    }
}
