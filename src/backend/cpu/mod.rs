//! The native backend: runs a plan's steps on all cores, with the best instruction set found at run
//! time.
//!
//! `program` lowers a plan: tensors get positions in memory, convolutions of the same tensor are
//! merged, and steps become segments between batch-statistics barriers. `execute` runs each segment
//! image by image, over several threads. [`ops`] contains the kernels, [`hamming`] computes the
//! distances between codes.

mod code_layout;
mod execute;
pub mod hamming;
pub mod layout;
mod memory;
mod moments_memory;
pub mod ops;
mod pack;
mod program;
pub mod simd;
mod tensor_use;
mod timing;

use std::collections::TryReserveError;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use rayon::ThreadPool;

use super::{Backend, BackendError, Cancel, DeviceInfo, Network, PackedCode, RunOutput};
use super::{kept, kept_bytes, last_moments};
use crate::data::Batch;
use crate::graph::{NodeId, Statistics};
use crate::plan::{BinaryCode, Plan, TensorId};
use crate::score::{KernelMatrix, MomentsForm, TensorMoments};
use crate::weights::Weights;
use execute::NetworkContext;
use layout::{BlockedLayout, BlockedView};
use memory::{CodeBuffer, FloatBuffer};
use moments_memory::MomentsPlace;
use program::{CpuProgram, MemoryRegion};
use simd::{Isa, LANES};

/// The native backend. Its buffers grow to the largest network seen and are reused.
pub struct CpuBackend {
    info: DeviceInfo,
    isa: Isa,
    pool: ThreadPool,
    arena: FloatBuffer,
    scratch: FloatBuffer,
    packed: FloatBuffer,
    coefficients: FloatBuffer,
    sums: Vec<f64>,
    codes: CodeBuffer,
    moments: MomentsBuffers,
}

/// What the moments of one level are collected in.
#[derive(Default)]
struct MomentsBuffers {
    sums: Vec<f64>,
    means: Vec<f64>,
    rows: Vec<f32>,
}

/// A run that is done, but for what is made of its codes.
struct FinishedRun {
    program: CpuProgram,
    sites: Vec<TensorMoments>,
}

