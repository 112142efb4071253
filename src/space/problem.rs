//! The errors in a space file: all of them at once, each with its position.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::layers::OperationContext;
use super::operations::Operation;
use crate::graph::{Graph, GraphError, NodeId, Shape};

/// The most problems a message lists.
const MOST_SHOWN: usize = 50;

/// One thing that is wrong with a space file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceProblem {
    /// Where in the file, such as `topology.operations[2]`; empty for the file as a whole.
    pub path: String,
    /// The line, from 1; `None` for anything that is not in the file.
    pub line: Option<usize>,
    /// The problem, and what was expected.
    pub message: String,
}

impl SpaceProblem {
    pub(super) fn at(path: &str, message: &str) -> Self {
        Self { path: path.to_owned(), line: None, message: message.to_owned() }
    }
}

impl fmt::Display for SpaceProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(formatter, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)
    }
}

/// Everything that is wrong with a file.
#[derive(Debug, Default)]
pub(super) struct ProblemList(pub(super) Vec<SpaceProblem>);

impl ProblemList {
    /// Notes a problem; one that is there already is not noted again.
    pub(super) fn add(&mut self, path: impl AsRef<str>, message: impl AsRef<str>) {
        let problem = SpaceProblem::at(path.as_ref(), message.as_ref());
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// The value, or nothing and a problem.
    pub(super) fn take<T>(&mut self, path: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.add(path, message)).ok()
    }

    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes where an operation, put at a place behind an input, cannot be wired or does not give
    /// the shape `[width, ceil(height / stride), ceil(width / stride)]` that its place asks for.
    pub(super) fn check_operation(
        &mut self,
        operation: &Operation,
        input: Shape,
        place: OperationContext,
    ) {
        self.check_operation_with(operation, input, place, "");
    }

    /// The same; `context` is added to what is said.
    pub(super) fn check_operation_with(
        &mut self,
        operation: &Operation,
        input: Shape,
        place: OperationContext,
        context: &str,
    ) {
        let path = format!("operations.{}", operation.name);
        self.check_wired(&path, input, place, context, |graph, node| {
            operation.emit(graph, node, "", place)
        });
    }

    /// The same of layers; `path` is where they stand in the file.
    pub(super) fn check_wired(
        &mut self,
        path: &str,
        input: Shape,
        place: OperationContext,
        context: &str,
        emit: impl FnOnce(&mut Graph, NodeId) -> Result<NodeId, GraphError>,
    ) {
        let mut graph = Graph::new();
        let node = graph.input(input);
        let expected = Shape::new(
            place.width,
            input.height.div_ceil(place.stride),
            input.width.div_ceil(place.stride),
        );
        let (what, detail) = match emit(&mut graph, node) {
            Err(error) => {
                (format!("cannot be built{context}: {}: {}", error.op, error.reason), String::new())
            }
            Ok(output) if graph.shape(output) != expected => {
                let given = graph.shape(output);
                (format!("produces the wrong shape{context}"), format!(": {given}, not {expected}"))
            }
            Ok(_) => return,
        };
        // One place is enough to see what is wrong.
        let known =
            |problem: &SpaceProblem| problem.path == path && problem.message.starts_with(&what);
        if !self.0.iter().any(known) {
            let OperationContext { width, stride, .. } = place;
            let place = format!("(on {input} at stride {stride}, width {width})");
            self.add(path, format!("{what}{detail} {place}"));
        }
    }
}

/// Problems as a list, one per line.
pub(super) fn list(problems: &[SpaceProblem]) -> String {
    let mut text = String::new();
    for problem in problems.iter().take(MOST_SHOWN) {
        text.push_str(&format!("\n  {problem}"));
    }
    if problems.len() > MOST_SHOWN {
        text.push_str(&format!("\n  and {} more", problems.len() - MOST_SHOWN));
    }
    text
}

/// A value that replaces one of a space file: `KEY=VALUE`, such as `skeleton.cells=1`.
///
/// The key is the path in the file, entries of lists by their position from 0
/// (`topology.operations.2`). The value is written as in TOML; a text needs no quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceOverride {
    pub(super) key: String,
    pub(super) value: Value,
}

impl SpaceOverride {
    /// A setting from its parts.
    pub fn new(key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

impl FromStr for SpaceOverride {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            format!("`{text}` is not an override: expected KEY=VALUE, such as skeleton.cells=1")
        })?;
        let (key, written) = (key.trim(), value.trim());
        let document = toml::from_str::<toml::Table>(&format!("value = {written}"));
        let value = document
            .ok()
            .filter(|table| table.len() == 1)
            .and_then(|mut table| serde_json::to_value(table.remove("value")?).ok())
            .unwrap_or_else(|| Value::String(written.to_owned()));
        Ok(Self { key: key.to_owned(), value })
    }
}

impl Serialize for SpaceOverride {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SpaceOverride {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for SpaceOverride {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.key, self.value)
    }
}
