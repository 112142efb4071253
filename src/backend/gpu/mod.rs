//! The WGSL backend: runs whole plans on any GPU that wgpu supports, and on software adapters for
//! tests.
//!
//! **Layout.** Tensors are `[image][channel / 4][row][column]` of `vec4`, with zeros after the last
//! channel. All tensors of a group of networks lie in one storage buffer, the *arena*: first the
//! images, then one section per network with the slots of its plan. Weights, statistics and codes have
//! one buffer each, so a single bind group serves all kernels (`layout`, `buffers`).
//!
//! **Records.** A kernel applied to a step is a `task`: a pipeline, a record of 128 bytes with shapes,
//! strides and offsets, and the tensors it reads and writes. Shapes never enter shader text, so 24
//! pipelines serve all networks (`kernels`, `records`, `lower`, `ops`).
//!
//! **Waves.** The wave of a task is the length of the longest chain of tasks it depends on, including
//! the reuse of slots. All tasks of one wave and kernel, from any network of the group, become one
//! dispatch; its third grid axis selects the record (`schedule`).
//!
//! **Submits.** Dispatches are collected until their estimated time reaches a twentieth of a second,
//! and longer ones are split. The estimate follows the measured times of submits. Cancellation is
//! checked between submits (`submit`).
//!
//! **Codes.** The combine kernel packs code bits in its own order. The Hamming kernel compares each
//! image's row of words with every other and adds weighted counts as exact 32-bit sums. Only these sums
//! are returned, and the activations that a plan keeps (`group`).
//!
//! **Moments.** Products of channels are summed on the device, over parts of the positions; the host
//! adds the parts in double precision. For a tensor with fewer positions than channels, or with very
//! many channels, the values at some pixels are returned instead (`moments`).

mod adapter;
mod buffers;
mod device;
mod group;
pub mod kernels;
mod layout;
mod lower;
mod moments;
mod ops;
mod pack;
pub mod records;
mod schedule;
mod submit;
mod task;

pub use adapter::{AdapterChoice, AdapterSummary, adapters};
pub use group::{GroupCost, TracedOutput};
pub use lower::ConvVariant;
pub use submit::KernelTime;

use device::GpuDevice;
use group::{GpuSession, NetworkGroup, PlacedNetwork, Wants};
use layout::{BufferSizes, NetworkPlacement};
use submit::SubmitPace;

use super::{Backend, BackendError, Cancel, DeviceInfo, Network, RunOutput};
use crate::data::Batch;
use crate::plan::{Plan, TensorId};

/// Bytes of tensors that a typical network takes: the heaviest cell of NAS-Bench-201 at batch 128.
const TYPICAL_ARENA_BYTES: u64 = 64 << 20;
/// Arenas of several networks at once stay below this; how much memory a GPU has is not known.
const DISCRETE_ARENA_BYTES: u64 = 1 << 30;
/// The same where the memory is the processor's.
const OTHER_ARENA_BYTES: u64 = 256 << 20;
/// More networks at once than this fill no GPU better.
const MAX_NETWORKS: u64 = 16;

/// Runs plans on one adapter.
pub struct GpuBackend {
    adapter: wgpu::Adapter,
    info: DeviceInfo,
    software: bool,
    variant: ConvVariant,
    networks_at_once: usize,
    session: Option<GpuSession>,
    cost: GroupCost,
}

impl GpuBackend {
    /// Opens a device on the chosen adapter.
    ///
    /// # Errors
    ///
    /// [`BackendError::NoDevice`] with a list of the available adapters, or with the message from the
    /// driver.
    pub fn new(choice: &AdapterChoice) -> Result<Self, BackendError> {
        let adapter = adapter::choose(choice)?;
        let info = adapter.get_info();
        let software = adapter::is_software(&info);
        let variant = if software { ConvVariant::Registers } else { ConvVariant::Tiled };
        let mut backend = Self {
            info: adapter::device_info(&info),
            adapter,
            software,
            variant,
            networks_at_once: 1,
            session: None,
            cost: GroupCost::default(),
        };
        if !software {
            let arenas = backend.shared_arena() / TYPICAL_ARENA_BYTES;
            backend.networks_at_once = arenas.clamp(1, MAX_NETWORKS) as usize;
        }
        backend.session()?;
        Ok(backend)
    }

    /// Which kernel computes convolutions from now on; the adapter's type decides at first.
    pub const fn set_conv_variant(&mut self, variant: ConvVariant) {
        self.variant = variant;
    }

    /// How many networks share dispatches from now on. Hidden: for tests.
    #[doc(hidden)]
    pub const fn set_networks_at_once(&mut self, networks: usize) {
        self.networks_at_once = if networks == 0 { 1 } else { networks };
    }

