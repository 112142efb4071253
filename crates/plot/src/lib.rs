//! Pictures of results, as PNG and SVG files: score against accuracy, kernel matrices.
//!
//! Every picture is drawn as SVG; a PNG file is made from that by [`svg_to_png`]. Neither needs a
//! window, a graphics driver or a font of the system: PNG files are lettered with a font that is part of
//! the program; SVG files ask the viewer for it or another sans-serif font.
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
mod file;
mod font;
mod kernel;
mod raster;
mod scatter;

pub use canvas::escape_xml;
pub use colours::heat_colour;
pub use file::{PlotError, check_plot};
pub use kernel::{KernelPanel, MOST_PANELS, kernels};
pub use raster::{RasterError, svg_to_png};
pub use scatter::{ScatterData, scatter};
