//! Writes pictures to files.

use std::path::{Path, PathBuf};

use untrained::output::write_output;
use untrained_plot::{PictureFormat, svg_to_picture, svg_to_png};

use super::CapturedPicture;
use super::svg::svg;
use super::text::FontFaces;
use crate::overlay::dialogs::FileQuestion;

/// Points of a PNG for each point of the window, across and down.
const SHARPNESS: f32 = 2.0;
/// The name of a file at most, in characters.
const LONGEST: usize = 60;

impl CapturedPicture {
    /// What a dialog asks for its file.
    pub fn question(&self) -> FileQuestion {
        let name = format!("{}.png", file_name(&self.name));
        FileQuestion::Save(name, "Pictures (PNG, SVG, PDF)", &["png", "svg", "pdf"])
    }

    /// Writes it in the format of the extension, or as PNG without one. Returns the path.
    ///
    /// # Errors
    ///
    /// Why it could not be written, and what to do.
    pub fn write(&self, path: &Path) -> Result<PathBuf, String> {
        write(self, path)
    }
}

/// Writes a picture in the format of the extension, or as PNG without one. Returns the path.
///
/// # Errors
///
/// Why it could not be written, and what to do.
pub fn write(picture: &CapturedPicture, path: &Path) -> Result<PathBuf, String> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let (path, bytes) = match ending.as_deref() {
        Some("svg") => {
            (path.to_owned(), svg(picture, &FontFaces::new(&picture.fonts)).into_bytes())
        }
        Some("pdf") => (path.to_owned(), pdf(picture)?),
        Some("png") => (path.to_owned(), png(picture)?),
        None => (path.with_extension("png"), png(picture)?),
        Some(other) => {
            return Err(format!(
                "pictures are saved as PNG, SVG or PDF: use .png, .svg or .pdf, not .{other}"
            ));
        }
    };
    // The dialog that chose the name has asked whether it may be replaced.
    write_output(&path, &bytes, true).map_err(|error| error.to_string())?;
    Ok(path)
}

/// A picture as PNG.
fn png(picture: &CapturedPicture) -> Result<Vec<u8>, String> {
    let faces = FontFaces::new(&picture.fonts);
    svg_to_png(&svg(picture, &faces), &faces.database, SHARPNESS).map_err(|error| error.to_string())
}

/// A picture as PDF.
fn pdf(picture: &CapturedPicture) -> Result<Vec<u8>, String> {
    let faces = FontFaces::new(&picture.fonts);
    let svg = svg(picture, &faces);
    svg_to_picture(&svg, &faces.database, PictureFormat::Pdf, None)
        .map_err(|error| error.to_string())
}

/// A name as that of a file on any system, without ending.
pub fn file_name(name: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() { letter } else { '-' };
    let name: String = name.chars().take(LONGEST).map(plain).collect();
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "picture".to_owned() } else { parts.join("-").to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_files() {
        assert_eq!(file_name("Best so far: |a|/b"), "best-so-far-a-b");
        assert_eq!(file_name("../.."), "picture");
    }
}
