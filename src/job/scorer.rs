//! From candidates to records: plans, weights, backend, score.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::repeats::{RepeatScores, ScoringFailure, add_repeat, mean_and_sd};
use crate::backend::{Backend, BackendError, Cancel, Network, NodeActivations, RunOutput};
use crate::data::Batch;
use crate::graph::{Graph, block_outputs};
use crate::plan::{Count, Plan, PlanError, PlanOutputs};
use crate::score::{
    Score, ScoreInputs, ScoreNeeds, ScoreSet, ScoreValues, disturbed, trainability,
};
use crate::seed;
use crate::store::{Record, Status};
use crate::weights::{Initialisation, Initialiser, Weights};

/// Where a candidate's weights come from.
#[derive(Clone, Debug)]
pub enum WeightSource {
    /// Drawn for every repeat, by this canonical architecture.
    Fresh {
        /// The name under which the weights are drawn.
        architecture: String,
    },
    /// Read from a file; every repeat would be the same.
    Stored(Arc<Weights>),
}

/// A network to score, or why it could not be built.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What the record calls it.
    pub name: String,
    /// Its index in the order of the benchmark.
    pub index: Option<u64>,
    /// Whether a path leads from the input to the output.
    pub connected: bool,
    /// The network.
    pub network: Result<Graph, String>,
    /// Where its weights come from.
    pub weights: WeightSource,
}

impl Candidate {
    /// The weights that are read from a file.
    fn stored_weights(&self) -> Option<&Weights> {
        match &self.weights {
            WeightSource::Stored(weights) => Some(weights),
            WeightSource::Fresh { .. } => None,
        }
    }
}

/// The weight seeds of a run's repeats.
pub(super) fn weight_seeds(seed: u64, repeats: u32) -> Vec<u64> {
    (0..repeats).map(|repeat| seed::derive(seed, &["repeat", &repeat.to_string()])).collect()
}

/// Scores groups of candidates on one batch.
pub(super) struct Scorer<'r> {
    /// What runs the networks.
    pub backend: &'r mut dyn Backend,
    /// The images every network sees.
    pub batch: &'r Batch,
    /// The same images, disturbed, once they are needed.
    pub disturbed: &'r OnceLock<Batch>,
    /// Which ReLU calls count.
    pub count: Count,
    /// The run's seed, for the records.
    pub seed: u64,
    /// A seed per repeat.
    pub weight_seeds: &'r [u64],
    /// How fresh weights are drawn.
    pub initialisation: Initialisation,
    /// The score that is the record's value; `None` if records get their value by comparison.
    pub score: Option<&'static Score>,
    /// All scores that are computed, from one forward pass.
    pub wanted: ScoreSet,
    /// Cancels the run.
    pub cancel: &'r Cancel,
}

/// What scoring one network gave.
#[derive(Clone, Debug)]
pub struct ScoredNetwork {
    /// The record with all requested scores, averaged over repeats.
    pub record: Record,
    /// The output of the first repeat, if requested.
    pub output: Option<RunOutput>,
}

impl ScoredNetwork {
    /// This result with the scores of another mini-batch.
    pub(super) fn joined(self, other: Self) -> Self {
        Self { record: self.record.joined(other.record), output: self.output.or(other.output) }
    }
}

