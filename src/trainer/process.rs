//! Runs a program with a time limit and keeps the end of its output, regardless of its length.

use std::collections::VecDeque;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap};

use crate::format::printable;
use crate::leftovers::{Leftover, end_with_parent, register};

/// The most bytes of each output that are kept: the last ones.
const KEPT_BYTES: usize = 64 << 10;
/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(20);
/// How long output is still read after the program ended; children of it may keep the pipe open.
const DRAIN: Duration = Duration::from_millis(500);

/// The end of what a program wrote.
#[derive(Debug)]
pub(super) struct Written {
    pub stdout: String,
    stderr: String,
}

impl Written {
    /// The last line of the errors or else of the output, for a message.
    pub(super) fn ending(&self) -> String {
        let last = |text: &str| text.lines().rev().find(|l| !l.trim().is_empty()).map(shortened);
        last(&self.stderr).or_else(|| last(&self.stdout)).unwrap_or_else(|| "nothing".to_owned())
    }
}

fn shortened(line: &str) -> String {
    let line: String = line.trim().chars().take(200).collect();
    printable(&line).into_owned()
}

/// Runs a program to its end. It is killed, with all programs it started, at the time limit or when
/// the run is cancelled.
pub(super) fn run(
    program: &str,
    arguments: &[String],
    limit: Duration,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Written, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    end_with_parent(&mut command);
    let mut wrapped = CommandWrap::from(command);
    #[cfg(unix)]
    wrapped.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    wrapped.wrap(process_wrap::std::JobObject);
    let mut child =
        wrapped.spawn().map_err(|error| format!("could not be started: `{program}`: {error}"))?;
    // Its own process leads the group.
    let _registration = register(Leftover::Group(child.id()));
    let outputs = [
        child.stdout().take().map(|pipe| Tail::follow(Box::new(pipe))),
        child.stderr().take().map(|pipe| Tail::follow(Box::new(pipe))),
    ];
    let ended = wait(child.as_mut(), limit, cancelled);
    // Whatever it left running must not outlive it.
    let _ = child.start_kill();
    let [stdout, stderr] = outputs.map(|tail| tail.map(Tail::text).unwrap_or_default());
    let written = Written { stdout, stderr };
    match ended {
        Ok(status) if status.success() => Ok(written),
        Ok(status) => Err(format!("failed ({status}): {}", written.ending())),
        Err(reason) => Err(reason),
    }
}

fn wait(
    child: &mut dyn ChildWrapper,
    limit: Duration,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<std::process::ExitStatus, String> {
    let begin = Instant::now();
    loop {
        // The leader's own status: programs it started are not waited for.
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if cancelled() => return Err("was stopped".to_owned()),
            Ok(None) if begin.elapsed() > limit => {
                return Err(format!("took longer than {} s and was stopped", limit.as_secs_f64()));
            }
            Ok(None) => std::thread::sleep(POLL),
            Err(error) => return Err(format!("could not be monitored: {error}")),
        }
    }
}

/// The end of a pipe, read by a thread of its own.
struct Tail {
    bytes: Arc<Mutex<VecDeque<u8>>>,
    reader: std::thread::JoinHandle<()>,
}

impl Tail {
    fn follow(mut pipe: Box<dyn Read + Send>) -> Self {
        let bytes = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&bytes);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8 << 10];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                let mut kept = kept.lock().unwrap_or_else(|held| held.into_inner());
                kept.extend(&buffer[..count]);
                let excess = kept.len().saturating_sub(KEPT_BYTES);
                kept.drain(..excess);
            }
        });
        Self { bytes, reader }
    }

    /// What came until the pipe was closed, or a moment after the program ended.
    fn text(self) -> String {
        let begin = Instant::now();
        while !self.reader.is_finished() && begin.elapsed() < DRAIN {
            std::thread::sleep(POLL / 4);
        }
        let mut bytes = self.bytes.lock().unwrap_or_else(|held| held.into_inner());
        String::from_utf8_lossy(bytes.make_contiguous()).into_owned()
    }
}
