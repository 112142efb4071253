//! Checks the values of a file against the JSON Schema of its types, and collects the errors.

use serde_json::{Map, Value};

use super::document::member;
use crate::nearest;
use crate::space::problem::ProblemList;

/// The most entries of a list: far more than networks have layers, and few enough to be checked at once.
const MOST_ENTRIES: usize = 4096;

/// The schema of all types, to look up its references.
pub(super) struct SpaceChecker<'s> {
    pub definitions: &'s Map<String, Value>,
}

impl<'s> SpaceChecker<'s> {
    /// Notes everything in a value that the schema does not allow.
    pub(super) fn check(
        &self,
        schema: &'s Value,
        value: &Value,
        path: &str,
        problems: &mut ProblemList,
    ) {
        let schema = self.resolve(schema);
        if let Some(alternatives) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
            return self.check_alternatives(schema, alternatives, value, path, problems);
        }
        if !allows_type(schema, value) {
            return self.mismatch(schema, value, path, problems);
        }
        match value {
            Value::Object(map) => self.check_object(schema, map, path, problems),
            Value::Array(list) => self.check_list(schema, list, path, problems),
            Value::String(text) => check_text(schema, text, path, problems),
            Value::Number(_) => check_number(schema, value, path, problems),
            _ => {}
        }
    }

    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
        name.and_then(|name| self.definitions.get(name)).map_or(schema, |found| self.resolve(found))
    }

    /// Descends into the alternative that the value means: the one of its type and, for objects, of
    /// its keys.
    fn check_alternatives(
        &self,
        schema: &'s Value,
        alternatives: &'s Value,
        value: &Value,
        path: &str,
        problems: &mut ProblemList,
    ) {
        let all: Vec<&Value> =
            alternatives.as_array().into_iter().flatten().map(|one| self.resolve(one)).collect();
        if let Some(texts) = constants(&all)
            && let Value::String(text) = value
        {
            if !texts.contains(&text.as_str()) {
                problems.add(path, not_one_of(text, texts));
            }
            return;
        }
        let typed: Vec<&Value> = all.into_iter().filter(|one| allows_type(one, value)).collect();
        match typed.as_slice() {
            [] => self.mismatch(schema, value, path, problems),
            [one] => self.check(one, value, path, problems),
            several => {
                let keys: Vec<&str> = several.iter().flat_map(|one| required(one)).collect();
                let named =
                    several.iter().find(|one| required(one).any(|key| value.get(key).is_some()));
                match named {
                    Some(one) => self.check(one, value, path, problems),
                    None => {
                        problems.add(path, format!("needs one of the keys {}", keys.join(", ")))
                    }
                }
            }
        }
    }

    fn mismatch(&self, schema: &'s Value, value: &Value, path: &str, problems: &mut ProblemList) {
        problems.add(path, format!("is {}, expected {}", found(value), self.expected(schema)));
    }

    fn check_object(
        &self,
        schema: &'s Value,
        map: &Map<String, Value>,
        path: &str,
        problems: &mut ProblemList,
    ) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let known = || properties.into_iter().flat_map(|all| all.keys().map(String::as_str));
        for key in required(schema).filter(|key| !map.contains_key(*key)) {
            let expected = properties.and_then(|all| all.get(key)).map(|one| self.expected(one));
            let expected = expected.unwrap_or_default();
            problems.add(path, format!("is missing the key `{key}`, {expected}"));
        }
        for (key, value) in map {
            let path = member(path, key);
            match (properties.and_then(|all| all.get(key)), schema.get("additionalProperties")) {
                (Some(schema), _) => self.check(schema, value, &path, problems),
                (None, Some(Value::Bool(false))) => {
                    let hint = nearest::hint(key, known());
                    problems.add(path, format!("is not a valid key here; {hint}"));
                }
                (None, Some(others)) => self.check(others, value, &path, problems),
                (None, None) => {}
            }
        }
    }

    fn check_list(
        &self,
        schema: &'s Value,
        list: &[Value],
        path: &str,
        problems: &mut ProblemList,
    ) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
        let length = list.len() as u64;
        if list.len() > MOST_ENTRIES {
            problems.add(path, format!("has {length} entries; a list has at most {MOST_ENTRIES}"));
            return;
        }
        if bound("minItems").is_some_and(|least| length < least)
            || bound("maxItems").is_some_and(|most| length > most)
        {
            let message = format!("has {length} entries, expected {}", self.expected(schema));
            problems.add(path, message);
        }
        let Some(items) = schema.get("items") else { return };
        for (position, value) in list.iter().enumerate() {
            self.check(items, value, &format!("{path}[{position}]"), problems);
        }
    }

    /// What a schema allows, in words.
    fn expected(&self, schema: &'s Value) -> String {
        let schema = self.resolve(schema);
        if let Some(all) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
            let all: Vec<&Value> = all.as_array().into_iter().flatten().collect();
            let resolved: Vec<&Value> = all.iter().map(|one| self.resolve(one)).collect();
            if let Some(texts) = constants(&resolved) {
                return format!("one of {}", texts.join(", "));
            }
            let words: Vec<String> = all
                .iter()
                .filter(|one| one.get("type").is_none_or(|kind| kind != "null"))
                .map(|one| self.expected(one))
                .collect();
            return words.join(" or ");
        }
        if let Some(Value::Array(texts)) = schema.get("enum") {
            let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
            return format!("one of {}", texts.join(", "));
        }
        match types(schema).first().copied() {
            Some("integer") => format!("a whole number{}", range(schema, "minimum", "maximum")),
            Some("number") => format!("a number{}", range(schema, "minimum", "maximum")),
            Some("string") => "a text".to_owned(),
            Some("boolean") => "true or false".to_owned(),
            Some("array") => {
                let bounds = range(schema, "minItems", "maxItems");
                let count = if bounds.is_empty() { bounds } else { format!(" of{bounds}") };
                let items = schema.get("items").map(|items| self.expected(items));
                format!("a list{count}: each {}", items.unwrap_or_else(|| "a value".to_owned()))
            }
            Some("object") => {
                let keys: Vec<&str> = required(schema).collect();
                if keys.is_empty() {
                    "a table".to_owned()
                } else {
                    format!("a table with {}", keys.join(", "))
                }
            }
            _ => "a value".to_owned(),
        }
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn allows_type(schema: &Value, value: &Value) -> bool {
    if let Some(all) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
        return all.as_array().into_iter().flatten().any(|one| allows_type(one, value));
    }
    let types = types(schema);
    types.is_empty()
        || types.iter().any(|kind| match *kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "integer" => value.is_u64() || value.is_i64(),
            _ => value.is_number(),
        })
}

