//! Pictures of results as PNG and SVG files: scores against accuracies, kernel matrices, and cells and
//! networks as graphs.
//!
//! Every picture is drawn as SVG; [`svg_to_png`] converts it to PNG. Neither needs a window, a graphics
//! driver or system fonts: text in PNG files uses the built-in font, and SVG files ask the viewer for
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
mod raster;
mod report;
mod scatter;

pub use canvas::escape_xml;
pub use colours::{SERIES, heat_colour, operation_colour};
pub use file::{PlotError, check_plot};
pub use kernel::{KernelPanel, MOST_PANELS, kernels};
pub use raster::{RasterError, svg_to_png};
pub use report::report_html;
pub use scatter::{ScatterData, scatter};
