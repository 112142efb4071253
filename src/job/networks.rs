//! The source of a job's networks: a search space or a model file.

use std::path::Path;
use std::sync::Arc;

use super::scorer::{Candidate, WeightSource};
use super::{JobConfig, JobError, OnnxWeights, Task, chain};
use crate::graph::{Graph, Shape, analysis};
use crate::onnx;
use crate::space::{Architecture, Space};
use crate::weights::{Initialisation, Weights};

/// Where the networks of a job come from.
#[derive(Clone, Debug)]
pub enum NetworkSource {
    /// A search space: every architecture has a network.
    Space(Box<Space>),
    /// A model file: one network.
    Model(Box<ModelNetwork>),
}

/// The network of a model file.
#[derive(Clone, Debug)]
pub struct ModelNetwork {
    name: String,
    /// The name under which fresh weights are drawn.
    stem: String,
    input: Shape,
    /// What is not certain about the model.
    notices: Vec<String>,
    graph: Graph,
    stored: Arc<Weights>,
    choice: OnnxWeights,
}

impl NetworkSource {
    /// Opens the space of a job, or reads its model file.
    ///
    /// # Errors
    ///
    /// [`JobError::Space`] or [`JobError::Onnx`].
    pub fn open(config: &JobConfig) -> Result<Self, JobError> {
        match &config.task {
            Task::Onnx { path, weights } => {
                Ok(Self::Model(Box::new(ModelNetwork::read(path, *weights)?)))
            }
            Task::Search(_) | Task::Score { .. } => Ok(config.open_space()?.into()),
        }
    }

    /// The shape of one image.
    pub fn input(&self) -> Shape {
        match self {
            Self::Space(space) => space.input(),
            Self::Model(model) => model.input,
        }
    }

    /// How fresh weights are drawn if the options do not say so.
    pub(super) fn initialisation(&self) -> Initialisation {
        match self {
            Self::Space(space) => space.initialisation(),
            Self::Model(_) => Initialisation::default(),
        }
    }

    /// The network of an architecture in the space's notation; a model file has only one, whatever
    /// the text.
    ///
    /// # Errors
    ///
    /// [`JobError::Architecture`] if the space has no such architecture.
    pub fn candidate(&self, architecture: &str) -> Result<Candidate, JobError> {
        match self {
            Self::Space(space) => Ok(candidate(&space.parse(architecture)?)),
            Self::Model(model) => Ok(model.candidate()),
        }
    }
}

impl From<Space> for NetworkSource {
    fn from(space: Space) -> Self {
        Self::Space(Box::new(space))
    }
}

impl ModelNetwork {
    /// Reads a model file.
    pub(super) fn read(path: &Path, choice: OnnxWeights) -> Result<Self, JobError> {
        let model = onnx::read(path)?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Ok(Self {
            name: path.display().to_string(),
            stem: stem.unwrap_or_default(),
            input: model.input,
            notices: model.notices,
            graph: model.graph,
            stored: Arc::new(model.weights),
            choice,
        })
    }

    /// The network.
    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The weights of the file, whether or not they are the ones it is scored with.
    pub(super) fn stored(&self) -> &Weights {
        &self.stored
    }

    /// What is not certain about the model and may change its score.
    pub(super) fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The network, to be scored.
    pub(super) fn candidate(&self) -> Candidate {
        Candidate {
            name: self.name.clone(),
            index: None,
            connected: analysis::connected(&self.graph),
            network: Ok(self.graph.clone()),
            weights: match self.choice {
                OnnxWeights::Keep => WeightSource::Stored(self.stored.clone()),
                OnnxWeights::Fresh => WeightSource::Fresh { architecture: self.stem.clone() },
            },
        }
    }
}

/// The architecture's network, or why there is none.
pub fn candidate(architecture: &Architecture) -> Candidate {
    Candidate {
        name: architecture.to_string(),
        index: architecture.index(),
        connected: architecture.is_connected(),
        network: architecture.build().map_err(|error| chain(&error)),
        weights: WeightSource::Fresh { architecture: architecture.canonical() },
    }
}
