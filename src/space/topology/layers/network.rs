//! Adds the chain to a graph, and tries every candidate at every position before a search starts.

use std::collections::BTreeSet;

use super::reduce::{NetworkWidths, PlacedBlock};
use super::{Layers, LayersDecisions, NamedWidth, StageOption};
use crate::graph::{Graph, GraphError, NodeId, Shape};
use crate::space::drawing::Drawing;
use crate::space::layers::{self, LayerFile, OperationContext, emit};
use crate::space::problem::ProblemList;

/// The most combinations of shapes and operations that are tried.
const MAX_TRIED: usize = 100_000;

/// The layers of stem or head with widths in the place of their names.
fn emit_part(
    layers: &Layers,
    graph: &mut Graph,
    input: NodeId,
    (part, files): (&'static str, &[LayerFile]),
    widths: impl Iterator<Item = (String, usize)>,
) -> Result<NodeId, GraphError> {
    let widths: Vec<(String, usize)> = widths.collect();
    let values: Vec<(&str, String)> =
        widths.iter().map(|(name, width)| (name.as_str(), width.to_string())).collect();
    let mut problems = ProblemList::default();
    let Some(read) = layers::read(files, &values, part, &mut problems) else {
        let reason = problems.0.first().map(ToString::to_string).unwrap_or_default();
        return Err(GraphError { label: part.to_owned(), op: "layers", reason });
    };
    let width = graph.shape(input).channels;
    let place = OperationContext { width, stride: 1, classes: layers.classes };
    emit(graph, &read, input, part, place)
}

fn named<'n>(
    names: &'n [NamedWidth],
    widths: &'n [usize],
) -> impl Iterator<Item = (String, usize)> + 'n {
    names.iter().map(|named| named.name.clone()).zip(widths.iter().copied())
}

/// The whole network.
pub(super) fn assemble(layers: &Layers, decisions: &LayersDecisions) -> Result<Graph, GraphError> {
    let widths = layers.widths(decisions);
    let mut graph = Graph::new();
    let input = graph.input(layers.input);
    let stem = named(&layers.stem_widths, &widths.stem);
    let mut value = emit_part(layers, &mut graph, input, ("stem", &layers.stem), stem)?;
    for block in layers.blocks(decisions) {
        let before = value;
        value = emit_block(layers, &mut graph, value, &block)?;
        if value != before {
            graph.end_block(value);
        }
    }
    graph.set_body(value);
    let head = named(&layers.head_widths, &widths.head);
    let output = emit_part(layers, &mut graph, value, ("head", &layers.head), head)?;
    graph.set_output(output);
    Ok(graph)
}

fn emit_block(
    layers: &Layers,
    graph: &mut Graph,
    input: NodeId,
    block: &PlacedBlock,
) -> Result<NodeId, GraphError> {
    let position = &layers.positions[block.position];
    let stage = &layers.stages[position.stage];
    let mut value = input;
    let width = block.width.unwrap_or(graph.shape(input).channels * block.widen);
    for repeat in 0..stage.repeats {
        let stride = if repeat == 0 { block.stride } else { 1 };
        let place = OperationContext { width, stride, classes: layers.classes };
        let mut label = format!("stage{}.block{}", position.stage + 1, position.slot);
        if stage.repeats > 1 {
            label.push_str(&format!(".{repeat}"));
        }
        value = layers.operation(block).emit(graph, value, &label, place)?;
    }
    Ok(value)
}

/// The network as a chain.
pub(super) fn drawing(layers: &Layers, decisions: &LayersDecisions) -> Drawing {
    let NetworkWidths { stem, head, .. } = layers.widths(decisions);
    let part = |name: &str, widths: &[usize]| match widths.last() {
        Some(width) => format!("{name}, {width} channels"),
        None => name.to_owned(),
    };
    let mut nodes = vec![part("stem", &stem)];
    for block in layers.blocks(decisions) {
        let stage = &layers.stages[layers.positions[block.position].stage];
        let mut text = block_name(layers, &block);
        if stage.repeats > 1 {
            text = format!("{} x {text}", stage.repeats);
        }
        match block.width {
            Some(width) => text.push_str(&format!(", {width} channels")),
            None if block.widen > 1 => text.push_str(&format!(", {} x as wide", block.widen)),
            None => {}
        }
        if block.stride > 1 {
            text.push_str(&format!(", stride {}", block.stride));
        }
        nodes.push(text);
    }
    nodes.push(part("head", &head));
    let mut network = Drawing::new("network", nodes);
    for node in 1..network.nodes.len() {
        network.edge(node - 1, node, "");
    }
    network
}

/// The operation and the values of its parameters.
fn block_name(layers: &Layers, block: &PlacedBlock) -> String {
    let stage = &layers.stages[layers.positions[block.position].stage];
    let option = &stage.options[block.option];
    let candidate = option.candidate.map(|candidate| layers.candidates[candidate].name.clone());
    let mut text = candidate.unwrap_or_else(|| layers.operation(block).name.clone());
    text.push_str(&variant_text(layers, option, block.variant));
    text
}

/// ` name value, ..` for the parameters that are decisions or have another value than usual.
fn variant_text(layers: &Layers, option: &StageOption, variant: usize) -> String {
    let mut rest = variant;
    let mut texts = Vec::new();
    for &index in option.parameters.iter().rev() {
        let parameter = &layers.parameters[index];
        let digit = rest % parameter.values.len();
        rest /= parameter.values.len();
        if parameter.default != Some(digit) {
            texts.push(format!(" {} {}", parameter.name, parameter.values[digit]));
        }
    }
    texts.reverse();
    texts.join(",")
}

