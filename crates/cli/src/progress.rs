//! Runs a job with its progress and warnings on stderr; Ctrl-C stops it.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::{Exit, log_line};
use untrained::backend::Cancel;
use untrained::job::{self, Event, JobConfig, JobError, Leaderboard, Started, Summary};
use untrained::leftovers;
use untrained::store::{Record, Status};

/// The request to stop that Ctrl-C makes.
static CANCEL: Cancel = Cancel::new();

/// How many failures are told one by one.
const FAILURES_SHOWN: u64 = 5;

/// Signals that come so soon after the first are the same request: `timeout` and terminals send several.
const SAME_REQUEST: Duration = Duration::from_millis(500);

/// How long the work may take to notice that it is to stop. What never asks, such as reading a file, is
/// ended then.
const NOTICE: Duration = Duration::from_millis(800);

/// How long outputs may be written after that.
const CLOSE: Duration = Duration::from_secs(10);

/// The request to stop, which Ctrl-C and SIGTERM make from now on. A second one later, and work that does not
/// stop, end the process; what it has stored stays, and programs it started are ended with it.
pub fn cancelled_by_ctrl_c() -> &'static Cancel {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    // A second handler cannot be set: the first one stays.
    let _ = ctrlc::set_handler(|| {
        match FIRST.get() {
            Some(first) if first.elapsed() > SAME_REQUEST => end_now(),
            Some(_) => return,
            None => {}
        }
        let _ = FIRST.set(Instant::now());
        CANCEL.cancel();
        std::thread::spawn(|| {
            std::thread::sleep(NOTICE);
            if CANCEL.is_noticed() {
                std::thread::sleep(CLOSE);
            }
            end_now();
        });
    });
    &CANCEL
}

/// Ends the process as interrupted.
fn end_now() -> ! {
    leftovers::clear();
    log_line("interrupted");
    std::process::exit(Exit::Interrupted as i32);
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
    let mut plain = PlainProgress::new();
    let result = job::run(config, cancel, &mut |event| match event {
        Event::Started(started) => {
            seen.study.clone_from(&started.study);
            begin(&bar, &started);
        }
        Event::Warning(warning) => bar.suspend(|| log_line(&warning)),
        Event::Scored { record, output, .. } => {
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
            plain.tell(&bar);
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
        if let Some(note) = model.code_points.note() {
            let _ = writeln!(std::io::stderr(), "codes: {note}");
        }
        let _ = writeln!(std::io::stderr(), "batch-norm: {}", model.batch_norm);
    }
    if let Some(study) = &started.study {
        let _ = writeln!(std::io::stderr(), "study {study}");
    }
    if let Some(total) = started.total {
        bar.set_length(total);
    }
    let template = "{bar:30} {pos}/{len}  {per_sec}  {remaining}  {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        let style = style.with_key(
            "per_sec",
            |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.1}/s", state.per_sec());
            },
        );
        bar.set_style(style.with_key(
            "remaining",
            |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                // Before the first result, there is no speed to tell it from.
                if state.pos() > 0 {
                    let _ = write!(out, "{} left", HumanDuration(state.eta()));
                }
            },
        ));
    }
    bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    bar.reset();
    bar.enable_steady_tick(Duration::from_millis(200));
}

/// How often progress is reported where stderr is no terminal.
const PLAIN_INTERVAL: Duration = Duration::from_secs(30);

/// Progress as lines, for a stderr that is a file or a pipe, where no bar is drawn.
struct PlainProgress {
    last: Instant,
    is_terminal: bool,
}

impl PlainProgress {
    fn new() -> Self {
        Self { last: Instant::now(), is_terminal: std::io::stderr().is_terminal() }
    }

    /// Reports how far a job has come if that is due.
    fn tell(&mut self, bar: &ProgressBar) {
        if self.is_terminal || self.last.elapsed() < PLAIN_INTERVAL {
            return;
        }
        self.last = Instant::now();
        let (done, per_second) = (bar.position(), bar.per_sec());
        let progress = match bar.length() {
            Some(total) => format!(
                "{done} of {total} scored, {per_second:.1}/s, {} left",
                HumanDuration(bar.eta())
            ),
            None => format!("{done} scored, {per_second:.1}/s"),
        };
        log_line(&progress);
    }
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
    let disconnected = match summary.disconnected {
        0 => String::new(),
        left_out => format!("; {left_out} disconnected and left out"),
    };
    log_line(&format!("{what} {total} {noun}{list}{known}{rejected}{disconnected}"));
    match () {
        () if summary.interrupted => Exit::Interrupted,
        () if counts.get(Status::Ok) == 0 => Exit::Nothing,
        () if counts.get(Status::Failed) > 0 => Exit::Partial,
        () => Exit::Done,
    }
}
