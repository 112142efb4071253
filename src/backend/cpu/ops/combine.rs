//! The fused node kernel: normalises and sums terms, stores the sum and a function of it, packs the
//! binary code.
//!
//! ReLU is part of the innermost loop; the other functions run over each row once it is summed and
//! still lies in the nearest cache.

use super::activation::activate;
use super::copy::clear_tail;
use crate::backend::cpu::layout::{BlockedLayout, BlockedView};
use crate::backend::cpu::simd::{Isa, LANES, Simd, instruction_set_variants};
use crate::graph::{ActivationKind, Shape};

/// One summand of one image: `scale[c] * x + shift[c]`.
#[derive(Clone, Copy, Debug)]
pub struct TermView {
    /// The tensor.
    pub view: BlockedView,
    /// A scale per channel, padded to whole blocks.
    pub scale: *const f32,
    /// A shift per channel, padded to whole blocks.
    pub shift: *const f32,
    /// A constant factor on the whole term.
    pub factor: f32,
}

impl TermView {
    /// A placeholder that is never read.
    pub const NONE: Self = Self {
        view: BlockedView {
            ptr: std::ptr::null_mut(),
            layout: BlockedLayout { shape: Shape::new(0, 0, 0), border: 0 },
        },
        scale: std::ptr::null(),
        shift: std::ptr::null(),
        factor: 1.0,
    };
}

/// A fused node of one image.
#[derive(Clone, Copy, Debug)]
pub struct CombineTask<'a> {
    /// The instruction set, for the activation.
    pub isa: Isa,
    /// At most [`crate::plan::MAX_TERMS`] summands.
    pub terms: &'a [TermView],
    /// Where the sum goes.
    pub value: Option<BlockedView>,
    /// The function of the sum that is stored, and where it goes.
    pub activated: Option<(ActivationKind, BlockedView)>,
    /// Where the code goes, 16 bits per pixel and block in `[block, y, x]` order; null if not wanted.
    pub code: *mut u16,
    /// Shape of the sum.
    pub shape: Shape,
}

instruction_set_variants! {
    /// Runs the fused node kernel on one image. All views and pointers must be valid.
    combine => combine_image(task: &CombineTask<'_>)
}

#[inline(always)]
unsafe fn combine_image<S: Simd>(task: &CombineTask<'_>) {
    // SAFETY: forwarded: views and pointers are valid, and `activated` is one of the views.
    unsafe {
        match task.terms.len() {
            0 => combine_terms::<S, 0>(task),
            1 => combine_terms::<S, 1>(task),
            2 => combine_terms::<S, 2>(task),
            3 => combine_terms::<S, 3>(task),
            _ => combine_terms::<S, 4>(task),
        }
        if let Some((kind, view)) = task.activated
            && !kind.keeps_zero()
        {
            clear_tail(view);
        }
    }
}

#[inline(always)]
unsafe fn combine_terms<S: Simd, const T: usize>(task: &CombineTask<'_>) {
    let Shape { height, width, .. } = task.shape;
    let kind = task.activated.map_or(ActivationKind::Relu, |(kind, _)| kind);
    let is_relu = kind == ActivationKind::Relu;
    // SAFETY: blocks, rows and pixels run over `shape`, which all views and the code share; scales and shifts
    // are padded to whole blocks.
    unsafe {
        let floor = S::splat(if is_relu { 0.0 } else { f32::NEG_INFINITY });
        for block in 0..task.shape.channels.div_ceil(LANES) {
            let lane = block * LANES;
            let (mut scale, mut shift) = ([S::splat(0.0); T], [S::splat(0.0); T]);
            for (t, term) in task.terms.iter().take(T).enumerate() {
                let factor = S::splat(term.factor);
                scale[t] = S::mul(S::load(term.scale.add(lane)), factor);
                shift[t] = S::mul(S::load(term.shift.add(lane)), factor);
            }
            for y in 0..height {
                let rows: [*mut f32; T] = std::array::from_fn(|t| task.terms[t].view.row(block, y));
                let value = task.value.map(|view| view.row(block, y));
                let activated = task.activated.map(|(_, view)| view.row(block, y));
                let code = task.code.wrapping_add((block * height + y) * width);
                for x in 0..width {
                    let at = x * LANES;
                    let mut sum = S::splat(0.0);
                    for t in 0..T {
                        let term = S::mul_add(S::load(rows[t].add(at)), scale[t], shift[t]);
                        sum = if t == 0 { term } else { S::add(sum, term) };
                    }
                    if let Some(value) = value {
                        S::store(value.add(at), sum);
                    }
                    if let Some(activated) = activated {
                        S::store(activated.add(at), S::max(sum, floor));
                    }
                    if !task.code.is_null() {
                        *code.add(x) = S::above_zero(sum);
                    }
                }
                if let Some(activated) = activated.filter(|_| !is_relu) {
                    activate(task.isa, kind, activated, width);
                }
            }
        }
    }
}
