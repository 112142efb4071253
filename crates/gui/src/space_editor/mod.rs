//! The editor of space files: what is edited, what can be undone, and what the file gives. Nothing here
//! draws; `views/space_editor` does.

pub mod entries;
pub mod fields;
pub mod file;
pub mod history;
pub mod names;
pub mod path;
pub mod preview;
pub mod typed;

use std::path::{Path, PathBuf};

use toml_edit::Value;

use self::fields::FileFields;
use self::file::EditedFile;
use self::history::TextHistory;
use self::path::KeyPath;
use self::preview::SpacePreview;
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;
use untrained::space::{Space, SpaceProblem};

/// The kind of topology whose fields are shown where the file names none.
const DEFAULT_KIND: &str = "layers";

/// What a new space begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpaceStart {
    /// The smallest space of a kind of topology.
    Kind(String),
    /// A built-in space.
    Builtin(String),
    /// The text of a file, and its path where it is to be saved there again.
    Text(String, Option<PathBuf>),
}

/// A change of the file.
#[derive(Clone, Debug)]
pub enum SpaceChange {
    /// What is typed in a field: consecutive letters are one step. Nothing takes the key away.
    Type(KeyPath, Option<Value>),
    /// Another value, or none.
    Set(KeyPath, Option<Value>),
    /// A new entry of a list.
    Insert(KeyPath, usize, Value),
    /// An entry of a list elsewhere.
    Shift(KeyPath, usize, usize),
    /// No entry or key at this place.
    Remove(KeyPath),
    /// Another name for an entry of a table, wherever it is used.
    Rename(KeyPath, String, String),
    /// Another kind of topology: its decisions and its network are the smallest ones.
    SetKind(String),
}

/// A part of the editor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EditorSection {
    /// Id, title, input.
    General,
    /// The decisions.
    #[default]
    Topology,
    /// The network around them.
    Skeleton,
    /// Operations of the file.
    Operations,
    /// The file.
    Text,
    /// A random architecture, where there is no room beside the fields.
    Preview,
}

impl EditorSection {
    /// All but the preview.
    pub const EDITED: [Self; 5] =
        [Self::General, Self::Topology, Self::Skeleton, Self::Operations, Self::Text];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Topology => "Decisions",
            Self::Skeleton => "Skeleton",
            Self::Operations => "Operations",
            Self::Text => "Text",
            Self::Preview => "Preview",
        }
    }

    /// Where what is wrong with a key is edited.
    pub fn of_problem(path: &str) -> Self {
        match path.split(['.', '[']).next() {
            Some("topology") => Self::Topology,
            Some("skeleton") => Self::Skeleton,
            Some("operations") => Self::Operations,
            _ => Self::General,
        }
    }
}

/// A request of the editor's view.
#[derive(Clone, Debug)]
pub enum EditorAction {
    /// Begins another space, after a question where changes would be lost.
    Begin(SpaceStart),
    /// Changes the file.
    Change(SpaceChange),
    /// A field is left: what is typed next is another step.
    EndTyping,
    /// Shows a part of the editor.
    Show(EditorSection),
    /// Draws another random architecture.
    DrawAnother,
    /// Saves, then does what was asked about.
    SaveFirst,
    /// Does what was asked about, and loses the changes.
    Discard,
    /// Does not do it.
    Keep,
}

/// What waits for an answer because changes would be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Another space.
    Begin(SpaceStart),
    /// The choice of another space.
    Choose,
    /// The end of the window.
    Close,
}

/// A space that is edited.
pub struct EditedSpace {
    /// The file.
    pub file: EditedFile,
    /// Where it is saved.
    pub path: Option<PathBuf>,
    /// What can be edited.
    pub fields: FileFields,
    kind: String,
    /// What can be undone.
    pub history: TextHistory,
    /// What is wrong with the file, as far as it was checked.
    pub problems: Vec<SpaceProblem>,
    /// What the file gave when nothing was wrong with it.
    pub preview: Option<SpacePreview>,
    /// How often the file became another one by something else than typing.
    pub jumps: u64,
    saved: String,
    revision: u64,
    seed: u64,
    /// The revision and the seed that were looked at last.
    checked: Option<(u64, u64)>,
    is_checking: bool,
    number: u64,
}

