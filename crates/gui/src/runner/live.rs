//! A search that is running, or has run, in this window.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::live_ranks::LiveRanks;
use crate::tasks::message::Message;
use crate::tasks::{MessageSender, TaskRunner};
use untrained::backend::Cancel;
use untrained::job::{Event, JobConfig, JobError, Started, Summary, chain, run};
use untrained::store::{Record, Status, StatusCounts};

/// Lines of the log that are kept.
const LOG: usize = 500;

/// What a run is told from the window.
#[derive(Default)]
struct RunControl {
    cancel: Cancel,
    paused: Mutex<bool>,
    changed: Condvar,
}

impl RunControl {
    fn pause(&self, paused: bool) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = paused;
        self.changed.notify_all();
    }

    /// Ends a pause as well.
    fn stop(&self) {
        self.cancel.cancel();
        self.pause(false);
    }

    /// Keeps a run here while it is paused. Its study goes on to give signs of life.
    fn wait(&self) {
        let paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_while(paused, |paused| *paused));
    }
}

/// The time that a run takes, pauses left out.
struct RunClock {
    before: Duration,
    since: Option<Instant>,
}

impl RunClock {
    fn elapsed(&self) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn halt(&mut self) {
        self.before = self.elapsed();
        self.since = None;
    }
}

/// How it goes.
pub struct LiveSearch {
    /// The job that runs.
    pub job: JobConfig,
    control: Arc<RunControl>,
    clock: RunClock,
    /// The device, once it runs.
    pub started: Option<Started>,
    /// Results by status.
    pub counts: StatusCounts,
    /// Params and value of every result that may be chosen.
    pub costs: Vec<[f64; 2]>,
    /// The best value after a number of results, whenever it changed.
    pub best: Vec<[f64; 2]>,
    /// Values that may be chosen, in order of arrival.
    pub values: Vec<f64>,
    /// Where the combined rank ranks: what it compares.
    ranks: Option<LiveRanks>,
    /// What happened.
    pub log: Vec<String>,
    /// How it ended, if it did.
    pub end: Option<Result<Summary, String>>,
}

impl LiveSearch {
    /// Starts a job on its own thread.
    pub fn start(tasks: &mut TaskRunner, job: JobConfig) -> Self {
        let control = Arc::new(RunControl::default());
        let (config, request) = (job.clone(), control.clone());
        tasks.start("run", move |sender| {
            let result =
                run(&config, &request.cancel, &mut |event| forward(sender, &request, event));
            let result = result.map(Box::new).map_err(|error: JobError| chain(&error));
            sender.send(Message::RunEnded(result));
        });
        Self {
            ranks: LiveRanks::of_job(&job),
            job,
            control,
            clock: RunClock { before: Duration::ZERO, since: Some(Instant::now()) },
            started: None,
            counts: StatusCounts::default(),
            costs: Vec::new(),
            best: Vec::new(),
            values: Vec::new(),
            log: Vec::new(),
            end: None,
        }
    }

    /// Whether it is not over.
    pub fn is_running(&self) -> bool {
        self.end.is_none()
    }

    /// Whether a stop was requested but has not taken effect yet.
    pub fn is_stopping(&self) -> bool {
        self.is_running() && self.control.cancel.is_cancelled()
    }

    /// Whether it waits to be resumed.
    pub fn is_paused(&self) -> bool {
        self.is_running() && self.clock.since.is_none()
    }

    /// Requests that it stop.
    pub fn stop(&mut self) {
        if self.is_running() && !self.is_stopping() {
            self.clock.since.get_or_insert_with(Instant::now);
            self.control.stop();
        }
    }

    /// Pauses it after the current networks, or resumes it.
    pub fn pause(&mut self, paused: bool) {
        if !self.is_running() || self.is_stopping() || self.is_paused() == paused {
            return;
        }
        match paused {
            true => self.clock.halt(),
            false => self.clock.since = Some(Instant::now()),
        }
        self.control.pause(paused);
        self.log_line(if paused { "paused" } else { "resumed" }.to_owned());
    }

