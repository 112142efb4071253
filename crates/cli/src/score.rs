//! `score`: scores given architectures or a model, one row each.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use npyz::WriterBuilder;

use super::args::{Output as Files, Score};
use super::heat_map::HeatMap;
use super::{Exit, architectures, progress, search, show, text_table};
use untrained::backend::{PackedCode, RunOutput};
use untrained::format;
use untrained::job::{JobConfig, Task};
use untrained::output::{OutputError, OutputFile};
use untrained::score::{self, KernelMatrix, ScoreNeeds};
use untrained::store::{Record, Status};
use untrained_plot::PictureFile;

/// Runs the verb.
pub fn run(arguments: Score) -> anyhow::Result<Exit> {
    let task = match arguments.targets.onnx.clone() {
        Some(path) => Task::Onnx(arguments.model.0.at(path)),
        None => {
            arguments.model.0.check_unused()?;
            Task::Score { architectures: architectures(&arguments.targets)? }
        }
    };
    let outputs = arguments.kernel_out.is_some() || arguments.codes_out.is_some();
    if outputs && matches!(&task, Task::Score { architectures } if architectures.len() > 1) {
        anyhow::bail!("--kernel-out and --codes-out need exactly one architecture");
    }
    if outputs && arguments.options.0.repeats > 1 {
        anyhow::bail!("--kernel-out and --codes-out need --repeats 1");
    }
    let mut heat_map = heat_map(&arguments, &task)?;
    let files = files(arguments.output, heat_map.is_some());
    let config = search::job(arguments.options.0, task, &files)?;
    let written = [
        (&arguments.kernel_out, "the kernel matrix"),
        (&arguments.codes_out, "the binary codes"),
        (&arguments.heat_map, "the heat map"),
    ];
    let written = written.iter().filter_map(|(path, role)| Some((path.as_deref()?, *role)));
    let from = arguments.targets.from.as_deref().map(|path| (path, "the list of architectures"));
    search::save(&config, &files, &written.collect::<Vec<_>>(), from.as_slice())?;
    let mut kept = None;
    let config = JobConfig { outputs: outputs || heat_map.is_some(), ..config };
    let exit = run_job(&config, |record, output| {
        if let Some(heat_map) = &mut heat_map {
            heat_map.add(&record.architecture, output.and_then(|output| output.kernel.as_ref()));
        }
        if outputs && let Some(output) = output {
            kept = Some(output.clone());
        }
    })?;
    if let Some(heat_map) = heat_map {
        heat_map.write()?;
    }
    if let Some(output) = kept {
        if let Some(path) = &arguments.kernel_out {
            write_kernel(path, &output)?;
        }
        if let Some(path) = &arguments.codes_out {
            write_codes(path, &output)?;
        }
    }
    Ok(exit)
}

/// The picture that was asked for.
fn heat_map(arguments: &Score, task: &Task) -> anyhow::Result<Option<HeatMap>> {
    let Some(path) = &arguments.heat_map else { return Ok(None) };
    if arguments.options.0.repeats > 1 {
        anyhow::bail!("--heat-map needs --repeats 1");
    }
    let count = match task {
        Task::Score { architectures } => architectures.len(),
        _ => 1,
    };
    let file = PictureFile {
        width: arguments.heat_map_width,
        ..PictureFile::new(path, arguments.output.overwrite)
    };
    Ok(Some(HeatMap::new(file, count)?))
}

/// The files of a job: --overwrite may be for the heat map alone.
fn files(output: Files, heat_map: bool) -> Files {
    let others = output.out.is_some() || output.save_job.is_some();
    Files { overwrite: output.overwrite && (others || !heat_map), ..output }
}

