//! The memory budget for reading a pickle.

use super::PickleError;

/// What is left of the allowed memory. Nothing is given back while a value is made: the sum of
/// everything that was allocated for it bounds what is in use at any time.
pub struct MemoryBudget {
    allowed_bytes: usize,
    left_bytes: usize,
}

impl MemoryBudget {
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

    /// What is left.
    pub const fn left_bytes(&self) -> usize {
        self.left_bytes
    }

    /// To be called after everything was freed that was taken since so much was left.
    pub fn give_back_to(&mut self, left_bytes: usize) {
        self.left_bytes = left_bytes;
    }

    /// To be called before a `Vec<T>` grows by `count`. While it moves, a vector holds its old
    /// memory and twice as much new: three times its elements.
    pub fn grow<T>(&mut self, count: usize) -> Result<(), PickleError> {
        self.take(count.saturating_mul(3 * size_of::<T>()))
    }
}
