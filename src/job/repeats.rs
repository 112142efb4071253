//! What the repeats of one architecture gave.

use super::scorer::Candidate;
use crate::backend::{BackendError, Cancel, RunOutput};
use crate::plan::Plan;
use crate::score::{
    KernelMatrix, MomentScores, Score, ScoreInputs, ScoreNeeds, ScoreSet, unit_patterns,
};
use crate::store::{Draws, Status};

/// The determinant of a kernel matrix of so many images takes a few hundredths of a second.
const QUICK_IMAGES: usize = 512;

/// What the repeats of one candidate gave.
#[derive(Default)]
pub(super) struct RepeatScores {
    /// What each draw of weights gave, in order.
    pub draws: Vec<ScoreInputs>,
    /// The output of the first.
    pub output: Option<RunOutput>,
}

impl RepeatScores {
    /// ln |det K| of each draw; none where the runs have no kernel matrix.
    pub fn log_dets(&self) -> Vec<f64> {
        self.draws.iter().filter_map(|draw| draw.log_det).collect()
    }

    /// The means over all draws, together with what is known without a forward pass.
    pub fn means(&self, graph: ScoreInputs) -> ScoreInputs {
        let mean = |value: fn(&ScoreInputs) -> Option<f64>| {
            let values: Vec<f64> = self.draws.iter().filter_map(value).collect();
            (!values.is_empty()).then(|| mean_and_sd(&values).0)
        };
        let moments: Vec<MomentScores> = self.draws.iter().map(|draw| draw.moments).collect();
        ScoreInputs {
            log_det: mean(|draw| draw.log_det),
            regions: mean(|draw| draw.regions),
            unit_patterns: mean(|draw| draw.unit_patterns),
            moments: MomentScores::mean(&moments),
            ..graph
        }
    }

    /// The values of the wanted scores in each draw, by name; nothing for a single draw, and for what a
    /// forward pass does not tell.
    pub fn by_score(&self, wanted: ScoreSet) -> Draws {
        let passes = wanted.iter().filter(|score| score.needs_forward_pass());
        let values = |score: &'static Score| -> Option<(String, Vec<f64>)> {
            let values: Option<Vec<f64>> = self.draws.iter().map(score.compute).collect();
            Some((score.name.to_owned(), values?))
        };
        match self.draws.len() {
            0 | 1 => Draws::default(),
            _ => Draws(passes.filter_map(values).collect()),
        }
    }
}

/// Why a candidate has no scores.
pub(super) enum ScoringFailure {
    Cancelled,
    Unplanned(Status, String),
    Failed(String),
}

/// Adds the result of a repeat; the first failure stays.
pub(super) fn add_repeat(
    repeats: &mut Result<RepeatScores, ScoringFailure>,
    result: Result<RunOutput, BackendError>,
    (candidate, plan): (&Candidate, &Plan),
    wanted: ScoreSet,
    trainability: Option<f64>,
    cancel: &Cancel,
) {
    let Ok(so_far) = repeats else { return };
    match result {
        Ok(output) => {
            let kernel = output.kernel.as_ref();
            let log_det = match kernel {
                None => None,
                Some(kernel) => {
                    // What takes no time is not thrown away.
                    let is_long = kernel.images() > QUICK_IMAGES;
                    match kernel.score_unless(&|| is_long && cancel.is_cancelled()) {
                        None => return *repeats = Err(ScoringFailure::Cancelled),
                        log_det => log_det,
                    }
                }
            };
            let last = output.last.as_ref();
            let moments = match &candidate.network {
                Ok(graph) => MomentScores::new(graph, &output.sites, last, wanted),
                Err(_) => MomentScores::default(),
            };
            so_far.draws.push(ScoreInputs {
                log_det,
                regions: kernel.map(|kernel| kernel.regions() as f64),
                unit_patterns: kernel.and_then(|kernel| patterns(kernel, &output, plan, wanted)),
                moments: MomentScores { trainability, ..moments },
                ..ScoreInputs::default()
            });
            so_far.output.get_or_insert(output);
        }
        Err(BackendError::Cancelled) => *repeats = Err(ScoringFailure::Cancelled),
        Err(error) => *repeats = Err(ScoringFailure::Failed(super::chain(&error))),
    }
}

/// How many patterns the counted units show, if that is wanted.
fn patterns(
    kernel: &KernelMatrix,
    output: &RunOutput,
    plan: &Plan,
    wanted: ScoreSet,
) -> Option<f64> {
    if !wanted.needs(ScoreNeeds::UnitPatterns) {
        return None;
    }
    let codes = output.codes.as_ref()?.iter().map(|code| (code.units, code.words.as_slice()));
    Some(unit_patterns(kernel.images(), codes, plan.constant_units > 0) as f64)
}

/// Mean and sample standard deviation; no deviation for fewer than two finite scores, negative
/// infinity where any score is.
pub(super) fn mean_and_sd(scores: &[f64]) -> (f64, Option<f64>) {
    let count = scores.len() as f64;
    if scores.is_empty() {
        return (f64::NEG_INFINITY, None);
    }
    let mean = scores.iter().sum::<f64>() / count;
    if scores.len() < 2 || !mean.is_finite() {
        return (mean, None);
    }
    let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
    (mean, Some((squares / (count - 1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_averaged() {
        assert_eq!(mean_and_sd(&[1.0, 2.0, 6.0]), (3.0, Some(7.0_f64.sqrt())));
        assert_eq!(mean_and_sd(&[4.0]), (4.0, None));
        assert_eq!(mean_and_sd(&[4.0, f64::NEG_INFINITY]), (f64::NEG_INFINITY, None));
    }
}
