//! Detects the format of a file or folder.

use std::io::Read;
use std::path::Path;

use super::error::TableOrigin;
use super::input::TableStream;
use super::{ALL, BenchmarkError, BenchmarkFormat};

/// How many bytes of a file are looked at.
const HEAD_BYTES: u64 = 4096;

/// What is looked at.
pub(super) struct FormatCandidate<'c> {
    /// The file or folder.
    pub path: &'c Path,
    /// Its name in lower case, without a `.gz` at the end.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The first bytes, unpacked where gzip packed them.
    pub head: Vec<u8>,
}

impl<'c> FormatCandidate<'c> {
    fn of(path: &'c Path) -> std::io::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
        let is_folder = path.metadata()?.is_dir();
        let mut head = Vec::new();
        if !is_folder {
            TableStream::open(path)?.reader.take(HEAD_BYTES).read_to_end(&mut head)?;
        }
        Ok(Self { path, name, is_folder, head })
    }

    /// The first character that is no white space.
    pub fn first_character(&self) -> Option<u8> {
        self.head.trim_ascii_start().first().copied()
    }
}

/// The format of a file or folder.
pub(super) fn format(path: &Path) -> Result<&'static BenchmarkFormat, BenchmarkError> {
    let candidate =
        FormatCandidate::of(path).map_err(|error| TableOrigin::new(path).read(error))?;
    ALL.iter().find(|format| (format.detect)(&candidate)).ok_or_else(|| {
        let formats: Vec<_> =
            ALL.iter().map(|format| format!("{} ({})", format.name, format.files)).collect();
        BenchmarkError::Format { path: path.to_owned(), formats: formats.join("; ") }
    })
}

/// At most the first characters of a text that goes into a message.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
