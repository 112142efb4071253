//! The list of result columns, for everything that writes, reads or shows them: result tables, exports,
//! the SQLite file, the tables in the documentation, and the columns by which the window sorts and filters.

use std::borrow::Cow;

use super::{Record, ResultRow, StudyInfo};

/// The type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text in UTF-8.
    Text,
    /// Whole numbers with 63 bits.
    Whole,
    /// Whole numbers that need all 64 bits.
    Unsigned,
    /// Floating-point numbers.
    Real,
    /// Milliseconds since 1970 in UTC.
    Time,
}

impl ColumnType {
    /// The type in the tables of the SQLite file, which has no unsigned numbers.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Text | Self::Unsigned => "TEXT",
            Self::Whole | Self::Time => "INTEGER",
            Self::Real => "REAL",
        }
    }
}

/// Where a column appears; each scope includes the columns of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnScope {
    /// In the table that a run writes, and everywhere else.
    RunTable,
    /// In exports and the view `v_result`, but not in the table of a run.
    Export,
    /// In the SQLite file only.
    Database,
}

/// How the numbers of a column are shown to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFormat {
    /// A whole number with thousands separators.
    Whole,
    /// A number with this many decimals.
    Decimals(usize),
}

/// A column of numbers of a record.
#[derive(Clone, Copy, Debug)]
pub struct NumericColumn {
    /// How a number is written.
    pub format: NumberFormat,
    /// The number; NaN if there is none.
    pub value: fn(&Record) -> f64,
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CellValue<'r> {
    Empty,
    Text(Cow<'r, str>),
    Whole(u64),
    Real(f64),
    Time(i64),
}

impl<'r> CellValue<'r> {
    fn text(text: Option<&'r str>) -> Self {
        text.filter(|text| !text.is_empty()).map_or(Self::Empty, |text| Self::Text(text.into()))
    }

    /// A number, or nothing where it is not finite.
    pub(super) fn real(value: f64) -> Self {
        if value.is_finite() { Self::Real(value) } else { Self::Empty }
    }

    fn optional(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::real)
    }
}

type ReadCell = for<'r> fn(&'r StudyInfo, &'r ResultRow) -> CellValue<'r>;

/// A column of results.
pub struct ResultColumn {
    /// Its name in files.
    pub name: &'static str,
    /// What its values are.
    pub column_type: ColumnType,
    /// Where it appears.
    pub scope: ColumnScope,
    /// Its heading as shown to people.
    pub header: &'static str,
    /// The unit; empty for plain numbers and texts.
    pub unit: &'static str,
    /// The meaning of its values.
    pub explanation: &'static str,
    /// Table and column of the SQLite file, as in `result.params`.
    pub sql: &'static str,
    /// How to sort and filter by it; `None` for texts, and for numbers that measure nothing.
    pub number: Option<NumericColumn>,
    /// Its value in exports.
    pub(super) cell: ReadCell,
}

/// A column that reads nothing yet.
const fn column(
    name: &'static str,
    column_type: ColumnType,
    sql: &'static str,
    cell: ReadCell,
    explanation: &'static str,
) -> ResultColumn {
    let (scope, header, unit) = (ColumnScope::RunTable, name, "");
    ResultColumn { name, column_type, scope, header, unit, explanation, sql, number: None, cell }
}

impl ResultColumn {
    const fn scope(self, scope: ColumnScope) -> Self {
        Self { scope, ..self }
    }

    const fn header(self, header: &'static str) -> Self {
        Self { header, ..self }
    }

    const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    const fn number(self, format: NumberFormat, value: fn(&Record) -> f64) -> Self {
        Self { number: Some(NumericColumn { format, value }), ..self }
    }
}

use ColumnScope::{Database, Export};
use ColumnType::{Real, Text, Time, Unsigned, Whole};
use NumberFormat::Decimals;

