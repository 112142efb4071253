//! A search that is running, or has run, in this window.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::live_ranks::{LiveRanks, RankedRow};
use crate::tasks::message::Message;
use crate::tasks::{MessageSender, TaskRunner};
use untrained::backend::Cancel;
use untrained::job::{Event, JobConfig, JobError, Started, Summary, chain, run};
use untrained::store::{Record, Status, StatusCounts};

/// Lines of the log that are kept.
const LOG: usize = 500;

/// How many of the best networks are shown as they come.
pub const TOP: usize = 5;

/// One of the best networks so far.
#[derive(Clone, Debug, PartialEq)]
pub struct TopNetwork {
    /// The architecture.
    pub architecture: String,
    /// Its value.
    pub value: f64,
}

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
    /// The best networks so far, the best first.
    pub top: Vec<TopNetwork>,
    /// Values that may be chosen, in order of arrival.
    pub values: Vec<f64>,
    pace: RunPace,
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
            top: Vec::new(),
            values: Vec::new(),
            pace: RunPace::default(),
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

    /// Everything is opened, and networks are scored from now on.
    pub fn on_started(&mut self, started: Started) {
        self.pace.begun = self.elapsed();
        self.started = Some(started);
    }

    /// Adds a result; `reused` says that nothing was computed for it.
    pub fn on_scored(&mut self, record: &Record, reused: bool) {
        self.counts.add(record.status, 1);
        self.pace.computed += u64::from(!reused);
        self.pace.reused += u64::from(reused);
        let total = self.counts.total();
        match &mut self.ranks {
            Some(ranks) => {
                ranks.add(record, total);
                self.compare(false);
            }
            None => self.draw(RankedRow {
                architecture: record.architecture.clone(),
                params: record.params as f64,
                results: total as f64,
                value: record.rank_score(),
            }),
        }
        if record.status == Status::Failed {
            let why = record.message.as_deref().unwrap_or("no reason given");
            self.log_line(format!("{} failed: {why}", record.architecture));
        }
    }

    /// Adds a value to what is drawn, if it may be chosen.
    fn draw(&mut self, row: RankedRow) {
        let RankedRow { architecture, params, results, value } = row;
        if value.is_finite() {
            self.values.push(value);
            self.costs.push([params, value]);
            if self.best.last().is_none_or(|last| value > last[1]) {
                self.best.push([results, value]);
            }
            add_top(&mut self.top, architecture, value);
        }
    }

    /// Draws all results by their combined ranks, if they are compared again.
    fn compare(&mut self, all: bool) {
        let Some(rows) = self.ranks.as_mut().and_then(|ranks| ranks.compare(all)) else { return };
        (self.values, self.costs, self.best) = (Vec::new(), Vec::new(), Vec::new());
        self.top.clear();
        rows.into_iter().for_each(|row| self.draw(row));
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
            // Why is told above the log.
            Err(_) => "failed".to_owned(),
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

    /// Networks that are scored per second, reused results left out; nothing before the first.
    pub fn rate(&self) -> Option<f64> {
        self.pace.rate(self.elapsed())
    }

    /// Results that were reused.
    pub fn reused(&self) -> u64 {
        self.pace.reused
    }

    /// How much of it is done, and what is left, where the end is known.
    pub fn progress(&self) -> Option<(u64, u64)> {
        Some((self.counts.total(), self.started.as_ref()?.total?))
    }

    /// Time that is left, as the rate is; nothing while it is paused or over.
    pub fn left(&self) -> Option<Duration> {
        if !self.is_running() || self.is_paused() {
            return None;
        }
        let (done, total) = self.progress()?;
        let left = total.saturating_sub(done) as f64 / self.rate()?;
        left.is_finite().then(|| Duration::from_secs_f64(left.min(1e9)))
    }
}

/// Puts a network among the best, unless it is there already or worse than all of them.
fn add_top(top: &mut Vec<TopNetwork>, architecture: String, value: f64) {
    let at = top.partition_point(|known| known.value >= value);
    if at < TOP && top.iter().all(|known| known.architecture != architecture) {
        top.insert(at, TopNetwork { architecture, value });
        top.truncate(TOP);
    }
}

/// How fast networks are scored.
#[derive(Clone, Copy, Debug, Default)]
struct RunPace {
    /// The time that had passed when everything was opened.
    begun: Duration,
    /// Networks that were scored.
    computed: u64,
    /// Results that were there already.
    reused: u64,
}

impl RunPace {
    /// Networks per second after that time; nothing before one was scored.
    fn rate(&self, elapsed: Duration) -> Option<f64> {
        let seconds = elapsed.saturating_sub(self.begun).as_secs_f64();
        (self.computed > 0).then(|| self.computed as f64 / seconds.max(1e-3))
    }
}

/// Hands an event on, and waits while the run is paused; a window that is gone ends the run.
fn forward(sender: &MessageSender, control: &RunControl, event: Event) {
    let message = match event {
        Event::Started(started) => Message::RunStarted(started),
        Event::Warning(warning) => Message::RunWarning(warning),
        Event::Scored { record, reused, .. } => Message::RunScored(record, reused),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_kept_once_and_in_order() {
        let mut top = Vec::new();
        for (name, value) in
            [("a", 1.0), ("b", 5.0), ("a", 1.0), ("c", 3.0), ("d", 4.0), ("e", 2.0), ("f", 6.0)]
        {
            add_top(&mut top, name.to_owned(), value);
        }
        let names: Vec<&str> = top.iter().map(|one| one.architecture.as_str()).collect();
        assert_eq!(names, ["f", "b", "d", "c", "e"]);
    }

    // A study that is resumed has a thousand results at once: they must not make a search of hours look
    // like one of seconds.
    #[test]
    fn reused_results_are_no_speed() {
        let begun = Duration::from_secs(5);
        let mut pace = RunPace { begun, computed: 0, reused: 1000 };
        assert_eq!(pace.rate(Duration::from_secs(6)), None);
        pace.computed = 10;
        assert_eq!(pace.rate(Duration::from_secs(10)), Some(2.0));
    }
}
