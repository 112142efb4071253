//! From SVG to PNG, through resvg.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

/// Why an SVG picture has no pixels.
#[derive(Debug, thiserror::Error)]
pub enum RasterError {
    /// It is no SVG.
    #[error("the picture cannot be drawn ({0}); save it as .svg")]
    Parse(String),
    /// There is not enough memory for this many pixels.
    #[error("the picture is too large for a PNG; save it as .svg")]
    TooLarge,
    /// PNG refused.
    #[error("the picture cannot be encoded as PNG: {0}")]
    Encode(String),
}

/// The PNG file of an SVG picture, with `scale` pixels for each unit, lettered with the fonts given and
/// no others.
///
/// # Errors
///
/// [`RasterError`].
pub fn svg_to_png(svg: &str, fonts: &Arc<Database>, scale: f32) -> Result<Vec<u8>, RasterError> {
    let options = Options { fontdb: Arc::clone(fonts), ..Options::default() };
    let tree =
        Tree::from_str(svg, &options).map_err(|error| RasterError::Parse(error.to_string()))?;
    let size = tree.size();
    let side = |length: f32| (length * scale).ceil().max(1.0) as u32;
    let pixels = Pixmap::new(side(size.width()), side(size.height()));
    let mut pixels = pixels.ok_or(RasterError::TooLarge)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| RasterError::Encode(error.to_string()))
}
