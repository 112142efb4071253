//! The files of exported networks: formats, names, and writing them.

use std::path::{Path, PathBuf};

use super::ExportedNetwork;
use crate::backend::Cancel;
use crate::graph::cost::Cost;
use crate::job::{JobConfig, JobError};
use crate::onnx::NormMode;
use crate::output::{check_output, write_output};
use crate::pytorch::TRAINING_PROGRAM;
use crate::space::{Drawing, Space, dot};

/// The name of the training program.
const TRAINING_FILE: &str = "train.py";

/// What is written of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// An ONNX model.
    Onnx,
    /// PyTorch source.
    Pytorch,
    /// Graphs in the DOT language.
    Dot,
    /// The same as a picture.
    Svg,
    /// The same as a picture for papers.
    Pdf,
    /// Every node as JSON.
    Json,
}

impl ExportFormat {
    /// All formats.
    pub const ALL: [Self; 6] =
        [Self::Onnx, Self::Pytorch, Self::Dot, Self::Svg, Self::Pdf, Self::Json];

    /// Its name in options.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::Pytorch => "pytorch",
            Self::Dot => "dot",
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Json => "json",
        }
    }

    /// The ending of its files.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Pytorch => "py",
            Self::Onnx | Self::Dot | Self::Svg | Self::Pdf | Self::Json => self.name(),
        }
    }

    /// The name of its files, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Onnx => "an ONNX model",
            Self::Pytorch => "PyTorch source",
            Self::Dot => "a DOT graph",
            Self::Svg => "an SVG picture",
            Self::Pdf => "a PDF picture",
            Self::Json => "a JSON document",
        }
    }

    /// What its files are, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Onnx => "An ONNX model, FILE.onnx",
            Self::Pytorch => "PyTorch source, FILE.py",
            Self::Dot => {
                "The cells and the parts of the network as graphs in the DOT language of Graphviz, FILE.dot"
            }
            Self::Svg => "The same as a picture, FILE.svg",
            Self::Pdf => "The same as a picture with its fonts, FILE.pdf",
            Self::Json => {
                "Every node of the network with its operation, shape and costs, FILE.json"
            }
        }
    }

    /// Whether a path has the ending of the format.
    pub fn is_of(self, path: &Path) -> bool {
        path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(self.ending()))
    }

    /// The format of which a path has the ending.
    pub fn by_ending(path: &Path) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.is_of(path))
    }
}

/// How networks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportSettings {
    /// What is written.
    pub format: ExportFormat,
    /// The form of batch normalisation in ONNX models.
    pub norm_mode: NormMode,
    /// Whether the weights are written next to PyTorch source; ONNX models always have them.
    pub with_weights: bool,
    /// Whether the program that trains it is written next to PyTorch source.
    pub with_training: bool,
    /// Whether existing files are replaced.
    pub overwrite: bool,
}

impl Default for ExportSettings {
    /// An ONNX model with the statistics of the mini-batch; nothing is replaced.
    fn default() -> Self {
        Self {
            format: ExportFormat::Onnx,
            norm_mode: NormMode::Train,
            with_weights: true,
            with_training: false,
            overwrite: false,
        }
    }
}

/// The content of a picture of drawings, from its title, the drawings, the names of operations and its format
/// (SVG or PDF); or why there is none.
pub type DrawingWriter = fn(&str, &[Drawing], &[String], ExportFormat) -> Result<Vec<u8>, String>;

/// Why a path cannot be that of exported files.
#[derive(Debug, thiserror::Error)]
pub enum ExportPathError {
    /// The path of a file for several networks.
    #[error("{count} architectures need a folder: {} is the name of a file", path.display())]
    NeedsFolder {
        /// The path.
        path: PathBuf,
        /// How many networks there are.
        count: usize,
    },
    /// A file of which the ending is not that of the format.
    #[error("{}: {} has a name that ends in .{}", path.display(), format.title(), format.ending())]
    Ending {
        /// The path.
        path: PathBuf,
        /// The format.
        format: ExportFormat,
    },
    /// The folder cannot be made.
    #[error("cannot make the folder {}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The error from the operating system.
        error: std::io::Error,
    },
}

/// An architecture that is exported, with scores that are kept in its files.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkToExport {
    /// In the space's notation.
    pub architecture: String,
    /// Names and values of scores.
    pub scores: Vec<(&'static str, f64)>,
}

/// Where the networks come from.
#[derive(Clone, Debug)]
enum ExportSource {
    /// Architectures of a space.
    Space(Box<Space>, Vec<NetworkToExport>),
    /// The model file of the job.
    Model,
}

/// Networks that are written to files: architectures of a space, or the model of a job.
#[derive(Clone, Debug)]
pub struct ExportedNetworks {
    config: JobConfig,
    source: ExportSource,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub content: ExportedContent,
}

/// What is in an exported file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportedContent {
    /// A network.
    Network {
        /// Its name, for people.
        name: String,
        /// Its trainable parameters.
        params: u64,
    },
    /// The weights of the network in the file that comes next.
    Weights,
    /// The program that trains the networks.
    Training,
}

