//! Files as streams: decompressed if gzip compressed them, with a count of the bytes read, and limited
//! to a section.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use crate::input::{InputKind, open_input};

/// How gzip's files begin.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The bytes of a file, unpacked where gzip packed them.
pub(super) struct TableStream {
    pub reader: Box<dyn BufRead>,
    pub progress: BytesRead,
}

/// How much of a file was read.
#[derive(Clone)]
pub(super) struct BytesRead {
    read: Rc<Cell<u64>>,
    length: u64,
}

impl BytesRead {
    /// From 0 to 1.
    pub fn share(&self) -> f64 {
        self.read.get() as f64 / self.length.max(1) as f64
    }
}

impl TableStream {
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = open_input(path, InputKind::BenchmarkTable)?;
        let progress = BytesRead { read: Rc::default(), length: file.metadata()?.len() };
        let mut file = BufReader::with_capacity(
            1 << 16,
            CountingReader { inner: file, read: Rc::clone(&progress.read) },
        );
        let reader: Box<dyn BufRead> = if file.fill_buf()?.starts_with(&GZIP) {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)))
        } else {
            Box::new(file)
        };
        Ok(Self { reader, progress })
    }
}

/// Whether a file is packed by gzip.
pub(super) fn is_packed(path: &Path) -> std::io::Result<bool> {
    let mut head = Vec::new();
    open_input(path, InputKind::BenchmarkTable)?.take(2).read_to_end(&mut head)?;
    Ok(head == GZIP)
}

/// Counts the bytes that pass.
struct CountingReader<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}

/// Lets a number of bytes pass; more are an error until the next allowance.
pub(super) struct ReadAllowance<R> {
    inner: R,
    left: usize,
}

impl<R: Read> ReadAllowance<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, left: 0 }
    }

    pub fn allow(&mut self, bytes: usize) {
        self.left = bytes;
    }
}

impl<R: Read> Read for ReadAllowance<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Err(std::io::Error::other("a row is too long for a benchmark table"));
        }
        let most = buffer.len().min(self.left);
        let count = self.inner.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(count)
    }
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
