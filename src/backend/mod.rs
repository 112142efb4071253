//! Backends run plans: the trait that both implement, and the results they return.

mod choice;
pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;

pub use choice::open;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::data::Batch;
use crate::graph::{NodeId, Shape};
use crate::plan::{Plan, RequestedOutput, TensorId};
use crate::score::{KernelMatrix, KernelMatrixError, TensorMoments};
use crate::weights::Weights;

/// A request to stop that any thread may make; checked between pieces of work of at most about
/// 100 ms.
#[derive(Debug)]
pub struct Cancel {
    requested: AtomicBool,
    /// Whether somebody has asked since it was requested.
    noticed: AtomicBool,
    /// How often it may be looked for before it comes by itself.
    checks_left: AtomicU32,
}

impl Cancel {
    const NEVER: u32 = u32::MAX;

    /// A request that nobody has made yet.
    pub const fn new() -> Self {
        Self::after_checks(Self::NEVER)
    }

    /// A request that triggers itself after [`Cancel::is_cancelled`] has returned `false` this many
    /// times. Hidden: for tests only, to cancel in the middle of the work regardless of its speed.
    #[doc(hidden)]
    pub const fn after_checks(checks: u32) -> Self {
        Self {
            requested: AtomicBool::new(false),
            noticed: AtomicBool::new(false),
            checks_left: AtomicU32::new(checks),
        }
    }

    /// How many more times [`Cancel::is_cancelled`] returns `false`. Hidden: for tests that count how often
    /// work asks.
    #[doc(hidden)]
    pub fn checks_left(&self) -> u32 {
        self.checks_left.load(Ordering::Relaxed)
    }

    /// Requests that the work stop.
    pub fn cancel(&self) {
        self.requested.store(true, Ordering::Relaxed);
    }

    /// Whether cancellation was requested.
    pub fn is_cancelled(&self) -> bool {
        let is_cancelled = self.requested.load(Ordering::Relaxed) || self.has_no_checks_left();
        if is_cancelled {
            self.noticed.store(true, Ordering::Relaxed);
        }
        is_cancelled
    }

    /// Whether the work has found out that it is to stop.
    pub fn is_noticed(&self) -> bool {
        self.noticed.load(Ordering::Relaxed)
    }

    fn has_no_checks_left(&self) -> bool {
        let relaxed = Ordering::Relaxed;
        self.checks_left.load(relaxed) != Self::NEVER
            && self.checks_left.fetch_update(relaxed, relaxed, |left| left.checked_sub(1)).is_err()
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

/// The description of a backend's device, for people and for manifests.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DeviceInfo {
    /// Name of the processor or adapter.
    pub name: String,
    /// `cpu`, `discrete-gpu`, `integrated-gpu`, `virtual-gpu`, `software` or `other`.
    pub kind: String,
    /// Graphics interface, or the instruction set of the native backend.
    pub api: String,
    /// Driver and its version; empty for the native backend.
    pub driver: String,
}

/// One network to run: a plan and the weights of the nodes it names.
#[derive(Clone, Copy)]
pub struct Network<'a> {
    /// What is computed.
    pub plan: &'a Plan,
    /// Values for every node of [`Plan::weighted_nodes`]; a batch-norm without values is the
    /// identity affine.
    pub weights: &'a Weights,
}

/// Packed codes of the input of activations: bit `b` of word `w` of image `i` is bit `32 * w + b`, and the
/// bits run over units in `[c, h, w]` order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedCode {
    /// Units, that is bits, per image.
    pub units: usize,
    /// How often the code counts.
    pub multiplicity: u32,
    /// `[images, ceil(units / 32)]` words; bits past `units` are 0.
    pub words: Vec<u32>,
}

/// The activations of one node of the network on the whole batch.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeActivations {
    /// The node of the graph.
    pub node: NodeId,
    /// Its shape for one image.
    pub shape: Shape,
    /// `[images, channels, height, width]`, row-major.
    pub values: Vec<f32>,
}

impl NodeActivations {
    /// Values of one image, `[channels, height, width]`.
    pub fn image(&self, image: usize) -> &[f32] {
        let volume = self.shape.volume();
        &self.values[image * volume..(image + 1) * volume]
    }
}

