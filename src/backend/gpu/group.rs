//! Runs a group of networks at once on an open device.

use rayon::prelude::*;

use super::buffers::{GpuBuffers, MAX_LAUNCHES, SharedBuffer};
use super::device::GpuDevice;
use super::layout::{BufferSizes, NetworkPlacement};
use super::lower::{ConvVariant, NetworkLowering};
use super::moments::sites;
use super::pack::{self, LANES};
use super::schedule::LaunchSchedule;
use super::submit::{self, KernelTime, SubmitPace, SubmitReport};
use crate::backend::{BackendError, Cancel, Network, PackedCode, RunOutput, kept, last_moments};
use crate::data::Batch;
use crate::plan::TensorId;
use crate::score::{KernelMatrix, KernelMatrixError};

/// Bytes of a tensor or of moments that come back at once, so that reading many needs no buffer of
/// their size; a single image of a tensor may be more.
const READBACK_BYTES: u64 = 8 << 20;

/// A network and its layout in its sections of the buffers.
pub struct PlacedNetwork<'a> {
    /// The network.
    pub network: Network<'a>,
    /// Its places.
    pub placement: NetworkPlacement,
}

/// What is requested for every network of a group in addition to the kernel matrix.
#[derive(Clone, Copy, Default)]
pub struct Wants<'a> {
    /// The packed codes.
    pub codes: bool,
    /// Values of these tensors; their placements keep them.
    pub tensors: &'a [TensorId],
    /// What each kernel takes.
    pub profile: bool,
}

/// The results of one network.
pub struct TracedOutput {
    /// Kernel matrix and codes.
    pub output: RunOutput,
    /// Values `[n, c, h, w]` of the tensors that were wanted.
    pub tensors: Vec<Vec<f32>>,
}

/// The cost of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupCost {
    /// Queue submits.
    pub submits: u32,
    /// Dispatches.
    pub dispatches: u32,
    /// Milliseconds of the longest submit.
    pub longest_submit_ms: u32,
    /// Bytes of all buffers on the device.
    pub bytes: u64,
}

/// An open device with its buffers and its estimated speed.
pub struct GpuSession {
    /// The device.
    pub gpu: GpuDevice,
    buffers: GpuBuffers,
    pace: SubmitPace,
    /// Print of the images that lie in the arena.
    images: Option<u64>,
    /// What the last group cost.
    pub cost: GroupCost,
    /// What each kernel took in the last profiled group.
    pub profile: Vec<KernelTime>,
}

/// The input of one run of a group.
pub struct NetworkGroup<'a> {
    /// The networks.
    pub networks: &'a [PlacedNetwork<'a>],
    /// The images.
    pub batch: &'a Batch,
    /// What is requested.
    pub wants: Wants<'a>,
    /// How convolutions are computed.
    pub variant: ConvVariant,
}

impl GpuSession {
    /// A session on an open device.
    pub const fn new(gpu: GpuDevice, pace: SubmitPace) -> Self {
        let cost = GroupCost { submits: 0, dispatches: 0, longest_submit_ms: 0, bytes: 0 };
        Self { gpu, buffers: GpuBuffers::new(), pace, images: None, cost, profile: Vec::new() }
    }

