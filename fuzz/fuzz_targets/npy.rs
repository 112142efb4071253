//! Any bytes as an npy or npz file, an archive of pictures and an idx file.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use untrained::data;
use untrained::graph::Shape;

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    std::env::temp_dir().join(format!("untrained-fuzz-{}", std::process::id()))
});

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).unwrap();
    for kind in ["npy", "npz", "folder", "idx"] {
        let source = format!("{kind}:{}", FILE.display()).parse().unwrap();
        let _ = data::load(&source, Shape::new(3, 8, 8), 2, 0);
    }
});
