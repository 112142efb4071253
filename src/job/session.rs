//! The resources for scoring, opened once: networks, mini-batch and device. Jobs, the kernel matrix of
//! one architecture, estimates and latency measurements all run on the same kind of session.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::latency;
use super::networks::{NetworkSource, candidate};
use super::result_keys::ResultKeys;
use super::scorer::{Candidate, ScoredNetwork, Scorer, weight_seeds};
use super::{Event, JobConfig, JobError, MiniBatch, Options, Task};
use crate::backend::cpu::CpuBackend;
use crate::backend::cpu::simd::Isa;
use crate::backend::{self, Backend, Cancel, DeviceInfo, Network, RunOutput};
use crate::data::{self, Batch, DataError, LoadedImages};
use crate::graph::Graph;
use crate::graph::cost::Cost;
use crate::plan::{Count, Plan, PlanOutputs};
use crate::score::{Ranking, SCORES, Score, ScoreSet};
use crate::search::LatencyMeter;
use crate::seed;
use crate::space::Space;
use crate::store::{ScoreKeys, Status};
use crate::weights::{Initialisation, Weights};

/// Architectures that are scored for an estimate.
pub const ESTIMATE_SAMPLES: usize = 4;

/// Networks, images and a device, ready to score.
pub struct Session {
    networks: NetworkSource,
    options: Options,
    ranking: Ranking,
    /// Everything computed for a network: the score that ranks it, and other requested scores.
    scores: ScoreSet,
    /// The kind of mini-batch of what ranks.
    ranked_on: MiniBatch,
    images: LoadedImages,
    /// The mini-batch of the other kind of scores, once it is needed.
    other_images: OnceLock<LoadedImages>,
    /// The other images and the images, disturbed, once a score has needed them.
    disturbed: [OnceLock<Batch>; 2],
    initialisation: Initialisation,
    weight_seeds: Vec<u64>,
    device: DeviceInfo,
    backend: Mutex<Box<dyn Backend>>,
    /// One for each core, where whole networks are scored side by side.
    lanes: OnceLock<Vec<ScoringLane>>,
}

/// Scores whole networks on one core.
struct ScoringLane {
    backend: Mutex<CpuBackend>,
    /// Its only thread does what follows a forward pass, so that lanes do not wait for each other.
    thread: ThreadPool,
}

impl ScoringLane {
    fn open() -> Option<Self> {
        let backend = CpuBackend::with(1, Isa::detect()).map(Mutex::new).ok()?;
        let thread = ThreadPoolBuilder::new().num_threads(1).build().ok()?;
        Some(Self { backend, thread })
    }
}

/// Networks that a lane scores before others are asked for.
const NETWORKS_PER_LANE: usize = 8;

/// The kernel matrix and the binary codes of one network, with what they were computed from.
#[derive(Clone, Debug)]
pub struct KernelOutput {
    /// The network.
    pub graph: Graph,
    /// Where its codes are taken, in the order of those of the output.
    pub plan: Plan,
    /// The kernel matrix, with the weights of the first repeat, and the codes.
    pub output: RunOutput,
}

/// The measured cost of a network, from a few samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkEstimate {
    /// Mean time per network.
    pub seconds: f64,
    /// Weights, activations and codes of the largest network.
    pub bytes: u64,
}

impl Session {
    /// Opens the space or the model of a job, loads its images and opens its device. Warnings go to
    /// `events`.
    ///
    /// # Errors
    ///
    /// [`JobError`] for whatever cannot be opened.
    pub fn open(
        config: &JobConfig,
        cancel: &Cancel,
        events: &mut dyn FnMut(Event),
    ) -> Result<Self, JobError> {
        let networks = NetworkSource::open(config)?;
        Self::with_networks(networks, &config.options, config.ranking()?, cancel, events)
    }

    /// The same for networks that are open already.
    ///
    /// # Errors
    ///
    /// As for [`Session::open`].
    pub fn with_networks(
        networks: NetworkSource,
        options: &Options,
        ranking: Ranking,
        cancel: &Cancel,
        events: &mut dyn FnMut(Event),
    ) -> Result<Self, JobError> {
        let ranked_on = MiniBatch::of(ranking.scores());
        let scores = ranking.scores().and(options.also()?);
        let images = load(&networks, options, ranked_on, cancel)?;
        let (backend, warning) = backend::open(&options.device)?;
        let of_networks = networks.notices(options.count);
        let all = of_networks.iter().chain(&images.facts.notices).cloned().chain(warning);
        all.map(Event::Warning).for_each(&mut *events);
        let session = Self {
            ranking,
            scores,
            ranked_on,
            other_images: OnceLock::new(),
            disturbed: Default::default(),
            lanes: OnceLock::new(),
            initialisation: options.initialisation.unwrap_or(networks.initialisation()),
            weight_seeds: weight_seeds(options.weight_seed(), options.repeats),
            device: backend.info().clone(),
            backend: Mutex::new(backend),
            options: options.clone(),
            networks,
            images,
        };
        if !session.scores_of(ranked_on.other()).is_empty() {
            let images = session.images_of(ranked_on.other(), cancel)?;
            images.facts.notices.iter().cloned().map(Event::Warning).for_each(events);
        }
        Ok(session)
    }

