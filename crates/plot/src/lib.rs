//! Pictures of results as PNG, SVG and PDF files: scores against accuracies, kernel matrices, and cells and
//! networks as graphs.
//!
//! Every picture is drawn as SVG; [`svg_to_picture`] converts it. Nothing needs a window, a graphics
//! driver or system fonts: text in PNG and PDF files uses the built-in font, and SVG files ask the viewer for
//! that font or another sans-serif one.
#![deny(missing_docs)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::dbg_macro,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines
)]

mod axis;
mod canvas;
mod colours;
pub mod drawing;
mod file;
mod font;
mod kernel;
mod picture;
mod report;
mod scatter;

pub use canvas::escape_xml;
pub use colours::{SERIES, heat_colour, operation_colour};
pub use file::{FigureWidth, PictureFile, PlotError};
pub use kernel::{KernelPanel, MOST_PANELS, kernels};
pub use picture::{PictureError, PictureFormat, svg_to_picture, svg_to_png};
pub use report::{report_figures, report_html};
pub use scatter::{ScatterData, scatter};
