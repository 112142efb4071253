//! One architecture: its decisions, bound to the space that made it.

use std::fmt;

use rand::Rng;

use super::drawing::Drawing;
use super::file::GateCount;
use super::topology::{Decision, Topology, TopologyDecisions, with_decisions};
use super::{BuildError, Space};
use crate::graph::{Activation, Graph, gate_activations};

/// One architecture of a [`Space`].
///
/// It is created by [`Space::sample`], [`Space::parse`], [`Space::enumerate`] or [`Space::from_index`]
/// and stays bound to that space, so it cannot be combined with the wrong one. Architectures are equal
/// if their decisions and their [spaces](Space) are. [`Display`](fmt::Display) writes the space's
/// notation, which [`Space::parse`] reads back.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Architecture {
    pub(super) decisions: TopologyDecisions,
    pub(super) space: Space,
}

impl Architecture {
    /// The space it belongs to.
    pub fn space(&self) -> &Space {
        &self.space
    }

    fn sibling(&self, decisions: TopologyDecisions) -> Self {
        Self { decisions, space: self.space.clone() }
    }

    /// Equal for architectures that [`Space::count`] and [`Space::enumerate`] count as one. If the
    /// order of a graph's vertices is not a decision, all orders share one identity.
    pub fn identity(&self) -> String {
        with_decisions!(&self.decisions, |topology, own, _bind| topology.identity(own))
    }

    /// The index of the architecture in the benchmark's order; `None` if the space has no index or the
    /// architecture is outside it.
    pub fn index(&self) -> Option<u64> {
        with_decisions!(&self.decisions, |topology, own, _bind| topology.index(own))
    }

    /// All architectures that differ in exactly one decision.
    pub fn neighbours(&self) -> Vec<Self> {
        with_decisions!(&self.decisions, |topology, own, bind| {
            let neighbours = topology.neighbours(own).into_iter();
            neighbours.map(|decisions| self.sibling(bind(decisions))).collect()
        })
    }

    /// An architecture that differs in exactly one decision, drawn uniformly; the same one if the
    /// space has no other.
    #[must_use]
    pub fn mutate(&self, rng: &mut dyn Rng) -> Self {
        with_decisions!(&self.decisions, |topology, own, bind| {
            self.sibling(bind(topology.mutate(own, rng)))
        })
    }

    /// The same function in the topology's canonical form, with dead parts removed.
    pub(super) fn reduced(&self) -> Self {
        with_decisions!(&self.decisions, |topology, own, bind| {
            self.sibling(bind(topology.reduced(own)))
        })
    }

    /// The network of the architecture.
    ///
    /// Layers are labelled by what they compute from the cell's input, and sums are in the order of
    /// these labels. Architectures with equal [live keys](Self::live_key) therefore give the same
    /// values bit for bit when their weights are drawn by [`Self::canonical`].
    ///
    /// # Errors
    ///
    /// [`BuildError`] if the architecture has sizes that the space does not offer and its layers
    /// do not fit together with them.
    pub fn build(&self) -> Result<Graph, BuildError> {
        let mut graph = with_decisions!(&self.decisions, |topology, own, _bind| topology
            .build(own))
        .map_err(|source| BuildError { architecture: self.to_string(), source })?;
        if self.space.definition.gates == GateCount::Uncounted {
            for id in gate_activations(&graph) {
                if let Some(activation) = graph.node(id).op.activation() {
                    let uncounted = Activation { calls: 0, published_calls: 0, ..activation };
                    graph.set_activation(id, uncounted);
                }
            }
        }
        Ok(graph)
    }

    /// Every decision with its value, in the same order for all architectures of a space.
    pub fn decisions(&self) -> Vec<Decision> {
        with_decisions!(&self.decisions, |topology, own, _bind| topology.decisions(own))
    }

    /// The cells or stages as graphs to look at.
    pub fn drawings(&self) -> Vec<Drawing> {
        with_decisions!(&self.decisions, |topology, own, _bind| topology.drawings(own))
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_decisions!(&self.decisions, |topology, own, _bind| {
            formatter.write_str(&topology.format(own))
        })
    }
}

impl fmt::Debug for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({self})", self.space.id())
    }
}
