//! The native backend: the plan's steps on all cores, with the best instruction set found at run
//! time.
//!
//! `program` lowers a plan: tensors get places, convolutions of one tensor merge, steps become
//! segments between batch-statistics barriers. `execute` runs a segment image by image over the
//! threads. [`ops`] holds the kernels, [`hamming`] the distances between codes.

mod execute;
pub mod hamming;
pub mod layout;
mod memory;
pub mod ops;
mod pack;
mod program;
pub mod simd;

use std::collections::TryReserveError;

use rayon::ThreadPool;

use super::{Backend, BackendError, Cancel, DeviceInfo, Network, PackedCode, RunOutput};
use super::{kept, kept_bytes};
use crate::data::Batch;
use crate::graph::Statistics;
use crate::plan::{BinaryCode, Plan, TensorId};
use crate::score::KernelMatrix;
use crate::weights::Weights;
use execute::NetworkContext;
use layout::BlockedView;
use memory::{CodeBuffer, FloatBuffer};
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
        })
    }

    /// Runs one network and also returns the values of some tensors, `[n, c, h, w]` each. For tests
    /// and for looking inside.
    ///
    /// # Errors
    ///
    /// As [`Backend::run`].
    pub fn run_traced(
        &mut self,
        network: Network<'_>,
        batch: &Batch,
        keep: &[TensorId],
    ) -> Result<(RunOutput, Vec<Vec<f32>>), BackendError> {
        let program = self.execute(network, batch, keep, &Cancel::new())?;
        let read = |&tensor: &TensorId| self.read(&program, tensor, batch.images);
        let traced = keep.iter().map(read).collect::<Result<_, _>>()?;
        Ok((self.output(network.plan, &program, batch, true)?, traced))
    }

    fn run_one(
        &mut self,
        network: Network<'_>,
        batch: &Batch,
        codes: bool,
        cancel: &Cancel,
    ) -> Result<RunOutput, BackendError> {
        let program = self.execute(network, batch, &[], cancel)?;
        self.output(network.plan, &program, batch, codes)
    }

    fn execute(
        &mut self,
        Network { plan, weights }: Network<'_>,
        batch: &Batch,
        keep: &[TensorId],
        cancel: &Cancel,
    ) -> Result<CpuProgram, BackendError> {
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
        for (level, segment) in program.segments.iter().enumerate() {
            self.normalise(plan, &program, weights, level, batch.images);
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
            };
            context.run_segment(&self.pool, segment, cancel);
            if cancel.is_cancelled() {
                return Err(BackendError::Cancelled);
            }
        }
        Ok(program)
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
        let held = [self.arena.bytes(), self.scratch.bytes(), 0, 0, 0, 0];
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
        program: &CpuProgram,
        batch: &Batch,
        codes: bool,
    ) -> Result<RunOutput, BackendError> {
        let images = batch.images;
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
        let kept = kept(&self.info.name, plan, batch, |tensor| self.read(program, tensor, images))?;
        Ok(RunOutput { kernel, codes, kept })
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

/// Bytes a network needs: arena, scratch, weights, sums and codes, distances and K, kept activations.
struct MemoryDemand([u64; 6]);

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
