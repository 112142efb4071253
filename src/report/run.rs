//! The run that a report is about: a stored study, or a table of results with its manifest.

use std::path::Path;

use serde_json::Value;

use super::ReportError;
use crate::input::{InputKind, read_input_text};
use crate::job::{JobConfig, Leaderboard, Task};
use crate::score::{COMBINED, Ranking, SCORES};
use crate::space::Space;
use crate::store::{
    Draws, EventKind, Record, Status, Store, StudyInfo, manifest_path, run_table_columns,
};
use crate::tabular::{Table, TableRow};

/// A run with all its results.
#[derive(Clone, Debug)]
pub struct ReportedRun {
    /// What its user calls it; else its ID, or the name of its table.
    pub name: String,
    /// The note of its user.
    pub note: String,
    /// The ID of the study, if it is one.
    pub study: Option<String>,
    /// How it ended, in one word.
    pub state: String,
    /// When it began, in milliseconds since 1970, if known.
    pub started_ms: Option<i64>,
    /// Its job.
    pub job: JobConfig,
    /// The space; none for a model file.
    pub space: Option<Space>,
    /// The command line that started it, if known.
    pub command: Option<Vec<String>>,
    /// The device and its driver.
    pub device: String,
    /// Version of the program.
    pub version: String,
    /// SHA-256 of the mini-batch.
    pub batch: String,
    /// The seed of the weights of each repeat.
    pub weight_seeds: Vec<u64>,
    /// Warnings during the run.
    pub warnings: Vec<String>,
    /// Its results in the order of proposals.
    pub records: Vec<Record>,
}

impl ReportedRun {
    /// A stored study.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if its job, its space or its results cannot be read.
    pub fn of_study(store: &Store, study: &StudyInfo) -> Result<Self, ReportError> {
        let job = JobConfig::of_study(study)?;
        let setup = &study.setup;
        let mut warnings: Vec<String> = store
            .events(study)?
            .into_iter()
            .filter(|event| event.kind == EventKind::Warning)
            .map(|event| event.text)
            .collect();
        warnings.dedup();
        let records = store.rows(study)?.map(|row| Ok(row?.record));
        Ok(Self {
            name: if study.name.is_empty() { study.id.clone() } else { study.name.clone() },
            note: study.note.clone(),
            study: Some(study.id.clone()),
            state: study.standing().to_owned(),
            started_ms: Some(study.created_ms),
            space: space_of(&job)?,
            job,
            command: None,
            device: format!("{} {}", setup.device, setup.driver).trim().to_owned(),
            version: setup.version.clone(),
            batch: setup.batch.clone(),
            weight_seeds: setup.weight_seeds.clone(),
            warnings,
            records: records.collect::<Result<_, ReportError>>()?,
        })
    }

    /// A table of results, as a run writes it, with the manifest next to it.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if there is no manifest, or one of the files cannot be read.
    pub fn of_table(path: &Path) -> Result<Self, ReportError> {
        let file = manifest_path(path);
        let fault = |problem: String| ReportError::Manifest { path: file.clone(), problem };
        let text =
            read_input_text(&file, InputKind::Job).map_err(|error| fault(error.to_string()))?;
        let manifest: Value =
            serde_json::from_str(&text).map_err(|error| fault(error.to_string()))?;
        let job: JobConfig = serde_json::from_value(manifest["options"].clone())
            .map_err(|error| fault(format!("its options: {error}")))?;
        let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let device = &manifest["device"];
        let device = format!("{} {}", text_of(&device["name"]), text_of(&device["driver"]));
        let command =
            manifest["command"].as_array().map(|words| words.iter().map(text_of).collect());
        let seeds = manifest["weight_seeds"].as_array().into_iter().flatten();
        let ranking = job.ranked_without_training()?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self {
            name,
            note: String::new(),
            study: None,
            state: text_of(&manifest["state"]),
            started_ms: None,
            space: space_of(&job)?,
            command: command.filter(|words: &Vec<String>| !words.is_empty()),
            device: device.trim().to_owned(),
            version: text_of(&manifest["version"]),
            batch: text_of(&manifest["batch"]),
            weight_seeds: seeds.filter_map(Value::as_u64).collect(),
            warnings: Vec::new(),
            records: read_records(path, ranking.as_ref())?,
            job,
        })
    }

    /// What ranks the results; `None` where that is their accuracy.
    pub(super) fn ranking(&self) -> Option<Ranking> {
        self.job.ranked_without_training().ok().flatten()
    }

    /// The plain count that the ranking follows, in words, if it does.
    pub(super) fn followed_count(&self) -> Option<String> {
        let mut leaderboard = Leaderboard::new(self.ranking().as_ref());
        self.records.iter().for_each(|record| leaderboard.add(record));
        Some(format!("{} {}", self.job.ranked_by(), leaderboard.followed_count()?))
    }
}

