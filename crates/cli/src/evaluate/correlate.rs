//! `correlate`: the score and the free baselines against trained accuracy.

use anyhow::Context;
use serde::Serialize;

use super::super::{Exit, log_line, progress, show};
use super::args::{Correlate, Source};
use super::{Compared, EvaluationFacts, check_files, compare, text};
use untrained::data::ImageSource;
use untrained::evaluation::{
    Comparison, CorrelateOptions, Correlation, EvaluationError, correlate,
};
use untrained::score::{COMBINED, SCORES};
use untrained::statistics::{AccuracyFilter, ReportOptions};
use untrained_plot::{PictureFile, ScatterData, scatter};

/// The JSON object.
#[derive(Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    facts: EvaluationFacts<'a>,
    #[serde(flatten)]
    correlation: &'a Correlation,
}

/// The JSON object of several runs of scoring.
#[derive(Serialize)]
struct RepeatedOutcome<'a> {
    runs: Vec<RunOutcome<'a>>,
}

/// One of them.
#[derive(Serialize)]
struct RunOutcome<'a> {
    images: Option<String>,
    batch_size: Option<usize>,
    seed: u64,
    #[serde(flatten)]
    outcome: Outcome<'a>,
}

/// Runs the verb.
pub fn run(mut arguments: Correlate) -> anyhow::Result<Exit> {
    if arguments.all {
        every_score(&mut arguments.source);
    }
    anyhow::ensure!(
        !arguments.overwrite || arguments.source.out.is_some() || arguments.plot.is_some(),
        "--overwrite needs --out or --plot"
    );
    check_files(&arguments.source, arguments.plot.as_deref())?;
    let plot = arguments.plot.as_ref().map(|path| PictureFile {
        width: arguments.width,
        ..PictureFile::new(path, arguments.overwrite)
    });
    if let Some(plot) = &plot {
        plot.check()?;
    }
    if !arguments.seeds.is_empty() || !arguments.batches.is_empty() {
        return run_repeatedly(arguments);
    }
    let (compared, correlation, exit) = match correlated(&arguments)? {
        Ok(correlated) => correlated,
        Err(exit) => return Ok(exit),
    };
    if let Some(plot) = &plot {
        draw(&compared, plot)?;
    }
    show(&if arguments.json {
        let facts = EvaluationFacts::new(&compared, &arguments.source);
        serde_json::to_string_pretty(&Outcome { facts, correlation: &correlation })? + "\n"
    } else {
        match arguments.all {
            true => text::every_score(&compared, &correlation),
            false => text::correlation(&compared, &correlation),
        }
    })?;
    Ok(exit)
}

/// Scores if need be, and correlates; the exit code alone where nothing can be compared.
fn correlated(
    arguments: &Correlate,
) -> anyhow::Result<Result<(Comparison, Correlation, Exit), Exit>> {
    let source = &arguments.source;
    let Compared { comparison: compared, exit } = match compare(source, None, arguments.overwrite)?
    {
        Ok(compared) => compared,
        Err(exit) => return Ok(Err(exit)),
    };
    let seed = source.options.0.seed;
    let options = CorrelateOptions {
        report: ReportOptions { resamples: arguments.resamples, seed },
        filter: arguments
            .paper_filter
            .then(|| AccuracyFilter { seed, ..AccuracyFilter::default() }),
        all_scores: arguments.all,
    };
    // What an interrupted run has scored is reported; a second Ctrl-C ends the process.
    let cancel = progress::cancelled_by_ctrl_c();
    let going_on = |_: f64| exit == Exit::Interrupted || !cancel.is_cancelled();
    match correlate(&compared.score, &compared.joined, options, &going_on) {
        Err(EvaluationError::Cancelled) => {
            log_line("interrupted");
            Ok(Err(Exit::Interrupted))
        }
        result => Ok(Ok((compared, result?, exit))),
    }
}

