//! Exported files hold what the study holds.

use std::collections::HashSet;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;
use untrained::store::{
    ExportError, ExportRows, ResultRow, Store, StudyInfo, export, export_columns,
};

use crate::store::support::{Folder, filled, message};

/// More than one group of rows of a Parquet file.
const ROWS: u64 = 70_000;

struct Exported {
    folder: Folder,
    study: StudyInfo,
    rows: Vec<ResultRow>,
}

fn exported(rows: u64, ending: &str) -> Exported {
    let folder = Folder::new();
    let (study, appended) = filled(&folder.db(), rows);
    let store = Store::read(&folder.db()).unwrap();
    let path = folder.path(&format!("out.{ending}"));
    assert_eq!(export(&store, &study, ExportRows::All, &path, false).unwrap(), rows);
    Exported { folder, study, rows: appended }
}

impl Exported {
    fn path(&self, ending: &str) -> std::path::PathBuf {
        self.folder.path(&format!("out.{ending}"))
    }

    /// What a row is to be, by column, as JSON.
    fn expected(&self, row: &ResultRow) -> Vec<(String, Value)> {
        let number = |value: f64| Value::from(value);
        let time = chrono::DateTime::from_timestamp_millis(row.time_ms).unwrap();
        let record = &row.record;
        let further =
            |name: &str| row.record.scores.get(name).map_or(Value::Null, |&score| number(score));
        let values: [Value; 27] = [
            record.architecture.clone().into(),
            number(record.score),
            record.sd.into(),
            record.status.name().into(),
            record.params.into(),
            record.macs.into(),
            record.units.into(),
            record.seconds.into(),
            record.layers.into(),
            record.regions.into(),
            record.accuracy.into(),
            record.index.into(),
            record.seed.into(),
            record.repeats.into(),
            record.device.clone().into(),
            record.driver.clone().into(),
            record.version.clone().into(),
            record.message.clone().into(),
            record.draws.to_json().into(),
            self.study.id.clone().into(),
            row.position.into(),
            row.canonical.clone().into(),
            time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into(),
            u64::from(row.remark.marked).into(),
            Some(row.remark.note.clone()).filter(|note| !note.is_empty()).into(),
            further("accuracy"),
            further("synflow"),
        ];
        let names = export_columns().map(|column| column.name.to_owned());
        names
            .chain(["scores.accuracy".to_owned(), "scores.synflow".to_owned()])
            .zip(values)
            .collect()
    }
}

#[test]
fn csv_comes_back() {
    let exported = exported(500, "csv");
    let mut reader = csv::Reader::from_path(exported.path("csv")).unwrap();
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(records.len(), exported.rows.len());
    for (record, row) in records.iter().zip(&exported.rows) {
        for ((field, header), (name, value)) in
            record.iter().zip(&headers).zip(exported.expected(row))
        {
            assert_eq!(*header, name);
            let same = match &value {
                Value::Null => field.is_empty(),
                Value::String(text) => field == text,
                // Bit for bit: the text is the shortest that reads back as the number.
                number => serde_json::from_str::<Value>(field).unwrap() == *number,
            };
            assert!(same, "{name}: {field} is not {value}");
        }
    }
}

#[test]
fn json_lines_come_back() {
    let exported = exported(500, "jsonl");
    let text = std::fs::read_to_string(exported.path("jsonl")).unwrap();
    assert_eq!(text.lines().count(), exported.rows.len());
    for (line, row) in text.lines().zip(&exported.rows) {
        let read: Value = serde_json::from_str(line).unwrap();
        for (name, value) in exported.expected(row) {
            let read = match name.split_once('.') {
                Some((object, member)) => &read[object][member],
                None => &read[&name],
            };
            assert_eq!(*read, value, "{name}");
        }
        assert_eq!(read.as_object().unwrap().len(), export_columns().count() + 1);
    }
}

