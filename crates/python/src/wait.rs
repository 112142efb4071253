//! Waiting for work without holding Python's lock, so that other threads run and Ctrl-C is heard.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use untrained::backend::Cancel;

use super::errors::exception;

/// How often Python is asked whether there was a signal.
const POLL: Duration = Duration::from_millis(50);

/// As that of a program's main thread: nested networks recurse.
const STACK_BYTES: usize = 8 << 20;

/// Locks, whatever a panic left behind.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs work on its own thread and returns what it returns. Meanwhile `poll` is called with Python's lock, and
/// Python's signal handlers run; an exception of either cancels the work and is raised once that has stopped.
pub fn wait<T: Send>(
    py: Python<'_>,
    cancel: &Cancel,
    work: impl FnOnce() -> T + Send,
    mut poll: impl FnMut(Python<'_>) -> PyResult<()>,
) -> PyResult<T> {
    let (result, ended) = (Mutex::new(None), Condvar::new());
    let mut failure = None;
    std::thread::scope(|scope| -> PyResult<()> {
        let run = || {
            let outcome = catch_unwind(AssertUnwindSafe(work));
            *lock(&result) = Some(outcome);
            ended.notify_all();
        };
        let thread = std::thread::Builder::new().name("untrained".to_owned());
        thread.stack_size(STACK_BYTES).spawn_scoped(scope, run)?;
        loop {
            let has_ended = py.detach(|| {
                let guard = lock(&result);
                let waits = |result: &mut Option<_>| result.is_none();
                let waited = ended.wait_timeout_while(guard, POLL, waits);
                waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
            });
            if failure.is_none()
                && let Err(error) = py.check_signals().and_then(|()| poll(py))
            {
                cancel.cancel();
                failure = Some(error);
            }
            if has_ended {
                return Ok(());
            }
        }
    })?;
    let outcome = lock(&result).take();
    match (failure, outcome) {
        (Some(error), _) => Err(error),
        (None, Some(Ok(value))) => Ok(value),
        (None, _) => Err(exception("Error", "an internal error: the work ended in a panic", &[])),
    }
}
