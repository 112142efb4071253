//! How a space generates architectures: at random, in order, from text, or from an index.

use std::sync::OnceLock;

use rand::Rng;

use super::topology::{AnyTopology, Topology, TopologyDecisions, with_topology};
use super::{Architecture, ArchitectureError, Space, builtin, naslib};
use crate::{nearest, seed};

/// What messages say that show the notation themselves.
const WRITTEN: &str = "an architecture is written";
/// The longest text that is compared with the notations of other spaces, in bytes.
const LONGEST_ELSEWHERE: usize = 4096;

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

    /// Reads an architecture in the space's notation, by its index in the benchmark's order where the
    /// space has one and its notation is not made of digits itself, or as NASLib's list of numbers for
    /// the cells of NAS-Bench-201 and NAS-Bench-101.
    ///
    /// # Errors
    ///
    /// [`ArchitectureError`] with the invalid part and what was expected.
    pub fn parse(&self, text: &str) -> Result<Architecture, ArchitectureError> {
        self.parse_row(text).map_err(|error| match self.other_space(text) {
            Some(id) => ArchitectureError {
                reason: format!("{}; it is an architecture of the space `{id}`", error.reason),
                ..error
            },
            None => error,
        })
    }

    /// The same for one of many rows: the message says nothing of other spaces, which takes longer.
    ///
    /// # Errors
    ///
    /// As [`Space::parse`].
    pub(crate) fn parse_row(&self, text: &str) -> Result<Architecture, ArchitectureError> {
        let own = self.parse_own(text);
        let read = match own {
            Ok(architecture) => return Ok(architecture),
            Err(error) => self.parse_numbers(text).unwrap_or(Err(error)),
        };
        read.map_err(|error| match error.reason.contains(WRITTEN) {
            true => error,
            false => ArchitectureError { example: self.example().to_owned(), ..error },
        })
    }

    /// The first built-in space of another topology or notation that reads a text.
    fn other_space(&self, text: &str) -> Option<&'static str> {
        static BUILTINS: OnceLock<Vec<Space>> = OnceLock::new();
        if text.len() > LONGEST_ELSEWHERE {
            return None;
        }
        let all = BUILTINS.get_or_init(|| Self::builtins().unwrap_or_default());
        let reads = |space: &&Self| space.id() != self.id() && space.parse_own(text).is_ok();
        let found = all.iter().find(reads)?;
        builtin::ids().find(|id| *id == found.id())
    }

    fn parse_own(&self, text: &str) -> Result<Architecture, ArchitectureError> {
        with_topology!(self.topology_kind(), |topology, bind| {
            Ok(self.architecture(bind(topology.parse(text)?)))
        })
    }

    /// Reads an index or a list of numbers; nothing if it is neither.
    fn parse_numbers(&self, text: &str) -> Option<Result<Architecture, ArchitectureError>> {
        let text = text.trim();
        let wrong = |reason: String| {
            let token = nearest::excerpt(text);
            Err(ArchitectureError::new(token.clone(), token, reason))
        };
        let is_notation =
            matches!(self.topology_kind(), AnyTopology::Layers(own) if own.is_digits());
        let is_index = !is_notation && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if is_index && self.from_index(0).is_some() {
            let found = text.parse().ok().and_then(|index| self.from_index(index));
            let last = self.count().saturating_sub(1);
            return Some(found.map_or_else(
                || wrong(format!("is not an index of this space, which are 0 to {last}")),
                Ok,
            ));
        }
        let numbers = naslib::numbers(text)?;
        match self.topology_kind() {
            AnyTopology::EdgeCell(_) if naslib::has_edge_operations(&self.operation_names()) => {
                let written = naslib::edge_cell(&numbers)?;
                Some(written.map_or_else(wrong, |written| self.parse_own(&written)))
            }
            AnyTopology::VertexCell(_) => Some(self.parse_own(&naslib::vertex_cell(&numbers)?)),
            _ => None,
        }
    }

    /// An architecture that shows the notation.
    fn example(&self) -> &str {
        self.definition.example.get_or_init(|| {
            self.sample(&mut seed::stream(0, &["example of a notation"])).to_string()
        })
    }

    /// The architecture with that index in the benchmark's order; `None` if there is none.
    pub fn from_index(&self, index: u64) -> Option<Architecture> {
        with_topology!(self.topology_kind(), |topology, bind| {
            Some(self.architecture(bind(topology.at_index(index)?)))
        })
    }
}