fn parquet_value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Str(text) => text.clone().into(),
        Field::Long(number) => (*number).into(),
        Field::ULong(number) => (*number).into(),
        Field::Double(number) => (*number).into(),
        Field::TimestampMillis(time) => chrono::DateTime::from_timestamp_millis(*time)
            .unwrap()
            .format("%Y-%m-%dT%H:%M:%S%.3fZ")
            .to_string()
            .into(),
        other => panic!("unexpected {other:?}"),
    }
}

#[test]
fn parquet_comes_back() {
    let exported = exported(ROWS, "parquet");
    let file = std::fs::File::open(exported.path("parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows() as u64, ROWS);
    assert!(reader.metadata().num_row_groups() > 1, "the test needs more rows");
    let read = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    for (read, row) in read.zip(&exported.rows) {
        let expected = exported.expected(row);
        for ((name, field), (expected_name, value)) in read.get_column_iter().zip(expected) {
            assert_eq!(*name, expected_name);
            assert_eq!(parquet_value(field), value, "{name} of row {}", row.position);
        }
    }
}

#[test]
fn a_study_without_results_and_further_scores_is_exported_as_well() {
    for ending in ["csv", "jsonl", "parquet"] {
        let exported = exported(0, ending);
        let bytes = std::fs::read(exported.path(ending)).unwrap();
        assert_eq!(bytes.is_empty(), ending == "jsonl", "{ending}");
    }
    let exported = exported(1, "jsonl");
    let line = std::fs::read_to_string(exported.path("jsonl")).unwrap();
    let read: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(read.as_object().unwrap().len(), export_columns().count(), "{line}");
}

#[test]
fn files_are_not_replaced_unasked_and_never_by_half_of_one() {
    let folder = Folder::new();
    let (study, _) = filled(&folder.db(), 3);
    let store = Store::read(&folder.db()).unwrap();
    let path = folder.path("out.csv");
    let refused = |path: &Path, overwrite, words: &[&str]| {
        let error: ExportError =
            export(&store, &study, ExportRows::All, path, overwrite).unwrap_err();
        let message = message(&error);
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    std::fs::write(&path, "precious").unwrap();
    refused(&path, false, &["out.csv exists", "allow overwriting"]);
    refused(&folder.path("out.xlsx"), false, &["out.xlsx", ".csv, .jsonl, .parquet, .tex or .md"]);
    refused(&folder.path("no/out.csv"), false, &["cannot write", "out.csv"]);
    std::fs::create_dir(folder.path("folder.csv")).unwrap();
    refused(&folder.path("folder.csv"), true, &["folder.csv", "is a directory"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    // A result that cannot be read stops the export half way.
    let connection = rusqlite::Connection::open(folder.db()).unwrap();
    connection.execute("UPDATE result SET key = x'00' WHERE position = 2", []).unwrap();
    refused(&path, true, &["damaged"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    connection.execute("UPDATE result SET key = NULL", []).unwrap();
    assert_eq!(export(&store, &study, ExportRows::All, &path, true).unwrap(), 3);
    let left: Vec<_> = std::fs::read_dir(folder.path("")).unwrap().collect();
    assert!(
        left.iter().all(|file| {
            !file.as_ref().unwrap().file_name().to_string_lossy().contains("partial")
        })
    );
}

#[test]
fn chosen_positions_are_written_and_no_others() {
    let folder = Folder::new();
    let (study, _) = filled(&folder.db(), 10);
    let store = Store::read(&folder.db()).unwrap();
    let path = folder.path("some.csv");
    let positions = HashSet::from([7, 2, 99]);
    assert_eq!(export(&store, &study, ExportRows::Positions(&positions), &path, false).unwrap(), 2);
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let at = reader.headers().unwrap().iter().position(|name| name == "position").unwrap();
    let written: Vec<String> =
        reader.records().map(|record| record.unwrap()[at].to_owned()).collect();
    assert_eq!(written, ["2", "7"]);
}
