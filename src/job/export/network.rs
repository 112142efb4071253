//! Networks as files for other programs, with the weights they were scored with.

use std::sync::Arc;

use crate::backend::cpu::CpuBackend;
use crate::backend::{Cancel, Network};
use crate::data::{self, ImageSource};
use crate::graph::{Graph, GraphDocument, Shape};
use crate::job::networks::ModelNetwork;
use crate::job::scorer::{Candidate, weight_seeds};
use crate::job::{JobConfig, JobError, Task, WeightSource, candidate, chain};
use crate::onnx::{self, ExportFacts, NormMode};
use crate::plan::{Count, Plan};
use crate::pytorch::{self, PytorchFacts, PytorchModule};
use crate::space::{Architecture, Drawing, Space};
use crate::weights::{Initialisation, Initialiser, Weights};

/// A network that is written to files: the whole network with the weights of the job's first draw, which are
/// those it was scored with, or those of its model file.
#[derive(Clone, Debug)]
pub struct ExportedNetwork {
    name: String,
    /// The name of the network in files.
    title: String,
    graph: Graph,
    weights: Arc<Weights>,
    initialisation: Initialisation,
    metadata: Vec<(String, String)>,
    cells: Vec<Drawing>,
    operations: Vec<String>,
}

/// Forward passes that are timed.
const TIMED_PASSES: usize = 5;

/// Names and values.
type Facts = Vec<(String, String)>;

impl ExportedNetwork {
    /// The network of an architecture. `scores` are kept in files as named texts, next to the architecture,
    /// the space and the seed.
    ///
    /// # Errors
    ///
    /// [`JobError`] if the text is not an architecture of the space, no path leads from its input to its
    /// output, or its network cannot be built.
    pub fn of_architecture(
        config: &JobConfig,
        space: &Space,
        architecture: &str,
        scores: &[(&str, f64)],
    ) -> Result<Self, JobError> {
        let architecture = space.parse(architecture)?;
        let scores =
            scores.iter().map(|(name, value)| (format!("score_{name}"), value.to_string()));
        let facts = [
            ("architecture", architecture.to_string()),
            ("space", space.id().to_owned()),
            ("weight_seed", config.options.weight_seed().to_string()),
        ];
        let facts = facts.map(|(name, text)| (name.to_owned(), text));
        let initialisation = config.options.initialisation.unwrap_or(space.initialisation());
        let facts = (facts.into_iter().collect(), scores.collect());
        let title = format!("{} {}", space.id(), architecture);
        let network =
            Self::of_candidate(candidate(&architecture), initialisation, config, title, facts)?;
        let operations = space.operation_names().into_iter().map(str::to_owned).collect();
        Ok(Self { cells: architecture.drawings(), operations, ..network })
    }

    /// The network of a job's model file.
    ///
    /// # Errors
    ///
    /// [`JobError`] if the job is of no model, or its file cannot be read.
    pub fn of_model(config: &JobConfig) -> Result<Self, JobError> {
        let Task::Onnx(options) = &config.task else {
            let (name, reason) = ("the job".to_owned(), "it has no model file".to_owned());
            return Err(JobError::Unexported { name, reason });
        };
        let model = ModelNetwork::read(options, &config.options)?;
        let candidate = model.candidate();
        let name = options.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let facts = (vec![("model".to_owned(), name.clone())], Vec::new());
        let initialisation = config.options.initialisation.unwrap_or_default();
        Self::of_candidate(candidate, initialisation, config, name, facts)
    }

