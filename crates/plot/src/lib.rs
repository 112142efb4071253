//! Pictures of results, as PNG and SVG files: score against accuracy, kernel matrices.
//!
//! They need no window, no graphics driver and no font of the system: bitmaps are lettered with a font
//! that is part of the program; SVG files ask the viewer for a sans-serif font.
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
mod colours;
mod file;
mod font;
mod kernel;
mod paper;
mod raster;
mod scatter;

pub use colours::heat;
pub use file::{PlotError, check};
pub use kernel::{KernelPanel, MOST_PANELS, kernels};
pub use scatter::{ScatterData, scatter};