    /// Submits, dispatches and memory of the last group of networks.
    pub const fn last_cost(&self) -> GroupCost {
        self.cost
    }

    /// Runs one network and returns the values `[n, c, h, w]` of some of its tensors as well. These
    /// tensors get memory of their own. Hidden: for tests. Elsewhere, the plan requests the
    /// activations, see [`Plan::keeping`].
    ///
    /// # Errors
    ///
    /// As [`Backend::run`].
    #[doc(hidden)]
    pub fn run_traced(
        &mut self,
        network: Network<'_>,
        batch: &Batch,
        tensors: &[TensorId],
        codes: bool,
        cancel: &Cancel,
    ) -> Result<TracedOutput, BackendError> {
        check_input(network.plan, batch)?;
        let placement = self.place(network.plan, batch, tensors)?;
        let placed = [PlacedNetwork { network, placement }];
        let traced =
            self.run_group(&placed, batch, Wants { codes, tensors, profile: false }, cancel)?;
        let none = || Err(self.error("the group gave no result"));
        traced.into_iter().next().unwrap_or_else(none)
    }

    /// Runs one network with a separate submit for every dispatch, and returns the time of each kernel.
    ///
    /// # Errors
    ///
    /// As [`Backend::run`].
    pub fn profile(
        &mut self,
        network: Network<'_>,
        batch: &Batch,
        cancel: &Cancel,
    ) -> Result<Vec<KernelTime>, BackendError> {
        check_input(network.plan, batch)?;
        let placement = self.place(network.plan, batch, &[])?;
        let wants = Wants { profile: true, ..Wants::default() };
        self.run_group(&[PlacedNetwork { network, placement }], batch, wants, cancel)?;
        Ok(self.session.as_ref().map(|session| session.profile.clone()).unwrap_or_default())
    }

    /// The open session; opens one if there is none or the device failed.
    fn session(&mut self) -> Result<&mut GpuSession, BackendError> {
        if self.session.as_ref().is_some_and(|session| session.gpu.failed()) {
            self.session = None;
        }
        let session = match self.session.take() {
            Some(session) => session,
            None => {
                GpuSession::new(GpuDevice::open(&self.adapter)?, SubmitPace::guess(self.software))
            }
        };
        Ok(self.session.insert(session))
    }