    fn of_candidate(
        candidate: Candidate,
        initialisation: Initialisation,
        config: &JobConfig,
        title: String,
        (mut metadata, scores): (Facts, Facts),
    ) -> Result<Self, JobError> {
        let name = candidate.name;
        let unexported = |reason: String| JobError::Unexported { name: name.clone(), reason };
        if !candidate.connected {
            return Err(unexported("no path leads from its input to its output".to_owned()));
        }
        let graph = candidate.network.map_err(unexported)?;
        let weights = match candidate.weights {
            WeightSource::Stored(weights) => weights,
            WeightSource::Fresh { architecture } => {
                let seed = weight_seeds(config.options.weight_seed(), 1)[0];
                let nodes = graph.iter().map(|(id, _)| id);
                Arc::new(Initialiser { initialisation, seed }.draw(&graph, &architecture, nodes))
            }
        };
        metadata.push(("initialisation".to_owned(), initialisation.to_string()));
        metadata.push(("untrained_version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
        metadata.extend(scores);
        let (cells, operations) = (Vec::new(), Vec::new());
        Ok(Self { name, title, graph, weights, initialisation, metadata, cells, operations })
    }

    /// The network.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The name of the network, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the network in files.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The operations of its space, whose colours are those of the drawings.
    pub fn operations(&self) -> &[String] {
        &self.operations
    }

    /// The cells as graphs, and the whole network as its parts.
    ///
    /// # Errors
    ///
    /// [`JobError::Unexported`] if the network has no parts.
    pub fn drawings(&self) -> Result<Vec<Drawing>, JobError> {
        let outline = pytorch::outline(&self.graph).map_err(|problem| self.unexported(&problem))?;
        let mut drawings = self.cells.clone();
        drawings.push(Drawing::of_parts("network", outline.parts, &outline.joins));
        Ok(drawings)
    }

    /// The network as a document for other programs.
    ///
    /// # Errors
    ///
    /// [`JobError::Unexported`] if the network has no output.
    pub fn document(&self) -> Result<GraphDocument, JobError> {
        GraphDocument::new(&self.graph, &self.metadata)
            .ok_or_else(|| self.unexported(&"it has no output"))
    }

    /// The bytes of an ONNX model.
    ///
    /// # Errors
    ///
    /// [`JobError::Unexported`] if a node cannot be written.
    pub fn onnx(&self, norm_mode: NormMode) -> Result<Vec<u8>, JobError> {
        let facts =
            ExportFacts { name: self.title.clone(), metadata: self.metadata.clone(), norm_mode };
        onnx::export(&self.graph, &self.weights, &facts)
            .map_err(|problem| self.unexported(&problem))
    }

    /// PyTorch source; with the name of a file for the weights also these.
    ///
    /// # Errors
    ///
    /// [`JobError::Unexported`] if a node cannot be written.
    pub fn pytorch(&self, weights_file: Option<&str>) -> Result<PytorchModule, JobError> {
        let facts = PytorchFacts {
            title: self.title.clone(),
            metadata: self.metadata.clone(),
            initialisation: self.initialisation,
            weights_file: weights_file.map(str::to_owned),
        };
        let weights = weights_file.map(|_| &*self.weights);
        pytorch::export(&self.graph, weights, &facts).map_err(|problem| self.unexported(&problem))
    }

    /// The time of each node on the native backend, by [`crate::graph::NodeId`]: milliseconds of one thread
    /// for one image, the least of a few forward passes of random images, see
    /// [`CpuBackend::node_times`]. A node that is computed together with others has zero.
    ///
    /// # Errors
    ///
    /// [`JobError`] if the network cannot be planned or run, or the measurement is cancelled.
    pub fn node_times_ms(&self, images: usize, cancel: &Cancel) -> Result<Vec<f64>, JobError> {
        let output: Vec<_> = self.graph.output().into_iter().collect();
        let plan = Plan::keeping(&self.graph, &self.weights, Count::Paper, &output)
            .map_err(|error| JobError::Unscored { reason: chain(&error) })?;
        let shape = self.graph.input_shape().unwrap_or(Shape::new(1, 1, 1));
        let batch = data::load(&ImageSource::Noise, shape, images, 0)?;
        let network = Network { plan: &plan, weights: &self.weights };
        let mut backend = CpuBackend::new()?;
        // Memory grows in the first pass.
        backend.node_times(network, &batch, cancel)?;
        let mut least = vec![f64::INFINITY; self.graph.nodes().len()];
        for _ in 0..TIMED_PASSES {
            let times = backend.node_times(network, &batch, cancel)?;
            for (least, time) in least.iter_mut().zip(times) {
                *least = least.min(time * 1e3);
            }
        }
        Ok(least)
    }

    fn unexported(&self, problem: &dyn std::fmt::Display) -> JobError {
        JobError::Unexported { name: self.name.clone(), reason: problem.to_string() }
    }
}

/// The PyTorch source of an architecture without weights; `None` if there is none, as where no path leads
/// from the input to the output.
pub(in crate::job) fn pytorch_source(space: &Space, architecture: &Architecture) -> Option<String> {
    let graph = architecture.build().ok().filter(|_| architecture.is_connected())?;
    let facts = PytorchFacts {
        title: format!("{} {architecture}", space.id()),
        metadata: vec![
            ("architecture".to_owned(), architecture.to_string()),
            ("space".to_owned(), space.id().to_owned()),
        ],
        initialisation: space.initialisation(),
        weights_file: None,
    };
    pytorch::export(&graph, None, &facts).ok().map(|module| module.source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Options;

    const CELL: &str =
        "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";

    // The largest convolutions cost far more than what is hardly computed.
    #[test]
    fn time_is_told_by_node_and_goes_where_the_work_is() {
        let space = Space::builtin("nas-bench-201").unwrap();
        let config = JobConfig::new(Options::default(), Task::default());
        let network = ExportedNetwork::of_architecture(&config, &space, CELL, &[]).unwrap();
        let times = network.node_times_ms(4, &Cancel::new()).unwrap();
        assert_eq!(times.len(), network.graph().nodes().len());
        let of = |is: &dyn Fn(&crate::graph::Op) -> bool| -> Vec<f64> {
            let nodes = network.graph().nodes().iter().zip(&times);
            nodes.filter(|(node, _)| is(&node.op)).map(|(_, time)| *time).collect()
        };
        let convolutions = of(&|op| op.is_convolution_or_linear());
        let pools = of(&|op| matches!(op, crate::graph::Op::Pool(_)));
        assert!(convolutions.iter().all(|time| *time > 0.0), "{convolutions:?}");
        assert!(pools.iter().all(|time| *time > 0.0), "{pools:?}");
        let sum = |times: &[f64]| times.iter().sum::<f64>();
        assert!(sum(&convolutions) > sum(&pools), "{convolutions:?} {pools:?}");
        let stopped = Cancel::new();
        stopped.cancel();
        assert!(network.node_times_ms(4, &stopped).is_err());
    }
}
