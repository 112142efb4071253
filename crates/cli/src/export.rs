//! `export`: architectures as files for other programs.

use std::path::{Path, PathBuf};

use super::export_args::{Export, ExportFormat, ExportMode, ExportWeights};
use super::job_args::NetworkOptions;
use super::{Exit, architectures_of, show, studies};
use untrained::format;
use untrained::graph::GraphDocument;
use untrained::graph::cost::Cost;
use untrained::job::{ExportedNetwork, JobConfig, JobOption, Task};
use untrained::onnx::NormMode;
use untrained::output::{check_output, write_output};
use untrained::pytorch::TRAINING_PROGRAM;
use untrained::space::{Space, dot};
use untrained::store::{DEFAULT_FILE, Record, Store};
use untrained_plot::drawing::drawings_svg;

/// The name of the training program.
const TRAINING_FILE: &str = "train.py";

impl ExportFormat {
    const ALL: [Self; 5] = [Self::Onnx, Self::Pytorch, Self::Dot, Self::Svg, Self::Json];

    /// The ending of its files.
    const fn ending(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::Pytorch => "py",
            Self::Dot => "dot",
            Self::Svg => "svg",
            Self::Json => "json",
        }
    }

    /// The name of its files, for people.
    const fn title(self) -> &'static str {
        match self {
            Self::Onnx => "an ONNX model",
            Self::Pytorch => "PyTorch source",
            Self::Dot => "a DOT graph",
            Self::Svg => "an SVG picture",
            Self::Json => "a JSON document",
        }
    }

    /// Whether a path has the ending of the format.
    fn is_of(self, path: &Path) -> bool {
        path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(self.ending()))
    }
}

/// Where the networks come from.
enum ExportSource {
    /// Architectures of a space, with their records where they come from a study.
    Space(Box<Space>, Vec<(String, Option<Record>)>),
    /// The model file of the job.
    Model,
}

/// What is exported: the job whose weights are drawn, and its networks.
struct ExportedNetworks {
    config: JobConfig,
    source: ExportSource,
}

/// Runs the verb; `given` are the options that the command line gives.
pub fn run(arguments: &Export, given: &[JobOption]) -> anyhow::Result<Exit> {
    let Some(out) = arguments.out.as_deref() else {
        show(&(serde_json::to_string_pretty(&GraphDocument::schema())? + "\n"))?;
        return Ok(Exit::Done);
    };
    let format = format_of(arguments, out)?;
    check_options(arguments, format)?;
    let exported = match (&arguments.study, &arguments.onnx) {
        (Some(id), _) => of_study(arguments, id, given)?,
        (None, Some(path)) => of_model(arguments, path)?,
        (None, None) => of_arguments(arguments)?,
    };
    let files = exported.files(out, format)?;
    let training = arguments.with_training.then(|| match exported.is_single_file(out, format) {
        true => out.with_file_name(TRAINING_FILE),
        false => out.join(TRAINING_FILE),
    });
    let weights = files.iter().filter_map(|file| weights_file(arguments, format, file));
    for file in files.iter().cloned().chain(weights).chain(training.clone()) {
        check_output(&file, arguments.overwrite)?;
    }
    for (position, file) in files.iter().enumerate() {
        let network = exported.network(position)?;
        write(arguments, format, &network, file)?;
        let params = format::thousands(Cost::of(network.graph()).params);
        show(&format!("{}: {}, {params} parameters\n", file.display(), network.name()))?;
    }
    if let Some(file) = training {
        write_output(&file, TRAINING_PROGRAM.as_bytes(), arguments.overwrite)?;
        show(&format!("{}: trains what was exported; see its --help\n", file.display()))?;
    }
    Ok(Exit::Done)
}