/// Runs a job that scores, shows a row of each result and hands it to `each` with its output.
pub fn run_job(
    config: &JobConfig,
    mut each: impl FnMut(&Record, Option<&RunOutput>),
) -> anyhow::Result<Exit> {
    let further: Vec<&score::Score> =
        config.scores()?.iter().filter(|score| !score.has_column()).collect();
    let mut rows = vec![header(&further)];
    let mut best = f64::NEG_INFINITY;
    let (summary, result) = progress::run(config, |record, output| {
        rows.push(row(record, &further));
        if record.status == Status::Ok {
            best = best.max(record.score);
        }
        each(record, output);
    });
    if rows.len() > 1 {
        show(&text_table::table(&rows))?;
        if config.scores()?.needs(ScoreNeeds::KernelMatrix) && summary.counts.get(Status::Ok) > 0 {
            show(&search::compares_with(config, "score", best))?;
        }
    }
    result?;
    Ok(progress::conclude(&summary))
}

fn header(further: &[&score::Score]) -> Vec<String> {
    let names = ["score", "sd", "status", "params", "multiply-adds", "units", "seconds"];
    let further = further.iter().map(|score| score.name);
    names.into_iter().chain(further).chain(["architecture"]).map(str::to_owned).collect()
}

fn row(record: &Record, further: &[&score::Score]) -> Vec<String> {
    let mut row = vec![
        format::score(record.score),
        record.sd.map_or_else(|| "-".to_owned(), |sd| format!("{sd:.4}")),
        record.status.name().to_owned(),
        format::thousands(record.params),
        format::thousands(record.macs),
        format::thousands(record.units),
        format!("{:.3}", record.seconds),
    ];
    let value =
        |score: &&score::Score| match record.score_value(score).filter(|value| !value.is_nan()) {
            Some(value) => format!("{value:.4}"),
            None => "not available".to_owned(),
        };
    row.extend(further.iter().map(value));
    row.push(record.architecture.clone());
    row
}

/// The kernel matrix, which every run with outputs computes.
fn kernel(output: &RunOutput) -> anyhow::Result<&KernelMatrix> {
    output.kernel.as_ref().context("no kernel matrix was computed")
}

/// K as uint32 [n, n].
fn write_kernel(path: &Path, output: &RunOutput) -> anyhow::Result<()> {
    let kernel = kernel(output)?;
    let n = kernel.images() as u64;
    let entries: Vec<u32> = kernel
        .entries()
        .iter()
        .map(|&entry| u32::try_from(entry).context("an entry of K does not fit into 32 bits"))
        .collect::<anyhow::Result<_>>()?;
    write_npy(path, &[n, n], &entries)
}

/// All counted units as bits, uint8 [n, ceil(V / 8)], lowest bit first; units that are always 0
/// stand at the end.
fn write_codes(path: &Path, output: &RunOutput) -> anyhow::Result<()> {
    let kernel = kernel(output)?;
    let n = kernel.images();
    let row = usize::try_from(kernel.units().div_ceil(8))?;
    let mut bytes = vec![0_u8; n * row];
    for (image, target) in bytes.chunks_exact_mut(row).enumerate() {
        let mut position = 0;
        for code in output.codes.iter().flatten() {
            for _ in 0..code.multiplicity {
                for unit in 0..code.units {
                    target[position / 8] |= bit(code, image, unit) << (position % 8);
                    position += 1;
                }
            }
        }
    }
    write_npy(path, &[n as u64, row as u64], &bytes)
}

fn bit(code: &PackedCode, image: usize, unit: usize) -> u8 {
    let word = code.words[image * code.units.div_ceil(32) + unit / 32];
    (word >> (unit % 32) & 1) as u8
}

fn write_npy<T: npyz::AutoSerialize>(
    path: &Path,
    shape: &[u64],
    values: &[T],
) -> anyhow::Result<()> {
    let mut file = OutputFile::create(path, true)?;
    let write = |file: &mut OutputFile| -> std::io::Result<()> {
        let mut file = BufWriter::new(file);
        let options = npyz::WriteOptions::new().default_dtype().shape(shape);
        let mut writer = options.writer(&mut file).begin_nd()?;
        writer.extend(values)?;
        writer.finish()?;
        file.flush()
    };
    write(&mut file).map_err(|error| OutputError::new(path, error))?;
    Ok(file.commit()?)
}