    fn run_group(
        &mut self,
        networks: &[PlacedNetwork<'_>],
        batch: &Batch,
        wants: Wants<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Result<TracedOutput, BackendError>>, BackendError> {
        let group = NetworkGroup { networks, batch, wants, variant: self.variant };
        let session = self.session()?;
        let result = session.run(&group, cancel);
        self.cost = session.cost;
        result
    }

    fn error(&self, reason: &str) -> BackendError {
        BackendError::Device { device: self.info.name.clone(), reason: reason.to_owned() }
    }

    /// Bytes of the largest storage binding.
    fn arena_limit(&self) -> u64 {
        let limits = self.adapter.limits();
        limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)
    }

    /// Bytes that the arenas of several networks may take together.
    fn shared_arena(&self) -> u64 {
        let discrete = self.adapter.get_info().device_type == wgpu::DeviceType::DiscreteGpu;
        self.arena_limit().min(if discrete { DISCRETE_ARENA_BYTES } else { OTHER_ARENA_BYTES })
    }

    /// Places a network, if it fits the device.
    fn place(
        &self,
        plan: &Plan,
        batch: &Batch,
        kept: &[TensorId],
    ) -> Result<NetworkPlacement, BackendError> {
        let limit = self.arena_limit();
        let placement = NetworkPlacement::new(plan, batch.images, kept);
        let image_quads = (batch.images * pack::quads(batch.shape)) as u64;
        match over(&placement.sizes, image_quads, limit) {
            None => Ok(placement),
            Some((what, needed)) => Err(BackendError::OverLimit {
                device: self.info.name.clone(),
                what,
                needed,
                allowed: limit,
                advice: advice(plan, batch, kept, limit),
            }),
        }
    }

    /// Cuts networks into groups whose buffers fit the device together.
    fn groups<'a>(
        &self,
        placed: Vec<(usize, PlacedNetwork<'a>)>,
        batch: &Batch,
    ) -> Vec<Vec<(usize, PlacedNetwork<'a>)>> {
        let limit = self.shared_arena();
        let image_quads = (batch.images * pack::quads(batch.shape)) as u64;
        let mut groups: Vec<Vec<(usize, PlacedNetwork<'a>)>> = Vec::new();
        let mut sizes = BufferSizes::default();
        for one in placed {
            let more = sizes.plus(one.1.placement.sizes);
            match groups.last_mut() {
                Some(group)
                    if group.len() < self.networks_at_once
                        && over(&more, image_quads, limit).is_none() =>
                {
                    sizes = more;
                    group.push(one);
                }
                _ => {
                    sizes = one.1.placement.sizes;
                    groups.push(vec![one]);
                }
            }
        }
        groups
    }
}

impl Backend for GpuBackend {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn preferred_networks(&self) -> usize {
        self.networks_at_once
    }

    fn run(
        &mut self,
        networks: &[Network<'_>],
        batch: &Batch,
        codes: bool,
        cancel: &Cancel,
    ) -> Vec<Result<RunOutput, BackendError>> {
        let mut results: Vec<Result<RunOutput, BackendError>> = Vec::new();
        let mut placed = Vec::new();
        for (index, &network) in networks.iter().enumerate() {
            let fit = check_input(network.plan, batch);
            match fit.and_then(|()| self.place(network.plan, batch, &[])) {
                Ok(placement) => placed.push((index, PlacedNetwork { network, placement })),
                Err(error) => {
                    results.push(Err(error));
                    continue;
                }
            }
            results.push(Err(BackendError::Cancelled));
        }
        for group in self.groups(placed, batch) {
            let (indices, group): (Vec<usize>, Vec<PlacedNetwork<'_>>) = group.into_iter().unzip();
            let wants = Wants { codes, ..Wants::default() };
            match self.run_group(&group, batch, wants, cancel) {
                Ok(outputs) => {
                    for (index, output) in indices.into_iter().zip(outputs) {
                        results[index] = output.map(|traced| traced.output);
                    }
                }
                Err(error) => {
                    indices.into_iter().for_each(|index| results[index] = Err(error.clone()));
                }
            }
        }
        results
    }
}

fn check_input(plan: &Plan, batch: &Batch) -> Result<(), BackendError> {
    let (expected, given) = (plan.shape(plan.input), batch.shape);
    if expected == given { Ok(()) } else { Err(BackendError::WrongInput { expected, given }) }
}

/// The first buffer that is over a limit, and its bytes.
fn over(sizes: &BufferSizes, image_quads: u64, limit: u64) -> Option<(&'static str, u64)> {
    sizes.bytes(image_quads).into_iter().find(|&(_, bytes)| bytes > limit)
}

/// The largest batch that fits, in words.
fn advice(plan: &Plan, batch: &Batch, kept: &[TensorId], limit: u64) -> String {
    let fits = |images: usize| {
        let sizes = NetworkPlacement::new(plan, images, kept).sizes;
        over(&sizes, (images * pack::quads(batch.shape)) as u64, limit).is_none()
    };
    let (mut low, mut high) = (0, batch.images);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if fits(middle) { low = middle } else { high = middle }
    }
    if low == 0 {
        "not even one image fits: use the device `cpu`".to_owned()
    } else {
        format!("the largest batch that fits is {low}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Activation, Conv, Graph, Op, Shape};
    use crate::plan::Count;
    use crate::weights::{Initialisation, Initialiser, Weights};

    #[test]
    fn a_lost_device_is_an_error_once_and_replaced_by_the_next_run() {
        let name = std::env::var("UNTRAINED_TEST_ADAPTER").unwrap_or("llvmpipe".to_owned());
        let Ok(mut backend) = GpuBackend::new(&AdapterChoice::Named(name)) else {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no GPU adapter");
            println!("skipped: no GPU adapter");
            return;
        };
        let mut graph = Graph::new();
        let shape = Shape::new(1, 4, 4);
        let image = graph.input(shape);
        let conv = graph.add("conv", Op::Conv(Conv::square(2, 3, 1)), &[image]).unwrap();
        graph.add("relu", Op::Activation(Activation::RELU), &[conv]).unwrap();
        let plan = Plan::new(&graph, &Weights::default(), Count::Paper).unwrap();
        let law = Initialiser { initialisation: Initialisation::PytorchDefault, seed: 1 };
        let weights = law.draw(&graph, "lost", plan.weighted_nodes());
        let values = (0..32).map(|value| (value * 7 % 13) as f32 - 6.0).collect();
        let batch = Batch { images: 2, shape, values, indices: vec![0, 1] };
        let network = Network { plan: &plan, weights: &weights };
        let run = |backend: &mut GpuBackend| {
            backend.run(&[network], &batch, false, &Cancel::new()).pop().unwrap()
        };
        let before = run(&mut backend).unwrap();
        backend.session().unwrap().gpu.device.destroy();
        let lost = run(&mut backend).unwrap_err();
        assert!(matches!(lost, BackendError::Device { .. }), "{lost}");
        let after = run(&mut backend).unwrap();
        assert_eq!(before.kernel, after.kernel);
    }
}
