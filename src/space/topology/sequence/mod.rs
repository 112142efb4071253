//! A sequence of blocks in which any type, width, stride and number of repeats may stand: the spaces that
//! only a budget bounds.
//!
//! A block is one operation, or two around a narrower neck, some times over. An architecture is the list
//! of its blocks. Samples have the number of blocks and the strides of the file's example, with types,
//! widths and repeats from its lists; a mutation changes one of them by a step, which may leave the lists.

mod network;
mod notation;

use std::collections::BTreeMap;

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Decision, Topology, TopologyContext};
use crate::graph::{Graph, GraphError, Shape};
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::layers::{self, LayerFile, OperationLayer, WidthRounding};
use crate::space::operations::Operation;
use crate::space::problem::ProblemList;
use crate::space::{MAX_CELLS, MAX_CLASSES};

/// The most values of one list.
const MAX_VALUES: usize = 64;
/// The most lists of repeats that are counted.
const MAX_REPEAT_LISTS: usize = 100_000;

/// The blocks of a network, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SequenceDecisions {
    blocks: Vec<SequenceBlock>,
}

/// One block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct SequenceBlock {
    /// By index.
    kind: usize,
    width: usize,
    stride: usize,
    /// 0 where the block has no neck.
    neck: usize,
    repeats: usize,
}

/// A sequence of blocks with widths of their own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct SequenceFile {
    #[serde(rename = "kind")]
    _kind: SequenceKind,
    /// An architecture whose number of blocks and strides samples have, and whose first and last block.
    example: String,
    /// The widths of samples.
    #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 1, max = MAX_CLASSES)))]
    widths: Vec<usize>,
    /// The necks of samples.
    #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 1, max = MAX_CLASSES)))]
    necks: Vec<usize>,
    /// How often a block of a sample may stand.
    #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 1, max = MAX_CELLS)))]
    repeats: Vec<usize>,
    /// The most repeats of all blocks but the first and the last together.
    #[schemars(range(min = 1, max = MAX_CELLS))]
    max_repeats: usize,
    /// By what a mutation multiplies or divides a width, which is then rounded to a multiple of 8.
    #[schemars(length(min = 1, max = 16), inner(range(min = 1, max = 8)))]
    factors: Vec<f64>,
    /// The operation of the first half of a block with a neck, where it stands first.
    first: String,
    /// Its operation everywhere else.
    inner: String,
    /// The types of blocks by name.
    #[schemars(length(min = 1))]
    blocks: BTreeMap<String, BlockFile>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum SequenceKind {
    #[serde(rename = "sequence")]
    Sequence,
}

/// A type of block.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SequenceBlockType")]
pub(in crate::space) struct BlockFile {
    /// Its operation; a block without one has a neck, and the operations of the topology.
    operation: Option<String>,
    /// Values for the `{name}`s in the layers of its operations.
    #[serde(default)]
    values: BTreeMap<String, usize>,
}

/// What stands behind the blocks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct SequenceSkeletonFile {
    /// Layers after the last block.
    head: Vec<LayerFile>,
}

/// A type of block.
#[derive(Debug)]
struct BlockKind {
    name: String,
    has_neck: bool,
    first: Operation,
    inner: Operation,
}

/// A space of such networks.
#[derive(Debug)]
pub(in crate::space) struct Sequence {
    kinds: Vec<BlockKind>,
    /// Those with a neck, by index.
    with_neck: Vec<usize>,
    example: SequenceDecisions,
    widths: Vec<usize>,
    necks: Vec<usize>,
    /// Every list of repeats that samples may have, for the blocks between the first and the last.
    repeats: Vec<Vec<usize>>,
    max_repeats: usize,
    /// In thousandths.
    factors: Vec<usize>,
    head: Vec<OperationLayer>,
    input: Shape,
    classes: usize,
}

impl Sequence {
    /// The blocks that are decided: all but the first and the last.
    fn inner(blocks: &[SequenceBlock]) -> std::ops::Range<usize> {
        1..blocks.len().saturating_sub(1).max(1)
    }

    /// By how many a digit of a sample may be chosen: types, widths and necks of the inner blocks, then
    /// one for all repeats.
    fn sizes(&self) -> Vec<usize> {
        let inner = Self::inner(&self.example.blocks).len();
        let of_block = [self.with_neck.len(), self.widths.len(), self.necks.len()];
        let mut sizes = of_block.repeat(inner);
        sizes.push(self.repeats.len());
        sizes
    }

