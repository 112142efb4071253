//! Networks whose kernel matrix an independent program computed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use untrained::data::Batch;
use untrained::graph::Shape;
use untrained::score::KernelMatrix;

/// The part of code bits in which a kernel matrix may differ: bits whose pre-activation is next to
/// zero depend on the order of floating-point sums.
pub const BIT_TOLERANCE: f64 = 1e-4;

/// How far the score may be off; follows from [`BIT_TOLERANCE`] at the fixtures' conditioning.
pub const SCORE_TOLERANCE: f64 = 0.02;

/// What a fixture's `expected.json` says.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Expected {
    /// The search space.
    pub space: String,
    /// The architecture, in the space's own form.
    pub arch: serde_json::Value,
    /// ln |det K|, every ReLU call once.
    pub score: f64,
    /// ln |det K| as the code published with the paper counts ReLUs.
    pub score_published_count: f64,
    /// ReLU units, every call once.
    pub units: u64,
    /// Trainable values.
    pub params: u64,
    /// Multiply-adds per image.
    pub macs: u64,
    /// Calls of activations by their titles, where the fixture tells them.
    #[serde(default)]
    pub code_points: BTreeMap<String, u64>,
}

/// One network with its input and what it must give.
pub struct Fixture {
    /// Name of its folder.
    pub name: String,
    /// The ONNX file.
    pub model: PathBuf,
    /// The images.
    pub batch: Batch,
    /// The kernel matrix, every ReLU call once, `[n, n]` row-major.
    pub kernel: Vec<u64>,
    /// Scores and costs.
    pub expected: Expected,
}

impl Fixture {
    /// Reads a fixture's folder.
    pub fn read(folder: &Path) -> Self {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        let (kernel, _) = read_npy::<f64>(&folder.join("kernel.npy"));
        let whole = |&value: &f64| {
            assert!(value >= 0.0 && value.fract() == 0.0, "{name}: K holds {value}");
            value as u64
        };
        Self {
            model: folder.join("model.onnx"),
            batch: read_batch(&folder.join("input.npy")),
            kernel: kernel.iter().map(whole).collect(),
            expected: serde_json::from_str(&text).unwrap(),
            name,
        }
    }

    /// The part of code bits in which a kernel matrix differs from the expected one: the sum of
    /// `|dK|` over `n * n * V`.
    pub fn deviation(&self, kernel: &KernelMatrix) -> f64 {
        assert_eq!(kernel.entries().len(), self.kernel.len(), "{}: size of K", self.name);
        let pairs = kernel.entries().iter().zip(&self.kernel);
        let sum: u64 = pairs.map(|(&found, &expected)| found.abs_diff(expected)).sum();
        sum as f64 / (self.kernel.len() as f64 * self.expected.units as f64)
    }
}

/// The fixtures in the repository and, unless they are absent, those of the shared data, by name.
pub fn all() -> Vec<Fixture> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut folders: BTreeMap<String, PathBuf> = BTreeMap::new();
    for root in super::shared("fixtures/onnx").into_iter().chain([own]) {
        for entry in std::fs::read_dir(&root).unwrap() {
            let folder = entry.unwrap().path();
            if folder.join("model.onnx").is_file() {
                folders.insert(folder.file_name().unwrap().to_string_lossy().into_owned(), folder);
            }
        }
    }
    folders.values().map(|folder| Fixture::read(folder)).collect()
}

/// The cut-down networks of known families, by name.
pub fn families() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/onnx");
    let entries = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let transformer = |path: &Path| path.file_name().unwrap().to_string_lossy().starts_with("vit-");
    let mut folders: Vec<PathBuf> =
        entries.filter(|path| path.is_dir() && !transformer(path)).collect();
    folders.sort();
    folders.iter().map(|folder| Fixture::read(folder)).collect()
}

/// A batch from a float32 file `[n, c, h, w]`.
pub fn read_batch(path: &Path) -> Batch {
    let (values, shape) = read_npy::<f32>(path);
    // Vectors, images, and videos with their frames stacked along the rows.
    let (images, shape) = match shape[..] {
        [images, channels] => (images, Shape::new(channels, 1, 1)),
        [images, channels, width] => (images, Shape::new(channels, 1, width)),
        [images, channels, height, width] => (images, Shape::new(channels, height, width)),
        [images, channels, frames, height, width] => {
            (images, Shape::new(channels, frames * height, width))
        }
        _ => panic!("{path:?}: {shape:?}"),
    };
    Batch { images, shape, values, indices: (0..images).collect() }
}

fn read_npy<T: npyz::Deserialize>(path: &Path) -> (Vec<T>, Vec<usize>) {
    let file = std::fs::File::open(path).unwrap();
    let npy = npyz::NpyFile::new(std::io::BufReader::new(file)).unwrap();
    assert_eq!(npy.order(), npyz::Order::C, "{path:?}");
    let shape = npy.shape().iter().map(|&extent| extent as usize).collect();
    (npy.into_vec().unwrap(), shape)
}
