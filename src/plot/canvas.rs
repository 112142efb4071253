//! From drawing commands to files: formats, the font, what happens to existing files.

use std::fs::OpenOptions;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use image::imageops::{FilterType, resize};
use image::{ImageFormat, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::colours::INK;

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The name does not end in a known format.
    #[error("cannot tell the format of {}: give a name that ends in .png or .svg", .0.display())]
    Format(PathBuf),
    /// The file is there already.
    #[error("{} exists: choose another name, or allow replacing it with --overwrite", .0.display())]
    Exists(PathBuf),
    /// The system refused.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is nothing to show.
    #[error("{0}")]
    Empty(&'static str),
    /// The drawing library refused.
    #[error("cannot draw: {0}")]
    Draw(String),
}

/// Something that can be drawn at any scale.
pub(super) trait Picture {
    /// Width and height in units.
    fn size(&self) -> (u32, u32);

    /// Draws it on white paper.
    fn draw<B: DrawingBackend>(&self, paper: &Paper<'_, B>) -> Drawn<B>;
}

/// Result of drawing on a backend.
pub(super) type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Pixels per unit of a bitmap before it is reduced: plotters knows whole pixels only, so edges,
/// points and letters are smooth and well placed only in a larger picture.
const OVERSAMPLING: u32 = 2;

/// The font by this name is the built-in one; viewers of SVG files take theirs.
const FONT: &str = "sans-serif";

static FONT_FILE: &[u8] = include_bytes!("../../assets/fonts/dejavu-sans.ttf");

/// Draws a picture into a file; the format is told by the name's ending.
pub(super) fn write(picture: &impl Picture, path: &Path, overwrite: bool) -> Result<(), PlotError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let encode = match ending.to_ascii_lowercase().as_str() {
        "png" => png,
        "svg" => svg,
        _ => return Err(PlotError::Format(path.to_owned())),
    };
    if path.is_file() && !overwrite {
        return Err(PlotError::Exists(path.to_owned()));
    }
    register_font(FONT, FontStyle::Normal, FONT_FILE)
        .map_err(|_| PlotError::Draw("the built-in font is damaged".to_owned()))?;
    save(&encode(picture)?, path, overwrite)
}
