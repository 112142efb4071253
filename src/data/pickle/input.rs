//! The bytes of a pickle with their position. Nothing is allocated before the bytes are known to exist.

use std::io::{BufRead, Seek};
use std::sync::Arc;

use super::PickleError;
use super::budget::MemoryBudget;

/// A source of known length.
pub struct PickleInput<R> {
    reader: R,
    position: u64,
    length: u64,
}

impl<R: BufRead + Seek> PickleInput<R> {
    /// The rest of `reader`, which has `length` bytes.
    pub fn new(reader: R, length: u64) -> Self {
        Self { reader, position: 0, length }
    }

    /// Bytes read or skipped so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The source, wherever reading has come to.
    pub fn into_reader(self) -> R {
        self.reader
    }

    /// Refuses lengths beyond the end.
    fn claim(&mut self, count: u64) -> Result<(), PickleError> {
        if count > self.length - self.position {
            return Err(PickleError::Truncated { at: self.length });
        }
        self.position += count;
        Ok(())
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A little-endian number of `N` bytes, at most eight.
    pub fn number<const N: usize>(&mut self) -> Result<u64, PickleError> {
        let bytes = self.array::<N>()?;
        Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Whether `count` more bytes are there; to be asked before memory is set aside for them.
    pub fn check(&self, count: u64) -> Result<usize, PickleError> {
        match usize::try_from(count) {
            Ok(size) if count <= self.length - self.position => Ok(size),
            _ => Err(PickleError::Truncated { at: self.length }),
        }
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Result<Arc<[u8]>, PickleError> {
        self.claim(count as u64)?;
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, count).collect();
        if let Some(target) = Arc::get_mut(&mut bytes) {
            self.reader.read_exact(target)?;
        }
        Ok(bytes)
    }

    /// Goes past `count` bytes.
    pub fn skip(&mut self, count: u64) -> Result<(), PickleError> {
        self.claim(count)?;
        let distance =
            i64::try_from(count).map_err(|_| PickleError::Truncated { at: self.length })?;
        Ok(self.reader.seek_relative(distance)?)
    }

    /// The bytes before the next line feed, which is consumed.
    pub fn line(&mut self, budget: &mut MemoryBudget) -> Result<Vec<u8>, PickleError> {
        let mut line = Vec::new();
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Err(PickleError::Truncated { at: self.position });
            }
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let taken = &buffer[..end.unwrap_or(buffer.len())];
            budget.grow::<u8>(taken.len())?;
            line.extend_from_slice(taken);
            let consumed = taken.len() + usize::from(end.is_some());
            self.reader.consume(consumed);
            self.position += consumed as u64;
            if end.is_some() {
                return Ok(line);
            }
        }
    }
}
