//! Spaces and jobs read from files and names for a new search, and why they could not be opened.

use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::drawing::{most_varied, variety};
use untrained::graph::cost::Cost;
use untrained::job::{JobConfig, chain};
use untrained::space::{Decision, Drawing, Space, SpaceError, SpaceProblem};

/// Random architectures from which a card shows the one whose drawing has the most different operations.
const CARD_SAMPLES: usize = 40;

/// Random architectures of which one is shown.
const SHOWN_SAMPLES: usize = 32;

/// A search space as the start screen shows it.
pub struct SpaceCard {
    /// The space.
    pub space: Space,
    /// The cells of an architecture of it.
    pub drawings: Vec<Drawing>,
}

/// Why a space cannot be opened.
#[derive(Clone, Debug, Default)]
pub struct LoadError {
    /// The file or the name.
    pub name: String,
    /// What went wrong, if not in the file.
    pub message: String,
    /// What is wrong in the file.
    pub problems: Vec<SpaceProblem>,
}

/// An architecture of the space that is looked at.
#[derive(Clone, Debug, Default)]
pub struct SampleArchitecture {
    /// Its text.
    pub text: String,
    /// Its cells.
    pub drawings: Vec<Drawing>,
    /// Its decisions.
    pub choices: Vec<Decision>,
    /// Whether each of them has an effect on the network.
    pub effects: Vec<bool>,
}

/// A file or name that was opened.
pub enum OpenedFile {
    /// A search space.
    Space(Box<Space>),
    /// A job, with its space or why that cannot be opened.
    Job(Box<JobConfig>, Result<Box<Space>, String>),
    /// A benchmark table.
    BenchmarkTable(PathBuf),
    /// None of these.
    Failed(LoadError),
}

/// Opens a space by id or file, a job file or a benchmark table.
pub fn open_file(name: &str) -> OpenedFile {
    let path = Path::new(name);
    let error = match Space::open(name) {
        Ok(space) => return OpenedFile::Space(Box::new(space)),
        Err(error) => error,
    };
    // A job file is TOML as well: what is a good one is no faulty space.
    if let Ok(job) = JobConfig::load(path) {
        let space = job.open_space().map(Box::new).map_err(|error| chain(&error));
        return OpenedFile::Job(Box::new(job), space);
    }
    if is_benchmark_table(path) {
        return OpenedFile::BenchmarkTable(path.to_owned());
    }
    OpenedFile::Failed(LoadError::new(name, error))
}

impl LoadError {
    /// Why a space of that name cannot be opened.
    pub fn new(name: &str, error: SpaceError) -> Self {
        let name = name.to_owned();
        match error {
            SpaceError::Invalid { problems, .. } => Self { name, message: String::new(), problems },
            error => Self { name, message: chain(&error), problems: Vec::new() },
        }
    }
}

/// Whether a file or folder is a benchmark table; one in TOML is a faulty space or job.
fn is_benchmark_table(path: &Path) -> bool {
    let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    !is_toml && path.exists() && untrained::benchmark::open(path).is_ok()
}

impl SpaceCard {
    /// A built-in space with a connected example, the same one every time.
    ///
    /// # Errors
    ///
    /// Why the space cannot be opened.
    pub fn builtin(id: &str) -> Result<Self, String> {
        let space = Space::builtin(id).map_err(|error| chain(&error))?;
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let samples = (0..CARD_SAMPLES).map(|_| space.sample(&mut rng));
        let connected = samples.filter(|architecture| architecture.is_connected());
        let drawings = most_varied(connected.map(|architecture| architecture.drawings()));
        Ok(Self { space, drawings })
    }
}

impl SampleArchitecture {
    /// A random architecture of a space that is worth a look: of a few, the connected one whose drawing
    /// has the most different parts. Most random cells of some spaces are all but empty.
    pub fn draw(space: &Space, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let drawn = (0..SHOWN_SAMPLES).map(|_| space.sample(&mut rng));
        let best = drawn.max_by_key(|one| (one.is_connected(), variety(&one.drawings())));
        best.map_or_else(Self::default, |architecture| {
            let choices = architecture.decisions();
            Self {
                text: architecture.to_string(),
                drawings: architecture.drawings(),
                effects: effects(&choices),
                choices,
            }
        })
    }
}

