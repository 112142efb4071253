//! The notation of NDS records: `{"genotype":{"normal":[["op",0],..],"normal_concat":[..],..},..}`.
//!
//! The keys `aux` and `drop_prob` of such records are ignored. The text of DARTS is accepted too, see
//! `genotype_text`. If width or depth is omitted, the first one in the space's file is used.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::architecture::{INPUTS, OperationPair, PairDecisions, PairedCell};
use super::{MAX_CELLS, PairCell, genotype_text};
use crate::nearest;
use crate::space::error::ArchitectureError;

/// An architecture as records write it, not yet compared with a space.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GenotypeRecord<S> {
    pub genotype: Genotype<S>,
    pub width: Option<i64>,
    pub depth: Option<i64>,
    #[serde(default, skip_serializing)]
    pub aux: IgnoredAny,
    #[serde(default, skip_serializing)]
    pub drop_prob: IgnoredAny,
}

/// The two cells; operations by name.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Genotype<S> {
    pub normal: Vec<(S, i64)>,
    pub normal_concat: Vec<i64>,
    pub reduce: Vec<(S, i64)>,
    pub reduce_concat: Vec<i64>,
}

/// A part of a text that is wrong, and why.
pub(super) struct GenotypeFault {
    pub token: String,
    pub reason: String,
}

impl GenotypeFault {
    pub(super) fn new(token: impl ToString, reason: impl Into<String>) -> Self {
        Self { token: token.to_string(), reason: reason.into() }
    }
}

pub(super) fn format(space: &PairCell, architecture: &PairDecisions) -> String {
    let name = |pair: &OperationPair| space.operations[usize::from(pair.operation)].name.as_str();
    let pairs = |cell: &PairedCell| -> Vec<(&str, i64)> {
        cell.pairs.iter().map(|pair| (name(pair), i64::from(pair.input))).collect()
    };
    let concat = |cell: &PairedCell| cell.concat.iter().map(|&node| i64::from(node)).collect();
    let (normal, reduction) = (architecture.normal(), architecture.reduction());
    let record = GenotypeRecord {
        genotype: Genotype {
            normal: pairs(normal),
            normal_concat: concat(normal),
            reduce: pairs(reduction),
            reduce_concat: concat(reduction),
        },
        width: Some(architecture.width as i64),
        depth: Some(architecture.depth as i64),
        ..GenotypeRecord::default()
    };
    // Texts and numbers always can be written.
    serde_json::to_string(&record).unwrap_or_default()
}

pub(super) fn parse(space: &PairCell, text: &str) -> Result<PairDecisions, ArchitectureError> {
    let text = text.trim();
    let record = if text.starts_with("Genotype") {
        genotype_text::read(text)
    } else if text.starts_with('{') {
        serde_json::from_str(text).map_err(|error| json_error(text, &error))
    } else {
        Err(GenotypeFault::new(text, format!("an architecture is written {FORM}")))
    };
    record.and_then(|record| checked(space, &record)).map_err(|wrong| {
        ArchitectureError::new(nearest::excerpt(text), nearest::excerpt(&wrong.token), wrong.reason)
    })
}

/// How architectures are written, for messages.
const FORM: &str = "{\"genotype\":{\"normal\":[[\"operation\",input],..],\"normal_concat\":[..],\
                    \"reduce\":..,\"reduce_concat\":..},\"width\":..,\"depth\":..} or \
                    Genotype(normal=[('operation', input), ..], ..)";

/// What is wrong with JSON, at the part of the text that ends where it was noticed.
fn json_error(text: &str, error: &serde_json::Error) -> GenotypeFault {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default().as_bytes();
    // serde_json counts columns in bytes.
    let before = String::from_utf8_lossy(&line[..error.column().min(line.len())]);
    let token = before.trim_end_matches([':', ',', ']', '}', ' ']);
    let token = token.rsplit([',', '[', '{']).next().unwrap_or_default().trim();
    let token = if token.is_empty() { text } else { token };
    GenotypeFault::new(token, format!("{message}; an architecture is written {FORM}"))
}

