//! What scoring needs, opened once: the networks, the mini-batch and the device. A job, the kernel
//! matrix of one architecture, an estimate and a latency measurement all run on the same session.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::latency;
use super::networks::{NetworkSource, candidate};
use super::scorer::{Candidate, Scored, Scorer, weight_seeds};
use super::{Event, JobConfig, JobError, Options, Task};
use crate::backend::{self, Backend, Cancel, DeviceInfo, Network, RunOutput};
use crate::data::{self, LoadedImages};
use crate::graph::Graph;
use crate::graph::cost::Cost;
use crate::plan::Plan;
use crate::score::{SCORES, Score};
use crate::search::LatencyMeter;
use crate::seed;
use crate::space::Space;
use crate::store::Status;
use crate::weights::{Initialisation, Weights};

/// Architectures that are scored for an estimate.
pub const ESTIMATE_SAMPLES: usize = 4;

/// Networks, images and a device, ready to score.
pub struct Session {
    networks: NetworkSource,
    options: Options,
    images: LoadedImages,
    initialisation: Initialisation,
    weight_seeds: Vec<u64>,
    device: DeviceInfo,
    backend: Mutex<Box<dyn Backend>>,
}

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

/// What a network costs, measured on a few.
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
        Self::with_networks(NetworkSource::open(config)?, &config.options, cancel, events)
    }

    /// The same for networks that are open already.
    ///
    /// # Errors
    ///
    /// As for [`Session::open`].
    pub fn with_networks(
        networks: NetworkSource,
        options: &Options,
        cancel: &Cancel,
        events: &mut dyn FnMut(Event),
    ) -> Result<Self, JobError> {
        let images = data::open(&data::ImageRequest {
            source: &options.images,
            shape: networks.input(),
            batch_size: options.batch_size,
            seed: options.seed,
            overrides: &options.image_overrides(),
            cancelled: &|| cancel.is_cancelled(),
        })?;
        let (backend, warning) = backend::open(&options.device)?;
        for warning in images.facts.notices.iter().cloned().chain(warning) {
            events(Event::Warning(warning));
        }
        Ok(Self {
            initialisation: options.initialisation.unwrap_or(networks.initialisation()),
            weight_seeds: weight_seeds(options.seed, options.repeats),
            device: backend.info().clone(),
            backend: Mutex::new(backend),
            options: options.clone(),
            networks,
            images,
        })
    }

    /// What networks run on.
    pub fn device(&self) -> &DeviceInfo {
        &self.device
    }

    /// Where the networks come from.
    pub fn networks(&self) -> &NetworkSource {
        &self.networks
    }

    /// The mini-batch that every network sees.
    pub fn images(&self) -> &LoadedImages {
        &self.images
    }

    pub(super) fn seed(&self) -> u64 {
        self.options.seed
    }

    pub(super) fn initialisation(&self) -> Initialisation {
        self.initialisation
    }

    pub(super) fn weight_seeds(&self) -> &[u64] {
        &self.weight_seeds
    }

    /// How many candidates are best scored at once.
    pub fn group_size(&self) -> usize {
        let networks = self.backend().preferred_networks();
        networks.div_ceil(self.weight_seeds.len().max(1)).max(1)
    }

    /// Scores candidates in order; `None` for those that were not finished before the work was
    /// cancelled. `with_outputs` asks for kernel matrices and codes of the first repeat.
    pub fn score(
        &self,
        candidates: Vec<Candidate>,
        score: &'static Score,
        with_outputs: bool,
        cancel: &Cancel,
    ) -> Vec<Option<Scored>> {
        let mut backend = self.backend();
        self.scorer(backend.as_mut(), score, cancel).score(candidates, with_outputs)
    }

    /// Runs the network of one architecture with the weights of the first repeat; see
    /// [`NetworkSource::candidate`] for the text.
    ///
    /// # Errors
    ///
    /// [`JobError::Architecture`] for a text that is none, [`JobError::Unscored`] if the network cannot
    /// be built or run, [`JobError::Backend`] if it was cancelled or the device failed.
    pub fn kernel_matrix(
        &self,
        architecture: &str,
        cancel: &Cancel,
    ) -> Result<KernelOutput, JobError> {
        let candidate = self.networks.candidate(architecture)?;
        let mut backend = self.backend();
        let scorer = self.scorer(backend.as_mut(), &SCORES[0], cancel);
        let plan = scorer.plan(&candidate).map_err(|(_, reason)| JobError::Unscored { reason })?;
        let seed = self.weight_seeds.first().copied().unwrap_or_default();
        let weights = scorer.weights(&candidate, &plan, seed).into_owned();
        let networks = [Network { plan: &plan, weights: &weights }];
        let output = backend.run(&networks, &self.images.batch, true, cancel).into_iter().next();
        let stopped = backend::BackendError::Cancelled;
        let output = output.unwrap_or(Err(stopped))?;
        let graph = candidate.network.map_err(|reason| JobError::Unscored { reason })?;
        Ok(KernelOutput { graph, plan, output })
    }

    /// Scores up to [`ESTIMATE_SAMPLES`] of the architectures that a task scores, or random ones where it
    /// is a search, to say what one costs.
    ///
    /// # Errors
    ///
    /// [`JobError::Architecture`] for a text that is none, [`JobError::Unscored`] if a network cannot be
    /// scored, [`JobError::Backend`] if it was cancelled.
    pub fn estimate(&self, task: &Task, cancel: &Cancel) -> Result<NetworkEstimate, JobError> {
        let candidates = self.estimated(task)?;
        let bytes = candidates.iter().map(|candidate| self.bytes(candidate)).max();
        let (mut seconds, mut count) = (0.0, 0.0);
        for scored in self.score(candidates, &SCORES[0], false, cancel) {
            let Some((record, _)) = scored else {
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
        let mut rng = seed::stream(self.options.seed, &["estimate"]);
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
            .map_or(0, |plan| weights + plan.activation_bytes(self.options.batch_size))
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
        let Options { batch_size, seed, .. } = self.options;
        let noise = data::load(&data::ImageSource::Noise, space.input(), batch_size, seed)?;
        Ok(Box::new(move |_, graph| {
            latency::median_ms(self.backend().as_mut(), &noise, graph, seed, cancel)
        }))
    }

    /// The device. A panic while it was used leaves it usable: a run starts from its inputs.
    fn backend(&self) -> MutexGuard<'_, Box<dyn Backend>> {
        self.backend.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scorer<'s>(
        &'s self,
        backend: &'s mut dyn Backend,
        score: &'static Score,
        cancel: &'s Cancel,
    ) -> Scorer<'s> {
        Scorer {
            backend,
            batch: &self.images.batch,
            count: self.options.count,
            seed: self.options.seed,
            weight_seeds: &self.weight_seeds,
            initialisation: self.initialisation,
            score,
            cancel,
        }
    }
}
