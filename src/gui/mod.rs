//! The desktop application: a window over `job::run` and the studies.
//!
//! [`App`] draws a [`state::State`] that all views share; what takes longer than a frame is done by
//! threads of `work`, whose `news` change the state before it is drawn (`update`). `sheet`
//! and `inspect` know nothing of windows. `command` is the one list behind menu, shortcuts and
//! palette.

mod app;
mod chrome;
mod command;
mod dialogs;
mod drawing;
mod explain;
mod inspect;
mod live;
mod news;
mod picture;
mod remembered;
mod sheet;
mod sheet_state;
mod state;
mod tasks;
mod theme;
mod update;
mod views;
mod widgets;
mod work;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub use app::App;
pub use dialogs::{Dialogs, Question};

use crate::job::Keep;

/// The title of the window.
pub const TITLE: &str = "Untrained";

/// What a window begins with.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// A space, a job or a file of studies to open.
    pub open: Option<PathBuf>,
    /// The file of studies; the default one where it is not given.
    pub store: Option<PathBuf>,
    /// Who answers questions for files.
    pub dialogs: Dialogs,
}

impl Start {
    fn store(&self) -> PathBuf {
        let given = self.store.clone();
        given.unwrap_or_else(|| match update::default_store() {
            Keep::File(path) => path,
            Keep::Nowhere => Path::new(crate::store::DEFAULT_FILE).to_owned(),
        })
    }
}

/// What a command line opens a window with: nothing, or a file or the id of a space; `None` for one
/// that is not for a window.
pub fn opens(arguments: &[OsString]) -> Option<Start> {
    let is_option = |argument: &OsString| argument.to_string_lossy().starts_with('-');
    match arguments {
        [] => Some(Start::default()),
        [open] if !is_option(open) => Some(Start { open: Some(open.into()), ..Start::default() }),
        _ => None,
    }
}

/// Shows the window; the exit code is 2 where none can be shown, with a line on stderr.
pub fn main(start: Start) -> ExitCode {
    match run(start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "untrained: {message}");
            ExitCode::from(2)
        }
    }
}

/// Shows the window until it is closed.
///
/// # Errors
///
/// Why there is no window, in one line that says what to do.
pub fn run(start: Start) -> Result<(), String> {
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
        let first = error.lines().next().unwrap_or_default();
        format!("no window can be shown ({first}): use `untrained --batch`, see `untrained --help`")
    })
}