    fn at(&self, digits: &[usize]) -> SequenceDecisions {
        let mut decisions = self.example.clone();
        let inner = Self::inner(&decisions.blocks);
        let repeats = digits.last().map(|&digit| &self.repeats[digit]);
        for (place, (block, digits)) in
            decisions.blocks[inner].iter_mut().zip(digits.chunks_exact(3)).enumerate()
        {
            block.kind = self.with_neck[digits[0]];
            block.width = self.widths[digits[1]];
            block.neck = self.necks[digits[2]];
            block.repeats = repeats.and_then(|list| list.get(place)).copied().unwrap_or(1);
        }
        decisions
    }

    fn radix(&self) -> super::radix::MixedRadix {
        super::radix::MixedRadix(self.sizes())
    }

    /// A width by all steps of a mutation.
    fn stepped(&self, width: usize) -> Vec<usize> {
        let round = |times: usize, over: usize| WidthRounding::Round8.apply(times, over);
        let steps = self
            .factors
            .iter()
            .flat_map(|&factor| [round(width * factor, 1000), round(width * 1000, factor)]);
        let mut widths: Vec<usize> =
            steps.filter(|&step| step != width && step <= MAX_CLASSES).collect();
        widths.sort_unstable();
        widths.dedup();
        widths
    }

    /// The architectures that differ in one decision, by decision.
    fn changes(&self, decisions: &SequenceDecisions) -> Vec<Vec<SequenceDecisions>> {
        let blocks = &decisions.blocks;
        let inner = Self::inner(blocks);
        let total: usize = blocks[inner.clone()].iter().map(|block| block.repeats).sum();
        let mut changes = Vec::new();
        for place in inner {
            let block = blocks[place];
            let changed = |change: &dyn Fn(&mut SequenceBlock)| {
                let mut changed = decisions.clone();
                change(&mut changed.blocks[place]);
                changed
            };
            let is_same = |kind: &&usize| {
                **kind != block.kind
                    && self.kinds[**kind].has_neck == self.kinds[block.kind].has_neck
            };
            let all: Vec<usize> = (0..self.kinds.len()).collect();
            let kinds = all.iter().filter(is_same);
            changes.push(kinds.map(|&kind| changed(&|block| block.kind = kind)).collect());
            let widths = self.stepped(block.width);
            changes.push(widths.iter().map(|&w| changed(&|block| block.width = w)).collect());
            if self.kinds[block.kind].has_neck {
                let necks = self.stepped(block.neck);
                changes
                    .push(necks.iter().map(|&neck| changed(&|block| block.neck = neck)).collect());
            }
            let least = block.repeats.saturating_sub(2).max(1);
            let repeats = (least..=block.repeats + 2).filter(|&repeats| {
                repeats != block.repeats && total + repeats - block.repeats <= self.max_repeats
            });
            let repeats = repeats.map(|repeats| changed(&|block| block.repeats = repeats));
            changes.push(repeats.collect());
        }
        changes.retain(|changes: &Vec<_>| !changes.is_empty());
        changes
    }
}

/// Every list of so many repeats whose sum is within the limit.
fn repeat_lists(values: &[usize], blocks: usize, most: usize) -> Option<Vec<Vec<usize>>> {
    let mut lists = vec![Vec::new()];
    for _ in 0..blocks {
        let longer = |list: &Vec<usize>| {
            let (list, sum) = (list.clone(), list.iter().sum::<usize>());
            let fits = values.iter().filter(move |&&value| sum + value <= most);
            fits.map(|&value| [&list[..], &[value]].concat()).collect::<Vec<_>>()
        };
        lists = lists.iter().flat_map(longer).collect();
        if lists.len() > MAX_REPEAT_LISTS {
            return None;
        }
    }
    Some(lists)
}

fn kind(
    name: &str,
    block: &BlockFile,
    file: (&str, &str),
    context: &TopologyContext<'_>,
    problems: &mut ProblemList,
) -> Option<BlockKind> {
    let values: Vec<(&str, String)> =
        block.values.iter().map(|(key, value)| (key.as_str(), value.to_string())).collect();
    let own = format!("topology.blocks.{name}.operation");
    let mut read = |operation: &str, path: &str| {
        let definition = context.operations.definition(operation, path, problems)?;
        definition.read(operation, &values, problems)
    };
    let (first, inner) = match &block.operation {
        Some(operation) => (read(operation, &own), read(operation, &own)),
        None => (read(file.0, "topology.first"), read(file.1, "topology.inner")),
    };
    let has_neck = block.operation.is_none();
    Some(BlockKind { name: name.to_owned(), has_neck, first: first?, inner: inner? })
}

impl Topology for Sequence {
    type Decisions = SequenceDecisions;
    type TopologyTable = SequenceFile;
    type SkeletonTable = SequenceSkeletonFile;

    const KIND: &'static str = "sequence";

