//! Everything on top of and around the views: the command palette, dialogs, questions and the latest
//! notice.

pub mod dialogs;
pub mod path_field;

use std::path::PathBuf;

use self::dialogs::{FileDialogs, FilePurpose, FileQuestion, NoDialogs};
use self::path_field::{PathField, PathTarget, completions};
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
    /// Since when it is shown, in seconds of the window's clock, once that is known.
    since: Option<f64>,
}

impl Notice {
    /// How long it is shown, in seconds: long enough to be read, not for ever.
    fn duration(&self) -> f64 {
        match self.severity {
            Severity::Info => 12.0,
            Severity::Error => 40.0,
        }
    }
}

/// The command palette.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaletteState {
    /// What is typed.
    pub text: String,
    /// The entry that is highlighted, counted from above.
    pub at: usize,
}

/// A page of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelpPage {
    /// Keys of commands, table and plots.
    Shortcuts,
    /// Words that the window uses.
    Glossary,
    /// What the scores mean.
    Scores,
    /// Version, reference, and where studies and settings are.
    About,
    /// Licences of the program and of what it is built from.
    Licences,
}

impl HelpPage {
    /// All pages.
    pub const ALL: [Self; 5] =
        [Self::Shortcuts, Self::Glossary, Self::Scores, Self::About, Self::Licences];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Shortcuts => "Keyboard shortcuts",
            Self::Glossary => "Glossary",
            Self::Scores => "What the scores mean",
            Self::About => "About Untrained",
            Self::Licences => "Licences",
        }
    }
}

/// What is open on top of the views.
pub struct Overlay {
    /// The command palette, while it is open.
    pub palette: Option<PaletteState>,
    /// Whether the window asks before it closes.
    pub asks_to_close: bool,
    /// The page of help that is shown.
    pub help: Option<HelpPage>,
    /// The last message.
    pub notice: Option<Notice>,
    /// Pictures of plots and drawings.
    pub captures: CaptureQueue,
    /// Who answers questions for files.
    pub dialogs: FileDialogs,
    /// The path that is asked for where there are no file dialogs.
    pub path_field: Option<PathField>,
}

impl Overlay {
    /// Of a new window.
    pub fn new(window: &egui::Context, dialogs: FileDialogs) -> Self {
        Self {
            palette: None,
            asks_to_close: false,
            help: None,
            notice: None,
            captures: CaptureQueue::of(window),
            dialogs,
            path_field: None,
        }
    }

    /// Shows a message in the status bar.
    pub fn notify(&mut self, severity: Severity, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), severity, since: None });
    }

    /// Takes away a message that has been there for long.
    pub fn expire_notice(&mut self, window: &egui::Context) {
        let now = window.input(|input| input.time);
        let Some(notice) = &mut self.notice else { return };
        let since = *notice.since.get_or_insert(now);
        let left = since + notice.duration() - now;
        if left <= 0.0 {
            self.notice = None;
        } else {
            window.request_repaint_after(std::time::Duration::from_secs_f64(left));
        }
    }

    /// Opens a dialog for a file; `images_are_a_file` where images are an array, not a folder.
    pub fn choose_file(
        &self,
        tasks: &mut TaskRunner,
        purpose: FilePurpose,
        images_are_a_file: bool,
    ) {
        self.ask(tasks, purpose.question(images_are_a_file), PathTarget::Purpose(purpose));
    }

    /// Asks for a path: by a dialog, or where there are none by a field.
    pub fn ask(&self, tasks: &mut TaskRunner, question: FileQuestion, target: PathTarget) {
        let dialogs = self.dialogs.clone();
        tasks.start("dialog", move |sender| {
            match dialogs.ask(&question) {
                Ok(None) => {}
                Ok(Some(path)) => drop(sender.send(Message::PathChosen(target, path))),
                Err(NoDialogs) => drop(sender.send(Message::NoDialogs(question, target))),
            };
        });
    }

    /// There are no file dialogs: from now on, a field asks.
    pub fn on_no_dialogs(
        &mut self,
        tasks: &mut TaskRunner,
        question: FileQuestion,
        target: PathTarget,
    ) {
        self.dialogs = FileDialogs::Unavailable;
        self.path_field = Some(PathField::new(question, target));
        self.complete_path(tasks);
    }

    /// Takes what is typed in the field for a path.
    pub fn edit_path(&mut self, tasks: &mut TaskRunner, text: String) {
        if let Some(field) = &mut self.path_field {
            field.text = text;
            self.complete_path(tasks);
        }
    }

    fn complete_path(&self, tasks: &mut TaskRunner) {
        let Some(field) = &self.path_field else { return };
        let (text, question) = (field.text.clone(), field.question.clone());
        tasks.start("names", move |sender| {
            let names = completions(&text, &question);
            sender.send(Message::PathCompleted(text, names));
        });
    }

    /// Takes the names that a typed path can be completed to, unless another one is typed.
    pub fn on_path_completed(&mut self, text: &str, names: Vec<String>) {
        if let Some(field) = self.path_field.as_mut().filter(|field| field.text == text) {
            field.completions = names;
        }
    }

    /// The answer of the field for a path, which is closed.
    pub fn take_path(&mut self) -> Option<(PathTarget, PathBuf)> {
        let path = self.path_field.as_ref()?.path().ok()?;
        Some((self.path_field.take()?.target, path))
    }
}
