//! Files of scores: tables written by `--out`, exported studies, or any table with a column of
//! architectures and one of scores.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Prediction, ScoresError};
use crate::input::InputKind;
use crate::score::{SCORES, Score};
use crate::store::Status;
use crate::tabular::{
    CellNumber, KEY_NAMES, KeyColumns, NumberStyle, StyleEvidence, Table, TableRow, TabularError,
    excerpt, number,
};

/// The column of architectures in tables of this program.
const ARCHITECTURE: &str = "architecture";
/// What stands before the names of further scores in exported studies.
const FURTHER: &str = "scores.";
/// Rows that tell how columns write their numbers, and the most memory of them.
const SAMPLE_ROWS: usize = 100;
const SAMPLE_BYTES: usize = 16 << 20;

/// Reads a file of scores: CSV, JSON, Parquet or a workbook, by its content. `column` is the score;
/// architectures are named as in benchmark tables. Columns `status`, `regions` and `seconds` and those
/// of other scores are read where they are there, the rest is passed over.
///
/// A score may be empty, a word such as `null` or `nan`, `inf` or `-inf`. An empty one is negative
/// infinity where the status is `singular` or `disconnected`, as in tables of this program; else it
/// says nothing.
///
/// # Errors
///
/// [`ScoresError`] with the place that cannot be read.
pub fn read_scores(path: &Path, column: &str) -> Result<Vec<Prediction>, ScoresError> {
    let located = |error| match error {
        TabularError::Read(source) => ScoresError::Read { path: path.to_owned(), source },
        TabularError::Content { place, problem } => {
            ScoresError::Content { path: path.to_owned(), place, problem }
        }
    };
    let mut table = Table::open(path, InputKind::Scores).map_err(located)?;
    let (mut sample, mut bytes) = (Vec::new(), 0);
    while sample.len() < SAMPLE_ROWS
        && bytes < SAMPLE_BYTES
        && let Some(row) = table.next_row().map_err(located)?
    {
        bytes += row.cells.iter().map(|cell| cell.len() + size_of::<String>()).sum::<usize>();
        sample.push(row);
    }
    let columns = ScoreColumns::find(path, table.header(), column, &sample)?;
    let mut predictions = Vec::new();
    let mut add = |row: &TableRow| {
        let prediction = columns.prediction(row).map_err(|problem| ScoresError::Content {
            path: path.to_owned(),
            place: row.place.to_string(),
            problem,
        })?;
        predictions.push(prediction);
        Ok(())
    };
    sample.iter().try_for_each(&mut add)?;
    while let Some(row) = table.next_row().map_err(located)? {
        add(&row)?;
    }
    Ok(predictions)
}

/// A column of numbers.
struct NumberColumn {
    name: String,
    column: usize,
    style: NumberStyle,
}

impl NumberColumn {
    fn value(&self, row: &TableRow) -> Result<Option<f64>, String> {
        let cell = row.cells.get(self.column).map_or("", String::as_str);
        match number(cell, self.style) {
            Ok(CellNumber::Missing) => Ok(None),
            Ok(CellNumber::Value(value)) => Ok(Some(value)),
            Err(fault) => Err(format!("column `{}`: {}", self.name, fault.describe(cell))),
        }
    }
}