/// What can enter a position: a shape, and by limit how many of its candidates there were.
type Entering = (usize, usize, usize, Vec<usize>);

/// Notes every candidate that does not fit where it can stand.
pub(super) fn check(layers: &Layers, problems: &mut ProblemList) {
    let widths =
        layers.widths(&LayersDecisions { digits: vec![0; layers.slots.len()], scale: None });
    let mut graph = Graph::new();
    let input = graph.input(layers.input);
    let stem = named(&layers.stem_widths, &widths.stem);
    let stem = emit_part(layers, &mut graph, input, ("stem", &layers.stem), stem);
    let wired = |error: GraphError| format!("{}: {}", error.op, error.reason);
    let Some(stem) = problems.take("skeleton.stem", stem.map_err(wired)) else { return };
    let Shape { channels, height, width } = graph.shape(stem);
    let start: Entering = (channels, height, width, vec![0; layers.limits.len()]);
    let mut entering = BTreeSet::from([start]);
    let mut tried = BTreeSet::new();
    let mut first = 0;
    for (index, stage) in layers.stages.iter().enumerate() {
        let least = stage.least();
        let mut leaving = BTreeSet::new();
        for slot in 0..stage.slots {
            if slot >= least {
                leaving.extend(entering.iter().cloned());
            }
            entering = check_position(layers, first + slot, entering, &mut tried, problems);
            if tried.len() > MAX_TRIED {
                let message = format!("has more than {MAX_TRIED} combinations, too many to check");
                return problems.add(format!("topology.stages[{index}]"), message);
            }
        }
        entering.extend(leaving);
        first += stage.slots;
    }
    let is_within = |tallies: &[usize]| {
        layers
            .limits
            .iter()
            .zip(tallies)
            .all(|(limit, tally)| (limit.min..=limit.max).contains(tally))
    };
    for (channels, height, width, _) in entering.into_iter().filter(|one| is_within(&one.3)) {
        let mut graph = Graph::new();
        let body = graph.input(Shape::new(channels, height, width));
        let head = named(&layers.head_widths, &widths.head);
        let head = emit_part(layers, &mut graph, body, ("head", &layers.head), head);
        problems.take("skeleton.head", head.map_err(wired));
    }
}

/// Tries all options at a position; what they give.
fn check_position(
    layers: &Layers,
    position: usize,
    entering: BTreeSet<Entering>,
    tried: &mut BTreeSet<(usize, usize, usize, [usize; 5])>,
    problems: &mut ProblemList,
) -> BTreeSet<Entering> {
    let place = &layers.positions[position];
    let stage = &layers.stages[place.stage];
    let mut leaving = BTreeSet::new();
    for (channels, height, width, tallies) in entering {
        let input = Shape::new(channels, height, width);
        for &option in &place.options {
            let this = &stage.options[option];
            let candidate = this.candidate.map(|candidate| &layers.candidates[candidate]);
            let own = candidate.and_then(|candidate| candidate.stride);
            let stride = own.unwrap_or(if place.slot == 0 { stage.stride } else { 1 });
            let counts = |limit: &super::LayerLimit| {
                this.candidate.is_some_and(|candidate| limit.candidates.contains(&candidate))
            };
            let tallies: Vec<usize> = layers
                .limits
                .iter()
                .zip(&tallies)
                .map(|(limit, tally)| tally + usize::from(counts(limit)))
                .collect();
            if layers.limits.iter().zip(&tallies).any(|(limit, tally)| *tally > limit.max) {
                continue;
            }
            if height.min(width) < stride {
                let message = format!(
                    "{height}x{width} pixels are left for a stride of {stride} in stage {}: images of \
                     {}x{} pixels are too small for the strides of this space",
                    place.stage + 1,
                    layers.input.height,
                    layers.input.width
                );
                problems.add("input", message);
                return BTreeSet::new();
            }
            let widen = candidate.and_then(|candidate| candidate.widen);
            let factor = layers.multiplier.unwrap_or(1000);
            let outs: Vec<usize> = match (widen, stage.widths.as_slice()) {
                (Some(widen), _) => vec![channels * widen],
                (None, []) => vec![channels],
                (None, widths) => {
                    widths.iter().map(|&one| super::scaled(one, factor, stage.scaled)).collect()
                }
            };
            // Behind the first position of a stage, its width stays.
            let outs = if place.slot > 0 && stage.widths.len() > 1 { vec![channels] } else { outs };
            for out in outs {
                let key =
                    (channels, height, width, [place.stage, option, stride, out, stage.repeats]);
                if tried.insert(key) {
                    check_option(layers, this, input, (out, stride), stage.repeats, problems);
                }
                let (height, width) = (height.div_ceil(stride), width.div_ceil(stride));
                leaving.insert((out, height, width, tallies.clone()));
            }
        }
    }
    leaving
}

fn check_option(
    layers: &Layers,
    option: &StageOption,
    input: Shape,
    (width, stride): (usize, usize),
    repeats: usize,
    problems: &mut ProblemList,
) {
    let place = OperationContext { width, stride, classes: layers.classes };
    for (index, operation) in option.variants.iter().enumerate() {
        let values = variant_text(layers, option, index);
        let context = if values.is_empty() { values } else { format!(" with{values}") };
        problems.check_operation_with(operation, input, place, &context);
        if repeats > 1 {
            let (height, wide) = (input.height.div_ceil(stride), input.width.div_ceil(stride));
            let inner = OperationContext { stride: 1, ..place };
            let input = Shape::new(width, height, wide);
            problems.check_operation_with(operation, input, inner, &context);
        }
    }
}