impl Scorer<'_> {
    /// Scores candidates in order; `None` for those that were not finished before the run was
    /// cancelled. Networks go to the backend in groups of the size it likes, so the weights of few
    /// networks are in memory at once.
    pub(super) fn score(
        &mut self,
        candidates: Vec<Candidate>,
        outputs: bool,
    ) -> Vec<Option<ScoredNetwork>> {
        let begin = Instant::now();
        let wanted = self.wanted;
        let planned: Vec<Result<Plan, (Status, String)>> =
            candidates.iter().map(|candidate| self.plan_pass(candidate, outputs)).collect();
        let mut jobs = Vec::new();
        for (index, (candidate, plan)) in candidates.iter().zip(&planned).enumerate() {
            if let Ok(plan) = plan
                && wanted.needs_forward_pass()
            {
                jobs.extend(self.seeds(candidate).map(|seed| (index, candidate, plan, seed)));
            }
        }
        let unplanned = |(status, message): &(Status, String)| {
            ScoringFailure::Unplanned(*status, message.clone())
        };
        let mut repeats: Vec<Result<RepeatScores, ScoringFailure>> = planned
            .iter()
            .map(|plan| plan.as_ref().map(|_| RepeatScores::default()).map_err(unplanned))
            .collect();
        for group in jobs.chunks(self.backend.preferred_networks().max(1)) {
            if self.cancel.is_cancelled() {
                group
                    .iter()
                    .for_each(|&(index, ..)| repeats[index] = Err(ScoringFailure::Cancelled));
                continue;
            }
            let weights: Vec<Cow<'_, Weights>> = group
                .iter()
                .map(|&(_, candidate, plan, seed)| self.weights(candidate, plan, seed))
                .collect();
            let networks: Vec<Network<'_>> = group
                .iter()
                .zip(&weights)
                .map(|(&(_, _, plan, _), weights)| Network { plan, weights })
                .collect();
            let codes = outputs || wanted.needs(ScoreNeeds::UnitPatterns);
            let mut results = self.backend.run(&networks, self.batch, codes, self.cancel);
            let passes =
                group.iter().zip(&weights).map(|(&(_, candidate, ..), w)| (candidate, &**w));
            let trainability = self.second_pass(&passes.collect::<Vec<_>>(), &mut results);
            for ((&(index, candidate, plan, _), result), trainability) in
                group.iter().zip(results).zip(trainability)
            {
                let network = (candidate, plan);
                let cancel = self.cancel;
                add_repeat(&mut repeats[index], result, network, wanted, trainability, cancel);
            }
        }
        let seconds = begin.elapsed().as_secs_f64() / candidates.len().max(1) as f64;
        let units = planned.iter().map(|plan| plan.as_ref().map_or(0, |plan| plan.units));
        candidates
            .iter()
            .zip(units)
            .zip(repeats)
            .map(|((candidate, units), repeats)| self.record(candidate, units, repeats, seconds))
            .collect()
    }

    /// The plan of a forward pass that returns all that the wanted scores need. Outputs that are asked for
    /// are those of the kernel matrix.
    fn plan_pass(&self, candidate: &Candidate, outputs: bool) -> Result<Plan, (Status, String)> {
        let wanted = self.wanted;
        let of_codes =
            [ScoreNeeds::KernelMatrix, ScoreNeeds::BinaryCodes, ScoreNeeds::UnitPatterns];
        let kernel = outputs
            || of_codes.into_iter().any(|needs| wanted.needs(needs))
            || !wanted.needs_forward_pass();
        let keep = match &candidate.network {
            Ok(graph) if wanted.needs(ScoreNeeds::SecondPass) => block_outputs(graph),
            _ => Vec::new(),
        };
        let outputs = PlanOutputs {
            kernel,
            sites: wanted.needs(ScoreNeeds::SiteMoments),
            last: wanted.needs(ScoreNeeds::LastMoments),
            keep: &keep,
        };
        self.plan(candidate, outputs)
    }

    /// The trainability of networks that have had their first pass: none where it is not wanted, and where
    /// either pass failed.
    fn second_pass(
        &mut self,
        networks: &[(&Candidate, &Weights)],
        first: &mut [Result<RunOutput, BackendError>],
    ) -> Vec<Option<f64>> {
        if !self.wanted.needs(ScoreNeeds::SecondPass) {
            return vec![None; networks.len()];
        }
        let batch = self.disturbed.get_or_init(|| disturbed(self.batch));
        let blocks = |(candidate, _): &(&Candidate, _)| {
            let keep = candidate.network.as_ref().map(block_outputs).unwrap_or_default();
            self.plan(candidate, PlanOutputs { keep: &keep, ..PlanOutputs::NONE })
        };
        let Ok(plans) = networks.iter().map(blocks).collect::<Result<Vec<_>, _>>() else {
            return vec![None; networks.len()];
        };
        let networks: Vec<Network<'_>> = plans
            .iter()
            .zip(networks)
            .map(|(plan, &(_, weights))| Network { plan, weights })
            .collect();
        let second = self.backend.run(&networks, batch, false, self.cancel);
        let of_network = |(first, second): (&mut Result<RunOutput, _>, Result<RunOutput, _>)| {
            // Taken, so that the activations of one network at a time are in memory.
            let first = std::mem::take(&mut first.as_mut().ok()?.kept);
            let second = second.ok()?.kept;
            trainability(&values_of(&first), &values_of(&second))
        };
        first.iter_mut().zip(second).map(of_network).collect()
    }

    pub(super) fn plan(
        &self,
        candidate: &Candidate,
        outputs: PlanOutputs<'_>,
    ) -> Result<Plan, (Status, String)> {
        let graph = candidate.network.as_ref().map_err(|why| (Status::Failed, why.clone()))?;
        let empty = Weights::default();
        let stored = candidate.stored_weights().unwrap_or(&empty);
        Plan::with_outputs(graph, stored, self.count, outputs).map_err(|error| match error {
            PlanError::NoUnits(_) if !candidate.connected => {
                (Status::Disconnected, error.to_string())
            }
            _ => (Status::Failed, error.to_string()),
        })
    }

    /// The seeds of a candidate's repeats; stored weights are the same in each.
    fn seeds(&self, candidate: &Candidate) -> impl Iterator<Item = u64> + use<'_> {
        let repeats = match candidate.weights {
            WeightSource::Stored(_) => 1,
            WeightSource::Fresh { .. } => self.weight_seeds.len(),
        };
        self.weight_seeds.iter().copied().take(repeats)
    }

    pub(super) fn weights<'c>(
        &self,
        candidate: &'c Candidate,
        plan: &Plan,
        seed: u64,
    ) -> Cow<'c, Weights> {
        match (&candidate.weights, &candidate.network) {
            (WeightSource::Stored(weights), _) => Cow::Borrowed(weights),
            (WeightSource::Fresh { architecture }, Ok(graph)) => {
                let initialiser = Initialiser { initialisation: self.initialisation, seed };
                Cow::Owned(initialiser.draw(graph, architecture, plan.weighted_nodes()))
            }
            (WeightSource::Fresh { .. }, Err(_)) => Cow::Owned(Weights::default()),
        }
    }

    fn record(
        &self,
        candidate: &Candidate,
        units: u64,
        repeats: Result<RepeatScores, ScoringFailure>,
        seconds: f64,
    ) -> Option<ScoredNetwork> {
        let wanted = self.wanted;
        let graph = candidate.network.as_ref();
        let graph = graph.map(|graph| self.graph_inputs(candidate, graph)).unwrap_or_default();
        let (outputs, failure) = match repeats {
            Ok(repeats) => (repeats, None),
            Err(ScoringFailure::Cancelled) => return None,
            Err(ScoringFailure::Unplanned(status, message)) => {
                (RepeatScores::default(), Some((status, message)))
            }
            Err(ScoringFailure::Failed(message)) => {
                (RepeatScores::default(), Some((Status::Failed, message)))
            }
        };
        let repeats = outputs.draws.len() as u32;
        let log_dets = outputs.log_dets();
        let has_kernel = !log_dets.is_empty();
        let (score, sd) = match repeats {
            1.. if !has_kernel => (f64::NAN, None),
            _ => mean_and_sd(&log_dets),
        };
        let inputs = outputs.means(graph);
        let values = match failure {
            Some(_) => ScoreValues::default(),
            None => ScoreValues::new(&inputs, wanted),
        };
        let value = self.score.and_then(|score| values.get(score));
        let status = match &failure {
            Some((status, _)) => *status,
            None if !candidate.connected => Status::Disconnected,
            None if score.is_finite() || !has_kernel => Status::Ok,
            None => Status::Singular,
        };
        let device = self.backend.info();
        let mut record = Record {
            architecture: candidate.name.clone(),
            score,
            sd,
            status,
            params: graph.params.unwrap_or_default(),
            macs: graph.macs.unwrap_or_default(),
            units,
            layers: graph.layers.unwrap_or_default(),
            regions: inputs.regions,
            accuracy: None,
            seconds,
            index: candidate.index,
            seed: self.seed,
            repeats,
            device: device.name.clone(),
            driver: format!("{} {}", device.api, device.driver).trim().to_owned(),
            version: env!("CARGO_PKG_VERSION").into(),
            message: failure.map(|(_, message)| message),
            draws: outputs.by_score(wanted),
            value: value.unwrap_or(f64::NEG_INFINITY),
            scores: Default::default(),
        };
        for (score, value) in values.iter() {
            if record.score_value(score).is_none() {
                record.scores.insert(score.name.to_owned(), value);
            }
        }
        if status != Status::Failed {
            // What the network cannot have is known, and need not be looked for again.
            for score in wanted.iter().filter(|score| !score.has_column()) {
                record.scores.entry(score.name.to_owned()).or_insert(f64::NAN);
            }
        }
        Some(ScoredNetwork { record, output: outputs.output })
    }

    /// What is known without a forward pass.
    fn graph_inputs(&self, candidate: &Candidate, graph: &Graph) -> ScoreInputs {
        let empty = Weights::default();
        let stored = candidate.stored_weights().unwrap_or(&empty);
        let (initialisation, count) = (self.initialisation, self.count);
        ScoreInputs::from_settings(graph, stored, initialisation, count, self.wanted)
    }
}

