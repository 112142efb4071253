//! Questions for files: native dialogs, or answers that were given beforehand.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileQuestion {
    /// A file to read: what kinds are meant, and their endings; any, where there is no ending.
    Open(&'static str, &'static [&'static str]),
    /// A folder to read.
    Folder,
    /// A file to write: the name it may have, what kinds there are, and their endings.
    Save(String, &'static str, &'static [&'static str]),
}

/// Who answers.
#[derive(Clone, Debug, Default)]
pub enum FileDialogs {
    /// A person, in a dialog of the system.
    #[default]
    Native,
    /// A list, one answer after the other; where there is none left, none is given. Clones share it.
    Answers(Arc<Mutex<VecDeque<PathBuf>>>),
}

impl FileDialogs {
    /// Dialogs that are answered from a list, which is empty at first.
    pub fn answered() -> Self {
        Self::Answers(Arc::default())
    }

    /// Adds to the list; a person needs no list.
    pub fn answer(&self, path: impl Into<PathBuf>) {
        if let Self::Answers(answers) = self {
            answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(path.into());
        }
    }

    /// Asks; `None` where no file is chosen. A native dialog waits for the person: not for a thread
    /// that draws.
    pub fn ask(&self, question: &FileQuestion) -> Option<PathBuf> {
        match self {
            Self::Answers(answers) => {
                answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
            }
            Self::Native => native(question),
        }
    }
}

fn native(question: &FileQuestion) -> Option<PathBuf> {
    let dialog = rfd::FileDialog::new();
    match question {
        FileQuestion::Open(_, []) => dialog.pick_file(),
        FileQuestion::Open(kinds, endings) => dialog.add_filter(*kinds, endings).pick_file(),
        FileQuestion::Folder => dialog.pick_folder(),
        FileQuestion::Save(name, kinds, endings) => {
            dialog.add_filter(*kinds, endings).set_file_name(name.as_str()).save_file()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order_and_end() {
        let dialogs = FileDialogs::answered();
        let asked = dialogs.clone();
        dialogs.answer("a");
        dialogs.answer("b");
        let answers: Vec<_> = (0..3).map(|_| asked.ask(&FileQuestion::Folder)).collect();
        assert_eq!(answers, [Some("a".into()), Some("b".into()), None]);
    }
}
