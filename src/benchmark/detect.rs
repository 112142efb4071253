//! Detects the format of a file or folder.

use std::io::Read;
use std::path::Path;

use super::error::TableOrigin;
use super::{ALL, BenchmarkError, BenchmarkFormat};
use crate::input::{InputKind, open_input};
use crate::tabular::{ArchiveContent, unpack};

/// How many bytes of a file are looked at.
const HEAD_BYTES: u64 = 1 << 16;
/// Endings of the names of packed files.
const PACKED: [&str; 5] = [".gz", ".bz2", ".xz", ".zst", ".zip"];
/// How files of other formats begin, what they are, and what to do with them.
const OTHERS: [(&[u8], &str, &str); 7] = [
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", IN_PANDAS),
    (b"ARROW1", "an Arrow (Feather) file", IN_PANDAS),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel workbook (.xls)",
        "save it as .xlsx or CSV",
    ),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
    (b"\x80\x03", "a Python pickle of an unknown layout", IN_PANDAS),
    (b"\x80\x04", "a Python pickle of an unknown layout", IN_PANDAS),
    (b"\x80\x05", "a Python pickle of an unknown layout", IN_PANDAS),
];
const IN_PANDAS: &str = "load it in Python and write the table with DataFrame.to_csv";
/// How zip archives begin.
const ZIP: &[u8] = b"PK\x03\x04";

/// What is looked at.
pub(super) struct FormatCandidate<'c> {
    /// The file or folder.
    pub path: &'c Path,
    /// Its name in lower case, without the ending of a packed file.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The first bytes, unpacked.
    pub head: Vec<u8>,
    /// What it is if it is a zip archive that can be read.
    pub archive: Option<ArchiveContent>,
}

impl<'c> FormatCandidate<'c> {
    fn of(path: &'c Path) -> std::io::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let bare = PACKED.iter().find_map(|ending| name.strip_suffix(ending));
        let name = bare.unwrap_or(&name).to_owned();
        let is_folder = path.metadata()?.is_dir();
        let (mut head, mut archive) = (Vec::new(), None);
        if !is_folder {
            let mut file = open_input(path, InputKind::BenchmarkTable)?;
            file.by_ref().take(ZIP.len() as u64).read_to_end(&mut head)?;
            match unpack(path, InputKind::BenchmarkTable) {
                Ok(file) => {
                    head.clear();
                    archive = file.archive;
                    file.reader.take(HEAD_BYTES).read_to_end(&mut head)?;
                }
                // Those who read archives say what is wrong with it.
                Err(_) if head == ZIP => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { path, name, is_folder, head, archive })
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
        if let Some((_, name, advice)) =
            OTHERS.iter().find(|(magic, ..)| candidate.head.starts_with(magic))
        {
            let problem = format!("is {name}, which is not read: {advice}");
            return TableOrigin::new(path).wrong("the file", problem);
        }
        let formats: Vec<_> =
            ALL.iter().map(|format| format!("{} ({})", format.name, format.files)).collect();
        BenchmarkError::Format { path: path.to_owned(), formats: formats.join("; ") }
    })
}
