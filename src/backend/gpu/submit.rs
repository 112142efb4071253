//! Encodes dispatches into submits that each take about a twentieth of a second.

use std::collections::VecDeque;
use std::time::Instant;

use super::buffers::{GpuBuffers, LAUNCH_BYTES, MAX_LAUNCHES, SharedBuffer};
use super::device::GpuDevice;
use super::kernels::GpuKernel;
use super::schedule::KernelLaunch;
use crate::backend::{BackendError, Cancel};

/// Aimed at; half of what may pass before a cancel is seen or a driver gets nervous, since the
/// estimates are rough.
const TARGET_SECONDS: f64 = 0.05;
/// How much one submit's measured rate counts.
const MEMORY: f64 = 0.3;

/// How fast the device is, as far as known.
#[derive(Clone, Copy, Debug)]
pub struct SubmitPace {
    /// Operations per second, in the unit of [`super::task::KernelTask::work`].
    pub rate: f64,
}

impl SubmitPace {
    /// A careful guess before anything was measured.
    pub const fn guess(software: bool) -> Self {
        Self { rate: if software { 1e9 } else { 50e9 } }
    }

    fn budget(self) -> f64 {
        self.rate * TARGET_SECONDS
    }

    fn learn(&mut self, work: f64, seconds: f64) {
        if work > 0.0 && seconds > 0.0 {
            // A submit of next to nothing measures only what a submit costs.
            let seen = (work / seconds).clamp(self.rate / 8.0, self.rate * 4.0);
            let weight = MEMORY * (work / self.budget()).min(1.0);
            self.rate += weight * (seen - self.rate);
        }
    }
}

/// The time of one kernel in a profiled run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KernelTime {
    /// The kernel.
    pub kernel: GpuKernel,
    /// Its dispatches, each a separate submit.
    pub dispatches: u32,
    /// Seconds from submit to end, with what a submit costs.
    pub seconds: f64,
    /// Estimated operations; a byte moved counts as a few.
    pub work: f64,
}

/// A submit under way.
struct SubmitInFlight {
    kernel: Option<GpuKernel>,
    index: wgpu::SubmissionIndex,
    work: f64,
    submitted: Instant,
}

/// What the submits of one group amounted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubmitReport {
    /// Queue submits.
    pub submits: u32,
    /// Dispatches.
    pub dispatches: u32,
    /// Milliseconds of the longest submit.
    pub longest_ms: u32,
}

/// Runs launches in order, with up to two submits in flight. Cancellation is checked between submits. A
/// profile runs every dispatch as a separate submit and waits for it.
pub fn run(
    gpu: &mut GpuDevice,
    buffers: &mut GpuBuffers,
    launches: &[KernelLaunch],
    pace: &mut SubmitPace,
    profile: Option<&mut Vec<KernelTime>>,
    cancel: &Cancel,
) -> Result<SubmitReport, BackendError> {
    let mut waiting: VecDeque<KernelLaunch> = launches.iter().copied().collect();
    let mut flights =
        SubmitQueue { flying: VecDeque::new(), done: Instant::now(), longest: 0.0, profile };
    let (most, under_way) =
        if flights.profile.is_some() { (1, 0) } else { (MAX_LAUNCHES as usize, 1) };
    let mut count = SubmitReport::default();
    while !waiting.is_empty() {
        if cancel.is_cancelled() {
            gpu.wait(None)?;
            return Err(BackendError::Cancelled);
        }
        let portion = portion(&mut waiting, pace.budget(), most);
        let work = portion.iter().map(KernelLaunch::total).sum();
        let kernel = portion.first().map(|launch| launch.kernel);
        let index = submit(gpu, buffers, &portion)?;
        count.submits += 1;
        count.dispatches += portion.len() as u32;
        flights.flying.push_back(SubmitInFlight { kernel, index, work, submitted: Instant::now() });
        flights.land(gpu, pace, under_way)?;
    }
    flights.land(gpu, pace, 0)?;
    count.longest_ms = (flights.longest * 1e3) as u32;
    Ok(count)
}