/// The editor.
#[derive(Default)]
pub struct SpaceEditor {
    /// The space that is edited; without one, the view offers what to begin with.
    pub space: Option<EditedSpace>,
    /// What is shown of it.
    pub section: EditorSection,
    /// What waits for an answer.
    pub awaited: Option<Awaited>,
    /// Whether what waits is done once the file is saved.
    pub goes_on_after_save: bool,
    /// How many spaces were begun.
    begun: u64,
}

impl SpaceEditor {
    /// Whether changes would be lost.
    pub fn is_changed(&self) -> bool {
        self.space.as_ref().is_some_and(EditedSpace::is_changed)
    }

    /// Begins another space.
    ///
    /// # Errors
    ///
    /// Why its text cannot be edited.
    pub fn begin(&mut self, start: SpaceStart) -> Result<(), String> {
        let (text, path) = match start {
            SpaceStart::Kind(kind) => {
                let text = Space::smallest_text(&kind).ok_or("unknown kind of topology")?;
                (text.to_owned(), None)
            }
            SpaceStart::Builtin(id) => {
                (Space::renamed_text(&id).map_err(|error| error.to_string())?, None)
            }
            SpaceStart::Text(text, path) => (text, path),
        };
        let file = EditedFile::parse(&text)?;
        self.begun += 1;
        self.section = EditorSection::default();
        self.space = Some(EditedSpace {
            fields: fields_of(&kind_of(&file)),
            kind: kind_of(&file),
            file,
            // What comes from a file is lost only if it is changed; so is what comes from nothing.
            saved: text,
            path,
            history: TextHistory::default(),
            problems: Vec::new(),
            preview: None,
            jumps: 0,
            revision: 0,
            seed: 0,
            checked: None,
            is_checking: false,
            number: self.begun,
        });
        Ok(())
    }

    /// Has the file looked at, if that was not done since the last change.
    pub fn refresh(&mut self, tasks: &mut TaskRunner) {
        let Some(space) = &mut self.space else { return };
        let wanted = (space.revision, space.seed);
        if space.is_checking || space.checked == Some(wanted) {
            return;
        }
        space.is_checking = true;
        let (text, number) = (space.file.text(), space.number);
        tasks.start("space preview", move |sender| {
            let preview = SpacePreview::new(&text, wanted.1).map(Box::new);
            sender.send(Message::SpacePreviewed { number, looked_at: wanted, preview });
        });
    }

    /// Takes what a file gives.
    pub fn on_previewed(
        &mut self,
        number: u64,
        looked_at: (u64, u64),
        preview: Result<Box<SpacePreview>, Vec<SpaceProblem>>,
    ) {
        let Some(space) = self.space.as_mut().filter(|space| space.number == number) else {
            return;
        };
        (space.is_checking, space.checked) = (false, Some(looked_at));
        match preview {
            Ok(preview) => {
                space.problems.clear();
                space.preview = Some(*preview);
            }
            Err(problems) => space.problems = problems,
        }
    }

    /// The check of the file was interrupted by a fault of the program.
    pub fn on_preview_failed(&mut self) {
        if let Some(space) = &mut self.space {
            (space.is_checking, space.checked) = (false, Some((space.revision, space.seed)));
        }
    }

    /// Changes the file.
    pub fn change(&mut self, change: SpaceChange) {
        (self.awaited, self.goes_on_after_save) = (None, false);
        if let Some(space) = &mut self.space {
            space.change(change);
        }
    }

    /// Draws another random architecture.
    pub fn draw_another(&mut self) {
        if let Some(space) = &mut self.space {
            space.seed += 1;
        }
    }

    /// Undoes a step, or does it again.
    pub fn step(&mut self, is_redo: bool) {
        let Some(space) = &mut self.space else { return };
        let now = space.file.text();
        let text = if is_redo { space.history.redo(now) } else { space.history.undo(now) };
        if let Some(file) = text.and_then(|text| EditedFile::parse(&text).ok()) {
            space.file = file;
            space.on_changed(true);
        }
    }

