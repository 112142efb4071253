//! How a space generates architectures: at random, in order, from text, or from an index.

use rand::Rng;

use super::topology::{Topology, TopologyDecisions, with_topology};
use super::{Architecture, ArchitectureError, Space};

impl Space {
    fn architecture(&self, decisions: TopologyDecisions) -> Architecture {
        Architecture { decisions, space: self.clone() }
    }

    /// A random architecture: every decision is uniform, and where not all combinations are valid,
    /// the draw is uniform among the valid ones.
    pub fn sample(&self, rng: &mut dyn Rng) -> Architecture {
        with_topology!(self.topology_kind(), |topology, bind| {
            self.architecture(bind(topology.sample(rng)))
        })
    }

    /// All architectures, each [once](Architecture::identity), by index if the space has one.
    pub fn enumerate(&self) -> Box<dyn Iterator<Item = Architecture> + '_> {
        with_topology!(self.topology_kind(), |topology, bind| {
            Box::new(topology.enumerate().map(move |own| self.architecture(bind(own))))
        })
    }

    /// Reads an architecture in the space's notation.
    ///
    /// # Errors
    ///
    /// [`ArchitectureError`] with the invalid part and what was expected.
    pub fn parse(&self, text: &str) -> Result<Architecture, ArchitectureError> {
        with_topology!(self.topology_kind(), |topology, bind| {
            Ok(self.architecture(bind(topology.parse(text)?)))
        })
    }

    /// The architecture with that index in the benchmark's order; `None` if there is none.
    pub fn from_index(&self, index: u64) -> Option<Architecture> {
        with_topology!(self.topology_kind(), |topology, bind| {
            Some(self.architecture(bind(topology.at_index(index)?)))
        })
    }
}
