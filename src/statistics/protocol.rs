//! The search experiment of Mellor et al. 2021, table 2: draw N architectures, choose the one with the
//! highest score, and look up its accuracy; repeat many times.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::seed;

/// An architecture of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredCandidate {
    /// The prediction; NaN if there is none, which is never preferred.
    pub score: f64,
    /// The accuracy that is reported, usually on test images.
    pub accuracy: f64,
    /// The accuracy that the optimal choice looks at: on validation images, or `accuracy` again
    /// where the table has no other.
    pub validation: f64,
    /// The time spent on the score, in seconds; NaN if unknown.
    pub seconds: f64,
}

/// How the experiment is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolOptions {
    /// Sample sizes N.
    pub sizes: Vec<u32>,
    /// Repetitions of each.
    pub runs: u32,
    /// Seed of the drawing.
    pub seed: u64,
}

impl Default for ProtocolOptions {
    fn default() -> Self {
        Self { sizes: vec![10, 100, 1000], runs: 500, seed: 0 }
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProtocolReport {
    /// Architectures drawn from.
    pub candidates: usize,
    /// Architectures left out because an accuracy is NaN.
    pub dropped: usize,
    /// Repetitions of each size.
    pub runs: u32,
    /// Seed of the drawing.
    pub seed: u64,
    /// One row for each requested sample size.
    pub rows: Vec<ProtocolRow>,
}

/// The chosen architectures' accuracies at one sample size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ProtocolRow {
    /// Sample size N.
    pub size: u32,
    /// The highest score is chosen.
    pub by_score: MeanSd,
    /// The first architecture drawn is chosen.
    pub random: MeanSd,
    /// The highest validation accuracy is chosen.
    pub optimal: MeanSd,
    /// The total seconds spent on the scores of a run; `None` if those of a drawn architecture are
    /// unknown.
    pub seconds: Option<MeanSd>,
}

/// Mean and spread over the runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanSd {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, divided by n - 1; `None` for a single run.
    pub sd: Option<f64>,
}

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// Nothing to draw from.
    #[error(
        "no architecture has an accuracy ({dropped} without one): give a table that contains accuracies"
    )]
    NoCandidates {
        /// Architectures without an accuracy.
        dropped: usize,
    },
    /// Nothing to do.
    #[error("a sample size or the number of runs is 0: give at least 1 for each")]
    Zero,
    /// Cancelled by the caller.
    #[error("cancelled")]
    Cancelled,
}

/// Runs the experiment: for each size N, `runs` times N draws with replacement, as in the published
/// code. Of equal values, the one drawn first is chosen.
///
/// `cancelled` is called before every run. The draws of a size depend only on the seed, the size and
/// the number of candidates.
///
/// # Errors
///
/// [`ProtocolError`] if there is nothing to draw from, a number is 0, or the caller asked to stop.
pub fn protocol(
    candidates: &[ScoredCandidate],
    options: &ProtocolOptions,
    cancelled: &dyn Fn() -> bool,
) -> Result<ProtocolReport, ProtocolError> {
    let known = |it: &&ScoredCandidate| !it.accuracy.is_nan() && !it.validation.is_nan();
    let kept: Vec<ScoredCandidate> = candidates.iter().filter(known).copied().collect();
    let dropped = candidates.len() - kept.len();
    if kept.is_empty() {
        return Err(ProtocolError::NoCandidates { dropped });
    }
    if options.runs == 0 || options.sizes.contains(&0) {
        return Err(ProtocolError::Zero);
    }
    let sizes = options.sizes.iter();
    let rows = sizes.map(|&size| row(&kept, size, options, cancelled)).collect::<Result<_, _>>()?;
    Ok(ProtocolReport {
        candidates: kept.len(),
        dropped,
        runs: options.runs,
        seed: options.seed,
        rows,
    })
}

fn row(
    candidates: &[ScoredCandidate],
    size: u32,
    options: &ProtocolOptions,
    cancelled: &dyn Fn() -> bool,
) -> Result<ProtocolRow, ProtocolError> {
    let mut rng = seed::stream(options.seed, &["protocol", &size.to_string()]);
    let (mut by_score, mut random, mut optimal) = (Vec::new(), Vec::new(), Vec::new());
    let mut seconds = Vec::new();
    for _ in 0..options.runs {
        if cancelled() {
            return Err(ProtocolError::Cancelled);
        }
        let chosen = run(candidates, size, &mut rng);
        random.push(chosen.first.accuracy);
        by_score.push(chosen.by_score.accuracy);
        optimal.push(chosen.optimal.accuracy);
        seconds.push(chosen.seconds);
    }
    Ok(ProtocolRow {
        size,
        by_score: MeanSd::of(&by_score),
        random: MeanSd::of(&random),
        optimal: MeanSd::of(&optimal),
        seconds: Some(MeanSd::of(&seconds)).filter(|seconds| seconds.mean.is_finite()),
    })
}

/// What one run chooses.
struct RunChoice {
    first: ScoredCandidate,
    by_score: ScoredCandidate,
    optimal: ScoredCandidate,
    /// Of all that were drawn.
    seconds: f64,
}

fn run(candidates: &[ScoredCandidate], size: u32, rng: &mut ChaCha8Rng) -> RunChoice {
    let mut draw = || candidates[rng.random_range(0..candidates.len() as u64) as usize];
    let first = draw();
    let mut chosen = RunChoice { first, by_score: first, optimal: first, seconds: first.seconds };
    for _ in 1..size {
        let drawn = draw();
        chosen.seconds += drawn.seconds;
        let best = chosen.by_score.score;
        if drawn.score > best || (best.is_nan() && !drawn.score.is_nan()) {
            chosen.by_score = drawn;
        }
        if drawn.validation > chosen.optimal.validation {
            chosen.optimal = drawn;
        }
    }
    chosen
}

impl MeanSd {
    fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, sd: (count > 1.0).then(|| (squares / (count - 1.0)).sqrt()) }
    }
}
