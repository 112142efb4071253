//! Any bytes as a space file: a space or a list of problems.
#![no_main]

use libfuzzer_sys::fuzz_target;
use untrained::space::{Space, SpaceError};

fuzz_target!(|text: &str| {
    match Space::from_text(text, "fuzz") {
        Ok(space) => assert!(space.count() > 0),
        Err(SpaceError::Invalid { problems, .. }) => assert!(!problems.is_empty()),
        Err(other) => panic!("{other}"),
    }
});
