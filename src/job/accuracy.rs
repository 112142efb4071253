//! Accuracies after training: their sources, and the records made from them.

use std::time::{Duration, Instant};

use crate::backend::{Cancel, DeviceInfo};
use crate::benchmark::{self, MetricLookup};
use crate::graph::cost::Cost;
use crate::graph::{extent, layers};
use crate::score::{Score, ScoreInputs};
use crate::space::{Architecture, Space};
use crate::store::{Record, Status};
use crate::trainer::{Trainer, TrainingChoice, TrainingRequest};

use super::{InvalidOption, JobError, JobOption, SearchOptions};

/// Where accuracies come from.
pub(super) enum AccuracySource {
    /// The user's training program.
    Trainer(Trainer),
    /// A benchmark table.
    Table(Box<TableAccuracies>),
}

/// AccuracySource of a table, and its clock.
pub(super) struct TableAccuracies {
    metric: MetricLookup,
    report: Option<MetricLookup>,
    /// Training times in seconds, and how many seconds may be spent.
    clock: Option<(MetricLookup, f64)>,
}

impl AccuracySource {
    /// The source that the options name, if they name one.
    pub(super) fn open(
        options: &SearchOptions,
        space: &Space,
        cancel: &Cancel,
    ) -> Result<Option<Self>, JobError> {
        if let Some(command) = &options.trainer {
            let mut trainer = Trainer::new(command)
                .map_err(|reason| InvalidOption::new(JobOption::Trainer, reason))?;
            trainer.parallel = options.trainers;
            trainer.retries = options.trainer_retries;
            trainer.limit = Duration::from_secs_f64(options.trainer_limit);
            return Ok(Some(Self::Trainer(trainer)));
        }
        let (Some(path), Some(metric)) = (&options.table, &options.metric) else { return Ok(None) };
        let table = benchmark::open(path)?;
        let watch = |_: f64| !cancel.is_cancelled();
        let read = |name: &str| MetricLookup::watched(&table, space, name, &watch);
        let clock = match (&options.time, options.budget) {
            (Some(time), Some(budget)) => Some((read(time)?, budget)),
            _ => None,
        };
        let report = options.report.as_deref().map(read).transpose()?;
        Ok(Some(Self::Table(Box::new(TableAccuracies { metric: read(metric)?, report, clock }))))
    }

    /// What of its source is not used, a line each.
    pub(super) fn notices(&self) -> Vec<String> {
        let Self::Table(table) = self else { return Vec::new() };
        let metric = &table.metric;
        metric.report().notices(metric.space().id(), metric.metric())
    }

    /// How many architectures it answers at a time.
    pub(super) fn group_size(&self) -> usize {
        match self {
            Self::Trainer(trainer) => trainer.parallel,
            Self::Table(_) => 1,
        }
    }

    /// Records of architectures with their accuracies, in order; `None` for what was not finished
    /// before the run was cancelled.
    pub(super) fn answer(
        &mut self,
        space: &Space,
        architectures: &[Architecture],
        (seed, device): (u64, &DeviceInfo),
        cancel: &Cancel,
    ) -> Vec<Option<Record>> {
        let begin = Instant::now();
        let answers = match self {
            Self::Trainer(trainer) => {
                let requests: Vec<TrainingRequest> =
                    architectures.iter().map(|a| training_request(space, a, seed)).collect();
                trainer.train(&requests, &|| cancel.is_cancelled())
            }
            Self::Table(table) => architectures.iter().map(|a| Some(table.answer(a))).collect(),
        };
        let seconds = begin.elapsed().as_secs_f64() / architectures.len().max(1) as f64;
        let record = |(architecture, answer): (&Architecture, Option<Result<f64, String>>)| {
            let mut record = unscored(architecture, seed, device);
            record.seconds = seconds;
            match answer? {
                Ok(accuracy) => (record.accuracy, record.value) = (Some(accuracy), accuracy),
                Err(why) => (record.status, record.message) = (Status::Failed, Some(why)),
            }
            Some(record)
        };
        architectures.iter().zip(answers).map(record).collect()
    }

    /// Takes the training of an architecture from the budget, if there is one; `false` if the budget does
    /// not cover it, after which nothing is trained any more.
    pub(super) fn try_spend_budget(&mut self, architecture: &Architecture) -> bool {
        let Self::Table(table) = self else { return true };
        let Some((times, left)) = &mut table.clock else { return true };
        // What has no time is no training: its answer says so.
        let time = times.get(architecture).unwrap_or(0.0);
        *left -= time;
        *left >= 0.0
    }

    /// The reported metric of an architecture, with its name.
    pub(super) fn reported(&self, architecture: &Architecture) -> Option<(String, f64)> {
        let Self::Table(table) = self else { return None };
        let report = table.report.as_ref()?;
        Some((report.metric().to_owned(), report.get(architecture)?))
    }
}

impl TableAccuracies {
    fn answer(&self, architecture: &Architecture) -> Result<f64, String> {
        let untimed =
            self.clock.as_ref().is_some_and(|(times, _)| times.get(architecture).is_none());
        if untimed {
            return Err("the table has no training time for this architecture".to_owned());
        }
        let metric = self.metric.metric();
        let missing = || format!("the table has no `{metric}` for this architecture");
        self.metric.get(architecture).ok_or_else(missing)
    }
}

fn training_request(space: &Space, architecture: &Architecture, seed: u64) -> TrainingRequest {
    let input = space.input();
    TrainingRequest {
        space: space.id().to_owned(),
        architecture: architecture.to_string(),
        index: architecture.index(),
        choices: architecture.decisions().into_iter().map(TrainingChoice::from).collect(),
        layers: architecture.build().map(|graph| layers(&graph)).unwrap_or_default(),
        module: super::export::pytorch_source(space, architecture),
        space_file: space.text().to_owned(),
        input: [input.channels, input.height, input.width],
        classes: space.classes(),
        seed,
    }
}

/// The record of an architecture whose network is equal to one that has a result; its time is what
/// that took.
pub(super) fn reused(
    architecture: &Architecture,
    score: Option<&Score>,
    seed: u64,
    known: &Record,
) -> Record {
    let graph = architecture.build();
    let graph = graph.as_ref().map(ScoreInputs::from_graph).unwrap_or_default();
    let record = Record {
        architecture: architecture.to_string(),
        index: architecture.index(),
        params: graph.params.unwrap_or_default(),
        macs: graph.macs.unwrap_or_default(),
        layers: graph.layers.unwrap_or_default(),
        seed,
        seconds: known.seconds,
        accuracy: None,
        ..known.clone()
    };
    let value = score.and_then(|score| record.score_value(score));
    Record { value: value.unwrap_or(f64::NEG_INFINITY), ..record }
}

/// What is known of an architecture without a score.
fn unscored(architecture: &Architecture, seed: u64, device: &DeviceInfo) -> Record {
    let graph = architecture.build();
    let cost = graph.as_ref().map(Cost::of).unwrap_or_default();
    Record {
        architecture: architecture.to_string(),
        score: f64::NAN,
        sd: None,
        status: Status::Ok,
        params: cost.params,
        macs: cost.macs,
        units: cost.units,
        seconds: 0.0,
        layers: graph.as_ref().map(extent::convolutions).unwrap_or_default(),
        regions: None,
        accuracy: None,
        index: architecture.index(),
        seed,
        repeats: 0,
        device: device.name.clone(),
        driver: format!("{} {}", device.api, device.driver).trim().to_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        message: None,
        draws: Default::default(),
        value: f64::NEG_INFINITY,
        scores: Default::default(),
    }
}
