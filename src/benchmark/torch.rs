//! Files written by `torch.save`: where the pickle with the data begins, and how long it is.
//!
//! There are two layouts: a zip archive with an uncompressed member `NAME/data.pkl` and, before PyTorch
//! 1.6, four consecutive pickles with a magic number, a version, facts about the system, and the data.
//! Tensors are stored separately and are never read.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::{CompressionMethod, ZipArchive};

use super::input::FileSection;
use crate::data::pickle::{self, PickleError, PickleLimits};
use crate::tabular::{ArchiveContent, MAX_DIRECTORY_BYTES, check_directory};

/// How zip archives begin.
const ZIP: &[u8] = b"PK\x03\x04";
/// How the older layout begins: protocol 2 and a number of ten bytes.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
/// What the pickles before the data may take.
const LIMITS: PickleLimits = PickleLimits { memory_bytes: 1 << 20, depth: 20 };

/// Why the data could not be found.
pub(super) enum TorchFault {
    Read(std::io::Error),
    Pickle(PickleError),
    /// The problem, and what to do about it.
    Wrong(String),
}

/// Whether bytes are the beginning of such a file.
pub(super) fn is_beginning(head: &[u8], archive: Option<&ArchiveContent>) -> bool {
    // A damaged archive may have been one.
    let is_archive = head.starts_with(ZIP) && archive.is_none_or(|it| *it == ArchiveContent::Torch);
    head.starts_with(LEGACY) || is_archive
}

/// The data of a file, as a file of their own, and its length.
pub(super) fn data(mut file: File) -> Result<(BufReader<FileSection<File>>, u64), TorchFault> {
    let length = file.metadata().map_err(TorchFault::Read)?.len();
    let mut head = Vec::new();
    file.by_ref().take(16).read_to_end(&mut head).map_err(TorchFault::Read)?;
    let (start, length) = if head.starts_with(ZIP) {
        zipped(&file, length)?
    } else if head.starts_with(LEGACY) {
        let start = behind_preface(&file, length)?;
        (start, length - start)
    } else {
        return Err(TorchFault::Wrong(
            "was not written by torch.save: download it again".to_owned(),
        ));
    };
    let section = FileSection::new(file, start, length).map_err(TorchFault::Read)?;
    Ok((BufReader::with_capacity(1 << 16, section), length))
}

/// Where the data stand in an archive, and their length.
fn zipped(file: &File, length: u64) -> Result<(u64, u64), TorchFault> {
    let damaged = |error: &dyn std::fmt::Display| {
        TorchFault::Wrong(format!("is not a readable archive ({error}): download it again"))
    };
    check_directory(file, length, MAX_DIRECTORY_BYTES).map_err(|error| damaged(&error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    let is_data = |name: &str| name == "data.pkl" || name.ends_with("/data.pkl");
    let place = (0..archive.len())
        .find(|&place| {
            archive.name_for_index(place).is_some_and(|name| name.is_ok_and(|name| is_data(&name)))
        })
        .ok_or_else(|| {
            TorchFault::Wrong("has no data.pkl: it was not written by torch.save".to_owned())
        })?;
    let member = archive.by_index_raw(place).map_err(|error| damaged(&error))?;
    if member.compression() != CompressionMethod::Stored {
        return Err(TorchFault::Wrong(
            "has compressed data, which torch.save never writes: save it again with torch.save"
                .to_owned(),
        ));
    }
    let start = member.data_start().ok_or_else(|| damaged(&"its data is missing"))?;
    if start.checked_add(member.size()).is_none_or(|end| end > length) {
        return Err(damaged(&"its data extends beyond the end of the file"));
    }
    Ok((start, member.size()))
}

/// Where the fourth pickle begins.
fn behind_preface(file: &File, length: u64) -> Result<u64, TorchFault> {
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0)).map_err(TorchFault::Read)?;
    for _ in 0..3 {
        let start = reader.stream_position().map_err(TorchFault::Read)?;
        let left = length.saturating_sub(start);
        pickle::scan(&mut reader, left, &LIMITS).map_err(TorchFault::Pickle)?;
    }
    reader.stream_position().map_err(TorchFault::Read)
}
