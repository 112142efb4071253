//! Memory that reading a pickle may take.

use super::PickleError;

/// What is left of the allowed memory. Nothing is given back: the sum of everything that was ever
/// allocated bounds what is in use at any time.
pub struct Budget {
    allowed_bytes: usize,
    left_bytes: usize,
}

impl Budget {
    /// A budget of that many bytes.
    pub const fn new(allowed_bytes: usize) -> Self {
        Self { allowed_bytes, left_bytes: allowed_bytes }
    }

    /// To be called before `bytes` are allocated.
    pub fn take(&mut self, bytes: usize) -> Result<(), PickleError> {
        match self.left_bytes.checked_sub(bytes) {
            Some(left) => {
                self.left_bytes = left;
                Ok(())
            }
            None => Err(PickleError::Memory { allowed_bytes: self.allowed_bytes }),
        }
    }

    /// To be called before a `Vec<T>` grows by `count`. While it moves, a vector holds its old
    /// memory and twice as much new: three times its elements.
    pub fn grow<T>(&mut self, count: usize) -> Result<(), PickleError> {
        self.take(count.saturating_mul(3 * size_of::<T>()))
    }
}
