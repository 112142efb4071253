//! What is known of one architecture: cells, decisions, layers, and on demand its kernel matrix.

use crate::backend::{Cancel, Output};
use crate::cli::describe::{Layer, layers};
use crate::job::{Event, JobConfig, Task, chain, run};
use crate::space::{Choice, Drawing, Space};
use crate::store::Record;

/// An architecture, looked into.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// Its text.
    pub architecture: String,
    /// Why nothing more is known.
    pub fault: Option<String>,
    /// Its cells or stages.
    pub drawings: Vec<Drawing>,
    /// Its decisions.
    pub choices: Vec<Choice>,
    /// Its layers.
    pub(crate) layers: Vec<Layer>,
    /// Whether a path leads from input to output.
    pub connected: bool,
}

impl Inspection {
    /// Looks into an architecture of a space.
    pub fn new(space: &Space, text: &str) -> Self {
        let fault = |fault: String| Self {
            architecture: text.to_owned(),
            fault: Some(fault),
            ..Self::default()
        };
        let architecture = match space.parse(text) {
            Ok(architecture) => architecture,
            Err(error) => return fault(chain(&error)),
        };
        match space.build(&architecture) {
            Err(error) => fault(chain(&error)),
            Ok(graph) => Self {
                architecture: text.to_owned(),
                fault: None,
                drawings: space.drawings(&architecture),
                choices: space.choices(&architecture),
                layers: layers(&graph),
                connected: space.connected(&architecture),
            },
        }
    }
}

/// A kernel matrix as a picture, and what its codes say.
#[derive(Clone, Debug)]
pub struct KernelPicture {
    /// Images in the mini-batch.
    pub images: usize,
    /// Grey levels `[n, n]` row-major, K / V: white where all units agree.
    pub levels: Vec<u8>,
    /// The score.
    pub score: f64,
    /// Counted units V.
    pub units: u64,
    /// The least share of units on which two images agree.
    pub least: f64,
    /// Share of units that are on, for every code point in order.
    pub active: Vec<f64>,
}

impl KernelPicture {
    fn new(record: &Record, output: &Output) -> Self {
        let kernel = &output.kernel;
        let units = kernel.units().max(1) as f64;
        let share = |entry: &u64| *entry as f64 / units;
        let least = kernel.entries().iter().map(share).fold(1.0, f64::min);
        // The range that occurs, so that differences are seen.
        let level = |entry: &u64| ((share(entry) - least) / (1.0 - least).max(1e-9) * 255.0) as u8;
        let codes = output.codes.iter().flatten();
        let active = codes.map(|code| {
            let on: u64 = code.words.iter().map(|word| u64::from(word.count_ones())).sum();
            on as f64 / (code.units * kernel.images()).max(1) as f64
        });
        Self {
            images: kernel.images(),
            levels: kernel.entries().iter().map(level).collect(),
            score: record.score,
            units: kernel.units(),
            least,
            active: active.collect(),
        }
    }

    /// Scores one architecture as a job does and keeps its kernel matrix.
    ///
    /// # Errors
    ///
    /// Why there is none, as a sentence.
    pub fn compute(job: &JobConfig, architecture: &str) -> Result<Self, String> {
        let mut options = job.options.clone();
        options.repeats = 1;
        let task = Task::Score { architectures: vec![architecture.to_owned()] };
        let job = JobConfig { outputs: true, ..JobConfig::new(options, task) };
        let mut found = Err("nothing was scored".to_owned());
        run(&job, &Cancel::new(), &mut |event| {
            if let Event::Scored { record, output } = event {
                found = match output {
                    Some(output) => Ok(Self::new(&record, &output)),
                    None => Err(record.message.unwrap_or_else(|| record.status.name().to_owned())),
                };
            }
        })
        .map_err(|error| chain(&error))?;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Options;

    const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";

    #[test]
    fn an_architecture_is_looked_into() {
        let space = Space::builtin("nas-bench-201").unwrap();
        let seen = Inspection::new(&space, CELL);
        assert!(seen.fault.is_none() && seen.connected);
        assert_eq!((seen.drawings.len(), seen.choices.len()), (1, 6));
        let graph = space.build(&space.parse(CELL).unwrap()).unwrap();
        let params = crate::graph::cost::Cost::of(&graph).params;
        assert_eq!(seen.layers.iter().map(|layer| layer.params).sum::<u64>(), params);
        let wrong = Inspection::new(&space, "|nor_conv_9x9~0|");
        assert!(wrong.fault.is_some_and(|why| why.contains("nor_conv_9x9")));
    }

    // The diagonal is 1 by definition: a level elsewhere would mean a transposed or shifted picture.
    #[test]
    fn the_kernel_picture_has_a_white_diagonal_and_is_symmetric() {
        let mut options = Options { batch_size: 4, device: "cpu".to_owned(), ..Options::default() };
        options.set = vec!["skeleton.cells=1".parse().unwrap()];
        let job = JobConfig::new(options, Task::default());
        let picture = KernelPicture::compute(&job, CELL).unwrap();
        let at = |i: usize, j: usize| picture.levels[i * 4 + j];
        assert!((0..4).all(|i| at(i, i) == 255));
        assert!((0..4).all(|i| (0..4).all(|j| at(i, j) == at(j, i))));
        assert!(picture.levels.contains(&0) && picture.score.is_finite());
        assert!(!picture.active.is_empty());
        assert!(picture.active.iter().all(|share| (0.0..=1.0).contains(share)));
        assert!(KernelPicture::compute(&job, "nonsense").is_err());
    }
}