impl CpuBackend {
    /// A backend on all cores with the best instruction set.
    ///
    /// # Errors
    ///
    /// [`BackendError::Device`] if the threads cannot be started.
    pub fn new() -> Result<Self, BackendError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with(threads, Isa::detect())
    }

    /// A backend with a number of threads and an instruction set of this processor.
    ///
    /// # Errors
    ///
    /// [`BackendError::Device`] if the instruction set is not available or the threads cannot be
    /// started.
    pub fn with(threads: usize, isa: Isa) -> Result<Self, BackendError> {
        let failed = |reason: String| BackendError::Device { device: "cpu".to_owned(), reason };
        if !Isa::available().any(|available| available == isa) {
            return Err(failed(format!("this processor has no {}", isa.name())));
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("untrained-cpu-{index}"))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let info = DeviceInfo {
            name: processor_name(),
            kind: "cpu".to_owned(),
            api: isa.name().to_owned(),
            driver: format!("{threads} threads"),
        };
        Ok(Self {
            info,
            isa,
            pool,
            arena: FloatBuffer::default(),
            scratch: FloatBuffer::default(),
            packed: FloatBuffer::default(),
            coefficients: FloatBuffer::default(),
            sums: Vec::new(),
            codes: CodeBuffer::default(),
            moments: MomentsBuffers::default(),
        })
    }

    /// Runs one network and also returns the values of some tensors, `[n, c, h, w]` each. Hidden: for
    /// tests. Elsewhere, the plan requests the activations, see [`Plan::keeping`].
    ///
    /// # Errors
    ///
    /// As [`Backend::run`].
    #[doc(hidden)]
    pub fn run_traced(
        &mut self,
        network: Network<'_>,
        batch: &Batch,
        keep: &[TensorId],
    ) -> Result<(RunOutput, Vec<Vec<f32>>), BackendError> {
        let finished = self.execute(network, batch, (keep, &[]), &Cancel::new())?;
        let read = |&tensor: &TensorId| self.read(&finished.program, tensor, batch.images);
        let traced = keep.iter().map(read).collect::<Result<_, _>>()?;
        Ok((self.output(network.plan, finished, batch, true)?, traced))
    }

    fn run_one(
        &mut self,
        network: Network<'_>,
        batch: &Batch,
        codes: bool,
        cancel: &Cancel,
    ) -> Result<RunOutput, BackendError> {
        let finished = self.execute(network, batch, (&[], &[]), cancel)?;
        self.output(network.plan, finished, batch, codes)
    }

    /// Runs one network. Tensors of `keep` are kept; each kernel adds its nanoseconds to its clock, in their
    /// order, where there are `clocks`.
    fn execute(
        &mut self,
        Network { plan, weights }: Network<'_>,
        batch: &Batch,
        (keep, mut clocks): (&[TensorId], &[AtomicU64]),
        cancel: &Cancel,
    ) -> Result<FinishedRun, BackendError> {
        if cancel.is_cancelled() {
            return Err(BackendError::Cancelled);
        }
        let expected = plan.shape(plan.input);
        if expected != batch.shape {
            return Err(BackendError::WrongInput { expected, given: batch.shape });
        }
        pack::check(plan, weights)?;
        let program = CpuProgram::new(plan, batch.images, self.isa, keep);
        self.reserve(&program, plan, batch.images)?;
        let packed = &mut self.packed.as_mut_slice()[..program.packed];
        self.pool.install(|| pack::pack(&program, plan, weights, packed));
        let turns: Vec<AtomicUsize> = plan.measured.iter().map(|_| AtomicUsize::new(0)).collect();
        let mut sites: Vec<Option<TensorMoments>> = vec![None; plan.measured.len()];
        for (level, segment) in program.segments.iter().enumerate() {
            self.normalise(plan, &program, weights, level, batch.images);
            self.moments.sums.fill(0.0);
            let context = NetworkContext {
                isa: self.isa,
                plan,
                program: &program,
                batch,
                packed: self.packed.as_slice(),
                coefficients: self.coefficients.as_slice().as_ptr(),
                arena: self.arena.as_mut_slice().as_mut_ptr(),
                scratch: self.scratch.as_mut_slice().as_mut_ptr(),
                sums: self.sums.as_mut_ptr(),
                codes: self.codes.as_mut_ptr(),
                moment_sums: self.moments.sums.as_mut_ptr(),
                moment_means: self.moments.means.as_mut_ptr(),
                moment_rows: self.moments.rows.as_mut_ptr(),
                turns: &turns,
                clocks: clocks.get(..segment.len()).unwrap_or_default(),
            };
            context.run_segment(&self.pool, segment, cancel);
            clocks = clocks.get(segment.len()..).unwrap_or_default();
            if cancel.is_cancelled() {
                return Err(BackendError::Cancelled);
            }
            for (index, place) in program.moments.iter().enumerate() {
                if place.level == level {
                    let tensor = &plan.measured[index];
                    let layout = program.places[tensor.tensor.index()].layout;
                    sites[index] = Some(self.moments.of(tensor.node, place, layout, batch.images));
                }
            }
        }
        Ok(FinishedRun { program, sites: sites.into_iter().flatten().collect() })
    }

    /// Makes the buffers large enough, after a look at what the system can give.
    fn reserve(
        &mut self,
        program: &CpuProgram,
        plan: &Plan,
        images: usize,
    ) -> Result<(), BackendError> {
        let threads = self.pool.current_num_threads();
        let demand = MemoryDemand::of(program, kept_bytes(plan, images), images, threads);
        let held = [self.arena.bytes(), self.scratch.bytes(), 0, 0, 0, 0, 0];
        let more =
            demand.0.iter().zip(held).map(|(&needed, held)| needed.saturating_sub(held as u64));
        let more = more.fold(0, u64::saturating_add);
        let needed = demand.total();
        if let Some(available) = memory::available_bytes()
            && more > available
        {
            let allowed = available + (needed - more);
            return Err(BackendError::OverLimit {
                device: self.info.name.clone(),
                what: "the network at this batch size",
                needed,
                allowed,
                advice: advice(program, plan, images, allowed),
            });
        }
        self.grow(program, images).map_err(|error| BackendError::Device {
            device: self.info.name.clone(),
            reason: format!("no memory for {needed} bytes ({error}); use a smaller mini-batch"),
        })
    }

    fn grow(&mut self, program: &CpuProgram, images: usize) -> Result<(), TryReserveError> {
        self.arena.grow(program.arena)?;
        self.scratch.grow(program.scratch * self.pool.current_num_threads())?;
        self.packed.grow(program.packed)?;
        let (identity, channels) = program.identity;
        self.coefficients.grow(identity + 2 * channels)?;
        let plain = &mut self.coefficients.as_mut_slice()[identity..identity + 2 * channels];
        plain[..channels].fill(1.0);
        plain[channels..].fill(0.0);
        if self.sums.len() < program.sums {
            self.sums.resize(program.sums, 0.0);
        }
        self.moments.grow(program)?;
        self.codes.reset(images * program.codes.words)
    }

    /// Computes the scales and shifts of the normalisations that a level is the first to see.
    fn normalise(
        &mut self,
        plan: &Plan,
        program: &CpuProgram,
        weights: &Weights,
        level: usize,
        images: usize,
    ) {
        for (index, norm) in plan.norms.iter().enumerate() {
            let place = &program.places[norm.tensor.index()];
            let written = plan.steps.get(plan.tensor(norm.tensor).first_step);
            let ready = written.map_or(0, |planned| planned.level) + 1;
            let (blocks, shape) = (place.layout.blocks(), place.layout.shape);
            let target = program.coefficients[index];
            let target = &mut self.coefficients.as_mut_slice()[target..][..2 * blocks * LANES];
            match (norm.op.statistics, place.sums) {
                (Statistics::Batch, Some(sums)) if ready == level => {
                    let sums = &self.sums[sums..][..images * blocks * 2 * LANES];
                    let values = images * shape.plane();
                    let (mean, variance) = ops::statistics::moments(sums, blocks, values);
                    pack::coefficients(norm, weights, shape.channels, &mean, &variance, target);
                }
                (Statistics::Running, _) if level == 0 => {
                    let Some(layer) = weights.get(norm.node) else { continue };
                    let [mean, variance] = [&layer.mean, &layer.variance]
                        .map(|values| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>());
                    pack::coefficients(norm, weights, shape.channels, &mean, &variance, target);
                }
                _ => {}
            }
        }
    }

    fn output(
        &self,
        plan: &Plan,
        FinishedRun { program, sites }: FinishedRun,
        batch: &Batch,
        codes: bool,
    ) -> Result<RunOutput, BackendError> {
        let images = batch.images;
        let kept = kept(&self.info.name, plan, batch, |id| self.read(&program, id, images))?;
        let last = last_moments(plan, batch, |id| self.read(&program, id, images))?;
        if !plan.has_kernel {
            return Ok(RunOutput { kernel: None, codes: None, kept, sites, last });
        }
        let words = &self.codes.as_slice()[..images * program.codes.words];
        let layout = &program.codes;
        let distances = self
            .pool
            .install(|| hamming::distances(words, images, layout.words, &layout.stretches));
        let kernel = KernelMatrix::from_distances(images, plan.units, &distances)
            .map_err(BackendError::Distances)?;
        let unpack = |(index, code): (usize, &BinaryCode)| {
            let offset = program.codes.offsets[index];
            unpack_code(words, images, program.codes.words, offset, code)
        };
        let codes = codes.then(|| plan.codes.iter().enumerate().map(unpack).collect());
        Ok(RunOutput { kernel: Some(kernel), codes, kept, sites, last })
    }

    /// A tensor that outlives the last segment, `[n, c, h, w]`.
    fn read(
        &self,
        program: &CpuProgram,
        tensor: TensorId,
        images: usize,
    ) -> Result<Vec<f32>, BackendError> {
        let place = &program.places[tensor.index()];
        let MemoryRegion::Arena { stride } = place.area else {
            let reason = format!("tensor {} was not kept to the end of the run", tensor.0);
            return Err(BackendError::Device { device: self.info.name.clone(), reason });
        };
        let mut values = Vec::with_capacity(images * place.layout.shape.volume());
        for image in 0..images {
            let start = place.offset + image * stride + place.layout.origin();
            let ptr = self.arena.as_slice()[start..].as_ptr().cast_mut();
            // SAFETY: the place lies inside the arena; the view is only read.
            values.extend(unsafe {
                ops::copy::store_image(BlockedView { ptr, layout: place.layout })
            });
        }
        Ok(values)
    }
}