    /// What networks run on.
    pub fn device(&self) -> &DeviceInfo {
        &self.device
    }

    /// Where the networks come from.
    pub fn networks(&self) -> &NetworkSource {
        &self.networks
    }

    /// The mini-batch on which every network is ranked.
    pub fn images(&self) -> &LoadedImages {
        &self.images
    }

    /// The mini-batch of scores that need another one than what ranks, if there are such.
    pub fn other_images(&self) -> Option<&LoadedImages> {
        self.other_images.get()
    }

    /// A fingerprint of all images that scores depend on.
    pub(super) fn fingerprint(&self) -> String {
        let ranked_on = self.images.batch.fingerprint();
        match self.other_images() {
            Some(other) => format!("{ranked_on}+{}", other.batch.fingerprint()),
            None => ranked_on,
        }
    }

    /// The keys under which results of networks of a space are found again, for each mini-batch: that of
    /// what ranks comes first.
    pub(super) fn result_keys(&self, space: &Space) -> ResultKeys {
        let keys = |images: &LoadedImages, kind| {
            let scores = self.scores_of(kind);
            let is_counted = scores.iter().any(Score::depends_on_count);
            // Scores of moments see what leads to the output, whatever counts for codes.
            let count = if is_counted { self.options.count } else { Count::Live };
            let (batch, seeds) = (images.batch.fingerprint(), &self.weight_seeds);
            (ScoreKeys::new(space, &batch, seeds, count, self.initialisation), scores)
        };
        let ranked = keys(&self.images, self.ranked_on);
        let other = self.other_images().map(|images| keys(images, self.ranked_on.other()));
        let all = [Some(ranked), other].into_iter().flatten();
        ResultKeys::new(all.filter(|(_, scores)| !scores.is_empty()))
    }

    /// What networks are ranked by.
    pub fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    /// Everything that is computed of a network.
    pub fn scores(&self) -> ScoreSet {
        self.scores
    }

    /// The mini-batch that scores of a kind see.
    fn images_of(&self, kind: MiniBatch, cancel: &Cancel) -> Result<&LoadedImages, DataError> {
        if kind == self.ranked_on || self.options.shares_batch() {
            return Ok(&self.images);
        }
        if let Some(images) = self.other_images.get() {
            return Ok(images);
        }
        let images = load(&self.networks, &self.options, kind, cancel)?;
        Ok(self.other_images.get_or_init(|| images))
    }

    /// The scores that are computed on the mini-batch of a kind.
    fn scores_of(&self, kind: MiniBatch) -> ScoreSet {
        if self.options.shares_batch() {
            return if kind == self.ranked_on { self.scores } else { ScoreSet::NONE };
        }
        let is_of_kind = |score: &&Score| match score.needs_forward_pass() {
            true => MiniBatch::of(ScoreSet::of(score)) == kind,
            false => kind == self.ranked_on,
        };
        self.scores.iter().filter(is_of_kind).fold(ScoreSet::NONE, ScoreSet::with)
    }

    /// The seed of a strategy's choices.
    pub(super) fn architecture_seed(&self) -> u64 {
        self.options.architecture_seed()
    }

    pub(super) fn weight_seeds(&self) -> &[u64] {
        &self.weight_seeds
    }

    /// How many candidates are best scored at once.
    pub fn group_size(&self) -> usize {
        let lanes = match self.scores_side_by_side(self.ranked_on) {
            true => self.lanes().len() * NETWORKS_PER_LANE,
            false => 1,
        };
        let networks = self.backend().preferred_networks().max(lanes);
        networks.div_ceil(self.weight_seeds.len().max(1)).max(1)
    }

    /// Scores candidates in order; `None` for those not finished before the work was cancelled.
    /// `with_outputs` requests the kernel matrices and codes of the first repeat.
    pub fn score(
        &self,
        candidates: Vec<Candidate>,
        with_outputs: bool,
        cancel: &Cancel,
    ) -> Vec<Option<ScoredNetwork>> {
        let other = self.ranked_on.other();
        let mut further = self.scores_of(other);
        let is_apart = !self.options.shares_batch();
        let outputs_apart = with_outputs && is_apart && other == MiniBatch::Codes;
        if outputs_apart {
            further = further.with(&SCORES[0]);
        }
        let wanted = self.scores_of(self.ranked_on);
        if further.is_empty() {
            return self.pass(candidates, self.ranked_on, wanted, with_outputs, cancel);
        }
        let copies = candidates.clone();
        let first = with_outputs && !outputs_apart;
        let ranked = self.pass(candidates, self.ranked_on, wanted, first, cancel);
        let others = self.pass(copies, other, further, outputs_apart, cancel);
        ranked.into_iter().zip(others).map(|(one, other)| Some(one?.joined(other?))).collect()
    }

