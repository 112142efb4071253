//! Runs a program: images are distributed over threads, segment by segment.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use super::layout::BlockedView;
use super::ops::combine::{CombineTask, TermView, combine};
use super::ops::conv::{BlockGroup, ConvTask, OutBlock, conv};
use super::ops::depthwise::{DepthwiseTask, depthwise};
use super::ops::layer_norm::{LayerNormTask, layer_norm};
use super::ops::moments::{self, MomentsTask};
use super::ops::{
    copy, map, mat_mul, mul, pool, rearrange, resample, resize, softmax, statistics, window,
};
use super::program::{ConvPart, CpuKernel, CpuProgram, MemoryRegion};
use super::simd::{Isa, LANES, fence};
use crate::backend::Cancel;
use crate::data::Batch;
use crate::plan::{CombineStep, MAX_TERMS, Plan, TensorId};
use crate::score::MomentsForm;

/// Everything the kernels of one network read and write. The pointers are disjoint buffers of the
/// backend; an image only touches its own part of them.
pub struct NetworkContext<'a> {
    /// The instruction set.
    pub isa: Isa,
    /// The plan.
    pub plan: &'a Plan,
    /// Its lowering.
    pub program: &'a CpuProgram,
    /// The images.
    pub batch: &'a Batch,
    /// Packed weights.
    pub packed: &'a [f32],
    /// Scales and shifts.
    pub coefficients: *const f32,
    /// The arena.
    pub arena: *mut f32,
    /// Scratch of all threads.
    pub scratch: *mut f32,
    /// Sums for batch statistics.
    pub sums: *mut f64,
    /// Packed codes, `[image][words]`.
    pub codes: *mut u64,
    /// Sums of the moments of this level.
    pub moment_sums: *mut f64,
    /// Means of each image for the moments of this level.
    pub moment_means: *mut f64,
    /// Values at single positions of this level.
    pub moment_rows: *mut f32,
    /// The image whose sums come next, by place in [`Plan::measured`].
    pub turns: &'a [AtomicUsize],
    /// The nanoseconds of each kernel of the segment, or nothing where they are not asked for.
    pub clocks: &'a [AtomicU64],
}

// SAFETY: threads work on different images and scratches; shared parts are only read.
unsafe impl Sync for NetworkContext<'_> {}

impl NetworkContext<'_> {
    /// Runs one segment on all images; stops early when cancelled.
    pub fn run_segment(&self, pool: &rayon::ThreadPool, segment: &[CpuKernel], cancel: &Cancel) {
        let next = AtomicUsize::new(0);
        pool.broadcast(|thread| {
            let mut worker = ImageWorker {
                context: self,
                image: 0,
                scratch: self.scratch.wrapping_add(thread.index() * self.program.scratch),
                blocks: Vec::new(),
            };
            while !cancel.is_cancelled() {
                worker.image = next.fetch_add(1, Ordering::Relaxed);
                if worker.image >= self.batch.images {
                    break;
                }
                for (at, kernel) in segment.iter().enumerate() {
                    let clock = self.clocks.get(at).map(|clock| (clock, Instant::now()));
                    // SAFETY: the program's places lie inside the buffers, disjoint by image.
                    unsafe { worker.run(kernel) };
                    if let Some((clock, begin)) = clock {
                        let time = begin.elapsed().as_nanos() as u64;
                        clock.fetch_add(time, Ordering::Relaxed);
                    }
                }
            }
            fence();
        });
    }
}

/// One thread on one image.
struct ImageWorker<'c, 'a> {
    context: &'c NetworkContext<'a>,
    image: usize,
    scratch: *mut f32,
    blocks: Vec<OutBlock>,
}