/// Whether each decision about a graph has an effect: those on vertices that lie on no path from the first
/// vertex to the last have none. Where edges are no yes or no, all have one.
fn effects(choices: &[Decision]) -> Vec<bool> {
    let edge = |choice: &Decision| {
        let (from, to) = choice.name.strip_prefix("edge ")?.split_once('-')?;
        let is_there = match choice.value.as_str() {
            "1" => true,
            "0" => false,
            _ => return None,
        };
        Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?, is_there))
    };
    let edges: Vec<_> = choices.iter().filter_map(edge).collect();
    let Some(last) = edges.iter().map(|edge| edge.1).max() else {
        return vec![true; choices.len()];
    };
    let mut from_input = vec![false; last + 1];
    let mut to_output = from_input.clone();
    (from_input[0], to_output[last]) = (true, true);
    let mut there: Vec<_> = edges.iter().filter(|edge| edge.2 && edge.0 < edge.1).collect();
    there.sort();
    there.iter().for_each(|edge| from_input[edge.1] |= from_input[edge.0]);
    there.iter().rev().for_each(|edge| to_output[edge.0] |= to_output[edge.1]);
    let lives = |vertex: usize| {
        from_input.get(vertex).copied().unwrap_or(true)
            && to_output.get(vertex).copied().unwrap_or(true)
    };
    let has_effect = |choice: &Decision| match edge(choice) {
        Some((from, to, _)) => lives(from) && lives(to),
        None => {
            let vertex = choice.name.strip_prefix("vertex ");
            vertex.and_then(|vertex| vertex.parse().ok()).is_none_or(lives)
        }
    };
    choices.iter().map(has_effect).collect()
}

/// Parameters and multiply-accumulates of random architectures: an endless sequence.
pub fn random_costs(space: &Space) -> impl Iterator<Item = Option<[f64; 2]>> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    std::iter::repeat_with(move || {
        let cost = Cost::of(&space.sample(&mut rng).build().ok()?);
        Some([cost.params as f64, cost.macs as f64])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_are_shown_are_worth_a_look() {
        let space = Space::builtin("nas-bench-101").unwrap();
        let few = |seed| {
            let sample = SampleArchitecture::draw(&space, seed);
            sample.drawings[0].nodes.len() < 6
        };
        let dull = (0..40).filter(|&seed| few(seed)).count();
        assert!(dull <= 2, "{dull} of 40 cells have less than four operations");
    }

    // What is listed and what is drawn agree: an edge has an effect exactly if it is drawn or could be
    // between two vertices that are.
    #[test]
    fn decisions_beside_the_drawing_have_no_effect() {
        let choice =
            |name: &str, value: &str| Decision { name: name.to_owned(), value: value.to_owned() };
        // 0 to 1 to 3; vertex 2 only leads to the output.
        let choices = [
            choice("edge 0-1", "1"),
            choice("edge 0-2", "0"),
            choice("edge 0-3", "0"),
            choice("edge 1-2", "0"),
            choice("edge 1-3", "1"),
            choice("edge 2-3", "1"),
            choice("vertex 1", "conv"),
            choice("vertex 2", "conv"),
        ];
        assert_eq!(effects(&choices), [true, false, true, false, true, false, true, false]);
        let space = Space::builtin("nas-bench-101").unwrap();
        for seed in 0..20 {
            let sample = SampleArchitecture::draw(&space, seed);
            let there = sample.choices.iter().zip(&sample.effects);
            let edges = there.filter(|(one, effect)| **effect && one.value == "1").count();
            let vertices = sample.choices.iter().zip(&sample.effects);
            let vertices =
                vertices.filter(|(one, effect)| **effect && one.name.starts_with("vertex"));
            assert_eq!(edges, sample.drawings[0].edges.len());
            assert_eq!(vertices.count() + 2, sample.drawings[0].nodes.len());
        }
        let cell = Space::builtin("nas-bench-201").unwrap();
        assert!(SampleArchitecture::draw(&cell, 0).effects.iter().all(|effect| *effect));
    }
}
