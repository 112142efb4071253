//! The layout of one network's tensors, weights, statistics and codes in the shared buffers.
//!
//! Offsets are relative to the network's section of each buffer; [`BufferSizes`] contains the lengths
//! of the sections. The images come before all sections of the arena and are shared by all networks.

use super::moments::{self, MomentsPlace, PlacedForm};
use super::pack::{self, ConvGrouping};
use crate::plan::{BinaryCode, Plan, PlanStep, PlannedNorm, TensorId};

/// Elements of each buffer: `vec4`s, and words for codes and distances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferSizes {
    /// Tensors without the images.
    pub arena: u64,
    /// Convolution and batch-norm values.
    pub weights: u64,
    /// Partial statistics, scales and shifts.
    pub statistics: u64,
    /// Moments: they lie in the statistics buffer, behind the statistics of all networks.
    pub moments: u64,
    /// Packed codes.
    pub codes: u64,
    /// Summed distances.
    pub distances: u64,
}

impl BufferSizes {
    /// The stretches of two networks one behind the other.
    pub const fn plus(self, other: Self) -> Self {
        Self {
            arena: self.arena + other.arena,
            weights: self.weights + other.weights,
            statistics: self.statistics + other.statistics,
            moments: self.moments + other.moments,
            codes: self.codes + other.codes,
            distances: self.distances + other.distances,
        }
    }

    /// Bytes of each buffer with its name; `images` are the `vec4`s of the images.
    pub const fn bytes(&self, images: u64) -> [(&'static str, u64); 5] {
        [
            ("the arena of tensors", (self.arena + images) * 16),
            ("the weights buffer", self.weights * 16),
            ("the buffer of statistics and moments", (self.statistics + self.moments) * 16),
            ("the codes buffer", self.codes * 4),
            ("the distances buffer", self.distances * 4),
        ]
    }
}

/// How a tensor is cut for partial statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatisticsParts {
    /// Images * plane.
    pub pixels: u64,
    /// Pixels of one part.
    pub part_pixels: u64,
    /// Number of parts.
    pub parts: u64,
}

impl StatisticsParts {
    /// Parts of at least 1,024 pixels, 16 per invocation, and at most 128 of them.
    pub fn new(images: usize, plane: usize) -> Self {
        let pixels = (images * plane) as u64;
        let part_pixels = pixels.div_ceil(128).next_multiple_of(64).max(1024);
        Self { pixels, part_pixels, parts: pixels.div_ceil(part_pixels) }
    }
}

/// Consecutive codes of one multiplicity whose distances cannot overflow one sum of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRun {
    /// First word in an image's row.
    pub first_word: u64,
    /// Words.
    pub words: u64,
    /// How often a bit counts.
    pub multiplicity: u32,
    /// Units times multiplicity.
    pub units: u64,
    /// Which of the network's distance matrices it is added to.
    pub matrix: u64,
}

/// The offsets of one network.
#[derive(Clone, Debug)]
pub struct NetworkPlacement {
    /// Offset of each tensor in the arena; that of the images is not used.
    pub tensors: Vec<u64>,
    /// The stretch of memory each tensor lives in, for hazards: its slot, or one of its own.
    pub homes: Vec<usize>,
    /// Offset of the packed weights of each step; 0 where it has none. The bias follows.
    pub weights: Vec<u64>,
    /// Offset of weight and bias of each norm.
    pub affines: Vec<u64>,
    /// Offset of the partial statistics of each tensor that has some.
    pub partials: Vec<Option<u64>>,
    /// Offset of scale and shift of each norm.
    pub norms: Vec<u64>,
    /// Where and how the moments of each tensor of [`Plan::measured`] are collected.
    pub moments: Vec<MomentsPlace>,
    /// First word of each code in an image's row.
    pub codes: Vec<u64>,
    /// Words of an image's row.
    pub code_row: u64,
    /// The runs of codes.
    pub runs: Vec<CodeRun>,
    /// Distance matrices.
    pub matrices: u64,
    /// Lengths of the stretches.
    pub sizes: BufferSizes,
}

impl NetworkPlacement {
    /// Places a plan for that many images. Tensors of `kept` get memory of their own, so that they
    /// can be read after the run.
    pub fn new(plan: &Plan, images: usize, kept: &[TensorId]) -> Self {
        let mut sizes = BufferSizes::default();
        let (tensors, homes) = place_tensors(plan, images, kept, &mut sizes.arena);
        let moments = moments::place(plan, images, &mut sizes.moments);
        let weights = place_weights(plan, &moments, &mut sizes.weights);
        let affines = plan.norms.iter().map(|norm| take_pair(plan, norm, &mut sizes.weights));
        let affines = affines.collect();
        let norms = plan.norms.iter().map(|norm| take_pair(plan, norm, &mut sizes.statistics));
        let norms = norms.collect();
        let partials = place_partials(plan, images, &mut sizes.statistics);
        let (codes, code_row, runs) = place_codes(&plan.codes);
        sizes.codes = code_row * images as u64;
        let matrices = runs.iter().map(|run| run.matrix + 1).max().unwrap_or(0);
        sizes.distances = matrices * (images * images) as u64;
        let mut placement = Self {
            tensors,
            homes,
            weights,
            affines,
            partials,
            norms,
            moments,
            codes,
            code_row,
            runs,
            matrices,
            sizes,
        };
        // Codes of the next network start at a vec4.
        placement.sizes.codes = placement.sizes.codes.next_multiple_of(4);
        placement
    }
}

