//! Cells as text: `111-11-1:maxpool3x3,conv3x3-bn-relu`.
//!
//! First comes the upper triangle of the adjacency matrix, row by row: whether an edge leads from
//! vertex 0 to 1, 2, .., then from vertex 1, and so on. The operations of the vertices between input
//! and output follow after the colon. Also accepted are rows without `-`, the whole matrix row by row,
//! operations with `input` and `output` around them, and JSON: `{"adjacency": [[0, 1], [0, 0]],
//! "operations": []}` (also with the benchmark's names `module_adjacency` and `module_operations`), or
//! the two as a list.

use serde_json::{Map, Value};

use super::matrix::AdjacencyMatrix;
use super::{VertexCell, VertexDecisions};
use crate::nearest;
use crate::space::error::ArchitectureError;

/// The names of the two parts in JSON.
const PARTS: [[&str; 2]; 2] =
    [["adjacency", "module_adjacency"], ["operations", "module_operations"]];

/// What is wrong: a part of the text, and why.
type NotationFault = (String, String);

pub(super) fn format(cell: &VertexCell, decisions: &VertexDecisions) -> String {
    let (matrix, operations) = decisions.shortest();
    let rows = (0..matrix.output()).map(|from| {
        let bit = |to| if matrix.has(from, to) { '1' } else { '0' };
        (from + 1..matrix.vertices()).map(bit).collect::<String>()
    });
    let rows: Vec<String> = rows.collect();
    let names: Vec<&str> = operations.iter().map(|&operation| cell.name(operation)).collect();
    match names.as_slice() {
        [] => rows.join("-"),
        names => format!("{}:{}", rows.join("-"), names.join(",")),
    }
}

pub(super) fn parse(cell: &VertexCell, text: &str) -> Result<VertexDecisions, ArchitectureError> {
    let text = text.trim();
    let parsed =
        if text.starts_with(['{', '[']) { parse_json(cell, text) } else { parse_text(cell, text) };
    parsed.map_err(|(token, reason)| {
        ArchitectureError::new(nearest::excerpt(text), nearest::excerpt(&token), reason)
    })
}

fn parse_text(cell: &VertexCell, text: &str) -> Result<VertexDecisions, NotationFault> {
    let (bits, names) = text.split_once(':').unwrap_or((text, ""));
    let bits = bits.trim();
    let rows = rows_of_text(bits)?;
    let names = if names.trim().is_empty() { Vec::new() } else { names.split(',').collect() };
    let names: Vec<&str> = names.into_iter().map(str::trim).collect();
    assemble(cell, bits, &rows, &names)
}

/// The rows of a matrix, or those of its upper triangle.
fn rows_of_text(text: &str) -> Result<Vec<Vec<bool>>, NotationFault> {
    if let Some(other) = text.chars().find(|letter| !"01-".contains(*letter)) {
        let reason = "a cell is written 111-11-1:operation,operation: first the upper triangle of \
                      the adjacency matrix in zeros and ones, its rows joined by `-`";
        return Err((other.to_string(), reason.to_owned()));
    }
    let bits = |row: &str| row.chars().map(|letter| letter == '1').collect::<Vec<bool>>();
    if text.contains('-') {
        return Ok(text.split('-').map(bits).collect());
    }
    let all = bits(text);
    for vertices in 2..=super::MAX_VERTICES {
        if all.len() == vertices * vertices {
            return Ok(all.chunks(vertices).map(<[bool]>::to_vec).collect());
        }
        if all.len() == vertices * (vertices - 1) / 2 {
            let mut rest = all.as_slice();
            let row = |length| {
                let (row, behind) = rest.split_at(length);
                rest = behind;
                row.to_vec()
            };
            return Ok((1..vertices).rev().map(row).collect());
        }
    }
    let reason = format!(
        "has {} bits; the upper triangle of 2 to 7 vertices has 1, 3, 6, 10, 15 or 21, the whole \
         matrix 4, 9, 16, 25, 36 or 49",
        all.len()
    );
    Err((text.to_owned(), reason))
}

fn parse_json(cell: &VertexCell, text: &str) -> Result<VertexDecisions, NotationFault> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| (text.to_owned(), format!("{error}")))?;
    let (adjacency, operations) = match &value {
        Value::Object(map) => (member(map, text, PARTS[0])?, member(map, text, PARTS[1])?),
        Value::Array(list) => match list.as_slice() {
            [adjacency, operations] => (adjacency, operations),
            _ => return Err((text.to_owned(), "a list is [adjacency, operations]".to_owned())),
        },
        _ => return Err((text.to_owned(), "is neither an object nor a list".to_owned())),
    };
    let rows = match adjacency {
        Value::String(bits) => rows_of_text(bits)?,
        other => rows_of_json(other)?,
    };
    let names = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let names = names(operations)
        .ok_or_else(|| (operations.to_string(), "operations are a list of texts".to_owned()))?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assemble(cell, &adjacency.to_string(), &rows, &names)
}

