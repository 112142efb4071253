//! Why a pickle could not be read.

/// Why a pickle could not be read. Positions are bytes from the start of the pickle.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    /// The system refused.
    #[error("the pickle could not be read")]
    Read(#[from] std::io::Error),
    /// The bytes end in the middle.
    #[error(
        "the pickle ends at byte {at} in the middle of a value: the file is truncated; download it again"
    )]
    Truncated {
        /// Where more bytes were needed.
        at: u64,
    },
    /// A byte is no operation that the reader knows.
    #[error(
        "byte {at} of the pickle is {opcode:#04x}, which is not an operation that data uses in protocols \
         0 to 5: the file is damaged or not a pickle"
    )]
    Opcode {
        /// The byte.
        opcode: u8,
        /// Its position.
        at: u64,
    },
    /// An operation does not fit what came before it.
    #[error(
        "the operation at byte {at} of the pickle {problem}: the file is damaged; download it again"
    )]
    Malformed {
        /// Its position.
        at: u64,
        /// The problem.
        problem: &'static str,
    },
    /// The values would take more memory than allowed.
    #[error(
        "the pickle needs more than {allowed_bytes} bytes of memory: it is too large or hostile"
    )]
    Memory {
        /// [`super::PickleLimits::memory_bytes`].
        allowed_bytes: usize,
    },
    /// Values are nested deeper than allowed.
    #[error("the pickle nests values more than {allowed} deep: it is damaged or hostile")]
    Depth {
        /// [`super::PickleLimits::depth`].
        allowed: u32,
    },
    /// A value contains itself.
    #[error("a value of the pickle contains itself: such pickles hold no plain data")]
    Cycle,
}
