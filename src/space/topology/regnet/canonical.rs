//! The smallest numbers of the ranges that give the stages of an architecture.

use super::range::NumberRange;
use super::rule::{DerivedStage, derive, fit, quantised};
use super::{Regnet, RegnetDecisions};
use crate::space::topology::stages::ParameterValue;

/// The smallest settings of the ranges by `w0`, then `wm`, `wa` and group width that gives the same
/// stages; the architecture itself if no setting of the ranges does.
pub(super) fn smallest(regnet: &Regnet, decisions: &RegnetDecisions) -> RegnetDecisions {
    let derived = derive(decisions, regnet.bottleneck);
    let stages = derived.stages.as_slice();
    let depth = decisions.depth;
    let Some(&first) = stages.first().filter(|_| regnet.depths.contains(&depth)) else {
        return decisions.clone();
    };
    let fits = |width: usize, group_width: usize, stage: &DerivedStage| {
        fit(width, stage.depth, group_width, regnet.bottleneck) == *stage
    };
    let mut group_widths = regnet.group_widths.clone();
    group_widths.sort_unstable();
    // Where the first stage fits no group width, the others need not be looked at.
    for w0 in regnet.w0.iter() {
        let width = quantised(w0.value(), 2.0, 0.0);
        let possible: Vec<usize> =
            group_widths.iter().copied().filter(|&group| fits(width, group, &first)).collect();
        if possible.is_empty() {
            continue;
        }
        for wm in regnet.wm.iter() {
            let fit_all = |group: usize| {
                stages.iter().enumerate().skip(1).all(|(power, stage)| {
                    fits(quantised(w0.value(), wm.value(), power as f64), group, stage)
                })
            };
            let mut groups = possible.iter().copied().filter(|&group| fit_all(group));
            let Some(group_width) = groups.next() else { continue };
            let slopes = slopes(stages, w0.value(), wm.value());
            let around = |wa: ParameterValue| RegnetDecisions { w0, wa, wm, depth, group_width };
            let found = near(&regnet.wa, slopes)
                .map(around)
                .find(|other| derive(other, regnet.bottleneck) == derived);
            if let Some(found) = found {
                return found;
            }
        }
    }
    decisions.clone()
}

/// The slopes with which stages begin where they do: block `j` has the power `k` from `wm^(k - 1/2)` on.
fn slopes(stages: &[DerivedStage], w0: f64, wm: f64) -> [f64; 2] {
    let at = |power: usize| w0 * (libm::pow(wm, power as f64 - 0.5) - 1.0);
    let (mut least, mut most) = (0.0_f64, f64::INFINITY);
    let mut begin = 0;
    for (power, stage) in stages.iter().enumerate() {
        if power > 0 {
            least = least.max(at(power) / begin as f64);
            most = most.min(at(power) / (begin as f64 - 1.0));
        }
        begin += stage.depth;
    }
    [least, most.min(at(stages.len()) / (begin as f64 - 1.0))]
}

/// The values of a range between two numbers, and one more on both sides.
fn near(
    range: &NumberRange,
    [least, most]: [f64; 2],
) -> impl Iterator<Item = ParameterValue> + use<> {
    let range = *range;
    let first = range.position(least).saturating_sub(1);
    let last = range.position(most.min(70_000.0)) + 1;
    let open = least <= most;
    (first..last.min(range.count())).filter(move |_| open).map(move |position| range.at(position))
}
