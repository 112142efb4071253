//! The columns of one exported file.

use std::borrow::Cow;

use crate::store::column::{CellValue, ColumnType, ResultColumn, export_columns};
use crate::store::{ResultRow, StudyInfo};

/// A column of one file: one of the list, or a further score.
pub(super) enum ExportHeading<'n> {
    Listed(&'static ResultColumn),
    Score(&'n str),
}

impl<'n> ExportHeading<'n> {
    pub(super) fn all(scores: &'n [String]) -> Vec<Self> {
        let listed = export_columns().map(Self::Listed);
        listed.chain(scores.iter().map(|name| Self::Score(name))).collect()
    }

    pub(super) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Listed(column) => Cow::Borrowed(column.name),
            Self::Score(name) => Cow::Owned(format!("scores.{name}")),
        }
    }

    pub(super) fn column_type(&self) -> ColumnType {
        match self {
            Self::Listed(column) => column.column_type,
            Self::Score(_) => ColumnType::Real,
        }
    }

    pub(super) fn cell<'r>(&self, study: &'r StudyInfo, row: &'r ResultRow) -> CellValue<'r> {
        match self {
            Self::Listed(column) => (column.cell)(study, row),
            Self::Score(name) => row
                .record
                .scores
                .get(*name)
                .map_or(CellValue::Empty, |&score| CellValue::real(score)),
        }
    }
}

/// A time as text: `2026-11-24T11:34:07.123Z`.
pub(super) fn time_text(time_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(time_ms).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(time_text(0), "1970-01-01T00:00:00.000Z");
        // `date -u -d @1234567890` says 23:31:30 on 13 February 2009.
        assert_eq!(time_text(1_234_567_890_123), "2009-02-13T23:31:30.123Z");
    }
}