impl ExportedNetworks {
    /// Architectures of a space, with the weights of a job's first draw.
    pub fn of_space(config: JobConfig, space: Space, networks: Vec<NetworkToExport>) -> Self {
        Self { config, source: ExportSource::Space(Box::new(space), networks) }
    }

    /// The network of the job's model file, with its weights.
    pub fn of_model(config: JobConfig) -> Self {
        Self { config, source: ExportSource::Model }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.source {
            ExportSource::Space(_, networks) => networks.len(),
            ExportSource::Model => 1,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is the network of a model file.
    pub fn is_model(&self) -> bool {
        matches!(self.source, ExportSource::Model)
    }

    /// The formats that they can be written in: all, but a model is no ONNX model again.
    pub fn formats(&self) -> impl Iterator<Item = ExportFormat> {
        let is_model = self.is_model();
        ExportFormat::ALL
            .into_iter()
            .filter(move |&format| !is_model || format != ExportFormat::Onnx)
    }

    /// One of them.
    ///
    /// # Errors
    ///
    /// [`JobError`] if it cannot be built.
    pub fn network(&self, position: usize) -> Result<ExportedNetwork, JobError> {
        let ExportSource::Space(space, networks) = &self.source else {
            return ExportedNetwork::of_model(&self.config);
        };
        let NetworkToExport { architecture, scores } = &networks[position];
        ExportedNetwork::of_architecture(&self.config, space, architecture, scores)
    }

    /// Whether files of a format can have a path: that of one file, or of a folder.
    ///
    /// # Errors
    ///
    /// [`ExportPathError`] if not.
    pub fn check_path(&self, out: &Path, format: ExportFormat) -> Result<(), ExportPathError> {
        let path = out.to_owned();
        if self.is_single_file(out, format) {
            Ok(())
        } else if format.is_of(out) {
            Err(ExportPathError::NeedsFolder { path, count: self.len() })
        } else if self.len() == 1 && out.extension().is_some() && !out.is_dir() {
            Err(ExportPathError::Ending { path, format })
        } else {
            Ok(())
        }
    }

    /// The file of each network: the one that is named, or numbered ones in the folder that is named.
    fn files(&self, out: &Path, format: ExportFormat) -> Result<Vec<PathBuf>, ExportPathError> {
        self.check_path(out, format)?;
        if self.is_single_file(out, format) {
            return Ok(vec![out.to_owned()]);
        }
        Ok((0..self.len()).map(|position| out.join(self.file_name(position, format))).collect())
    }

    /// Whether the path names the file of the only network, not a folder.
    fn is_single_file(&self, out: &Path, format: ExportFormat) -> bool {
        self.len() == 1 && format.is_of(out)
    }

    /// The name of a file in a folder: its number, and the index of the architecture where it has one.
    fn file_name(&self, position: usize, format: ExportFormat) -> String {
        let index = match &self.source {
            ExportSource::Space(space, networks) => {
                let architecture = space.parse(&networks[position].architecture).ok();
                architecture.and_then(|architecture| architecture.index())
            }
            ExportSource::Model => None,
        };
        // A module is imported by its name.
        let (first, separator) = match format {
            ExportFormat::Pytorch => ("network_", "_"),
            _ => ("", "-"),
        };
        let index = index.map_or_else(String::new, |index| format!("{separator}{index}"));
        format!("{first}{:02}{index}.{}", position + 1, format.ending())
    }

    /// Writes all of them, to a file or into a folder that is made if need be, and reports each file.
    /// Nothing is written if a file exists and is not to be replaced. Ends after the current network when
    /// it is cancelled.
    ///
    /// # Errors
    ///
    /// [`JobError`] if the path is neither, a file exists or cannot be written, or a network cannot be
    /// built or written in the format; files written before stay.
    pub fn write(
        &self,
        out: &Path,
        settings: &ExportSettings,
        draw: DrawingWriter,
        cancel: &Cancel,
        on_file: &mut dyn FnMut(ExportedFile),
    ) -> Result<(), JobError> {
        let format = settings.format;
        let files = self.files(out, format)?;
        let is_pytorch = format == ExportFormat::Pytorch;
        let training = (is_pytorch && settings.with_training).then(|| {
            match self.is_single_file(out, format) {
                true => out.with_file_name(TRAINING_FILE),
                false => out.join(TRAINING_FILE),
            }
        });
        if !self.is_single_file(out, format) {
            std::fs::create_dir_all(out).map_err(|error| {
                let path = out.to_owned();
                ExportPathError::Folder { path, error }
            })?;
        }
        let weights = files.iter().filter_map(|file| weights_file(settings, file));
        for file in files.iter().cloned().chain(weights).chain(training.clone()) {
            check_output(&file, settings.overwrite)?;
        }
        for (position, file) in files.into_iter().enumerate() {
            if cancel.is_cancelled() {
                return Ok(());
            }
            let network = self.network(position)?;
            if let Some(path) = write_network(&network, &file, settings, draw)? {
                on_file(ExportedFile { path, content: ExportedContent::Weights });
            }
            let params = Cost::of(network.graph()).params;
            let name = network.name().to_owned();
            let content = ExportedContent::Network { name, params };
            on_file(ExportedFile { path: file, content });
        }
        if let Some(path) = training.filter(|_| !cancel.is_cancelled()) {
            write_output(&path, TRAINING_PROGRAM.as_bytes(), settings.overwrite)?;
            on_file(ExportedFile { path, content: ExportedContent::Training });
        }
        Ok(())
    }
}

/// The file of the weights of a module.
fn weights_file(settings: &ExportSettings, module: &Path) -> Option<PathBuf> {
    let is_wanted = settings.format == ExportFormat::Pytorch && settings.with_weights;
    is_wanted.then(|| module.with_extension("safetensors"))
}

/// Writes one network, and its weights where they have a file of their own, which it returns.
fn write_network(
    network: &ExportedNetwork,
    file: &Path,
    settings: &ExportSettings,
    draw: DrawingWriter,
) -> Result<Option<PathBuf>, JobError> {
    let mut written = None;
    let content = match settings.format {
        ExportFormat::Onnx => network.onnx(settings.norm_mode)?,
        ExportFormat::Pytorch => {
            let weights = weights_file(settings, file);
            let name = weights.as_ref().and_then(|path| path.file_name());
            let name = name.map(|name| name.to_string_lossy().into_owned());
            let module = network.pytorch(name.as_deref())?;
            if let (Some(path), Some(bytes)) = (weights, module.weights) {
                write_output(&path, &bytes, settings.overwrite)?;
                written = Some(path);
            }
            module.source.into_bytes()
        }
        ExportFormat::Dot => dot(network.title(), &network.drawings()?).into_bytes(),
        ExportFormat::Svg | ExportFormat::Pdf => {
            let drawings = network.drawings()?;
            draw(network.title(), &drawings, network.operations(), settings.format)
                .map_err(|reason| unexported(network, reason))?
        }
        ExportFormat::Json => {
            let text = serde_json::to_string_pretty(&network.document()?);
            let text = text.map_err(|error| unexported(network, error.to_string()))?;
            (text + "\n").into_bytes()
        }
    };
    write_output(file, &content, settings.overwrite)?;
    Ok(written)
}

fn unexported(network: &ExportedNetwork, reason: String) -> JobError {
    JobError::Unexported { name: network.name().to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Options, Task};

    const GOOD: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";

    fn networks(count: usize) -> ExportedNetworks {
        let space = Space::builtin("nas-bench-201").unwrap();
        let config = JobConfig::new(Options::default(), Task::Score { architectures: Vec::new() });
        let one = NetworkToExport { architecture: GOOD.to_owned(), scores: vec![("naswot", 1.5)] };
        ExportedNetworks::of_space(config, space, vec![one; count])
    }

    fn no_drawing(
        _: &str,
        _: &[Drawing],
        _: &[String],
        _: ExportFormat,
    ) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    #[test]
    fn one_network_is_a_file_and_several_are_files_of_a_folder() {
        let (one, two) = (networks(1), networks(2));
        let path = Path::new("a/net.py");
        assert_eq!(one.files(path, ExportFormat::Pytorch).unwrap(), [path]);
        let folder = Path::new("a/nets");
        let names = two.files(folder, ExportFormat::Json).unwrap();
        assert!(names[1].starts_with(folder) && names[1].to_string_lossy().contains("/02-"));
        let error = two.files(path, ExportFormat::Pytorch).unwrap_err().to_string();
        assert!(error.contains("2 architectures need a folder"), "{error}");
        let error = one.files(Path::new("a.txt"), ExportFormat::Json).unwrap_err().to_string();
        assert!(error.contains("ends in .json"), "{error}");
    }

    #[test]
    fn nothing_is_replaced_unasked_and_each_file_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let settings = ExportSettings {
            format: ExportFormat::Pytorch,
            with_training: true,
            ..ExportSettings::default()
        };
        let write = |settings: &ExportSettings, cancel: &Cancel| {
            let mut names = Vec::new();
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            let on_file = &mut |file: ExportedFile| names.push(name(&file.path));
            let written = networks(2).write(folder.path(), settings, no_drawing, cancel, on_file);
            written.map(|()| names)
        };
        let cancelled = Cancel::new();
        cancelled.cancel();
        assert!(write(&settings, &cancelled).unwrap().is_empty());
        let names = write(&settings, &Cancel::new()).unwrap();
        assert_eq!((names.len(), names[4].as_str()), (5, "train.py"));
        let error = write(&settings, &Cancel::new()).unwrap_err().to_string();
        assert!(error.contains("exists"), "{error}");
        let replacing = ExportSettings { overwrite: true, ..settings };
        assert_eq!(write(&replacing, &Cancel::new()).unwrap(), names);
    }

    #[test]
    fn a_model_is_not_written_as_itself() {
        let config = JobConfig::new(Options::default(), Task::default());
        let model = ExportedNetworks::of_model(config);
        assert!(model.formats().all(|format| format != ExportFormat::Onnx));
        assert_eq!((model.formats().count(), networks(1).formats().count()), (5, 6));
    }
}
