//! Picture files: formats, sizes on paper, and the handling of existing files.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use untrained::output::{OutputError, check_output, write_output};

use super::canvas::Canvas;
use super::font::FONTS;
use super::kernel::MOST_PANELS;
use super::picture::{PictureError, PictureFormat, svg_to_picture};

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The name does not end in a known format.
    #[error("cannot tell the format of {}: give a name that ends in .png, .svg or .pdf", .0.display())]
    Format(PathBuf),
    /// The file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// There is nothing to draw, or too much.
    #[error("a heat map shows 1 to {MOST_PANELS} kernel matrices, not {0}")]
    Panels(usize),
    /// It cannot be converted.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

/// The width of a figure on paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FigureWidth {
    millimetres: f64,
}

impl FigureWidth {
    /// One column of a page with two.
    pub const COLUMN: Self = Self { millimetres: 84.0 };
    /// The text of a page, over both columns.
    pub const PAGE: Self = Self { millimetres: 174.0 };
    /// The narrowest and the widest figure in millimetres; the widest is the long side of A0.
    const LIMITS: (f64, f64) = (20.0, 1189.0);

    /// In millimetres.
    pub fn millimetres(self) -> f64 {
        self.millimetres
    }
}

impl FromStr for FigureWidth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "column" => return Ok(Self::COLUMN),
            "page" => return Ok(Self::PAGE),
            _ => {}
        }
        let (least, most) = Self::LIMITS;
        let number = text.strip_suffix("mm").unwrap_or(text).trim_end();
        match number.parse::<f64>() {
            Ok(millimetres) if (least..=most).contains(&millimetres) => Ok(Self { millimetres }),
            _ => Err(format!(
                "use column ({} mm), page ({} mm), or a number of millimetres from {least} to {most}",
                Self::COLUMN.millimetres,
                Self::PAGE.millimetres
            )),
        }
    }
}

/// The file of a picture; its format is told by the ending of its name.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFile {
    /// A name that ends in .png, .svg or .pdf.
    pub path: PathBuf,
    /// Whether an existing file is replaced.
    pub overwrite: bool,
    /// Its width on paper; without one, a unit of the drawing is a pixel, or 1/96 of an inch.
    pub width: Option<FigureWidth>,
}

impl PictureFile {
    /// A file of the drawing's own size.
    pub fn new(path: impl Into<PathBuf>, overwrite: bool) -> Self {
        Self { path: path.into(), overwrite, width: None }
    }

    /// Checks that it could be written, as far as can be told from its name and existence.
    ///
    /// # Errors
    ///
    /// [`PlotError::Format`], or [`PlotError::Output`] if it exists.
    pub fn check(&self) -> Result<(), PlotError> {
        self.format()?;
        Ok(check_output(&self.path, self.overwrite)?)
    }

    fn format(&self) -> Result<PictureFormat, PlotError> {
        PictureFormat::by_ending(&self.path).ok_or_else(|| PlotError::Format(self.path.clone()))
    }

    /// Writes an SVG picture in the format of the file.
    ///
    /// # Errors
    ///
    /// [`PlotError`].
    pub fn write(&self, svg: &str) -> Result<(), PlotError> {
        self.check()?;
        let content = svg_to_picture(svg, &FONTS, self.format()?, self.width)?;
        Ok(write_output(&self.path, &content, self.overwrite)?)
    }
}

/// Something that can be drawn.
pub(super) trait Plot {
    /// Width and height in units.
    fn size(&self) -> (u32, u32);

    /// Draws it on a white canvas.
    fn draw(&self, canvas: &mut Canvas);
}

/// Draws a plot into a file.
pub(super) fn write(plot: &impl Plot, file: &PictureFile) -> Result<(), PlotError> {
    file.check()?;
    let mut canvas = Canvas::new(plot.size());
    plot.draw(&mut canvas);
    file.write(&canvas.into_svg())
}

/// The ending of a path in small letters.
pub(super) fn ending(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_columns_pages_and_millimetres() {
        let width = |text: &str| text.parse::<FigureWidth>().map(FigureWidth::millimetres);
        assert_eq!(width("column"), Ok(84.0));
        assert_eq!(width("page"), Ok(174.0));
        for text in ["120.5", "120.5mm", "120.5 mm"] {
            assert_eq!(width(text), Ok(120.5));
        }
        for text in ["", "mm", "19", "1190", "-84", "nan", "inf", "84 cm", "Column"] {
            let error = width(text).unwrap_err();
            assert!(error.contains("column (84 mm)") && error.contains("1189"), "{text}: {error}");
        }
    }
}
