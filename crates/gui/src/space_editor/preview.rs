//! What a file that is being edited gives: its problems, or how many architectures it has and what a random
//! one costs. Made on a thread.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::setup::opened::{LoadError, SampleArchitecture};
use untrained::graph::cost::Cost;
use untrained::graph::extent::peak_activation_bytes;
use untrained::job::chain;
use untrained::space::{Space, SpaceProblem};

/// Random architectures whose costs give a range.
pub const SAMPLES: usize = 24;

/// What a file gives.
pub struct SpacePreview {
    /// The space.
    pub space: Space,
    /// The number of its architectures.
    pub count: u128,
    /// A random architecture.
    pub sample: SampleArchitecture,
    /// What that one costs, or why it cannot be built.
    pub cost: Result<NetworkCost, String>,
    /// Params and macs of a few others: the least and the most.
    pub ranges: Option<[[u64; 2]; 2]>,
}

/// What a network costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkCost {
    /// Trained parameters.
    pub params: u64,
    /// Multiply-accumulates per image.
    pub macs: u64,
    /// Peak memory of 32-bit activations per image.
    pub bytes: u64,
}

impl SpacePreview {
    /// Of a text, with the random architecture of a seed.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text.
    pub fn new(text: &str, seed: u64) -> Result<Self, Vec<SpaceProblem>> {
        let space = Space::from_text(text, "the space").map_err(|error| {
            let LoadError { message, problems, .. } = LoadError::new("", error);
            match problems.is_empty() {
                true => vec![SpaceProblem { path: String::new(), line: None, message }],
                false => problems,
            }
        })?;
        let sample = SampleArchitecture::draw(&space, seed);
        let cost = space.parse(&sample.text).map_err(|error| chain(&error)).and_then(|drawn| {
            let graph = drawn.build().map_err(|error| chain(&error))?;
            let Cost { params, macs, .. } = Cost::of(&graph);
            Ok(NetworkCost { params, macs, bytes: peak_activation_bytes(&graph) })
        });
        Ok(Self { count: space.count(), ranges: ranges(&space), sample, cost, space })
    }
}

/// Params and macs of a few architectures.
fn ranges(space: &Space) -> Option<[[u64; 2]; 2]> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let built = (0..SAMPLES).filter_map(|_| space.sample(&mut rng).build().ok());
    let costs: Vec<Cost> = built.map(|graph| Cost::of(&graph)).collect();
    let range = |value: fn(&Cost) -> u64| {
        let values = || costs.iter().map(value);
        Some([values().min()?, values().max()?])
    };
    Some([range(|cost| cost.params)?, range(|cost| cost.macs)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_costs_or_problems() {
        let text = Space::builtin_text("nas-bench-macro").unwrap();
        let preview = SpacePreview::new(text, 1).ok().unwrap();
        assert_eq!(preview.count, 6561);
        let cost = preview.cost.unwrap();
        let [params, macs] = preview.ranges.unwrap();
        assert!(params[0] < params[1] && macs[0] < macs[1] && cost.bytes > 4 * 32 * 32 * 32);
        assert!(cost.params > 0 && cost.macs > 0);
        let wrong = text.replace("stride = 2, slots = 3", "stride = \"x\", slots = 3");
        let problems = SpacePreview::new(&wrong, 1).err().unwrap();
        assert!(problems.iter().any(|problem| problem.path == "topology.stages[1].stride"));
    }
}
