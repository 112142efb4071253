//! JSON with an object for each row: on a line of its own (JSON Lines), in a list, or the columns of
//! all rows in one object, as pandas writes them.

use std::collections::{HashMap, VecDeque};
use std::io::BufRead;

use serde_json::{Map, Value};

use super::keys::{is_key, plain_name};
use super::pieces::{JsonFault, JsonPieces};
use super::{RowPlace, RowSource, TableRow, TabularError, text};

/// The longest row, and the longest table of columns.
const MAX_BYTES: usize = 4 << 20;
/// The column of rows that stand under their architectures.
const ARCHITECTURE: &str = "architecture";
/// What members a table has that pandas split into parts.
const SPLIT: [&str; 2] = ["columns", "data"];

/// Rows of JSON.
pub(super) struct JsonRows {
    pieces: JsonPieces<Box<dyn BufRead>>,
    state: JsonState,
    /// The position of each column.
    known: HashMap<String, usize>,
    /// Rows of a table of columns.
    ahead: VecDeque<TableRow>,
    rows: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum JsonState {
    Start,
    /// Between objects on lines; whether one was taken.
    Lines,
    /// In a list.
    List,
    End,
}

/// The rows of a text.
pub(super) fn open(reader: Box<dyn BufRead>) -> Result<JsonRows, TabularError> {
    let pieces = JsonPieces::new(text::utf8(reader)?, MAX_BYTES);
    let (known, ahead) = (HashMap::new(), VecDeque::new());
    Ok(JsonRows { pieces, state: JsonState::Start, known, ahead, rows: 0 })
}

/// Whether the beginning of a text has a row that names an architecture.
pub(super) fn names_architectures(head: &[u8]) -> bool {
    let mut pieces = JsonPieces::new(head, MAX_BYTES);
    let mut look = || -> Result<bool, JsonFault> {
        let is_list = pieces.enter(b'[')?;
        if !pieces.enter(b'{')? {
            return Ok(false);
        }
        let (mut first, mut split) = (true, 0);
        while pieces.more(first, b'}')? {
            first = false;
            let key = pieces.key()?;
            if is_key(&plain_name(&key)) {
                return Ok(true);
            }
            split += usize::from(SPLIT.contains(&key.as_str()));
            if split == SPLIT.len() {
                return Ok(true);
            }
            let value = pieces.value()?;
            // A row under its number or its architecture.
            if !is_list && serde_json::from_slice(value).is_ok_and(|value: Value| is_row(&value)) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    look().unwrap_or(false)
}

/// Whether a value is an object that names an architecture or has nothing but numbers and texts.
fn is_row(value: &Value) -> bool {
    let members = value.as_object().filter(|members| !members.is_empty());
    members.is_some_and(|members| has_key(value) || members.values().all(is_scalar))
}

/// Whether a value is an object that names an architecture.
fn has_key(value: &Value) -> bool {
    value.as_object().is_some_and(|row| row.keys().any(|name| is_key(&plain_name(name))))
}

/// An object with the line in which it begins.
type NumberedObject = (u64, Map<String, Value>);

impl JsonRows {
    /// The next object with the line in which it begins.
    fn object(&mut self) -> Result<Option<NumberedObject>, JsonFault> {
        let mut first = false;
        if self.state == JsonState::Start {
            first = true;
            self.state = match self.pieces.enter(b'[')? {
                true => JsonState::List,
                false => JsonState::Lines,
            };
        }
        let more = match self.state {
            JsonState::List => self.pieces.more(first, b']')?,
            JsonState::Lines => self.pieces.peek()?.is_some(),
            JsonState::Start | JsonState::End => false,
        };
        if !more {
            self.state = JsonState::End;
            return Ok(None);
        }
        self.pieces.peek()?;
        let line = self.pieces.line();
        let object = serde_json::from_slice(self.pieces.value()?)
            .map_err(|error| super::wrong(&format!("is not a JSON object ({error})")))?;
        Ok(Some((line, object)))
    }

    /// The row of an object.
    fn row(
        &mut self,
        place: RowPlace,
        object: Map<String, Value>,
        header: &mut Vec<String>,
    ) -> TableRow {
        let mut cells = Vec::with_capacity(header.len());
        for (name, value) in object {
            match value {
                // Columns `scores.NAME`, as in other formats of this program.
                Value::Object(members)
                    if !is_key(&plain_name(&name)) && members.values().all(is_scalar) =>
                {
                    for (member, value) in members {
                        self.set(&mut cells, header, format!("{name}.{member}"), &value);
                    }
                }
                value => self.set(&mut cells, header, name, &value),
            }
        }
        TableRow { place, cells }
    }

    fn set(
        &mut self,
        cells: &mut Vec<String>,
        header: &mut Vec<String>,
        name: String,
        value: &Value,
    ) {
        let column = *self.known.entry(name).or_insert_with_key(|name| {
            header.push(name.trim().to_owned());
            header.len() - 1
        });
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = cell(value);
    }

    /// The rows of an object of columns; nothing if it is not one.
    fn columns(object: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
        if let [Some(Value::Array(columns)), Some(Value::Array(data))] =
            SPLIT.map(|key| object.get(key))
        {
            let row = |row: &Value| {
                let cells = row.as_array()?.iter().cloned();
                Some(columns.iter().map(cell).zip(cells).collect())
            };
            return data.iter().map(row).collect();
        }
        if object.is_empty() || !object.values().all(Value::is_object) {
            return None;
        }
        let Some(key) = object.iter().find(|(name, _)| is_key(&plain_name(name))) else {
            return Self::named_rows(object);
        };
        let rows: Vec<&String> = key.1.as_object()?.keys().collect();
        let row = |row: &&String| {
            let cell = |(name, column): (&String, &Value)| {
                Some((name.clone(), column.get(row.as_str())?.clone()))
            };
            object.iter().filter_map(cell).collect()
        };
        Some(rows.iter().map(row).collect())
    }

    /// The rows of an object of rows, under their numbers or their architectures; nothing if it is a row
    /// whose members have parts.
    fn named_rows(object: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
        let named = object.values().filter(|row| has_key(row)).count();
        let are_plain = || {
            let mut rows = object.values().filter_map(Value::as_object);
            rows.all(|row| row.values().all(is_scalar))
        };
        if named < object.len() && (named > 0 || !are_plain()) {
            return None;
        }
        let row = |(name, row): (&String, &Value)| {
            let mut row = row.as_object()?.clone();
            if named == 0 {
                row.insert(ARCHITECTURE.to_owned(), Value::String(name.clone()));
            }
            Some(row)
        };
        object.iter().map(row).collect()
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// A value as a cell. Architectures may be JSON themselves.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl RowSource for JsonRows {
    fn next(&mut self, header: &mut Vec<String>) -> Result<Option<TableRow>, TabularError> {
        if let Some(row) = self.ahead.pop_front() {
            return Ok(Some(row));
        }
        let next = self.object().map_err(|fault| match fault {
            JsonFault::Read(error) => TabularError::Read(error),
            JsonFault::Wrong(problem) => {
                let place = RowPlace::line(self.pieces.line()).to_string();
                TabularError::Content { place, problem }
            }
        })?;
        let Some((line, object)) = next else { return Ok(None) };
        self.rows += 1;
        if self.rows == 1
            && let Some(rows) = Self::columns(&object)
        {
            for (number, object) in rows.into_iter().enumerate() {
                let row = self.row(RowPlace::row(number as u64 + 1), object, header);
                self.ahead.push_back(row);
            }
            return Ok(self.ahead.pop_front());
        }
        // A list on one line counts its rows.
        let place = match self.state {
            JsonState::List => RowPlace::row(self.rows),
            _ => RowPlace::line(line),
        };
        Ok(Some(self.row(place, object, header)))
    }
}