/// The values of every node, `[images, channels, height, width]` each.
fn values_of(kept: &[NodeActivations]) -> Vec<&[f32]> {
    kept.iter().map(|kept| kept.values.as_slice()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::DeviceInfo;
    use crate::graph::{Activation, Conv, Op, Shape};
    use crate::score::{KernelMatrix, SCORES};

    /// Gives every network the same kernel matrix and cancels after a number of them.
    struct StubBackend {
        info: DeviceInfo,
        networks: usize,
        repeats: usize,
        cancel_after: usize,
    }

    impl Backend for StubBackend {
        fn info(&self) -> &DeviceInfo {
            &self.info
        }

        fn preferred_networks(&self) -> usize {
            self.networks
        }

        fn run(
            &mut self,
            networks: &[Network<'_>],
            _batch: &Batch,
            _codes: bool,
            cancel: &Cancel,
        ) -> Vec<Result<RunOutput, BackendError>> {
            assert!(networks.len() <= self.networks);
            let run = |network: &Network<'_>| {
                let drawn = |id| network.weights.get(id).is_some();
                assert!(network.plan.weighted_nodes().next().is_some_and(drawn), "no weights");
                let distances = [0, 1, 1, 0];
                let kernel = KernelMatrix::from_distances(2, network.plan.units, &distances)
                    .map_err(BackendError::Distances)?;
                let (kernel, kept) = (Some(kernel), Vec::new());
                Ok(RunOutput { kernel, codes: None, kept, sites: Vec::new(), last: None })
            };
            self.repeats += networks.len();
            if self.repeats >= self.cancel_after {
                cancel.cancel();
            }
            networks.iter().map(run).collect()
        }
    }

    /// Which of three candidates with two repeats each are finished, and how many networks repeats.
    fn finished(networks: usize, cancel_after: usize) -> (Vec<bool>, usize) {
        let info = DeviceInfo {
            name: String::new(),
            kind: String::new(),
            api: String::new(),
            driver: String::new(),
        };
        let mut backend = StubBackend { info, networks, repeats: 0, cancel_after };
        let shape = Shape::new(1, 2, 2);
        let batch = Batch { images: 2, shape, values: vec![0.0; 8], indices: vec![0, 1] };
        let mut graph = Graph::new();
        let input = graph.input(shape);
        let conv = graph.add("conv", Op::Conv(Conv::square(1, 1, 1)), &[input]).unwrap();
        graph.add("relu", Op::Activation(Activation::RELU), &[conv]).unwrap();
        let candidate = Candidate {
            name: String::new(),
            index: None,
            connected: true,
            network: Ok(graph),
            weights: WeightSource::Fresh { architecture: String::new() },
        };
        let mut scorer = Scorer {
            backend: &mut backend,
            batch: &batch,
            disturbed: &OnceLock::new(),
            count: Count::Paper,
            seed: 0,
            weight_seeds: &[1, 2],
            initialisation: Initialisation::default(),
            score: Some(&SCORES[0]),
            wanted: ScoreSet::of(&SCORES[0]),
            cancel: &Cancel::new(),
        };
        let scored = scorer.score(vec![candidate; 3], false);
        (scored.iter().map(Option::is_some).collect(), backend.repeats)
    }

    #[test]
    fn a_cancelled_run_keeps_what_is_finished_and_starts_nothing_more() {
        assert_eq!(finished(1, 100), (vec![true; 3], 6));
        assert_eq!(finished(4, 100), (vec![true; 3], 6));
        assert_eq!(finished(1, 3), (vec![true, false, false], 3));
        assert_eq!(finished(2, 4), (vec![true, true, false], 4));
    }
}
