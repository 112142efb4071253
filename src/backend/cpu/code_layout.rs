//! The layout of an image's binary codes in memory.

use super::memory::WORDS_PER_LINE;
use super::simd::LANES;
use crate::plan::Plan;

/// Where the codes of one image lie: codes of equal multiplicity stand together.
#[derive(Clone, Debug, Default)]
pub struct CodeLayout {
    /// First word of each code, by [`crate::plan::CodeId`].
    pub offsets: Vec<usize>,
    /// `(first word, end, multiplicity)` of each stretch of equal multiplicity.
    pub stretches: Vec<(usize, usize, u32)>,
    /// Words of one image.
    pub words: usize,
}

impl CodeLayout {
    /// The layout of the codes of a plan.
    pub fn new(plan: &Plan) -> Self {
        let mut order: Vec<usize> = (0..plan.codes.len()).collect();
        order.sort_by_key(|&code| plan.codes[code].multiplicity);
        let mut layout = Self { offsets: vec![0; order.len()], ..Self::default() };
        for code in order {
            let shape = plan.codes[code].shape;
            let pixels = shape.channels.div_ceil(LANES) * shape.plane();
            let end = (layout.words + pixels.div_ceil(4)).next_multiple_of(WORDS_PER_LINE);
            let multiplicity = plan.codes[code].multiplicity;
            layout.offsets[code] = layout.words;
            match layout.stretches.last_mut() {
                Some(stretch) if stretch.2 == multiplicity => stretch.1 = end,
                _ => layout.stretches.push((layout.words, end, multiplicity)),
            }
            layout.words = end;
        }
        layout
    }
}
