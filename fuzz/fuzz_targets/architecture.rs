//! Any text as an architecture of every built-in space: what is accepted is written and read back,
//! and builds.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use untrained::space::Space;

static SPACES: LazyLock<Vec<Space>> = LazyLock::new(|| Space::builtins().unwrap());

/// The longest accepted text that is built; networks grow with what is written.
const MAX_BUILT: usize = 600;

fuzz_target!(|text: &str| {
    for space in SPACES.iter() {
        let Ok(architecture) = space.parse(text) else { continue };
        let written = architecture.to_string();
        assert_eq!(space.parse(&written).as_ref(), Ok(&architecture), "{written}");
        if written.len() < MAX_BUILT {
            // A width and a group count that do not go together are an error.
            let _ = architecture.build();
        }
    }
});