/// Where things stand in a row.
struct ScoreColumns {
    keys: KeyColumns,
    score: NumberColumn,
    status: Option<usize>,
    regions: Option<NumberColumn>,
    seconds: Option<NumberColumn>,
    /// Other scores by name.
    others: Vec<(&'static str, NumberColumn)>,
}

impl ScoreColumns {
    fn find(
        path: &Path,
        header: &[String],
        column: &str,
        sample: &[TableRow],
    ) -> Result<Self, ScoresError> {
        let keys = KeyColumns::find(header);
        let keys = keys.ok_or_else(|| missing(path, ARCHITECTURE, header))?;
        let find = |wanted: &str| header.iter().position(|name| name == wanted);
        let score = find(column).or_else(|| find(&format!("{FURTHER}{column}")));
        let score = score.ok_or_else(|| missing(path, column, header))?;
        let others = other_columns(column)
            .filter_map(|(name, column)| Some((name, find(column)?)))
            .collect::<Vec<_>>();
        let (regions, seconds) = (find("regions"), find("seconds"));
        let used = [Some(score), regions, seconds];
        let used = used.into_iter().flatten().chain(others.iter().map(|(_, column)| *column));
        let told = |column: usize| {
            let mut evidence = StyleEvidence::default();
            for row in sample {
                evidence.add(row.cells.get(column).map_or("", String::as_str));
            }
            evidence
        };
        let all = used.map(told).fold(StyleEvidence::default(), StyleEvidence::with);
        let numbers = |column: usize| NumberColumn {
            name: header[column].clone(),
            column,
            style: told(column).style(all),
        };
        Ok(Self {
            keys,
            score: numbers(score),
            status: find("status"),
            regions: regions.map(numbers),
            seconds: seconds.map(numbers),
            others: others.into_iter().map(|(name, column)| (name, numbers(column))).collect(),
        })
    }

    fn prediction(&self, row: &TableRow) -> Result<Prediction, String> {
        let status = self.status.and_then(|column| row.cells.get(column)).map(|cell| cell.trim());
        let status = status.filter(|text| !text.is_empty()).map(status_of).transpose()?;
        let unscored = match status {
            Some(Status::Singular | Status::Disconnected) => f64::NEG_INFINITY,
            _ => f64::NAN,
        };
        let score = self.score.value(row)?.unwrap_or(unscored);
        let value = |column: &Option<NumberColumn>| match column {
            Some(column) => column.value(row),
            None => Ok(None),
        };
        let regions = value(&self.regions)?;
        // Codes were compared: without a determinant, K is singular, whatever ranked the row.
        let singular = regions.map(|_| f64::NEG_INFINITY);
        let mut scores = BTreeMap::new();
        for (name, column) in &self.others {
            let is_first = *name == SCORES[0].name;
            let value = column.value(row)?.or(singular.filter(|_| is_first));
            scores.extend(value.map(|value| (*name, value)));
        }
        Ok(Prediction {
            architecture: self.architecture(row)?,
            score: if status == Some(Status::Failed) { f64::NAN } else { score },
            status,
            regions,
            seconds: value(&self.seconds)?,
            scores,
        })
    }

    /// The architecture of a row, or its index or hash.
    fn architecture(&self, row: &TableRow) -> Result<String, String> {
        let architecture = self.keys.architecture(&row.cells);
        if !architecture.is_empty() {
            return Ok(architecture);
        }
        if let Some(hash) = self.keys.hash(&row.cells) {
            return Ok(hash.to_owned());
        }
        match self.keys.index(&row.cells) {
            Ok(index) => Ok(index.map(|index| index.to_string()).unwrap_or_default()),
            Err(text) => Err(format!("column `index`: `{}` is not an index", excerpt(text))),
        }
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

fn status_of(text: &str) -> Result<Status, String> {
    let found = Status::ALL.into_iter().find(|status| status.name() == text);
    found.ok_or_else(|| {
        let known = Status::ALL.map(Status::name).join(", ");
        format!("`{text}` in column `status` is unknown; valid: {known}")
    })
}

fn missing(path: &Path, column: &str, header: &[String]) -> ScoresError {
    const LISTED: usize = 40;
    let names: Vec<&str> =
        header.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let mut hint = match names.as_slice() {
        [] => "it has no columns".to_owned(),
        _ => format!("it has {}", names[..names.len().min(LISTED)].join(", ")),
    };
    if names.len() > LISTED {
        hint.push_str(", ...");
    }
    match column {
        ARCHITECTURE => hint.push_str(&format!("; name the architectures {KEY_NAMES}")),
        _ => hint.push_str("; choose the column that holds the score"),
    }
    ScoresError::Column { path: path.to_owned(), column: column.to_owned(), hint }
}
