//! `export`: architectures as files for other programs.

use std::path::Path;

use super::export_args::{Export, ExportMode, ExportWeights, FormatArgument};
use super::job_args::NetworkOptions;
use super::{Exit, architectures_of, show, studies};
use untrained::backend::Cancel;
use untrained::format;
use untrained::graph::GraphDocument;
use untrained::job::{
    ExportFormat, ExportSettings, ExportedContent, ExportedFile, ExportedNetworks, JobConfig,
    JobOption, NetworkToExport, Task,
};
use untrained::onnx::NormMode;
use untrained::store::{DEFAULT_FILE, Store};
use untrained_plot::drawing::drawings_picture;

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
    let settings = ExportSettings {
        format,
        norm_mode: match arguments.mode.unwrap_or(ExportMode::Train) {
            ExportMode::Train => NormMode::Train,
            ExportMode::Inference => NormMode::Inference,
        },
        with_weights: arguments.weights != Some(ExportWeights::None),
        with_training: arguments.with_training,
        overwrite: arguments.overwrite,
    };
    let mut shown = Ok(());
    exported.write(out, &settings, drawings_picture, &Cancel::new(), &mut |file| {
        if shown.is_ok() {
            shown = tell(&file);
        }
    })?;
    shown?;
    Ok(Exit::Done)
}

/// Says what was written; weights go without saying.
fn tell(file: &ExportedFile) -> anyhow::Result<()> {
    let path = file.path.display();
    let text = match &file.content {
        ExportedContent::Network { name, params } => {
            format!("{path}: {name}, {} parameters\n", format::thousands(*params))
        }
        ExportedContent::Weights => return Ok(()),
        ExportedContent::Training => {
            format!("{path}: trains what was exported; see its --help\n")
        }
    };
    Ok(show(&text)?)
}

/// The format that is asked for, or that the ending of the file tells.
fn format_of(arguments: &Export, out: &Path) -> anyhow::Result<ExportFormat> {
    let by_ending = ExportFormat::by_ending(out);
    let Some(FormatArgument(format)) = arguments.format else {
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

fn of_model(arguments: &Export, path: &Path) -> anyhow::Result<ExportedNetworks> {
    check_no_study(arguments)?;
    let NetworkOptions(options) = arguments.options.0.clone();
    let model = arguments.model.0.0.at(path.to_owned());
    let config = JobConfig::new(options, Task::Onnx(model));
    config.check()?;
    Ok(ExportedNetworks::of_model(config))
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
    let networks =
        list.into_iter().map(|architecture| NetworkToExport { architecture, scores: Vec::new() });
    let config = JobConfig::new(options, Task::Score { architectures: Vec::new() });
    Ok(ExportedNetworks::of_space(config, space, networks.collect()))
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
    let networks = best.map(|record| {
        let scores = record.finite_scores();
        NetworkToExport { architecture: record.architecture, scores }
    });
    Ok(ExportedNetworks::of_space(config, space, networks.collect()))
}
