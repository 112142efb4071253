//! The rule that makes widths and depths of stages from a few numbers (Radosavovic et al., Designing
//! Network Design Spaces, CVPR 2020), as `generate_regnet` and `adjust_block_compatibility` of the authors'
//! code compute them.

use super::RegnetDecisions;

/// Widths are multiples of it before they are fitted to groups.
const QUANTUM: f64 = 8.0;

/// One stage of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DerivedStage {
    /// Number of blocks.
    pub depth: usize,
    /// Channels that every block gives.
    pub width: usize,
    /// Channels of the convolution in a block.
    pub inner: usize,
    /// Its groups.
    pub groups: usize,
}

/// What the rule makes of an architecture's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Derived {
    /// The stages.
    pub stages: Vec<DerivedStage>,
    /// One more than the largest exponent: more than there are stages where one is skipped, or where two
    /// exponents give one width.
    pub exponents: usize,
}

/// The width of each power of `wm`.
pub(super) fn quantised(w0: f64, wm: f64, exponent: f64) -> usize {
    (QUANTUM * libm::rint(w0 * libm::pow(wm, exponent) / QUANTUM)) as usize
}

/// The exponent of a block's width: the nearest power of `wm`, half to even.
fn exponent(decisions: &RegnetDecisions, block: usize) -> f64 {
    let (w0, wa, wm) = (decisions.w0.value(), decisions.wa.value(), decisions.wm.value());
    libm::rint(libm::log((w0 + wa * block as f64) / w0) / libm::log(wm))
}

/// The stages: blocks of equal quantised width, each width fitted to the groups afterwards.
pub(super) fn derive(decisions: &RegnetDecisions, bottleneck: f64) -> Derived {
    let (w0, wm) = (decisions.w0.value(), decisions.wm.value());
    let mut widths: Vec<(usize, usize)> = Vec::new();
    let mut exponents = 0;
    let mut last = f64::NAN;
    for block in 0..decisions.depth {
        let exponent = exponent(decisions, block);
        exponents = exponents.max(exponent as usize + 1);
        let same = exponent == last;
        let width = match widths.last() {
            Some(&(width, _)) if same => width,
            _ => quantised(w0, wm, exponent),
        };
        last = exponent;
        match widths.last_mut() {
            Some((known, depth)) if *known == width => *depth += 1,
            _ => widths.push((width, 1)),
        }
    }
    let stage =
        |(width, depth): (usize, usize)| fit(width, depth, decisions.group_width, bottleneck);
    Derived { stages: widths.into_iter().map(stage).collect(), exponents }
}

/// The nearest width that the groups divide.
pub(super) fn fit(width: usize, depth: usize, group_width: usize, bottleneck: f64) -> DerivedStage {
    let inner = ((width as f64 * bottleneck) as usize).max(1);
    let group_width = group_width.min(inner);
    let multiple =
        if bottleneck > 1.0 { lcm(group_width, bottleneck as usize) } else { group_width };
    let count = libm::rint(inner as f64 / multiple as f64) as usize;
    let inner = multiple.max(multiple * count);
    let width = (inner as f64 / bottleneck) as usize;
    DerivedStage { depth, width, inner, groups: inner / group_width }
}

fn lcm(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    a / x.max(1) * b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::topology::stages::ParameterValue;

    fn stages(numbers: [&str; 3], depth: usize, group_width: usize) -> Vec<[usize; 3]> {
        let [w0, wa, wm] = numbers.map(|number| ParameterValue::parse(number).unwrap());
        let derived = derive(&RegnetDecisions { w0, wa, wm, depth, group_width }, 1.0);
        assert_eq!(derived.exponents, derived.stages.len());
        derived.stages.iter().map(|stage| [stage.width, stage.depth, stage.groups]).collect()
    }

    /// Tables 7 and 8 of the paper.
    #[test]
    fn widths_and_depths_are_those_of_the_paper() {
        let x_200 = stages(["24", "36.44", "2.49"], 13, 8);
        assert_eq!(x_200, [[24, 1, 3], [56, 1, 7], [152, 4, 19], [368, 7, 46]]);
        let x_3200 = stages(["88", "26.31", "2.25"], 25, 48);
        assert_eq!(x_3200, [[96, 2, 2], [192, 6, 4], [432, 15, 9], [1008, 2, 21]]);
        let y_16 = stages(["200", "106.23", "2.48"], 18, 112);
        assert_eq!(y_16, [[224, 2, 2], [448, 4, 4], [1232, 11, 11], [3024, 1, 27]]);
        assert_ne!(stages(["24", "36.44", "2.5"], 13, 8), x_200, "another multiplier");
    }

    #[test]
    fn groups_are_at_most_as_wide_as_the_stage_and_a_bottleneck_divides_it() {
        let fitted = |width, group_width, bottleneck| {
            let stage = fit(width, 1, group_width, bottleneck);
            [stage.width, stage.inner, stage.groups]
        };
        assert_eq!(fitted(24, 120, 1.0), [24, 24, 1]);
        assert_eq!(fitted(40, 16, 1.0), [32, 32, 2], "half to even: 2.5 groups are 2");
        assert_eq!(fitted(40, 16, 0.25), [40, 10, 1]);
        assert_eq!(fitted(48, 24, 4.0), [48, 192, 8]);
    }
}
