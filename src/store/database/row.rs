//! A result as a row of the table.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::value::RawValue;

use super::engine::{Connection, EngineResult, Row, Value, malformed};
use super::{Remark, ScoreKey, now_ms};
use crate::store::column::{RESULT_COLUMNS, column_index};
use crate::store::{Draws, Record, Status};

/// A result of a study: a record and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultRow {
    /// Its place in the order in which architectures were proposed, from 0.
    pub position: u64,
    /// Its result.
    pub record: Record,
    /// The architecture's canonical text.
    pub canonical: String,
    /// The value that the strategy observed, if it differs from the record's value: a score in a search
    /// that ranks by accuracy.
    pub told: Option<f64>,
    /// The key of everything the scores depend on; `None` if they must not be reused.
    pub key: Option<ScoreKey>,
    /// The same for scores on a second mini-batch.
    pub other_key: Option<ScoreKey>,
    /// When it was scored, in milliseconds since 1970.
    pub time_ms: i64,
    /// What people noted of the architecture; see [`Store::set_remarks`](super::Store::set_remarks).
    pub remark: Remark,
}

impl ResultRow {
    /// A record with the current time whose architecture is canonical, without further scores or a key.
    pub fn new(position: u64, record: Record) -> Self {
        let canonical = record.architecture.clone();
        let (time_ms, remark) = (now_ms(), Remark::default());
        Self {
            position,
            record,
            canonical,
            told: None,
            key: None,
            other_key: None,
            time_ms,
            remark,
        }
    }
}

/// Puts a row into a study; `false` where its place is taken, which then stays as it is.
pub(super) fn insert(
    connection: &Connection,
    study: i64,
    device: i64,
    row: &ResultRow,
) -> EngineResult<bool> {
    Ok(insert_all(connection, study, &[(device, row)])?.len() == 1)
}

/// The columns of the table, in the order of [`values`].
const COLUMNS: [&str; 25] = [
    "study",
    "position",
    "architecture",
    "canonical",
    "status",
    "score",
    "sd",
    "params",
    "macs",
    "units",
    "seconds",
    "\"index\"",
    "repeats",
    "scores",
    "key",
    "other_key",
    "device",
    "message",
    "time",
    "layers",
    "regions",
    "accuracy",
    "value",
    "told",
    "draws",
];

/// Puts rows with the numbers of their devices into a study; the positions of those whose place was free.
pub(super) fn insert_all(
    connection: &Connection,
    study: i64,
    rows: &[(i64, &ResultRow)],
) -> EngineResult<Vec<u64>> {
    static INSERT: LazyLock<[String; 7]> =
        LazyLock::new(|| std::array::from_fn(|power| insert_statement(1 << power)));
    let mut inserted = Vec::new();
    let mut rest = rows;
    while !rest.is_empty() {
        // Few statements for any number of rows: the server prepares each once.
        let power = rest.len().min(connection.dialect().rows_at_once).ilog2() as usize;
        let (part, later) = rest.split_at(1 << power.min(INSERT.len() - 1));
        let values: Vec<Value<'_>> =
            part.iter().flat_map(|(device, row)| values(study, *device, row)).collect();
        let read = |row: &Row<'_>| Ok(row.get::<i64>(0)? as u64);
        inserted.extend(connection.query(&INSERT[part.len().ilog2() as usize], &values, read)?);
        rest = later;
    }
    Ok(inserted)
}

fn insert_statement(rows: usize) -> String {
    let row = |row: usize| {
        let first = row * COLUMNS.len() + 1;
        let values: Vec<String> =
            (first..first + COLUMNS.len()).map(|number| format!("?{number}")).collect();
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO result ({}) VALUES {} ON CONFLICT (study, position) DO NOTHING RETURNING position",
        COLUMNS.join(", "),
        rows.join(", ")
    )
}

fn values(study: i64, device: i64, row: &ResultRow) -> [Value<'_>; COLUMNS.len()] {
    let record = &row.record;
    let canonical = (row.canonical != record.architecture).then_some(&row.canonical);
    // A NULL would come back as a number that is none, which is what it stands for.
    let score = (!record.score.is_nan()).then_some(record.score);
    let value = Some(record.rank_score()).filter(|value| value.is_finite());
    [
        study.into(),
        (row.position as i64).into(),
        (&record.architecture).into(),
        canonical.into(),
        record.status.name().into(),
        score.into(),
        record.sd.into(),
        (record.params as i64).into(),
        (record.macs as i64).into(),
        (record.units as i64).into(),
        record.seconds.into(),
        record.index.map(|index| index as i64).into(),
        record.repeats.into(),
        written_scores(&record.scores).into(),
        row.key.into(),
        row.other_key.into(),
        device.into(),
        record.message.as_ref().into(),
        row.time_ms.into(),
        (record.layers as i64).into(),
        record.regions.into(),
        record.accuracy.into(),
        value.into(),
        row.told.into(),
        record.draws.to_json().into(),
    ]
}

/// Everything of a row, in the order of [`RESULT_COLUMNS`]; to be followed by a condition.
static SELECT: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<&str> = RESULT_COLUMNS.iter().map(|column| column.sql).collect();
    format!(
        "SELECT {} FROM result
         CROSS JOIN study ON study.number = result.study
         CROSS JOIN device ON device.number = result.device
         LEFT JOIN remark ON remark.study = result.study
                         AND remark.architecture = result.architecture",
        columns.join(", ")
    )
});