    /// Runs a group. The outer error is the device's or a cancel and concerns all of its networks.
    pub fn run<'a>(
        &mut self,
        group: &NetworkGroup<'a>,
        cancel: &Cancel,
    ) -> Result<Vec<Result<TracedOutput, BackendError>>, BackendError> {
        let image_quads = (group.batch.images * pack::quads(group.batch.shape)) as u64;
        let mut total = BufferSizes { arena: image_quads, ..BufferSizes::default() };
        let mut bases = Vec::with_capacity(group.networks.len());
        for placed in group.networks {
            bases.push(total);
            total = total.plus(placed.placement.sizes);
        }
        bases.iter_mut().for_each(|base| base.moments += total.statistics);
        let lower = |(placed, base): (&'a PlacedNetwork<'a>, BufferSizes)| {
            let (images, variant) = (group.batch.images, group.variant);
            NetworkLowering::run(placed.network, &placed.placement, base, images, variant)
        };
        let mut lowered: Vec<_> = group.networks.par_iter().zip(bases).map(lower).collect();
        self.upload(group.batch, &lowered, total)?;
        let tasks: Vec<_> =
            lowered.iter_mut().flatten().map(|one| std::mem::take(&mut one.tasks)).collect();
        let schedule = LaunchSchedule::new(&tasks);
        self.launch(&schedule, total, group.wants.profile, cancel)?;
        self.collect(group, lowered, total)
    }

    /// Makes room and writes images (unless they are there), weights and known norms.
    fn upload(
        &mut self,
        batch: &Batch,
        lowered: &[Result<NetworkLowering<'_>, BackendError>],
        total: BufferSizes,
    ) -> Result<(), BackendError> {
        let (gpu, buffers) = (&self.gpu, &mut self.buffers);
        if buffers.reserve(gpu, SharedBuffer::Arena, total.arena * 16)? {
            self.images = None;
        }
        buffers.reserve(gpu, SharedBuffer::Weights, total.weights * 16)?;
        let statistics = total.statistics + total.moments;
        buffers.reserve(gpu, SharedBuffer::Statistics, statistics * 16)?;
        buffers.reserve(gpu, SharedBuffer::Codes, total.codes * 4)?;
        buffers.reserve(gpu, SharedBuffer::Distances, total.distances * 4)?;
        let print = print_of(batch);
        if self.images != Some(print) {
            let packed = pack::images(batch);
            gpu.checked("images", || {
                buffers.write(gpu, SharedBuffer::Arena, 0, bytemuck::cast_slice(&packed))
            })??;
            self.images = Some(print);
        }
        gpu.checked("weights", || {
            for one in lowered.iter().flatten() {
                let values = bytemuck::cast_slice(&one.values);
                buffers.write(gpu, SharedBuffer::Weights, one.base.weights * 16, values)?;
                for (offset, values) in &one.known_norms {
                    let values = bytemuck::cast_slice(values);
                    buffers.write(gpu, SharedBuffer::Statistics, offset * 16, values)?;
                }
            }
            Ok(())
        })?
    }

    fn launch(
        &mut self,
        schedule: &LaunchSchedule,
        total: BufferSizes,
        profile: bool,
        cancel: &Cancel,
    ) -> Result<(), BackendError> {
        let records: &[u8] = bytemuck::cast_slice(&schedule.records);
        let stride = submit::launch_stride(&self.gpu);
        let (gpu, buffers) = (&self.gpu, &mut self.buffers);
        buffers.reserve(gpu, SharedBuffer::Launches, MAX_LAUNCHES * stride)?;
        buffers.reserve(gpu, SharedBuffer::Records, records.len() as u64)?;
        gpu.checked("records", || {
            buffers.write(gpu, SharedBuffer::Records, 0, records)?;
            let label = wgpu::CommandEncoderDescriptor { label: Some("clear distances") };
            let mut encoder = gpu.device.create_command_encoder(&label);
            let bytes = (total.distances * 4).max(4);
            encoder.clear_buffer(buffers.get(gpu, SharedBuffer::Distances)?, 0, Some(bytes));
            gpu.queue.submit([encoder.finish()]);
            Ok(())
        })??;
        self.profile.clear();
        let submitted = submit::run(
            &mut self.gpu,
            &mut self.buffers,
            &schedule.launches,
            &mut self.pace,
            profile.then_some(&mut self.profile),
            cancel,
        )?;
        let SubmitReport { submits, dispatches, longest_ms } = submitted;
        let bytes = self.buffers.bytes();
        self.cost = GroupCost { submits, dispatches, longest_submit_ms: longest_ms, bytes };
        Ok(())
    }

    fn collect(
        &mut self,
        group: &NetworkGroup<'_>,
        lowered: Vec<Result<NetworkLowering<'_>, BackendError>>,
        total: BufferSizes,
    ) -> Result<Vec<Result<TracedOutput, BackendError>>, BackendError> {
        let distances = self.words(SharedBuffer::Distances, total.distances)?;
        let codes = if group.wants.codes {
            self.words(SharedBuffer::Codes, total.codes)?
        } else {
            Vec::new()
        };
        let first_moments = total.statistics;
        let moments = self.moments(first_moments, total.moments)?;
        let mut results = Vec::with_capacity(lowered.len());
        for one in lowered {
            let traced = match one {
                Ok(one) => {
                    let has_kernel = one.plan().has_kernel;
                    let kernel = has_kernel.then(|| kernel_matrix(&one, &distances));
                    let kernel = kernel.transpose().map_err(BackendError::Distances)?;
                    let codes =
                        (group.wants.codes && has_kernel).then(|| packed_codes(&one, &codes));
                    let start = LANES * (one.base.moments - first_moments) as usize;
                    let sites = sites(one.plan(), one.placement, &moments[start..]);
                    let name = self.gpu.name.clone();
                    let kept = kept(&name, one.plan(), group.batch, |id| self.tensor(&one, id))?;
                    let last = last_moments(one.plan(), group.batch, |id| self.tensor(&one, id))?;
                    let wanted = group.wants.tensors.iter();
                    let tensors = wanted.map(|&id| self.tensor(&one, id)).collect::<Result<_, _>>();
                    Ok(TracedOutput {
                        output: RunOutput { kernel, codes, kept, sites, last },
                        tensors: tensors?,
                    })
                }
                Err(error) => Err(error),
            };
            results.push(traced);
        }
        Ok(results)
    }

    fn words(&mut self, shared: SharedBuffer, count: u64) -> Result<Vec<u32>, BackendError> {
        let bytes = self.buffers.read(&self.gpu, shared, 0, count * 4)?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// Reads the moments of all networks, which begin at `first` and are `count` `vec4`s long.
    fn moments(&mut self, first: u64, count: u64) -> Result<Vec<f32>, BackendError> {
        let mut values = Vec::with_capacity(count as usize * LANES);
        let (mut offset, end) = (first * 16, (first + count) * 16);
        while offset < end {
            let bytes = READBACK_BYTES.min(end - offset);
            let part = self.buffers.read(&self.gpu, SharedBuffer::Statistics, offset, bytes)?;
            values.extend(bytemuck::pod_collect_to_vec::<u8, f32>(&part));
            offset += bytes;
        }
        Ok(values)
    }

    /// Reads a tensor, as many images at once as [`READBACK_BYTES`] allows.
    fn tensor(
        &mut self,
        one: &NetworkLowering<'_>,
        id: TensorId,
    ) -> Result<Vec<f32>, BackendError> {
        let shape = one.shape(id);
        let image_bytes = pack::quads(shape) as u64 * 16;
        let at_once = (READBACK_BYTES / image_bytes.max(1)).max(1) as usize;
        let mut values = Vec::with_capacity(one.images * shape.volume());
        for first in (0..one.images).step_by(at_once) {
            let images = at_once.min(one.images - first);
            let offset = u64::from(one.tensor(id)) * 16 + first as u64 * image_bytes;
            let bytes = images as u64 * image_bytes;
            let bytes = self.buffers.read(&self.gpu, SharedBuffer::Arena, offset, bytes)?;
            let packed: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
            values.extend(pack::unpack(&packed, images, shape));
        }
        Ok(values)
    }
}

/// Sums the network's distance matrices, whose lower triangles are empty, into K.
fn kernel_matrix(
    one: &NetworkLowering<'_>,
    distances: &[u32],
) -> Result<KernelMatrix, KernelMatrixError> {
    let n = one.images;
    let start = one.base.distances as usize;
    let mut sums = vec![0_u64; n * n];
    for matrix in 0..one.placement.matrices as usize {
        let matrix = &distances[start + matrix * n * n..][..n * n];
        for i in 0..n {
            for j in i + 1..n {
                sums[i * n + j] += u64::from(matrix[i * n + j]);
                sums[j * n + i] = sums[i * n + j];
            }
        }
    }
    KernelMatrix::from_distances(n, one.plan().units, &sums)
}

fn packed_codes(one: &NetworkLowering<'_>, words: &[u32]) -> Vec<PackedCode> {
    let row = one.placement.code_row as usize;
    let packed = |(index, code): (usize, &crate::plan::BinaryCode)| {
        let start = one.base.codes as usize + one.placement.codes[index] as usize;
        let stride = pack::code_stride(code.shape);
        let image = |image: usize| {
            let first = start + image * row;
            pack::code_words(&words[first..first + stride], code.shape)
        };
        PackedCode {
            units: code.shape.volume(),
            multiplicity: code.multiplicity,
            words: (0..one.images).flat_map(image).collect(),
        }
    };
    one.plan().codes.iter().enumerate().map(packed).collect()
}

/// A print of shape and values that tells batches apart within one process.
fn print_of(batch: &Batch) -> u64 {
    let extents = [batch.images, batch.shape.channels, batch.shape.height, batch.shape.width];
    let mix = |print: u64, value: u64| {
        (print ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    };
    let print = extents.iter().fold(1, |print, &extent| mix(print, extent as u64));
    batch.values.iter().fold(print, |print, value| mix(print, u64::from(value.to_bits())))
}