fn member<'v>(
    map: &'v Map<String, Value>,
    text: &str,
    names: [&str; 2],
) -> Result<&'v Value, NotationFault> {
    if let Some(other) = map.keys().find(|key| !PARTS.iter().flatten().any(|known| known == key)) {
        let hint = nearest::hint(other, [PARTS[0][0], PARTS[1][0]]);
        return Err((other.clone(), format!("is not a key of a cell; {hint}")));
    }
    let found = names.iter().find_map(|name| map.get(*name));
    found.ok_or_else(|| (text.to_owned(), format!("is missing the key `{}`", names[0])))
}

fn rows_of_json(value: &Value) -> Result<Vec<Vec<bool>>, NotationFault> {
    let wrong = |value: &Value, expected: &str| (value.to_string(), expected.to_owned());
    let entry = |value: &Value| match value {
        Value::Bool(edge) => Ok(*edge),
        value => match value.as_f64() {
            Some(0.0) => Ok(false),
            Some(1.0) => Ok(true),
            _ => Err(wrong(value, "an entry of the adjacency matrix is 0 or 1")),
        },
    };
    let row = |value: &Value| {
        let row = value.as_array().ok_or_else(|| wrong(value, "a row is a list of 0 and 1"))?;
        row.iter().map(entry).collect::<Result<Vec<bool>, NotationFault>>()
    };
    let rows = value.as_array().ok_or_else(|| wrong(value, "the adjacency is a list of rows"))?;
    rows.iter().map(row).collect()
}

/// Puts a matrix, or its upper triangle, and operations together.
fn assemble(
    cell: &VertexCell,
    bits: &str,
    rows: &[Vec<bool>],
    names: &[&str],
) -> Result<VertexDecisions, NotationFault> {
    let matrix = matrix(cell, bits, rows)?;
    let inner = matrix.vertices() - 2;
    let own = match names {
        ["input", own @ .., "output"] if names.len() == inner + 2 => own,
        own => own,
    };
    if own.len() != inner {
        let (found, vertices) = (own.len(), matrix.vertices());
        let token = if own.is_empty() { bits.to_owned() } else { own.join(",") };
        let reason = format!("{found} operations; a cell of {vertices} vertices has {inner}");
        return Err((token, reason));
    }
    let operations = own.iter().map(|name| operation(cell, name)).collect::<Result<Vec<_>, _>>()?;
    let architecture = cell.full(matrix, &operations);
    cell.check(architecture.matrix).map_err(|reason| (bits.to_owned(), reason))?;
    Ok(architecture)
}

fn operation(cell: &VertexCell, name: &str) -> Result<u8, NotationFault> {
    let mut names = cell.operations.iter().map(|operation| operation.name.as_str());
    names.clone().position(|known| known == name).map(|position| position as u8).ok_or_else(|| {
        let hint = nearest::hint(name, &mut names);
        (name.to_owned(), format!("unknown operation `{name}` in this space; {hint}"))
    })
}

fn matrix(
    cell: &VertexCell,
    bits: &str,
    rows: &[Vec<bool>],
) -> Result<AdjacencyMatrix, NotationFault> {
    let whole = rows.iter().all(|row| row.len() == rows.len());
    let triangle = rows.iter().rev().enumerate().all(|(above, row)| row.len() == above + 1);
    // A single row of one entry is the triangle of two vertices.
    let vertices = if triangle { rows.len() + 1 } else { rows.len() };
    if !(whole || triangle) || vertices < 2 {
        let lengths: Vec<String> = rows.iter().map(|row| row.len().to_string()).collect();
        let reason = format!(
            "has rows of {} entries; in a whole matrix, each row has as many entries as there are rows; \
             in an upper triangle, each row has one less than the row before, down to one",
            lengths.join(", ")
        );
        return Err((bits.to_owned(), reason));
    }
    if vertices > cell.max_vertices {
        let most = cell.max_vertices;
        let reason = format!("is a cell of {vertices} vertices; this space has at most {most}");
        return Err((bits.to_owned(), reason));
    }
    let mut matrix = AdjacencyMatrix::empty(vertices);
    for (from, row) in rows.iter().enumerate() {
        let first = if triangle { from + 1 } else { 0 };
        for (to, _) in row.iter().enumerate().filter(|(_, edge)| **edge) {
            let to = to + first;
            if to <= from {
                let reason = format!(
                    "has an edge from vertex {from} to vertex {to}; edges lead to later vertices, \
                     so ones stand above the diagonal only"
                );
                return Err((bits.to_owned(), reason));
            }
            matrix = matrix.flipped(from, to);
        }
    }
    Ok(matrix)
}
