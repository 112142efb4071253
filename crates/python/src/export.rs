//! Networks as files and as modules of torch.

use std::path::Path;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use untrained::job::{ExportedNetwork, JobConfig, Options, Task};
use untrained::onnx::NormMode;
use untrained::output::write_output;
use untrained::space::dot;
use untrained_plot::drawing::drawings_svg;

use super::errors;
use super::space::SpaceSource;

/// The name that generated source has for the file of its weights; only its documentation shows it.
const WEIGHTS_FILE: &str = "weights.safetensors";

/// The network of an architecture with the weights of a seed.
pub fn of_architecture(
    source: &SpaceSource,
    architecture: &str,
    seed: u64,
) -> PyResult<ExportedNetwork> {
    let options = Options { seed, ..Options::default() };
    let mut config = JobConfig::new(options, Task::Score { architectures: Vec::new() });
    source.choose(&mut config);
    ExportedNetwork::of_architecture(&config, &source.space, architecture, &[])
        .map_err(|error| errors::job(&error))
}

/// A module of torch, by `untrained/_torch.py`.
pub fn to_torch<'py>(
    py: Python<'py>,
    network: &ExportedNetwork,
    weights: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let module = network.pytorch(weights.then_some(WEIGHTS_FILE));
    let module = module.map_err(|error| errors::job(&error))?;
    let bytes = module.weights.map(|bytes| PyBytes::new(py, &bytes));
    py.import("untrained._torch")?.call_method1("module", (module.source, bytes))
}

/// Writes an ONNX model.
pub fn to_onnx(
    network: &ExportedNetwork,
    path: &Path,
    mode: &str,
    overwrite: bool,
) -> PyResult<()> {
    let mode = match mode {
        "train" => NormMode::Train,
        "inference" => NormMode::Inference,
        other => {
            let message = format!("mode is `{other}`: use \"train\" or \"inference\"");
            return Err(errors::exception("OptionError", &message, &[]));
        }
    };
    let bytes = network.onnx(mode).map_err(|error| errors::job(&error))?;
    write(path, &bytes, overwrite)
}

fn write(path: &Path, bytes: &[u8], overwrite: bool) -> PyResult<()> {
    write_output(path, bytes, overwrite).map_err(|error| errors::output(&error))
}

/// The cells and the parts of the network as DOT.
pub fn to_dot(network: &ExportedNetwork, path: Option<&Path>, overwrite: bool) -> PyResult<String> {
    let drawings = network.drawings().map_err(|error| errors::job(&error))?;
    written(dot(network.title(), &drawings), path, overwrite)
}

/// The same as SVG.
pub fn to_svg(network: &ExportedNetwork, path: Option<&Path>, overwrite: bool) -> PyResult<String> {
    let drawings = network.drawings().map_err(|error| errors::job(&error))?;
    written(drawings_svg(network.title(), &drawings, network.operations()), path, overwrite)
}

/// A text, which is written where a file is named.
fn written(text: String, path: Option<&Path>, overwrite: bool) -> PyResult<String> {
    if let Some(path) = path {
        write(path, text.as_bytes(), overwrite)?;
    }
    Ok(text)
}
