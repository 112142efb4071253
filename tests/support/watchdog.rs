//! Waiting for events. How long one takes decides nothing: the watchdog only turns a test that would
//! hang into one that fails.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Far longer than anything that is waited for takes on the slowest machine.
pub const WATCHDOG: Duration = Duration::from_secs(300);

/// Waits until something has happened.
pub fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(begin.elapsed() < WATCHDOG, "watchdog: {what} never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs what must come to an end by itself.
pub fn must_end<T: Send + 'static>(what: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = channel();
    let thread = std::thread::spawn(move || sender.send(run()));
    match receiver.recv_timeout(WATCHDOG) {
        Ok(value) => value,
        Err(RecvTimeoutError::Timeout) => panic!("watchdog: {what} never ended"),
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(_) => unreachable!("the thread sends before it ends"),
        },
    }
}