/// Writes one network, and its weights where they have a file of their own.
fn write(
    arguments: &Export,
    format: ExportFormat,
    network: &ExportedNetwork,
    file: &Path,
) -> anyhow::Result<()> {
    let content = match format {
        ExportFormat::Onnx => network.onnx(match arguments.mode.unwrap_or(ExportMode::Train) {
            ExportMode::Train => NormMode::Train,
            ExportMode::Inference => NormMode::Inference,
        })?,
        ExportFormat::Pytorch => {
            let weights = weights_file(arguments, format, file);
            let name = weights.as_ref().and_then(|path| path.file_name());
            let name = name.map(|name| name.to_string_lossy().into_owned());
            let module = network.pytorch(name.as_deref())?;
            if let (Some(path), Some(bytes)) = (weights, module.weights) {
                write_output(&path, &bytes, arguments.overwrite)?;
            }
            module.source.into_bytes()
        }
        ExportFormat::Dot => dot(network.title(), &network.drawings()?).into_bytes(),
        ExportFormat::Svg => {
            let drawings = network.drawings()?;
            drawings_svg(network.title(), &drawings, network.operations()).into_bytes()
        }
        ExportFormat::Json => {
            (serde_json::to_string_pretty(&network.document()?)? + "\n").into_bytes()
        }
    };
    Ok(write_output(file, &content, arguments.overwrite)?)
}

/// The format that is asked for, or that the ending of the file tells.
fn format_of(arguments: &Export, out: &Path) -> anyhow::Result<ExportFormat> {
    let by_ending = ExportFormat::ALL.into_iter().find(|format| format.is_of(out));
    let Some(format) = arguments.format else {
        return Ok(by_ending.unwrap_or(ExportFormat::Onnx));
    };
    if let Some(other) = by_ending.filter(|other| *other != format) {
        anyhow::bail!(
            "{} would be {}: {} has a name that ends in .{}",
            out.display(),
            other.title(),
            format.title(),
            format.ending()
        );
    }
    Ok(format)
}

/// Refuses options of other formats.
fn check_options(arguments: &Export, format: ExportFormat) -> anyhow::Result<()> {
    let is_pytorch = format == ExportFormat::Pytorch;
    anyhow::ensure!(
        format == ExportFormat::Onnx || arguments.mode.is_none(),
        "--mode is for ONNX models: {} is trained and used as its program says",
        format.title()
    );
    anyhow::ensure!(
        is_pytorch || arguments.weights.is_none(),
        "--weights is for PyTorch source: add --format pytorch"
    );
    anyhow::ensure!(
        is_pytorch || !arguments.with_training,
        "--with-training is for PyTorch source: add --format pytorch"
    );
    anyhow::ensure!(
        arguments.onnx.is_none() || format != ExportFormat::Onnx,
        "an ONNX model is one already: export it as PyTorch source with --format pytorch"
    );
    if arguments.onnx.is_none() {
        arguments.model.0.0.check_unused()?;
    }
    Ok(())
}

/// The file of the weights of a module.
fn weights_file(arguments: &Export, format: ExportFormat, module: &Path) -> Option<PathBuf> {
    let is_wanted = arguments.weights != Some(ExportWeights::None);
    (format == ExportFormat::Pytorch && is_wanted).then(|| module.with_extension("safetensors"))
}

fn of_model(arguments: &Export, path: &Path) -> anyhow::Result<ExportedNetworks> {
    check_no_study(arguments)?;
    let NetworkOptions(options) = arguments.options.0.clone();
    let model = arguments.model.0.0.at(path.to_owned());
    let config = JobConfig::new(options, Task::Onnx(model));
    config.check()?;
    Ok(ExportedNetworks { config, source: ExportSource::Model })
}

fn check_no_study(arguments: &Export) -> anyhow::Result<()> {
    anyhow::ensure!(
        arguments.best.is_none() && arguments.store.is_none(),
        "--best and --store need --study"
    );
    Ok(())
}

