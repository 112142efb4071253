//! What is known about inspected networks: their structure and kernel matrices. The results that a
//! network belongs to are part of its key, so networks of several studies can be inspected side by
//! side.

pub mod inspection;
pub mod kernel_picture;
pub mod network;

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lru::LruCache;

use self::inspection::Inspection;
use self::kernel_picture::KernelPicture;
use self::network::{NetworkKey, NetworkOrigin};
use crate::tasks::message::Message;
use crate::tasks::{MessageSender, TaskRunner};
use untrained::backend::Cancel;
use untrained::job::{JobConfig, Task};

/// Inspections and kernel matrices that are kept.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);
/// Seconds that a network may have taken if its kernel matrix is computed unasked.
pub const CHEAP: f64 = 2.0;

/// A kernel matrix that is there, on its way, or cannot be had.
pub enum KernelState {
    /// It is computed, or waits for others.
    Waiting(Arc<Cancel>),
    /// It is there.
    Ready(Arc<KernelPicture>),
    /// Why there is none.
    Failed(String),
}

/// What is known about architectures.
pub struct InspectionCache {
    inspected: LruCache<NetworkKey, Arc<Inspection>>,
    kernels: LruCache<NetworkKey, KernelState>,
    /// Whether the details are also shown in a separate window.
    pub is_window_open: bool,
}

impl Default for InspectionCache {
    fn default() -> Self {
        Self {
            inspected: LruCache::new(CAPACITY),
            kernels: LruCache::new(CAPACITY),
            is_window_open: false,
        }
    }
}

impl InspectionCache {
    /// The properties of an architecture, if they were requested. If there is neither an error nor a
    /// drawing, they are still being computed.
    pub fn inspection(&self, network: &NetworkKey) -> Option<&Arc<Inspection>> {
        self.inspected.peek(network)
    }

    /// Its kernel matrix, if it was requested.
    pub fn kernel(&self, network: &NetworkKey) -> Option<&KernelState> {
        self.kernels.peek(network)
    }

    /// Its kernel matrix, if it is there.
    pub fn picture(&self, network: &NetworkKey) -> Option<Arc<KernelPicture>> {
        match self.kernel(network) {
            Some(KernelState::Ready(picture)) => Some(picture.clone()),
            _ => None,
        }
    }

    /// Requests the properties of an architecture, unless they were requested before.
    pub fn inspect(
        &mut self,
        tasks: &mut TaskRunner,
        network: &NetworkKey,
        origin: &NetworkOrigin,
    ) {
        if self.inspection(network).is_some() {
            return;
        }
        let model = origin.job.as_ref().and_then(|job| match &job.task {
            Task::Onnx(model) => Some((model.clone(), job.options.clone())),
            Task::Search(_) | Task::Score { .. } => None,
        });
        if model.is_none() && origin.space.is_none() {
            return;
        }
        let space = origin.space.clone();
        self.inspected.put(network.clone(), Arc::default());
        let network = network.clone();
        tasks.start("inspect", move |sender| {
            let seen = match (&model, &space) {
                (Some((model, options)), _) => Inspection::of_model(model, options),
                (None, Some(space)) => Inspection::new(space, &network.architecture),
                (None, None) => Inspection::default(),
            };
            let seen = Arc::new(seen);
            sender.send(Message::Inspected(network, seen));
        });
    }

    /// Computes missing kernel matrices, one after another on one thread.
    pub fn compute(&mut self, tasks: &mut TaskRunner, asked: Vec<(NetworkKey, Option<JobConfig>)>) {
        let cancel = Arc::new(Cancel::new());
        let mut jobs = Vec::new();
        for (network, job) in asked {
            if matches!(
                self.kernel(&network),
                Some(KernelState::Waiting(_) | KernelState::Ready(_))
            ) {
                continue;
            }
            let why = "the job of these results cannot be read by this version: score the \
                       architecture again in a new search";
            match job {
                Some(job) => {
                    self.kernels.put(network.clone(), KernelState::Waiting(cancel.clone()));
                    jobs.push((network, job));
                }
                None => drop(self.kernels.put(network, KernelState::Failed(why.to_owned()))),
            }
        }
        if !jobs.is_empty() {
            tasks.start("kernel", move |sender| compute(sender, &cancel, jobs));
        }
    }

    /// Takes an inspection.
    pub fn on_inspected(&mut self, network: NetworkKey, inspection: Arc<Inspection>) {
        self.inspected.put(network, inspection);
    }

    /// Takes a kernel matrix, or why it could not be computed.
    pub fn on_kernel_computed(
        &mut self,
        network: NetworkKey,
        computed: Result<Arc<KernelPicture>, String>,
    ) {
        let state = match computed {
            Ok(picture) => KernelState::Ready(picture),
            Err(why) => KernelState::Failed(why),
        };
        self.kernels.put(network, state);
    }

    /// Whether a matrix is computed.
    pub fn is_computing(&self) -> bool {
        self.kernels.iter().any(|(_, kernel)| matches!(kernel, KernelState::Waiting(_)))
    }

    /// Stops all computations; the requests can be repeated.
    pub fn stop(&mut self) {
        let mut waiting = Vec::new();
        for (network, kernel) in &self.kernels {
            if let KernelState::Waiting(cancel) = kernel {
                cancel.cancel();
                waiting.push(network.clone());
            }
        }
        for network in &waiting {
            self.kernels.pop(network);
        }
    }
}

fn compute(sender: &MessageSender, cancel: &Arc<Cancel>, jobs: Vec<(NetworkKey, JobConfig)>) {
    for (network, job) in jobs {
        let work = || KernelPicture::compute(&job, &network.architecture, cancel);
        let broken =
            "scoring failed unexpectedly: choose another device in Set up, and please report this";
        let computed =
            catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(broken.to_owned()));
        // What was stopped is no longer waited for, and may have been asked for again since.
        if cancel.is_cancelled() {
            return;
        }
        if !sender.send(Message::KernelComputed(network, computed.map(Arc::new))) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(results: u64, architecture: &str) -> NetworkKey {
        NetworkKey { results, architecture: architecture.to_owned() }
    }

    // Two studies may hold the same text for different networks.
    #[test]
    fn architectures_of_different_results_are_different() {
        let mut cache = InspectionCache::default();
        let (one, other) = (network(1, "a"), network(2, "a"));
        cache.on_inspected(one.clone(), Arc::default());
        assert!(cache.inspection(&one).is_some() && cache.inspection(&other).is_none());
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let mut cache = InspectionCache::default();
        let all = 0..CAPACITY.get() as u64 + 1;
        all.for_each(|results| cache.on_inspected(network(results, "a"), Arc::default()));
        assert!(cache.inspection(&network(0, "a")).is_none());
        assert!(cache.inspection(&network(1, "a")).is_some());
    }

    #[test]
    fn what_cannot_be_scored_again_says_why() {
        let mut details = InspectionCache::default();
        let mut tasks = TaskRunner::new(egui::Context::default());
        details.compute(&mut tasks, vec![(network(1, "a"), None)]);
        assert!(matches!(details.kernel(&network(1, "a")), Some(KernelState::Failed(_))));
        assert!(!details.is_computing());
    }

    #[test]
    fn what_is_stopped_can_be_asked_for_again() {
        let mut details = InspectionCache::default();
        let cancel = Arc::new(Cancel::new());
        details.kernels.put(network(1, "a"), KernelState::Waiting(cancel.clone()));
        assert!(details.is_computing());
        details.stop();
        assert!(cancel.is_cancelled() && details.kernel(&network(1, "a")).is_none());
    }
}