/// Submits under way, and where what they took is noted.
struct SubmitQueue<'a> {
    flying: VecDeque<SubmitInFlight>,
    done: Instant,
    longest: f64,
    profile: Option<&'a mut Vec<KernelTime>>,
}

impl SubmitQueue<'_> {
    /// Waits until that many submits are under way and learns from how long each took.
    fn land(
        &mut self,
        gpu: &GpuDevice,
        pace: &mut SubmitPace,
        most: usize,
    ) -> Result<(), BackendError> {
        while self.flying.len() > most {
            let Some(flight) = self.flying.pop_front() else { break };
            gpu.wait(Some(flight.index))?;
            let started = flight.submitted.max(self.done);
            self.done = Instant::now();
            let seconds = self.done.duration_since(started).as_secs_f64();
            self.longest = self.longest.max(seconds);
            pace.learn(flight.work, seconds);
            if let (Some(profile), Some(kernel)) = (&mut self.profile, flight.kernel) {
                note(profile, kernel, seconds, flight.work);
            }
        }
        Ok(())
    }
}

fn note(profile: &mut Vec<KernelTime>, kernel: GpuKernel, seconds: f64, work: f64) {
    match profile.iter_mut().find(|time| time.kernel == kernel) {
        Some(time) => {
            time.dispatches += 1;
            time.seconds += seconds;
            time.work += work;
        }
        None => profile.push(KernelTime { kernel, dispatches: 1, seconds, work }),
    }
}

/// Takes launches from the front until the budget is spent.
fn portion(waiting: &mut VecDeque<KernelLaunch>, budget: f64, most: usize) -> Vec<KernelLaunch> {
    let mut portion: Vec<KernelLaunch> = Vec::new();
    let mut spent = 0.0;
    while let Some(launch) = waiting.pop_front() {
        let left = budget - spent;
        // Little is gained by cutting a launch that fits an empty submit.
        if launch.total() > left && launch.total() <= budget && !portion.is_empty() {
            waiting.push_front(launch);
            break;
        }
        let (front, rest) = launch.split(left);
        spent += front.total();
        portion.push(front);
        if let Some(rest) = rest {
            waiting.push_front(rest);
            break;
        }
        if portion.len() >= most || spent >= budget {
            break;
        }
    }
    portion
}

/// Distance of two launches in their buffer.
pub fn launch_stride(gpu: &GpuDevice) -> u64 {
    LAUNCH_BYTES.next_multiple_of(u64::from(gpu.limits.min_uniform_buffer_offset_alignment).max(1))
}

fn submit(
    gpu: &mut GpuDevice,
    buffers: &mut GpuBuffers,
    portion: &[KernelLaunch],
) -> Result<wgpu::SubmissionIndex, BackendError> {
    let stride = launch_stride(gpu) as usize;
    let mut data = vec![0_u8; portion.len() * stride];
    let mut pipelines = Vec::with_capacity(portion.len());
    for (launch, target) in portion.iter().zip(data.chunks_exact_mut(stride)) {
        let end = launch.first_workgroup + launch.workgroups;
        let values = [launch.first_record, launch.first_workgroup, end, 0];
        target[..LAUNCH_BYTES as usize].copy_from_slice(bytemuck::cast_slice(&values));
        pipelines.push(gpu.pipeline(launch.kernel)?);
    }
    buffers.write(gpu, SharedBuffer::Launches, 0, &data)?;
    let group = buffers.bind_group(gpu)?;
    let widest = gpu.limits.max_compute_workgroups_per_dimension;
    gpu.checked("submit", || {
        let label = wgpu::CommandEncoderDescriptor { label: Some("kernels") };
        let mut encoder = gpu.device.create_command_encoder(&label);
        let label = wgpu::ComputePassDescriptor { label: Some("kernels"), timestamp_writes: None };
        let mut pass = encoder.begin_compute_pass(&label);
        for (index, (launch, pipeline)) in portion.iter().zip(&pipelines).enumerate() {
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &group, &[(index * stride) as u32]);
            let width = launch.workgroups.min(widest);
            let height = launch.workgroups.div_ceil(width.max(1));
            pass.dispatch_workgroups(width, height, launch.records);
        }
        drop(pass);
        gpu.queue.submit([encoder.finish()])
    })
}