fn checked(
    space: &PairCell,
    record: &GenotypeRecord<String>,
) -> Result<PairDecisions, GenotypeFault> {
    let Genotype { normal, normal_concat, reduce, reduce_concat } = &record.genotype;
    let width = record.width.unwrap_or(space.grid.widths[0] as i64);
    let depth = record.depth.unwrap_or(space.grid.depths[0] as i64);
    Ok(PairDecisions {
        cells: [
            cell(space, "normal", normal, normal_concat)?,
            cell(space, "reduce", reduce, reduce_concat)?,
        ],
        width: within("width", width, space.skeleton.max_width())?,
        depth: within("depth", depth, MAX_CELLS)?,
    })
}

fn within(name: &str, value: i64, most: usize) -> Result<usize, GenotypeFault> {
    let size = usize::try_from(value).ok().filter(|size| (1..=most).contains(size));
    size.ok_or_else(|| {
        GenotypeFault::new(value, format!("the {name} is a whole number from 1 to {most}"))
    })
}

fn cell(
    space: &PairCell,
    name: &str,
    pairs: &[(String, i64)],
    concat: &[i64],
) -> Result<PairedCell, GenotypeFault> {
    let nodes = space.grid.nodes;
    if pairs.len() != INPUTS * nodes {
        let (found, needed) = (pairs.len(), INPUTS * nodes);
        let reason = format!("has {found} pairs; the {nodes} nodes of this space have {needed}");
        return Err(GenotypeFault::new(name, reason));
    }
    let pairs: Vec<OperationPair> = pairs
        .iter()
        .enumerate()
        .map(|(position, (operation, input))| {
            let node = position / INPUTS + INPUTS;
            Ok(OperationPair {
                operation: operation_of(space, operation)?,
                input: input_of(name, node, *input)?,
            })
        })
        .collect::<Result<_, GenotypeFault>>()?;
    Ok(PairedCell { pairs, concat: concat_of(name, nodes, concat)? })
}

fn operation_of(space: &PairCell, name: &str) -> Result<u8, GenotypeFault> {
    let names = space.operations.iter().map(|operation| operation.name.as_str());
    match names.clone().position(|known| known == name) {
        Some(position) => Ok(position as u8),
        None => {
            let hint = nearest::hint(name, names);
            Err(GenotypeFault::new(name, format!("unknown operation in this space; {hint}")))
        }
    }
}

fn input_of(cell: &str, node: usize, input: i64) -> Result<u8, GenotypeFault> {
    u8::try_from(input).ok().filter(|&input| usize::from(input) < node).ok_or_else(|| {
        let last = node - 1;
        let reason = format!(
            "node {node} of `{cell}` reads the cell's inputs 0 and 1 or an earlier node: 0 to {last}"
        );
        GenotypeFault::new(input, reason)
    })
}

fn concat_of(cell: &str, nodes: usize, concat: &[i64]) -> Result<Vec<u8>, GenotypeFault> {
    let key = format!("{cell}_concat");
    if concat.is_empty() {
        return Err(GenotypeFault::new(&key, "is empty; the output consists of at least one node"));
    }
    let mut all = Vec::with_capacity(concat.len());
    for &node in concat {
        let inner = u8::try_from(node)
            .ok()
            .filter(|&node| (INPUTS..INPUTS + nodes).contains(&usize::from(node)));
        match inner {
            None => {
                let last = INPUTS + nodes - 1;
                return Err(GenotypeFault::new(
                    node,
                    format!("`{key}` names nodes from {INPUTS} to {last}"),
                ));
            }
            Some(node) if all.contains(&node) => {
                return Err(GenotypeFault::new(node, format!("`{key}` names this node twice")));
            }
            Some(node) => all.push(node),
        }
    }
    Ok(all)
}
