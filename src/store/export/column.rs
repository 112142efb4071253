//! The columns of exported files.

use std::borrow::Cow;

use crate::store::{ResultRow, StudyInfo};

/// A column of every export.
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub about: &'static str,
    pub(super) kind: Kind,
    value: for<'r> fn(&'r StudyInfo, &'r ResultRow) -> Cell<'r>,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    /// Whole numbers that need all 64 bits.
    Unsigned,
    Real,
    /// Milliseconds since 1970.
    Time,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'r> {
    Empty,
    Text(&'r str),
    Whole(u64),
    Real(f64),
    Time(i64),
}

impl<'r> Cell<'r> {
    fn text(text: Option<&'r str>) -> Self {
        text.map_or(Self::Empty, Self::Text)
    }

    /// A number, or nothing where it is not finite.
    fn real(value: f64) -> Self {
        if value.is_finite() { Self::Real(value) } else { Self::Empty }
    }
}

const fn column(
    name: &'static str,
    kind: Kind,
    value: for<'r> fn(&'r StudyInfo, &'r ResultRow) -> Cell<'r>,
    about: &'static str,
) -> Column {
    Column { name, about, kind, value }
}

/// The columns, in order. The first eighteen are those of the tables that `--out` writes.
pub const COLUMNS: [Column; 24] = [
    column(
        "architecture",
        Kind::Text,
        |_, row| Cell::Text(&row.record.architecture),
        "in the space's notation, or the name of a model file",
    ),
    column(
        "score",
        Kind::Real,
        |_, row| Cell::real(row.record.score),
        "ln |det K|, higher is better; empty where it is not finite, see status",
    ),
    column(
        "sd",
        Kind::Real,
        |_, row| row.record.sd.map_or(Cell::Empty, Cell::real),
        "standard deviation over repeats",
    ),
    column(
        "status",
        Kind::Text,
        |_, row| Cell::Text(row.record.status.name()),
        "ok, singular (the score is negative infinity), disconnected or failed",
    ),
    column("params", Kind::Whole, |_, row| Cell::Whole(row.record.params), "trainable parameters"),
    column("macs", Kind::Whole, |_, row| Cell::Whole(row.record.macs), "multiply-adds per image"),
    column("units", Kind::Whole, |_, row| Cell::Whole(row.record.units), "counted units V"),
    column("seconds", Kind::Real, |_, row| Cell::real(row.record.seconds), "time spent on it"),
    column(
        "layers",
        Kind::Whole,
        |_, row| Cell::Whole(row.record.layers),
        "number of convolutions",
    ),
    column(
        "regions",
        Kind::Real,
        |_, row| row.record.regions.map_or(Cell::Empty, Cell::real),
        "different codes in the mini-batch, the mean over repeats",
    ),
    column(
        "accuracy",
        Kind::Real,
        |_, row| row.record.accuracy.map_or(Cell::Empty, Cell::real),
        "after training, in percent",
    ),
    column(
        "index",
        Kind::Whole,
        |_, row| row.record.index.map_or(Cell::Empty, Cell::Whole),
        "number in the benchmark's order",
    ),
    column("seed", Kind::Unsigned, |_, row| Cell::Whole(row.record.seed), "seed of the run"),
    column(
        "repeats",
        Kind::Whole,
        |_, row| Cell::Whole(row.record.repeats.into()),
        "weight draws behind the score",
    ),
    column("device", Kind::Text, |_, row| Cell::Text(&row.record.device), "what it ran on"),
    column("driver", Kind::Text, |_, row| Cell::Text(&row.record.driver), "driver and its version"),
    column(
        "version",
        Kind::Text,
        |_, row| Cell::Text(&row.record.version),
        "version of the program",
    ),
    column(
        "message",
        Kind::Text,
        |_, row| Cell::text(row.record.message.as_deref()),
        "why it failed",
    ),
    column("study", Kind::Text, |study, _| Cell::Text(&study.id), "id of the study"),
    column(
        "position",
        Kind::Whole,
        |_, row| Cell::Whole(row.position),
        "place in the order of proposal, from 0",
    ),
    column(
        "canonical",
        Kind::Text,
        |_, row| Cell::Text(&row.canonical),
        "the same for architectures that are one function",
    ),
    column("time", Kind::Time, |_, row| Cell::Time(row.time_ms), "when it was scored, in UTC"),
    column(
        "marked",
        Kind::Whole,
        |_, row| Cell::Whole(row.remark.marked.into()),
        "1 for an architecture with a star",
    ),
    column(
        "note",
        Kind::Text,
        |_, row| Cell::text(Some(row.remark.note.as_str()).filter(|note| !note.is_empty())),
        "what somebody noted of it",
    ),
];

/// A column of one file: one of the list, or a further score.
pub(super) enum Heading<'n> {
    Listed(&'static Column),
    Score(&'n str),
}

impl<'n> Heading<'n> {
    pub(super) fn all(scores: &'n [String]) -> Vec<Self> {
        static ALL: [Column; COLUMNS.len()] = COLUMNS;
        let listed = ALL.iter().map(Self::Listed);
        listed.chain(scores.iter().map(|name| Self::Score(name))).collect()
    }

    pub(super) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Listed(column) => Cow::Borrowed(column.name),
            Self::Score(name) => Cow::Owned(format!("scores.{name}")),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Listed(column) => column.kind,
            Self::Score(_) => Kind::Real,
        }
    }

    pub(super) fn cell<'r>(&self, study: &'r StudyInfo, row: &'r ResultRow) -> Cell<'r> {
        match self {
            Self::Listed(column) => (column.value)(study, row),
            Self::Score(name) => {
                row.scores.get(*name).map_or(Cell::Empty, |&score| Cell::real(score))
            }
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
    use crate::store::Record;

    #[test]
    fn the_first_columns_are_those_of_the_tables_and_every_name_is_there_once() {
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        assert_eq!(names[..Record::COLUMNS.len()], Record::COLUMNS);
        let different: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len());
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(time_text(0), "1970-01-01T00:00:00.000Z");
        // `date -u -d @1234567890` says 23:31:30 on 13 February 2009.
        assert_eq!(time_text(1_234_567_890_123), "2009-02-13T23:31:30.123Z");
    }
}
