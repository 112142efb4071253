//! Everything on top of and around the views: the command palette, dialogs, questions and the latest
//! notice.

pub mod dialogs;

use self::dialogs::{FileDialogs, FilePurpose};
use crate::picture::CaptureQueue;
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;

/// The severity of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something succeeded.
    Info,
    /// Something failed.
    Error,
}

/// A message in the status bar.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its text.
    pub text: String,
    /// How bad that is.
    pub severity: Severity,
}

/// What is open on top of the views.
pub struct Overlay {
    /// The text in the command palette, while it is open.
    pub palette: Option<String>,
    /// Whether the window asks before it closes.
    pub asks_to_close: bool,
    /// Whether the text about the program is shown.
    pub is_about_open: bool,
    /// The last message.
    pub notice: Option<Notice>,
    /// Pictures of plots and drawings.
    pub captures: CaptureQueue,
    /// Who answers questions for files.
    pub dialogs: FileDialogs,
}

impl Overlay {
    /// Of a new window.
    pub fn new(window: &egui::Context, dialogs: FileDialogs) -> Self {
        Self {
            palette: None,
            asks_to_close: false,
            is_about_open: false,
            notice: None,
            captures: CaptureQueue::of(window),
            dialogs,
        }
    }

    /// Shows a message in the status bar.
    pub fn notify(&mut self, severity: Severity, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), severity });
    }

    /// Opens a dialog for a file; `images_are_a_file` where images are an array, not a folder.
    pub fn choose_file(
        &self,
        tasks: &mut TaskRunner,
        purpose: FilePurpose,
        images_are_a_file: bool,
    ) {
        let dialogs = self.dialogs.clone();
        tasks.start("dialog", move |sender| {
            if let Some(path) = dialogs.ask(&purpose.question(images_are_a_file)) {
                sender.send(Message::FileChosen(purpose, path));
            }
        });
    }
}
