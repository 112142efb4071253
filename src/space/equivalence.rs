//! Which architectures are the same network.
//!
//! There are four keys. Each of the others refines the first, and the last refines the third. Equal
//! keys mean the same ...
//!
//! | key | ... | classes of NAS-Bench-201 |
//! |---|---|---|
//! | [`Architecture::function_key`] | sum of terms at the output, with zeros and skips resolved | 4,930 |
//! | [`Architecture::benchmark_key`] | text by the benchmark's own rule | 6,466 |
//! | [`Architecture::live_key`] | network, with shared layers distinguished; equal scores if live units are counted | 5,260 |
//! | [`Architecture::code_key`] | network including dead ends; equal scores for every way of counting | more |
//!
//! The first two do not distinguish `f(f(x)) + f(f(x))` with a single inner `f` from the same with two,
//! which are different networks. They state which architectures a benchmark treats as the same; a cache
//! of scores must use one of the last two.
//!
//! In NAS-Bench-101, the first two distinguish graphs up to the order of their vertices. There are no
//! dead ends, so the last two coincide; they also record which vertices get the remaining channels if
//! the channels of the output do not divide evenly.

use std::collections::HashMap;

use super::topology::{Topology, with_decisions};
use super::{Architecture, Space};

/// The largest space whose classes of equal architectures are tabulated.
const MAX_TABULATED: u128 = 100_000;

impl Architecture {
    /// One text for all architectures that have the same [`Self::function_key`], in the space's
    /// notation: the architecture of lowest index. In spaces of more than 100,000 architectures, and
    /// in those without an index, it is the architecture with its dead parts removed. The weights of
    /// a network are drawn by this text.
    pub fn canonical(&self) -> String {
        let representative = self
            .index()
            .or_else(|| self.reduced().index())
            .and_then(|index| self.space.representatives()?.get(usize::try_from(index).ok()?))
            .and_then(|&index| self.space.from_index(u64::from(index)));
        representative.unwrap_or_else(|| self.reduced()).to_string()
    }

    /// What the output computes from the input, as a sorted sum; `0` if nothing reaches the output.
    pub fn function_key(&self) -> String {
        with_decisions!(&self.decisions, |topology, own, _bind| topology.function_key(own))
    }

    /// The text by which the code of the space's paper distinguishes architectures.
    pub fn benchmark_key(&self) -> String {
        with_decisions!(&self.decisions, |topology, own, _bind| topology.benchmark_key(own))
    }

    /// Equal for architectures that are the same network from input to output, layer by layer. Their
    /// scores are equal if only live units are counted.
    pub fn live_key(&self) -> String {
        with_decisions!(&self.decisions, |topology, own, _bind| topology.live_key(own))
    }

    /// Equal for architectures whose ReLUs all receive the same values, dead ones included. Their
    /// scores are equal for every way of counting.
    pub fn code_key(&self) -> String {
        with_decisions!(&self.decisions, |topology, own, _bind| topology.code_key(own))
    }

    /// Whether a path leads from the input to the output.
    pub fn is_connected(&self) -> bool {
        with_decisions!(&self.decisions, |topology, own, _bind| topology.is_connected(own))
    }
}

impl Space {
    /// By index, the lowest index of the same function; `None` for spaces that are not tabulated.
    fn representatives(&self) -> Option<&[u32]> {
        if self.count() > MAX_TABULATED {
            return None;
        }
        Some(self.definition.representatives.get_or_init(|| {
            let mut first = HashMap::new();
            let by_index =
                (0..).map_while(|index| self.from_index(u64::from(index)).zip(Some(index)));
            by_index
                .map(|(architecture, index)| {
                    *first.entry(architecture.function_key()).or_insert(index)
                })
                .collect()
        }))
    }

    /// The number of distinct [`Architecture::canonical`] texts; `None` for spaces that are not
    /// tabulated. Hidden: for tests.
    #[doc(hidden)]
    pub fn count_functions(&self) -> Option<usize> {
        let representatives = self.representatives()?;
        let is_first = |(index, first): &(usize, &u32)| *index == **first as usize;
        Some(representatives.iter().enumerate().filter(is_first).count())
    }
}
