//! The names that a space file can use: of operations, and of the candidates of `layers` spaces.

use std::sync::OnceLock;

use super::fields::{CANDIDATES, OPERATION, OPERATIONS};
use super::file::EditedFile;
use super::path::KeyPath;
use untrained::space::Space;

/// Names by where they come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// Candidates that the file defines.
    pub choices: Vec<String>,
    /// Operations that the file defines.
    pub own: Vec<String>,
    /// Operations that every file has.
    pub builtin: Vec<String>,
}

/// The names of the built-in operations.
pub fn builtin() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let text = Space::builtin_operations_text();
        EditedFile::parse(text).map(|file| file.keys(&KeyPath::default())).unwrap_or_default()
    })
}

impl KnownNames {
    /// What a list of candidates or of operations of a file can name.
    pub fn of(file: &EditedFile, key: &str) -> Self {
        let choices = file.keys(&KeyPath::top("topology").key("choices"));
        let own = file.keys(&KeyPath::top("operations"));
        let is_own = |name: &&String| !own.contains(name);
        Self {
            choices: if key == CANDIDATES { choices } else { Vec::new() },
            builtin: builtin().iter().filter(is_own).cloned().collect(),
            own,
        }
    }
}

/// Gives another name to an entry of a table, and to what uses it.
pub fn rename(file: &mut EditedFile, table: &KeyPath, from: &str, to: &str) {
    if file.item(&table.key(to)).is_some() || to.is_empty() {
        return;
    }
    file.rename(table, from, to);
    let choices = KeyPath::top("topology").key("choices");
    match table.keys()[..] {
        ["topology", "choices"] => file.rename_uses(&[CANDIDATES], from, to),
        ["operations"] => {
            let mut keys: Vec<&str> = OPERATION.to_vec();
            keys.push(OPERATIONS);
            // A candidate of the same name stands before the operation.
            if file.item(&choices.key(from)).is_none() {
                keys.push(CANDIDATES);
            }
            file.rename_uses(&keys, from, to);
        }
        _ => {}
    }
}
