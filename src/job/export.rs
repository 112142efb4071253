//! Architectures as files for other programs, with the weights they were scored with.

use super::scorer::weight_seeds;
use super::{JobConfig, JobError, WeightSource, candidate};
use crate::onnx::{ExportFacts, NormMode, export};
use crate::space::Space;
use crate::weights::Initialiser;

/// An architecture as an ONNX model: the whole network with the weights of the job's first draw, which are
/// those it was scored with. `scores` are kept in the file as named texts, next to the architecture, the
/// space and the seed.
///
/// # Errors
///
/// [`JobError`] if the text is not an architecture of the space, no path leads from its input to its output,
/// or its network cannot be built or written.
pub fn export_onnx(
    config: &JobConfig,
    space: &Space,
    architecture: &str,
    scores: &[(&str, f64)],
    norm_mode: NormMode,
) -> Result<Vec<u8>, JobError> {
    let architecture = space.parse(architecture)?;
    let candidate = candidate(&architecture);
    let unexported = |reason: String| JobError::Unexported { name: candidate.name.clone(), reason };
    if !candidate.connected {
        return Err(unexported("no path leads from its input to its output".to_owned()));
    }
    let graph = candidate.network.as_ref().map_err(|reason| unexported(reason.clone()))?;
    let options = &config.options;
    let initialisation = options.initialisation.unwrap_or(space.initialisation());
    let seed = weight_seeds(options.weight_seed(), 1)[0];
    let WeightSource::Fresh { architecture: drawn_by } = &candidate.weights else {
        return Err(unexported("its weights are in a file already".to_owned()));
    };
    let nodes = graph.iter().map(|(id, _)| id);
    let weights = Initialiser { initialisation, seed }.draw(graph, drawn_by, nodes);
    let facts = [
        ("architecture", candidate.name.clone()),
        ("space", space.id().to_owned()),
        ("weight_seed", options.weight_seed().to_string()),
        ("initialisation", initialisation.to_string()),
        ("untrained_version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let scores = scores.iter().map(|(name, value)| (format!("score_{name}"), value.to_string()));
    let metadata = facts.into_iter().map(|(name, text)| (name.to_owned(), text)).chain(scores);
    let facts = ExportFacts {
        name: format!("{} {}", space.id(), candidate.name),
        metadata: metadata.collect(),
        norm_mode,
    };
    export(graph, &weights, &facts).map_err(|problem| unexported(problem.to_string()))
}
