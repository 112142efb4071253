//! Aligned buffers that grow and are never returned while the backend lives.

use std::collections::TryReserveError;

use super::simd::LANES;

/// One cache line of floats.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct FloatLine([f32; LANES]);

/// Floats that start on a cache line.
#[derive(Default)]
pub struct FloatBuffer(Vec<FloatLine>);

impl FloatBuffer {
    /// Makes room for `count` values; what was there is kept, new values are zero.
    ///
    /// # Errors
    ///
    /// If the system has no memory for them.
    pub fn grow(&mut self, count: usize) -> Result<(), TryReserveError> {
        let lines = count.div_ceil(LANES);
        if let Some(more) = lines.checked_sub(self.0.len()) {
            self.0.try_reserve_exact(more)?;
            self.0.resize(lines, FloatLine([0.0; LANES]));
        }
        Ok(())
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of_val(self.0.as_slice())
    }

    /// All values.
    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: a line is LANES floats without padding.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * LANES) }
    }

    /// All values, writable.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: a line is LANES floats without padding.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * LANES) }
    }
}

/// Bytes the system can still give without swapping, where it tells (Linux).
pub fn available_bytes() -> Option<u64> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = meminfo.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Words of binary codes per cache line.
pub const WORDS_PER_LINE: usize = 8;

/// One cache line of code words.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct CodeLine([u64; WORDS_PER_LINE]);

/// Code words that start on a cache line.
#[derive(Default)]
pub struct CodeBuffer(Vec<CodeLine>);

impl CodeBuffer {
    /// Makes room for `count` words and sets all of them to zero.
    ///
    /// # Errors
    ///
    /// If the system has no memory for them.
    pub fn reset(&mut self, count: usize) -> Result<(), TryReserveError> {
        let lines = count.div_ceil(WORDS_PER_LINE);
        self.0.clear();
        self.0.try_reserve_exact(lines)?;
        self.0.resize(lines, CodeLine([0; WORDS_PER_LINE]));
        Ok(())
    }

    /// All words.
    pub fn as_slice(&self) -> &[u64] {
        // SAFETY: a line is WORDS_PER_LINE words without padding.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * WORDS_PER_LINE) }
    }

    /// The first word.
    pub fn as_mut_ptr(&mut self) -> *mut u64 {
        self.0.as_mut_ptr().cast()
    }
}
