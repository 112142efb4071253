//! Any bytes as a benchmark table, under each name by which a format is told, and as a file of scores.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use untrained::benchmark::{self, NEVER_CANCEL};
use untrained::evaluation::read_scores;

/// The first is told by its content alone. NAS-Bench-201 and TransNAS-Bench-101 are PyTorch files, which
/// other files share their first bytes with.
static FILES: LazyLock<[PathBuf; 3]> = LazyLock::new(|| {
    let file = |ending| {
        let name = format!("untrained-fuzz-table-{}{ending}", std::process::id());
        std::env::temp_dir().join(name)
    };
    ["", ".pth", ".csv"].map(file)
});

fuzz_target!(|bytes: &[u8]| {
    for file in &*FILES {
        std::fs::write(file, bytes).unwrap();
        if let Ok(table) = benchmark::open(file) {
            let _ = table.facts(NEVER_CANCEL);
        }
        std::fs::remove_file(file).unwrap();
    }
    let scores = &FILES[0];
    std::fs::write(scores, bytes).unwrap();
    let _ = read_scores(scores, "score");
    std::fs::remove_file(scores).unwrap();
});
