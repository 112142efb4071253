//! Runs a job with its progress and warnings on stderr; Ctrl-C stops it.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Exit, log_line};
use untrained::backend::Cancel;
use untrained::job::{self, Event, JobConfig, JobError, Leaderboard, Started, Summary};
use untrained::store::{Record, Status};

/// The request to stop that Ctrl-C makes.
static CANCEL: Cancel = Cancel::new();

/// How many failures are told one by one.
const FAILURES_SHOWN: u64 = 5;

/// The request to stop, which Ctrl-C makes from now on; a second Ctrl-C ends the process.
pub fn cancelled_by_ctrl_c() -> &'static Cancel {
    // A second handler cannot be set: the first one stays.
    let _ = ctrlc::set_handler(|| {
        if CANCEL.is_cancelled() {
            std::process::exit(Exit::Interrupted as i32);
        }
        CANCEL.cancel();
    });
    &CANCEL
}

/// Runs a job, shows its progress and passes every record to `each`. A job that stops because its
/// results cannot be written still returns the results it scored, together with the error.
pub fn run(
    config: &JobConfig,
    mut each: impl FnMut(&Record, Option<&untrained::backend::RunOutput>),
) -> (Summary, Result<(), JobError>) {
    let cancel = cancelled_by_ctrl_c();
    let bar = ProgressBar::hidden();
    let mut seen = Summary::default();
    let ranking = config.ranked_without_training().ok().flatten();
    let mut leaderboard = Leaderboard::new(ranking.as_ref());
    let result = job::run(config, cancel, &mut |event| match event {
        Event::Started(started) => {
            seen.study.clone_from(&started.study);
            begin(&bar, &started);
        }
        Event::Warning(warning) => bar.suspend(|| log_line(&warning)),
        Event::Scored { record, output } => {
            seen.counts.add(record.status, 1);
            leaderboard.add(&record);
            if record.status == Status::Failed && seen.counts.get(Status::Failed) <= FAILURES_SHOWN
            {
                let why = record.message.as_deref().unwrap_or("unknown reason");
                bar.suspend(|| log_line(&format!("{} failed: {why}", record.architecture)));
            }
            each(&record, output.as_deref());
            if let Some(best) = leaderboard.best_value() {
                bar.set_message(format!("best {best:.2}"));
            }
            bar.inc(1);
        }
    });
    bar.finish_and_clear();
    match result {
        Ok(summary) => (summary, Ok(())),
        Err(error) => {
            seen.best = leaderboard.best();
            (seen, Err(error))
        }
    }
}

fn begin(bar: &ProgressBar, started: &Started) {
    let device = &started.device;
    let _ = writeln!(
        std::io::stderr(),
        "running on {} ({}, {})",
        device.name,
        device.api,
        device.driver
    );
    if let Some(model) = &started.model {
        let _ = writeln!(std::io::stderr(), "activation sites: {}", model.code_points);
        let _ = writeln!(std::io::stderr(), "batch-norm: {}", model.batch_norm);
    }
    if let Some(study) = &started.study {
        let _ = writeln!(std::io::stderr(), "study {study}");
    }
    if let Some(total) = started.total {
        bar.set_length(total);
    }
    let template = "{bar:30} {pos}/{len}  {per_sec}  {eta} left  {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.with_key(
            "per_sec",
            |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.1}/s", state.per_sec());
            },
        ));
    }
    bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    bar.reset();
    bar.enable_steady_tick(Duration::from_millis(200));
}

/// The exit code of a job, and its summary in one line on stderr.
pub fn conclude(summary: &Summary) -> Exit {
    let counts = summary.counts;
    let named = [Status::Ok, Status::Singular, Status::Disconnected, Status::Failed]
        .into_iter()
        .filter(|&status| counts.get(status) > 0)
        .map(|status| format!("{} {}", counts.get(status), status.name()));
    let list = named.collect::<Vec<_>>().join(", ");
    let what = if summary.interrupted { "interrupted after" } else { "scored" };
    let total = counts.total();
    let known = match summary.known {
        0 => String::new(),
        known => format!("; {known} reused from earlier runs or identical networks"),
    };
    let noun = if total == 1 { "architecture" } else { "architectures" };
    let list = if list.is_empty() { list } else { format!(": {list}") };
    let rejected = match summary.rejected {
        0 => String::new(),
        rejected => format!("; {rejected} rejected by constraints"),
    };
    log_line(&format!("{what} {total} {noun}{list}{known}{rejected}"));
    match () {
        () if summary.interrupted => Exit::Interrupted,
        () if counts.get(Status::Ok) == 0 => Exit::Nothing,
        () if counts.get(Status::Failed) > 0 => Exit::Partial,
        () => Exit::Done,
    }
}
