//! Writes pictures to files: formats, and the handling of existing files.

use std::path::{Path, PathBuf};

use untrained::output::{OutputError, check_output, write_output};

use super::canvas::Canvas;
use super::font::FONTS;
use super::kernel::MOST_PANELS;
use super::raster::{RasterError, svg_to_png};

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The name does not end in a known format.
    #[error("cannot tell the format of {}: give a name that ends in .png or .svg", .0.display())]
    Format(PathBuf),
    /// The file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// There is nothing to draw, or too much.
    #[error("a heat map shows 1 to {MOST_PANELS} kernel matrices, not {0}")]
    Panels(usize),
    /// The picture has no pixels.
    #[error(transparent)]
    Raster(#[from] RasterError),
}

/// Something that can be drawn.
pub(super) trait Plot {
    /// Width and height in units; a PNG file has one pixel per unit.
    fn size(&self) -> (u32, u32);

    /// Draws it on a white canvas.
    fn draw(&self, canvas: &mut Canvas);
}

/// Checks that a picture of this name could be written, as far as can be told from its name and
/// existence.
///
/// # Errors
///
/// [`PlotError::Format`], or [`PlotError::Output`] if it exists.
pub fn check_plot(path: &Path, overwrite: bool) -> Result<(), PlotError> {
    is_png(path)?;
    Ok(check_output(path, overwrite)?)
}

/// Whether a name is that of a PNG file rather than an SVG file.
fn is_png(path: &Path) -> Result<bool, PlotError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "png" => Ok(true),
        "svg" => Ok(false),
        _ => Err(PlotError::Format(path.to_owned())),
    }
}

/// Draws a plot into a file; the format is told by the name's ending.
pub(super) fn write(plot: &impl Plot, path: &Path, overwrite: bool) -> Result<(), PlotError> {
    check_plot(path, overwrite)?;
    let mut canvas = Canvas::new(plot.size());
    plot.draw(&mut canvas);
    let svg = canvas.into_svg();
    let content = if is_png(path)? { svg_to_png(&svg, &FONTS, 1.0)? } else { svg.into_bytes() };
    Ok(write_output(path, &content, overwrite)?)
}
