//! The source of a job's networks: a search space or a model file.

use std::sync::Arc;

use super::scorer::{Candidate, WeightSource};
use super::{JobConfig, JobError, MiniBatch, ModelOptions, OnnxWeights, Options, Task, chain};
use crate::data::{ImageOverrides, NativeShape, native_shape};
use crate::graph::{Graph, Shape, analysis};
use crate::onnx::{self, BatchNormFacts, Model, OnnxProblem};
use crate::plan::{ActivationSites, Count};
use crate::seed;
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
    channels_last: bool,
    takes_bytes: bool,
    /// What is not certain about the model.
    notices: Vec<String>,
    batch_norm: BatchNormFacts,
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
            Task::Onnx(model) => {
                Ok(Self::Model(Box::new(ModelNetwork::read(model, &config.options)?)))
            }
            Task::Search(_) | Task::Score { .. } => Ok(config.open_space()?.into()),
        }
    }

    /// What is to be known about codes of its networks: of a space, what holds for a random one.
    pub(super) fn notices(&self, count: Count) -> Vec<String> {
        match self {
            Self::Model(model) => model.notices().to_vec(),
            Self::Space(space) => {
                let sample = space.sample(&mut seed::stream(0, &["notices of a space"])).build();
                let sites =
                    sample.map(|graph| ActivationSites::new(&graph, &Weights::default(), count));
                sites.ok().and_then(|sites| sites.note()).into_iter().collect()
            }
        }
    }

    /// The shape of one image.
    pub fn input(&self) -> Shape {
        match self {
            Self::Space(space) => space.input(),
            Self::Model(model) => model.input,
        }
    }

    /// The settings of images that its networks need, with the given ones.
    pub(super) fn image_overrides(&self, given: ImageOverrides) -> ImageOverrides {
        match self {
            Self::Space(_) => given,
            Self::Model(model) => ImageOverrides {
                channels_last: model.channels_last,
                bytes: model.takes_bytes,
                ..given
            },
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

impl ModelOptions {
    /// Reads the model file.
    ///
    /// # Errors
    ///
    /// [`JobError::Onnx`].
    pub fn read(&self, scoring: &Options) -> Result<Model, JobError> {
        let read = |input| onnx::read_with(&self.path, &self.read_options(input));
        let error = match read(scoring.input) {
            Ok(model) => return Ok(model),
            Err(error) => error,
        };
        let OnnxProblem::FreeInput { declared, channels_last, .. } = error.problem else {
            return Err(error.into());
        };
        let source = scoring.images(MiniBatch::Codes);
        let Some(shape) = free_shape(native_shape(&source)?, declared, channels_last) else {
            return Err(error.into());
        };
        let mut model = read(Some(shape))?;
        model.notices.push(format!(
            "the file leaves the shape of its images free: they are {shape}, as those of {source}; the \
             option `input` sets another"
        ));
        Ok(model)
    }
}

/// The shape of one image of a model that leaves some extents free, by that of the images; none if these
/// have no shape of their own, or one that does not fit.
fn free_shape(
    native: NativeShape,
    declared: [Option<usize>; 3],
    channels_last: bool,
) -> Option<Shape> {
    let [channels, height, width] = declared;
    let shape = match native {
        NativeShape::Any => return None,
        NativeShape::Pictures(side) => {
            Shape::new(channels.unwrap_or(3), height.unwrap_or(side), width.unwrap_or(side))
        }
        NativeShape::Array([a, b, c]) => {
            let is_last = channels_last && channels.is_none_or(|channels| c == channels);
            let [own, rows, columns] = if is_last { [c, a, b] } else { [a, b, c] };
            Shape::new(channels.unwrap_or(own), height.unwrap_or(rows), width.unwrap_or(columns))
        }
    };
    (shape.volume() > 0).then_some(shape)
}

impl ModelNetwork {
    /// Reads a model file.
    pub(super) fn read(options: &ModelOptions, scoring: &Options) -> Result<Self, JobError> {
        let model = options.read(scoring)?;
        let path = &options.path;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Ok(Self {
            name: path.display().to_string(),
            stem: stem.unwrap_or_default(),
            input: model.input,
            channels_last: model.channels_last,
            takes_bytes: model.takes_bytes,
            notices: model.notices,
            batch_norm: model.batch_norm,
            graph: model.graph,
            stored: Arc::new(model.weights),
            choice: options.weights,
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

    /// How its batch normalisation is computed.
    pub(super) fn batch_norm(&self) -> BatchNormFacts {
        self.batch_norm
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