/// The rows that meet a condition.
pub(super) fn select(
    connection: &Connection,
    condition: &str,
    parameters: &[Value<'_>],
) -> EngineResult<Vec<ResultRow>> {
    connection.query(&format!("{} {condition}", *SELECT), parameters, read)
}

/// The first of the rows that meet a condition which is accepted.
pub(super) fn first(
    connection: &Connection,
    condition: &str,
    parameters: &[Value<'_>],
    accepts: impl Fn(&ResultRow) -> bool,
) -> EngineResult<Option<ResultRow>> {
    connection.find(&format!("{} {condition}", *SELECT), parameters, read, accepts)
}

/// The place of a column in [`SELECT`]; a name that is not there does not compile.
macro_rules! at {
    ($name:literal) => {
        const { column_index($name) }
    };
}

fn read(columns: &Row<'_>) -> EngineResult<ResultRow> {
    let whole = |at| columns.get::<i64>(at).map(|value| value as u64);
    let architecture: String = columns.get(at!("architecture"))?;
    let canonical: Option<String> = columns.get(at!("canonical"))?;
    let scores: Option<String> = columns.get(at!("scores"))?;
    let draws: Option<String> = columns.get(at!("draws"))?;
    let seed: String = columns.get(at!("seed"))?;
    Ok(ResultRow {
        position: whole(at!("position"))?,
        canonical: canonical.unwrap_or_else(|| architecture.clone()),
        key: columns.get(at!("key"))?,
        other_key: columns.get(at!("other_key"))?,
        time_ms: columns.get(at!("time"))?,
        told: columns.get(at!("told"))?,
        remark: Remark {
            marked: columns.get::<Option<bool>>(at!("marked"))?.unwrap_or_default(),
            note: columns.get::<Option<String>>(at!("note"))?.unwrap_or_default(),
        },
        record: Record {
            architecture,
            score: columns.get::<Option<f64>>(at!("score"))?.unwrap_or(f64::NAN),
            sd: columns.get(at!("sd"))?,
            status: named(
                at!("status"),
                &columns.get::<String>(at!("status"))?,
                &Status::ALL,
                Status::name,
            )?,
            params: whole(at!("params"))?,
            macs: whole(at!("macs"))?,
            units: whole(at!("units"))?,
            seconds: columns.get(at!("seconds"))?,
            layers: whole(at!("layers"))?,
            regions: columns.get(at!("regions"))?,
            accuracy: columns.get(at!("accuracy"))?,
            index: columns.get::<Option<i64>>(at!("index"))?.map(|index| index as u64),
            seed: seed.parse().map_err(|error| malformed(at!("seed"), error))?,
            repeats: columns.get(at!("repeats"))?,
            device: columns.get(at!("device"))?,
            driver: columns.get(at!("driver"))?,
            version: Cow::Owned(columns.get(at!("version"))?),
            message: columns.get(at!("message"))?,
            draws: Draws::from_json(draws.as_deref())
                .map_err(|error| malformed(at!("draws"), error))?,
            value: columns.get::<Option<f64>>(at!("value"))?.unwrap_or(f64::NEG_INFINITY),
            scores: read_scores(scores.as_deref())
                .map_err(|error| malformed(at!("scores"), error))?,
        },
    })
}

/// The variant of a name in a column.
pub(super) fn named<T: Copy>(
    column: usize,
    text: &str,
    all: &[T],
    name: fn(T) -> &'static str,
) -> EngineResult<T> {
    let found = all.iter().find(|&&variant| name(variant) == text);
    found.copied().ok_or_else(|| malformed(column, format!("`{text}` is unknown")))
}

/// Scores as a JSON object; `None` where there are none. JSON has no infinities: they are written as
/// numbers that are too large, which SQLite, Python and Rust read as such. What is not a number is null.
pub(super) fn written_scores(scores: &BTreeMap<String, f64>) -> Option<String> {
    if scores.is_empty() {
        return None;
    }
    let value = |value: f64| match value {
        f64::INFINITY => "9e999".to_owned(),
        f64::NEG_INFINITY => "-9e999".to_owned(),
        _ => serde_json::Value::from(value).to_string(),
    };
    let name = |name: &str| serde_json::Value::from(name).to_string();
    let members: Vec<String> =
        scores.iter().map(|(key, score)| format!("{}:{}", name(key), value(*score))).collect();
    Some(format!("{{{}}}", members.join(",")))
}

fn read_scores(text: Option<&str>) -> Result<BTreeMap<String, f64>, serde_json::Error> {
    let Some(text) = text else { return Ok(BTreeMap::new()) };
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
    let value = |raw: &RawValue| match raw.get() {
        "null" => Ok(f64::NAN),
        number => number.parse().map_err(|_| serde::de::Error::custom("a score is not a number")),
    };
    members.into_iter().map(|(name, raw)| Ok((name, value(raw)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_comes_back_as_it_was() {
        let values =
            [0.1 + 0.2, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-300, f64::MAX];
        let scores: BTreeMap<String, f64> =
            values.iter().enumerate().map(|(at, &value)| (format!("\"{at}\n"), value)).collect();
        let text = written_scores(&scores).unwrap();
        let back = read_scores(Some(&text)).unwrap();
        let bits = |all: &BTreeMap<String, f64>| {
            all.iter().map(|(name, value)| (name.clone(), value.to_bits())).collect::<Vec<_>>()
        };
        assert_eq!(bits(&back), bits(&scores));
        assert_eq!(written_scores(&BTreeMap::new()), None);
        assert!(read_scores(Some("{\"a\":true}")).is_err());
        assert!(read_scores(Some("[")).is_err());
    }
}
