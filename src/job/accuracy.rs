//! Accuracies after training: where they come from, and the records they become.

use std::time::{Duration, Instant};

use crate::backend::{Cancel, DeviceInfo};
use crate::graph::cost::Cost;
use crate::graph::extent;
use crate::space::{Architecture, Space};
use crate::store::{Record, Status};
use crate::trainer::{Order, Trainer};

use super::{JobError, SearchOptions};

/// Where accuracies come from.
pub(super) struct Accuracies {
    trainer: Trainer,
}

impl Accuracies {
    /// The source that the options name, if they name one.
    pub(super) fn open(options: &SearchOptions) -> Result<Option<Self>, JobError> {
        let Some(command) = &options.trainer else { return Ok(None) };
        let mut trainer = Trainer::new(command).map_err(JobError::Options)?;
        trainer.parallel = options.trainers;
        trainer.retries = options.trainer_retries;
        trainer.limit = Duration::from_secs_f64(options.trainer_limit);
        Ok(Some(Self { trainer }))
    }

    /// How many architectures it answers at a time.
    pub(super) fn group_size(&self) -> usize {
        self.trainer.parallel
    }

    /// Records of architectures with their accuracies, in order; `None` for what was not finished
    /// before the run was cancelled.
    pub(super) fn answer(
        &self,
        space: &Space,
        architectures: &[Architecture],
        (seed, device): (u64, &DeviceInfo),
        cancel: &Cancel,
    ) -> Vec<Option<Record>> {
        let begin = Instant::now();
        let orders: Vec<Order> = architectures.iter().map(|a| order(space, a, seed)).collect();
        let answers = self.trainer.train(&orders, &|| cancel.is_cancelled());
        let seconds = begin.elapsed().as_secs_f64() / architectures.len().max(1) as f64;
        let record = |(architecture, answer): (&Architecture, Option<Result<f64, String>>)| {
            let mut record = unscored(space, architecture, seed, device);
            record.seconds = seconds;
            match answer? {
                Ok(accuracy) => (record.accuracy, record.value) = (Some(accuracy), accuracy),
                Err(why) => (record.status, record.message) = (Status::Failed, Some(why)),
            }
            Some(record)
        };
        architectures.iter().zip(answers).map(record).collect()
    }
}

fn order(space: &Space, architecture: &Architecture, seed: u64) -> Order {
    let input = space.input();
    Order {
        space: space.id().to_owned(),
        architecture: space.format(architecture),
        index: space.index(architecture),
        choices: space.choices(architecture),
        input: [input.channels, input.height, input.width],
        classes: space.classes(),
        seed,
    }
}

/// What is known of an architecture without a score.
fn unscored(space: &Space, architecture: &Architecture, seed: u64, device: &DeviceInfo) -> Record {
    let graph = space.build(architecture);
    let cost = graph.as_ref().map(Cost::of).unwrap_or_default();
    Record {
        architecture: space.format(architecture),
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
        index: space.index(architecture),
        seed,
        repeats: 0,
        device: device.name.clone(),
        driver: format!("{} {}", device.api, device.driver).trim().to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        message: None,
        value: f64::NEG_INFINITY,
    }
}