/// Takes what a plan keeps from the batch where it is the images, from `read` elsewhere; what is known
/// to be zero is filled in.
fn kept(
    device: &str,
    plan: &Plan,
    batch: &Batch,
    mut read: impl FnMut(TensorId) -> Result<Vec<f32>, BackendError>,
) -> Result<Vec<NodeActivations>, BackendError> {
    let of = |kept: &RequestedOutput| {
        let values = match kept.tensor {
            None => zeros(device, batch.images.saturating_mul(kept.shape.volume()))?,
            Some(tensor) if tensor == plan.input => batch.values.clone(),
            Some(tensor) => read(tensor)?,
        };
        Ok(NodeActivations { node: kept.node, shape: kept.shape, values })
    };
    plan.kept.iter().map(of).collect()
}

/// The moments of the last representation, from its values.
fn last_moments(
    plan: &Plan,
    batch: &Batch,
    mut read: impl FnMut(TensorId) -> Result<Vec<f32>, BackendError>,
) -> Result<Option<TensorMoments>, BackendError> {
    let Some(RequestedOutput { node, shape, tensor: Some(tensor) }) = plan.last else {
        return Ok(None);
    };
    let values = if tensor == plan.input { batch.values.clone() } else { read(tensor)? };
    Ok(Some(TensorMoments::from_values(node, shape, &values)))
}

/// Zeros, if there is memory for them.
fn zeros(device: &str, count: usize) -> Result<Vec<f32>, BackendError> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|error| BackendError::Device {
        device: device.to_owned(),
        reason: format!("no memory for {count} zeros of 4 bytes ({error}); keep fewer nodes"),
    })?;
    values.resize(count, 0.0);
    Ok(values)
}

/// Bytes of what [`kept`] returns.
fn kept_bytes(plan: &Plan, images: usize) -> u64 {
    let values = plan.kept.iter().chain(&plan.last).map(|kept| kept.shape.volume() as u64);
    let bytes = values.map(|values| values.saturating_mul(images as u64 * size_of::<f32>() as u64));
    bytes.fold(0, u64::saturating_add)
}

/// The results of one network.
#[derive(Clone, Debug)]
pub struct RunOutput {
    /// The kernel matrix over the batch, if the plan requests it: [`Plan::has_kernel`].
    pub kernel: Option<KernelMatrix>,
    /// The codes in the order of [`Plan::codes`], if they were requested.
    pub codes: Option<Vec<PackedCode>>,
    /// The activations of [`Plan::kept`], in that order: those requested from [`Plan::keeping`].
    pub kept: Vec<NodeActivations>,
    /// The moments of [`Plan::measured`], in that order.
    pub sites: Vec<TensorMoments>,
    /// The moments of [`Plan::last`].
    pub last: Option<TensorMoments>,
}

/// Why a backend could not run a network.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BackendError {
    /// The work was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The batch does not fit the network.
    #[error("the network takes images of {expected}, but the batch holds {given}")]
    WrongInput {
        /// Shape the network takes.
        expected: Shape,
        /// Shape of the batch's images.
        given: Shape,
    },
    /// A layer has no values, or too few.
    #[error("layer {layer}: expected {expected} values of {what}, found {found}")]
    MissingWeights {
        /// Node index in the graph.
        layer: u32,
        /// Which values.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The network needs more than the device allows.
    #[error("{device}: {what} needs {needed} bytes, but the device allows {allowed}; {advice}")]
    OverLimit {
        /// The device.
        device: String,
        /// What is too large.
        what: &'static str,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
        /// What to do about it.
        advice: String,
    },
    /// No such device.
    #[error("{0}")]
    NoDevice(String),
    /// The device failed: an error from the driver, out of memory, or device lost.
    #[error("{device}: {reason}")]
    Device {
        /// The device.
        device: String,
        /// The message from the driver.
        reason: String,
    },
    /// The distances between binary codes make no kernel matrix.
    #[error("the device computed impossible Hamming distances")]
    Distances(#[source] KernelMatrixError),
}

/// Something that runs plans.
pub trait Backend: Send {
    /// The device it runs on.
    fn info(&self) -> &DeviceInfo;

    /// How many networks [`Backend::run`] likes to be given at once.
    fn preferred_networks(&self) -> usize {
        1
    }

    /// Runs networks on one batch and returns an output or an error for each, in order.
    /// `codes` asks for the packed codes as well.
    fn run(
        &mut self,
        networks: &[Network<'_>],
        batch: &Batch,
        codes: bool,
        cancel: &Cancel,
    ) -> Vec<Result<RunOutput, BackendError>>;
}