impl ImageWorker<'_, '_> {
    unsafe fn run(&mut self, kernel: &CpuKernel) {
        let isa = self.context.isa;
        // SAFETY: views come from the program's places; the instruction set was detected.
        unsafe {
            match kernel {
                CpuKernel::Load(dst) => {
                    copy::load_image(self.context.batch.image(self.image), self.target(*dst));
                }
                CpuKernel::Conv { parts, groups, weights } => self.conv(parts, groups, *weights),
                CpuKernel::Depthwise { part, weights } => self.depthwise(part, *weights),
                CpuKernel::Combine(step) => self.combine(step),
                CpuKernel::Pool(src, dst, geometry) => {
                    pool::pool(isa, self.view(*src), self.target(*dst), geometry);
                }
                CpuKernel::Window(src, dst, geometry) => {
                    window::window(self.view(*src), self.target(*dst), geometry);
                }
                CpuKernel::Mul(a, b, dst) => {
                    mul::mul(isa, self.view(*a), self.view(*b), self.target(*dst));
                }
                CpuKernel::Resize(src, dst, factors) => {
                    resize::resize(self.view(*src), self.target(*dst), *factors);
                }
                CpuKernel::CopyChannels(src, src_channel, dst, dst_channel, channels) => {
                    let (src, dst) = (self.view(*src), self.target(*dst));
                    copy::copy_channels(src, *src_channel, dst, *dst_channel, *channels);
                }
                CpuKernel::Map(src, dst, function) => {
                    map::map(self.view(*src), self.target(*dst), *function);
                }
                CpuKernel::Pair(a, b, dst, function) => {
                    map::pair(self.view(*a), self.view(*b), self.target(*dst), *function);
                }
                CpuKernel::Resample { src, dst, axis, table } => {
                    resample::resample(self.view(*src), self.target(*dst), *axis, table);
                }
                CpuKernel::Rearrange(src, dst, tables) => {
                    rearrange::rearrange(self.view(*src), self.target(*dst), tables);
                }
                CpuKernel::Parameter { dst, weights, .. } => {
                    let values = &self.context.packed[weights.0..weights.1];
                    copy::parameter(values, self.target(*dst));
                }
                CpuKernel::LayerNorm { src, dst, eps, weights, .. } => {
                    let weight = self.context.packed[weights.0..].as_ptr();
                    let bias = weight.wrapping_add((weights.1 - weights.0) / 2);
                    let (src, dst, eps) = (self.view(*src), self.target(*dst), *eps);
                    layer_norm(isa, &LayerNormTask { src, dst, weight, bias, eps });
                }
                CpuKernel::Softmax(src, dst) => {
                    softmax::softmax(isa, self.view(*src), self.target(*dst));
                }
                CpuKernel::MatMul(a, b, dst, scratch) => {
                    let scratch = self.scratch.wrapping_add(*scratch);
                    let (a, b, dst) = (self.view(*a), self.view(*b), self.target(*dst));
                    mat_mul::mat_mul(isa, a, b, dst, scratch);
                }
                CpuKernel::Flatten(src, dst) => copy::flatten(self.view(*src), self.target(*dst)),
                CpuKernel::Moments(src, measured, scratch) => {
                    self.moments(*src, *measured, self.scratch.wrapping_add(*scratch));
                }
                CpuKernel::Statistics(src) => {
                    statistics::statistics(isa, self.view(*src), self.cleared_sums(*src));
                }
            }
        }
    }

    /// One image of a tensor.
    fn view(&self, tensor: TensorId) -> BlockedView {
        let place = &self.context.program.places[tensor.index()];
        let start = match place.area {
            MemoryRegion::Arena { stride } => {
                self.context.arena.wrapping_add(place.offset + self.image * stride)
            }
            MemoryRegion::Scratch => self.scratch.wrapping_add(place.offset),
        };
        BlockedView { ptr: start.wrapping_add(place.layout.origin()), layout: place.layout }
    }

    /// The same, about to be written: its border is zero.
    unsafe fn target(&self, tensor: TensorId) -> BlockedView {
        let view = self.view(tensor);
        // SAFETY: the view is inside its buffer.
        unsafe { view.clear_border() };
        view
    }

    /// This image's sums of a tensor, set to zero; null if nobody wants them.
    unsafe fn cleared_sums(&self, tensor: TensorId) -> *mut f64 {
        let place = &self.context.program.places[tensor.index()];
        let Some(offset) = place.sums else { return std::ptr::null_mut() };
        let count = place.layout.blocks() * 2 * LANES;
        let sums = self.context.sums.wrapping_add(offset + self.image * count);
        // SAFETY: the program reserved `count` doubles per image.
        unsafe { sums.write_bytes(0, count) };
        sums
    }

    fn bias(&self, part: &ConvPart) -> *const f32 {
        part.bias.map_or(std::ptr::null(), |bias| self.context.packed[bias..].as_ptr())
    }

