//! The sums of all runs by architecture: about 150 MB for the full table.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;

use super::proto::{EvaluationData, ModelMetrics};

/// The architectures of the benchmark.
const MAX_MODELS: usize = 423_624;
/// The numbers of epochs of the benchmark: 4, 12, 36 and 108.
const MAX_BUDGETS: usize = 4;
/// The most vertices.
const MAX_VERTICES: usize = 7;
/// The most names of operations, and the longest one.
const MAX_NAMES: usize = 16;
const MAX_NAME_BYTES: usize = 64;

/// All architectures in the order in which they were met.
#[derive(Default)]
pub struct ModelRecords {
    known: HashMap<[u8; 16], u32>,
    models: Vec<ModelRecord>,
    budgets: Vec<EpochBudget>,
    /// Names of operations.
    names: Vec<String>,
}

/// An architecture.
struct ModelRecord {
    hash: [u8; 16],
    /// Rows of the adjacency matrix, the first entry in the lowest bit.
    adjacency: u64,
    parameters: Option<i32>,
    vertices: u8,
    /// Numbers of names.
    operations: [u8; MAX_VERTICES],
}

/// The runs of one number of epochs.
struct EpochBudget {
    epochs: u32,
    /// Names of the metrics, in the order of [`MetricSums::values`].
    metrics: [String; 6],
    /// By architecture.
    sums: Vec<MetricSums>,
}

/// What is summed over the runs.
#[derive(Clone, Copy, Default)]
struct MetricSums {
    count: u32,
    train: f64,
    validation: f64,
    test: f64,
    training_time: f64,
    best_validation: f64,
    best_test: f64,
}

impl EpochBudget {
    fn new(epochs: u32) -> Self {
        let metrics = [
            format!("train_{epochs}"),
            format!("validation_{epochs}"),
            format!("test_{epochs}"),
            format!("validation_{epochs}_max"),
            format!("test_{epochs}_max"),
            format!("training_time_{epochs}"),
        ];
        Self { epochs, metrics, sums: Vec::new() }
    }
}

impl MetricSums {
    fn add(&mut self, run: &EvaluationData) {
        let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let (validation, test) = (or_nan(run.validation_accuracy), or_nan(run.test_accuracy));
        let first = self.count == 0;
        self.best_validation =
            if first { validation } else { self.best_validation.max(validation) };
        self.best_test = if first { test } else { self.best_test.max(test) };
        self.count = self.count.saturating_add(1);
        self.train += or_nan(run.train_accuracy);
        self.validation += validation;
        self.test += test;
        self.training_time += or_nan(run.training_time);
    }

    fn values(&self) -> [f64; 6] {
        let mean = |sum: f64| sum / f64::from(self.count);
        let Self { train, validation, test, training_time, .. } = *self;
        [
            mean(train),
            mean(validation),
            mean(test),
            self.best_validation,
            self.best_test,
            mean(training_time),
        ]
    }
}

impl ModelRecords {
    /// Adds the run of a record; says what is wrong with it.
    pub fn add(&mut self, record: &[u8]) -> Result<(), String> {
        let (hash, epochs, adjacency, operations, metrics): (&str, u32, &str, &str, &str) =
            serde_json::from_slice(record).map_err(|error| {
                format!(
                    "it is not a list [hash, epochs, adjacency, operations, metrics] ({error}): this is \
                     another dataset"
                )
            })?;
        let hash =
            digest(hash).ok_or_else(|| format!("the hash `{hash}` does not have 32 digits"))?;
        let metrics = STANDARD
            .decode(metrics)
            .ok()
            .and_then(|bytes| ModelMetrics::decode(bytes.as_slice()).ok())
            .ok_or("its metrics are not a base64 ModelMetrics")?;
        let last = metrics.evaluation_data.last().ok_or("its metrics have no evaluation")?;
        let number = self.number(hash, adjacency, operations, metrics.trainable_parameters)?;
        let sums = &mut self.budget(epochs)?.sums;
        if sums.len() <= number {
            sums.resize(number + 1, MetricSums::default());
        }
        sums[number].add(last);
        Ok(())
    }

