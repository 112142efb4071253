//! Any bytes as each file of the image data sets: CIFAR, ImageNet16, STL-10, SVHN, and a picture of a folder.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use untrained::data;
use untrained::graph::Shape;

/// Sources with the names of the files in their folders.
const SOURCES: [(&str, &str); 8] = [
    ("cifar10", "data_batch_1"),
    ("cifar10", "data_batch_1.bin"),
    ("cifar100", "train"),
    ("cifar100", "train.bin"),
    ("imagenet16", "train_data_batch_1"),
    ("stl10", "train_X.bin"),
    ("svhn", "train_32x32.mat"),
    ("folder", "picture.png"),
];

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("untrained-fuzz-images-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
});

fuzz_target!(|bytes: &[u8]| {
    for (source, name) in SOURCES {
        let file = FOLDER.join(name);
        std::fs::write(&file, bytes).unwrap();
        let source = format!("{source}:{}", FOLDER.display()).parse().unwrap();
        let _ = data::load(&source, Shape::new(3, 8, 8), 2, 0);
        std::fs::remove_file(file).unwrap();
    }
});
