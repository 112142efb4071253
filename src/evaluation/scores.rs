//! Files of scores: tables written by `--out`, exported studies, or any table with a column of
//! architectures and one of scores, as CSV or JSON Lines.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::{Map, Value};

use super::{Prediction, ScoresError};
use crate::input::{InputKind, open_input};
use crate::score::{SCORES, Score};
use crate::store::Status;

/// The column of architectures.
const ARCHITECTURE: &str = "architecture";

/// Reads a file of scores. `column` is the score; architectures stand in `architecture`. Columns
/// `status`, `regions` and `seconds` and those of other scores are read where they are there, the rest is
/// passed over.
///
/// A score may be empty, null, `nan`, `inf` or `-inf`. An empty one is negative infinity where the
/// status is `singular` or `disconnected`, as in tables of this program; else it says nothing.
///
/// # Errors
///
/// [`ScoresError`] with the line that cannot be read.
pub fn read_scores(path: &Path, column: &str) -> Result<Vec<Prediction>, ScoresError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "csv" => read_csv(path, column),
        "jsonl" => read_json_lines(path, column),
        _ => Err(ScoresError::Format(path.to_owned())),
    }
}

/// The cells of a row that matter, as text.
struct ScoreCells<'c> {
    architecture: &'c str,
    score: Option<&'c str>,
    status: Option<&'c str>,
    regions: Option<&'c str>,
    seconds: Option<&'c str>,
    /// Other scores by name.
    others: Vec<(&'static str, Option<&'c str>)>,
}

impl ScoreCells<'_> {
    fn prediction(&self, column: &str) -> Result<Prediction, String> {
        let status = self.status.filter(|text| !text.is_empty()).map(status).transpose()?;
        let unscored = match status {
            Some(Status::Singular | Status::Disconnected) => f64::NEG_INFINITY,
            _ => f64::NAN,
        };
        let score = number(column, self.score)?.unwrap_or(unscored);
        let regions = number("regions", self.regions)?;
        // Codes were compared: without a determinant, K is singular, whatever ranked the row.
        let singular = regions.map(|_| f64::NEG_INFINITY);
        let mut scores = BTreeMap::new();
        for &(name, text) in &self.others {
            let is_first = name == SCORES[0].name;
            let value = number(name, text)?.or(singular.filter(|_| is_first));
            scores.extend(value.map(|value| (name, value)));
        }
        Ok(Prediction {
            architecture: self.architecture.to_owned(),
            score: if status == Some(Status::Failed) { f64::NAN } else { score },
            status,
            regions,
            seconds: number("seconds", self.seconds)?,
            scores,
        })
    }
}

/// The scores besides that of a column, with the columns in which tables of this program have them.
fn other_columns(column: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let named = |score: &Score| (score.name, if is_first(score) { "score" } else { score.name });
    SCORES.iter().map(named).filter(move |other| other.0 != column && other.1 != column)
}

fn is_first(score: &Score) -> bool {
    score.name == SCORES[0].name
}

fn number(column: &str, text: Option<&str>) -> Result<Option<f64>, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| format!("`{text}` in column `{column}` is not a number"))
}

fn status(text: &str) -> Result<Status, String> {
    let found = Status::ALL.into_iter().find(|status| status.name() == text.trim());
    found.ok_or_else(|| {
        let known = Status::ALL.map(Status::name).join(", ");
        format!("`{text}` in column `status` is unknown; valid: {known}")
    })
}

fn read_csv(path: &Path, column: &str) -> Result<Vec<Prediction>, ScoresError> {
    let wrong = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        match error.into_kind() {
            csv::ErrorKind::Io(source) => refused(path, source),
            // Rows of other lengths are looked at by their cells.
            _ => content(path, line, "not UTF-8 text: save the table in that encoding".to_owned()),
        }
    };
    let file = open_input(path, InputKind::Scores).map_err(|error| refused(path, error.into()))?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let header = reader.headers().map_err(wrong)?.clone();
    let names: Vec<&str> =
        header.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
    let find = |wanted: &str| names.iter().position(|name| *name == wanted);
    let need = |wanted: &str| find(wanted).ok_or_else(|| missing(path, wanted, &names));
    let (architecture, score) = (need(ARCHITECTURE)?, need(column)?);
    let (status, regions, seconds) = (find("status"), find("regions"), find("seconds"));
    let others: Vec<(&str, Option<usize>)> =
        other_columns(column).map(|(name, column)| (name, find(column))).collect();
    let mut predictions = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != names.len() {
            let problem = format!("{} cells, but the header has {}", record.len(), names.len());
            return Err(content(path, line, problem));
        }
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at));
        let cells = ScoreCells {
            architecture: &record[architecture],
            score: record.get(score),
            status: cell(status),
            regions: cell(regions),
            seconds: cell(seconds),
            others: others.iter().map(|&(name, at)| (name, cell(at))).collect(),
        };
        predictions.push(cells.prediction(column).map_err(|why| content(path, line, why))?);
    }
    Ok(predictions)
}

fn read_json_lines(path: &Path, column: &str) -> Result<Vec<Prediction>, ScoresError> {
    let file = open_input(path, InputKind::Scores).map_err(|error| refused(path, error.into()))?;
    let file = BufReader::new(file);
    let mut predictions = Vec::new();
    for (at, text) in file.lines().enumerate() {
        let (text, line) = (text.map_err(|source| refused(path, source))?, at as u64 + 1);
        if text.trim().is_empty() {
            continue;
        }
        let row: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| content(path, line, format!("not a JSON object: {error}")))?;
        for name in [ARCHITECTURE, column] {
            if !row.contains_key(name) {
                let names: Vec<&str> = row.keys().map(String::as_str).collect();
                return Err(missing(path, name, &names));
            }
        }
        let cell = |name: &str| row.get(name).and_then(text_of);
        let (score, status) = (cell(column), cell("status"));
        let (regions, seconds) = (cell("regions"), cell("seconds"));
        let architecture = cell(ARCHITECTURE).unwrap_or_default();
        let others: Vec<(&str, Option<String>)> =
            other_columns(column).map(|(name, column)| (name, cell(column))).collect();
        let cells = ScoreCells {
            architecture: &architecture,
            score: score.as_deref(),
            status: status.as_deref(),
            regions: regions.as_deref(),
            seconds: seconds.as_deref(),
            others: others.iter().map(|(name, text)| (*name, text.as_deref())).collect(),
        };
        predictions.push(cells.prediction(column).map_err(|why| content(path, line, why))?);
    }
    Ok(predictions)
}

/// A value as a cell of a CSV table would have it. Architectures may be JSON themselves.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn refused(path: &Path, source: std::io::Error) -> ScoresError {
    ScoresError::Read { path: path.to_owned(), source }
}

fn content(path: &Path, line: u64, problem: String) -> ScoresError {
    ScoresError::Content { path: path.to_owned(), line, problem }
}

fn missing(path: &Path, column: &str, names: &[&str]) -> ScoresError {
    const LISTED: usize = 40;
    let mut hint = format!("it has {}", names[..names.len().min(LISTED)].join(", "));
    if names.len() > LISTED {
        hint.push_str(", ...");
    }
    if column != ARCHITECTURE {
        hint.push_str("; choose the column that holds the score");
    }
    ScoresError::Column { path: path.to_owned(), column: column.to_owned(), hint }
}