    unsafe fn conv(&mut self, parts: &[ConvPart], groups: &[BlockGroup], weights: (usize, usize)) {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.clear();
        for part in parts {
            // SAFETY: dst and sums belong to this image.
            let (dst, sums) =
                unsafe { (self.target(part.step.dst), self.cleared_sums(part.step.dst)) };
            let bias = self.bias(part);
            let place = &self.context.program.places[part.step.dst.index()];
            for block in 0..dst.layout.blocks() {
                let step = |pointer: *mut f64| pointer.wrapping_add(block * 2 * LANES);
                blocks.push(OutBlock {
                    dst: dst.ptr.wrapping_add(block * dst.layout.block()),
                    row: dst.layout.row(),
                    sums: if sums.is_null() { sums } else { step(sums) },
                    stream: place.stream,
                    bias: if bias.is_null() { bias } else { bias.wrapping_add(block * LANES) },
                });
            }
        }
        let (step, src) = (&parts[0].step, self.view(parts[0].step.src));
        let out = self.context.plan.shape(step.dst);
        let padding = step.conv.padding;
        let task = ConvTask {
            src: src.ptr.wrapping_sub(padding.top * src.layout.row() + padding.left * LANES),
            src_row: src.layout.row(),
            src_block: src.layout.block(),
            kernel: step.conv.kernel,
            stride: step.conv.stride,
            dilation: step.conv.dilation,
            out: [out.height, out.width],
            weights: &self.context.packed[weights.0..weights.1],
            groups,
            blocks: &blocks,
        };
        // SAFETY: the source's border covers the padding.
        unsafe { conv(self.context.isa, &task) };
        self.blocks = blocks;
    }

    unsafe fn depthwise(&self, part: &ConvPart, weights: (usize, usize)) {
        // SAFETY: the source's border covers the padding.
        unsafe {
            let task = DepthwiseTask {
                src: self.view(part.step.src),
                dst: self.target(part.step.dst),
                conv: &part.step.conv,
                weights: &self.context.packed[weights.0..weights.1],
                bias: self.bias(part),
                sums: self.cleared_sums(part.step.dst),
            };
            depthwise(self.context.isa, &task);
        }
    }

    unsafe fn moments(&self, src: TensorId, measured: usize, scratch: *mut f32) {
        let (context, image) = (self.context, self.image);
        let place = &context.program.moments[measured];
        let src = self.view(src);
        match &place.form {
            MomentsForm::Covariance => {
                let means = place.means + image * src.layout.blocks() * LANES;
                let task = MomentsTask {
                    src,
                    means: context.moment_means.wrapping_add(means),
                    scratch,
                    sums: context.moment_sums.wrapping_add(place.sums),
                    turn: &context.turns[measured],
                    image,
                };
                // SAFETY: the program reserved all of it; a thread finishes the images that it takes, and
                // takes them in order.
                unsafe { moments::moments(context.isa, &task) };
            }
            MomentsForm::Rows(sample) => {
                let Some(row) = sample.first_row(image) else { return };
                let target = place.rows + row * src.layout.shape.channels;
                // SAFETY: the program reserved a row for every measured position.
                unsafe { moments::gather(src, sample, context.moment_rows.wrapping_add(target)) };
            }
        }
    }

    unsafe fn combine(&self, step: &CombineStep) {
        let program = self.context.program;
        let mut terms = [TermView::NONE; MAX_TERMS];
        for (slot, term) in terms.iter_mut().zip(&step.terms) {
            let view = self.view(term.tensor);
            let (scale, count) = match term.norm {
                Some(norm) => (program.coefficients[norm.index()], view.layout.blocks() * LANES),
                None => program.identity,
            };
            let scale = self.context.coefficients.wrapping_add(scale);
            let shift = scale.wrapping_add(count);
            *slot = TermView { view, scale, shift, factor: term.factor };
        }
        let code = step.code.map_or(std::ptr::null_mut(), |code| {
            let word = self.image * program.codes.words + program.codes.offsets[code.index()];
            self.context.codes.wrapping_add(word).cast()
        });
        // SAFETY: all views belong to this image; the code's words are reserved.
        unsafe {
            let task = CombineTask {
                isa: self.context.isa,
                terms: &terms[..step.terms.len()],
                value: step.value.map(|value| self.target(value)),
                activated: step
                    .activated
                    .map(|activated| (activated.kind, self.target(activated.tensor))),
                code,
                shape: step.shape,
            };
            combine(self.context.isa, &task);
        }
    }
}
