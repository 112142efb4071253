//! What is known of architectures that are looked into: inspections, kernel matrices, and where an
//! architecture stands among the results it is one of. The results an architecture is of are kept with
//! it, so that those of several studies may be looked into side by side.

pub mod inspection;
pub mod kernel_picture;

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::inspect::inspection::Inspection;
use crate::inspect::kernel_picture::KernelPicture;
use crate::results::rank::RankCache;
use crate::results::result_set::ResultSet;
use crate::state::AppState;
use crate::tasks::{MessageSender, TaskRunner};
use crate::views::heat_map::HeatMapTextures;
use untrained::backend::Cancel;
use untrained::job::{JobConfig, Task};
use untrained::space::Space;

/// Inspections and kernel matrices that are kept.
const KEPT: usize = 64;
/// Seconds that a network may have taken if its kernel matrix is computed unasked.
const CHEAP: f64 = 2.0;

/// The results that an architecture is one of: what it is built by and scored again with.
#[derive(Clone, Debug)]
pub struct NetworkOrigin {
    /// What they are results of.
    pub title: String,
    /// Their job, if it can be read.
    pub job: Option<JobConfig>,
    /// Their space, if it can be opened.
    pub space: Option<Space>,
}

impl NetworkOrigin {
    /// Of results that are shown.
    pub fn of(sheet: &ResultSet) -> Self {
        Self { title: sheet.title.clone(), job: sheet.job.clone(), space: sheet.space.clone() }
    }
}

/// An architecture of certain results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NetworkKey {
    /// Tells results apart.
    pub sheet: u64,
    /// In the notation of their space.
    pub architecture: String,
}

/// A kernel matrix that is there, on its way, or cannot be had.
pub enum KernelState {
    /// It is computed, or waits for others.
    Waiting(Arc<Cancel>),
    /// It is there.
    Ready(Arc<KernelPicture>),
    /// Why there is none.
    Failed(String),
}

/// The last values by subject.
struct Cache<V> {
    values: HashMap<NetworkKey, V>,
    order: VecDeque<NetworkKey>,
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new() }
    }
}

impl<V> Cache<V> {
    fn insert(&mut self, subject: NetworkKey, value: V) {
        if self.values.insert(subject.clone(), value).is_none() {
            self.order.push_back(subject);
        }
        if self.order.len() > KEPT {
            self.order.pop_front().map(|oldest| self.values.remove(&oldest));
        }
    }

    fn remove(&mut self, subject: &NetworkKey) {
        self.values.remove(subject);
        self.order.retain(|known| known != subject);
    }
}

/// What is known of architectures.
#[derive(Default)]
pub struct InspectionCache {
    inspected: Cache<Arc<Inspection>>,
    kernels: Cache<KernelState>,
    /// Kernel matrices as the window holds them.
    pub textures: HeatMapTextures,
    /// Where architectures stand.
    pub standings: RankCache,
    /// Whether the details are also shown in a window of their own.
    pub wide: bool,
}

impl InspectionCache {
    /// What an architecture is, if it was asked for. Without a fault and without drawings, it comes.
    pub fn inspection(&self, subject: &NetworkKey) -> Option<&Arc<Inspection>> {
        self.inspected.values.get(subject)
    }

    /// Its kernel matrix, if it was asked for.
    pub fn kernel(&self, subject: &NetworkKey) -> Option<&KernelState> {
        self.kernels.values.get(subject)
    }

    /// Its kernel matrix, if it is there.
    pub fn picture(&self, subject: &NetworkKey) -> Option<Arc<KernelPicture>> {
        match self.kernel(subject) {
            Some(KernelState::Ready(picture)) => Some(picture.clone()),
            _ => None,
        }
    }

    /// Asks what an architecture is, unless it was asked before.
    pub fn inspect(&mut self, work: &mut TaskRunner, subject: &NetworkKey, origin: &NetworkOrigin) {
        if self.inspection(subject).is_some() {
            return;
        }
        let model = origin.job.as_ref().and_then(|job| match &job.task {
            Task::Onnx { path, .. } => Some(path.clone()),
            Task::Search(_) | Task::Score { .. } => None,
        });
        if model.is_none() && origin.space.is_none() {
            return;
        }
        let space = origin.space.clone();
        self.inspected.insert(subject.clone(), Arc::default());
        let subject = subject.clone();
        work.start("inspect", move |post| {
            let seen = match (&model, &space) {
                (Some(path), _) => Inspection::of_model(path),
                (None, Some(space)) => Inspection::new(space, &subject.architecture),
                (None, None) => Inspection::default(),
            };
            let seen = Arc::new(seen);
            post.change(move |state: &mut AppState| state.details.inspected.insert(subject, seen));
        });
    }

    /// Computes kernel matrices that are not there, one after the other on one thread.
    pub fn compute(&mut self, work: &mut TaskRunner, asked: Vec<(NetworkKey, Option<JobConfig>)>) {
        let cancel = Arc::new(Cancel::new());
        let mut jobs = Vec::new();
        for (subject, job) in asked {
            if matches!(
                self.kernel(&subject),
                Some(KernelState::Waiting(_) | KernelState::Ready(_))
            ) {
                continue;
            }
            let why = "the job of these results cannot be read by this version: score the \
                       architecture again in a new search";
            match job {
                Some(job) => {
                    self.kernels.insert(subject.clone(), KernelState::Waiting(cancel.clone()));
                    jobs.push((subject, job));
                }
                None => self.kernels.insert(subject, KernelState::Failed(why.to_owned())),
            }
        }
        if !jobs.is_empty() {
            work.start("kernel", move |post| compute(post, &cancel, jobs));
        }
    }