    /// The number of an architecture, which may be new.
    fn number(
        &mut self,
        hash: [u8; 16],
        adjacency: &str,
        operations: &str,
        parameters: Option<i32>,
    ) -> Result<usize, String> {
        if let Some(&number) = self.known.get(&hash) {
            return Ok(number as usize);
        }
        let number = self.models.len();
        if number == MAX_MODELS {
            return Err(format!("there are more than the benchmark's {MAX_MODELS} architectures"));
        }
        let (vertices, adjacency) = matrix(adjacency).ok_or_else(|| {
            format!("the adjacency `{adjacency}` is not a square matrix of 0 and 1")
        })?;
        let names: Vec<&str> = operations.split(',').collect();
        if names.len() != usize::from(vertices) {
            return Err(format!("it has {vertices} vertices and {} operations", names.len()));
        }
        let mut operations = [0; MAX_VERTICES];
        for (place, name) in operations.iter_mut().zip(names) {
            *place = self.operation(name)?;
        }
        self.models.push(ModelRecord { hash, adjacency, parameters, vertices, operations });
        self.known.insert(hash, number as u32);
        Ok(number)
    }

    fn operation(&mut self, name: &str) -> Result<u8, String> {
        let known = self.names.iter().position(|known| known == name);
        if known.is_none() && (self.names.len() == MAX_NAMES || name.len() > MAX_NAME_BYTES) {
            return Err("has operations that the benchmark does not know".to_owned());
        }
        Ok(known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        }) as u8)
    }

    fn budget(&mut self, epochs: u32) -> Result<&mut EpochBudget, String> {
        let position = self.budgets.iter().position(|budget| budget.epochs == epochs);
        let position = match position {
            Some(position) => position,
            None if self.budgets.len() == MAX_BUDGETS => {
                return Err(format!(
                    "{epochs} is a fifth number of epochs; the benchmark has four"
                ));
            }
            None => {
                self.budgets.push(EpochBudget::new(epochs));
                self.budgets.sort_by_key(|budget| budget.epochs);
                return self.budget(epochs);
            }
        };
        Ok(&mut self.budgets[position])
    }

    /// An architecture as `adjacency:operations`, and its hash.
    pub fn architecture(&self, number: usize) -> Option<(String, String)> {
        let model = self.models.get(number)?;
        let vertices = usize::from(model.vertices);
        let bit = |place: usize| if model.adjacency >> place & 1 == 1 { '1' } else { '0' };
        let adjacency: String = (0..vertices * vertices).map(bit).collect();
        let name = |&number: &u8| self.names[usize::from(number)].as_str();
        let names: Vec<&str> = model.operations[..vertices].iter().map(name).collect();
        let hash = model.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Some((format!("{adjacency}:{}", names.join(",")), hash))
    }

    /// The metrics of an architecture, those of fewer epochs first.
    pub fn values(&self, number: usize) -> impl Iterator<Item = (&str, f64)> {
        let parameters = self.models.get(number).and_then(|model| model.parameters);
        let trained = self.budgets.iter().flat_map(move |budget| {
            let sums = budget.sums.get(number).filter(|sums| sums.count > 0);
            let values = sums.map(|sums| budget.metrics.iter().zip(sums.values()));
            values.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
        });
        let parameters = parameters.map(|count| ("parameters", f64::from(count)));
        parameters.into_iter().chain(trained)
    }
}

/// The 16 bytes of 32 hexadecimal digits.
fn digest(hash: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(hash, 16).ok().filter(|_| !hash.starts_with('+'))?;
    (hash.len() == 32).then(|| number.to_be_bytes())
}

/// The number of vertices and the bits of a matrix that is written row by row.
fn matrix(text: &str) -> Option<(u8, u64)> {
    let vertices = (2..=MAX_VERTICES).find(|vertices| vertices * vertices == text.len())?;
    let mut bits = 0;
    for (place, digit) in text.bytes().enumerate() {
        match digit {
            b'0' => {}
            b'1' => bits |= 1 << place,
            _ => return None,
        }
    }
    Some((vertices as u8, bits))
}