    /// Scores candidates on the mini-batch of a kind.
    fn pass(
        &self,
        candidates: Vec<Candidate>,
        kind: MiniBatch,
        wanted: ScoreSet,
        with_outputs: bool,
        cancel: &Cancel,
    ) -> Vec<Option<ScoredNetwork>> {
        // Both were loaded when the session was opened, or are now.
        let Ok(images) = self.images_of(kind, cancel) else {
            return candidates.iter().map(|_| None).collect();
        };
        let score = match &self.ranking {
            Ranking::Score(score) if kind == self.ranked_on => Some(score.0),
            Ranking::Score(_) | Ranking::Combined(_) => None,
        };
        if self.scores_side_by_side(kind) && candidates.len() > 1 && !with_outputs {
            return self.pass_side_by_side(candidates, images, (score, wanted), cancel);
        }
        let mut backend = self.backend();
        self.scorer(backend.as_mut(), images, (score, wanted), cancel)
            .score(candidates, with_outputs)
    }

    /// Whether networks are best scored side by side, a core each: few images do not occupy the cores, and
    /// what a network takes beside its forward pass does not either.
    fn scores_side_by_side(&self, kind: MiniBatch) -> bool {
        kind == MiniBatch::Moments && self.device.kind == "cpu" && self.lanes().len() > 1
    }

    /// The lanes; none where they cannot be opened.
    fn lanes(&self) -> &[ScoringLane] {
        self.lanes.get_or_init(|| {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            (0..cores).map(|_| ScoringLane::open()).collect::<Option<_>>().unwrap_or_default()
        })
    }

    /// Scores every candidate on one core, as many at once as there are cores. The results are the same
    /// bits as on all cores together.
    fn pass_side_by_side(
        &self,
        candidates: Vec<Candidate>,
        images: &LoadedImages,
        (score, wanted): (Option<&'static Score>, ScoreSet),
        cancel: &Cancel,
    ) -> Vec<Option<ScoredNetwork>> {
        let count = candidates.len();
        let waiting: Vec<Mutex<Option<Candidate>>> =
            candidates.into_iter().map(|candidate| Mutex::new(Some(candidate))).collect();
        let results: Vec<Mutex<Option<ScoredNetwork>>> =
            (0..count).map(|_| Mutex::new(None)).collect();
        let next = AtomicUsize::new(0);
        let work = |lane: &ScoringLane| {
            let mut backend = lock(&lane.backend);
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(candidate) = waiting.get(at).and_then(|one| lock(one).take()) else {
                    return;
                };
                let mut scorer = self.scorer(&mut *backend, images, (score, wanted), cancel);
                let scored = scorer.score(vec![candidate], false).pop().flatten();
                *lock(&results[at]) = scored;
            }
        };
        std::thread::scope(|scope| {
            for lane in self.lanes() {
                let work = &work;
                scope.spawn(move || lane.thread.install(|| work(lane)));
            }
        });
        let take = |result: Mutex<Option<ScoredNetwork>>| {
            result.into_inner().unwrap_or_else(PoisonError::into_inner)
        };
        results.into_iter().map(take).collect()
    }

    /// Runs the network of one architecture with the weights of the first repeat; see
    /// [`NetworkSource::candidate`] for the text.
    ///
    /// # Errors
    ///
    /// [`JobError::Architecture`] for a text that is not an architecture, [`JobError::Unscored`] if the
    /// network cannot be built or run, [`JobError::Backend`] if it was cancelled or the device failed.
    pub fn kernel_matrix(
        &self,
        architecture: &str,
        cancel: &Cancel,
    ) -> Result<KernelOutput, JobError> {
        let candidate = self.networks.candidate(architecture)?;
        let images = self.images_of(MiniBatch::Codes, cancel)?;
        let mut backend = self.backend();
        let wanted = (None, ScoreSet::of(&SCORES[0]));
        let scorer = self.scorer(backend.as_mut(), images, wanted, cancel);
        let plan = scorer
            .plan(&candidate, PlanOutputs::KERNEL)
            .map_err(|(_, reason)| JobError::Unscored { reason })?;
        let seed = self.weight_seeds.first().copied().unwrap_or_default();
        let weights = scorer.weights(&candidate, &plan, seed).into_owned();
        let networks = [Network { plan: &plan, weights: &weights }];
        let output = backend.run(&networks, &images.batch, true, cancel).into_iter().next();
        let stopped = backend::BackendError::Cancelled;
        let output = output.unwrap_or(Err(stopped))?;
        let graph = candidate.network.map_err(|reason| JobError::Unscored { reason })?;
        Ok(KernelOutput { graph, plan, output })
    }

