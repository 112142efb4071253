//! From a picture to a file: formats, and what happens to existing files.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::imageops::{FilterType, resize};
use image::{ImageFormat, RgbImage};
use plotters::backend::{BitMapBackend, SVGBackend};
use plotters_backend::{DrawingBackend, DrawingErrorKind};

use untrained::output::{OutputError, check_output, write_output};

use super::kernel::MOST_PANELS;
use super::paper::{Drawn, Paper};
use super::raster::Raster;

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The name does not end in a known format.
    #[error("cannot tell the format of {}: give a name that ends in .png or .svg", .0.display())]
    Format(PathBuf),
    /// The file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Nothing to draw, or more than there is room for.
    #[error("a heat map shows 1 to {MOST_PANELS} kernel matrices, not {0}")]
    Panels(usize),
    /// The drawing library refused.
    #[error("cannot draw the picture: {0}; please report it")]
    Draw(String),
}

/// Something that can be drawn at any scale.
pub(super) trait Picture {
    /// Width and height in units; a PNG file has one pixel per unit.
    fn size(&self) -> (u32, u32);

    /// Draws it on white paper.
    fn draw<B: DrawingBackend>(&self, paper: &mut Paper<'_, B>) -> Drawn<B>;
}

/// Pixels per unit of a bitmap before it is reduced. Plotters draws at whole pixels and without
/// smoothing some shapes; reduced from a larger picture, edges and points are smooth and in place.
const OVERSAMPLING: u32 = 2;

/// Whether a picture of that name could be written, as far as its name and existence tell.
///
/// # Errors
///
/// [`PlotError::Format`], or [`PlotError::Output`] if it exists.
pub fn check(path: &Path, overwrite: bool) -> Result<(), PlotError> {
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

/// Draws a picture into a file; the format is told by the name's ending.
pub(super) fn write(picture: &impl Picture, path: &Path, overwrite: bool) -> Result<(), PlotError> {
    check(path, overwrite)?;
    let content = if is_png(path)? { png(picture) } else { svg(picture) };
    Ok(write_output(path, &content?, overwrite)?)
}

fn svg(picture: &impl Picture) -> Result<Vec<u8>, PlotError> {
    let mut text = String::new();
    let mut backend = SVGBackend::with_string(&mut text, picture.size());
    draw(picture, &mut backend, 1)?;
    drop(backend);
    Ok(text.into_bytes())
}

fn png(picture: &impl Picture) -> Result<Vec<u8>, PlotError> {
    let (width, height) = picture.size();
    let (wide, high) = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut pixels = RgbImage::new(wide, high);
    let backend = BitMapBackend::with_buffer(&mut pixels, (wide, high));
    draw(picture, &mut Raster::new(backend), OVERSAMPLING)?;
    let reduced = resize(&pixels, width, height, FilterType::Triangle);
    let mut file = Cursor::new(Vec::new());
    reduced
        .write_to(&mut file, ImageFormat::Png)
        .map_err(|error| PlotError::Draw(error.to_string()))?;
    Ok(file.into_inner())
}

fn draw<B: DrawingBackend>(
    picture: &impl Picture,
    backend: &mut B,
    scale: u32,
) -> Result<(), PlotError> {
    let refused = |error: DrawingErrorKind<B::ErrorType>| PlotError::Draw(error.to_string());
    let mut paper = Paper::new(backend, scale).map_err(refused)?;
    picture.draw(&mut paper).map_err(refused)?;
    backend.present().map_err(refused)
}
