//! The architectures of a space: made, written, read, numbered, built.

use rand::Rng;

use super::drawing::Drawing;
use super::topology::{AnyTopology, Choice, Topology, dispatch, with_topology};
use super::{Architecture, ArchitectureError, BuildError, Space};
use crate::graph::Graph;

impl Space {
    /// An architecture, every decision uniformly at random; where not all decisions fit together,
    /// uniformly among those that do.
    pub fn sample(&self, rng: &mut dyn Rng) -> Architecture {
        with_topology!(&*self.topology, |topology, wrap| wrap(topology.sample(rng)))
    }

    /// All architectures, each [once](Space::identity), by index where they have one.
    pub fn enumerate(&self) -> Box<dyn Iterator<Item = Architecture> + '_> {
        with_topology!(&*self.topology, |topology, wrap| Box::new(topology.enumerate().map(wrap)))
    }

    /// Reads an architecture in the space's notation.
    ///
    /// # Errors
    ///
    /// [`ArchitectureError`] that names the part that is wrong and what was expected.
    pub fn parse(&self, text: &str) -> Result<Architecture, ArchitectureError> {
        with_topology!(&*self.topology, |topology, wrap| topology.parse(text).map(wrap))
    }

    /// Writes an architecture in the space's notation; empty for one of another space.
    pub fn format(&self, architecture: &Architecture) -> String {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.format(own))
            .unwrap_or_default()
    }

    /// Equal for architectures that are one to [`Space::count`] and [`Space::enumerate`]: where the
    /// order of a graph's vertices is no decision, that of another order; empty for one of another
    /// space.
    pub fn identity(&self, architecture: &Architecture) -> String {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.identity(own))
            .unwrap_or_default()
    }

    /// The number of an architecture in the benchmark's order; `None` where there is none.
    pub fn index(&self, architecture: &Architecture) -> Option<u64> {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.index(own))?
    }

    /// The architecture of that number; `None` where there is none.
    pub fn from_index(&self, index: u64) -> Option<Architecture> {
        with_topology!(&*self.topology, |topology, wrap| topology.at_index(index).map(wrap))
    }

    /// All architectures that differ in exactly one decision; none for one of another space.
    pub fn neighbours(&self, architecture: &Architecture) -> Vec<Architecture> {
        dispatch!(&*self.topology, architecture, |topology, own, wrap| {
            topology.neighbours(own).into_iter().map(wrap).collect()
        })
        .unwrap_or_default()
    }

    /// An architecture that differs in exactly one decision, uniformly at random; the same one for
    /// one of another space or where nothing can be changed.
    pub fn mutate(&self, architecture: &Architecture, rng: &mut dyn Rng) -> Architecture {
        dispatch!(&*self.topology, architecture, |topology, own, wrap| {
            wrap(topology.mutate(own, rng))
        })
        .unwrap_or_else(|| architecture.clone())
    }

    /// The network of an architecture.
    ///
    /// Layers are labelled by what they compute from the cell's input, and sums are in the order of
    /// these labels, so that architectures with equal [`Space::live_key`]s run bit for bit alike
    /// where their weights are drawn by [`Space::canonical`].
    ///
    /// # Errors
    ///
    /// [`BuildError`] if the architecture is one of another space, or holds sizes outside the
    /// space's own choices with which the layers do not fit together.
    pub fn build(&self, architecture: &Architecture) -> Result<Graph, BuildError> {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.build(own))
            .unwrap_or_else(|| Err(BuildError::Foreign { space: self.id.clone() }))
    }

    /// Every decision with what was chosen, in the same order for all architectures; none for one
    /// of another space.
    pub fn choices(&self, architecture: &Architecture) -> Vec<Choice> {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.choices(own))
            .unwrap_or_default()
    }

    /// The cells or stages of an architecture as graphs to look at; none for one of another space.
    pub fn drawings(&self, architecture: &Architecture) -> Vec<Drawing> {
        dispatch!(&*self.topology, architecture, |topology, own, _wrap| topology.drawings(own))
            .unwrap_or_default()
    }
}
