//! The editor of spaces: what it begins with, saving, and the question before changes are lost.

use std::path::{Path, PathBuf};

use super::AppState;
use crate::overlay::Severity;
use crate::overlay::dialogs::FileQuestion;
use crate::overlay::path_field::PathTarget;
use crate::setup::opened::LoadError;
use crate::space_editor::{Awaited, EditorAction, SpaceStart};
use crate::tasks::message::{Message, SavedSpace};
use crate::view::View;
use untrained::input::{InputKind, SPACE_ENDING, read_input};
use untrained::output::write_output;
use untrained::space::{Space, SpaceOverride};

impl AppState {
    /// Applies a request of the editor's view.
    pub(super) fn apply_to_editor(&mut self, action: EditorAction) {
        let editor = &mut self.editor;
        match action {
            EditorAction::Begin(start) => self.begin_space(start),
            EditorAction::Change(change) => editor.change(change),
            EditorAction::EndTyping => {
                if let Some(space) = &mut editor.space {
                    space.history.end_typing();
                }
            }
            EditorAction::Show(section) => editor.section = section,
            EditorAction::DrawAnother => editor.draw_another(),
            EditorAction::SaveFirst => {
                editor.goes_on_after_save = true;
                self.save_space(false);
            }
            EditorAction::Discard => self.do_awaited(),
            EditorAction::Keep => editor.awaited = None,
        }
    }

    /// Begins another space, or asks first.
    pub(super) fn begin_space(&mut self, start: SpaceStart) {
        self.view = View::Editor;
        if self.editor.is_changed() {
            return self.await_answer(Awaited::Begin(start));
        }
        if let Err(why) = self.editor.begin(start) {
            self.overlay.notify(Severity::Error, format!("the space cannot be edited: {why}"));
        }
    }

    /// Shows what a space can begin with, or asks first.
    pub(super) fn choose_space_start(&mut self) {
        self.view = View::Editor;
        if self.editor.is_changed() {
            return self.await_answer(Awaited::Choose);
        }
        self.editor.space = None;
    }

    /// Asks whether changes are saved first.
    pub(super) fn await_answer(&mut self, awaited: Awaited) {
        self.editor.awaited = Some(awaited);
        self.editor.goes_on_after_save = false;
    }

    /// Does what waited for an answer.
    fn do_awaited(&mut self) {
        self.editor.goes_on_after_save = false;
        let Some(awaited) = self.editor.awaited.take() else { return };
        self.editor.space = None;
        match awaited {
            Awaited::Begin(start) => self.begin_space(start),
            Awaited::Choose => self.choose_space_start(),
            Awaited::Close => self.closes_unsaved = true,
        }
    }

    /// Edits the space that is open: its own file, or a copy of a built-in one.
    pub(super) fn edit_open_space(&mut self) {
        let options = &self.setup.job.options;
        let name = options.space.clone();
        let path = Path::new(&name);
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let is_toml = ending == "toml" || ending == SPACE_ENDING;
        // A file that is edited already is shown with its changes.
        let edited = self.editor.space.as_ref().and_then(|space| space.path.as_deref());
        if is_toml && edited == Some(path) {
            self.view = View::Editor;
            return;
        }
        let is_overridden = !options.set.is_empty();
        let start = match &self.setup.space {
            Some(space) if is_toml && !is_overridden => {
                Ok(SpaceStart::Text(space.text().to_owned(), Some(path.to_owned())))
            }
            Some(space) if ending == "json" => in_toml(space),
            Some(space) if is_toml || is_overridden => {
                Ok(SpaceStart::Text(space.text().to_owned(), None))
            }
            Some(_) => Ok(SpaceStart::Builtin(name.clone())),
            // What cannot be opened because of what is in it can be corrected.
            None => text_of(path).map(|text| SpaceStart::Text(text, Some(path.to_owned()))),
        };
        match start {
            Ok(start) => self.begin_space(start),
            Err(why) => {
                let text = format!("{name} cannot be edited: {why}");
                self.overlay.notify(Severity::Error, text);
            }
        }
    }

    /// Saves the space that is edited; nothing else waits for that.
    pub(super) fn save_space_now(&mut self, elsewhere: bool) {
        self.editor.awaited = None;
        self.editor.goes_on_after_save = false;
        self.save_space(elsewhere);
    }

    /// Saves the space that is edited: where it was saved, or at a path that is asked for.
    pub(super) fn save_space(&mut self, elsewhere: bool) {
        let Some(space) = &mut self.editor.space else { return };
        match space.path.clone().filter(|_| !elsewhere) {
            Some(path) => self.write_space(&path),
            None => {
                let endings = &["toml", SPACE_ENDING];
                let question = FileQuestion::Save(space.file_name(), "Space files", endings);
                self.overlay.ask(&mut self.tasks, question, PathTarget::Space);
            }
        }
    }

    /// Writes the space that is edited to a file.
    pub(super) fn write_space(&mut self, path: &Path) {
        let Some(space) = &self.editor.space else { return };
        let (number, text) = (space.number(), space.file.text());
        let mut path = path.to_owned();
        if path.extension().is_none() {
            path.set_extension("toml");
        }
        self.tasks.start("save", move |sender| {
            // The dialog has already asked whether to overwrite.
            let written = write_output(&path, text.as_bytes(), true);
            let message = match written {
                Ok(()) => {
                    let name = path.to_string_lossy().into_owned();
                    let space = Space::load(&path).map(Box::new);
                    let space = space.map_err(|error| LoadError::new(&name, error));
                    Message::SpaceSaved(Box::new(SavedSpace { number, path, text, space }))
                }
                Err(error) => Message::Failed(error.to_string()),
            };
            sender.send(message);
        });
    }

    /// The space that is edited was saved: it is the open one from now on.
    pub(super) fn on_space_saved(&mut self, saved: SavedSpace) {
        let SavedSpace { number, path, text, space } = saved;
        self.editor.on_saved(number, &path, text);
        let name: PathBuf = std::path::absolute(&path).unwrap_or(path);
        let name = name.to_string_lossy().into_owned();
        match space {
            Ok(space) => {
                let text = format!("saved {name}; it is the open space now");
                self.overlay.notify(Severity::Info, text);
                self.setup.on_space_loaded(&mut self.tasks, *space, &name);
                self.studies.watch.watch_space(&name);
                self.preferences.add_recent(&name);
            }
            Err(error) => {
                let count = error.problems.len().max(1);
                let what = if count == 1 { "a problem" } else { "problems" };
                let text = format!("saved {name}; it has {what}, so it cannot be opened yet");
                self.overlay.notify(Severity::Error, text);
            }
        }
        if self.editor.goes_on_after_save {
            self.do_awaited();
        }
    }
}

/// A space as a new file in TOML.
fn in_toml(space: &Space) -> Result<SpaceStart, String> {
    let id = SpaceOverride::new("id", space.id());
    let space = space.with(&[id]).map_err(|error| error.to_string())?;
    Ok(SpaceStart::Text(space.text().to_owned(), None))
}

/// The text of a space file, whatever is in it.
fn text_of(path: &Path) -> Result<String, String> {
    let bytes = read_input(path, InputKind::Space).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}
