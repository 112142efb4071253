//! Panics of other libraries that are expected and become errors.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether a panic on this thread is expected.
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs work of another library that may panic where its input is damaged, and prints nothing if it does:
/// the caller says what is wrong.
///
/// # Errors
///
/// What the work panicked with.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    static SILENCE: Once = Once::new();
    SILENCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_EXPECTED.get() {
                print(info);
            }
        }));
    });
    let outer = IS_EXPECTED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    IS_EXPECTED.set(outer);
    result
}

#[cfg(test)]
mod tests {
    use super::{IS_EXPECTED, catch};

    #[test]
    fn panics_become_errors_and_are_expected_only_meanwhile() {
        assert!(catch(|| IS_EXPECTED.get()).unwrap());
        let caught = catch(|| catch(|| panic!("inner")).is_err() && IS_EXPECTED.get());
        assert!(caught.unwrap());
        assert_eq!(*catch(|| panic!("outer")).unwrap_err().downcast::<&str>().unwrap(), "outer");
        assert!(!IS_EXPECTED.get());
    }
}
