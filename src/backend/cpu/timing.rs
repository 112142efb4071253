//! Where the time of a network goes: the kernels of a run, each with a clock of its own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::CpuBackend;
use super::program::CpuKernel;
use crate::backend::{BackendError, Cancel, Network};
use crate::data::Batch;
use crate::plan::{Plan, TensorId};

impl CpuBackend {
    /// Runs one network and returns the time of each node of its graph: seconds of one thread for one
    /// image, by [`crate::graph::NodeId`]. A step of the plan may compute several nodes, as where a sum is
    /// normalised and activated at once; its time is that of the node whose value it stores, and the others
    /// have zero, as have nodes that the plan leaves out.
    ///
    /// # Errors
    ///
    /// As [`crate::backend::Backend::run`].
    pub fn node_times(
        &mut self,
        network: Network<'_>,
        batch: &Batch,
        cancel: &Cancel,
    ) -> Result<Vec<f64>, BackendError> {
        let plan = network.plan;
        // A step is at most one kernel; the first one loads the image.
        let clocks: Vec<AtomicU64> = (0..=plan.steps.len()).map(|_| AtomicU64::new(0)).collect();
        let finished = self.execute(network, batch, (&[], &clocks), cancel)?;
        let kernels = finished.program.segments.iter().flatten();
        let owner = nodes_of_tensors(plan);
        let mut times = vec![0.0; plan.stored.len()];
        for (kernel, clock) in kernels.zip(&clocks) {
            let nanoseconds = clock.load(Ordering::Relaxed) as f64;
            let seconds = nanoseconds / 1e9 / batch.images.max(1) as f64;
            for (node, share) in shares(plan, &owner, kernel) {
                times[node] += seconds * share;
            }
        }
        Ok(times)
    }
}

/// The first node whose value each tensor is.
fn nodes_of_tensors(plan: &Plan) -> HashMap<TensorId, usize> {
    let mut nodes = HashMap::new();
    for (node, tensor) in plan.stored.iter().enumerate() {
        if let Some(tensor) = tensor {
            nodes.entry(*tensor).or_insert(node);
        }
    }
    nodes
}

/// The nodes that a kernel computes, each with its share of the time.
fn shares(plan: &Plan, owner: &HashMap<TensorId, usize>, kernel: &CpuKernel) -> Vec<(usize, f64)> {
    let target = match kernel {
        CpuKernel::Conv { parts, .. } => {
            // Convolutions with one geometry take as long as they have channels.
            let channels: usize = parts.iter().map(|part| part.step.conv.out_channels).sum();
            let share = |channels_of: usize| channels_of as f64 / channels.max(1) as f64;
            return parts
                .iter()
                .map(|part| (part.step.node.index(), share(part.step.conv.out_channels)))
                .collect();
        }
        CpuKernel::Depthwise { part, .. } => return vec![(part.step.node.index(), 1.0)],
        CpuKernel::Combine(step) => {
            let stored = step.targets().find_map(|tensor| owner.get(&tensor));
            let code = step.code.map(|code| plan.codes[code.index()].node.index());
            return stored.copied().or(code).map(|node| (node, 1.0)).into_iter().collect();
        }
        CpuKernel::Parameter { node, .. } | CpuKernel::LayerNorm { node, .. } => {
            return vec![(node.index(), 1.0)];
        }
        CpuKernel::Load(dst)
        | CpuKernel::Pool(_, dst, _)
        | CpuKernel::Window(_, dst, _)
        | CpuKernel::Mul(_, _, dst)
        | CpuKernel::Resize(_, dst, _)
        | CpuKernel::CopyChannels(_, _, dst, _, _)
        | CpuKernel::Flatten(_, dst)
        | CpuKernel::Map(_, dst, _)
        | CpuKernel::Pair(_, _, dst, _)
        | CpuKernel::Resample { dst, .. }
        | CpuKernel::Rearrange(_, dst, _)
        | CpuKernel::Softmax(_, dst)
        | CpuKernel::MatMul(_, _, dst, _)
        | CpuKernel::Statistics(dst)
        | CpuKernel::Moments(dst, _, _) => dst,
    };
    owner.get(target).map(|&node| (node, 1.0)).into_iter().collect()
}
