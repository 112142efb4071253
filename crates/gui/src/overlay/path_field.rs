//! A field for the path of a file, where the system shows no file dialogs: the names in a folder complete
//! what is typed.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use super::dialogs::{FilePurpose, FileQuestion};
use crate::picture::CapturedPicture;
use untrained::job::chain;
use untrained::store::{check_store_address, is_server};

/// The most names that are offered.
const OFFERED: usize = 12;

/// What a path is for.
#[derive(Clone)]
pub enum PathTarget {
    /// What a file dialog is for.
    Purpose(FilePurpose),
    /// A picture to be written.
    Picture(Box<CapturedPicture>),
    /// Where networks are exported to.
    Export,
    /// Where the space that is edited is saved.
    Space,
}

/// A path that is asked for.
#[derive(Clone)]
pub struct PathField {
    /// The question.
    pub question: FileQuestion,
    /// What the path is for.
    pub target: PathTarget,
    /// What is typed.
    pub text: String,
    /// Paths that begin so, folders with a separator at their end.
    pub completions: Vec<String>,
}

impl PathField {
    /// A field with the folder in which the program was started.
    pub fn new(question: FileQuestion, target: PathTarget) -> Self {
        let folder = std::env::current_dir().ok().or_else(std::env::home_dir).unwrap_or_default();
        let mut text = with_separator(&folder);
        if let FileQuestion::Save(name, ..) = &question {
            text.push_str(name);
        }
        Self { question, target, text, completions: Vec::new() }
    }

    /// What is asked for.
    pub fn title(&self) -> String {
        match &self.question {
            FileQuestion::Open(kinds, []) => format!("Open: {kinds}"),
            FileQuestion::Open(kinds, endings) => {
                format!("Open: {kinds} (.{})", endings.join(", ."))
            }
            FileQuestion::Folder => "Choose a folder".to_owned(),
            FileQuestion::Save(_, kinds, endings) => {
                format!("Save: {kinds} (.{})", endings.join(", ."))
            }
        }
    }

    /// The path that is typed; nothing where it does not answer the question, with why.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn path(&self) -> Result<PathBuf, String> {
        let path = PathBuf::from(self.text.trim());
        let is_folder = path.is_dir();
        match &self.question {
            _ if self.text.trim().is_empty() => Err("type the path of a file".to_owned()),
            _ if self.takes_servers() && is_server(&path) => match check_store_address(&path) {
                Ok(()) => Ok(path),
                Err(error) => Err(chain(&error)),
            },
            FileQuestion::Folder if !is_folder => Err("is not a folder".to_owned()),
            FileQuestion::Open(..) if !path.exists() => Err("file not found".to_owned()),
            // A benchmark table or images may be a folder.
            FileQuestion::Open(_, endings) if is_folder && !endings.is_empty() => {
                Err("is a folder: type the name of a file in it".to_owned())
            }
            FileQuestion::Save(..) if is_folder => {
                Err("is a folder: type the name of a file in it".to_owned())
            }
            FileQuestion::Save(..)
                if path
                    .parent()
                    .is_some_and(|parent| !parent.as_os_str().is_empty() && !parent.is_dir()) =>
            {
                Err("its folder does not exist".to_owned())
            }
            _ => Ok(path),
        }
    }

    /// Whether the answer may be the address of a database of studies.
    fn takes_servers(&self) -> bool {
        matches!(self.target, PathTarget::Purpose(FilePurpose::Studies | FilePurpose::Open))
    }

    /// Whether a file would be replaced.
    pub fn replaces(&self) -> bool {
        matches!(self.question, FileQuestion::Save(..)) && Path::new(self.text.trim()).is_file()
    }

    /// The text of the button that answers.
    pub fn verb(&self) -> &'static str {
        match self.question {
            FileQuestion::Save(..) if self.replaces() => "Replace file",
            FileQuestion::Save(..) => "Save file",
            FileQuestion::Open(..) => "Open file",
            FileQuestion::Folder => "Choose folder",
        }
    }
}

fn with_separator(folder: &Path) -> String {
    let text = folder.to_string_lossy().into_owned();
    if text.ends_with(MAIN_SEPARATOR) { text } else { format!("{text}{MAIN_SEPARATOR}") }
}

/// What typed text can be completed to, in order of the names: folders, and files with one of these
/// endings where there are any.
pub fn completions(text: &str, question: &FileQuestion) -> Vec<String> {
    let text = text.trim_start();
    let cut = text.rfind(['/', MAIN_SEPARATOR]).map_or(0, |at| at + 1);
    let (folder, begin) = text.split_at(cut);
    let read = std::fs::read_dir(if folder.is_empty() { "." } else { folder });
    let endings: &[&str] = match question {
        FileQuestion::Open(_, endings) | FileQuestion::Save(_, _, endings) => endings,
        FileQuestion::Folder => &[],
    };
    let is_meant = |path: &Path| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let has_ending = || ending.is_some_and(|ending| endings.contains(&ending.as_str()));
        endings.is_empty() || has_ending()
    };
    let begin = begin.to_lowercase();
    let mut found: Vec<String> = Vec::new();
    for entry in read.into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_hidden = name.starts_with('.') && !begin.starts_with('.');
        if is_hidden || !name.to_lowercase().starts_with(&begin) {
            continue;
        }
        let is_folder = entry.path().is_dir();
        if is_folder {
            found.push(format!("{folder}{name}{MAIN_SEPARATOR}"));
        } else if !matches!(question, FileQuestion::Folder) && is_meant(&entry.path()) {
            found.push(format!("{folder}{name}"));
        }
    }
    found.sort_by_key(|name| name.to_lowercase());
    found.truncate(OFFERED);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(question: FileQuestion, text: &Path) -> PathField {
        let target = PathTarget::Purpose(FilePurpose::Open);
        PathField { text: text.to_string_lossy().into_owned(), ..PathField::new(question, target) }
    }

    #[test]
    fn names_that_begin_so_and_are_meant_are_offered() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.toml", "A2.toml", "a.txt", ".a.toml", "b.toml"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("ab")).unwrap();
        let typed = |begin: &str| folder.path().join(begin).to_string_lossy().into_owned();
        let question = FileQuestion::Open("Spaces", &["toml"]);
        let found = completions(&typed("a"), &question);
        assert_eq!(found, [typed("a.toml"), typed("A2.toml"), typed("ab") + "/"]);
        assert_eq!(completions(&typed("a"), &FileQuestion::Folder), [typed("ab") + "/"]);
        assert!(completions("/no/such/folder/", &question).is_empty());
    }

    #[test]
    fn what_does_not_answer_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        std::fs::write(&file, "").unwrap();
        let open = || FileQuestion::Open("Spaces", &["toml"]);
        let save = || FileQuestion::Save("x.toml".to_owned(), "Jobs", &["toml"]);
        assert_eq!(field(open(), &file).path(), Ok(file.clone()));
        assert!(field(open(), &folder.path().join("no")).path().is_err());
        assert!(field(open(), folder.path()).path().is_err());
        assert!(field(FileQuestion::Folder, folder.path()).path().is_ok());
        assert!(field(save(), &folder.path().join("new.toml")).path().is_ok());
        assert!(field(save(), &folder.path().join("no/new.toml")).path().is_err());
        assert_eq!(field(save(), &file).verb(), "Replace file");
    }
}
