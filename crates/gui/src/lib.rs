//! The desktop application: a window over `job::run` and stored studies.
//!
//! `App` draws a `state::State` that all views share. Work that takes longer than a frame runs in
//! `tasks`, whose messages change the state before it is drawn. `results` and `inspect` do not depend
//! on a window. `command` is the list behind menu, shortcuts and palette.
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

mod action;
mod app;
mod availability;
mod benchmark;
mod colour_scale;
mod command;
mod compare;
mod drawing;
mod explain;
mod inspect;
mod models;
mod overlay;
mod picture;
mod preferences;
mod results;
mod runner;
mod setup;
mod state;
mod studies;
mod tasks;
mod theme;
mod view;
mod views;

use std::path::{Path, PathBuf};

pub use app::App;
pub use overlay::dialogs::{FileDialogs, FileQuestion, NoDialogs};

use untrained::job::{JobConfig, StoreLocation};

/// The title of the window.
pub const TITLE: &str = "Untrained";

/// The start options of a window.
#[derive(Clone, Debug, Default)]
pub struct StartOptions {
    /// A space, a job or a file of studies to open.
    pub open: Option<PathBuf>,
    /// The study database; the default one if not given.
    pub store: Option<PathBuf>,
    /// Who answers questions for files.
    pub dialogs: FileDialogs,
    /// Writes a job as a command line, where there is one.
    pub command_line: Option<fn(&JobConfig) -> String>,
}

impl StartOptions {
    fn store(&self) -> PathBuf {
        let given = self.store.clone();
        given.unwrap_or_else(|| match state::default_store() {
            StoreLocation::File(path) => path,
            StoreLocation::Nowhere => Path::new(untrained::store::DEFAULT_FILE).to_owned(),
        })
    }
}

/// Why no window can be shown.
#[derive(Debug, thiserror::Error)]
#[error("no window can be shown ({reason})")]
pub struct WindowError {
    /// The message from the window system or the graphics driver, in one line.
    pub reason: String,
}

/// Shows the window until it is closed.
///
/// # Errors
///
/// [`WindowError`].
pub fn run(start: StartOptions) -> Result<(), WindowError> {
    let viewport = egui::ViewportBuilder::default()
        .with_title(TITLE)
        .with_app_id("untrained")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([800.0, 600.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    let create = move |creation: &eframe::CreationContext<'_>| {
        Ok(Box::new(App::new(creation, &start)) as Box<dyn eframe::App>)
    };
    eframe::run_native("untrained", options, Box::new(create)).map_err(|error| {
        let error = error.to_string();
        // What comes before are names of libraries and lines of their code.
        let reason = error.lines().next().unwrap_or_default().rsplit(": ").next();
        let reason = reason.unwrap_or_default().trim_end_matches('.').to_owned();
        WindowError { reason }
    })
}