impl MomentsBuffers {
    fn grow(&mut self, program: &CpuProgram) -> Result<(), TryReserveError> {
        fn grow<T: Clone>(
            buffer: &mut Vec<T>,
            length: usize,
            zero: T,
        ) -> Result<(), TryReserveError> {
            if let Some(more) = length.checked_sub(buffer.len()) {
                buffer.try_reserve_exact(more)?;
                buffer.resize(length, zero);
            }
            Ok(())
        }
        let memory = program.moments_memory;
        // Sums are cleared for every level, so there are never more than the network needs.
        self.sums.truncate(memory.sums);
        grow(&mut self.sums, memory.sums, 0.0)?;
        grow(&mut self.means, memory.means, 0.0)?;
        grow(&mut self.rows, memory.rows, 0.0)
    }

    /// The moments of one tensor, once all images are done.
    fn of(
        &self,
        node: NodeId,
        place: &MomentsPlace,
        layout: BlockedLayout,
        images: usize,
    ) -> TensorMoments {
        match &place.form {
            MomentsForm::Covariance => {
                let sums = &self.sums[place.sums..][..ops::moments::sum_values(layout)];
                let means = &self.means[place.means..][..images * layout.blocks() * LANES];
                let positions = images * layout.shape.plane();
                let (means, triangle) = ops::moments::covariance(layout, images, sums, means);
                TensorMoments::from_covariance(node, positions, means, triangle)
            }
            MomentsForm::Rows(sample) => {
                let channels = layout.shape.channels;
                let rows = &self.rows[place.rows..][..sample.len() * channels];
                TensorMoments::from_rows(node, channels, rows.to_vec())
            }
        }
    }
}

