//! Files as streams, and sections of files.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::input::InputKind;
use crate::tabular::{Packing, UnpackedFile, unpack};

/// Opens a table as a stream.
pub(super) fn open(path: &Path) -> std::io::Result<UnpackedFile> {
    unpack(path, InputKind::BenchmarkTable)
}

/// What packed a file.
pub(super) fn packing(path: &Path) -> std::io::Result<Option<Packing>> {
    Ok(open(path)?.packing)
}

/// A part of a file, as a file of its own.
pub(super) struct FileSection<R> {
    inner: R,
    start: u64,
    length: u64,
    position: u64,
}

impl<R: Read + Seek> FileSection<R> {
    /// `length` bytes from `start` on, as far as they are there.
    pub fn new(mut inner: R, start: u64, length: u64) -> std::io::Result<Self> {
        inner.seek(SeekFrom::Start(start))?;
        Ok(Self { inner, start, length, position: 0 })
    }
}

impl<R: Read> Read for FileSection<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.length.saturating_sub(self.position);
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = self.inner.read(&mut buffer[..most])?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for FileSection<R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
            SeekFrom::End(distance) => self.length.checked_add_signed(distance),
        };
        let absolute = target.and_then(|target| self.start.checked_add(target));
        let (Some(target), Some(absolute)) = (target, absolute) else {
            return Err(std::io::ErrorKind::InvalidInput.into());
        };
        self.inner.seek(SeekFrom::Start(absolute))?;
        self.position = target;
        Ok(target)
    }
}
