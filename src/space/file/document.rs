//! The values of a space file, TOML or JSON, with the line of each.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use crate::nearest;
use crate::space::problem::{SpaceOverride, SpaceProblem};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 32;

/// What a file says, before it is checked.
pub(super) struct SpaceDocument {
    /// The values, an object.
    pub value: Value,
    lines: HashMap<String, usize>,
}

impl SpaceDocument {
    /// Reads TOML, or JSON where the text starts as a JSON object does.
    pub(super) fn parse(text: &str) -> Result<Self, SpaceProblem> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = DocumentReader { text, lines: HashMap::new() };
        let value = if text.trim_start().starts_with('{') {
            let raw: &RawValue = serde_json::from_str(text).map_err(|error| json_error(&error))?;
            reader.json(raw, "", 0)?
        } else if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
            let message = "is JSON, but not an object: a space file has keys, as in {\"format\": \
                           \"untrained-space/1\", ..}";
            return Err(SpaceProblem::at("", message));
        } else {
            let table = DeTable::parse(text).map_err(|error| reader.toml_error(&error))?;
            reader.table(table.get_ref(), "")?
        };
        Ok(Self { value, lines: reader.lines })
    }

    /// Puts a value in the place of the file's.
    pub(super) fn set(&mut self, setting: &SpaceOverride) -> Result<(), SpaceProblem> {
        let wrong = |message: &str| SpaceProblem::at(&setting.key, message);
        let mut place = &mut self.value;
        for part in setting.key.split('.') {
            if part.is_empty() {
                return Err(wrong("is not a key: keys are written section.name"));
            }
            place = match place {
                Value::Object(map) => map.entry(part).or_insert_with(|| Value::Object(Map::new())),
                Value::Array(list) => part
                    .parse::<usize>()
                    .ok()
                    .and_then(|at| list.get_mut(at))
                    .ok_or_else(|| wrong("names no entry of the list"))?,
                _ => return Err(wrong("goes deeper than the file does")),
            };
        }
        *place = setting.value.clone();
        Ok(())
    }

    /// The line of a path, or of the nearest thing around it that has one.
    pub(super) fn line(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(&line) = self.lines.get(path) {
                return Some(line);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// `path.key`, or the key alone at the top.
pub(super) fn member(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Walks a file's text and notes where things stand.
struct DocumentReader<'t> {
    text: &'t str,
    lines: HashMap<String, usize>,
}

impl<'t> DocumentReader<'t> {
    fn line_of(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|&&byte| byte == b'\n').count()
    }

    fn note(&mut self, path: &str, offset: usize) {
        let line = self.line_of(offset);
        self.lines.insert(path.to_owned(), line);
    }

    fn toml_error(&self, error: &toml::de::Error) -> SpaceProblem {
        let offset = error.span().map(|Range { start, .. }| start);
        let mut problem = SpaceProblem::at("", error.message());
        problem.line = offset.map(|offset| self.line_of(offset));
        problem
    }

    fn table(&mut self, table: &DeTable<'_>, path: &str) -> Result<Value, SpaceProblem> {
        let mut map = Map::new();
        for (key, value) in table {
            let path = member(path, key.get_ref());
            self.note(&path, key.span().start);
            map.insert(key.get_ref().to_string(), self.toml(value.get_ref(), &path)?);
        }
        Ok(Value::Object(map))
    }

    fn toml(&mut self, value: &DeValue<'_>, path: &str) -> Result<Value, SpaceProblem> {
        Ok(match value {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map(Value::from)
                .map_err(|_| self.problem(path, "is a number beyond 64 bits"))?,
            DeValue::Float(number) => number
                .as_str()
                .parse::<f64>()
                .ok()
                .and_then(serde_json::Number::from_f64)
                .map(Value::Number)
                .ok_or_else(|| self.problem(path, "is not a finite number"))?,
            DeValue::Datetime(_) => {
                return Err(self.problem(path, "is a date, which is not a valid value"));
            }
            DeValue::Array(list) => {
                let mut values = Vec::with_capacity(list.len());
                for (position, value) in list.iter().enumerate() {
                    let path = format!("{path}[{position}]");
                    self.note(&path, value.span().start);
                    values.push(self.toml(value.get_ref(), &path)?);
                }
                Value::Array(values)
            }
            DeValue::Table(table) => self.table(table, path)?,
        })
    }

    fn problem(&self, path: &str, message: &str) -> SpaceProblem {
        let mut problem = SpaceProblem::at(path, message);
        problem.line = self.lines.get(path).copied();
        problem
    }

    fn json(&mut self, raw: &'t RawValue, path: &str, depth: usize) -> Result<Value, SpaceProblem> {
        let text = raw.get();
        let offset = text.as_ptr() as usize - self.text.as_ptr() as usize;
        if !path.is_empty() {
            self.note(path, offset);
        }
        if depth > MAX_DEPTH {
            return Err(self.problem(path, "is nested too deeply"));
        }
        let inner = |error: serde_json::Error| {
            let mut problem = json_error(&error);
            problem.path = path.to_owned();
            problem.line = Some(self.line_of(offset) + error.line().saturating_sub(1));
            problem
        };
        match text.as_bytes().first() {
            Some(b'{') => {
                let members: ObjectMembers<'t> = serde_json::from_str(text).map_err(inner)?;
                let mut map = Map::new();
                for (key, raw) in members.0 {
                    let path = member(path, &key);
                    let value = self.json(raw, &path, depth + 1)?;
                    if map.insert(key, value).is_some() {
                        return Err(self.problem(&path, "is given twice"));
                    }
                }
                Ok(Value::Object(map))
            }
            Some(b'[') => {
                let entries: ArrayEntries<'t> = serde_json::from_str(text).map_err(inner)?;
                let mut list = Vec::with_capacity(entries.0.len());
                for (position, raw) in entries.0.into_iter().enumerate() {
                    list.push(self.json(raw, &format!("{path}[{position}]"), depth + 1)?);
                }
                Ok(Value::Array(list))
            }
            _ => serde_json::from_str(text).map_err(inner),
        }
    }
}

fn json_error(error: &serde_json::Error) -> SpaceProblem {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let mut problem = SpaceProblem::at("", &nearest::excerpt(message));
    problem.line = Some(error.line());
    problem
}

/// An object's members in their order, values as they are written.
struct ObjectMembers<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for ObjectMembers<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Visit).map(ObjectMembers)
    }
}

/// A list's entries as they are written.
struct ArrayEntries<'t>(Vec<&'t RawValue>);

impl<'de: 't, 't> Deserialize<'de> for ArrayEntries<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Vec<&'de RawValue>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = list.next_element()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_seq(Visit).map(ArrayEntries)
    }
}