    /// Scores up to [`ESTIMATE_SAMPLES`] of a task's architectures, or random ones for a search, to
    /// estimate the cost of one.
    ///
    /// # Errors
    ///
    /// [`JobError::Architecture`] for a text that is not an architecture, [`JobError::Unscored`] if a
    /// network cannot be scored, [`JobError::Backend`] if it was cancelled.
    pub fn estimate(&self, task: &Task, cancel: &Cancel) -> Result<NetworkEstimate, JobError> {
        let candidates = self.estimated(task)?;
        let bytes = candidates.iter().map(|candidate| self.bytes(candidate)).max();
        let (mut seconds, mut count) = (0.0, 0.0);
        for scored in self.score(candidates, false, cancel) {
            let Some(ScoredNetwork { record, .. }) = scored else {
                return Err(backend::BackendError::Cancelled.into());
            };
            if record.status == Status::Failed {
                return Err(JobError::Unscored { reason: record.message.unwrap_or_default() });
            }
            (seconds, count) = (seconds + record.seconds, count + 1.0);
        }
        let seconds = seconds / f64::max(count, 1.0);
        Ok(NetworkEstimate { seconds, bytes: bytes.unwrap_or_default() })
    }

    fn estimated(&self, task: &Task) -> Result<Vec<Candidate>, JobError> {
        let space = match (&self.networks, task) {
            (NetworkSource::Model(model), _) => return Ok(vec![model.candidate()]),
            (NetworkSource::Space(_), Task::Score { architectures }) => {
                let some = architectures.iter().take(ESTIMATE_SAMPLES);
                return some.map(|text| self.networks.candidate(text)).collect();
            }
            (NetworkSource::Space(space), _) => space,
        };
        let mut rng = seed::stream(self.options.architecture_seed(), &["estimate"]);
        let mut candidates: Vec<Candidate> = Vec::new();
        for _ in 0..ESTIMATE_SAMPLES {
            let drawn = candidate(&space.sample(&mut rng));
            if candidates.iter().all(|known| known.name != drawn.name) {
                candidates.push(drawn);
            }
        }
        Ok(candidates)
    }

    /// Bytes of the weights, activations and codes of a network; 0 if it has none.
    fn bytes(&self, candidate: &Candidate) -> u64 {
        let Ok(graph) = &candidate.network else { return 0 };
        let weights = 4 * Cost::of(graph).params;
        Plan::new(graph, &Weights::default(), self.options.count)
            .map_or(0, |plan| weights + plan.activation_bytes(self.images.batch.images))
    }

    /// Measures latencies on the device of this session, while nothing else runs there.
    ///
    /// # Errors
    ///
    /// [`JobError::Data`] if there is no memory for the mini-batch.
    pub fn latency_meter<'s>(
        &'s self,
        space: &Space,
        cancel: &'s Cancel,
    ) -> Result<LatencyMeter<'s>, JobError> {
        let (batch_size, seed) =
            (self.options.batch_size(self.ranked_on), self.options.image_seed());
        let noise = data::load(&data::ImageSource::Noise, space.input(), batch_size, seed)?;
        Ok(Box::new(move |_, graph| {
            latency::median_ms(self.backend().as_mut(), &noise, graph, seed, cancel)
        }))
    }

    /// The device. A panic while it was used leaves it usable: a run starts from its inputs.
    fn backend(&self) -> MutexGuard<'_, Box<dyn Backend>> {
        lock(&self.backend)
    }

    fn scorer<'s>(
        &'s self,
        backend: &'s mut dyn Backend,
        images: &'s LoadedImages,
        (score, wanted): (Option<&'static Score>, ScoreSet),
        cancel: &'s Cancel,
    ) -> Scorer<'s> {
        Scorer {
            backend,
            batch: &images.batch,
            disturbed: &self.disturbed[usize::from(std::ptr::eq(images, &self.images))],
            count: self.options.count,
            seed: self.options.seed,
            weight_seeds: &self.weight_seeds,
            initialisation: self.initialisation,
            score,
            wanted,
            cancel,
        }
    }
}

/// Locks, whatever a panic left: a run starts from its inputs.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Loads the mini-batch that scores of a kind see.
fn load(
    networks: &NetworkSource,
    options: &Options,
    kind: MiniBatch,
    cancel: &Cancel,
) -> Result<LoadedImages, DataError> {
    data::open(&data::ImageRequest {
        source: &options.images(kind),
        shape: networks.input(),
        batch_size: options.batch_size(kind),
        seed: options.image_seed(),
        overrides: &networks.image_overrides(options.image_overrides()),
        cancelled: &|| cancel.is_cancelled(),
    })
}