/// The texts of alternatives that are all single texts.
fn constants<'v>(all: &[&'v Value]) -> Option<Vec<&'v str>> {
    all.iter().map(|one| one.get("const").and_then(Value::as_str)).collect()
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn not_one_of(text: &str, texts: Vec<&str>) -> String {
    format!("is `{}`; {}", nearest::excerpt(text), nearest::hint(text, texts))
}

fn check_text(schema: &Value, text: &str, path: &str, problems: &mut ProblemList) {
    if let Some(only) = schema.get("const").and_then(Value::as_str)
        && only != text
    {
        problems.add(path, not_one_of(text, vec![only]));
    }
    if let Some(Value::Array(texts)) = schema.get("enum") {
        let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
        if !texts.contains(&text) {
            problems.add(path, not_one_of(text, texts));
        }
    }
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
    if (text.trim().chars().count() as u64) < least {
        problems.add(path, "is empty");
    }
}

fn check_number(schema: &Value, value: &Value, path: &str, problems: &mut ProblemList) {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let number = value.as_f64().unwrap_or(f64::NAN);
    if bound("minimum").is_some_and(|least| number < least)
        || bound("maximum").is_some_and(|most| number > most)
    {
        let allowed = range(schema, "minimum", "maximum");
        problems.add(path, format!("is {value}, not{allowed}"));
    }
}

/// ` from A to B`, ` of at least A` or nothing.
fn range(schema: &Value, least: &str, most: &str) -> String {
    match (schema.get(least), schema.get(most)) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(flag) => format!("{flag}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text `{}`", nearest::excerpt(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
    }
}
