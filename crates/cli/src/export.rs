//! `export`: architectures as files for other programs.

use std::path::{Path, PathBuf};

use super::args::{Export, ExportMode};
use super::job_args::NetworkOptions;
use super::{Exit, architectures_of, show, studies};
use untrained::format;
use untrained::graph::cost::Cost;
use untrained::job::{JobConfig, JobOption, Task, export_onnx};
use untrained::onnx::NormMode;
use untrained::output::{check_output, write_output};
use untrained::score::SCORES;
use untrained::space::Space;
use untrained::store::{DEFAULT_FILE, Record, Store};

/// What is exported: the job whose weights are drawn, the space, and the architectures with their scores.
struct ExportedNetworks {
    config: JobConfig,
    space: Space,
    networks: Vec<(String, Option<Record>)>,
}

/// Runs the verb; `given` are the options that the command line gives.
pub fn run(arguments: &Export, given: &[JobOption]) -> anyhow::Result<Exit> {
    let exported = match &arguments.study {
        Some(id) => of_study(arguments, id, given)?,
        None => of_arguments(arguments)?,
    };
    let ExportedNetworks { config, space, networks } = exported;
    let mode = match arguments.mode {
        ExportMode::Train => NormMode::Train,
        ExportMode::Inference => NormMode::Inference,
    };
    let files = files(&arguments.out, &networks, &space)?;
    for file in &files {
        check_output(file, arguments.overwrite)?;
    }
    for ((architecture, record), file) in networks.iter().zip(&files) {
        let scores = record.as_ref().map(scores).unwrap_or_default();
        let bytes = export_onnx(&config, &space, architecture, &scores, mode)?;
        write_output(file, &bytes, arguments.overwrite)?;
        let architecture = space.parse(architecture)?;
        let params = format::thousands(Cost::of(&architecture.build()?).params);
        show(&format!("{}: {architecture}, {params} parameters\n", file.display()))?;
    }
    Ok(Exit::Done)
}

fn of_arguments(arguments: &Export) -> anyhow::Result<ExportedNetworks> {
    anyhow::ensure!(
        arguments.best.is_none() && arguments.store.is_none(),
        "--best and --store need --study"
    );
    let NetworkOptions(options) = arguments.options.0.clone();
    let space = options.open_space()?;
    let list = architectures_of(&arguments.architectures, arguments.from.as_deref())?;
    anyhow::ensure!(
        !list.is_empty(),
        "no architecture given: give one or more, a file with one per line (--from), or a study (--study ID)"
    );
    let networks = list.into_iter().map(|architecture| (architecture, None)).collect();
    let config = JobConfig::new(options, Task::Score { architectures: Vec::new() });
    Ok(ExportedNetworks { config, space, networks })
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
    Ok(ExportedNetworks { config, space, networks })
}

/// The scores of a record that are numbers.
fn scores(record: &Record) -> Vec<(&'static str, f64)> {
    let value = |score: &'static untrained::score::Score| {
        let value = record.score_value(score).filter(|value| value.is_finite())?;
        Some((score.name, value))
    };
    SCORES.iter().filter_map(value).collect()
}

/// The file of each network: the one that is named, or numbered ones in the folder that is named.
fn files(
    out: &Path,
    networks: &[(String, Option<Record>)],
    space: &Space,
) -> anyhow::Result<Vec<PathBuf>> {
    let is_model = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"));
    if let ([_], true) = (networks, is_model) {
        return Ok(vec![out.to_owned()]);
    }
    anyhow::ensure!(
        !is_model,
        "{} architectures need a folder: give one with --out",
        networks.len()
    );
    std::fs::create_dir_all(out)
        .map_err(|error| anyhow::anyhow!("cannot make the folder {}: {error}", out.display()))?;
    let name = |(number, (architecture, _)): (usize, &(String, Option<Record>))| {
        let index = space.parse(architecture).ok().and_then(|architecture| architecture.index());
        let index = index.map_or_else(String::new, |index| format!("-{index}"));
        out.join(format!("{:02}{index}.onnx", number + 1))
    };
    Ok(networks.iter().enumerate().map(name).collect())
}
