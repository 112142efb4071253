//! Strategies: which architectures a search looks at. A strategy proposes and observes; it never
//! calls the scorer itself, and never knows where accuracies come from.
//!
//! A strategy is one file here and one entry of [`STRATEGIES`].

mod constraint;
mod evolution;
mod exhaustive;
mod local;
mod measure;
mod pool;
mod random;

pub use constraint::{Constraint, QUANTITIES, Quantity, Value};
pub use evolution::{Evolution, Start};
pub use exhaustive::Exhaustive;
pub use local::Local;
pub use measure::{Measure, Unmeasured};
pub use pool::{Pool, Unsatisfiable};
pub use random::Random;

use serde::{Deserialize, Serialize};

use crate::space::Architecture;

/// What is asked of an architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    /// Its score, without training.
    Score,
    /// Its accuracy after training, from a table or a trainer.
    Accuracy,
}

/// What a strategy wants next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// An answer about an architecture.
    Try(Architecture, Ask),
    /// Answers to what it asked before.
    Wait,
    /// Nothing more.
    Done,
}

/// A search strategy. The same seed and the same answers give the same proposals, however many are
/// answered at a time.
pub trait Strategy {
    /// What it wants next.
    ///
    /// # Errors
    ///
    /// [`Unsatisfiable`] if no architecture within the constraints is found.
    fn next(&mut self) -> Result<Next, Unsatisfiable>;

    /// Tells the answer to one [`Next::Try`], in the order in which they were asked; negative infinity
    /// for what may not be chosen.
    fn observe(&mut self, architecture: &Architecture, ask: Ask, value: f64);

    /// How many architectures it will ask about in all, if that is known.
    fn total(&self) -> Option<u64>;

    /// Architectures that were drawn and rejected by constraints.
    fn rejected(&self) -> u64 {
        0
    }
}

/// The sizes of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Architectures that are asked about.
    pub samples: u64,
    /// Architectures that live at a time.
    pub population: usize,
    /// Architectures of which the best becomes a parent.
    pub tournament: usize,
    /// Architectures that are scored for the first population of AREA.
    pub candidates: usize,
}

/// An entry of [`STRATEGIES`].
pub struct Kind {
    /// The name on the command line.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// What drives it.
    pub drive: Ask,
    /// Makes one; the stream of the seed is its own.
    pub new: for<'m> fn(Pool<'m>, Sizes, u64) -> Box<dyn Strategy + 'm>,
}

/// Every strategy.
pub const STRATEGIES: &[Kind] = &[
    Kind {
        name: "random",
        about: "random architectures, the best by score (NASWOT, algorithm 1 of Mellor et al.)",
        drive: Ask::Score,
        new: |pool, sizes, seed| Box::new(Random::new(pool, sizes.samples, seed, Ask::Score)),
    },
    Kind {
        name: "exhaustive",
        about: "every architecture of the space, by score",
        drive: Ask::Score,
        new: |pool, _, _| Box::new(Exhaustive::new(pool)),
    },
    Kind {
        name: "evolution",
        about: "regularised evolution (Real et al.) on the score",
        drive: Ask::Score,
        new: |pool, sizes, seed| {
            Box::new(Evolution::new(pool, sizes, seed, Ask::Score, Start::Random))
        },
    },
    Kind {
        name: "local",
        about: "hill climbing over neighbours with restarts, on the score",
        drive: Ask::Score,
        new: |pool, sizes, seed| Box::new(Local::new(pool, sizes.samples, seed)),
    },
    Kind {
        name: "area",
        about: "regularised evolution on accuracies, first population by score (AREA, Mellor et al.)",
        drive: Ask::Accuracy,
        new: |pool, sizes, seed| {
            Box::new(Evolution::new(pool, sizes, seed, Ask::Accuracy, Start::Assisted))
        },
    },
    Kind {
        name: "rea",
        about: "regularised evolution on accuracies (REA, Real et al.)",
        drive: Ask::Accuracy,
        new: |pool, sizes, seed| {
            Box::new(Evolution::new(pool, sizes, seed, Ask::Accuracy, Start::Random))
        },
    },
    Kind {
        name: "rs",
        about: "random architectures, the best by accuracy (RS)",
        drive: Ask::Accuracy,
        new: |pool, sizes, seed| Box::new(Random::new(pool, sizes.samples, seed, Ask::Accuracy)),
    },
];

/// The strategy of that name.
pub fn strategy(name: &str) -> Option<&'static Kind> {
    STRATEGIES.iter().find(|kind| kind.name == name)
}
