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
mod export;
mod inspect;
mod models;
mod network;
mod overlay;
mod picture;
mod preferences;
mod results;
mod runner;
mod setup;
mod space_editor;
mod state;
mod studies;
mod tasks;
mod theme;
mod view;
mod views;

use std::path::PathBuf;

pub use app::App;
pub use overlay::dialogs::{FileDialogs, FileQuestion, NoDialogs};

use untrained::job::JobConfig;
use untrained::places::{UserPlaces, window_studies};

/// The title of the window.
pub const TITLE: &str = "Untrained";

/// By which desktops know the window: the name of its `.desktop` file.
pub const APP_ID: &str = "org.untrained.Untrained";

/// The icon, 256 pixels wide.
const ICON: &[u8] = include_bytes!("../../../assets/icon/untrained-256.png");

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
        self.store.clone().unwrap_or_else(|| {
            let store = window_studies();
            // A folder that cannot be made is told of when a study is to be stored in it.
            let _ = store.parent().map(std::fs::create_dir_all);
            store
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

/// The icon of the window; the default one of eframe if it cannot be read, which a test rules out.
fn icon() -> egui::IconData {
    eframe::icon_data::from_png_bytes(ICON).unwrap_or_default()
}

/// Shows the window until it is closed.
///
/// # Errors
///
/// [`WindowError`].
pub fn run(start: StartOptions) -> Result<(), WindowError> {
    let viewport = egui::ViewportBuilder::default()
        .with_title(TITLE)
        .with_app_id(APP_ID)
        .with_icon(icon())
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([800.0, 600.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions {
        viewport,
        persistence_path: UserPlaces::find().map(|user| user.settings),
        ..eframe::NativeOptions::default()
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    // A desktop finds name and icon of the window, and what to open with it, only if these agree.
    #[test]
    fn packages_name_the_window_and_its_files() {
        use untrained::input::{JOB_ENDING, SPACE_ENDING, STUDY_ENDING};
        let read = |name: &str| {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
            std::fs::read_to_string(folder.join(name)).unwrap()
        };
        assert!(read("common.sh").contains(&format!("\napp_id={APP_ID}\n")));
        for ending in [SPACE_ENDING, JOB_ENDING, STUDY_ENDING] {
            let mime = read("files/untrained.mime.xml");
            assert!(mime.contains(&format!("<glob pattern=\"*.{ending}\"/>")), "{ending}");
            assert!(read("files/Info.plist").contains(&format!("<string>{ending}</string>")));
            assert!(read("files/installer.nsi").contains(&format!("OpenWith \"{ending}\"")));
        }
    }

    #[test]
    fn the_icon_can_be_read() {
        let icon = icon();
        assert_eq!((icon.width, icon.height), (256, 256));
        // The cell in the upper left corner of the matrix.
        assert_eq!(icon.rgba[4 * (256 * 56 + 56)..][..4], [0xfd, 0xe7, 0x25, 0xff]);
    }
}