    fn new(
        file: SequenceFile,
        skeleton: SequenceSkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        let head = layers::read(&skeleton.head, &[], "skeleton.head", problems);
        let operations = (file.first.as_str(), file.inner.as_str());
        let kinds: Vec<Option<BlockKind>> = file
            .blocks
            .iter()
            .map(|(name, block)| kind(name, block, operations, context, problems))
            .collect();
        let kinds: Vec<BlockKind> = kinds.into_iter().collect::<Option<_>>()?;
        let with_neck: Vec<usize> = (0..kinds.len()).filter(|&kind| kinds[kind].has_neck).collect();
        if with_neck.is_empty() {
            problems.add("topology.blocks", "have no block with a neck, which samples consist of");
            return None;
        }
        let mut sequence = Self {
            kinds,
            with_neck,
            example: SequenceDecisions { blocks: Vec::new() },
            widths: file.widths,
            necks: file.necks,
            repeats: Vec::new(),
            max_repeats: file.max_repeats,
            factors: file.factors.iter().map(|factor| (factor * 1000.0).round() as usize).collect(),
            head: head?,
            input: context.input,
            classes: context.classes,
        };
        let example = notation::read(&sequence, &file.example).map_err(|error| error.to_string());
        sequence.example = problems.take("topology.example", example)?;
        let inner = Self::inner(&sequence.example.blocks).len();
        if inner == 0 {
            problems.add("topology.example", "has no block between the first and the last");
        }
        match repeat_lists(&file.repeats, inner, file.max_repeats) {
            Some(lists) if lists.is_empty() => {
                let message = format!(
                    "is {}, but the {inner} blocks of the example have more repeats at least",
                    file.max_repeats
                );
                problems.add("topology.max_repeats", message);
            }
            Some(lists) => sequence.repeats = lists,
            None => problems.add("topology.repeats", "have too many combinations to be counted"),
        }
        Some(sequence)
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        network::check(self, problems);
    }

    fn operation_names(&self) -> Vec<&str> {
        self.with_neck.iter().map(|&kind| self.kinds[kind].name.as_str()).collect()
    }

    /// Those that samples may be.
    fn count(&self) -> u128 {
        self.radix().count()
    }

    fn sample(&self, rng: &mut dyn Rng) -> SequenceDecisions {
        self.at(&self.radix().sample(rng))
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = SequenceDecisions> + '_> {
        let mut next = Some(vec![0; self.sizes().len()]);
        Box::new(std::iter::from_fn(move || {
            let digits = next.take()?;
            let decisions = self.at(&digits);
            next = self.radix().successor(digits);
            Some(decisions)
        }))
    }

    fn parse(&self, text: &str) -> Result<SequenceDecisions, ArchitectureError> {
        let decisions = notation::read(self, text)?;
        network::assemble(self, &decisions).map_err(|error| {
            notation::wrong(text, &error.label, format!("{}: {}", error.op, error.reason))
        })?;
        Ok(decisions)
    }

    fn format(&self, decisions: &SequenceDecisions) -> String {
        notation::format(self, decisions)
    }

    fn neighbours(&self, decisions: &SequenceDecisions) -> Vec<SequenceDecisions> {
        self.changes(decisions).concat()
    }

    fn mutate(&self, decisions: &SequenceDecisions, rng: &mut dyn Rng) -> SequenceDecisions {
        let changes = self.changes(decisions);
        if changes.is_empty() {
            return decisions.clone();
        }
        let one = &changes[rng.random_range(0..changes.len() as u32) as usize];
        one[rng.random_range(0..one.len() as u32) as usize].clone()
    }

    /// Different decisions are different networks.
    fn reduced(&self, decisions: &SequenceDecisions) -> SequenceDecisions {
        decisions.clone()
    }

    fn is_connected(&self, decisions: &SequenceDecisions) -> bool {
        let is_zero = |block: &SequenceBlock| {
            let kind = &self.kinds[block.kind];
            kind.first.zero || (kind.inner.zero && (kind.has_neck || block.repeats > 1))
        };
        !decisions.blocks.iter().any(is_zero)
    }

    fn decisions(&self, decisions: &SequenceDecisions) -> Vec<Decision> {
        let mut named = Vec::new();
        for (place, block) in decisions.blocks.iter().enumerate() {
            let mut add = |name: &str, value: String| {
                named.push(Decision { name: format!("block {} {name}", place + 1), value });
            };
            add("type", self.kinds[block.kind].name.clone());
            add("width", block.width.to_string());
            add("stride", block.stride.to_string());
            if self.kinds[block.kind].has_neck {
                add("neck", block.neck.to_string());
            }
            add("repeats", block.repeats.to_string());
        }
        named
    }

    fn drawings(&self, decisions: &SequenceDecisions) -> Vec<Drawing> {
        vec![network::drawing(self, decisions)]
    }

    fn build(&self, decisions: &SequenceDecisions) -> Result<Graph, GraphError> {
        network::assemble(self, decisions)
    }
}