    /// The study that keeps it.
    pub fn study(&self) -> Option<&str> {
        self.started.as_ref()?.study.as_deref()
    }

    /// Adds a result.
    pub fn on_scored(&mut self, record: &Record) {
        self.counts.add(record.status, 1);
        let total = self.counts.total();
        match &mut self.ranks {
            Some(ranks) => {
                ranks.add(record, total);
                self.compare(false);
            }
            None => self.draw(record.params as f64, total as f64, record.rank_score()),
        }
        if record.status == Status::Failed {
            let why = record.message.as_deref().unwrap_or("no reason given");
            self.log_line(format!("{} failed: {why}", record.architecture));
        }
    }

    /// Adds a value to what is drawn, if it may be chosen.
    fn draw(&mut self, params: f64, results: f64, value: f64) {
        if value.is_finite() {
            self.values.push(value);
            self.costs.push([params, value]);
            if self.best.last().is_none_or(|last| value > last[1]) {
                self.best.push([results, value]);
            }
        }
    }

    /// Draws all results by their combined ranks, if they are compared again.
    fn compare(&mut self, all: bool) {
        let Some(rows) = self.ranks.as_mut().and_then(|ranks| ranks.compare(all)) else { return };
        (self.values, self.costs, self.best) = (Vec::new(), Vec::new(), Vec::new());
        rows.iter().for_each(|row| self.draw(row.params, row.results, row.value));
    }

    /// Adds a line to the log; the oldest go when it is long.
    pub fn log_line(&mut self, text: String) {
        if self.log.len() >= LOG {
            self.log.remove(0);
        }
        let seconds = self.elapsed().as_secs();
        self.log.push(format!("{:>3}:{:02}  {text}", seconds / 60, seconds % 60));
    }

    /// Describes how it ended.
    pub fn finish(&mut self, end: Result<Summary, String>) {
        let text = match &end {
            Ok(summary) if summary.interrupted => {
                "stopped; resume to continue from here".to_owned()
            }
            Ok(_) => "done".to_owned(),
            Err(why) => format!("failed: {why}"),
        };
        self.compare(true);
        self.log_line(text);
        if let Ok(Summary { followed: Some(followed), .. }) = &end {
            let text = format!("{} {followed}", self.job.ranked_by());
            self.log_line(text);
        }
        self.clock.halt();
        self.end = Some(end);
    }

    /// How long it runs, or ran, pauses left out.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Networks per second.
    pub fn rate(&self) -> f64 {
        self.counts.total() as f64 / self.elapsed().as_secs_f64().max(1e-3)
    }

    /// How much of it is done, and what is left, where the end is known.
    pub fn progress(&self) -> Option<(u64, u64)> {
        Some((self.counts.total(), self.started.as_ref()?.total?))
    }

    /// Time that is left, as the rate is.
    pub fn left(&self) -> Option<Duration> {
        let (done, total) = self.progress()?;
        let left = total.saturating_sub(done) as f64 / self.rate();
        (done > 0 && left.is_finite()).then(|| Duration::from_secs_f64(left.min(1e9)))
    }
}

/// Hands an event on, and waits while the run is paused; a window that is gone ends the run.
fn forward(sender: &MessageSender, control: &RunControl, event: Event) {
    let message = match event {
        Event::Started(started) => Message::RunStarted(Box::new(started)),
        Event::Warning(warning) => Message::RunWarning(warning),
        Event::Scored { record, .. } => Message::RunScored(record),
    };
    if !sender.send(message) {
        control.stop();
    }
    control.wait();
}

/// A time as minutes and seconds, or hours and minutes.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 3600 {
        format!("{}:{:02}", seconds / 60, seconds % 60)
    } else {
        format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60)
    }
}