/// Takes `count` elements at the end of a stretch.
pub const fn take(total: &mut u64, count: u64) -> u64 {
    let offset = *total;
    *total += count;
    offset
}

fn take_pair(plan: &Plan, norm: &PlannedNorm, total: &mut u64) -> u64 {
    take(total, 2 * pack::blocks(plan.shape(norm.tensor).channels) as u64)
}

fn place_tensors(
    plan: &Plan,
    images: usize,
    kept: &[TensorId],
    total: &mut u64,
) -> (Vec<u64>, Vec<usize>) {
    let mut homes: Vec<usize> = plan.tensors.iter().map(|tensor| tensor.slot).collect();
    let mut count = plan.slots.len();
    for id in kept.iter().filter(|&&id| id != plan.input) {
        homes[id.index()] = count;
        count += 1;
    }
    let mut lengths = vec![0_u64; count];
    for (tensor, &home) in plan.tensors.iter().zip(&homes) {
        lengths[home] = lengths[home].max((images * pack::quads(tensor.shape)) as u64);
    }
    lengths[homes[plan.input.index()]] = 0;
    let offsets: Vec<u64> = lengths.iter().map(|&length| take(total, length)).collect();
    (homes.iter().map(|&home| offsets[home]).collect(), homes)
}

fn place_weights(plan: &Plan, moments: &[MomentsPlace], total: &mut u64) -> Vec<u64> {
    let place = |planned: &crate::plan::ScheduledStep| match &planned.step {
        PlanStep::Conv(step) => {
            let grouping = ConvGrouping::new(&step.conv, plan.shape(step.src).channels);
            let bias = pack::blocks(step.conv.out_channels);
            take(total, (grouping.weight_quads() + bias) as u64)
        }
        PlanStep::Parameter { dst, .. } => take(total, pack::quads(plan.shape(*dst)) as u64),
        // Two words, a position and a factor, for each tap.
        PlanStep::Resample { table, .. } => {
            take(total, (table.extent() * table.taps()).div_ceil(2) as u64)
        }
        PlanStep::LayerNorm { src, .. } => {
            take(total, 2 * pack::blocks(plan.shape(*src).channels) as u64)
        }
        PlanStep::Moments { measured, .. } => match &moments[*measured].form {
            PlacedForm::Parts(_) => 0,
            PlacedForm::Rows(sample) => take(total, sample.pixels.len().div_ceil(2) as u64),
        },
        PlanStep::Combine(_)
        | PlanStep::Pool { .. }
        | PlanStep::Window { .. }
        | PlanStep::Mul { .. }
        | PlanStep::Resize { .. }
        | PlanStep::CopyChannels { .. }
        | PlanStep::Flatten { .. }
        | PlanStep::Map { .. }
        | PlanStep::Pair { .. }
        | PlanStep::Rearrange { .. }
        | PlanStep::Softmax { .. }
        | PlanStep::MatMul { .. }
        | PlanStep::Statistics { .. } => 0,
    };
    plan.steps.iter().map(place).collect()
}

fn place_partials(plan: &Plan, images: usize, total: &mut u64) -> Vec<Option<u64>> {
    let mut partials = vec![None; plan.tensors.len()];
    for planned in &plan.steps {
        let Some(tensor) = planned.step.summed() else { continue };
        let shape = plan.shape(tensor);
        let parts = StatisticsParts::new(images, shape.plane()).parts;
        let length = 2 * parts * pack::blocks(shape.channels) as u64;
        partials[tensor.index()] = Some(take(total, length));
    }
    partials
}

/// Puts codes of equal multiplicity next to each other, so that few runs cover them all.
fn place_codes(codes: &[BinaryCode]) -> (Vec<u64>, u64, Vec<CodeRun>) {
    let mut order: Vec<usize> = (0..codes.len()).collect();
    order.sort_by_key(|&index| codes[index].multiplicity);
    let (mut offsets, mut row) = (vec![0; codes.len()], 0);
    let mut runs: Vec<CodeRun> = Vec::new();
    for index in order {
        let code = &codes[index];
        let words = pack::code_stride(code.shape).next_multiple_of(4) as u64;
        offsets[index] = take(&mut row, words);
        let units = code.shape.volume() as u64 * u64::from(code.multiplicity);
        let (multiplicity, first_word) = (code.multiplicity, offsets[index]);
        match runs.last_mut() {
            Some(run)
                if run.multiplicity == multiplicity && run.units + units <= u64::from(u32::MAX) =>
            {
                run.words += words;
                run.units += units;
            }
            _ => runs.push(CodeRun { first_word, words, multiplicity, units, matrix: 0 }),
        }
    }
    share_matrices(&mut runs);
    (offsets, row, runs)
}

/// Gives each run the current matrix as long as no sum can pass 32 bits.
fn share_matrices(runs: &mut [CodeRun]) {
    let (mut matrix, mut units) = (0, 0);
    for run in runs {
        if units + run.units > u64::from(u32::MAX) && units > 0 {
            (matrix, units) = (matrix + 1, 0);
        }
        units += run.units;
        run.matrix = matrix;
    }
}
