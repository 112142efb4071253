//! File dialogs: native ones, or answers given in advance.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use untrained::input::{JOB_ENDING, SPACE_ENDING, STUDY_ENDING};

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
    /// The user, in a native dialog.
    #[default]
    Native,
    /// A list of answers, used one after another; once it is empty, there is no answer. Clones share
    /// it.
    Answers(Arc<Mutex<VecDeque<PathBuf>>>),
    /// Nobody: the window has a field for the path.
    Unavailable,
}

/// There are no file dialogs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDialogs;

/// A native dialog that is over after this time without an answer was never shown: nobody is as quick.
const SHOWN: Duration = Duration::from_millis(400);

impl FileDialogs {
    /// Dialogs that are answered from a list, which is empty at first.
    pub fn answered() -> Self {
        Self::Answers(Arc::default())
    }

    /// Adds to the list; has no effect if the user is asked.
    pub fn answer(&self, path: impl Into<PathBuf>) {
        if let Self::Answers(answers) = self {
            answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(path.into());
        }
    }

    /// Asks; `None` if no file is chosen. A native dialog blocks until the user answers, so it must not
    /// be opened by a thread that draws.
    ///
    /// # Errors
    ///
    /// [`NoDialogs`] where none can be shown, as on a desktop without portals.
    pub fn ask(&self, question: &FileQuestion) -> Result<Option<PathBuf>, NoDialogs> {
        match self {
            Self::Answers(answers) => {
                Ok(answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front())
            }
            Self::Native => {
                let begin = Instant::now();
                match native(question) {
                    None if begin.elapsed() < SHOWN => Err(NoDialogs),
                    answer => Ok(answer),
                }
            }
            Self::Unavailable => Err(NoDialogs),
        }
    }
}

/// What a file dialog was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePurpose {
    /// A space, a job or a file of studies to be opened.
    Open,
    /// The images of a search.
    Images,
    /// A table of accuracies for the results that are shown.
    Benchmark,
    /// The file of studies.
    Studies,
    /// The benchmark table of a search.
    SearchTable,
    /// Where the job is written.
    SaveJob,
    /// Where a report is written.
    Report,
    /// Where results are written.
    Export(ExportedRows),
}

/// Which results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportedRows {
    /// All of the study.
    All,
    /// Those that the filters let through.
    Shown,
    /// Those that are selected.
    Selected,
    /// Those with a star.
    Marked,
}

impl FilePurpose {
    /// What a dialog asks; `images_are_a_file` where images are an array, not a folder.
    pub fn question(self, images_are_a_file: bool) -> FileQuestion {
        const STUDIES: &[&str] = &["db", "sqlite", "sqlite3", STUDY_ENDING];
        match self {
            Self::Open => FileQuestion::Open(
                "Spaces, jobs, models, studies",
                &[
                    "toml",
                    "json",
                    "onnx",
                    "db",
                    "sqlite",
                    "sqlite3",
                    SPACE_ENDING,
                    JOB_ENDING,
                    STUDY_ENDING,
                ],
            ),
            // Tensors and files of MNIST have many endings, or none.
            Self::Images if images_are_a_file => FileQuestion::Open("Arrays", &[]),
            Self::Images => FileQuestion::Folder,
            Self::Benchmark | Self::SearchTable => FileQuestion::Open("Tables", &[]),
            Self::Studies => {
                let name = untrained::store::DEFAULT_FILE.to_owned();
                FileQuestion::Save(name, "Study databases", STUDIES)
            }
            Self::SaveJob => {
                FileQuestion::Save("job.toml".to_owned(), "Job files", &["toml", JOB_ENDING])
            }
            Self::Report => {
                FileQuestion::Save("report.html".to_owned(), "HTML pages", &["html", "htm"])
            }
            Self::Export(_) => {
                let endings = &["csv", "jsonl", "parquet"];
                FileQuestion::Save("results.csv".to_owned(), "CSV, JSON Lines, Parquet", endings)
            }
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
        assert_eq!(answers, [Ok(Some("a".into())), Ok(Some("b".into())), Ok(None)]);
        assert_eq!(FileDialogs::Unavailable.ask(&FileQuestion::Folder), Err(NoDialogs));
    }
}