/// Scores with every seed on every mini-batch, and shows a table for each mini-batch. An interrupted run
/// shows what was compared before.
fn run_repeatedly(mut arguments: Correlate) -> anyhow::Result<Exit> {
    let batches: Vec<Option<(ImageSource, usize)>> = match arguments.batches.as_slice() {
        [] => vec![None],
        texts => texts.iter().map(|text| batch(text).map(Some)).collect::<Result<_, _>>()?,
    };
    let own_seed = arguments.source.options.0.seed;
    let seeds = if arguments.seeds.is_empty() { vec![own_seed] } else { arguments.seeds.clone() };
    let options = &mut arguments.source.options.0;
    options.architecture_seed = Some(options.architecture_seed());
    let mut runs = Vec::new();
    let mut end = Exit::Done;
    'all: for batch in &batches {
        for &seed in &seeds {
            let options = &mut arguments.source.options.0;
            options.seed = seed;
            if let Some((images, size)) = batch {
                (options.images, options.batch_size) = (Some(images.clone()), Some(*size));
            }
            match correlated(&arguments)? {
                Ok((compared, correlation, exit)) => {
                    let of = (options_of(&arguments), compared, correlation);
                    runs.push(of);
                    end = exit;
                }
                Err(exit) => end = exit,
            }
            if end == Exit::Interrupted {
                break 'all;
            }
        }
    }
    if runs.is_empty() {
        return Ok(end);
    }
    show(&if arguments.json {
        let mut outcome = RepeatedOutcome { runs: Vec::new() };
        for ((images, batch_size, seed), compared, correlation) in &runs {
            let facts = EvaluationFacts::new(compared, &arguments.source);
            outcome.runs.push(RunOutcome {
                images: images.clone(),
                batch_size: *batch_size,
                seed: *seed,
                outcome: Outcome { facts, correlation },
            });
        }
        serde_json::to_string_pretty(&outcome)? + "\n"
    } else {
        let mut text = String::new();
        for same in runs.chunk_by(|one, other| (&one.0.0, one.0.1) == (&other.0.0, other.0.1)) {
            let (images, size, _) = &same[0].0;
            let seeds: Vec<String> = same.iter().map(|run| run.0.2.to_string()).collect();
            let batch = match (images, size) {
                (Some(images), Some(size)) => format!("{size} images ({images})"),
                _ => "the default images of each score".to_owned(),
            };
            let correlations: Vec<&Correlation> = same.iter().map(|run| &run.2).collect();
            let title = format!("{batch}, seeds {}", seeds.join(", "));
            text.push_str(&text::repeated(&same[0].1, &title, &correlations));
            text.push('\n');
        }
        text
    })?;
    Ok(end)
}

/// The images, their number and the seed of a run.
fn options_of(arguments: &Correlate) -> (Option<String>, Option<usize>, u64) {
    let options = &arguments.source.options.0;
    (options.images.as_ref().map(ToString::to_string), options.batch_size, options.seed)
}

/// A mini-batch as it is given, such as `noise:4`.
fn batch(text: &str) -> anyhow::Result<(ImageSource, usize)> {
    let parts = text.rsplit_once(':').and_then(|(images, size)| Some((images, size.parse().ok()?)));
    let (images, size) = parts.with_context(|| {
        format!("--batches `{text}`: expected an image source and a number, such as noise:4 or builtin:32")
    })?;
    let images = images.parse().map_err(|why| anyhow::anyhow!("--batches `{text}`: {why}"))?;
    Ok((images, size))
}

/// Asks for the combined rank and, where scores are computed now and none are named, for every other one.
fn every_score(source: &mut Source) {
    if source.scores.is_some() {
        source.column.get_or_insert_with(|| COMBINED.to_owned());
    } else if source.study.is_none() {
        source.score = Some(COMBINED.to_owned());
        let also = &mut source.options.0.also;
        if also.is_empty() {
            *also = SCORES.iter().map(|score| score.name.to_owned()).collect();
        }
    }
}

fn draw(compared: &Comparison, plot: &PictureFile) -> anyhow::Result<()> {
    let (score, metric) = (&compared.score, compared.accuracy.metric());
    let data = ScatterData {
        title: &format!("{score} and {metric} on {}", compared.space.id()),
        x_title: score,
        y_title: metric,
        points: &compared.joined.pairs(),
        log_x: untrained::score::has_log_axis(score),
    };
    Ok(scatter(&data, plot)?)
}