fn of_arguments(arguments: &Export) -> anyhow::Result<ExportedNetworks> {
    check_no_study(arguments)?;
    let NetworkOptions(options) = arguments.options.0.clone();
    let space = options.open_space()?;
    let list = architectures_of(&arguments.architectures, arguments.from.as_deref())?;
    anyhow::ensure!(
        !list.is_empty(),
        "no architecture given: give one or more, a file with one per line (--from), a study (--study ID) or \
         a model (--onnx)"
    );
    let networks = list.into_iter().map(|architecture| (architecture, None)).collect();
    let config = JobConfig::new(options, Task::Score { architectures: Vec::new() });
    Ok(ExportedNetworks { config, source: ExportSource::Space(Box::new(space), networks) })
}

/// The best of a study, with its options.
fn of_study(arguments: &Export, id: &str, given: &[JobOption]) -> anyhow::Result<ExportedNetworks> {
    anyhow::ensure!(
        !given.iter().any(|option| option.path().starts_with("options.")),
        "--study has options of its own: leave out the space, its values, the seeds and the initialisation"
    );
    let store = Store::read(arguments.store.as_deref().unwrap_or(Path::new(DEFAULT_FILE)))?;
    let wanted = arguments.best.unwrap_or(1);
    let study = store.find(id)?;
    let config = JobConfig::of_study(&study)?;
    let space = config.open_space()?;
    let best = studies::best_records(&store, &study)?;
    anyhow::ensure!(!best.is_empty(), "study {} has no result that can be exported", study.id);
    anyhow::ensure!(
        wanted <= best.len(),
        "--best {}: study {} ranks {} architectures here",
        wanted,
        study.id,
        best.len()
    );
    let best = best.into_iter().take(wanted);
    let networks = best.map(|record| (record.architecture.clone(), Some(record))).collect();
    Ok(ExportedNetworks { config, source: ExportSource::Space(Box::new(space), networks) })
}

impl ExportedNetworks {
    fn network(&self, position: usize) -> anyhow::Result<ExportedNetwork> {
        let ExportSource::Space(space, networks) = &self.source else {
            return Ok(ExportedNetwork::of_model(&self.config)?);
        };
        let (architecture, record) = &networks[position];
        let scores = record.as_ref().map(Record::finite_scores).unwrap_or_default();
        Ok(ExportedNetwork::of_architecture(&self.config, space, architecture, &scores)?)
    }

    fn len(&self) -> usize {
        match &self.source {
            ExportSource::Space(_, networks) => networks.len(),
            ExportSource::Model => 1,
        }
    }

    /// Whether the output names the file of the only network, not a folder.
    fn is_single_file(&self, out: &Path, format: ExportFormat) -> bool {
        self.len() == 1 && format.is_of(out)
    }

    /// The file of each network: the one that is named, or numbered ones in the folder that is named.
    fn files(&self, out: &Path, format: ExportFormat) -> anyhow::Result<Vec<PathBuf>> {
        if self.is_single_file(out, format) {
            return Ok(vec![out.to_owned()]);
        }
        anyhow::ensure!(
            !format.is_of(out),
            "{} architectures need a folder: give one with --out",
            self.len()
        );
        if let Some(ending) = out.extension().filter(|_| self.len() == 1 && !out.is_dir()) {
            let ending = ending.to_string_lossy();
            anyhow::bail!(
                "{}: the ending .{ending} is of no format; {} has a name that ends in .{}",
                out.display(),
                format.title(),
                format.ending()
            );
        }
        std::fs::create_dir_all(out).map_err(|error| {
            anyhow::anyhow!("cannot make the folder {}: {error}", out.display())
        })?;
        Ok((0..self.len()).map(|position| out.join(self.file_name(position, format))).collect())
    }

    /// The name of a file in a folder: its number, and the index of the architecture where it has one.
    fn file_name(&self, position: usize, format: ExportFormat) -> String {
        let index = match &self.source {
            ExportSource::Space(space, networks) => {
                let architecture = space.parse(&networks[position].0).ok();
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
}
