//! `score --heat-map`: kernel matrices as a picture.

use super::log_line;
use untrained::score::KernelMatrix;
use untrained_plot::{KernelPanel, MOST_PANELS, PictureFile, PlotError, kernels};

/// Panels that are collected while architectures are scored.
pub struct HeatMap {
    file: PictureFile,
    panels: Vec<(String, KernelMatrix)>,
}

impl HeatMap {
    /// An empty one for so many architectures.
    ///
    /// # Errors
    ///
    /// [`PlotError`] if there are too many, the name's ending is unknown, or the file exists and may
    /// not be replaced.
    pub fn new(file: PictureFile, architectures: usize) -> Result<Self, PlotError> {
        file.check()?;
        if architectures > MOST_PANELS {
            return Err(PlotError::Panels(architectures));
        }
        Ok(Self { file, panels: Vec::new() })
    }

    /// Adds the kernel matrix of an architecture; one that has none is told.
    pub fn add(&mut self, architecture: &str, matrix: Option<&KernelMatrix>) {
        match matrix {
            Some(matrix) => self.panels.push((architecture.to_owned(), matrix.clone())),
            None => log_line(&format!("{architecture} has no kernel matrix to draw")),
        }
    }

    /// Writes the picture if there is something to draw.
    ///
    /// # Errors
    ///
    /// [`PlotError`] if it cannot be written.
    pub fn write(&self) -> Result<(), PlotError> {
        let panel = |(title, matrix)| KernelPanel { title, matrix };
        let panels: Vec<_> =
            self.panels.iter().map(|(title, matrix)| panel((title.as_str(), matrix))).collect();
        if panels.is_empty() {
            return Ok(());
        }
        kernels(&panels, &self.file)
    }
}
