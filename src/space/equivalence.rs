//! Which architectures are the same network.
//!
//! Four keys; each of the others refines the first, and the last refines the third. Equal keys mean
//! the same ...
//!
//! | key | ... | classes of NAS-Bench-201 |
//! |---|---|---|
//! | [`Space::function_key`] | sum of terms at the output, zeros and skips resolved | 4,930 |
//! | [`Space::benchmark_key`] | text by the benchmark's own rule | 6,466 |
//! | [`Space::live_key`] | network, shared layers told apart; equal scores with `--count live` | 5,260 |
//! | [`Space::code_key`] | network with its dead ends; equal scores with every `--count` | more |
//!
//! Neither of the first two tells `f(f(x)) + f(f(x))` with one inner `f` from the same with two,
//! which are different networks. They say which architectures a benchmark treats as one; a cache of
//! scores must use one of the last two.
//!
//! In NAS-Bench-101 the first two tell graphs apart up to the order of their vertices, and nothing is
//! dead, so the last two are one: they also tell which vertices get the channels that are left over
//! where the output's do not divide evenly.

use std::collections::HashMap;

use super::topology::{AnyTopology, Topology, dispatch};
use super::{Architecture, Space};

/// The largest space whose classes of equal architectures are tabulated.
const MAX_TABULATED: u128 = 100_000;

impl Space {
    /// One architecture for all that have the same [`Space::function_key`], in the space's notation:
    /// the one of lowest index. Spaces of more than 100,000 architectures, and those without an
    /// index, give the architecture with everything dead left out. The weights of a network are
    /// drawn by this text.
    pub fn canonical(&self, architecture: &Architecture) -> String {
        let representative = self
            .index(architecture)
            .and_then(|index| self.representatives()?.get(usize::try_from(index).ok()?))
            .and_then(|&index| self.from_index(u64::from(index)));
        self.format(&representative.unwrap_or_else(|| self.reduced(architecture)))
    }

    fn reduced(&self, architecture: &Architecture) -> Architecture {
        dispatch!(&*self.topology, architecture, |topology, own, wrap| wrap(topology.reduced(own)))
            .unwrap_or_else(|| architecture.clone())
    }

    /// By index, the lowest index of the same function.
    fn representatives(&self) -> Option<&[u32]> {
        if self.count() > MAX_TABULATED {
            return None;
        }
        Some(self.representatives.get_or_init(|| {
            let mut first = HashMap::new();
            let by_index =
                (0..).map_while(|index| self.from_index(u64::from(index)).zip(Some(index)));
            by_index
                .map(|(architecture, index)| {
                    *first.entry(self.function_key(&architecture)).or_insert(index)
                })
                .collect()
        }))
    }

    /// The number of different [`Space::canonical`] texts; `None` for spaces that are not tabulated.
    pub fn count_functions(&self) -> Option<usize> {
        let representatives = self.representatives()?;
        let is_first = |(index, first): &(usize, &u32)| *index == **first as usize;
        Some(representatives.iter().enumerate().filter(is_first).count())
    }

    /// What the output computes from the input, as a sorted sum; `0` where nothing arrives, empty
    /// for an architecture of another space (so with the other keys).
    pub fn function_key(&self, architecture: &Architecture) -> String {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.function_key(own))
            .unwrap_or_default()
    }

    /// The text by which the code of the space's own paper tells architectures apart.
    pub fn benchmark_key(&self, architecture: &Architecture) -> String {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.benchmark_key(own))
            .unwrap_or_default()
    }

    /// Equal for architectures that are the same network from input to output, layer by layer: with
    /// `--count live` their scores are equal.
    pub fn live_key(&self, architecture: &Architecture) -> String {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.live_key(own))
            .unwrap_or_default()
    }

    /// Equal for architectures whose ReLUs all see the same, dead ones included: their scores are
    /// equal whatever is counted.
    pub fn code_key(&self, architecture: &Architecture) -> String {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.code_key(own))
            .unwrap_or_default()
    }

    /// Whether a path leads from the input to the output; `false` for an architecture of another
    /// space.
    pub fn connected(&self, architecture: &Architecture) -> bool {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.connected(own))
            .unwrap_or_default()
    }
}