/// Bytes of the moments of all tensors: what is collected at a level, and what is returned.
fn moments_bytes(program: &CpuProgram) -> u64 {
    let memory = program.moments_memory;
    let collected = 8 * (memory.sums + memory.means) + 4 * memory.rows;
    let returned = program.moments.iter().map(|place| place.bytes).sum::<usize>();
    (collected + returned) as u64
}

/// Bytes a network needs: arena, scratch, weights, sums and codes, distances and K, kept activations,
/// moments.
struct MemoryDemand([u64; 7]);

impl MemoryDemand {
    fn of(program: &CpuProgram, kept_bytes: u64, images: usize, threads: usize) -> Self {
        let bytes = |count: usize, size: usize| (count as u64).saturating_mul(size as u64);
        let n = images as u64;
        Self([
            bytes(program.arena, size_of::<f32>()),
            bytes(program.scratch.saturating_mul(threads), size_of::<f32>()),
            bytes(program.packed, size_of::<f32>()),
            bytes(program.sums, size_of::<f64>()).saturating_add(bytes(
                program.codes.words.saturating_mul(images),
                size_of::<u64>(),
            )),
            n.saturating_mul(n).saturating_mul(BYTES_PER_PAIR),
            kept_bytes,
            moments_bytes(program),
        ])
    }

    fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, &bytes| sum.saturating_add(bytes))
    }
}

/// Bytes per pair of images: half a tile's sums and its place, a distance, an entry of K, its copy for
/// the determinant.
const BYTES_PER_PAIR: u64 = 32;

/// Which batch would fit.
fn advice(program: &CpuProgram, plan: &Plan, images: usize, allowed: u64) -> String {
    let per_image = (program.arena / images.max(1)) as u64 * size_of::<f32>() as u64;
    let per_image = per_image.saturating_add(kept_bytes(plan, 1));
    let fits = allowed / per_image.max(1);
    match fits.min(images as u64 - 1) {
        0 | 1 => "not even two images fit: use a smaller network or input".to_owned(),
        fits => format!("a mini-batch of about {fits} images would fit"),
    }
}

impl Backend for CpuBackend {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn run(
        &mut self,
        networks: &[Network<'_>],
        batch: &Batch,
        codes: bool,
        cancel: &Cancel,
    ) -> Vec<Result<RunOutput, BackendError>> {
        networks.iter().map(|&network| self.run_one(network, batch, codes, cancel)).collect()
    }
}

/// One code in `[c, h, w]` unit order from `[block][y][x][lane]` order.
fn unpack_code(
    words: &[u64],
    images: usize,
    stride: usize,
    offset: usize,
    code: &BinaryCode,
) -> PackedCode {
    let (shape, units) = (code.shape, code.shape.volume());
    let row = units.div_ceil(32);
    let mut packed = vec![0_u32; images * row];
    for image in 0..images {
        let source: &[u16] =
            bytemuck::cast_slice(&words[image * stride + offset..][..stride - offset]);
        for unit in 0..units {
            let (channel, pixel) = (unit / shape.plane(), unit % shape.plane());
            let bit = source[channel / LANES * shape.plane() + pixel] >> (channel % LANES) & 1;
            packed[image * row + unit / 32] |= u32::from(bit) << (unit % 32);
        }
    }
    PackedCode { units, multiplicity: code.multiplicity, words: packed }
}

/// The processor's name, as far as the system tells.
fn processor_name() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
    model
        .and_then(|line| line.split_once(':'))
        .map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}
