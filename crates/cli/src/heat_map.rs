//! `score --heat-map`: kernel matrices as a picture.

use std::path::{Path, PathBuf};

use super::log_line;
use untrained::score::KernelMatrix;
use untrained_plot::{KernelPanel, MOST_PANELS, PlotError, check_plot, kernels};

/// Panels that are collected while architectures are scored.
pub struct HeatMap {
    path: PathBuf,
    overwrite: bool,
    panels: Vec<(String, KernelMatrix)>,
}

impl HeatMap {
    /// An empty one for so many architectures.
    ///
    /// # Errors
    ///
    /// [`PlotError`] if there are too many, the name's ending is unknown, or the file exists and may
    /// not be replaced.
    pub fn new(path: &Path, architectures: usize, overwrite: bool) -> Result<Self, PlotError> {
        check_plot(path, overwrite)?;
        if architectures > MOST_PANELS {
            return Err(PlotError::Panels(architectures));
        }
        Ok(Self { path: path.to_owned(), overwrite, panels: Vec::new() })
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
        kernels(&panels, &self.path, self.overwrite)
    }
}