/// Every column, in the order of files: first those of the table of a run.
pub const RESULT_COLUMNS: [ResultColumn; 30] = [
    column(
        "architecture",
        Text,
        "result.architecture",
        |_, row| CellValue::Text(row.record.architecture.as_str().into()),
        "in the space's notation, or the name of a model file",
    ),
    column(
        "score",
        Real,
        "result.score",
        |_, row| CellValue::real(row.record.score),
        "ln |det K|, higher is better; empty (CSV) or null if it was not computed or is not finite (see status)",
    )
    .number(Decimals(4), |record| record.score),
    column(
        "sd",
        Real,
        "result.sd",
        |_, row| CellValue::optional(row.record.sd),
        "standard deviation of the score over repeats",
    )
    .number(Decimals(4), |record| record.sd.unwrap_or(f64::NAN)),
    column(
        "status",
        Text,
        "result.status",
        |_, row| CellValue::Text(row.record.status.name().into()),
        "ok, singular (two images have the same code, so the score is negative infinity), disconnected \
         (no path from input to output, excluded from ranking) or failed",
    ),
    column(
        "params",
        Whole,
        "result.params",
        |_, row| CellValue::Whole(row.record.params),
        "trainable parameters",
    )
    .number(NumberFormat::Whole, |record| record.params as f64),
    column(
        "macs",
        Whole,
        "result.macs",
        |_, row| CellValue::Whole(row.record.macs),
        "multiply-adds per image",
    )
    .header("multiply-adds")
    .number(NumberFormat::Whole, |record| record.macs as f64),
    column(
        "units",
        Whole,
        "result.units",
        |_, row| CellValue::Whole(row.record.units),
        "number of counted units V, the diagonal of the kernel matrix",
    )
    .number(NumberFormat::Whole, |record| record.units as f64),
    column(
        "seconds",
        Real,
        "result.seconds",
        |_, row| CellValue::real(row.record.seconds),
        "time spent on this architecture; its share of the time if several networks ran together",
    )
    .unit("s")
    .number(Decimals(3), |record| record.seconds),
    column(
        "layers",
        Whole,
        "result.layers",
        |_, row| CellValue::Whole(row.record.layers),
        "number of convolutions",
    )
    .number(NumberFormat::Whole, |record| record.layers as f64),
    column(
        "regions",
        Real,
        "result.regions",
        |_, row| CellValue::optional(row.record.regions),
        "number of distinct codes in the mini-batch, the mean over repeats",
    )
    .number(Decimals(1), |record| record.regions.unwrap_or(f64::NAN)),
    column(
        "accuracy",
        Real,
        "result.accuracy",
        |_, row| CellValue::optional(row.record.accuracy),
        "accuracy after training, in percent, if the search uses it",
    )
    .unit("%")
    .number(Decimals(2), |record| record.accuracy.unwrap_or(f64::NAN)),
    column(
        "index",
        Whole,
        "result.\"index\"",
        |_, row| row.record.index.map_or(CellValue::Empty, CellValue::Whole),
        "index in the order of the benchmark",
    )
    .number(NumberFormat::Whole, |record| record.index.map_or(f64::NAN, |index| index as f64)),
    column(
        "seed",
        Unsigned,
        "study.seed",
        |_, row| CellValue::Whole(row.record.seed),
        "seed of the run",
    ),
    column(
        "repeats",
        Whole,
        "result.repeats",
        |_, row| CellValue::Whole(row.record.repeats as u64),
        "number of weight initialisations that the score averages over",
    ),
    column(
        "device",
        Text,
        "device.name",
        |_, row| CellValue::Text(row.record.device.as_str().into()),
        "the device it ran on",
    ),
    column(
        "driver",
        Text,
        "device.driver",
        |_, row| CellValue::Text(row.record.driver.as_str().into()),
        "the driver and its version",
    ),
    column(
        "version",
        Text,
        "device.version",
        |_, row| CellValue::Text(row.record.version.as_ref().into()),
        "version of the program",
    ),
    column(
        "message",
        Text,
        "result.message",
        |_, row| {
            row.record
                .message
                .as_deref()
                .map_or(CellValue::Empty, |text| CellValue::Text(text.into()))
        },
        "why it failed; of a model, what is not certain about its score",
    ),
    column(
        "draws",
        Text,
        "result.draws",
        |_, row| {
            row.record.draws.to_json().map_or(CellValue::Empty, |text| CellValue::Text(text.into()))
        },
        "the value of each score in every draw of weights, a JSON object of lists; empty for one repeat",
    ),
    column("study", Text, "study.id", |study, _| CellValue::Text(study.id.as_str().into()), "ID of the study")
        .scope(Export),
    column(
        "position",
        Whole,
        "result.position",
        |_, row| CellValue::Whole(row.position),
        "position in the order of proposals, from 0",
    )
    .scope(Export),
    column(
        "canonical",
        Text,
        "result.canonical",
        |_, row| CellValue::Text(row.canonical.as_str().into()),
        "the same text for all architectures that compute the same function",
    )
    .scope(Export),
    column(
        "time",
        Time,
        "result.time",
        |_, row| CellValue::Time(row.time_ms),
        "when it was scored, in UTC",
    )
    .scope(Export),
    column(
        "marked",
        Whole,
        "remark.marked",
        |_, row| CellValue::Whole(row.remark.marked as u64),
        "1 if the architecture is starred",
    )
    .scope(Export),
    column(
        "note",
        Text,
        "remark.note",
        |_, row| CellValue::text(Some(&row.remark.note)),
        "the note on the architecture",
    )
    .scope(Export),
    column(
        "value",
        Real,
        "result.value",
        |_, row| CellValue::real(row.record.value),
        "the value that the search ranks by: the chosen score, or the accuracy",
    )
    .scope(Database)
    .number(Decimals(4), |record| record.value),
    column(
        "told",
        Real,
        "result.told",
        |_, row| CellValue::optional(row.told),
        "the score that the strategy received, if it differs from the value",
    )
    .scope(Database),
    column(
        "scores",
        Text,
        "result.scores",
        |_, _| CellValue::Empty,
        "further scores and accuracies, a JSON object; NULL if there are none",
    )
    .scope(Database),
    column(
        "key",
        Text,
        "result.key",
        |_, _| CellValue::Empty,
        "hash of everything the scores depend on, 16 bytes; NULL if they must not be reused",
    )
    .scope(Database),
    column(
        "other_key",
        Text,
        "result.other_key",
        |_, _| CellValue::Empty,
        "the same for scores on a second mini-batch",
    )
    .scope(Database),
];

