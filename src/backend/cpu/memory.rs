//! Aligned buffers that grow and are kept as long as the backend lives.

use std::collections::TryReserveError;

use sysinfo::{MemoryRefreshKind, System};

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

/// Bytes the system can still give without swapping, or `None` on a system that does not tell.
pub fn available_bytes() -> Option<u64> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    (system.total_memory() > 0).then(|| system.available_memory())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_here_tell_how_much_memory_is_left() {
        let mut system = System::new().unwrap();
        system.refresh_memory();
        let total = system.total_memory();
        let available = available_bytes().expect("Linux, Windows and macOS tell");
        assert!((1..=total).contains(&available), "{available} of {total} bytes");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_left_is_the_kernels_own_estimate() {
        let kernel = || {
            let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap();
            let line = meminfo.lines().find(|line| line.starts_with("MemAvailable:")).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
        };
        // Other programs allocate meanwhile; "free" or "total" memory would be further off.
        let (told, expected) = (available_bytes().unwrap(), kernel());
        let difference = told.abs_diff(expected);
        assert!(difference < expected / 4, "{told} is not about {expected}");
    }
}
