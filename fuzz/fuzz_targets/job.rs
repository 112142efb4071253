//! Any text as a job file: what is accepted is written and read back as the same job.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use untrained::job::JobConfig;

fuzz_target!(|text: &str| {
    let Ok(job) = JobConfig::from_text(text, Path::new("fuzz.toml")) else { return };
    let _ = job.check();
    let Ok(written) = job.to_text() else { return };
    let again = JobConfig::from_text(&written, Path::new("written.toml")).unwrap();
    assert_eq!(again.to_text().unwrap(), written);
});