/// The list, for those who keep references to its entries.
static ALL: [ResultColumn; RESULT_COLUMNS.len()] = RESULT_COLUMNS;

/// The place of a column in the list. Evaluated in a constant, a name that is not there is an error of
/// the compiler.
#[expect(
    clippy::panic,
    reason = "evaluated by the compiler; see the only callers in `database::row`"
)]
pub(super) const fn column_index(name: &str) -> usize {
    let mut index = 0;
    while index < RESULT_COLUMNS.len() {
        if is_equal(RESULT_COLUMNS[index].name.as_bytes(), name.as_bytes()) {
            return index;
        }
        index += 1;
    }
    panic!("no column has that name")
}

const fn is_equal(a: &[u8], b: &[u8]) -> bool {
    let mut index = 0;
    while index < a.len() && index < b.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    a.len() == b.len()
}

/// The columns of the table that a run writes.
pub fn run_table_columns() -> impl Iterator<Item = &'static ResultColumn> {
    ALL.iter().filter(|column| column.scope == ColumnScope::RunTable)
}

/// The columns of exports and, with `scores` at the end, of the view `v_result`.
pub fn export_columns() -> impl Iterator<Item = &'static ResultColumn> {
    ALL.iter().filter(|column| column.scope <= Export)
}

/// The columns of numbers that results can be sorted and filtered by.
pub fn numeric_columns() -> impl Iterator<Item = (&'static ResultColumn, NumericColumn)> {
    ALL.iter().filter_map(|column| Some((column, column.number?)))
}

/// A table of the columns in Markdown, as documents show them.
pub fn columns_markdown(columns: impl Iterator<Item = &'static ResultColumn>) -> String {
    let mut text = "| column | meaning |\n|---|---|\n".to_owned();
    for column in columns {
        let explanation = column.explanation.replace('|', "\\|");
        text.push_str(&format!("| `{}` | {explanation} |\n", column.name));
    }
    text
}

/// The columns of the view `v_result`: those of exports, and the further scores as one object.
pub fn view_columns() -> impl Iterator<Item = &'static ResultColumn> {
    const SCORES: usize = column_index("scores");
    export_columns().chain(std::iter::once(&ALL[SCORES]))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn columns_are_in_the_order_of_their_scopes_and_every_name_is_there_once() {
        assert!(ALL.is_sorted_by_key(|column| column.scope));
        let names: HashSet<_> = ALL.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), ALL.len());
        assert_eq!((run_table_columns().count(), export_columns().count()), (19, 25));
        for (index, column) in ALL.iter().enumerate() {
            assert_eq!(column_index(column.name), index);
        }
    }

    #[test]
    fn numbers_are_those_of_the_record() {
        let names: Vec<&str> = numeric_columns().map(|(column, _)| column.name).collect();
        let expected = [
            "score", "sd", "params", "macs", "units", "seconds", "layers", "regions", "accuracy",
            "index", "value",
        ];
        assert_eq!(names, expected);
        for (column, _) in numeric_columns() {
            assert!(matches!(column.column_type, Whole | Real), "{}", column.name);
        }
    }
}