/// The space of a job; none for a model file.
fn space_of(job: &JobConfig) -> Result<Option<Space>, ReportError> {
    match job.task {
        Task::Onnx(_) => Ok(None),
        Task::Search(_) | Task::Score { .. } => Ok(Some(job.open_space()?)),
    }
}

/// The rows of a table as records.
fn read_records(path: &Path, ranking: Option<&Ranking>) -> Result<Vec<Record>, ReportError> {
    let fault = |problem: String| ReportError::Table { path: path.to_owned(), problem };
    let mut table =
        Table::open(path, InputKind::Scores).map_err(|error| fault(error.to_string()))?;
    let mut records = Vec::new();
    while let Some(row) = table.next_row().map_err(|error| fault(error.to_string()))? {
        let cells = RowCells { header: table.header(), row: &row };
        let record = cells.record(ranking);
        records.push(record.map_err(|problem| fault(format!("{}: {problem}", row.place)))?);
    }
    Ok(records)
}

struct RowCells<'r> {
    header: &'r [String],
    row: &'r TableRow,
}

impl RowCells<'_> {
    /// The cell of a column; none where it is empty.
    fn text(&self, name: &str) -> Option<&str> {
        let column = self.header.iter().position(|other| other == name)?;
        let cell = self.row.cells.get(column)?;
        // What would be a formula in a spreadsheet was written as text.
        let is_quoted = cell.starts_with('\'') && cell[1..].starts_with(['=', '+', '-', '@']);
        Some(if is_quoted { &cell[1..] } else { cell }).filter(|cell| !cell.is_empty())
    }

    fn number<N: std::str::FromStr>(&self, name: &str) -> Result<Option<N>, String> {
        let parse = |text: &str| {
            text.parse().map_err(|_| format!("column `{name}`: `{text}` is not a number"))
        };
        self.text(name).map(parse).transpose()
    }

    fn record(&self, ranking: Option<&Ranking>) -> Result<Record, String> {
        let count = |name| Ok::<u64, String>(self.number(name)?.unwrap_or(0));
        let word = self.text("status").ok_or("has no status: give a table that a run wrote")?;
        let status = Status::ALL.into_iter().find(|status| status.name() == word);
        let status = status.ok_or_else(|| format!("unknown status `{word}`"))?;
        let unscored = match status {
            Status::Singular | Status::Disconnected => f64::NEG_INFINITY,
            Status::Ok | Status::Failed => f64::NAN,
        };
        let text = |name: &str| self.text(name).unwrap_or_default().to_owned();
        let mut scores = std::collections::BTreeMap::new();
        let is_column = |name: &str| run_table_columns().any(|column| column.name == name);
        let further = SCORES.iter().map(|score| score.name).chain([COMBINED]);
        for name in further.filter(|name| !is_column(name)) {
            if let Some(value) = self.number(name)? {
                scores.insert(name.to_owned(), value);
            }
        }
        let architecture = self.text("architecture").ok_or("has no architecture")?.to_owned();
        let mut record = Record {
            architecture,
            score: self.number("score")?.unwrap_or(unscored),
            sd: self.number("sd")?,
            status,
            params: count("params")?,
            macs: count("macs")?,
            units: count("units")?,
            seconds: self.number("seconds")?.unwrap_or(0.0),
            layers: count("layers")?,
            regions: self.number("regions")?,
            accuracy: self.number("accuracy")?,
            index: self.number("index")?,
            seed: count("seed")?,
            repeats: self.number("repeats")?.unwrap_or(1),
            device: text("device"),
            driver: text("driver"),
            version: text("version").into(),
            message: self.text("message").map(str::to_owned),
            draws: Draws::from_json(self.text("draws")).map_err(|error| error.to_string())?,
            value: f64::NAN,
            scores,
        };
        record.value = match ranking {
            None => record.accuracy,
            Some(Ranking::Score(score)) => record.score_value(score.0),
            Some(Ranking::Combined(_)) => record.scores.get(COMBINED).copied(),
        }
        .unwrap_or(f64::NAN);
        Ok(record)
    }
}
