//! The kernel matrix of one architecture, its eigenvalues, and the number of active units at each
//! activation site: everything that one forward pass yields.

use untrained::backend::{Cancel, PackedCode, RunOutput};
use untrained::graph::{Graph, Op};
use untrained::job::{JobConfig, KernelOutput, Session, chain};
use untrained::plan::{BinaryCode, Plan};
use untrained::score::{KernelMatrix, eigenvalues};

/// A point of the network where a code is read.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivationSite {
    /// The label of the layer.
    pub layer: String,
    /// Its function, as in `ReLU`.
    pub function: &'static str,
    /// Shape of what it reads, `[channels, height, width]`.
    pub shape: [usize; 3],
    /// How often the code counts.
    pub multiplicity: u32,
    /// Share of its units that are on, over all images, from 0 to 1.
    pub active: f64,
}

/// The results of a forward pass for an architecture.
#[derive(Clone, Debug)]
pub struct KernelPicture {
    /// The kernel matrix K of the job's images, with the weights of the first repeat.
    pub matrix: KernelMatrix,
    /// ln |det K|.
    pub score: f64,
    /// The least and the greatest share of units on which two different images agree: where the colours of
    /// K / V begin and end. The diagonal, where the share is 1, says nothing.
    pub range: [f64; 2],
    /// The eigenvalues of K, the largest first.
    pub eigenvalues: Vec<f64>,
    /// Where codes are read, in the order of the network.
    pub points: Vec<ActivationSite>,
    /// Counted units that are off for every image and are not computed.
    pub constant_units: u64,
}

impl KernelPicture {
    /// None if the run computed no kernel matrix.
    fn new(output: &RunOutput, graph: &Graph, plan: &Plan) -> Option<Self> {
        let matrix = output.kernel.clone()?;
        let codes = plan.codes.iter().zip(output.codes.iter().flatten());
        Some(Self {
            score: matrix.score(),
            range: range(&matrix),
            eigenvalues: eigenvalues(&matrix),
            points: codes.map(|(code, bits)| point(graph, code, bits, matrix.images())).collect(),
            constant_units: plan.constant_units,
            matrix,
        })
    }

    /// Scores one architecture as a job does.
    ///
    /// # Errors
    ///
    /// Why there is no kernel matrix, as a sentence.
    pub fn compute(job: &JobConfig, architecture: &str, cancel: &Cancel) -> Result<Self, String> {
        let session = Session::open(job, cancel, &mut |_| {}).map_err(|error| chain(&error))?;
        let computed = session.kernel_matrix(architecture, cancel);
        let KernelOutput { graph, plan, output } = computed.map_err(|error| chain(&error))?;
        Self::new(&output, &graph, &plan).ok_or_else(|| "no kernel matrix was computed".to_owned())
    }

    /// The mean share of units that are on, each counted unit once.
    pub fn mean_active(&self) -> f64 {
        let units = |point: &ActivationSite| {
            point.shape.iter().product::<usize>() as f64 * f64::from(point.multiplicity)
        };
        let all: f64 = self.points.iter().map(units).sum::<f64>() + self.constant_units as f64;
        let on: f64 = self.points.iter().map(|point| units(point) * point.active).sum();
        on / all.max(1.0)
    }
}

/// The least and the greatest entry of K / V beside the diagonal; all of it where there is only that.
fn range(matrix: &KernelMatrix) -> [f64; 2] {
    let (n, units) = (matrix.images(), matrix.units().max(1) as f64);
    let beside = matrix.entries().iter().enumerate().filter(|(at, _)| at / n != at % n);
    let (least, most) = beside
        .fold((u64::MAX, 0), |(least, most), (_, entry)| (least.min(*entry), most.max(*entry)));
    if least > most { [0.0, 1.0] } else { [least, most].map(|entry| entry as f64 / units) }
}

fn point(graph: &Graph, code: &BinaryCode, bits: &PackedCode, images: usize) -> ActivationSite {
    let node = graph.node(code.node);
    let on: u64 = bits.words.iter().map(|word| u64::from(word.count_ones())).sum();
    let function = match node.op {
        Op::Activation(activation) => activation.kind.title(),
        _ => node.op.name(),
    };
    ActivationSite {
        layer: node.label.clone(),
        function,
        shape: [code.shape.channels, code.shape.height, code.shape.width],
        multiplicity: code.multiplicity,
        active: on as f64 / (bits.units * images).max(1) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::job::{ModelOptions, Options, Task};

    const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";
    const NOTHING: &str = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";

    fn job() -> JobConfig {
        let mut options =
            Options { batch_size: Some(4), device: "cpu".to_owned(), ..Options::default() };
        options.set = vec!["skeleton.cells=1".parse().unwrap()];
        JobConfig::new(options, Task::default())
    }

    fn picture() -> KernelPicture {
        KernelPicture::compute(&job(), CELL, &Cancel::new()).unwrap()
    }

    #[test]
    fn spectrum_and_score_are_of_the_same_matrix() {
        let picture = picture();
        assert_eq!(picture.matrix.images(), 4);
        let sum: f64 = picture.eigenvalues.iter().map(|value| value.ln()).sum();
        assert!((sum - picture.score).abs() < 1e-9, "{sum}, {}", picture.score);
        let [least, most] = picture.range;
        assert!(0.0 < least && least < most && most < 1.0, "{least} {most}");
    }

    // Units of the points, with those that are never on, are the diagonal of K: a point that is left
    // out or counted with another's weight would break the sum.
    #[test]
    fn points_account_for_every_counted_unit() {
        let picture = picture();
        let units = |point: &ActivationSite| {
            point.shape.iter().product::<usize>() as u64 * u64::from(point.multiplicity)
        };
        let sum: u64 = picture.points.iter().map(units).sum();
        assert_eq!(sum + picture.constant_units, picture.matrix.units());
        assert!(picture.points.iter().all(|point| (0.0..=1.0).contains(&point.active)));
        assert!(picture.points.iter().all(|point| point.function == "ReLU"));
        let mut layers: Vec<&str> =
            picture.points.iter().map(|point| point.layer.as_str()).collect();
        layers.dedup();
        assert_eq!(layers.len(), picture.points.len(), "{layers:?}");
        assert!((0.2..0.8).contains(&picture.mean_active()), "{}", picture.mean_active());
    }

    // A model file has its own layers and weights; the score is that of its kernel matrix.
    #[test]
    fn a_model_file_is_looked_into() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/nas-bench-201-1");
        let path = std::path::Path::new(folder).join("model.onnx");
        let mut job = job();
        job.options.set.clear();
        job.task = Task::Onnx(ModelOptions::new(path));
        let picture = KernelPicture::compute(&job, "model", &Cancel::new()).unwrap();
        assert_eq!(picture.matrix.images(), 4);
        assert!(!picture.points.is_empty() && picture.score.is_finite());
        job.task = Task::Onnx(ModelOptions::new("/no/such.onnx"));
        assert!(KernelPicture::compute(&job, "model", &Cancel::new()).is_err());
    }

    #[test]
    fn what_cannot_be_scored_says_why() {
        let why =
            |text: &str, cancel: &Cancel| KernelPicture::compute(&job(), text, cancel).unwrap_err();
        assert!(why("nonsense", &Cancel::new()).contains("nonsense"));
        let stopped = Cancel::new();
        stopped.cancel();
        assert!(why(CELL, &stopped).contains("cancelled"));
        // Without a path, some units are left: the stem's.
        let nothing = KernelPicture::compute(&job(), NOTHING, &Cancel::new());
        assert!(nothing.is_ok_and(|picture| picture.constant_units > 0));
    }
}
