//! Spaces and jobs read from files and names for a new search, and why they could not be opened.

use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::drawing::most_varied;
use untrained::graph::cost::Cost;
use untrained::job::{JobConfig, chain};
use untrained::space::{Decision, Drawing, Space, SpaceError, SpaceProblem};

/// Random architectures from which a card shows the one whose drawing has the most different operations.
const CARD_SAMPLES: usize = 40;

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
    let load_error =
        |message: String| LoadError { name: name.to_owned(), message, problems: Vec::new() };
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
    OpenedFile::Failed(match error {
        SpaceError::Invalid { problems, .. } => LoadError { problems, ..load_error(String::new()) },
        error => load_error(chain(&error)),
    })
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
    /// A random architecture of a space.
    pub fn draw(space: &Space, seed: u64) -> Self {
        let architecture = space.sample(&mut ChaCha8Rng::seed_from_u64(seed));
        Self {
            text: architecture.to_string(),
            drawings: architecture.drawings(),
            choices: architecture.decisions(),
        }
    }
}

/// Parameters and multiply-accumulates of random architectures: an endless sequence.
pub fn random_costs(space: &Space) -> impl Iterator<Item = Option<[f64; 2]>> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    std::iter::repeat_with(move || {
        let cost = Cost::of(&space.sample(&mut rng).build().ok()?);
        Some([cost.params as f64, cost.macs as f64])
    })
}
