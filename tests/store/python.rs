//! The view for other programs, read by Python's own SQLite.

use std::process::Command;

use serde_json::Value;
use untrained::store::export_columns;

use crate::store::support::{Folder, filled};
use crate::support::data::skip;

/// Prints the rows of `v_result` as JSON, as `pandas.read_sql` would get them.
const SCRIPT: &str = "
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
cursor = connection.execute('select * from v_result where study = ?', (sys.argv[2],))
names = [column[0] for column in cursor.description]
print(json.dumps([dict(zip(names, row)) for row in cursor]))
";

#[test]
fn python_reads_the_view() {
    let folder = Folder::new();
    filled(&folder.db(), 3);
    let (study, rows) = filled(&folder.db(), 40);
    let mut python = Command::new("python3");
    let output = python.arg("-c").arg(SCRIPT).arg(folder.db()).arg(&study.id).output();
    let Ok(output) = output else {
        skip("there is no python3");
        return;
    };
    let error = String::from_utf8_lossy(&output.stderr);
    if error.contains("No module named") {
        skip("python3 has no sqlite3");
        return;
    }
    assert!(output.status.success(), "{error}");
    let read: Vec<serde_json::Map<String, Value>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read.len(), rows.len());
    for (read, row) in read.iter().zip(&rows) {
        let names: Vec<&str> = read.keys().map(String::as_str).collect();
        let expected: Vec<&str> = export_columns().map(|column| column.name).collect();
        assert_eq!(names, [&expected[..], &["scores"]].concat());
        let record = &row.record;
        assert_eq!(read["architecture"], record.architecture);
        let score = record.score.is_finite().then_some(record.score);
        assert_eq!(read["score"], Value::from(score));
        assert_eq!(read["status"], record.status.name());
        assert_eq!(read["macs"], record.macs);
        assert_eq!(read["index"], Value::from(record.index));
        // Beyond 63 bits SQLite has no whole numbers: such a seed is text.
        assert_eq!(read["seed"], record.seed.to_string());
        assert_eq!(read["device"], record.device);
        assert_eq!(read["position"], row.position);
        assert_eq!(read["canonical"], row.canonical);
        let time = chrono::DateTime::from_timestamp_millis(row.time_ms).unwrap();
        assert_eq!(read["time"], time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
        let scores = read["scores"].as_str().map_or(0, |text| text.matches(':').count());
        assert_eq!(scores, row.record.scores.len());
    }
}
