//! Strategies: which architectures a search looks at. A strategy proposes and observes; it never
//! calls the scorer itself.

mod random;

pub use random::Random;

use crate::space::Architecture;

/// A search strategy.
pub trait Strategy {
    /// The next architecture to score; `None` when the strategy is done.
    fn propose(&mut self) -> Option<Architecture>;

    /// Tells the strategy what an architecture scored; negative infinity where it may not be chosen.
    fn observe(&mut self, architecture: &Architecture, score: f64);

    /// How many architectures it will propose in all, if that is known.
    fn total(&self) -> Option<u64>;
}
