//! Every architecture of a space, in the order of its index.

use super::{Ask, Next, Pool, Strategy, Unsatisfiable};
use crate::space::Architecture;

/// Proposes every architecture once.
pub struct Exhaustive<'m> {
    pool: Pool<'m>,
    ask: Ask,
    at: u64,
    /// The architectures of a space without index.
    listed: Option<std::vec::IntoIter<Architecture>>,
}

impl<'m> Exhaustive<'m> {
    /// All architectures, by score.
    pub fn new(pool: Pool<'m>) -> Self {
        Self::asking(pool, Ask::Score)
    }

    /// All architectures.
    pub fn asking(pool: Pool<'m>, ask: Ask) -> Self {
        Self { pool, ask, at: 0, listed: None }
    }

    fn following(&mut self) -> Option<Architecture> {
        let position = self.at;
        self.at += 1;
        if position == 0 && self.pool.space().from_index(0).is_none() {
            self.listed = Some(self.pool.space().enumerate().collect::<Vec<_>>().into_iter());
        }
        match &mut self.listed {
            Some(listed) => listed.next(),
            None => self.pool.space().from_index(position),
        }
    }
}

impl Strategy for Exhaustive<'_> {
    fn next(&mut self) -> Result<Next, Unsatisfiable> {
        while let Some(architecture) = self.following() {
            if self.pool.admits(&architecture) {
                return Ok(Next::Try(architecture, self.ask));
            }
            if self.pool.stopped() {
                break;
            }
        }
        if self.pool.rejected() >= self.at.saturating_sub(1) && self.pool.is_constrained() {
            return Err(self.pool.unsatisfiable(self.pool.rejected()));
        }
        Ok(Next::Done)
    }

    fn observe(&mut self, _architecture: &Architecture, _ask: Ask, _value: f64) {}

    fn total(&self) -> Option<u64> {
        u64::try_from(self.pool.space().count()).ok()
    }

    fn rejected(&self) -> u64 {
        self.pool.rejected()
    }
}
