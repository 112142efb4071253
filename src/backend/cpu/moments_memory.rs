//! Where the moments of tensors are collected.

use super::ops::moments;
use super::program::Allocation;
use super::simd::LANES;
use crate::plan::{Plan, PlanStep};
use crate::score::MomentsForm;

/// Where the moments of a measured tensor are collected. Levels share the memory.
#[derive(Clone, Debug)]
pub struct MomentsPlace {
    /// In which form.
    pub form: MomentsForm,
    /// The level at whose end they are complete.
    pub level: usize,
    /// Offset of the sums, in doubles.
    pub sums: usize,
    /// Offset of the images' means, in doubles.
    pub means: usize,
    /// Offset of the rows.
    pub rows: usize,
    /// Bytes of what is returned.
    pub bytes: usize,
}

/// Memory for the moments of one level.
#[derive(Clone, Copy, Debug, Default)]
pub struct MomentsMemory {
    /// Doubles of sums.
    pub sums: usize,
    /// Doubles of means.
    pub means: usize,
    /// Values of rows.
    pub rows: usize,
}

/// Places the moments of every measured tensor, by their place in [`Plan::measured`]; with the memory of the
/// level that needs most.
pub(super) fn place_moments(
    plan: &Plan,
    images: usize,
    tensors: &[Allocation],
) -> (Vec<MomentsPlace>, MomentsMemory) {
    let levels = plan.steps.last().map_or(1, |last| last.level + 1);
    let mut used = vec![MomentsMemory::default(); levels];
    let mut places = Vec::with_capacity(plan.measured.len());
    for planned in &plan.steps {
        let PlanStep::Moments { src, measured } = planned.step else { continue };
        let layout = tensors[src.index()].layout;
        let form = MomentsForm::new(layout.shape, images);
        let used = &mut used[planned.level];
        let MomentsMemory { sums, means, rows } = *used;
        let channels = layout.shape.channels;
        let bytes = match &form {
            MomentsForm::Covariance => {
                used.sums += moments::sum_values(layout);
                used.means += images * layout.blocks() * LANES;
                2 * channels * (channels + 1)
            }
            MomentsForm::Rows(sample) => {
                used.rows += sample.len() * channels;
                4 * sample.len() * channels
            }
        };
        let level = planned.level;
        places.push((measured, MomentsPlace { form, level, sums, means, rows, bytes }));
    }
    places.sort_by_key(|(measured, _)| *measured);
    let places = places.into_iter().map(|(_, place)| place).collect();
    let most = |size: fn(&MomentsMemory) -> usize| used.iter().map(size).max().unwrap_or(0);
    let memory = MomentsMemory {
        sums: most(|used| used.sums),
        means: most(|used| used.means),
        rows: most(|used| used.rows),
    };
    (places, memory)
}
