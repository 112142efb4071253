//! Loops of a fixed number of turns: the body is written once for every turn.

use std::collections::HashMap;

use super::{MAX_NODES, Renaming, find, int, literal, node};
use crate::onnx::error::OnnxProblem;
use crate::onnx::proto::{GraphProto, NodeProto};
use crate::onnx::reader::is_standard;

/// The operator set from which on `Unsqueeze` takes its axes as an input.
const AXES_INPUT: i64 = 13;

/// Unrolls all loops whose number of turns is known; says whether there were any.
pub(super) fn unroll(graph: &mut GraphProto, opset: i64) -> Result<bool, OnnxProblem> {
    let is_loop = |node: &NodeProto| node.op_type == "Loop" && is_standard(&node.domain);
    if !graph.node.iter().any(is_loop) {
        return Ok(false);
    }
    let mut changed = false;
    for node in std::mem::take(&mut graph.node) {
        match is_loop(&node).then(|| turns(graph, &node)).flatten() {
            Some(turns) => {
                let too_large = |body: &GraphProto| {
                    turns.saturating_mul(body.node.len() + 2).saturating_add(graph.node.len())
                        > MAX_NODES
                };
                let Some(body) = find(&node, "body").and_then(|body| body.g.as_ref()) else {
                    graph.node.push(node);
                    continue;
                };
                if too_large(body) {
                    return Err(OnnxProblem::Node {
                        node: node.name.clone(),
                        operator: node.op_type.clone(),
                        reason: format!("{turns} turns of a loop are too many nodes"),
                    });
                }
                changed = true;
                written_out(graph, &node, body, turns, opset);
            }
            None => graph.node.push(node),
        }
    }
    Ok(changed)
}

/// How often the body runs, if the file says so.
fn turns(graph: &GraphProto, node: &NodeProto) -> Option<usize> {
    let count = node.input.first().filter(|name| !name.is_empty())?;
    let turns = usize::try_from(literal(graph, &graph.node, count)?).ok()?;
    let body = find(node, "body")?.g.as_ref()?;
    let state = node.input.len().checked_sub(2)?;
    let fits = body.input.len() == state + 2 && body.output.len() > state;
    let first = node.input.get(1).map_or("", String::as_str);
    let starts = first.is_empty() || literal(graph, &graph.node, first) == Some(1);
    // The condition stays what it is, or is true.
    let condition = &body.output.first()?.name;
    let own = &body.input.get(1)?.name;
    let goes_on = condition == own
        || passes_on(body, condition, own)
        || literal(body, &body.node, condition) == Some(1);
    let scans = body.output.len() - 1 - state;
    (fits && starts && goes_on && (turns > 0 || scans == 0)).then_some(turns)
}

/// Whether a value is another one, passed on by identities.
fn passes_on(body: &GraphProto, value: &str, origin: &str) -> bool {
    let mut name = value;
    for producer in body.node.iter().rev() {
        if producer.output.iter().any(|output| output == name) {
            match (producer.op_type.as_str(), producer.input.first()) {
                ("Identity" | "Cast", Some(input)) => name = input,
                _ => return false,
            }
        }
    }
    name == origin
}

fn written_out(
    graph: &mut GraphProto,
    whole: &NodeProto,
    body: &GraphProto,
    turns: usize,
    opset: i64,
) {
    let lead = match whole.output.first() {
        _ if !whole.name.is_empty() => whole.name.clone(),
        Some(output) => output.clone(),
        None => return,
    };
    let mut state: Vec<String> = whole.input[2..].to_vec();
    let scans = body.output.len() - 1 - state.len();
    let mut parts: Vec<Vec<String>> = vec![Vec::new(); scans];
    for turn in 0..turns {
        let prefix = format!("{lead}/turn {turn}");
        let mut renaming = Renaming { names: HashMap::new(), prefix: prefix.clone() };
        let counter = format!("{prefix}/index");
        let mut index = node("Constant", &counter, &[], &[&counter]);
        index.attribute.push(int("value_int", turn as i64));
        graph.node.push(index);
        let goes_on = format!("{prefix}/condition");
        let mut condition = node("Constant", &goes_on, &[], &[&goes_on]);
        condition.attribute.push(int("value_int", 1));
        graph.node.push(condition);
        let given = [counter, goes_on].into_iter().chain(state.iter().cloned());
        for (input, value) in body.input.iter().zip(given) {
            renaming.names.insert(input.name.clone(), value);
        }
        for tensor in &body.initializer {
            // Every turn reads the same constants.
            let name = format!("{lead}/{}", tensor.name);
            renaming.names.insert(tensor.name.clone(), name.clone());
            if turn == 0 {
                let mut tensor = tensor.clone();
                tensor.name = name;
                graph.initializer.push(tensor);
            }
        }
        renaming.define(&body.node);
        graph.node.extend(body.node.iter().map(|node| renaming.node(node)));
        let results: Vec<String> =
            body.output[1..].iter().map(|output| renaming.of(&output.name)).collect();
        let (next, scanned) = results.split_at(state.len());
        state = next.to_vec();
        for (part, value) in parts.iter_mut().zip(scanned) {
            part.push(value.clone());
        }
    }
    finish(graph, whole, &lead, &state, &parts, opset);
}

/// The loop's outputs: the last state, and what every turn gave side by side.
fn finish(
    graph: &mut GraphProto,
    whole: &NodeProto,
    lead: &str,
    state: &[String],
    parts: &[Vec<String>],
    opset: i64,
) {
    for (value, output) in state.iter().zip(&whole.output).filter(|(_, name)| !name.is_empty()) {
        graph.node.push(node("Identity", &format!("{lead}/{output}"), &[value], &[output]));
    }
    let outputs = whole.output.iter().skip(state.len());
    for (values, output) in parts.iter().zip(outputs).filter(|(_, name)| !name.is_empty()) {
        let zero = format!("{lead}/axis of {output}");
        if opset >= AXES_INPUT {
            let mut axes = node("Constant", &zero, &[], &[&zero]);
            let mut list = super::attribute("value_ints", crate::onnx::proto::AttributeType::Ints);
            list.ints = vec![0];
            axes.attribute.push(list);
            graph.node.push(axes);
        }
        let mut rows = Vec::with_capacity(values.len());
        for (turn, value) in values.iter().enumerate() {
            let row = format!("{lead}/{output} {turn}");
            let inputs: &[&str] = if opset >= AXES_INPUT { &[value, &zero] } else { &[value] };
            let mut step = node("Unsqueeze", &row, inputs, &[&row]);
            if opset < AXES_INPUT {
                let mut axes = super::attribute("axes", crate::onnx::proto::AttributeType::Ints);
                axes.ints = vec![0];
                step.attribute.push(axes);
            }
            graph.node.push(step);
            rows.push(row);
        }
        let names: Vec<&str> = rows.iter().map(String::as_str).collect();
        let mut join = node("Concat", &format!("{lead}/{output}"), &names, &[output]);
        join.attribute.push(int("axis", 0));
        graph.node.push(join);
    }
}