    /// Whether there are steps to undo and to redo.
    pub fn has_steps(&self) -> [bool; 2] {
        self.space.as_ref().map(|space| space.history.has_steps()).unwrap_or_default()
    }

    /// The file was saved with that text.
    pub fn on_saved(&mut self, number: u64, path: &Path, text: String) {
        if let Some(space) = self.space.as_mut().filter(|space| space.number == number) {
            (space.path, space.saved) = (Some(path.to_owned()), text);
            space.history.end_typing();
        }
    }
}

fn kind_of(file: &EditedFile) -> String {
    file.str(&KeyPath::top("topology").key("kind")).unwrap_or(DEFAULT_KIND).to_owned()
}

fn fields_of(kind: &str) -> FileFields {
    let fields = FileFields::of(kind).or_else(|| FileFields::of(DEFAULT_KIND));
    fields.unwrap_or_else(|| FileFields {
        general: Vec::new(),
        topology: Vec::new(),
        skeleton: Vec::new(),
        about: String::new(),
    })
}

impl EditedSpace {
    /// Whether changes would be lost.
    pub fn is_changed(&self) -> bool {
        self.file.text() != self.saved
    }

    /// Which space of this window it is.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether problems and preview are those of the file as it is.
    pub fn is_checked(&self) -> bool {
        self.checked == Some((self.revision, self.seed))
    }

    /// The problems at a place or in it.
    pub fn problems_in<'s>(&'s self, path: &KeyPath) -> impl Iterator<Item = &'s SpaceProblem> {
        let path = path.clone();
        self.problems.iter().filter(move |problem| path.holds(&problem.path))
    }

    /// The name that the file is saved under unless another one is chosen.
    pub fn file_name(&self) -> String {
        let id = self.file.str(&KeyPath::top("id")).unwrap_or_default();
        let plain: String = id
            .chars()
            .map(
                |letter| {
                    if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' }
                },
            )
            .collect();
        format!("{}.toml", if plain.is_empty() { "space" } else { &plain })
    }

    fn change(&mut self, change: SpaceChange) {
        let before = self.file.text();
        let typing = match &change {
            SpaceChange::Type(path, _) => Some(path.to_string()),
            _ => None,
        };
        self.apply(change);
        if self.file.text() != before {
            self.history.note(before, typing.as_deref());
            self.on_changed(typing.is_none());
        }
    }

    fn apply(&mut self, change: SpaceChange) {
        let file = &mut self.file;
        match change {
            SpaceChange::Type(path, value) | SpaceChange::Set(path, value) => match value {
                Some(value) => {
                    let is_new = file.item(&path).is_none();
                    file.set(&path, value);
                    if is_new {
                        let order = self.fields.order(&path);
                        file.put_in_order(&path, &order);
                    }
                }
                None => file.remove(&path),
            },
            SpaceChange::Insert(list, at, value) => {
                let is_new = file.item(&list).is_none();
                file.insert(&list, at, value);
                if is_new {
                    let order = self.fields.order(&list);
                    file.put_in_order(&list, &order);
                }
            }
            SpaceChange::Shift(list, from, to) => file.shift(&list, from, to),
            SpaceChange::Remove(path) => file.remove(&path),
            SpaceChange::Rename(table, from, to) => names::rename(file, &table, &from, &to),
            SpaceChange::SetKind(kind) => {
                let smallest = Space::smallest_text(&kind).map(EditedFile::parse);
                if let Some(Ok(smallest)) = smallest {
                    file.take_kind(&smallest);
                }
            }
        }
    }

    fn on_changed(&mut self, is_jump: bool) {
        self.revision += 1;
        self.jumps += u64::from(is_jump);
        let kind = kind_of(&self.file);
        if kind != self.kind {
            (self.fields, self.kind) = (fields_of(&kind), kind);
        }
    }
}

#[cfg(test)]
mod tests;
