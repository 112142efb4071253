//! `correlate`: the score and the free baselines against trained accuracy.

use serde::Serialize;

use super::super::{Exit, log_line, progress, show};
use super::args::{Correlate, Source};
use super::{Compared, EvaluationFacts, compare, text};
use untrained::evaluation::{
    Comparison, CorrelateOptions, Correlation, EvaluationError, correlate,
};
use untrained::score::{COMBINED, SCORES};
use untrained::statistics::{AccuracyFilter, ReportOptions};
use untrained_plot::{ScatterData, scatter};

/// The JSON object.
#[derive(Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    facts: EvaluationFacts<'a>,
    #[serde(flatten)]
    correlation: &'a Correlation,
}

/// Runs the verb.
pub fn run(mut arguments: Correlate) -> anyhow::Result<Exit> {
    if arguments.all {
        every_score(&mut arguments.source);
    }
    let Correlate { source, overwrite, .. } = &arguments;
    anyhow::ensure!(
        !overwrite || source.out.is_some() || arguments.plot.is_some(),
        "--overwrite replaces nothing: give --out or --plot with it"
    );
    if let Some(path) = &arguments.plot {
        untrained_plot::check_plot(path, *overwrite)?;
    }
    let Compared { comparison: compared, exit } = match compare(source, None, *overwrite)? {
        Ok(compared) => compared,
        Err(exit) => return Ok(exit),
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
    let result = correlate(&compared.score, &compared.joined, options, &going_on);
    let correlation = match result {
        Err(EvaluationError::Cancelled) => {
            log_line("interrupted");
            return Ok(Exit::Interrupted);
        }
        result => result?,
    };
    if let Some(path) = &arguments.plot {
        draw(&compared, path, *overwrite)?;
    }
    show(&if arguments.json {
        let facts = EvaluationFacts::new(&compared, source);
        serde_json::to_string_pretty(&Outcome { facts, correlation: &correlation })? + "\n"
    } else {
        match arguments.all {
            true => text::every_score(&compared, &correlation),
            false => text::correlation(&compared, &correlation),
        }
    })?;
    Ok(exit)
}

/// Asks for the combined rank and, where scores are computed now, for every other one.
fn every_score(source: &mut Source) {
    if source.scores.is_some() {
        source.column.get_or_insert_with(|| COMBINED.to_owned());
    } else if source.study.is_none() {
        source.score = Some(COMBINED.to_owned());
        source.options.0.also = SCORES.iter().map(|score| score.name.to_owned()).collect();
    }
}

fn draw(compared: &Comparison, path: &std::path::Path, overwrite: bool) -> anyhow::Result<()> {
    let (score, metric) = (&compared.score, compared.accuracy.metric());
    let data = ScatterData {
        title: &format!("{score} and {metric} on {}", compared.space.id()),
        x_title: score,
        y_title: metric,
        points: &compared.joined.pairs(),
        log_x: untrained::score::has_log_axis(score),
    };
    Ok(scatter(&data, path, overwrite)?)
}