    /// Whether a matrix is computed.
    pub fn is_computing(&self) -> bool {
        self.kernels.values.values().any(|kernel| matches!(kernel, KernelState::Waiting(_)))
    }

    /// Stops all computations; what was asked for can be asked again.
    pub fn stop(&mut self) {
        let mut waiting = Vec::new();
        for (subject, kernel) in &self.kernels.values {
            if let KernelState::Waiting(cancel) = kernel {
                cancel.cancel();
                waiting.push(subject.clone());
            }
        }
        waiting.iter().for_each(|subject| self.kernels.remove(subject));
    }
}

fn compute(post: &MessageSender, cancel: &Arc<Cancel>, jobs: Vec<(NetworkKey, JobConfig)>) {
    for (subject, job) in jobs {
        let work = || KernelPicture::compute(&job, &subject.architecture, cancel);
        let broken = "scoring broke down: choose another device in Set up, and report it";
        let computed =
            catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(broken.to_owned()));
        // What was stopped is no longer waited for, and may have been asked for again since.
        if cancel.is_cancelled() {
            return;
        }
        let kernel = match computed {
            Ok(picture) => KernelState::Ready(Arc::new(picture)),
            Err(why) => KernelState::Failed(why),
        };
        if !post.change(move |state: &mut AppState| state.details.kernels.insert(subject, kernel)) {
            return;
        }
    }
}

impl AppState {
    /// An architecture of the results that are shown.
    pub fn subject(&self, architecture: &str) -> Option<NetworkKey> {
        let sheet = self.sheet()?.id;
        Some(NetworkKey { sheet, architecture: architecture.to_owned() })
    }

    /// Asks what an architecture of the results that are shown is, unless it is known.
    pub fn inspect(&mut self, architecture: &str) {
        let Some(subject) = self.subject(architecture) else { return };
        if self.details.inspection(&subject).is_none()
            && let Some(origin) = self.sheet().map(NetworkOrigin::of)
        {
            self.details.inspect(&mut self.work, &subject, &origin);
        }
    }

    /// Computes the kernel matrix of an architecture of the results that are shown.
    pub fn compute_kernel(&mut self, architecture: &str) {
        let Some(subject) = self.subject(architecture) else { return };
        let job = self.sheet().and_then(|sheet| sheet.job.clone());
        self.details.compute(&mut self.work, vec![(subject, job)]);
    }

    /// Computes the kernel matrix of the chosen architecture where that is wanted always and takes
    /// little time.
    pub fn compute_if_cheap(&mut self) {
        if !self.remembered.kernels {
            return;
        }
        let Some(sheet) = self.sheet() else { return };
        let (Some(architecture), Some(row)) = (sheet.chosen(), sheet.now.row) else { return };
        let subject = NetworkKey { sheet: sheet.id, architecture: architecture.to_owned() };
        let is_cheap = sheet.table.value("seconds", row) <= CHEAP;
        if is_cheap && self.details.kernel(&subject).is_none() && !self.details.is_computing() {
            self.compute_kernel(&subject.architecture);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(sheet: u64, architecture: &str) -> NetworkKey {
        NetworkKey { sheet, architecture: architecture.to_owned() }
    }

    // Two studies may hold the same text for different networks.
    #[test]
    fn architectures_of_different_results_are_different() {
        let mut cache = Cache::default();
        cache.insert(subject(1, "a"), 10);
        cache.insert(subject(2, "a"), 20);
        assert_eq!((cache.values[&subject(1, "a")], cache.values[&subject(2, "a")]), (10, 20));
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let mut cache = Cache::default();
        (0..KEPT as u64 + 1).for_each(|sheet| cache.insert(subject(sheet, "a"), sheet));
        assert_eq!(cache.values.len(), KEPT);
        assert!(!cache.values.contains_key(&subject(0, "a")));
        cache.insert(subject(1, "a"), 100);
        cache.remove(&subject(2, "a"));
        assert_eq!((cache.values.len(), cache.order.len()), (KEPT - 1, KEPT - 1));
        assert_eq!(cache.values[&subject(1, "a")], 100);
    }

    #[test]
    fn what_cannot_be_scored_again_says_why() {
        let mut details = InspectionCache::default();
        let mut work = TaskRunner::new(egui::Context::default());
        details.compute(&mut work, vec![(subject(1, "a"), None)]);
        assert!(matches!(details.kernel(&subject(1, "a")), Some(KernelState::Failed(_))));
        assert!(!details.is_computing());
    }

    #[test]
    fn what_is_stopped_can_be_asked_for_again() {
        let mut details = InspectionCache::default();
        let cancel = Arc::new(Cancel::new());
        details.kernels.insert(subject(1, "a"), KernelState::Waiting(cancel.clone()));
        assert!(details.is_computing());
        details.stop();
        assert!(cancel.is_cancelled() && details.kernel(&subject(1, "a")).is_none());
    }
}
