//! Any bytes as a benchmark table and as a file of scores.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use untrained::benchmark::{self, NEVER_CANCEL};
use untrained::evaluation::read_scores;

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    std::env::temp_dir().join(format!("untrained-fuzz-table-{}", std::process::id()))
});

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).unwrap();
    if let Ok(table) = benchmark::open(&FILE) {
        let _ = table.facts(NEVER_CANCEL);
    }
    let _ = read_scores(&FILE, "score");
});
